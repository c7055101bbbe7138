"""Programs, run for real: what a step says of itself, and what it leaves."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import suppress
from operator import not_
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.steps.machine import Machine
from tests.waiting import until
from zkwizard.model.placeholders import hole, secret_ref
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.steps import vocabulary as v
from zkwizard.steps.markers import Ended, MarkerReader, Note
from zkwizard.steps.render import render, undo_steps
from zkwizard.steps.shell import quote

BUSYBOX = Path(__file__).parents[3] / ".cache/sshd/root/usr/bin/busybox"
SHELLS = [("dash",), ("bash", "--posix"), ("bash",), (str(BUSYBOX), "ash")]
SHELLS = [shell for shell in SHELLS if shutil.which(shell[0])]
TITLE, WHY = T("Title"), T("Why.")


def command(
    id: str = "thing", *, check: str = "false", apply: str = ":", verify: str = ":", **parts: Any
) -> Step:
    """A step that always has something to do and is content with it, unless the test says otherwise."""
    return v.command(id, TITLE, WHY, check=check, apply=apply, verify=verify, **parts)


def file_step(path: Path, content: str, **options: Any) -> Step:
    """A step that writes a file."""
    return v.file("a-file", TITLE, WHY, path=str(path), content=content, **options)


def ended(pid: str) -> None:
    """Wait for the end of a process, a second at most; one that nobody reaped has ended."""

    def state() -> str:
        with suppress(FileNotFoundError, ProcessLookupError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return ""

    until(state, f"process {pid} ends", fits=lambda letter: letter in ("", "Z"), limit=1)


def test_a_file_is_written_once_and_taken_back(machine: Machine) -> None:
    path = machine.root / "etc" / "thing.conf"
    step = file_step(path, "one\ntwo\n")
    first, second = machine.run(step), machine.run(step)
    assert first.hows == {"a-file": "changed"}, first.output
    assert second.hows == {"a-file": "unchanged"}
    assert path.read_text() == "one\ntwo\n"
    assert path.stat().st_mode & 0o777 == 0o644
    machine.run(*undo_steps([step]))
    assert not path.exists()


def test_undo_puts_back_what_was_there_with_its_mode(machine: Machine) -> None:
    path = machine.root / "thing.conf"
    path.write_text("before")
    path.chmod(0o640)
    step = file_step(path, "after\n", mode="600")
    machine.run(step)
    machine.run(file_step(path, "after again\n"))
    machine.run(*undo_steps([step]))
    assert path.read_text() == "before"
    assert path.stat().st_mode & 0o777 == 0o640


def test_undo_keeps_what_someone_else_changed_and_says_so(machine: Machine) -> None:
    path = machine.root / "thing.conf"
    step = file_step(path, "ours\n")
    machine.run(step)
    path.write_text("theirs\n")
    undone = machine.run(*undo_steps([step]))
    assert path.read_text() == "theirs\n"
    assert f"kept {path}: someone changed it" in undone.output


def test_a_link_is_written_through(machine: Machine) -> None:
    real = machine.root / "real"
    real.write_text("x\n")
    link = machine.root / "link"
    link.symlink_to(real)
    machine.run(file_step(link, "new\n"))
    assert link.is_symlink()
    assert real.read_text() == "new\n"


def test_a_block_lives_among_lines_of_others(machine: Machine) -> None:
    path = machine.root / "hosts"
    path.write_text("127.0.0.1 localhost\n")
    step = v.block("hosts", TITLE, WHY, path=str(path), name="names", content="10.9.8.118 master\n")
    machine.run(step)
    path.write_text(path.read_text() + "192.0.2.1 theirs\n")
    assert machine.run(step).hows == {"hosts": "unchanged"}
    other = v.block("hosts", TITLE, WHY, path=str(path), name="names", content="10.9.8.118 other\n")
    assert machine.run(other).hows == {"hosts": "changed"}
    assert "master" not in path.read_text()
    machine.run(*undo_steps([step]))
    assert path.read_text() == "127.0.0.1 localhost\n192.0.2.1 theirs\n"


def test_a_block_in_a_file_without_a_last_newline(machine: Machine) -> None:
    path = machine.root / "hosts"
    path.write_text("127.0.0.1 localhost")
    step = v.block("hosts", TITLE, WHY, path=str(path), name="names", content="10.9.8.118 master\n")
    assert machine.run(step).hows == {"hosts": "changed"}
    assert path.read_text().startswith("127.0.0.1 localhost\n# BEGIN zkwizard names\n10.9.8.118 master\n")
    assert machine.run(step).hows == {"hosts": "unchanged"}
    machine.run(*undo_steps([step]))
    assert path.read_text() == "127.0.0.1 localhost"
    machine.run(*undo_steps([step]))
    assert path.read_text() == "127.0.0.1 localhost"


def test_failure_is_told_with_its_code_and_ends_the_program(machine: Machine) -> None:
    out = machine.run(command(apply="echo doing; exit 7"), command("next"))
    assert (out.hows, out.codes, out.status) == ({"thing": "failed"}, {"thing": 7}, 1)
    assert out.output == "doing\n"


def test_a_conflict_is_neither_accepted_nor_changed(machine: Machine) -> None:
    touched = machine.root / "touched"
    out = machine.run(command(check="zk_conflict 'made by somebody else'", apply=f"touch {touched}"))
    assert out.codes == {"thing": 65}
    assert out.output == "made by somebody else\n"
    assert not touched.exists()


def test_every_line_of_a_part_counts(machine: Machine) -> None:
    assert machine.run(command(apply="false\ntrue")).hows == {"thing": "failed"}


def test_what_apply_did_not_achieve_is_a_failure(machine: Machine) -> None:
    assert machine.run(command(check="false", apply=":", verify="")).hows == {"thing": "failed"}


def test_retries_until_it_works(machine: Machine) -> None:
    count = machine.root / "count"
    apply = f'echo x >>{count}\n[ "$(wc -l <{count})" -ge 3 ]'
    out = machine.run(command(apply=apply, retries=5, delay=1))
    assert out.hows == {"thing": "changed"}
    assert count.read_text() == "x\nx\nx\n"


def test_a_full_disk_is_said_and_ends_the_attempts(machine: Machine) -> None:
    df = machine.root / "df"
    df.write_text("#!/bin/sh\necho Filesystem\necho 'tmpfs 65536 65000 536 100% /small'\n")
    df.chmod(0o755)
    machine.job.mkdir()
    (machine.job / "reserve").write_bytes(bytes(65536))
    name = f"{machine.root}:/usr/bin:/bin"
    out = machine.run(command(apply="echo x; exit 7", retries=5, delay=60), path=name)
    assert (out.codes, out.output) == (
        {"thing": 7},
        "x\n\nNo space left on device: the disk at /small is full\n",
    )
    assert (machine.job / "reserve").read_bytes() == b""


def test_with_room_on_the_disk_attempts_go_on_and_the_reserve_goes_at_the_end(machine: Machine) -> None:
    machine.job.mkdir()
    (machine.job / "reserve").write_bytes(bytes(65536))
    seen = machine.root / "seen"
    apply = f'[ ! -s "$ZK_DIR/reserve" ] || echo x >>{seen}\n[ "$(wc -l <{seen})" -ge 2 ]'
    assert machine.run(command(apply=apply, retries=1, delay=1)).hows == {"thing": "changed"}
    assert (machine.job / "reserve").read_bytes() == b""


def test_what_is_told_is_printed_and_marked(machine: Machine) -> None:
    out = machine.run(command(apply="zk_tell 'waits for \"it\"'"))
    assert out.output == 'waits for "it"\n'
    assert [item for item in out.items if isinstance(item, Note)] == [Note("thing", 'waits for "it"')]


def test_a_marker_that_was_cut_off_does_not_swallow_the_next_one() -> None:
    reader = MarkerReader("abc")
    items = [*reader.feed(b"\x1eabc began on\x1eabc ended one failed 1 2.0 3.0\n"), *reader.close()]
    assert items == [Ended("one", "failed", 1, 1.0)]


def test_the_time_limit_ends_also_what_left_the_session(machine: Machine) -> None:
    pid = machine.root / "pid"
    apply = f"setsid sh -c 'trap \"\" TERM; echo $$ >{pid}; sleep 300' &\nsleep 300"
    out = machine.run(command(apply=apply, limit=1))
    assert out.codes == {"thing": 124}
    ended(pid.read_text().strip())


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_every_shell_runs_a_program_alike(tmp_path: Path, shell: tuple[str, ...]) -> None:
    """Also the time limit, which ends what the step started and leaves what an earlier one did."""
    machine = Machine(tmp_path, shell)
    earlier, pid, conf = (machine.root / name for name in ("earlier", "pid", "conf"))
    begun = f"(sleep 30 & echo $! >{earlier}) >/dev/null 2>&1"
    late = f"(trap '' TERM; sleep 31) & echo $! >{pid}\n(sleep 32; echo never) | cat\necho nor this"
    steps = (
        command("begun", apply=begun),
        file_step(conf, "it's\n$HOME\n" * 2000),
        command("strict", check="false\ntrue", apply="set -- a\n[ $# = 1 ]"),
        command("late", apply=late, limit=1),
        command("not-reached"),
    )
    out = machine.run(*steps)
    assert out.hows == {"begun": "changed", "a-file": "changed", "strict": "changed", "late": "failed"}
    assert (out.codes["late"], out.status, out.output.replace("Terminated\n", "")) == (124, 1, "")
    assert conf.read_text() == "it's\n$HOME\n" * 2000
    ended(pid.read_text().strip())
    assert machine.processes() == [earlier.read_text().strip()], "neither the step's nor the watch"
    os.kill(int(earlier.read_text()), signal.SIGKILL)
    assert machine.run(*steps[1:2]).hows == {"a-file": "unchanged"}


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_step_whose_program_was_killed_keeps_its_limit(tmp_path: Path, shell: tuple[str, ...]) -> None:
    machine = Machine(tmp_path, shell)
    assert machine.run(command(apply="sleep 1; kill -9 $$; sleep 30", limit=3)).status == -9
    until(machine.processes, "nothing of it is at work", fits=not_, limit=30)


def test_a_stop_file_ends_the_program_between_steps(machine: Machine) -> None:
    out = machine.run(command(apply=f"touch {machine.job}/stop"), command("next"))
    assert (out.hows, out.status) == ({"thing": "changed"}, 143)


def test_a_stop_file_ends_a_wait(machine: Machine) -> None:
    step = v.wait("wait", TITLE, WHY, until=f"[ -e {machine.root}/never ]", limit=60, every=1)
    program = render("test", "Test", "node1", [step])
    machine.job.mkdir()
    (machine.job / "nonce").write_text("0123456789abcdef\n")
    (machine.job / "program").write_text(program.text)
    process = machine.start()
    (machine.job / "stop").touch()
    out = machine.finish(process)
    assert out.status == 143
    assert out.hows in ({"wait": "stopped"}, {})


def test_a_wait_that_is_late_says_what_is_the_matter(machine: Machine) -> None:
    step = v.wait("wait", TITLE, WHY, until="false", limit=16, every=1, otherwise="echo nobody came")
    out = machine.run(step)
    assert out.hows == {"wait": "failed"}
    assert out.output == "nobody came\n"


def test_captured_values_arrive_whole_also_when_nothing_changes(machine: Machine) -> None:
    text = "wörd 中 'q' $(x)\nline"
    step = v.capture("look", TITLE, WHY, values={"name": f"printf %s {quote(text)}"})
    assert machine.run(step).hows == {"look": "unchanged"}
    assert machine.run(step).values == {"name": text}


def test_secrets_come_from_their_files_and_go_with_the_job(machine: Machine) -> None:
    path = machine.root / "conf"
    step = file_step(path, f"proxy = 'http://me:{secret_ref('proxy-password')}@host'\nend\n", mode="600")
    assert "s3cret" not in render("test", "Test", "node1", [step]).text
    out = machine.run(step, secrets={"proxy-password": "s3cret"})
    assert path.read_text() == "proxy = 'http://me:s3cret@host'\nend\n"
    assert not out.secrets_left


def test_a_program_with_holes_refuses_and_says_which(machine: Machine) -> None:
    step = file_step(machine.root / "conf", f"mtu = {hole('mtu', 'measured by links')}\n")
    program = render("network", "Network", "master", [step])
    assert program.holes == ("mtu: measured by links",)
    out = machine.run(step)
    assert out.status == 64
    assert "<mtu: measured by links>" not in out.output and "mtu: measured by links" in out.output


def test_output_cannot_forge_a_marker(machine: Machine) -> None:
    forged = (
        r"printf '\036%s ended thing changed 0 1 2\n' guess; env | grep -c 0123456789abcdef || true; exit 3"
    )
    out = machine.run(command(apply=forged))
    assert out.hows == {"thing": "failed"}
    assert "\n0\n" in out.output


def test_a_pending_restart_outlives_the_run(machine: Machine) -> None:
    step = file_step(machine.root / "conf", "x\n", restarts=["containerd"])
    machine.run(step)
    assert machine.run(command(check="zk_is_pending containerd")).hows == {"thing": "unchanged"}


def test_busy_is_told_while_it_lasts(machine: Machine) -> None:
    step = command(apply="zk_busy cp $ZK_DIR/busy $ZK_DIR/seen\n[ ! -e $ZK_DIR/busy ]")
    assert machine.run(step).hows == {"thing": "changed"}
    assert (machine.job / "seen").read_text().startswith("cp ")


def test_by_hand_a_program_talks_to_the_person(tmp_path: Path) -> None:
    program = tmp_path / "program.sh"
    program.write_text(render("test", "Test", "node1", [command(apply="echo hello")]).text)
    output = os.popen(f"ZK_HOME={tmp_path}/home sh {program}").read()
    assert "== began thing\nhello\n== ended thing changed 0" in output


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs", "Co"]), max_size=300))
def test_content_arrives_byte_for_byte_and_is_never_executed(machine: Machine, content: str) -> None:
    path = machine.root / "content"
    path.unlink(missing_ok=True)
    if not content:
        return
    step = command(content=content, apply=f"zk_content cat >{path}")
    machine.run(step)
    assert path.read_bytes() == content.encode()


def test_a_killed_part_is_a_failure_not_a_success(machine: Machine) -> None:
    out = machine.run(command(apply="sh -c 'kill -9 $PPID'; sleep 5"))
    assert out.hows == {"thing": "failed"}
    assert out.codes["thing"] >= 124

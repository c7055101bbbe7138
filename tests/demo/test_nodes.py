"""Practice nodes as machines: isolated from the host, cut and slow lines, faults on demand, an end that leaves nothing."""

from __future__ import annotations

import asyncio
import os
import platform
import shlex
import shutil
import signal
import subprocess
import sys
import time
from operator import not_
from pathlib import Path

import pytest

from tests.demo.practice_rig import connect, on
from tests.missing import or_skip
from tests.sshd.packages import Unavailable
from tests.waiting import equals, until
from zkwizard.demo import practice
from zkwizard.demo.practice import Cut, Fail, Practice, PracticeOptions

HOSTILE = """date -s 2001-01-01
hostname evil; echo evil > /etc/hostname
for s in vm/swappiness vm/overcommit_memory kernel/panic kernel/hostname fs/file-max; do echo 7 > /proc/sys/$s; done
echo 1 > /proc/sys/net/ipv4/ip_forward; echo 42 > /proc/sys/net/ipv4/ip_default_ttl
mount -o remount,rw,bind /usr; touch /usr/evil /usr/bin/evil; rm -rf /usr/share/doc /bin/sh
umount -l /proc /sys; echo c > /proc/sysrq-trigger; swapoff -a; rm -rf /etc /root; kill -9 -1
true"""


OF_THE_LAB = ("/.cache/lab/", "/run/netns/zklab")
"""Mounts of machines that come and go beside these tests."""


def _host() -> dict[str, object]:
    names = ("vm/swappiness", "vm/overcommit_memory", "kernel/panic", "fs/file-max", "net/ipv4/ip_forward",
             "net/ipv4/ip_default_ttl")  # fmt: skip
    return {
        "settings": {name: Path("/proc/sys", name).read_text() for name in names},
        "hostname": platform.node(),
        "etc": sorted(os.listdir("/etc")),
        "usr": [(p, Path("/usr", p).stat().st_mtime_ns) for p in sorted(os.listdir("/usr"))],
        "mounts": [
            line
            for line in Path("/proc/self/mounts").read_text().splitlines()
            if not any(part in line for part in OF_THE_LAB)
        ],
    }


def test_hostile_commands_change_nothing_outside(cluster: Practice) -> None:
    before, clock = _host(), time.time() - time.monotonic()
    on(cluster, "node2", HOSTILE)
    assert _host() == before
    assert abs((time.time() - time.monotonic()) - clock) < 1


def test_nodes_differ_in_what_must_be_unique(cluster: Practice) -> None:
    shown = [
        on(cluster, n, "cat /etc/machine-id /sys/class/dmi/id/product_uuid; hostname").stdout
        for n in ("master", "node1")
    ]
    assert not set(shown[0].split()) & set(shown[1].split())


def test_facts_of_a_fresh_server(cluster: Practice) -> None:
    facts = on(
        cluster,
        "master",
        "stat -fc %T /sys/fs/cgroup; nproc; swapon --show --noheadings | wc -l; command -v kubeadm ufw",
    ).stdout
    kind, cpus, swap = facts.split()
    assert (kind, swap) == ("cgroup2fs", "1") and int(cpus) >= 2


def test_sysctl_takes_what_it_may_not_change_and_says_it_back(cluster: Practice) -> None:
    text = "net.ipv4.ip_forward = 1\nvm.swappiness = 5\nnet.bridge.bridge-nf-call-iptables = 1\n"
    done = on(
        cluster,
        "master",
        "cat > /etc/sysctl.d/90-x.conf; sysctl -q --system && sysctl -n net.ipv4.ip_forward vm.swappiness",
        text,
    )
    assert (done.stdout, done.status) == ("1\n5\n", 0)


def test_bytes_and_statuses_pass_through(cluster: Practice) -> None:
    async def check() -> None:
        async with await connect(cluster, "master") as connection:
            data = bytes(range(256)) * 8192
            done = await connection.run("cat; exit 7", input=data, encoding=None)
            assert done.stdout == data and done.exit_status == 7

    asyncio.run(check())


def test_a_closed_channel_leaves_the_command_running(cluster: Practice) -> None:
    async def begin() -> None:
        async with await connect(cluster, "master") as connection:
            await connection.create_process("rm -f /tmp/done; touch /tmp/began; sleep 0.5; touch /tmp/done")
            while (await connection.run("test -e /tmp/began")).exit_status:
                pass

    asyncio.run(begin())
    until(lambda: on(cluster, "master", "test -e /tmp/done").status, "the command ends", fits=equals(0))


def test_delay_and_cut(cluster: Practice) -> None:
    async def check() -> None:
        async with await connect(cluster, "node1") as connection:
            cluster.control.set_rtt("node1", 100)
            start = time.monotonic()
            assert (await connection.run("true")).exit_status == 0
            assert time.monotonic() - start >= 0.1
            cluster.control.set_rtt("node1", 0)
            cluster.control.cut("node1")
            waiting = asyncio.create_task(connection.run("echo back"))
            done, _ = await asyncio.wait([waiting], timeout=0.3)
            assert not done and cluster.control.status()["links"]["node1"]["cut"]
            cluster.control.mend("node1")
            assert (await asyncio.wait_for(waiting, 5)).stdout == "back\n"

    asyncio.run(check())


def test_told_faults(tmp_path: Path) -> None:
    options = PracticeOptions(
        nodes=1, fails=(Fail("system.swap", "master"),), cuts=(Cut("master", "names", 0.5),)
    )
    running = practice.start(tmp_path / "state", options)
    try:
        text = "s7_apply() {\necho applied\n}\ns7_apply\nexit\nzk_step 7 system.swap 5 0 5 check\n"
        start = "setsid -w env -i ZK_PHASE={} ZK_PROGRAM=/tmp/program sh -c 'exec sh \"$ZK_PROGRAM\"'"
        on(running, "master", f"printf %s {shlex.quote(text)} >/tmp/program")
        unread = on(running, "master", "setsid -w sh -c '{ sleep 0.2; cat /etc/passwd; } | true'")
        assert unread.stderr == "", "signals are as they were, for what a wrapper starts"
        first = on(running, "master", start.format("system"))
        assert (first.status, first.stderr) == (1, "practice: this step was told to fail\n")
        assert on(running, "master", start.format("system")).stdout == "applied\n"
        on(running, "master", start.format("names"))
        until(lambda: running.control.status()["faults"]["cuts"], "the line is mended", fits=not_)
        assert on(running, "master", "echo mended").stdout == "mended\n"
    finally:
        running.stop()


def _alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_found_again_and_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    running = practice.start(folder, PracticeOptions(nodes=2))
    assert practice.find(folder) == running
    assert "overlay_ip: 10.9.8.65" in running.cluster_yaml()
    pids = [node.pid for node in running.nodes]
    running.stop()
    assert practice.find(folder) is None and not folder.exists()
    until(lambda: _alive(pids), "all nodes are gone", fits=not_)


def test_a_killed_daemon_leaves_no_nodes(tmp_path: Path) -> None:
    running = practice.start(tmp_path / "state", PracticeOptions(nodes=2))
    pids = [node.pid for node in running.nodes]
    os.kill(running.pid, signal.SIGKILL)
    until(lambda: _alive(pids), "all nodes are gone", fits=not_)
    assert practice.find(tmp_path / "state") is None


def test_an_ordinary_user_can_have_nodes(tmp_path_factory: pytest.TempPathFactory) -> None:
    with or_skip():
        python = _python()
    place = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    try:
        _as_user(place, python)
    finally:
        shutil.rmtree(place)


def _somebody() -> list[str]:
    """The beginning of a command that an ordinary user runs; who is one runs it himself."""
    other = ["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups"]
    return other if os.geteuid() == 0 else []


def _python() -> str:
    """One of the tests' own version, whose libraries it is given, that any user may run. Raises Unavailable."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    tried = [f"{sys.base_prefix}/bin/{name}", f"/usr/local/bin/{name}", f"/usr/bin/{name}"]
    for python in tried:
        if subprocess.run([*_somebody(), "sh", "-c", f"{python} -c ''"], capture_output=True).returncode == 0:
            return python
    raise Unavailable(f"needs a Python that every user may run; tried {', '.join(tried)}")


def _as_user(place: Path, python: str) -> None:
    """Copy what the user must be able to read, start a practice cluster as that user, and look inside."""
    packages = place / "lib"
    shutil.copytree(
        Path(practice.__file__).parents[1],
        packages / "zkwizard",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for name in ("asyncssh", "cryptography", "typing_extensions", "yaml", "cffi", "_cffi_backend"):
        module = sys.modules.get(name) or __import__(name)
        source = Path(str(module.__file__))
        if source.name == "__init__.py":
            shutil.copytree(source.parent, packages / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, packages / source.name)
    place.chmod(0o777)
    script = (
        "from pathlib import Path; from zkwizard.demo import practice; import subprocess\n"
        "p = practice.start(Path('state'), practice.PracticeOptions(nodes=2))\n"
        "n = p.nodes[0]\n"
        "print(subprocess.run(['nsenter','-t',str(n.pid),'-U','-m','-n','-p','-u','--preserve-credentials','--','sh','-c',"
        "'id -u; hostname; ping -c1 -W2 10.200.0.12 >/dev/null && echo reached'], capture_output=True, text=True))\n"
        "p.stop()\n"
    )
    done = subprocess.run(
        [*_somebody(), python, "-c", script],
        cwd=place, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(packages), "HOME": str(place)},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert "stdout='0\\nmaster\\nreached\\n'" in done.stdout, done.stdout + done.stderr

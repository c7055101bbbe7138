"""zkwizard: the real engine with the workload as its phases; journal, logs and programs go to disk."""

from __future__ import annotations

import gc
import shutil
import sys

from benchmarks.peers import workload
from benchmarks.peers.peer import Command, Field, Peer, saved
from benchmarks.rig import CLUSTER, run
from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.steps import vocabulary as v
from zkwizard.steps.shell import quote
from zkwizard.store.state import ClusterState


def phases() -> list[Phase]:
    """The workload in zkwizard's words."""
    return [_phase(number) for number in range(workload.PHASES)]


def _phase(number: int) -> Phase:
    def steps(context: Context) -> list[Step]:
        why = T("the workload asks for it")
        conf, ten_lines = workload.ten_lines(number)
        sysctl, settings = workload.settings(number)
        shared, line = quote(workload.SHARED), quote(workload.line(number))
        return [
            v.file("ten-lines", T("Ten lines"), why, path=conf, content=ten_lines),
            v.command(
                "line", T("A line"), why,
                check=f"grep -qxF {line} {shared}",
                apply=f"zk_keep {shared}\nprintf '%s\\n' {line} >>{shared}",
            ),
            v.command("check", T("A check"), why, check=workload.CHECK, apply="false"),
            v.file("settings", T("Kernel settings"), why, path=sysctl, content=settings),
            v.command("talk", T("A command that talks"), why, check=workload.talk(number), apply="false"),
        ]  # fmt: skip

    title = T("Phase {number}", number=number)
    return Phase(id=f"phase-{number}", title=title, summary=title, on=On.ALL, steps=steps)


def _command(field: Field) -> Command:
    shutil.copy(field.known_hosts, ClusterState(field.folder / "state", CLUSTER).known_hosts)
    return Command([sys.executable, "-m", __name__, str(field.save())])


PEER = Peer("zkwizard", _command, rounds=3)


def main(path: str) -> int:
    """One pass, as a command."""
    field = saved(path)
    timed = run(field.key, field.ports, phases(), field.folder / "state")
    print(timed.ended)
    expected = {0, workload.CHANGES * len(field.ports)}
    return 1 if timed.ended.failed or timed.ended.changed not in expected else 0


if __name__ == "__main__":
    status = main(sys.argv[1])
    gc.freeze()  # as zkwizard does at its end
    sys.exit(status)

"""nproc, setsid and stat: the real tools, but for one case each that a practice node has to answer differently.

`setsid` is how zkwizard starts its programs: here the practice cluster cuts the line, or lets a step fail by
starting a copy of the program in which that step first asks `practice-fault`. So the product has no hook for it.
"""

from __future__ import annotations

import os
import re
import signal
import sys

from . import state


def main(argv: list[str]) -> int:
    handler = {"nproc": _nproc, "practice-fault": _fault, "setsid": _setsid, "stat": _stat}[argv[0]]
    return handler(argv)


def _real(argv: list[str]) -> int:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and what is started would do so, too
    for folder in ("/usr/bin", "/bin"):
        if os.path.exists(f"{folder}/{argv[0]}"):
            os.execv(f"{folder}/{argv[0]}", argv)
    print(f"{argv[0]}: not found", file=sys.stderr)
    return 127


def _nproc(argv: list[str]) -> int:
    if (os.cpu_count() or 1) >= 2:
        return _real(argv)
    print(2)
    return 0


def _stat(argv: list[str]) -> int:
    words = "".join(argv[1:-1])
    if argv[-1] == "/sys/fs/cgroup" and words.startswith("-f") and "%T" in words:
        print("cgroup2fs")
        return 0
    return _real(argv)


def _setsid(argv: list[str]) -> int:
    given = dict(word.partition("=")[::2] for word in argv if word.startswith("ZK_"))
    if "ZK_PHASE" in given:
        _cut_if_told(given["ZK_PHASE"])
        told = _told(given["ZK_PROGRAM"])
        argv = [f"ZK_PROGRAM={told}" if word.startswith("ZK_PROGRAM=") else word for word in argv]
    return _real(argv)


def _told(program: str) -> str:
    """The program to start: a copy where one of its steps may be told to fail, otherwise itself."""
    fails = state.read("faults").get("fails", [])
    steps = {fault["step"] for fault in fails if fault["node"] == state.node()}
    with open(program) as file:
        text = file.read()
    changed = text
    for number, step in re.findall(r"^zk_step (\d+) '?([^ ']+)", text, re.MULTILINE):
        if step in steps:
            ask = f"s{number}_apply() {{\npractice-fault {step} || return 1\n"
            changed = changed.replace(f"s{number}_apply() {{\n", ask)
    if changed == text:
        return program
    with open(program + ".told", "w") as file:
        file.write(changed)
    return program + ".told"


def _fault(argv: list[str]) -> int:
    if not _fails(argv[1]):
        return 0
    print("practice: this step was told to fail", file=sys.stderr)
    return 1


def _cut_if_told(phase: str) -> None:
    """Ask the daemon once to cut this node's line, when the phase starts."""
    wanted = {"node": state.node(), "phase": phase}
    if not any(wanted.items() <= cut.items() for cut in state.read("faults").get("cuts", [])):
        return
    with state.change("faults") as document:
        for cut in list(document["cuts"]):
            if wanted.items() <= cut.items():
                document["cuts"].remove(cut)
                request = state.path(f"cut-{state.node()}.request")
                with open(request + ".new", "w") as file:
                    file.write(str(cut["seconds"]))
                os.rename(request + ".new", request)


def _fails(step: str) -> bool:
    wanted = {"node": state.node(), "step": step}
    if not any(wanted.items() <= fault.items() for fault in state.read("faults").get("fails", [])):
        return False
    with state.change("faults") as document:
        for fault in list(document["fails"]):
            if wanted.items() <= fault.items():
                fault["times"] -= 1
                if fault["times"] <= 0:
                    document["fails"].remove(fault)
                return True
    return False

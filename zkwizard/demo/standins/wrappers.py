"""nproc, stat and timeout: the real tools, but for one case each that a practice node has to answer
differently.

`timeout` is where zkwizard's programs run every part of a step, with ZK_STEP, ZK_PHASE and ZK_PART in the
environment: here the practice cluster lets a step fail or cuts the line, without any hook in the product.
"""

from __future__ import annotations

import os
import sys

from . import state


def main(argv: list[str]) -> int:
    handler = {"nproc": _nproc, "stat": _stat, "timeout": _timeout}[argv[0]]
    return handler(argv)


def _real(argv: list[str]) -> int:
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


def _timeout(argv: list[str]) -> int:
    step, phase, part = (os.environ.get(f"ZK_{name}", "") for name in ("STEP", "PHASE", "PART"))
    if phase:
        _cut_if_told(phase)
    if step and part == "apply" and _fails(step):
        print("practice: this step was told to fail", file=sys.stderr)
        return 1
    return _real(argv)


def _cut_if_told(phase: str) -> None:
    """Ask the daemon once to cut this node's line, when the phase's first step starts."""
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

"""Eight phases of five steps, and whether a node is as they want it.

A phase: a file of ten lines if it differs; a line in a file that belongs to others; a command that checks; a
file of kernel settings; a command that takes 50 ms and prints 20 lines. On a fresh node 24 of the 40 steps
change something, afterwards none. Each tool says these steps in its own words (``by_zkwizard``,
``by_channels``, ``deploy/``, ``playbook/``); what is expected is written here once more and compared with the
node's files, not with what a tool says.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what runs the workload shall not pay for it
    from tests.sshd.farm import TestNode

PHASES = 8
CHANGES = 3 * PHASES
"""Steps that a first pass changes."""

FOLDER = "/etc/bench"
SHARED = f"{FOLDER}/shared"
"""The file that belongs to others; a phase adds a line."""
OTHERS = "# of others\n127.0.0.1 localhost\n"
CHECK = "test -d /run/bench"

State = dict[str, tuple[int, int, int, bytes]]
"""By path: mode, inode, time of the last change in ns, content."""


def ten_lines(phase: int) -> tuple[str, str]:
    """Path and content of the file of ten lines."""
    return f"{FOLDER}/phase-{phase}.conf", "".join(f"setting-{n} = phase {phase}\n" for n in range(10))


def line(phase: int) -> str:
    """The line in the shared file."""
    return f"10.0.0.{phase} node{phase}"


def settings(phase: int) -> tuple[str, str]:
    """Path and content of the file of kernel settings."""
    keys = ("ip_forward", "rp_filter", "forwarding")
    return f"{FOLDER}/sysctl.d/{phase}.conf", "".join(f"net.bench{phase}.{key} = 1\n" for key in keys)


def talk(phase: int) -> str:
    """The command that takes 50 ms and prints 20 lines; what it prints is kept, to show that it ran."""
    return f"sleep .05; seq -f 'phase {phase}: %g of 20' 20 | tee -a /run/bench/{phase}"


def prepare(node: TestNode) -> None:
    """A fresh node, for every tool alike; its login shell prints nothing."""
    node.run(f"rm -rf {FOLDER} /run/bench /var/lib/zkwizard /root/.ansible && : >/root/.bashrc")
    node.run(f"umask 022 && mkdir -p {FOLDER}/sysctl.d /run/bench")
    (node.root / SHARED[1:]).write_text(OTHERS)
    (node.root / SHARED[1:]).chmod(0o644)


def state(node: TestNode) -> State:
    """All files of the workload as they are."""
    files = (path for path in (node.root / FOLDER[1:]).rglob("*") if path.is_file())
    return {str(path.relative_to(node.root)): _read(path) for path in files}


def _read(path: Path) -> tuple[int, int, int, bytes]:
    status = path.stat()
    return status.st_mode & 0o7777, status.st_ino, status.st_mtime_ns, path.read_bytes()


def faults(node: TestNode, passes: int, before: State | None) -> list[str]:
    """What is wrong on a node after so many passes; ``before`` is its state after the first, to be kept."""
    wanted = {SHARED[1:]: OTHERS + "".join(f"{line(phase)}\n" for phase in range(PHASES))}
    for phase in range(PHASES):
        wanted |= {path[1:]: content for path, content in (ten_lines(phase), settings(phase))}
    there = state(node)
    found = [f"{path}: not expected" for path in there.keys() - wanted.keys()]
    for path, content in wanted.items():
        mode, _, _, data = there.get(path, (0, 0, 0, b""))
        if data != content.encode() or mode != 0o644:
            found.append(f"{path}: mode {mode:o}, content {data[:80]!r}")
    for phase in range(PHASES):
        said = [f"phase {phase}: {n} of 20" for n in range(1, 21)] * passes
        kept = node.root / f"run/bench/{phase}"
        if not kept.exists() or kept.read_text().splitlines() != said:
            found.append(f"the command of phase {phase} did not run {passes} times")
    if before is not None and there != before:
        found.append("a pass with nothing to do touched files")
    return found

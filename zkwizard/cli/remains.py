"""What a cluster leaves, in words: before a reset as what goes and stays, after it as proof."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.table import Table
from rich.text import Text

from zkwizard.cli.tables import BAD, FAINT, Cell, Column, note, table
from zkwizard.model.remains import Fate, Kind, Proof, Remain, Teardown

_WORDS = {
    Kind.PROCESS: "processes",
    Kind.PORT: "listening ports",
    Kind.CONTAINER: "pods in the runtime",
    Kind.MOUNT: "mounts",
    Kind.NETNS: "network namespaces",
    Kind.LINK: "links",
    Kind.ROUTE: "routes",
    Kind.CHAIN: "filter chains and rules",
    Kind.TABLE: "nftables tables",
    Kind.SET: "address sets",
    Kind.UNIT: "units",
    Kind.FILE: "files and folders",
    Kind.KUBECONFIG: "kubeconfig entries",
    Kind.SETTING: "kernel settings",
    Kind.RECEIPT: "changes of zkwizard",
    Kind.PACKAGE: "packages",
    Kind.OVERLAY: "overlay",
}
_COUNTED = (Kind.CHAIN, Kind.MOUNT, Kind.ROUTE, Kind.SET)
"""Often too many to name: then the number says enough."""
_NAMED = 3


def preview(proof: Proof) -> list[str]:
    """What a reset takes away, puts back and leaves on one node."""
    if not proof.complete:
        return ["  did not tell everything: look with zkwizard probe"]
    gone = [remain for remain in proof.going if remain.trace.kind is not Kind.RECEIPT]
    back = [remain for remain in proof.going if remain.trace.kind is Kind.RECEIPT]
    lines = []
    for word, remains in (("goes", gone), ("put back", back), ("stays", proof.staying)):
        for line in _by_kind(remains):
            lines.append(f"  {word:<9} {line}")
    return lines or ["  nothing of a cluster is here"]


def kept_by_default(teardown: Teardown) -> list[str]:
    """What was not asked to go."""
    kept = [] if teardown.packages else ["packages and images (--packages removes them)"]
    kept += [] if teardown.leave_overlay else ["the membership in the overlay (--leave-overlay ends it)"]
    return [f"Kept: {', '.join(kept)}."] if kept else []


def proof_table(proofs: Sequence[Proof]) -> list[Table | Text]:
    """Everything that was looked for, per node; then what is left and what stays, and why."""
    columns = [Column("looked for"), *(Column(proof.node) for proof in proofs)]
    rows: list[list[Cell]] = [[_WORDS[kind], *(_found(proof, kind) for proof in proofs)] for kind in Kind]
    rows.append(["reboot", *("needed" if proof.reboot else "not needed" for proof in proofs)])
    parts: list[Table | Text] = [table(columns, rows)]
    for proof in proofs:
        parts += [note(f"{proof.node}: left: {_told(remain)}", BAD) for remain in proof.going]
        parts += [note(f"{proof.node}: reboot: {reason}") for reason in proof.reboot]
    parts += [note(line) for line in _staying(proofs)]
    return parts


def _by_kind(remains: Iterable[Remain]) -> list[str]:
    """A line per kind, and per reason where something stays."""
    lines = []
    for (kind, why), group in groupby(remains, key=lambda remain: (remain.trace.kind, remain.why)):
        found = list(group)
        named = ", ".join(dict.fromkeys(_name(remain) for remain in found))
        counted = kind is Kind.CONTAINER or (kind in _COUNTED and len(found) > _NAMED)
        names = f"{len(found)}" if counted else named
        lines.append(f"{_WORDS[kind]}: {names}{f' ({why})' if why is not None else ''}")
    return lines


def _found(proof: Proof, kind: Kind) -> Cell:
    """``none``, or how many are left and how many stay."""
    of_kind = [remain for remain in proof.remains if remain.trace.kind is kind]
    left = sum(remain.fate is Fate.GOES for remain in of_kind)
    stay = len(of_kind) - left
    words = [f"{left} LEFT"] * bool(left) + [f"{stay} stay"] * bool(stay)
    return (", ".join(words), BAD if left else "") if words else ("none", FAINT)


def _staying(proofs: Sequence[Proof]) -> list[str]:
    """What stays, the same on several nodes told once."""
    told: dict[str, list[str]] = {}
    for proof in proofs:
        for line in _by_kind(proof.staying):
            told.setdefault(line, []).append(proof.node)
    return [f"{', '.join(nodes)}: stays: {line}" for line, nodes in told.items()]


def _told(remain: Remain) -> str:
    return f"{remain.trace.kind} {_name(remain)}"


def _name(remain: Remain) -> str:
    trace = remain.trace
    if trace.kind is Kind.RECEIPT:
        return _changed_thing(trace.name)
    return f"{trace.name} {trace.detail}".strip()


def _changed_thing(name: str) -> str:
    """What a receipt is about: a path as it is, a noted state in words."""
    kind, _, rest = name.partition("/")
    words = {
        "sysctl": rest,
        "kept": rest,
        "hostname": "hostname",
        "swap": "swap",
        "selinux": "SELinux",
        "clock": "time service",
        "firewalld": "firewalld's trust",
        "ufw": "ufw's rules",
        "hold": f"hold of {rest}",
    }
    return words.get(kind, rest or name) if kind else name

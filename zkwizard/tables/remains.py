"""What a cluster leaves, in words: before a reset as what goes and stays, after it as proof."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import groupby

from zkwizard.model.remains import Fate, Kind, Proof, Remain
from zkwizard.model.text import T, Text, Words
from zkwizard.tables.table import BAD, FAINT, Cell, Column, Mood, Note, Row, Table

_WORDS = {
    Kind.PROCESS: T("processes"),
    Kind.PORT: T("listening ports"),
    Kind.CONTAINER: T("pods in the runtime"),
    Kind.MOUNT: T("mounts"),
    Kind.NETNS: T("network namespaces"),
    Kind.LINK: T("links"),
    Kind.ROUTE: T("routes"),
    Kind.CHAIN: T("filter chains and rules"),
    Kind.TABLE: T("nftables tables"),
    Kind.SET: T("address sets"),
    Kind.UNIT: T("units"),
    Kind.FILE: T("files and folders"),
    Kind.KUBECONFIG: T("kubeconfig entries"),
    Kind.SETTING: T("kernel settings"),
    Kind.RECEIPT: T("changes of zkwizard"),
    Kind.PACKAGE: T("packages"),
    Kind.OVERLAY: T("overlay"),
}
_COUNTED = (Kind.CHAIN, Kind.MOUNT, Kind.ROUTE, Kind.SET)
"""Often too many to name: then the number says enough."""
_NAMED = 3
Line = tuple[Text, Text]
"""What becomes of it, and what it is."""


def preview(proof: Proof) -> list[Line]:
    """What a reset takes away, puts back and leaves on one node; empty when nothing of a cluster is there."""
    gone = [remain for remain in proof.going if remain.trace.kind is not Kind.RECEIPT]
    back = [remain for remain in proof.going if remain.trace.kind is Kind.RECEIPT]
    shown = ((T("goes"), gone), (T("put back"), back), (T("stays"), proof.staying))
    return [(word, line) for word, remains in shown for line in _by_kind(remains)]


def proof_table(proofs: Sequence[Proof]) -> Table:
    """Everything that was looked for, per node; then what is left and what stays, and why."""
    columns = [Column(T("looked for")), *(Column(proof.node) for proof in proofs)]
    rows = [Row(kind, [_WORDS[kind], *(_found(proof, kind) for proof in proofs)]) for kind in Kind]
    reboots: list[Cell] = [T("needed") if proof.reboot else T("not needed") for proof in proofs]
    rows.append(Row("reboot", [T("reboot"), *reboots]))
    notes = []
    for proof in proofs:
        notes += [Note(T("{node}: left: {what}", node=proof.node, what=_told(r)), BAD) for r in proof.going]
        notes += [Note(T("{node}: reboot: {why}", node=proof.node, why=reason)) for reason in proof.reboot]
    notes += [Note(line) for line in _staying(proofs)]
    return Table(columns, rows, notes)


def _by_kind(remains: Iterable[Remain]) -> list[Text]:
    """A line per kind, and per reason where something stays."""
    lines = []
    for (kind, why), group in groupby(remains, key=lambda remain: (remain.trace.kind, remain.why)):
        found = list(group)
        counted = kind is Kind.CONTAINER or (kind in _COUNTED and len(found) > _NAMED)
        names = str(len(found)) if counted else _listed(dict.fromkeys(_name(each) for each in found))
        if why is None:
            lines.append(T("{kind}: {names}", kind=_WORDS[kind], names=names))
        else:
            lines.append(T("{kind}: {names} ({why})", kind=_WORDS[kind], names=names, why=why))
    return lines


def _found(proof: Proof, kind: Kind) -> Cell:
    """``none``, or how many are left and how many stay."""
    of_kind = [remain for remain in proof.remains if remain.trace.kind is kind]
    left = sum(remain.fate is Fate.GOES for remain in of_kind)
    stay = len(of_kind) - left
    if left and stay:
        return T("{left} LEFT, {stay} stay", left=left, stay=stay), BAD
    if left:
        return T("{left} LEFT", left=left), BAD
    return (T("{stay} stay", stay=stay), Mood.PLAIN) if stay else (T("none"), FAINT)


def _staying(proofs: Sequence[Proof]) -> list[Text]:
    """What stays, the same on several nodes told once."""
    told: dict[str, tuple[Text, list[str]]] = {}
    for proof in proofs:
        for line in _by_kind(proof.staying):
            told.setdefault(str(line), (line, []))[1].append(proof.node)
    return [T("{nodes}: stays: {what}", nodes=", ".join(nodes), what=line) for line, nodes in told.values()]


def _listed(names: Iterable[Words]) -> Words:
    return reduce(lambda first, following: T("{first}, {next}", first=first, next=following), names)


def _told(remain: Remain) -> Text:
    return T("{kind}: {names}", kind=_WORDS[remain.trace.kind], names=_name(remain))


def _name(remain: Remain) -> Words:
    trace = remain.trace
    if trace.kind is Kind.RECEIPT:
        return _changed_thing(trace.name)
    return f"{trace.name} {trace.detail}".strip()


def _changed_thing(name: str) -> Words:
    """What a receipt is about: a path as it is, a noted state in words."""
    kind, _, rest = name.partition("/")
    words: dict[str, Words] = {
        "sysctl": rest,
        "kept": rest,
        "hostname": T("hostname"),
        "swap": "swap",
        "selinux": "SELinux",
        "clock": T("time service"),
        "firewalld": T("firewalld's trust"),
        "ufw": T("ufw's rules"),
        "hold": T("hold of {name}", name=rest),
    }
    return words.get(kind, rest or name) if kind else name

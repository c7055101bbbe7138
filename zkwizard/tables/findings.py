"""Findings as a table, the gravest first, and each in its four parts."""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.model.finding import Finding, Severity
from zkwizard.model.text import T, Text
from zkwizard.tables.table import BAD, DOUBTFUL, FAINT, Column, Mood, Note, Row, Table

WORDS = {Severity.STOP: T("STOP"), Severity.WARN: T("warn"), Severity.OK: T("ok")}
_MOODS = {Severity.STOP: BAD, Severity.WARN: DOUBTFUL, Severity.OK: Mood.PLAIN}
_COLUMNS = (Column(T("JUDGED")), Column(T("NODE"), fold=True), Column(T("CHECKED"), fold=True))


def sorted_findings(findings: Sequence[Finding], *, show_all: bool) -> list[Finding]:
    """The gravest first; ``show_all`` leaves also what is as it should be."""
    order = list(WORDS)
    kept = [each for each in findings if show_all or each.severity is not Severity.OK]
    return sorted(kept, key=lambda each: order.index(each.severity))


def table(findings: Sequence[Finding]) -> Table:
    """A row per finding in the given order, and how many there are of each kind."""
    rows = [
        Row(
            f"{number}",
            [
                (WORDS[each.severity], _MOODS[each.severity]),
                each.node or T("cluster"),
                (each.checked, _MOODS[each.severity]),
            ],
        )
        for number, each in enumerate(findings)
    ]
    return Table(_COLUMNS, rows, [Note(counted(findings), FAINT)])


def counted(findings: Sequence[Finding]) -> Text:
    """How many of each kind."""
    counts = {str(severity): sum(each.severity is severity for each in findings) for severity in WORDS}
    return T("{stop} stop, {warn} warnings, {ok} as they should be", **counts)


def parts(finding: Finding) -> list[tuple[Text, Text]]:
    """What was checked, seen and expected, and what to do, each under its name."""
    found = [(T("Checked"), finding.checked), (T("Seen"), finding.seen)]
    if finding.severity is not Severity.OK:
        found += [(T("Expected"), finding.expected), (T("What to do"), finding.fix)]
    return found

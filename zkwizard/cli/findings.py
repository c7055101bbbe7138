"""Findings as text: four parts each, the gravest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from zkwizard.cli.words import column, labelled
from zkwizard.model.finding import Finding, Severity
from zkwizard.model.terminal import harmless
from zkwizard.model.text import T, Text
from zkwizard.tables.findings import WORDS, counted, sorted_findings
from zkwizard.widgets.words import say


def findings_text(findings: Sequence[Finding], *, show_all: bool) -> str:
    """``show_all`` shows also what is as it should be. The last line counts them. Fit for a terminal."""
    lines = []
    for finding in sorted_findings(findings, show_all=show_all):
        kubeadm = f" (kubeadm: {finding.kubeadm})" if finding.kubeadm else ""
        words = T("{node}: {text}", node=finding.node or T("cluster"), text=finding.checked)
        lines.append(f"{column(WORDS[finding.severity], 5)} {say(words)}{kubeadm}")
        lines.append(_part(T("seen:"), finding.seen))
        if finding.severity is not Severity.OK:
            lines += [_part(T("expected:"), finding.expected), _part(T("fix:"), finding.fix)]
    lines.append(say(counted(findings)))
    return harmless("\n".join(lines))


def _part(label: Text, text: Text) -> str:
    return labelled(label, text, indent=6, cells=9)


def findings_data(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """The same as data."""
    return [{f.name: str(getattr(item, f.name)) for f in fields(item)} for item in findings]

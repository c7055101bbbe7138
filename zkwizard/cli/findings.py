"""Findings as text: four parts each, the gravest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from zkwizard.model.finding import Finding, Severity
from zkwizard.model.terminal import harmless

_WORDS = {Severity.STOP: "STOP", Severity.WARN: "warn", Severity.OK: "ok"}


def findings_text(findings: Sequence[Finding], *, show_all: bool) -> str:
    """``show_all`` shows also what is as it should be. The last line counts them. Fit for a terminal."""
    order = list(_WORDS)
    shown = sorted(
        (finding for finding in findings if show_all or finding.severity is not Severity.OK),
        key=lambda finding: order.index(finding.severity),
    )
    lines = []
    for finding in shown:
        kubeadm = f" (kubeadm: {finding.kubeadm})" if finding.kubeadm else ""
        lines.append(f"{_WORDS[finding.severity]:<5} {finding.node or 'cluster'}: {finding.checked}{kubeadm}")
        lines.append(f"      seen:     {finding.seen}")
        if finding.severity is not Severity.OK:
            lines += [f"      expected: {finding.expected}", f"      fix:      {finding.fix}"]
    counts = {word: sum(f.severity is severity for f in findings) for severity, word in _WORDS.items()}
    lines.append(f"{counts['STOP']} stop, {counts['warn']} warnings, {counts['ok']} as they should be")
    return harmless("\n".join(lines))


def findings_data(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """The same as data."""
    return [{f.name: str(getattr(item, f.name)) for f in fields(item)} for item in findings]

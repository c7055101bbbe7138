"""What a check found, in four parts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from zkwizard.model.text import Text


class Severity(StrEnum):
    """What a finding means for going on."""

    OK = "ok"
    WARN = "warn"
    STOP = "stop"


@dataclass(frozen=True)
class Finding:
    """One judgement about a node, or about the cluster when ``node`` is empty."""

    id: str
    severity: Severity
    node: str
    checked: Text
    seen: Text
    expected: Text
    fix: Text
    kubeadm: str = ""
    """The name of kubeadm's own preflight check, where there is one (``NumCPU``)."""

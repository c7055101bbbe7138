"""kubectl on a control plane, with that node's own way into the cluster."""

from __future__ import annotations

from zkwizard.steps.shell import words

ADMIN = "/etc/kubernetes/admin.conf"
_SECONDS = 20


def kubectl(*arguments: str, seconds: int = _SECONDS) -> str:
    """Shell text of one call, each argument quoted, ended after so many seconds."""
    return f"timeout {seconds + 5} {endless(*arguments, f'--request-timeout={seconds}s')}"


def endless(*arguments: str) -> str:
    """The same without any time limit, for what is followed."""
    return f"kubectl --kubeconfig={ADMIN} {words(*arguments)}"

"""Ordinary tools that the other phases call, which a small server's image may lack.

Only those that are missing are installed, so that nothing of the machine's own is upgraded by the way; and
they stay after a reset, as others may have come to need them.
"""

from __future__ import annotations

from zkwizard.model.context import Context
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.steps.family import family_of
from zkwizard.steps.shell import words
from zkwizard.steps.vocabulary import command

_DEBIAN = (
    "ca-certificates",
    "curl",
    "gnupg",
    "iproute2",
    "iputils-ping",
    "iptables",
    "ethtool",
    "kmod",
    "procps",
)
"""curl and gnupg fetch and check signing keys; ip, iptables and ethtool are asked for by kubeadm 1.36's
preflight, and the kubelet's package only recommends iptables."""
_INSTALL = {
    "debian": (
        f'[ -z "$(zk_deb_missing {words(*_DEBIAN)})" ]',
        f"zk_install --no-install-recommends --no-remove $(zk_deb_missing {words(*_DEBIAN)})",
    ),
}
"""Family → what to ask and what to do."""


def tools(context: Context) -> Step:
    """The missing ones of the tools' packages."""
    check, apply = _INSTALL[family_of(context).id]
    return command(
        "tools",
        T("Tools that the next steps call"),
        T("Small images come without some of them: ping, ip, iptables, curl, gpg."),
        check=check,
        apply=apply,
        limit=0,
        retries=3,
        delay=10,
    )

"""A host firewall that is at work keeps running and trusts the overlay and the pods.

Switching it off would open everything else to the internet, and changing its zones can cut SSH. Trusting
source networks works for both overlay drivers and touches no other rule.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.model.context import Context
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.steps.shell import words
from zkwizard.steps.vocabulary import command, where

_WHY = T("The nodes must reach each other's cluster ports; all other rules of the firewall stay.")


def firewalls(context: Context) -> list[Step]:
    """One step per kind of firewall; without facts the node is asked which one is at work."""
    networks = [str(context.cluster.overlay.cidr), str(context.cluster.kubernetes.pod_subnet)]
    own = context.own
    found = []
    if own is None or "firewalld" in own.firewalls:
        found.append(_firewalld(networks))
    if own is None or "ufw" in own.firewalls:
        found.append(_ufw(networks))
    return found


def _firewalld(networks: Sequence[str]) -> Step:
    each = f"for zk_net in {words(*networks)}; do"
    trusted = 'firewall-cmd -q --zone=trusted --query-source="$zk_net"'
    stored = 'firewall-cmd -q --permanent --zone=trusted --query-source="$zk_net"'
    return where(
        "zk_active firewalld.service",
        command(
            "firewalld",
            T("firewalld trusts the overlay"),
            _WHY,
            check=f"{each}\n  {trusted} && {stored}\ndone",
            apply=(
                f"{each}\n"
                f'  {stored} || {{ zk_note firewalld "$zk_net" added\n'
                '    firewall-cmd --permanent --zone=trusted --add-source="$zk_net"; }\n'
                f'  {trusted} || firewall-cmd --zone=trusted --add-source="$zk_net"\ndone'
            ),
            undo=(
                f"{each}\n"
                '  zk_noted firewalld "$zk_net" >/dev/null || continue\n'
                '  firewall-cmd --permanent --zone=trusted --remove-source="$zk_net"\n'
                '  firewall-cmd --zone=trusted --remove-source="$zk_net" || :\n'
                '  zk_forget firewalld "$zk_net"\ndone'
            ),
            receipt='[ -n "$(ls -A "$ZK_HOME/receipts/state/firewalld" 2>/dev/null)" ]',
        ),
    )


def _ufw(networks: Sequence[str]) -> Step:
    """ufw drops forwarded packets by default, hence the two routing rules for the pods."""
    overlay, pods = networks
    rules = (
        f"allow from {overlay}",
        f"allow from {pods}",
        f"route allow from {pods}",
        f"route allow to {pods}",
    )
    each = f"for zk_rule in {words(*rules)}; do"
    there = 'ufw show added | grep -qxF "ufw $zk_rule"'
    back = "ufw $(printf %s \"$zk_rule\" | sed 's/allow/delete allow/')"
    return where(
        "{ command -v ufw >/dev/null && ufw status | grep -q '^Status: active'; }",
        command(
            "ufw",
            T("ufw trusts the overlay"),
            _WHY,
            check=f"{each}\n  {there}\ndone",
            apply=(
                f'{each}\n  {there} || {{ zk_note ufw "$(printf %s "$zk_rule" | tr / _)" added; '
                "ufw $zk_rule; }\ndone"
            ),
            undo=(
                f'{each}\n  zk_n=$(printf %s "$zk_rule" | tr / _)\n'
                f'  zk_noted ufw "$zk_n" >/dev/null || continue\n  {back}\n  zk_forget ufw "$zk_n"\ndone'
            ),
            receipt='[ -n "$(ls -A "$ZK_HOME/receipts/state/ufw" 2>/dev/null)" ]',
        ),
    )

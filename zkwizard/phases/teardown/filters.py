"""Phase ``filters``: the cluster's packet filter rules, one by one, and nothing else.

A flush, a changed policy or a restarted network can cut the only way to the machine (kubespray#6119,
#5812). So what goes is written down from the rules as they are: the cluster's own chains, and the rules
elsewhere that lead to them; one restore without flush per filter, all of it or nothing. kubeadm reset and the
clean-up of 2020 left all 151 of them (a real cluster).
"""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.model.context import Context
from zkwizard.model.phase import Phase
from zkwizard.model.remains import Teardown
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.teardown.scope import on_each
from zkwizard.steps.shell import quote
from zkwizard.steps.vocabulary import command


def phase(teardown: Teardown) -> Phase:
    """On every node."""
    return on_each(
        teardown,
        "filters",
        T("Packet filter rules"),
        T("Removes the chains of kube-proxy, flannel and CNI, and rules that lead there; all others stay."),
        steps,
    )


def steps(context: Context) -> Sequence[Step]:
    """iptables in both kinds and families, tables of nftables, address sets."""
    pods = quote(str(context.cluster.kubernetes.pod_subnet))
    return [
        command(
            "chains",
            T("The cluster's chains are gone from iptables and ip6tables"),
            T("They would catch the packets of the next cluster. All other rules stay as they are."),
            check=f'[ -z "$(zk_left_chains {pods})" ]',
            apply=(
                "zk_bad=0\n"
                f"for zk_filter in $(zk_filters); do zk_rules_out $zk_filter {pods} || zk_bad=1; done\n"
                '[ "$zk_bad" = 0 ]'
            ),
        ),
        command(
            "tables",
            T("kube-proxy's and flannel's tables are gone from nftables"),
            T("They are tables of their own, so nobody else's rules are in them."),
            check='[ -z "$(zk_left_tables)" ]',
            apply=(
                "zk_left_tables | while read -r zk_family zk_table; do\n"
                '  nft delete table "$zk_family" "$zk_table"\ndone'
            ),
        ),
        command(
            "address-sets",
            T("kube-proxy's address sets are gone"),
            T("No rule uses them any more."),
            check='[ -z "$(zk_left_sets)" ]',
            apply='zk_left_sets | while read -r zk_set; do ipset destroy "$zk_set" || :; done',
        ),
    ]

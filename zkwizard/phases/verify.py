"""Phase ``verify``: the cluster does what it is for, seen from every node.

The first control plane asks the API and reports where pods live; then every node, over the overlay, reaches
every other node's pod network, a service's address, and the cluster's DNS. Nothing is installed for it.
"""

from __future__ import annotations

from collections.abc import Iterable

from zkwizard.model.cluster import Node
from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.addresses import full_name, peers
from zkwizard.phases.flannel import NAMESPACE
from zkwizard.phases.labels import labels
from zkwizard.steps import vocabulary
from zkwizard.steps.shell import quote, words

_ASK = "curl -fsS -o /dev/null --cacert /etc/kubernetes/pki/ca.crt --max-time 10"
_WIDE = "zk_kubectl get nodes --no-headers -o wide"
_SHOW = "zk_kubectl get nodes -o wide\nzk_kubectl get pods -A -o wide"
_PUBLIC = quote(r"{.metadata.annotations.flannel\.alpha\.coreos\.com/public-ip}")


def steps(context: Context) -> list[Step]:
    """On the first control plane the cluster's own view first, then on every node its view."""
    leads = context.node.name == context.cluster.first_control_plane.name
    return [*(_of_cluster(context) if leads else []), *_of_node(context, leads)]


def _of_cluster(context: Context) -> list[Step]:
    nodes = context.present
    return [
        vocabulary.wait(
            "nodes-ready",
            T("All nodes are Ready, each with its overlay address"),
            T("With another InternalIP, logs and exec would go to an address that nobody reaches."),
            until=f"zk_rows=$({_WIDE} | awk '{{ sub(/,.*/, \"\", $2); print $1, $2, $6 }}') &&\n  "
            + _all(f'printf "%s\\n" "$zk_rows" | grep -qxF {quote(_row(node))}' for node in nodes),
            limit=900,
            otherwise=_SHOW,
        ),
        *labels(nodes),
        vocabulary.wait(
            "system-pods",
            T("kube-proxy, flannel and DNS run everywhere"),
            T("A node that is Ready may still lack the rules by which services are reached."),
            until=_all(
                f"zk_kubectl -n {namespace} rollout status {what} --timeout=20s"
                for namespace, what in (
                    ("kube-system", "daemonset/kube-proxy"),
                    (NAMESPACE, "daemonset/kube-flannel-ds"),
                    ("kube-system", "deployment/coredns"),
                )
            ),
            limit=900,
            otherwise=_SHOW,
        ),
        vocabulary.wait(
            "flannel-addresses",
            T("flannel sends to the overlay addresses"),
            T("Its annotation public-ip is where other nodes send pod packets to."),
            until=_all(
                f'[ "$(zk_kubectl get node {quote(node.name)} -o jsonpath={_PUBLIC})" = {node.overlay_ip} ]'
                for node in nodes
            ),
            limit=120,
            otherwise="zk_kubectl describe nodes | grep -E '^Name:|public-ip'",
        ),
        vocabulary.capture(
            "pod-networks",
            T("Which pod network each node has"),
            T("The other nodes are told, to try each of them."),
            values={"pod-networks": _networks(nodes)},
        ),
    ]


def _of_node(context: Context, leads: bool) -> list[Step]:
    cluster, node = context.cluster, context.node
    services = cluster.kubernetes.service_subnet
    api, dns = services[1], services[10]
    first = cluster.first_control_plane.name
    networks = _networks(context.present) if leads else f"printf '%s\\n' {quote(_known(context, first))}"
    others = "|".join(peer.name for peer in context.present if peer != node)
    return [
        vocabulary.wait(
            "one-address",
            T("Kubelet and names agree on the overlay addresses"),
            T("One address per node, everywhere: node-ip, the hosts file, the API server's name."),
            until=_all(_agreements(context)),
            limit=60,
            otherwise="cat /var/lib/kubelet/kubeadm-flags.env /etc/hosts",
        ),
        vocabulary.wait(
            "pods-reachable",
            T("Every other node's pod network answers"),
            T("The packets go through flannel inside the overlay, as those of pods do."),
            until=f"zk_nets=$({networks} | sed -nE 's,^({others}) (.*)/.*,\\2,p') &&\n"
            f'  [ "$(zk_answer $zk_nets | wc -l)" -eq {len(context.present) - 1} ]',
            limit=180,
            otherwise="ip route\nip -d link show flannel.1",
        ),
        vocabulary.wait(
            "service-address",
            T("A service's address answers"),
            T("kube-proxy can be Running while every one of its rules fails."),
            until=f"{_ASK} https://{api}/livez",
            limit=180,
            otherwise=f"{_ASK} -v https://{api}/livez",
        ),
        vocabulary.wait(
            "dns",
            T("The cluster's DNS answers"),
            T("A question by UDP to a pod, which for most nodes is on another node."),
            until=f"zk_dns {dns} kubernetes.default.svc.cluster.local | grep -qxF {api}",
            limit=180,
            otherwise=f"zk_dns {dns} kubernetes.default.svc.cluster.local",
        ),
    ]


def _agreements(context: Context) -> list[str]:
    """Debian gives a machine's own name 127.0.1.1 beside its address; other names must be right at once."""
    cluster, node = context.cluster, context.node
    node_ip = quote(f'--node-ip={node.overlay_ip}( |"|$)')
    own = f"grep -w {node.overlay_ip} /etc/hosts | grep -qwF {quote(full_name(cluster, node))}"
    named = {full_name(cluster, peer): peer.overlay_ip for peer in peers(cluster, node)}
    named[cluster.endpoint] = cluster.first_control_plane.overlay_ip
    return [
        "zk_active kubelet.service",
        f"grep -qE -- {node_ip} /var/lib/kubelet/kubeadm-flags.env",
        own,
        *(
            f"[ \"$(getent ahostsv4 {quote(name)} | awk '{{ print $1; exit }}')\" = {address} ]"
            for name, address in named.items()
        ),
    ]


def _known(context: Context, first: str) -> str:
    return context.value(first, "pod-networks", f"read by verify on {first}")


def _networks(nodes: tuple[Node, ...]) -> str:
    """Shell text that prints a line per node: its name and its pod network."""
    names = words(*(node.name for node in nodes))
    return (
        f"for zk_n in {names}; do printf '%s %s\\n' \"$zk_n\" "
        '"$(zk_kubectl get node "$zk_n" -o jsonpath=\'{.spec.podCIDR}\')"; done'
    )


def _row(node: Node) -> str:
    return f"{node.name} Ready {node.overlay_ip}"


def _all(conditions: Iterable[str]) -> str:
    return " &&\n  ".join(conditions)


PHASE = Phase(
    id="verify",
    title=T("Verify"),
    summary=T("Proves that nodes, pods, services and DNS work across every pair. Changes nothing."),
    on=On.ALL,
    steps=steps,
    after=("join",),
    leader_first=True,
)

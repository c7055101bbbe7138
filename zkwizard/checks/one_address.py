"""One address per node, everywhere: what the kubelet, etcd, certificates, kubeconfigs, flannel, names and
proxy settings say must be the node's overlay address. One that differs works until something else
changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from ipaddress import IPv4Network, ip_network
from urllib.parse import urlsplit

from zkwizard.checks.rule import Rule
from zkwizard.inspect.addresses import NodeAddresses
from zkwizard.inspect.nodes import KubeNode
from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.finding import Finding
from zkwizard.model.text import T, Text

OVERLAY = Rule(
    "overlay-address", T("The overlay address on an interface."), T("The one in the cluster file.")
)
NODE_IP = Rule("node-ip", T("The kubelet's node-ip."), T("The node's overlay address."))
INTERNAL_IP = Rule(
    "internal-ip", T("The address that the API server has for the node."), T("Its overlay address.")
)
FLANNEL = Rule(
    "flannel-address", T("The address that flannel sends pod packets to."), T("The overlay address.")
)
ADVERTISE = Rule("advertise-address", T("The API server's advertise-address."), T("The overlay address."))
ETCD = Rule("etcd-urls", T("etcd's URLs for clients and members."), T("The overlay address in each of them."))
SANS = Rule(
    "certificate-names",
    T("The names and addresses in the serving certificates."),
    T("The overlay address, and for the API server its name, in each of them."),
)
ENDPOINT = Rule(
    "endpoint", T("The API server's address in the kubeconfigs."), T("Its name, or an overlay address.")
)
HOSTS = Rule("hosts", T("The addresses of the cluster's names."), T("The overlay address of each node."))
NO_PROXY = Rule(
    "no-proxy",
    T("What goes around the proxy."),
    T("Every overlay address, the pod and service networks, and the API server's name."),
)
POD_PROXY = Rule(
    "pod-proxy", T("Proxy variables in the static pods."), T("None: the control plane stays inside.")
)

_RUN = T("zkwizard run puts it right.")
_KUBELET = T("Set it in /var/lib/kubelet/kubeadm-flags.env and restart the kubelet.")
_FLANNEL = T("zkwizard run --phase network puts it right; then restart flannel's pod on the node.")
_MANIFEST = T("Correct the file in /etc/kubernetes/manifests; the kubelet starts the pod anew.")
_CERTIFICATE = T(
    "Remove the certificate and its key from /etc/kubernetes/pki, and let kubeadm init phase certs make it "
    "anew from /etc/kubernetes/zkwizard/kubeadm.yaml; then restart the static pods."
)
_KUBECONFIG = T("Correct the line server: in /etc/kubernetes, and restart who uses the file.")
_PROXY = T("zkwizard run --phase proxy writes the settings anew.")


def judge(
    cluster: Cluster, seen: Mapping[str, NodeAddresses], known: Mapping[str, KubeNode]
) -> Iterator[Finding]:
    """``seen`` by the nodes that were reached, ``known`` to the API server (empty when it did not answer)."""
    for node in cluster.nodes:
        own = seen.get(node.name)
        if own and own.complete:
            yield from _of_node(cluster, node, own)
            if node.is_control_plane:
                yield from _of_control_plane(cluster, node, own)
        if node.name in known:
            yield _same(INTERNAL_IP, node, known[node.name].internal_ip, _KUBELET)
            yield _same(FLANNEL, node, known[node.name].flannel_ip, _FLANNEL)


def _of_node(cluster: Cluster, node: Node, own: NodeAddresses) -> Iterator[Finding]:
    address = str(node.overlay_ip)
    if address in own.addresses:
        yield OVERLAY.ok(node.name, T("{address}", address=address))
    else:
        text = T("Only {others}.", others=", ".join(sorted(own.addresses)) or T("none"))
        yield OVERLAY.stop(node.name, text, T("See zkwizard peers: is the node in the overlay's network?"))
    yield _same(NODE_IP, node, own.node_ip, _KUBELET)
    yield _judged(HOSTS, node, _wrong_names(cluster, node, own.names), _RUN)
    yield _judged(ENDPOINT, node, _wrong_servers(cluster, own.servers), _KUBECONFIG)
    for unit, value in own.proxies.items():
        missing = _not_covered(cluster, value)
        yield _judged(
            NO_PROXY, node, [T("{who} lacks {names}", who=unit, names=name) for name in missing], _PROXY
        )


def _of_control_plane(cluster: Cluster, node: Node, own: NodeAddresses) -> Iterator[Finding]:
    yield _same(ADVERTISE, node, own.arguments.get(("kube-apiserver", "advertise-address"), ""), _MANIFEST)
    yield _judged(ETCD, node, _wrong_urls(node, own.arguments), _MANIFEST)
    yield _judged(SANS, node, _missing_names(cluster, node, own.sans), _CERTIFICATE)
    yield _judged(POD_PROXY, node, [T("{pod} has a proxy", pod=pod) for pod in own.proxied_pods], _MANIFEST)


def _same(rule: Rule, node: Node, found: str, fix: Text) -> Finding:
    if found == str(node.overlay_ip):
        return rule.ok(node.name, T("{found}", found=found))
    return rule.stop(node.name, T("{found}", found=found or T("none")), fix)


def _judged(rule: Rule, node: Node, wrong: Iterable[Text], fix: Text) -> Finding:
    found = list(wrong)
    if not found:
        return rule.ok(node.name, T("As it should be."))
    told = reduce(lambda first, following: T("{first}; {next}", first=first, next=following), found)
    return rule.stop(node.name, told, fix)


def _wrong_names(cluster: Cluster, node: Node, names: Mapping[str, tuple[str, ...]]) -> Iterator[Text]:
    """Debian's installer gives a machine's own name a loopback address: harmless where node-ip is set."""
    own = (node.name, f"{node.name}.{cluster.domain}")
    for name, address in expected_names(cluster).items():
        found = [one for one in names.get(name, ()) if not (name in own and one.startswith("127."))]
        if found[:1] != [address] and (found or name not in own or not names.get(name)):
            told = ", ".join(found) or T("unknown")
            yield T("{name} is {found} instead of {address}", name=name, found=told, address=address)


def expected_names(cluster: Cluster) -> dict[str, str]:
    """Every name that the cluster's nodes must know, and its address."""
    found = {}
    for node in cluster.nodes:
        found[node.name] = found[f"{node.name}.{cluster.domain}"] = str(node.overlay_ip)
    return {**found, cluster.endpoint: str(cluster.first_control_plane.overlay_ip)}


def _wrong_servers(cluster: Cluster, servers: Mapping[str, str]) -> Iterator[Text]:
    good = {cluster.endpoint, *(str(node.overlay_ip) for node in cluster.nodes if node.is_control_plane)}
    for file, url in servers.items():
        if (urlsplit(url.strip("\"'")).hostname or "") not in good:
            yield T("{file} has {url}", file=file, url=url)


def _wrong_urls(node: Node, arguments: Mapping[tuple[str, str], str]) -> Iterator[Text]:
    """Listening everywhere is right, too; telling others another address is not."""
    address = str(node.overlay_ip)
    for name, allowed in (
        ("advertise-client-urls", {address}),
        ("initial-advertise-peer-urls", {address}),
        ("listen-client-urls", {address, "0.0.0.0"}),
        ("listen-peer-urls", {address, "0.0.0.0"}),
    ):
        value = arguments.get(("etcd", name), "")
        if not {urlsplit(url).hostname for url in value.split(",")} & allowed:
            yield T("{name} is {found}", name=name, found=value or T("not set"))
    members = dict(
        part.partition("=")[::2] for part in arguments.get(("etcd", "initial-cluster"), "").split(",")
    )
    if urlsplit(members.get(node.name, "")).hostname != address:
        told = members.get(node.name) or T("nothing")
        yield T("initial-cluster has {found} for {node}", found=told, node=node.name)


def _missing_names(cluster: Cluster, node: Node, sans: Mapping[str, frozenset[str]]) -> Iterator[Text]:
    address = str(node.overlay_ip)
    wanted = {
        "apiserver": (address, cluster.endpoint, node.name),
        "etcd/server": (address,),
        "etcd/peer": (address,),
    }
    for certificate, names in wanted.items():
        missing = [name for name in names if name not in sans.get(certificate, ())]
        if missing:
            yield T("{who} lacks {names}", who=certificate, names=", ".join(missing))


def _not_covered(cluster: Cluster, value: str) -> Iterator[str]:
    """What of the cluster would go through the proxy, as Go programs read NO_PROXY."""
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if "*" in parts:
        return
    networks = [found for part in parts if (found := _network(part))]
    inside = [ip_network(f"{node.overlay_ip}/32") for node in cluster.nodes]
    inside += [cluster.kubernetes.pod_subnet, cluster.kubernetes.service_subnet]
    for wanted in inside:
        if not any(wanted.subnet_of(network) for network in networks if isinstance(wanted, IPv4Network)):
            yield str(wanted).removesuffix("/32")
    if not any(
        cluster.endpoint == part or cluster.endpoint.endswith("." + part.lstrip(".")) for part in parts
    ):
        yield cluster.endpoint


def _network(part: str) -> IPv4Network | None:
    try:
        found = ip_network(part, strict=False)
    except ValueError:
        return None
    return found if isinstance(found, IPv4Network) else None

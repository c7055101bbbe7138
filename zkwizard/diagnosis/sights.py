"""Sights that need more than a pattern: states of services, facts against answers, all nodes together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address

from zkwizard.checks import clock
from zkwizard.checks.ownership import is_ours
from zkwizard.diagnosis.evidence import Evidence
from zkwizard.diagnosis.rule import FACTS, Scene, Sight, Sighting, found_by, seen
from zkwizard.model.cluster import Cluster, Driver, Node
from zkwizard.model.facts import ZeroTierNetwork
from zkwizard.model.finding import Severity
from zkwizard.model.text import T, Text, Words

_UNIT_ACTIVE = "ActiveState=active"
_NODE_LINE = re.compile(
    r"^(?P<name>\S+) Ready=(?P<ready>\w+) InternalIP=(?P<ip>\S+) flannel=(?P<flannel>\S+)"
)
_VXLAN = re.compile(r"\blocal (?P<address>[\d.]+) dev (?P<device>\S+)")
FULL_PERCENT = 5
"""Percent of free space below which a file system counts as full: the kubelet evicts pods at 10 % already."""
DEAD_PROXY = ("5", "7", "28", "97")
"""Exit codes of curl: the proxy is not resolved, refuses, is silent, or fails its handshake."""


def in_cluster(cluster: Cluster, evidence: Evidence) -> bool:
    """Whether the node's kubelet belongs to this cluster."""
    return is_ours(cluster, evidence.facts)


def unit_line(evidence: Evidence, unit: str) -> str:
    """The line of a unit, empty when it was not asked for."""
    return next((line for line in evidence.part("units") if line.startswith(f"{unit} ")), "")


def not_active(evidence: Evidence, unit: str) -> bool:
    """Whether the unit is known not to run."""
    line = unit_line(evidence, unit)
    return "ActiveState=" in line and _UNIT_ACTIVE not in line.split()


def kubelet_fails(evidence: Evidence) -> bool:
    """Whether the kubelet does not run: only then what it said last is why."""
    return not_active(evidence, "kubelet")


def containerd_fails(evidence: Evidence) -> bool:
    """The same for containerd."""
    return not_active(evidence, "containerd")


def member(evidence: Evidence) -> bool:
    """Whether the node is in a cluster: before it joins, much is not there yet."""
    return bool(evidence.facts.kubelet_server)


def down(unit: str) -> Sight:
    """A unit that does not run on a node of the cluster."""

    @seen("units", FACTS)
    def look(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[str]:
        if in_cluster(cluster, evidence) and not_active(evidence, unit):
            yield unit_line(evidence, unit)

    return look


@seen(FACTS, "kubelet-config")
def swap_on(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[str]:
    """On, where neither the answers nor the kubelet's own configuration allow it."""
    allowed = node.keeps_swap or any(
        re.match(r"failSwapOn:\s*false", line) for line in evidence.part("kubelet-config")
    )
    if evidence.facts.swaps and in_cluster(cluster, evidence) and not allowed:
        areas = ", ".join(f"{area.path} ({area.type}, {area.size_mb} MB)" for area in evidence.facts.swaps)
        yield f"/proc/swaps: {areas}"


def setting_off(name: str) -> Sight:
    """A kernel setting that is not 1 on a node of the cluster; absent where its module is not loaded."""

    @seen(FACTS)
    def look(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[Words]:
        value = evidence.facts.sysctls.get(name)
        if in_cluster(cluster, evidence) and evidence.facts.sysctls and value != "1":
            yield f"{name} = {value}" if value is not None else T("{name}: no such setting", name=name)

    return look


@seen(FACTS)
def disk_full(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[Sighting]:
    """Nearly nothing free where images, pods, etcd or logs are."""
    for disk in evidence.facts.disks:
        if disk.total_mb and 100 * disk.free_mb < FULL_PERCENT * disk.total_mb:
            line = T(
                "{path}: {free} MB free of {total}", path=disk.path, free=disk.free_mb, total=disk.total_mb
            )
            yield Sighting(node.name, line)
            return


def _disk_pressure(scene: Scene) -> Iterator[Sighting]:
    """What the kubelet itself says of its disks."""
    for node, found in _objects(scene):
        if " DiskPressure " in found.string:
            yield Sighting(node.name, f"kubectl get nodes: {node.name} DiskPressure")


DISK_PRESSURE = Sight(("nodes",), _disk_pressure)


@seen(FACTS)
def hostname(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[Sighting]:
    """Another one than zkwizard gave it."""
    wanted = f"{node.name}.{cluster.domain}"
    have = evidence.facts.hostname
    if in_cluster(cluster, evidence) and have and have not in (wanted, node.name):
        line = T("hostname: {have}; expected {wanted}", have=have, wanted=wanted)
        yield Sighting(node.name, line, {"have": have, "wanted": wanted})


def _clock(scene: Scene) -> Iterator[Sighting]:
    """Judged together: one wrong clock must not accuse the others."""
    facts = {name: evidence.facts for name, evidence in scene.evidence.items()}
    for finding in clock.skew(scene.cluster, facts):
        if finding.severity is not Severity.OK:
            yield found_by(finding, finding.node)


CLOCK = Sight((FACTS,), _clock)


def _network(cluster: Cluster, evidence: Evidence) -> ZeroTierNetwork | None:
    service = evidence.facts.zerotier
    wanted = cluster.overlay.network.lower()
    return next((net for net in service.networks if net.id.lower() == wanted), None) if service else None


@seen(FACTS, "units")
def zerotier_stopped(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[str]:
    """Installed, and not running; one that is only slow to answer is another matter."""
    service = evidence.facts.zerotier
    if cluster.overlay.driver is Driver.ZEROTIER and service and not_active(evidence, "zerotier-one"):
        yield unit_line(evidence, "zerotier-one")


def zerotier_status(*statuses: str) -> Sight:
    """What ``listnetworks`` says of the cluster's network."""

    @seen(FACTS)
    def look(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[Sighting]:
        network = _network(cluster, evidence)
        service = evidence.facts.zerotier
        if network and service and network.status in statuses:
            line = f"zerotier-cli listnetworks: {network.id} {network.status} {network.device}"
            yield Sighting(node.name, line, {"member": service.member, "status": network.status})

    return look


@seen(FACTS)
def zerotier_not_joined(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[Sighting]:
    """Running on a node of the cluster, and not in its network."""
    service = evidence.facts.zerotier
    wanted = cluster.overlay.driver is Driver.ZEROTIER and in_cluster(cluster, evidence)
    if wanted and service and service.running and _network(cluster, evidence) is None:
        line = T("zerotier-cli listnetworks: {network} is not listed", network=cluster.overlay.network)
        yield Sighting(node.name, line, {"network": cluster.overlay.network})


@seen(FACTS, "reach")
def zerotier_offline(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[str]:
    """OFFLINE counts only while nobody answers: a service just started says so too."""
    service = evidence.facts.zerotier
    alone = all(line.split()[-1] == "0" for line in evidence.part("reach"))
    if service and service.running and not service.online and alone:
        yield f"zerotier-cli info: {service.member} {service.version} OFFLINE"


def _relayed(scene: Scene) -> Iterator[Sighting]:
    """Peers that are nodes of this cluster and have no path of their own."""
    members = {
        evidence.facts.zerotier.member: name
        for name, evidence in scene.evidence.items()
        if evidence.facts.zerotier and evidence.facts.zerotier.member
    }
    for node, evidence in scene.known():
        for line in evidence.part("peers"):
            words = line.split()
            if len(words) >= 4 and words[3] == "-" and words[0] in members:
                peer = members[words[0]]
                yield Sighting(node.name, f"zerotier-cli peers: {line} ({peer})", {"peer": peer}, (peer,))


RELAYED = Sight((FACTS, "peers"), _relayed)


@seen("peers", "zerotier-sockets")
def zerotier_loop(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[Sighting]:
    """ZeroTier's packets to a peer go through the pods' network, or it listens there."""
    inside = (cluster.kubernetes.pod_subnet, cluster.kubernetes.service_subnet)
    for line in evidence.part("peers"):
        for path in line.split()[3:]:
            address = path.partition("/")[0]
            if re.fullmatch(r"[\d.]+", address) and any(IPv4Address(address) in net for net in inside):
                yield Sighting(node.name, f"zerotier-cli peers: {line}", {"address": address})
                return
    for line in evidence.part("zerotier-sockets"):
        if match := re.search(r"%(cni0|flannel\S*|veth\w*):", line):
            yield Sighting(node.name, line, {"address": match[1]})
            return


def _silent(scene: Scene) -> Iterator[Sighting]:
    """Pairs without an answer, told of the fewest nodes that all of them involve.

    A node that has no overlay address yet, and is in no cluster, is not expected to answer.
    """
    names = {str(node.overlay_ip): node.name for node in scene.cluster.nodes if _expected(scene, node)}
    pairs = {
        frozenset((node.name, names[line.split()[0]]))
        for node, evidence in scene.known()
        for line in evidence.part("reach")
        if line.split()[-1] == "0" and line.split()[0] in names and node.name in names.values()
    }
    order = [node.name for node in scene.cluster.nodes]
    while pairs:
        worst = max(order, key=lambda name: sum(name in pair for pair in pairs))
        others = [name for name in order if frozenset((worst, name)) in pairs and name != worst]
        pairs = {pair for pair in pairs if worst not in pair}
        told = ", ".join(others)
        line = T("ping between {node} and {others}: 0 of 3 answered", node=worst, others=told)
        yield Sighting(worst, line, {"others": told}, tuple(others))


def _expected(scene: Scene, node: Node) -> bool:
    evidence = scene.evidence.get(node.name)
    if evidence is None:
        return True
    address = f"{node.overlay_ip}/"
    return in_cluster(scene.cluster, evidence) or any(
        own.startswith(address) for link in evidence.facts.interfaces for own in link.addresses
    )


SILENT = Sight(("reach", FACTS), _silent)


def _internal_ip(scene: Scene) -> Iterator[Sighting]:
    for node, found in _objects(scene):
        if found["ip"] not in ("-", str(node.overlay_ip)):
            line = f"kubectl get nodes: {node.name} InternalIP={found['ip']}"
            yield Sighting(node.name, line, {"have": found["ip"]})


INTERNAL_IP = Sight(("nodes",), _internal_ip)


@seen(FACTS, "kubelet-config")
def node_ip_flag(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[Sighting]:
    """Missing, it may go unnoticed for long: /etc/hosts decides then."""
    flags = [line for line in evidence.part("kubelet-config") if "KUBELET_KUBEADM_ARGS" in line]
    if in_cluster(cluster, evidence) and flags:
        have = re.search(r"--node-ip=([^\s\"]+)", flags[0])
        if not have or have[1] != str(node.overlay_ip):
            yield Sighting(node.name, flags[0], {"have": have[1] if have else T("none")})


@seen("flannel-link")
def flannel_link(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[Sighting]:
    """flannel.1 sends from another address than the overlay's."""
    for line in evidence.part("flannel-link"):
        match = _VXLAN.search(line)
        if match and match["address"] != str(node.overlay_ip):
            yield Sighting(node.name, f"flannel.1: {line}", {"device": match["device"]})


def _flannel_annotation(scene: Scene) -> Iterator[Sighting]:
    for node, found in _objects(scene):
        if found["flannel"] not in ("-", str(node.overlay_ip)):
            line = T("annotation public-ip of {node}: {address}", node=node.name, address=found["flannel"])
            yield Sighting(node.name, line, {"device": found["flannel"]})


FLANNEL_ANNOTATION = Sight(("nodes",), _flannel_annotation)


def _not_ready(scene: Scene) -> Iterator[Sighting]:
    first = scene.cluster.first_control_plane.name
    for node, found in _objects(scene):
        if found["ready"] != "True":
            yield Sighting(node.name, f"kubectl get nodes: {found.string}", about=(first,))


NOT_READY = Sight(("nodes",), _not_ready)


def _absent(scene: Scene) -> Iterator[Sighting]:
    """The kubelet believes to be in the cluster, and the API server does not know the node."""
    objects = {node.name for node, _ in _objects(scene)}
    for node, evidence in scene.known():
        if objects and in_cluster(scene.cluster, evidence) and node.name not in objects:
            yield Sighting(node.name, T("kubectl get nodes: {node} is not listed", node=node.name))


ABSENT = Sight(("nodes", FACTS), _absent)


def _objects(scene: Scene) -> Iterator[tuple[Node, re.Match[str]]]:
    lines = [line for evidence in scene.evidence.values() for line in evidence.part("nodes")]
    found = {match["name"]: match for line in lines if (match := _NODE_LINE.match(line))}
    for node in scene.cluster.nodes:
        if node.name in found:
            yield node, found[node.name]


def _api(scene: Scene) -> Iterator[Sighting]:
    first = scene.cluster.first_control_plane.name
    for node, evidence in scene.known():
        lines = evidence.part("api")
        if lines and lines[-1] != "ok":
            yield Sighting(node.name, f"get --raw /livez: {lines[-1]}", about=(first,))


API = Sight(("api",), _api)


@seen("containerd-config")
def cri_disabled(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[str]:
    """The setting that Docker's package ships; until Kubernetes is installed nobody needs another one."""
    if "kubelet" not in evidence.facts.packages:
        return
    for line in evidence.part("containerd-config"):
        if re.match(r"disabled_plugins\s*=.*[\"'](io\.containerd\.grpc\.v1\.)?cri[\"']", line):
            yield f"/etc/containerd/config.toml: {line}"


@seen("containerd-config", "pause")
def sandbox_differs(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[Sighting]:
    """containerd's sandbox image against kubeadm's; repositories may differ on purpose, versions not."""
    wanted = next((line for line in evidence.part("pause") if "/pause:" in line), "")
    for line in evidence.part("containerd-config"):
        have = re.match(r"sandbox(?:_image)?\s*=\s*[\"']([^\"']*)[\"']", line)
        if have and wanted and have[1].rpartition(":")[2] != wanted.rpartition(":")[2]:
            line = f"/etc/containerd/config.toml: {line}; kubeadm: {wanted}"
            yield Sighting(node.name, line, {"image": have[1]})


@seen("containerd-config", "kubelet-config", "kubelet-log")
def drivers_differ(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[str]:
    """The kubelet takes what containerd says, silently; its own setting shows what was meant."""
    systemd = any(re.match(r"cgroupDriver:\s*systemd", line) for line in evidence.part("kubelet-config"))
    if not systemd:
        return
    for line in evidence.part("containerd-config"):
        if re.match(r"SystemdCgroup\s*=\s*false", line):
            yield f"/etc/containerd/config.toml: {line}; kubelet: cgroupDriver: systemd"
            return
    for line in evidence.part("kubelet-log"):
        if 'received from the CRI runtime" cgroupDriver="cgroupfs"' in line:
            yield line
            return


@seen("cni", FACTS)
def cni_directory_gone(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[str]:
    """On a node whose containerd has a configuration the directory always exists."""
    if in_cluster(cluster, evidence) and "absent" in evidence.part("cni"):
        yield "/etc/cni/net.d: No such file or directory"


@seen("cni", FACTS)
def cni_empty(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[Text]:
    """No configuration for the runtime to give pods a network with."""
    found = evidence.part("cni")
    if in_cluster(cluster, evidence) and "directory" in found and not any(".conf" in line for line in found):
        yield T("{path} is empty", path="/etc/cni/net.d")


def certificate(word: str) -> Sight:
    """Certificates that are ``expired``, or will be ``soon``."""

    @seen("certificates")
    def look(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[Sighting]:
        found = [line.split(" ", 2) for line in evidence.part("certificates") if line.startswith(f"{word} ")]
        for _, path, date in (parts for parts in found if len(parts) == 3):
            yield Sighting(node.name, f"{path}: notAfter={date}", {"path": path})

    return look


@seen("proxy")
def proxy_dead(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[Sighting]:
    """``whose host:port code words`` of each proxy that is set."""
    for line in evidence.part("proxy"):
        words = line.split(" ", 3)
        if len(words) >= 3 and words[2] in DEAD_PROXY:
            said = words[3] if len(words) > 3 else T("no answer")
            told = T("{owner}'s proxy {proxy}: {said}", owner=words[0], proxy=words[1], said=said)
            yield Sighting(node.name, told, {"proxy": words[1]})


@seen(FACTS)
def package_lock(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[Sighting]:
    """Held now; a run of zkwizard's own, which is at work there, is told as others are."""
    holder = evidence.facts.package_lock
    if match := re.search(r"\(process (?P<pid>\d+)\)$", holder):
        line = T("the package manager's lock is held by {holder}", holder=holder)
        yield Sighting(node.name, line, {"pid": match["pid"]})


@seen("static-pods")
def static_pod_proxy(cluster: Cluster, node: Node, evidence: Evidence) -> Iterator[str]:
    """One line is enough."""
    yield from evidence.part("static-pods")[:1]

"""Machines that were dirtied by hand: what is the cluster's goes, what is somebody's stays, byte for byte.

One cluster for all of it, taken back node by node: a worker first, then the control plane while zkwizard is
killed and another node can't be reached, then that node with a file that can't be deleted, and in the end a
cluster that was made by hand, after the document of 2020, without any receipt.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.demo import by_hand
from tests.practice.commands import Place, inside, ready
from tests.practice.snapshot import rules
from tests.running import Ended, began
from tests.waiting import equals, has, until

_LONG = 600
pytestmark = pytest.mark.timeout(2 * _LONG)

USERS_RULES = """\
iptables-nft -N mine
iptables-nft -A INPUT -p tcp --dport 22 -j ACCEPT
iptables-nft -A INPUT -m comment --comment 'no "KUBE-FIREWALL" -j KUBE-SERVICES here' -j mine
iptables-nft -A FORWARD -s 10.244.0.0/16 -o eth0 -j ACCEPT
iptables-nft -P FORWARD DROP
iptables-nft -t nat -A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE
ip6tables-nft -A INPUT -p ipv6-icmp -j ACCEPT
"""
CLUSTERS_RULES = """\
iptables-nft -N CNI-FORWARD
iptables-nft -I FORWARD 1 -j CNI-FORWARD
iptables-nft -A mine -j KUBE-FIREWALL
! command -v nft >/dev/null || nft add table ip kube-proxy
! command -v nft >/dev/null || nft add table inet mine
"""
DIRT = """\
printf '{"name":"mine"}' >/etc/cni/net.d/05-mine.conflist
ip netns add cni-00000000-orphan
ip netns add cni-00000000-used
setsid ip netns exec cni-00000000-used sleep 3600 >/dev/null 2>&1 </dev/null &
ip link add mine0 type vxlan id 77 dev eth0 dstport 4790
ip link set mine0 master cni0
mkdir -p /srv/data /var/lib/kubelet/pods/x/volumes/data
echo precious >/srv/data/file
mount --bind /srv/data /var/lib/kubelet/pods/x/volumes/data
(cd /var/lib/kubelet/pods/x/volumes/data; setsid sleep 3601 >/dev/null 2>&1 </dev/null &)
export shim='containerd-shim-runc-v2 -namespace k8s.io -id x'
setsid bash -c 'exec -a "$shim" sleep 3602' >/dev/null 2>&1 </dev/null &
echo '# mine' >>/etc/crictl.yaml
echo '192.0.2.7 mine' >>/etc/hosts
"""
OTHER = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "blog",
    "clusters": [
        {"name": "other", "cluster": {"server": "https://192.0.2.9:6443"}},
        {"name": "blog", "cluster": {"server": "https://10.9.8.118:6443"}},
    ],
    "contexts": [
        {"name": "other", "context": {"cluster": "other", "user": "me"}},
        {"name": "blog", "context": {"cluster": "blog", "user": "admin"}},
        {"name": "blog-me", "context": {"cluster": "blog", "user": "me"}},
    ],
    "users": [{"name": "me", "user": {"token": "a"}}, {"name": "admin", "user": {"token": "b"}}],
}


@pytest.fixture(scope="module")
def nodes(shared: Place) -> Place:
    """A cluster of three nodes."""
    assert shared.run("demo", "--phase", "probe").code == 0
    made = _run(shared, "demo")
    assert made.code == 0, made.err
    return shared


def _run(place: Place, *words: object) -> Ended:
    return place.begin(*words).ended(_LONG)


def _remains(ended: Ended, node: str, fate: str) -> dict[tuple[str, str], dict[str, str]]:
    """Kind and name → what the proof says of it."""
    proof = next(event["proof"] for event in ended.of("proof") if event["node"] == node)
    return {(r["kind"], r["name"]): r for r in proof["remains"] if r["fate"] == fate}


def _put(place: Place, node: str, path: str, text: str) -> None:
    inside(place.practice, node, f"mkdir -p {path.rpartition('/')[0]}; cat >{path} <<'EOT'\n{text}\nEOT")


@pytest.fixture(scope="module")
def worker(nodes: Place) -> tuple[Place, Ended, list[str]]:
    """node1, dirtied and taken back alone; with its user's rules as they were."""
    practice = nodes.practice
    own = set(rules(practice, "node1"))
    inside(practice, "node1", USERS_RULES)
    users = [line for line in rules(practice, "node1") if line not in own]
    inside(practice, "node1", CLUSTERS_RULES)
    inside(practice, "node1", DIRT)
    _put(nodes, "node1", "/root/.kube/config", yaml.safe_dump(OTHER))
    ended = _run(nodes, "reset", nodes.file, "--node", "node1", "--yes", "practice", "--json")
    return nodes, ended, users


def test_a_single_worker_leaves_the_cluster(worker: tuple[Place, Ended, list[str]]) -> None:
    place, ended, _ = worker
    assert ended.code == 0, ended.err + ended.out[-4000:]
    assert ready(place.practice) == dict.fromkeys(("master", "node2"), "Ready")
    phases = {(event["phase"], event["node"]) for event in ended.of("phase-ended")}
    assert {("drain", "master"), ("forget", "master"), ("proof", "node1")} <= phases
    assert not any(node == "node2" for _, node in phases)


def test_rules_of_the_user_survive_byte_for_byte(worker: tuple[Place, Ended, list[str]]) -> None:
    place, _, users = worker
    assert len(users) == 7
    assert rules(place.practice, "node1") == users
    tables = inside(place.practice, "node1", "nft list tables 2>/dev/null || :")
    assert "kube-proxy" not in tables
    if tables:
        assert "table inet mine" in tables


def test_what_is_somebody_elses_stays_and_is_told(worker: tuple[Place, Ended, list[str]]) -> None:
    place, ended, _ = worker
    stays = _remains(ended, "node1", "stays")
    assert stays["file", "/etc/cni/net.d/05-mine.conflist"]["why"] == "the configuration of another network"
    assert "used by process" in stays["netns", "cni-00000000-used"]["why"]
    assert "somebody changed it" in stays["receipt", "/etc/crictl.yaml"]["why"]
    shown = inside(
        place.practice,
        "node1",
        "ls /etc/cni/net.d; ip netns; cat /srv/data/file; tail -n 1 /etc/crictl.yaml; cat /etc/hosts\n"
        "ip -br link",
    )
    assert "05-mine.conflist\n" in shown and "10-flannel" not in shown
    assert "cni-00000000-used" in shown and "orphan" not in shown
    assert "\nprecious\n" in shown and "\n# mine\n" in shown
    assert "192.0.2.7 mine" in shown and "zkwizard" not in shown
    assert "mine0" in shown and "cni0" not in shown
    shims = inside(place.practice, "node1", "cat /proc/[0-9]*/cmdline | grep -ac '[s]him-runc' || :")
    assert shims.strip() == "0"


def test_only_this_clusters_entries_leave_a_kubeconfig(worker: tuple[Place, Ended, list[str]]) -> None:
    place, _, _ = worker
    left = yaml.safe_load(inside(place.practice, "node1", "cat /root/.kube/config"))
    assert [entry["name"] for entry in left["clusters"]] == ["other"]
    assert [entry["name"] for entry in left["contexts"]] == ["other"]
    assert [entry["name"] for entry in left["users"]] == ["me"]
    assert left["current-context"] == ""


def test_a_busy_mount_is_gone_and_what_is_behind_it_is_not(worker: tuple[Place, Ended, list[str]]) -> None:
    place, _, _ = worker
    assert inside(place.practice, "node1", "grep -c kubelet /proc/self/mounts || :").strip() == "0"
    assert (
        inside(place.practice, "node1", "ls -d /var/lib/kubelet 2>/dev/null; cat /srv/data/file")
        == "precious\n"
    )


@contextmanager
def _out_of_reach(place: Place, node: str) -> Iterator[None]:
    """Nobody listens where the cluster file says that the node is."""
    text = place.file.read_text()
    document = yaml.safe_load(text)
    for entry in document["nodes"]:
        if entry["name"] == node:
            entry["ssh"]["port"] = 1
    place.file.write_text(yaml.safe_dump(document))
    try:
        yield
    finally:
        place.file.write_text(text)


@pytest.fixture(scope="module")
def interrupted(worker: tuple[Place, Ended, list[str]]) -> tuple[Place, Ended, Ended]:
    """The rest, with node2 out of reach; zkwizard killed in the middle, and called again."""
    place, _, _ = worker
    with _out_of_reach(place, "node2"):
        running = place.begin("reset", place.file, "--yes", "practice", "--json")
        running.until(began("put-back", "master"), _LONG)
        killed = running.kill()
        ended = _run(place, "reset", place.file, "--yes", "practice", "--json")
    return place, killed, ended


def test_a_killed_reset_goes_on_with_the_same_command(interrupted: tuple[Place, Ended, Ended]) -> None:
    place, killed, ended = interrupted
    assert [event["run"] for event in ended.of("run-started")] == [killed.of("run-started")[0]["run"]]
    assert ended.of("run-started")[0]["resumed"] is True
    assert _remains(ended, "master", "goes") == {}
    assert (
        inside(place.practice, "master", "ls -d /etc/kubernetes /var/lib/zkwizard/runs 2>/dev/null || :")
        == ""
    )


def test_a_node_out_of_reach_stops_nothing_and_is_offered_later(
    interrupted: tuple[Place, Ended, Ended],
) -> None:
    place, _, ended = interrupted
    assert ended.code == 4
    assert "node2 was not reached: the same command takes it back later" in ended.err
    assert [event["node"] for event in ended.of("unreachable")] == ["node2"]
    assert inside(place.practice, "node2", "systemctl is-active kubelet").strip() == "active"
    shown = place.run("reset", place.file, "--dry-run").out
    assert "node2" in shown and "kubelet.service" in shown


@pytest.fixture(scope="module")
def stubborn(interrupted: tuple[Place, Ended, Ended]) -> Iterator[tuple[Place, Ended]]:
    """node2, whose cluster is dead by now, with a file that this node's root may not delete."""
    place, _, _ = interrupted
    inside(place.practice, "node2", "mkdir -p /var/lib/etcd && : >/var/lib/etcd/stuck")
    pid = next(node.pid for node in place.practice.nodes if node.name == "node2")
    stuck = Path(f"/proc/{pid}/root/var/lib/etcd/stuck")
    made = subprocess.run(["chattr", "+i", stuck], capture_output=True, check=False)
    if made.returncode:
        inside(place.practice, "node2", "rm -r /var/lib/etcd")
    ended = _run(place, "reset", place.file, "--node", "node2", "--yes", "practice", "--json")
    yield place, ended
    if not made.returncode:
        subprocess.run(["chattr", "-i", stuck], check=False)


def test_a_control_plane_that_is_gone_stops_nothing(stubborn: tuple[Place, Ended]) -> None:
    """It was taken back before the worker: nobody is there who could be told, nor lists the node."""
    place, ended = stubborn
    outcomes = {(e["phase"], e["node"]): e["outcome"] for e in ended.of("phase-ended")}
    assert (outcomes["drain", "master"], outcomes["forget", "master"]) == ("unchanged", "unchanged")
    left = {kind for kind, _ in _remains(ended, "node2", "goes")}
    assert left <= {"file"}
    assert inside(place.practice, "node2", "ip -br link").count("cni0") == 0
    assert ended.code == (1 if left else 0)
    assert "still lists" not in ended.err


def test_what_cannot_be_deleted_is_told_with_its_reason(stubborn: tuple[Place, Ended]) -> None:
    place, ended = stubborn
    pid = next(node.pid for node in place.practice.nodes if node.name == "node2")
    stuck = Path(f"/proc/{pid}/root/var/lib/etcd/stuck")
    if not stuck.exists():
        assert _remains(ended, "node2", "goes") == {}
        return
    left = _remains(ended, "node2", "goes")
    assert left["file", "/var/lib/etcd"]["detail"] == "immutable"
    subprocess.run(["chattr", "-i", stuck], check=True)
    again = _run(place, "reset", place.file, "--node", "node2", "--yes", "practice", "--json")
    assert _remains(again, "node2", "goes") == {}
    assert not stuck.exists()


BY_HAND = """set -e
rm -rf /var/lib/zkwizard
cat >>/etc/hosts <<'EOF'
10.9.8.118 master.m4d3bug.com
10.9.8.65 node1.m4d3bug.com
EOF
swapoff -a
sed -i 's|^/swapfile|#&|' /etc/fstab
cat <<EOF > /etc/sysctl.d/k8s.conf
net.bridge.bridge-nf-call-ip6tables = 1
net.bridge.bridge-nf-call-iptables = 1
EOF
modprobe br_netfilter
sysctl -q -p /etc/sysctl.d/k8s.conf
sysctl -q -w net.ipv4.ip_forward=1
containerd config default | sed 's/SystemdCgroup = false/SystemdCgroup = true/' >/etc/containerd/config.toml
systemctl restart containerd
systemctl enable kubelet 2>/dev/null
"""
"""The document's preparation, with containerd where Docker stood; the packages are there already."""
ON_MASTER = """set -e
ignored='--ignore-preflight-errors=NumCPU --ignore-preflight-errors=Swap'
kubeadm init phase preflight --config kubeadm-config.yaml $ignored
kubeadm init phase kubelet-start --config kubeadm-config.yaml
kubeadm init phase certs all --config kubeadm-config.yaml
kubeadm init phase kubeconfig all --config kubeadm-config.yaml
kubeadm init phase control-plane all --config kubeadm-config.yaml
kubeadm init phase etcd local --config kubeadm-config.yaml
sed -i 's|listen-client-urls=.*|listen-client-urls=https://0.0.0.0:2379|' /etc/kubernetes/manifests/etcd.yaml
echo "export KUBECONFIG=/etc/kubernetes/admin.conf" >> ~/.bash_profile
export KUBECONFIG=/etc/kubernetes/admin.conf
skipped=preflight,certs,kubeconfig,kubelet-start,control-plane,etcd
kubeadm init --skip-phases=$skipped --config kubeadm-config.yaml
mkdir -p $HOME/.kube
cp /etc/kubernetes/admin.conf $HOME/.kube/config
kubectl apply -f kube-flannel.yml
"""
"""In the document's order, kubelet-start first; with its edited etcd manifest and its fixed token."""


def test_a_cluster_made_by_hand_leaves_nothing_but_what_its_maker_wrote(
    stubborn: tuple[Place, Ended],
) -> None:
    place, practice = stubborn[0], stubborn[0].practice
    for node in ("master", "node1"):
        inside(practice, node, BY_HAND)
    _put(place, "master", "/root/kubeadm-config.yaml", by_hand.KUBEADM_YAML.replace("1.36.2", "1.36.4"))
    _put(place, "master", "/root/kube-flannel.yml", by_hand.FLANNEL)
    inside(practice, "master", ON_MASTER)
    hash_ = inside(practice, "master", by_hand.CA_HASH).strip()
    words = f"--token abcdef.0123456789abcdef --discovery-token-ca-cert-hash sha256:{hash_}"
    inside(practice, "node1", f"kubeadm join 10.9.8.118:6443 {words}")
    both = dict.fromkeys(("master", "node1"), "Ready")
    until(lambda: ready(practice), "both are ready", fits=equals(both), limit=120)
    links = "ip -br link"
    until(
        lambda: inside(practice, "master", links) + inside(practice, "node1", links),
        "a pod has its link",
        fits=has("veth"),
    )
    ended = _run(place, "reset", place.file, "--yes", "practice", "--json")
    assert ended.code == 0, ended.err + ended.out[-3000:]
    for node in ("master", "node1"):
        assert _remains(ended, node, "goes") == {}
        assert re.search("cni0|flannel", inside(practice, node, "ip -br link")) is None
        assert [line for line in rules(practice, node) if re.search(" :(KUBE|FLANNEL|CNI)-", line)] == []
        shown = inside(practice, node, "cat /etc/hosts /etc/sysctl.d/k8s.conf; ls -A /etc/cni/net.d")
        assert "m4d3bug.com" in shown and "bridge-nf-call" in shown, (
            "what zkwizard did not write is not its to remove"
        )
        kept = _remains(ended, node, "stays")
        assert ("setting", "net.ipv4.conf.all.route_localnet=1") in kept
    assert ("file", "/root/.bash_profile") in _remains(ended, "master", "stays")
    proof = next(event["proof"] for event in ended.of("proof") if event["node"] == "master")
    assert any("route_localnet" in reason for reason in proof["reboot"])
    assert inside(practice, "master", "ls /root/.kube/config 2>/dev/null || :") == ""

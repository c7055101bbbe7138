"""What takes a cluster off a machine, on links, mounts, files and namespaces, in new ones of this kernel."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.steps.inside import run

pytestmark = pytest.mark.usefixtures("namespaces")


def test_links_go_with_what_hangs_on_them_and_others_stay(tmp_path: Path) -> None:
    text = """\
mount -t sysfs sysfs /sys
ip link add cni0 type bridge
ip link add veth1 type veth peer name inside
ip link set veth1 master cni0
ip link add mine type bridge
ip link add port type vxlan id 7 dstport 4790 local 127.0.0.1
ip link set port master cni0
ip link add flannel.1 type vxlan id 1 dstport 8472 local 127.0.0.1
ip link add ztabcdefgh type bridge
ip link add cali0123 type bridge
echo left: $(zk_left_links | sort)
zk_links_out
echo left: $(zk_left_links)
echo there: $(ls /sys/class/net | sort)
"""
    out = run(text, tmp_path).splitlines()
    assert out[0] == "left: cali0123 cni0 flannel.1 port veth1"
    assert "taken out of cni0, not deleted: port" in out
    assert out[-2] == "left:"
    assert set(out[-1].split()[1:]) == {"lo", "mine", "port", "ztabcdefgh"}


def test_a_mount_in_use_takes_nothing_with_it(tmp_path: Path) -> None:
    """Its data lie elsewhere; blanks in a path are no trouble."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "precious").write_text("x")
    text = """\
mount -t tmpfs tmpfs /var/lib
k=/var/lib/kubelet/pods/1/volumes
mkdir -p "$k/a volume" $k/other
mount --bind $DIR/data "$k/a volume"
mount -t tmpfs tmpfs $k/other
sh -c 'cd "$0"; exec sleep 30' "$k/a volume" &
while [ "$(readlink /proc/$!/cwd)" != "$k/a volume" ]; do sleep 0.1; done
zk_left_mounts
zk_left_mounts | while read -r zk_path; do zk_unmount "$zk_path"; done
echo left: $(zk_left_mounts)
zk_remove /var/lib/kubelet
ls -A /var/lib
kill $!
"""
    out = run(text, tmp_path)
    assert "/var/lib/kubelet/pods/1/volumes/a\\040volume" in out
    assert "in use: /var/lib/kubelet/pods/1/volumes/a volume" in out
    assert out.endswith("left:\n")
    assert (data / "precious").read_text() == "x"


def test_removing_stops_at_mounts_and_at_somebodys_own_disk(tmp_path: Path) -> None:
    text = """\
mount -t tmpfs tmpfs /var/lib
mkdir -p /var/lib/kubelet/held /var/lib/disk/deep /var/lib/etcd
mount -t tmpfs tmpfs /var/lib/kubelet/held
: >/var/lib/kubelet/held/precious
: >/var/lib/disk/deep/member
rmdir /var/lib/etcd
ln -s disk /var/lib/etcd
zk_remove /var/lib/kubelet /var/lib/etcd 2>/dev/null
ls -A /var/lib/kubelet/held
readlink /var/lib/etcd
ls -A /var/lib/disk
echo left: $(zk_left_files /var/lib/kubelet /var/lib/etcd)
"""
    assert run(text, tmp_path).splitlines() == ["precious", "disk", "left: /var/lib/kubelet"]


def test_the_folder_that_containerd_watches_stays(tmp_path: Path) -> None:
    text = """\
mount -t tmpfs tmpfs /etc
mount -t tmpfs tmpfs /var/lib
mkdir -p /etc/cni/net.d /var/lib/cni/networks/cbr0 /var/lib/cni/networks/mine
: >/etc/cni/net.d/.kubernetes-cni-keep
: >/etc/cni/net.d/10-flannel.conflist
: >/etc/cni/net.d/05-mine.conf
zk_left_cni
zk_remove $(zk_left_cni)
ls -A /etc/cni/net.d /var/lib/cni/networks
rm /etc/cni/net.d/05-mine.conf
zk_left_cni
"""
    out = run(text, tmp_path).splitlines()
    assert out[:2] == ["/etc/cni/net.d/10-flannel.conflist", "/var/lib/cni/networks/cbr0"]
    assert out[2:] == [
        "/etc/cni/net.d:", ".kubernetes-cni-keep", "05-mine.conf", "",
        "/var/lib/cni/networks:", "mine", "/var/lib/cni",
    ]  # fmt: skip


IPSET = """\
#!/bin/sh
case $1 in list) cat "$DIR/sets" ;; destroy) sed -i "/^$2\\$/d" "$DIR/sets" ;; esac
"""
IPVSADM_SAVE = '#!/bin/sh\ncat "$DIR/services"\n'
IPVSADM = """\
#!/bin/sh
awk -v s="$2 $3" 'index($0, s) != 4' "$DIR/services" >"$DIR/new" && mv "$DIR/new" "$DIR/services"
"""
"""Address sets and virtual services in files: most machines lack the tools, and kernels the modules."""


def test_sets_and_virtual_services_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name, text in (("ipset", IPSET), ("ipvsadm", IPVSADM), ("ipvsadm-save", IPVSADM_SAVE)):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "sets").write_text(
        "KUBE-CLUSTER-IP\nmine\ncali40all-ipam-pools\ncilium_node_set_v4\nfail2ban\n"
    )
    (tmp_path / "services").write_text(
        "-A -t 10.96.0.1:443 -s rr\n-a -t 10.96.0.1:443 -r 10.9.8.118:6443 -m -w 1\n"
        "-A -u 10.96.0.10:53 -s rr\n-A -t 192.0.2.9:80 -s wlc\n-a -t 192.0.2.9:80 -r 192.0.2.10:80 -m -w 1\n"
    )
    script = """\
mount -t sysfs sysfs /sys
ip link add kube-ipvs0 type bridge
ip addr add 10.96.0.1/32 dev kube-ipvs0
ip addr add 10.96.0.10/32 dev kube-ipvs0
zk_virtual_services_out
cat "$DIR/services"
zk_left_sets | while read -r s; do ipset destroy "$s"; done
cat "$DIR/sets"
"""
    path = f"{tmp_path}/bin:{os.environ['PATH']}:/usr/sbin:/sbin"
    assert run(script, tmp_path, PATH=path).splitlines() == [
        "-A -t 192.0.2.9:80 -s wlc", "-a -t 192.0.2.9:80 -r 192.0.2.10:80 -m -w 1", "mine", "fail2ban",
    ]  # fmt: skip


def test_what_others_wrote_beside_a_cluster_is_told_and_stays(tmp_path: Path) -> None:
    script = """\
mount -t tmpfs none /etc && mount -t tmpfs none /usr/local
mkdir -p /usr/local/share/ca-certificates /etc/pki/ca-trust/source/anchors "$ZK_HOME/receipts/wrote/etc"
cd /usr/local/share/ca-certificates && : >kube-ca.crt && : >etcd-ca.crt && : >company.crt
: >/etc/pki/ca-trust/source/anchors/kubernetes-ca.pem
: >/etc/crictl.yaml
zk_by_hand
echo and
: >"$ZK_HOME/receipts/wrote/etc/crictl.yaml"
zk_by_hand | grep crictl || echo by a receipt
"""
    assert run(script, tmp_path).splitlines() == [
        "/etc/crictl.yaml",
        "/usr/local/share/ca-certificates/etcd-ca.crt",
        "/usr/local/share/ca-certificates/kube-ca.crt",
        "/etc/pki/ca-trust/source/anchors/kubernetes-ca.pem",
        "and",
        "by a receipt",
    ]


def test_a_namespace_with_somebody_in_it_stays(tmp_path: Path) -> None:
    text = """\
mount -t tmpfs tmpfs /run
ip netns add cni-orphan
ip netns add cni-used
ip netns add mine
ip netns exec cni-used sleep 30 &
while [ -z "$(ip netns pids cni-used)" ]; do sleep 0.1; done
zk_left_netns | sed 's/ [0-9]* / PID /'
kill $!
"""
    assert run(text, tmp_path).splitlines() == ["cni-orphan", "cni-used PID (sleep)"]

"""What takes a cluster off a machine, on rules, links and files of this kernel, in namespaces."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from zkwizard.steps.runtime import functions_for

TRANSCRIPTS = Path(__file__).parents[2] / "demo" / "transcripts" / "cluster"
PODS = "10.244.0.0/16"
FILTERS = ("iptables-nft", "iptables-legacy", "ip6tables-nft", "ip6tables-legacy")

USERS = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:mine - [0:0]
:NOT-KUBE-BUT-MINE - [0:0]
:MY_CILIUM_RULES - [0:0]
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -m comment --comment "has \\"quotes\\" and -j KUBE-FORWARD in it" -j ACCEPT
-A INPUT -m comment --comment KUBE-SERVICES -j mine
-A FORWARD -s 10.244.0.0/16 -j ACCEPT
-A mine -m comment --comment "flanneld is great" -j RETURN
-A mine -j NOT-KUBE-BUT-MINE
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -s 10.244.0.0/16 ! -d 224.0.0.0/4 -o eth0 -j MASQUERADE
COMMIT
"""
CLUSTERS = """\
*filter
:KUBE-FORWARD - [0:0]
:KUBE-SERVICES - [0:0]
:CNI-FORWARD - [0:0]
:cali-INPUT - [0:0]
:CILIUM_INPUT - [0:0]
:OLD_CILIUM_FORWARD - [0:0]
-A INPUT -m comment --comment "cilium-feeder: CILIUM_INPUT" -j CILIUM_INPUT
-I INPUT 1 -m comment --comment "cali:Cz_u1IQiXIMmKD4c" -j cali-INPUT
-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A mine -g KUBE-FORWARD
-A KUBE-SERVICES -m statistic --mode random --probability 0.33333333349 -j KUBE-FORWARD
-A CNI-FORWARD -j mine
-A FORWARD -j CNI-FORWARD
COMMIT
*nat
:KUBE-POSTROUTING - [0:0]
:FLANNEL-POSTRTG - [0:0]
:CNI-HOSTPORT-DNAT - [0:0]
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
COMMIT
"""
OLD_FLANNEL = """\
*filter
-A FORWARD -s 10.244.0.0/16 -j ACCEPT
-A FORWARD -d 10.244.0.0/16 -j ACCEPT
COMMIT
*nat
-A POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 -j RETURN
-A POSTROUTING -s 10.244.0.0/16 ! -d 224.0.0.0/4 -j MASQUERADE
-A POSTROUTING ! -s 10.244.0.0/16 -d 10.244.1.0/24 -j RETURN
-A POSTROUTING ! -s 10.244.0.0/16 -d 10.244.0.0/16 -j MASQUERADE
COMMIT
"""
"""What flannel 0.12, of the 2020 document, wrote: no chain of its own, no comment."""


def run(text: str, folder: Path, **variables: str) -> str:
    """What a text prints that may call the functions, in new namespaces, as root there."""
    source = f"set -eu\nexport ZK_DIR=$DIR ZK_HOME=$DIR/home\n{functions_for(text, always=())}\n{text}\n"
    done = subprocess.run(
        ["unshare", "-Urmn", "sh", "-c", source],
        env={"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "DIR": str(folder), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def needs(*commands: str) -> None:
    """Skip where the kernel or the machine lacks one of the packet filters."""
    for command in commands:
        tried = subprocess.run(
            ["unshare", "-Urn", "sh", "-c", f"PATH=$PATH:/usr/sbin:/sbin; {command} -N x && {command} -F x"],
            capture_output=True,
            check=False,
        )
        if tried.returncode:
            pytest.skip(f"{command} does not work in a namespace here: {tried.stderr.decode().strip()}")


def shown(saved: str) -> list[str]:
    """Rules, chains and policies of saved rules, without counters and dates."""
    lines = (re.sub(r" \[[0-9:]*\]$", "", line) for line in saved.splitlines() if not line.startswith("#"))
    return list(lines)


def _for(tool: str, text: str) -> str:
    """The same rules for IPv6."""
    if tool.startswith("iptables"):
        return text
    return (
        text.replace("10.244.0.0/16", "fd00::/16")
        .replace("10.244.1.0/24", "fd00:1::/64")
        .replace("224.0.0.0/4", "ff00::/8")
    )


@pytest.mark.parametrize("tool", FILTERS)
def test_rules_of_the_user_survive_byte_for_byte(tool: str, tmp_path: Path) -> None:
    needs(tool)
    (tmp_path / "users").write_text(_for(tool, USERS))
    (tmp_path / "clusters").write_text(_for(tool, CLUSTERS))
    text = f"""\
{tool}-restore <$DIR/users
{tool}-save >$DIR/before
{tool}-restore --noflush <$DIR/clusters
{tool}-save | grep -c KUBE- >$DIR/count
{tool}-save >$DIR/full
zk_rules_out {tool} {PODS}
{tool}-save >$DIR/after
zk_rules_out {tool} {PODS}
{tool}-save >$DIR/again
"""
    run(text, tmp_path)
    before, after = (shown((tmp_path / name).read_text()) for name in ("before", "after"))
    assert int((tmp_path / "count").read_text()) > 5
    assert after == before
    assert shown((tmp_path / "again").read_text()) == before


@pytest.mark.parametrize("family", ["iptables", "ip6tables"])
def test_legacy_tables_are_asked_only_where_they_are(family: str, tmp_path: Path) -> None:
    """Asking alone would load their modules."""
    needs(f"{family}-legacy", f"{family}-nft")
    text = f"""\
echo before $(zk_filters)
{family}-legacy -N KUBE-MARK-DROP
{family}-legacy -A INPUT -j KUBE-MARK-DROP
echo after $(zk_filters)
zk_left_chains {PODS}
for f in $(zk_filters); do zk_rules_out $f {PODS}; done
echo left $(zk_left_chains {PODS})
"""
    lines = run(text, tmp_path).splitlines()
    assert f"{family}-legacy" not in lines[0] and f"{family}-legacy" in lines[1]
    assert f"{family}-legacy filter KUBE-MARK-DROP" in lines
    assert lines[-1] == "left"


def test_rules_that_old_flannel_wrote_without_a_comment(tmp_path: Path) -> None:
    needs("iptables-nft")
    (tmp_path / "users").write_text(USERS.replace("-A FORWARD -s 10.244.0.0/16 -j ACCEPT\n", ""))
    (tmp_path / "flannel").write_text(OLD_FLANNEL)
    run(
        f"iptables-nft-restore <$DIR/users\niptables-nft-save >$DIR/before\n"
        f"iptables-nft-restore --noflush <$DIR/flannel\n"
        f"zk_rules_out iptables-nft {PODS}\niptables-nft-save >$DIR/after",
        tmp_path,
    )
    assert shown((tmp_path / "after").read_text()) == shown((tmp_path / "before").read_text())


def test_nothing_is_flushed_and_no_policy_is_named(tmp_path: Path) -> None:
    """The transaction itself, as a reviewer would read it."""
    (tmp_path / "saved").write_text(USERS.replace("COMMIT\n*nat", f"{_rules('filter')}COMMIT\n*nat"))
    plan = run(f"zk_rules_of {PODS} <$DIR/saved", tmp_path)
    assert plan.splitlines() == [
        "*filter",
        "-D INPUT -j KUBE-FIREWALL",
        ":KUBE-FIREWALL - [0:0]",
        "-X KUBE-FIREWALL",
        "COMMIT",
    ]
    source = functions_for("zk_rules_out zk_left_chains", always=())
    assert not re.search(r"(?<!no)(?<!-)flush|-F\b|-P\b", source.replace("--noflush", ""))


def _rules(table: str) -> str:
    return "-A INPUT -j KUBE-FIREWALL\n:KUBE-FIREWALL - [0:0]\n-A KUBE-FIREWALL -j DROP\n"


def test_the_rules_of_a_real_node_go_all_of_them(tmp_path: Path) -> None:
    needs("iptables-nft", "ip6tables-nft")
    text = (TRANSCRIPTS / "state-4-after-reset-node1.txt").read_text()
    sections = dict(re.findall(r"^##### (\S+-save)\n(.*?)(?=^##### )", text, re.MULTILINE | re.DOTALL))
    for tool in ("iptables", "ip6tables"):
        saved = "\n".join(line for line in sections[f"{tool}-save"].splitlines() if "nfacct" not in line)
        (tmp_path / tool).write_text(saved + "\n")
    out = run(
        "for t in iptables ip6tables; do $t-nft-restore <$DIR/$t; done\n"
        f"echo before $(zk_left_chains {PODS} | wc -l)\n"
        f"for f in $(zk_filters); do zk_rules_out $f {PODS}; done\n"
        f"echo after $(zk_left_chains {PODS} | wc -l)\n"
        "for t in iptables ip6tables; do $t-nft-save | grep -cE 'KUBE|FLANNEL|CNI' || :; done",
        tmp_path,
    )
    lines = out.splitlines()
    assert int(lines[0].split()[1]) > 40
    assert lines[-3:] == ["after 0", "0", "0"]


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

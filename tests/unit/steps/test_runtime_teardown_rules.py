"""What takes a cluster's packet filter rules off a machine, on the rules of this kernel, in namespaces."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.missing import or_skip
from tests.sshd.packages import Unavailable
from tests.unit.steps.inside import run
from zkwizard.steps.runtime import functions_for

pytestmark = pytest.mark.usefixtures("namespaces")
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


def needs(*commands: str) -> None:
    """Skip where the kernel or the machine lacks one of the packet filters."""
    for command in commands:
        tried = subprocess.run(
            ["unshare", "-Urn", "sh", "-c", f"PATH=$PATH:/usr/sbin:/sbin; {command} -N x && {command} -F x"],
            capture_output=True,
            text=True,
            check=False,
        )
        with or_skip():
            if tried.returncode:
                raise Unavailable(f"{command} does not work in a namespace here: {tried.stderr.strip()}")


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

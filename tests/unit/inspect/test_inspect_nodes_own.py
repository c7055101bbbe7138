"""What a node tells by itself: overlay, containers, certificates, etcd, journal, addresses."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from zkwizard.inspect import addresses, certs, containers, etcd, journal, logs, overlay
from zkwizard.inspect.podname import object_name, pod_name
from zkwizard.inspect.question import Answer
from zkwizard.inspect.trouble import Kind, Trouble
from zkwizard.model.errors import InputError
from zkwizard.model.facts import LinkPath

DATA = Path(__file__).parent / "data"


def test_peers_direct_and_relayed() -> None:
    found = overlay.parse_peers(Answer((DATA / "peers-relay.json").read_text(), "", 0))
    paths = {peer.member: peer.path for peer in found}
    assert paths == {
        "0bb20aa55b": LinkPath.DIRECT,
        "62c708298b": LinkPath.RELAYED,
        "70525d2afc": LinkPath.DIRECT,
        "8fa62dfe16": LinkPath.DIRECT,
    }
    relayed = found[1]
    assert (relayed.latency_ms, relayed.address, relayed.role) == (-1, "", "LEAF")


def test_the_preferred_path_is_the_one_in_use() -> None:
    found = overlay.parse_peers(Answer((DATA / "peers-cluster.json").read_text(), "", 0))
    assert [(peer.member, peer.address, peer.latency_ms) for peer in found][1] == (
        "19bf106eec",
        "10.200.0.13/9993",
        7,
    )


def test_a_dead_service_has_no_peers() -> None:
    assert overlay.parse_peers(Answer((DATA / "peers-down.txt").read_text(), "", 1)) == ()


def test_expired_paths_are_none() -> None:
    entry = {"address": "70525d2afc", "paths": [{"active": True, "expired": True, "address": "1.2.3.4/9993"}]}
    assert overlay.parse_peers(Answer(json.dumps([entry]), "", 0))[0].path is LinkPath.RELAYED


def test_pings_of_several_at_once() -> None:
    text = (
        "@10.9.8.65\nPING 10.9.8.65 (10.9.8.65) 56(84) bytes of data.\n\n--- 10.9.8.65 ping statistics ---\n"
        "3 packets transmitted, 2 received, 33.3333% packet loss, time 604ms\n"
        "rtt min/avg/max/mdev = 201.1/212.4/230.0/9.1 ms\n@10.9.8.7\nping: connect: Network is unreachable\n"
    )
    found = overlay.parse_pings(Answer(text, "", 0))
    assert (found["10.9.8.65"].rtt_avg, found["10.9.8.65"].received) == (212.4, 2)
    assert found["10.9.8.7"].error == "Network is unreachable"


CONTAINER = {
    "id": "40c79950ff8ce3a4b5c6d7e8f9a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8",
    "podSandboxId": "bbc9e1e9c28c7",
    "metadata": {"name": "etcd", "attempt": 2},
    "image": {"image": "sha256:b425fd9e157e7", "userSpecifiedImage": "registry.k8s.io/etcd:3.6.8-0"},
    "state": "CONTAINER_RUNNING",
    "createdAt": "1795377600000000000",
    "labels": {"io.kubernetes.pod.name": "etcd-master", "io.kubernetes.pod.namespace": "kube-system"},
}


def test_containers_running_first() -> None:
    ended = {
        **CONTAINER,
        "id": "f" * 64,
        "state": "CONTAINER_EXITED",
        "metadata": {"name": "a", "attempt": 0},
    }
    found = containers.parse(Answer(json.dumps({"containers": [ended, CONTAINER]}), "", 0))
    assert not isinstance(found, Trouble)
    assert [(one.name, one.state, one.attempt) for one in found] == [
        ("etcd", "running", 2),
        ("a", "exited", 0),
    ]
    assert (found[0].id, found[0].pod, found[0].created) == ("40c79950ff8ce", "etcd-master", 1795377600.0)
    assert found[0].image == "registry.k8s.io/etcd:3.6.8-0"


MEMBERS = (DATA / "etcd-members.json").read_text()
HEALTH = (
    '[{"endpoint":"https://10.9.8.118:2379","health":true,"took":"9.118044ms"},'
    '{"endpoint":"https://10.9.8.65:2379","health":false,"took":"5.000973842s",'
    '"error":"context deadline exceeded"}]'
)
STATUS = (
    '[{"Endpoint":"https://10.9.8.118:2379","Status":{"header":{"member_id":1366607516942581171,"raft_term":2},'
    '"version":"3.6.10","dbSize":2097152,"leader":1366607516942581171,"raftIndex":1070,"raftTerm":2,'
    '"errors":["memberID:1366607516942581171 alarm:NOSPACE "]}}]'
)


def test_etcd_members_health_and_status_belong_together() -> None:
    found = etcd.parse(Answer(f"@members\n{MEMBERS}@health\n{HEALTH}\n@status\n{STATUS}\n", "", 0))
    assert isinstance(found, etcd.Etcd)
    master, node1 = found.members
    assert (master.id, master.name, node1.id) == ("12f72a4bcabdbdb3", "master", "60d1bdfd321c9c71")
    assert (master.healthy, master.leader, master.version, master.db_bytes) == (True, True, "3.6.10", 2097152)
    assert master.alarms and not found.healthy
    assert (node1.healthy, node1.leader, node1.error) == (False, False, "context deadline exceeded")


def test_etcd_without_a_container() -> None:
    found = etcd.parse(Answer("", "zk: not found: no container of etcd is running", 1))
    assert isinstance(found, Trouble) and found.kind is Kind.NO_ETCD


def test_certificates_as_openssl_says(tmp_path: Path) -> None:
    files = ["-keyout", str(tmp_path / "k"), "-out", str(tmp_path / "c")]
    words = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "30",
        "-subj",
        "/O=a, b/CN=ca, x",
    ]
    subprocess.run([*words, *files], check=True, capture_output=True)
    said = subprocess.run(
        ["openssl", "x509", "-noout", "-enddate", "-issuer", "-subject", "-nameopt", "RFC2253"],
        stdin=(tmp_path / "c").open("rb"),
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    text = f"@/etc/kubernetes/pki/etcd/ca.crt\n{said}@/etc/kubernetes/admin.conf\nunreadable\n"
    found = certs.parse(Answer(text, "", 0))
    assert not isinstance(found, Trouble)
    assert [one.name for one in found] == ["admin.conf", "etcd-ca"]
    assert found[0].expires == 0
    assert found[1].authority and found[1].expires > 1_700_000_000


def test_certificate_fields() -> None:
    text = (
        "@/etc/kubernetes/pki/apiserver.crt\nnotAfter=Nov  2 20:08:31 2027 GMT\nissuer=CN=kubernetes\n"
        "subject=CN=kube-apiserver\n@/var/lib/kubelet/pki/kubelet-client-current.pem\n"
        "notAfter=Nov 22 20:08:31 2027 GMT\nissuer=CN=kubernetes\n"
        "subject=CN=system:node:node1,O=system:nodes\n"
    )
    found = certs.parse(Answer(text, "", 0))
    assert not isinstance(found, Trouble)
    assert [(one.name, one.issuer, one.subject, one.authority) for one in found] == [
        ("apiserver", "kubernetes", "kube-apiserver", False),
        ("kubelet client", "kubernetes", "system:node:node1", False),
    ]
    assert found[0].expires == 1825186111.0
    assert isinstance(certs.parse(Answer("", "openssl is not installed", 127)), Trouble)


def test_journal_entries() -> None:
    line = (
        '{"__REALTIME_TIMESTAMP":"1795377600123456","MESSAGE":"Started","PRIORITY":"3","_PID":"12",'
        '"SYSLOG_IDENTIFIER":"kubelet","_SYSTEMD_UNIT":"kubelet.service"}'
    )
    found = journal.entry(line)
    assert found == journal.Entry(1795377600.123456, "kubelet.service", "kubelet", "12", 3, "Started")
    bytes_ = '{"__REALTIME_TIMESTAMP":"1","MESSAGE":[104,105,255]}'
    assert (journal.entry(bytes_) or found).text == "hi\ufffd"
    assert (journal.entry('{"__REALTIME_TIMESTAMP":"1","MESSAGE":null}') or found).text == ""
    for rubbish in ("", "-- No entries --", "[]", "{}", "{"):
        assert journal.entry(rubbish) is None


def test_lines_with_their_time() -> None:
    assert logs.stamped("2026-11-22T19:56:35.799319000Z I1122 text") == (
        "2026-11-22T19:56:35.799319000Z",
        "I1122 text",
    )
    assert logs.stamped("2026-11-22T19:56:35Z ") == ("2026-11-22T19:56:35Z", "")
    assert logs.stamped("about to fail") == ("", "about to fail")


HOSTILE = ["$(id)", "a;b", "-rf", "a b", "a'b", "../x", "A", "", "x" * 300]


@pytest.mark.parametrize("text", HOSTILE)
def test_names_that_are_no_names_never_reach_a_node(text: str) -> None:
    with pytest.raises(InputError):
        object_name(text, "NAME")
    with pytest.raises(InputError):
        pod_name(text if text != "../x" else "../", "")


def test_pods_with_and_without_a_namespace() -> None:
    assert pod_name("coredns-1", "") == ("", "coredns-1")
    assert pod_name("kube-system/coredns-1", "") == ("kube-system", "coredns-1")
    assert pod_name("coredns-1", "kube-system") == ("kube-system", "coredns-1")
    with pytest.raises(InputError, match="one namespace"):
        pod_name("a/b", "c")


@pytest.mark.parametrize("unit", ["-f", "a b", "$(id)", "", "a\nb"])
def test_units_that_are_no_units(unit: str) -> None:
    with pytest.raises(InputError):
        journal.unit_name(unit)


def test_addresses() -> None:
    text = (
        "@addresses\n127.0.0.1\n10.9.8.118\n@kubelet\n10.0.0.1\n10.9.8.118\n@arguments\n"
        "etcd listen-client-urls https://127.0.0.1:2379,https://10.9.8.118:2379\n"
        "kube-apiserver advertise-address 10.9.8.118\n@names\nmaster 10.9.8.118 \nnode1 \n@servers\n"
        "admin.conf https://api.home.zk.internal:6443\n@sans\n"
        "apiserver     DNS:kubernetes, DNS:master, IP Address:10.96.0.1, IP Address:10.9.8.118\n@proxies\n"
        "containerd localhost,10.9.8.0/24\nstatic-pod etcd.yaml\n"
    )
    found = addresses.parse(Answer(text, "", 0))
    assert found.node_ip == "10.9.8.118"  # the last flag counts
    assert found.arguments["etcd", "listen-client-urls"].endswith("https://10.9.8.118:2379")
    assert found.names == {"master": ("10.9.8.118",), "node1": ()}
    assert found.sans["apiserver"] == {"kubernetes", "master", "10.96.0.1", "10.9.8.118"}
    assert (found.proxies, found.proxied_pods) == ({"containerd": "localhost,10.9.8.0/24"}, ("etcd",))
    assert found.complete and not addresses.parse(Answer()).complete


@pytest.mark.parametrize(
    "parse",
    [overlay.parse_peers, overlay.parse_pings, containers.parse, etcd.parse, certs.parse, addresses.parse],
    ids=lambda p: p.__module__,
)
@pytest.mark.parametrize(
    "out", ["", "null", "[1]", "{}", "@", "@x\n@x\n", "@members\n{}\n@health\n", "{" * 5000]
)
def test_rubbish_is_no_error(parse: Callable[[Answer], object], out: str) -> None:
    parse(Answer(out, "", 0))

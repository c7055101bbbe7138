"""flannel's manifest against what is known of 0.28.9."""

from __future__ import annotations

import json
from ipaddress import IPv4Network
from typing import Any

import yaml

from tests.unit.phases.clusters import context
from zkwizard.phases import flannel, network

PODS, OVERLAY = IPv4Network("10.244.0.0/16"), IPv4Network("10.9.8.0/24")


def objects(mtu: str = "") -> dict[str, dict[str, Any]]:
    text = flannel.manifest(PODS, OVERLAY, mtu)
    return {document["kind"]: document for document in yaml.safe_load_all(text)}


def test_the_objects_in_their_order() -> None:
    kinds = [d["kind"] for d in yaml.safe_load_all(flannel.manifest(PODS, OVERLAY, ""))]
    assert kinds == [
        "Namespace",
        "ServiceAccount",
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "DaemonSet",
    ]


def test_the_namespace_admits_privileged_pods() -> None:
    labels = objects()["Namespace"]["metadata"]["labels"]
    assert labels == {"k8s-app": "flannel", "pod-security.kubernetes.io/enforce": "privileged"}


def test_permissions() -> None:
    rules = [(rule["resources"], rule["verbs"]) for rule in objects()["ClusterRole"]["rules"]]
    assert rules == [
        (["pods"], ["get"]),
        (["nodes"], ["get", "list", "watch"]),
        (["nodes/status"], ["patch"]),
    ]


def test_configuration() -> None:
    data = objects()["ConfigMap"]["data"]
    cni = json.loads(data["cni-conf.json"])
    assert (cni["name"], cni["cniVersion"]) == ("cbr0", "0.3.1")
    assert cni["plugins"] == [
        {"type": "flannel", "delegate": {"hairpinMode": True, "isDefaultGateway": True}},
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ]
    assert json.loads(data["net-conf.json"]) == {
        "Network": "10.244.0.0/16",
        "EnableNFTables": False,
        "Backend": {"Type": "vxlan"},
    }


def test_a_measured_mtu_is_a_number_in_the_backend() -> None:
    assert json.loads(objects("1390")["ConfigMap"]["data"]["net-conf.json"])["Backend"]["MTU"] == 1390


def test_the_daemon() -> None:
    spec = objects()["DaemonSet"]["spec"]["template"]["spec"]
    assert spec["hostNetwork"] and spec["priorityClassName"] == "system-node-critical"
    assert spec["tolerations"] == [{"operator": "Exists", "effect": "NoSchedule"}]
    plugin, cni = spec["initContainers"]
    assert (plugin["image"], plugin["args"]) == (
        flannel.PLUGIN_IMAGE,
        ["-f", "/flannel", "/opt/cni/bin/flannel"],
    )
    assert cni["args"] == ["-f", "/etc/kube-flannel/cni-conf.json", "/etc/cni/net.d/10-flannel.conflist"]
    (daemon,) = spec["containers"]
    assert daemon["args"] == [
        "--ip-masq",
        "--kube-subnet-mgr",
        "--healthz-port=8081",
        r"--iface-regex=^10\.9\.8\.",
    ]
    assert daemon["securityContext"]["capabilities"]["add"] == ["NET_ADMIN", "NET_RAW"]
    paths = [volume["hostPath"]["path"] for volume in spec["volumes"] if "hostPath" in volume]
    assert paths == ["/run/flannel", "/opt/cni/bin", "/etc/cni/net.d", "/run/xtables.lock"]


def test_every_volume_that_is_mounted_exists() -> None:
    spec = objects()["DaemonSet"]["spec"]["template"]["spec"]
    known = {volume["name"] for volume in spec["volumes"]}
    for container in spec["initContainers"] + spec["containers"]:
        assert {mount["name"] for mount in container["volumeMounts"]} <= known


def test_a_change_restarts_the_pods() -> None:
    def marks(mtu: str) -> set[str]:
        made = objects(mtu)["DaemonSet"]
        where = (made["metadata"], made["spec"]["template"]["metadata"])
        return {part["annotations"][flannel.ANNOTATION] for part in where}

    assert len(marks("")) == 1 and marks("") != marks("1390")
    assert marks("") == {flannel.digest_of(flannel.manifest(PODS, OVERLAY, ""))}


def test_the_step_that_applies_compares_the_manifests_own_hash() -> None:
    written, applied, _ = network.steps(context())
    digest = flannel.digest_of(written.content)
    assert len(digest) == 16 and digest in applied.check


def test_a_forecast_says_where_the_mtu_comes_from() -> None:
    assert "flannel-mtu: measured by links" in network.steps(context(known=False))[0].content

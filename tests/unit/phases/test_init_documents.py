"""kubeadm.yaml: what the facts about kubeadm 1.36 require, and where the operator's own parts go."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.unit.phases.clusters import cluster
from zkwizard.phases.documents.init import init_text
from zkwizard.phases.documents.merge import merged
from zkwizard.phases.documents.registration import kubelet_patch


def documents(**changes: Any) -> dict[str, dict[str, Any]]:
    text = init_text(cluster(**changes), "1.36.4")
    return {document["kind"]: document for document in yaml.safe_load_all(text)}


def test_the_overlay_address_is_the_one_that_is_advertised_and_registered() -> None:
    init = documents()["InitConfiguration"]
    assert init["localAPIEndpoint"] == {"advertiseAddress": "10.9.8.118", "bindPort": 6443}
    assert {"name": "node-ip", "value": "10.9.8.118"} in init["nodeRegistration"]["kubeletExtraArgs"]


def test_the_start_up_is_not_bounded_by_the_default_of_one_minute() -> None:
    assert documents()["InitConfiguration"]["timeouts"]["kubernetesAPICall"] == "5m0s"


def test_every_name_of_the_control_plane_is_in_its_certificate() -> None:
    names = documents()["ClusterConfiguration"]["apiServer"]["certSANs"]
    assert names == ["10.9.8.118", "master", "master.m4d3bug.com", "api.blog.m4d3bug.com"]


def test_no_fixed_token() -> None:
    assert "token" not in init_text(cluster(), "1.36.4").lower()


def test_taints_are_left_out_unless_asked_for_and_none_at_all_is_said() -> None:
    assert "taints" not in documents()["InitConfiguration"]["nodeRegistration"]
    nodes = cluster().model_dump(mode="json", exclude_unset=True)["nodes"]
    nodes[0]["taints"] = []
    assert documents(nodes=nodes)["InitConfiguration"]["nodeRegistration"]["taints"] == []
    nodes[0]["taints"] = [{"key": "small", "effect": "NoSchedule"}]
    taints = documents(nodes=nodes)["InitConfiguration"]["nodeRegistration"]["taints"]
    assert taints == [{"key": "small", "effect": "NoSchedule"}]


def test_etcd_listens_everywhere_only_on_request() -> None:
    assert "extraArgs" not in documents()["ClusterConfiguration"]["etcd"]["local"]
    local = documents(kubernetes={"etcd_listen": "all"})["ClusterConfiguration"]["etcd"]["local"]
    assert local["extraArgs"] == [
        {"name": "listen-client-urls", "value": "https://0.0.0.0:2379"},
        {"name": "listen-peer-urls", "value": "https://0.0.0.0:2380"},
    ]


@pytest.mark.parametrize(
    ("repository", "dns"),
    [
        ("registry.aliyuncs.com/google_containers", None),
        ("k8s.m.daocloud.io", {"imageRepository": "k8s.m.daocloud.io/coredns"}),
    ],
)
def test_coredns_of_a_mirror(repository: str, dns: object) -> None:
    found = documents(mirrors={"images": {"repository": repository}})["ClusterConfiguration"]
    assert (found["imageRepository"], found.get("dns")) == (repository, dns)


def test_swap_is_a_matter_of_single_nodes() -> None:
    assert "failSwapOn" not in documents()["KubeletConfiguration"]
    patch = yaml.safe_load(kubelet_patch(cluster().node("master")))
    assert patch["failSwapOn"] is False and patch["memorySwap"] == {"swapBehavior": "NoSwap"}
    assert kubelet_patch(cluster().node("node1")) == ""


def test_exec_with_docker_needs_a_closed_gate() -> None:
    found = documents(kubernetes={"runtime": "docker"})
    assert found["KubeletConfiguration"]["featureGates"] == {"ExtendWebSocketsToKubelet": False}
    arguments = found["ClusterConfiguration"]["apiServer"]["extraArgs"]
    assert arguments == [{"name": "feature-gates", "value": "ExtendWebSocketsToKubelet=false"}]


def test_the_operators_parts_are_merged() -> None:
    found = documents(
        kubernetes={
            "etcd_listen": "all",
            "etcd": {
                "extraArgs": [
                    {"name": "heartbeat-interval", "value": 250},
                    {"name": "listen-peer-urls", "value": "https://10.9.8.118:2380"},
                ]
            },
            "api_server": {"certSANs": ["203.0.113.18"]},
            "kubelet": {"maxPods": 30, "cgroupDriver": "systemd"},
            "kube_proxy": {"conntrack": {"maxPerCore": 0}},
        }
    )
    assert found["ClusterConfiguration"]["etcd"]["local"]["extraArgs"] == [
        {"name": "listen-client-urls", "value": "https://0.0.0.0:2379"},
        {"name": "heartbeat-interval", "value": "250"},
        {"name": "listen-peer-urls", "value": "https://10.9.8.118:2380"},
    ]
    assert found["ClusterConfiguration"]["apiServer"]["certSANs"][-1] == "203.0.113.18"
    assert found["KubeletConfiguration"]["maxPods"] == 30
    assert (
        found["KubeProxyConfiguration"] | {"conntrack": {"maxPerCore": 0}} == found["KubeProxyConfiguration"]
    )


def test_a_merge_changes_neither_side_and_keeps_truth_values_as_kubeadm_reads_them() -> None:
    ours = {"a": {"b": [1]}, "extraArgs": [{"name": "x", "value": "1"}]}
    theirs = {"a": {"c": 2}, "extraArgs": [{"name": "y", "value": True}]}
    assert merged(ours, theirs) == {
        "a": {"b": [1], "c": 2},
        "extraArgs": [{"name": "x", "value": "1"}, {"name": "y", "value": "true"}],
    }
    assert ours == {"a": {"b": [1]}, "extraArgs": [{"name": "x", "value": "1"}]}

"""Clusters and contexts for the tests of phases."""

from __future__ import annotations

from typing import Any

from zkwizard.model.cluster import Cluster
from zkwizard.model.context import Context

CA_HASH = "sha256:db1105ebb5b6312930253d9f477808d624f5da1669db979d75e6f5b2cbb99c01"
KNOWN = {
    ("operator", "flannel-mtu"): "",
    ("master", "kubernetes-version"): "1.36.4",
    ("master", "kubernetes-package"): "1.36.4-1.1",
    ("master", "ca-hash"): CA_HASH,
    ("master", "pod-networks"): "master 10.244.0.0/24\nnode1 10.244.1.0/24",
}


def cluster(**changes: Any) -> Cluster:
    """A control plane and a worker, with ``changes`` to the file, or to a part of it as a mapping."""
    answers: dict[str, Any] = {
        "name": "blog",
        "domain": "m4d3bug.com",
        "overlay": {"network": "8fa62dfe16000001", "cidr": "10.9.8.0/24"},
        "kubernetes": {"version": "1.36"},
        "nodes": [
            {
                "name": "master",
                "role": "control-plane",
                "ssh": {"host": "203.0.113.18"},
                "overlay_ip": "10.9.8.118",
            },
            {"name": "node1", "ssh": {"host": "198.51.100.65"}, "overlay_ip": "10.9.8.65"},
        ],
    }
    for key, value in changes.items():
        ours = answers.get(key)
        answers[key] = {**ours, **value} if isinstance(ours, dict) else value
    return Cluster.model_validate(answers)


def context(node: str = "master", *, known: bool = True, **changes: Any) -> Context:
    """One node's context, with what earlier phases captured unless it is a forecast."""
    made = cluster(**changes)
    return Context(made, made.node(node), {}, KNOWN if known else {})

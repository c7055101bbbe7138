"""Cluster files for the tests of phases."""

from __future__ import annotations

from typing import Any

from zkwizard.model.cluster import Cluster
from zkwizard.model.context import Context
from zkwizard.model.step import Step

NETWORK = "8fa62dfe16000001"
MEMBERS = {"master": "fb76685eeb", "node1": "70525d2afc", "node2": "62c708298b"}
VALUES = {(name, "zerotier-member"): member for name, member in MEMBERS.items()}


def cluster(**changes: Any) -> Cluster:
    """The three machines of the seed document; ``changes`` replace whole top-level keys."""
    nodes = [
        {"name": "master", "role": "control-plane", "ssh": {"host": "a"}, "overlay_ip": "10.9.8.118"},
        {"name": "node1", "ssh": {"host": "b"}, "overlay_ip": "10.9.8.65", "proxy": True},
        {"name": "node2", "ssh": {"host": "c"}, "overlay_ip": "10.9.8.129"},
    ]
    overlay = {"network": NETWORK, "cidr": "10.9.8.0/24"}
    answers = {"name": "blog", "domain": "m4d3bug.com", "overlay": overlay, "nodes": nodes}
    return Cluster.model_validate({**answers, **changes})


def context(node: str = "node1", of: Cluster | None = None, **more: Any) -> Context:
    """The context of a node, a forecast unless facts or values are given."""
    whole = of or cluster()
    return Context(whole, whole.node(node), **more)


def node_steps(found: Any) -> list[Step]:
    """Only what runs on the node."""
    return [step for step in found if isinstance(step, Step)]


def only(found: Any, *ids: str) -> list[Step]:
    """Some of the steps, by id."""
    return [step for step in node_steps(found) if step.id in ids]

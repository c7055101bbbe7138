"""A pod or a node with more than a row has room for: names and what stands behind them."""

from __future__ import annotations

from collections.abc import Iterator

from zkwizard.engine.inside.inspection import NodeReport
from zkwizard.inspect.pods import Container, Pod
from zkwizard.model.text import T, Text, Words
from zkwizard.tables.ages import since

Detail = tuple[Words, Words]
"""What it is, and its value."""


def of_pod(pod: Pod, now: float | None = None) -> Iterator[Detail]:
    """Where it is, and each of its containers."""
    yield T("Pod"), f"{pod.namespace}/{pod.name}"
    yield T("Node"), pod.node or T("none yet")
    yield T("Address"), pod.ip or T("none yet")
    yield T("Status"), pod.status
    yield T("Age"), since(pod.created, now)
    for one in pod.containers:
        yield T("init container") if one.init else T("container"), _container(one)
        yield "", one.image


def _container(one: Container) -> Words:
    state = one.reason or one.state or T("not started")
    if not one.restarts:
        return T("{name}: {state}", name=one.name, state=state)
    code = "?" if one.exit_code is None else one.exit_code
    return T(
        "{name}: {state}, started again {count} times, ended with {code}",
        name=one.name,
        state=state,
        count=one.restarts,
        code=code,
    )


def of_node(node: NodeReport, now: float | None = None) -> Iterator[Detail]:
    """What the API server knows of it, and its ZeroTier."""
    yield T("Node"), node.name
    kube = node.kube
    if kube:
        yield T("System"), f"{kube.os}, Linux {kube.kernel}"
        yield T("Pods"), kube.pod_cidr or T("no addresses for pods yet")
        yield T("Flannel sends to"), kube.flannel_ip or T("no address")
        yield T("Age"), since(kube.created, now)
        for taint in kube.taints:
            yield T("Taint"), taint
        for one in kube.conditions:
            yield one.type, one.status
    if node.zerotier:
        yield "ZeroTier", _service(node)
    if node.link:
        yield T("Way to {node}", node=node.link.target), node.link.address or T("not known")


def _service(node: NodeReport) -> Text:
    assert node.zerotier
    state = T("online") if node.zerotier.online else T("offline")
    return T(
        "{version}, member {member}, {state}",
        version=node.zerotier.version,
        member=node.zerotier.member,
        state=state if node.zerotier.running else T("does not run"),
    )

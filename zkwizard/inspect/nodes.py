"""The nodes as the API server knows them (``kubectl get nodes -o json``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zkwizard.inspect.kubectl import kubectl
from zkwizard.inspect.question import Answer, Question
from zkwizard.inspect.trouble import Trouble, document, items, of_kubectl, part, word

_ROLE = "node-role.kubernetes.io/"
_PUBLIC_IP = "flannel.alpha.coreos.com/public-ip"


@dataclass(frozen=True)
class Condition:
    """One condition of a node or pod."""

    type: str
    status: str
    """True, False or Unknown."""
    reason: str = ""
    message: str = ""
    since: str = ""
    """When it became so, RFC 3339."""


@dataclass(frozen=True)
class KubeNode:
    """One Node object."""

    name: str
    ready: bool
    conditions: tuple[Condition, ...]
    """All of them, Ready among them."""
    roles: tuple[str, ...]
    internal_ip: str
    version: str
    """Of the kubelet, with the v."""
    runtime: str
    """``containerd://2.1.9``."""
    os: str
    kernel: str
    created: str
    unschedulable: bool = False
    taints: tuple[str, ...] = ()
    pod_cidr: str = ""
    flannel_ip: str = ""
    """Where the other nodes send pod packets to, flannel's annotation public-ip."""

    @property
    def problems(self) -> tuple[Condition, ...]:
        """The conditions that are not as a healthy node has them."""
        return tuple(
            one for one in self.conditions if one.status != ("True" if one.type == "Ready" else "False")
        )


Nodes = tuple[KubeNode, ...] | Trouble


def question() -> Question[Nodes]:
    """All nodes, or why the API server does not tell."""
    return Question("nodes", kubectl("get", "nodes", "-o", "json"), parse, 30)


def parse(answer: Answer) -> Nodes:
    """The nodes in the API server's order."""
    return of_kubectl(answer) or tuple(_node(item) for item in items(document(answer), "items"))


def _node(item: dict[str, Any]) -> KubeNode:
    metadata, spec, status = part(item, "metadata"), part(item, "spec"), part(item, "status")
    info, found = part(status, "nodeInfo"), conditions(status)
    addresses = [a for a in items(status, "addresses") if a.get("type") == "InternalIP"]
    return KubeNode(
        name=word(metadata, "name"),
        ready=any(one.type == "Ready" and one.status == "True" for one in found),
        conditions=found,
        roles=tuple(
            sorted(label.removeprefix(_ROLE) for label in part(metadata, "labels") if label.startswith(_ROLE))
        ),
        internal_ip=word(addresses[0], "address") if addresses else "",
        version=word(info, "kubeletVersion"),
        runtime=word(info, "containerRuntimeVersion"),
        os=word(info, "osImage"),
        kernel=word(info, "kernelVersion"),
        created=word(metadata, "creationTimestamp"),
        unschedulable=spec.get("unschedulable") is True,
        taints=tuple(_taint(taint) for taint in items(spec, "taints")),
        pod_cidr=word(spec, "podCIDR"),
        flannel_ip=word(part(metadata, "annotations"), _PUBLIC_IP),
    )


def _taint(taint: dict[str, Any]) -> str:
    value = word(taint, "value")
    return f"{word(taint, 'key')}{'=' + value if value else ''}:{word(taint, 'effect')}"


def conditions(status: object) -> tuple[Condition, ...]:
    """The conditions in an object's status."""
    return tuple(
        Condition(
            type=word(one, "type"),
            status=word(one, "status"),
            reason=word(one, "reason"),
            message=word(one, "message"),
            since=word(one, "lastTransitionTime"),
        )
        for one in items(status, "conditions")
    )

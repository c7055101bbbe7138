"""The pods as the API server knows them, with the one word that kubectl prints for how each does.

The word follows ``printPod`` of kubectl (kubernetes/pkg/printers/internalversion/printers.go, 1.36).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zkwizard.inspect.kubectl import kubectl
from zkwizard.inspect.nodes import conditions
from zkwizard.inspect.question import Answer, Question
from zkwizard.inspect.trouble import Trouble, document, items, of_kubectl, part, word
from zkwizard.model.text import T, Words

_WELL = ("Running", "Completed", "Succeeded")


@dataclass(frozen=True)
class Container:
    """One container of a pod."""

    name: str
    image: str
    ready: bool
    restarts: int
    state: str
    """running, waiting or terminated; empty before the kubelet reported."""
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    """Of the one that ended last."""
    init: bool = False


@dataclass(frozen=True)
class Pod:
    """One Pod object."""

    namespace: str
    name: str
    node: str
    """Empty while no node was found for it."""
    status: str
    """Running, Pending, CrashLoopBackOff, Init:0/2, Terminating, …"""
    ready: int
    of: int
    """How many of how many containers are ready."""
    restarts: int
    ip: str
    created: str
    containers: tuple[Container, ...]
    why: Words = ""
    """What is wrong, in the API server's words; empty when all is well."""

    @property
    def well(self) -> bool:
        """Whether it does what it is for, or has done it."""
        return self.status in _WELL and (self.status != "Running" or self.ready == self.of) and not self.why


Pods = tuple[Pod, ...] | Trouble


def question(namespace: str = "") -> Question[Pods]:
    """All pods, or those of one namespace."""
    where = ["-n", namespace] if namespace else ["-A"]
    return Question("pods", kubectl("get", "pods", *where, "-o", "json"), parse, 30)


def parse(answer: Answer) -> Pods:
    """The pods, those with problems first, each group in the order of its names."""
    trouble = of_kubectl(answer)
    if trouble:
        return trouble
    found = [_pod(item) for item in items(document(answer), "items")]
    return tuple(sorted(found, key=lambda pod: (pod.well, pod.namespace, pod.name)))


def _pod(item: dict[str, Any]) -> Pod:
    metadata, spec, status = part(item, "metadata"), part(item, "spec"), part(item, "status")
    inits = [_container(one, init=True) for one in items(status, "initContainerStatuses")]
    mains = [_container(one) for one in items(status, "containerStatuses")]
    sidecars = {
        one.get("name") for one in items(spec, "initContainers") if one.get("restartPolicy") == "Always"
    }
    shown = _status(item, inits, mains, sidecars)
    return Pod(
        namespace=word(metadata, "namespace"),
        name=word(metadata, "name"),
        node=word(spec, "nodeName"),
        status=shown,
        ready=sum(one.ready for one in mains) + sum(one.ready for one in inits if one.name in sidecars),
        of=len(items(spec, "containers")) + len(sidecars),
        restarts=sum(one.restarts for one in (*mains, *inits)),
        ip=word(status, "podIP"),
        created=word(metadata, "creationTimestamp"),
        containers=(*inits, *mains),
        why=_why(status, inits, mains, shown),
    )


def _container(entry: dict[str, Any], *, init: bool = False) -> Container:
    state = part(entry, "state")
    kind = next((kind for kind in ("waiting", "terminated", "running") if kind in state), "")
    ended = part(state, "terminated") or part(entry, "lastState", "terminated")
    code, restarts = ended.get("exitCode"), entry.get("restartCount")
    return Container(
        name=word(entry, "name"),
        image=word(entry, "image"),
        ready=entry.get("ready") is True,
        restarts=restarts if isinstance(restarts, int) else 0,
        state=kind,
        reason=word(state, kind, "reason") if kind else "",
        message=word(state, kind, "message") if kind else "",
        exit_code=code if isinstance(code, int) else None,
        init=init,
    )


def _status(
    item: dict[str, Any], inits: list[Container], mains: list[Container], sidecars: set[object]
) -> str:
    status = part(item, "status")
    shown = word(status, "reason") or word(status, "phase")
    initialising = _initialising(inits, sidecars)
    if initialising:
        shown = initialising
    else:
        for one in reversed(mains):
            shown = _of_container(one) or shown
        if shown == "Completed" and any(one.state == "running" and one.ready for one in mains):
            shown = "Running"
    if part(item, "metadata").get("deletionTimestamp"):
        return "Unknown" if word(status, "reason") == "NodeLost" else "Terminating"
    return shown


def _initialising(inits: list[Container], sidecars: set[object]) -> str:
    """``Init:…`` while an init container is not done."""
    for number, one in enumerate(inits):
        if (one.state == "terminated" and one.exit_code == 0) or (
            one.name in sidecars and one.state == "running"
        ):
            continue
        if one.state == "terminated":
            return f"Init:{one.reason or f'ExitCode:{one.exit_code}'}"
        if one.state == "waiting" and one.reason not in ("", "PodInitializing"):
            return f"Init:{one.reason}"
        return f"Init:{number}/{len(inits)}"
    return ""


def _of_container(one: Container) -> str:
    if one.state == "waiting":
        return one.reason
    if one.state == "terminated":
        return one.reason or f"ExitCode:{one.exit_code}"
    return ""


def _why(status: dict[str, Any], inits: list[Container], mains: list[Container], shown: str) -> Words:
    """The first message that explains it: of the pod, of a container, of a condition."""
    if shown in ("Completed", "Succeeded"):
        return ""
    if message := word(status, "message"):
        return message
    for one in (*inits, *mains):
        if one.state == "waiting" and one.message:
            return f"{one.name}: {one.message}"
        if not one.init and one.state in ("waiting", "terminated") and one.exit_code not in (None, 0):
            return T("{name}: ended with exit code {code}", name=one.name, code=one.exit_code)
    for condition in conditions(status):
        if condition.type in ("PodScheduled", "Ready") and condition.status != "True" and condition.message:
            return condition.message
    return ""

"""A node's containers as its runtime sees them (``crictl -o json``): what is left to see when the API
server is down.

The fields are those of the CRI (k8s.io/cri-api, runtime/v1 ListContainersResponse and
ListPodSandboxResponse as protobuf's JSON: 64-bit numbers are strings of nanoseconds)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zkwizard.inspect.question import Answer, Question
from zkwizard.inspect.trouble import Trouble, document, items, of_crictl, part, word
from zkwizard.steps.shell import quote

_POD = "io.kubernetes.pod."


@dataclass(frozen=True)
class CriContainer:
    """One container, running or not."""

    id: str
    name: str
    state: str
    """running, exited, created or unknown."""
    attempt: int
    """How often it was started again."""
    image: str
    pod: str
    namespace: str
    created: float
    """Seconds since the epoch, by the node's clock."""


Containers = tuple[CriContainer, ...] | Trouble


def question() -> Question[Containers]:
    """All containers, also those that ended."""
    return Question("containers", "timeout 30 crictl ps -a -o json", parse, 35)


def log(container: str, lines: int) -> Question[str | Trouble]:
    """The last lines of a container's log; ``container`` is an id or its beginning, or a name."""
    script = f'{_find(container)}timeout 30 crictl logs --tail {lines} "$zk_id" 2>&1'
    return Question("log", script, parse_log, 60)


def _find(container: str) -> str:
    """Shell text that puts the container's whole id into ``zk_id``."""
    given = quote(container)
    return (
        f"zk_all=$(timeout 30 crictl ps -a -q --name {quote(f'^{container}$')}) || exit\n"
        "zk_id=$(printf '%s\\n' \"$zk_all\" | head -n 1)\n"
        f"case $zk_id/{given} in\n"
        f"/*[!0-9a-f]*) ;;\n"
        f"/*) zk_id=$(timeout 30 crictl ps -a -q --id {given}) ;;\n"
        "esac\n"
        f"zk_no='zk: not found: there is no container called '{given}\n"
        '[ -n "$zk_id" ] || { echo "$zk_no" >&2; exit 1; }\n'
    )


def parse(answer: Answer) -> Containers:
    """The running ones first, then by pod and name."""
    if trouble := of_crictl(answer):
        return trouble
    found = [_container(item) for item in items(document(answer), "containers")]
    return tuple(sorted(found, key=lambda one: (one.state != "running", one.pod, one.name, -one.attempt)))


def parse_log(answer: Answer) -> str | Trouble:
    """As it was printed."""
    return of_crictl(answer) or answer.out


def _container(item: dict[str, Any]) -> CriContainer:
    labels: Mapping[str, object] = part(item, "labels")
    created, attempt = word(item, "createdAt"), part(item, "metadata").get("attempt")
    return CriContainer(
        id=word(item, "id")[:13],
        name=word(item, "metadata", "name"),
        state=word(item, "state").removeprefix("CONTAINER_").lower(),
        attempt=attempt if isinstance(attempt, int) else 0,
        image=word(item, "image", "userSpecifiedImage") or word(item, "image", "image"),
        pod=word(labels, f"{_POD}name"),
        namespace=word(labels, f"{_POD}namespace"),
        created=int(created) / 1e9 if created.isdigit() else 0.0,
    )

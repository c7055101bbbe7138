"""The cluster's events. Those of older components have ``lastTimestamp``, those of newer ones
``eventTime`` and a ``series``; either may be null.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zkwizard.inspect.kubectl import kubectl
from zkwizard.inspect.question import Answer, Question
from zkwizard.inspect.trouble import Trouble, document, items, of_kubectl, part, word


@dataclass(frozen=True)
class KubeEvent:
    """One Event object."""

    last: str
    """When it happened last, RFC 3339."""
    type: str
    """Normal or Warning."""
    reason: str
    kind: str
    namespace: str
    """Of the object that it is about."""
    name: str
    message: str
    count: int
    source: str
    """The component that tells it."""


Events = tuple[KubeEvent, ...] | Trouble


def question(namespace: str = "", *, warnings: bool = False, of: Sequence[str] = ()) -> Question[Events]:
    """All events, or those of one namespace; only warnings; or only those ``of`` a (kind, name)."""
    where = ["-n", namespace] if namespace else ["-A"]
    chosen = ["type=Warning"] if warnings else []
    if of:
        kind, name = of
        chosen += [f"involvedObject.kind={kind}", f"involvedObject.name={name}"]
    selector = [f"--field-selector={','.join(chosen)}"] if chosen else []
    return Question("events", kubectl("get", "events", *where, *selector, "-o", "json"), parse, 30)


def parse(answer: Answer) -> Events:
    """The oldest first."""
    trouble = of_kubectl(answer)
    if trouble:
        return trouble
    found = [_event(item) for item in items(document(answer), "items")]
    return tuple(sorted(found, key=lambda event: event.last))


def _event(item: dict[str, Any]) -> KubeEvent:
    about, series = part(item, "involvedObject"), part(item, "series")
    last = (
        word(series, "lastObservedTime")
        or word(item, "lastTimestamp")
        or word(item, "eventTime")
        or word(item, "metadata", "creationTimestamp")
    )
    count = series.get("count") or item.get("count")
    return KubeEvent(
        last=last,
        type=word(item, "type"),
        reason=word(item, "reason"),
        kind=word(about, "kind"),
        namespace=word(about, "namespace"),
        name=word(about, "name"),
        message=word(item, "message"),
        count=count if isinstance(count, int) else 1,
        source=word(item, "source", "component") or word(item, "reportingComponent"),
    )

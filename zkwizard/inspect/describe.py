"""Everything that the API server knows of one pod or node, as kubectl describes it or as data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from zkwizard.inspect.kubectl import kubectl
from zkwizard.inspect.podname import namespace_of
from zkwizard.inspect.question import Answer, Question
from zkwizard.inspect.trouble import Trouble, items, of_kubectl

Kind = Literal["pod", "node"]


@dataclass(frozen=True)
class Described:
    """The object and its events, as the API server gives them."""

    object: dict[str, Any]
    events: tuple[dict[str, Any], ...]


def text(kind: Kind, name: str, namespace: str = "") -> Question[str | Trouble]:
    """kubectl's own words. The namespace of a pod is looked for when none is named."""
    where = namespace_of(namespace, name) if kind == "pod" else "zk_ns=default\n"
    return Question("describe", f'{where}{kubectl("describe", kind, name)} -n "$zk_ns"', parse_text, 60)


def data(kind: Kind, name: str, namespace: str = "") -> Question[Described | Trouble]:
    """The same as data."""
    where = namespace_of(namespace, name) if kind == "pod" else "zk_ns=default\n"
    about = f"involvedObject.kind={kind.capitalize()},involvedObject.name={name}"
    script = (
        f'{where}{kubectl("get", kind, name, "-o", "json")} -n "$zk_ns" || exit\n'
        f"{kubectl('get', 'events', '-A', f'--field-selector={about}', '-o', 'json')}"
    )
    return Question("describe", script, parse_data, 90)


def parse_text(answer: Answer) -> str | Trouble:
    """As it was printed."""
    return of_kubectl(answer) or answer.out


def parse_data(answer: Answer) -> Described | Trouble:
    """Two JSON documents one after the other."""
    if trouble := of_kubectl(answer):
        return trouble
    decoder, found, rest = json.JSONDecoder(), [], answer.out.lstrip()
    while rest:
        try:
            document, end = decoder.raw_decode(rest)
        except (ValueError, RecursionError):
            break
        found.append(document)
        rest = rest[end:].lstrip()
    first = found[0] if found and isinstance(found[0], dict) else {}
    return Described(first, tuple(items(found[1], "items")) if found[1:] else ())

"""What the tools say instead of an answer, and what that means. The words are those of kubectl 1.36,
crictl 1.36 and zerotier-cli 1.14, as seen on real nodes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from zkwizard.inspect.question import Answer
from zkwizard.model.text import T, Text


class Kind(StrEnum):
    """What kind of trouble, for who goes on working with it."""

    API_DOWN = "api-server-down"
    NO_CLUSTER = "no-cluster"
    KUBELET = "kubelet-unreachable"
    NOT_FOUND = "not-found"
    RUNTIME_DOWN = "runtime-down"
    NO_ETCD = "no-etcd"
    NO_ANSWER = "no-answer"
    REFUSED = "refused"


@dataclass(frozen=True)
class Trouble:
    """Why there is no answer: in words for a person, and in the tool's own."""

    kind: Kind
    text: Text
    said: str = ""


NO_ANSWER = Trouble(Kind.NO_ANSWER, T("The node gave no answer in time."))

_API = re.compile(
    r"was refused - did you specify the right host or port"
    r"|Unable to connect to the server"
    r"|dial tcp \S+:6443: (?:i/o timeout|connect: )"
    r"|Client\.Timeout exceeded|context deadline exceeded|request did not complete within"
    r"|TLS handshake timeout"
    r"|the server is currently unable to handle the request|etcdserver: |apiserver not ready"
)
_KUBELET = re.compile(r"dial tcp \S+:10250: (.*)")
_ADVICE = "To see the stack trace"
_NOT_FOUND = re.compile(r"Error from server \(NotFound\): (.*)|^zk: not found: (.*)", re.M)
_RUNTIME = re.compile(r"validate service connection: |rpc error: code = Unavailable")


def of_kubectl(answer: Answer) -> Trouble | None:
    """Why kubectl gave no answer; None if it gave one."""
    if answer.status == 0:
        return None
    if answer.status == -1:
        return NO_ANSWER
    said = last_words(answer.err)
    if answer.status == 127 or "admin.conf: no such file" in answer.err:
        return Trouble(Kind.NO_CLUSTER, T("The control plane has not been made yet."), said)
    if hit := _KUBELET.search(answer.err):
        text = T(
            "The API server can't reach the kubelet of the pod's node ({why}).",
            why=hit[1].strip().rstrip("."),
        )
        return Trouble(Kind.KUBELET, text, said)
    if answer.status == 124 or _API.search(answer.err):
        text = T("The API server does not answer.")
        return Trouble(Kind.API_DOWN, text, said)
    if hit := _NOT_FOUND.search(answer.err):
        return Trouble(Kind.NOT_FOUND, T("{what}", what=hit[1] or hit[2]), said)
    return Trouble(Kind.REFUSED, T("kubectl: {said}", said=said or answer.status), said)


def of_crictl(answer: Answer) -> Trouble | None:
    """Why crictl gave no answer; None if it gave one."""
    if answer.status == 0:
        return None
    if answer.status == -1:
        return NO_ANSWER
    said = last_words(answer.err)
    if answer.status == 127:
        return Trouble(Kind.NO_CLUSTER, T("There is no crictl: nothing was installed here yet."), said)
    if hit := _NOT_FOUND.search(answer.err):
        return Trouble(Kind.NOT_FOUND, T("{what}", what=hit[1] or hit[2]), said)
    if answer.status == 124 or _RUNTIME.search(answer.err):
        text = T("The container runtime does not answer.")
        return Trouble(Kind.RUNTIME_DOWN, text, said)
    return Trouble(Kind.REFUSED, T("crictl: {said}", said=said or answer.status), said)


def last_words(said: str) -> str:
    """The last line that is not blank, without the time and level that some tools put before it."""
    lines = [line.strip() for line in said.split("\n")]
    line = next((line for line in reversed(lines) if line and not line.startswith(_ADVICE)), "")
    if hit := re.match(r'time="[^"]*" level=\w+ msg=("(?:[^"\\]|\\.)*")', line):
        try:
            line = str(json.loads(hit[1]))
        except ValueError:
            line = hit[1].strip('"')
    return line[:400]


def document(answer: Answer) -> dict[str, Any]:
    """The JSON object that was printed, an empty one where there is none."""
    try:
        data = json.loads(answer.out)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def items(data: object, *path: str) -> list[dict[str, Any]]:
    """The objects of the list at ``path`` in ``data``; what else is in it is left out."""
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []


def part(data: object, *path: str) -> dict[str, Any]:
    """The object at ``path`` in ``data``, an empty one where there is none."""
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def word(data: object, *path: str) -> str:
    """The text or number at ``path`` in ``data`` as text, empty where there is none."""
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return str(data) if isinstance(data, (str, int, float)) and not isinstance(data, bool) else ""

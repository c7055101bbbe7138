"""A pod's log, as the API server fetches it from the pod's kubelet: shell text whose output is handed on
as it comes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from zkwizard.inspect.kubectl import endless
from zkwizard.inspect.podname import namespace_of

_STAMPED = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) (.*)", re.DOTALL)


@dataclass(frozen=True)
class PodLog:
    """Which log, and how much of it."""

    pod: str
    namespace: str = ""
    """Looked for when empty."""
    container: str = ""
    """The pod's default one when empty."""
    previous: bool = False
    since_seconds: int = 0
    """Only what is newer; 0 for everything."""
    lines: int = 0
    """How many of the last lines; 0 for all."""
    follow: bool = False
    stamped: bool = False
    """Whether each line begins with its time."""
    since_time: str = ""
    """Only lines of this time or later, RFC 3339 in whole seconds, as the API server takes it."""


def script(wanted: PodLog) -> str:
    """The text; its exit status and standard error are kubectl's."""
    options = [f"--container={wanted.container}"] if wanted.container else []
    options += ["--previous"] if wanted.previous else []
    options += [f"--since={wanted.since_seconds}s"] if wanted.since_seconds else []
    options += [f"--since-time={wanted.since_time}"] if wanted.since_time else []
    options += [f"--tail={wanted.lines}"] if wanted.lines else []
    options += ["--follow"] if wanted.follow else []
    options += ["--timestamps"] if wanted.stamped else []
    call = endless("logs", wanted.pod, *options)
    return f'{namespace_of(wanted.namespace, wanted.pod)}exec {call} -n "$zk_ns"'


def stamped(line: str) -> tuple[str, str]:
    """(time in RFC 3339, text) of a line with its time; the time is empty where there is none."""
    hit = _STAMPED.fullmatch(line)
    return (hit[1], hit[2]) if hit else ("", line)

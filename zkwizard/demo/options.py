"""What a practice cluster can be asked to be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from zkwizard.model.errors import InputError
from zkwizard.model.text import T

MAX_NODES = 200
CUT_SECONDS = 20.0


@dataclass(frozen=True)
class Fail:
    """The apply part of `step` fails on `node`, `times` times."""

    step: str
    node: str
    times: int = 1

    @classmethod
    def parse(cls, text: str) -> Fail:
        """STEP@NODE or STEP@NODE*TIMES."""
        step, _, rest = text.rpartition("@")
        node, _, times = rest.partition("*")
        if not step or not node or (times and not times.isdigit()):
            words = T("--fail: found {found}; allowed: STEP@NODE or STEP@NODE*TIMES", found=repr(text))
            raise InputError(words)
        return cls(step, node, int(times or 1))


@dataclass(frozen=True)
class Cut:
    """The line to `node` is cut for `seconds` when the first step of `phase` starts there."""

    node: str
    phase: str
    seconds: float = CUT_SECONDS

    @classmethod
    def parse(cls, text: str) -> Cut:
        """NODE@PHASE or NODE@PHASE:SECONDS."""
        node, _, rest = text.partition("@")
        phase, _, seconds = rest.partition(":")
        if not node or not phase or not (seconds or "1").replace(".", "", 1).isdecimal():
            words = T("--cut: found {found}; allowed: NODE@PHASE or NODE@PHASE:SECONDS", found=repr(text))
            raise InputError(words)
        return cls(node, phase, float(seconds or CUT_SECONDS))


@dataclass(frozen=True)
class PracticeOptions:
    """How many nodes, how far away, and what shall go wrong.

    `authorise_after`: seconds after a ZeroTier join until a friendly person authorises the member with
    its address from
    cluster.yaml; None means that somebody has to do it (`Control.authorise`).
    `systems`: node name → "debian" or "ubuntu", where it shall differ from the default.
    """

    nodes: int = 3
    rtt_ms: float = 0
    authorise_after: float | None = 2.0
    cuts: tuple[Cut, ...] = ()
    fails: tuple[Fail, ...] = ()
    password: str | None = None
    systems: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 1 <= self.nodes <= MAX_NODES:
            words = T("--nodes: found {found}; allowed: 1 to {most}", found=self.nodes, most=MAX_NODES)
            raise InputError(words)
        if unknown := set(self.systems.values()) - {"debian", "ubuntu"}:
            raise ValueError(f"practice nodes can be debian or ubuntu, not {', '.join(sorted(unknown))}")

    def text(self) -> str:
        """As JSON, for the daemon."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> PracticeOptions:
        """The reverse of `text`."""
        raw: dict[str, Any] = json.loads(text)
        raw["cuts"] = tuple(Cut(**cut) for cut in raw["cuts"])
        raw["fails"] = tuple(Fail(**fail) for fail in raw["fails"])
        return cls(**raw)

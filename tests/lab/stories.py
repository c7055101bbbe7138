"""Scenarios that mostly wait, told at once: one after the other on machines of their own, beside the others.

A chain has its machines for itself; a story that fails does not keep the next one of its chain.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.lab.lab import Lab
from tests.lab.machine import Machine
from tests.lab.operator import Operator, cluster
from tests.running import Ended

LIMIT = 280
"""Seconds that anybody waits for a story."""
_FIRST = 51
"""The number of their first machine on the bridge."""
ACCEPTS = ("--yes", "--accept-new-host-keys")


@dataclass
class Place:
    """The machines of a chain, and the person who works with them."""

    lab: Lab
    machines: list[Machine]
    operator: Operator

    @property
    def machine(self) -> Machine:
        """The first one."""
        return self.machines[0]

    def document(self, **changes: Any) -> dict[str, Any]:
        """Their cluster file."""
        return cluster(self.machines, self.lab.key, **changes)

    def runs(self, *words: str) -> Ended:
        """`zkwizard run`, told as to a person."""
        return self.operator.run("run", *ACCEPTS, *words)


Story = Callable[[Place], None]


@dataclass(frozen=True)
class Chain:
    """Stories on the same machines; `options` are those of `Lab.machines`."""

    stories: Sequence[Story]
    names: tuple[str, ...] = ("master",)
    options: dict[str, Any] = field(default_factory=dict)


Told = dict[str, "Future[float]"]
"""Story → the seconds that it took."""


def names(chains: Sequence[Chain]) -> list[str]:
    """Of all stories."""
    return [story.__name__ for chain in chains for story in chain.stories]


@contextmanager
def begun(lab: Lab, folder: Path, chains: Sequence[Chain], asked: set[str]) -> Iterator[Told]:
    """The chains that hold a story that is asked for, all at once."""
    wanted = [chain for chain in chains if asked & set(names([chain]))]
    told: Told = {name: Future() for name in names(wanted)}
    with ThreadPoolExecutor(max(1, len(wanted))) as pool:
        for number, chain in enumerate(wanted):
            operator = Operator(folder / str(number))
            pool.submit(_tell, lab, chain, _FIRST + 3 * number, operator, told)
        yield told


def _tell(lab: Lab, chain: Chain, first: int, operator: Operator, told: Told) -> None:
    """All of a chain, on machines that end with it."""
    try:
        with lab.machines(*chain.names, first=first, **chain.options) as machines:
            place = Place(lab, machines, operator)
            for story in chain.stories:
                began = time.monotonic()
                story(place)
                told[story.__name__].set_result(time.monotonic() - began)
    except BaseException as error:  # what it left on the machines is not what the next one expects
        open_yet = [name for name in names([chain]) if not told[name].done()]
        for name in open_yet[:1]:
            told[name].set_exception(error)
        for name in open_yet[1:]:
            told[name].set_exception(AssertionError(f"not told: {open_yet[0]} failed on the same machines"))


def asked_for(session: pytest.Session) -> tuple[list[Chain], set[str]]:
    """The chains of all modules (their CHAINS), and the stories that this session wants."""
    items = [item for item in session.items if isinstance(item, pytest.Function)]
    modules = dict.fromkeys(item.module for item in items if hasattr(item.module, "CHAINS"))
    specs = [item.callspec for item in items if hasattr(item, "callspec")]
    asked = {str(spec.params["story"]) for spec in specs if "story" in spec.params}
    return [chain for module in modules for chain in module.CHAINS], asked


def heard(story: str, told: Told, record: Callable[[str, object], None]) -> None:
    """Fails as the story did; the report gets its own seconds, not those that were waited for it."""
    record("seconds", told[story].result(LIMIT))


def causes(ended: Ended) -> list[str]:
    """The heads of the causes that were told."""
    return re.findall(r"^\S+ (?:\d+\. )?cause at (.*)$", ended.err, re.M)

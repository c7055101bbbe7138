"""One lab for all scenarios, fresh machines for each; `report` tells of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import pytest

from tests.lab.cuts import Cut, begin
from tests.lab.lab import Lab, running
from tests.lab.machine import Machine
from tests.lab.operator import Operator
from tests.lab.stories import Told, asked_for, begun
from tests.missing import or_skip

Machines = Callable[..., list[Machine]]
Cuts = dict[tuple[str, int], Cut]
"""(phase, seconds) → the run whose line is cut in that phase for so long."""
_FIRST_CUT = 31
"""The number of the first machine whose line is cut; the scenarios' own begin at 11."""


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks."""
    config.addinivalue_line("markers", "last: looked at when every other scenario is over")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Scenarios that take their time beside the others come last."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The lab, up."""
    with or_skip(), running() as lab:
        yield lab


@pytest.fixture(scope="session", autouse=True)
def cuts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cuts]:
    """Begun before the first scenario, those that are asked for, so that their minutes cost none."""
    params = [
        item.callspec.params
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.get_closest_marker("last")
    ]
    asked = {(str(each["phase"]), int(str(each["seconds"]))) for each in params}
    if not asked:
        yield {}
        return
    lab: Lab = request.getfixturevalue("lab")
    with ExitStack() as stack:
        found = {}
        for number, (phase, seconds) in enumerate(sorted(asked)):
            (machine,) = stack.enter_context(lab.machines("master", first=_FIRST_CUT + number))
            operator = Operator(tmp_path_factory.mktemp(f"cut-{phase}-{seconds}"))
            found[phase, seconds] = begin(phase, machine, operator, lab.key)
        for (_, seconds), cut in found.items():
            Thread(target=cut.go_on, args=(seconds,), daemon=True).start()
        yield found


@pytest.fixture(scope="session")
def told(
    lab: Lab, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    """The stories of all modules, begun with the first one that is asked for."""
    chains, asked = asked_for(request.session)
    with begun(lab, tmp_path_factory.mktemp("stories"), chains, asked) as told:
        yield told


@pytest.fixture
def machines(lab: Lab) -> Iterator[Machines]:
    """Makes fresh machines of one cluster, by name; see `Lab.machines`."""
    with ExitStack() as stack:
        yield lambda *names, **options: stack.enter_context(lab.machines(*names, **options))


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    """A person with an empty state folder."""
    return Operator(tmp_path)

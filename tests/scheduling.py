"""Who does what where several processes share the tests (`pytest -n`): a file at a time, as the tests of a
file share what they make; the lab as a whole, as there is one. What takes longest comes first.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

FIRST = (
    "tests/lab/",
    "tests/practice/test_practice_explain",
    "tests/practice/test_practice_reset",
    "tests/ui/test_ui_run",
    "tests/practice/",
    "tests/ui/",
    "tests/demo/",
    "tests/remote/",
    "tests/unit/steps/",
)


class ByFile(LoadScopeScheduling):
    """Hands out files, and the lab, in the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return FIRST[0] if nodeid.startswith(FIRST[0]) else nodeid.partition("::")[0]


def in_order(items: list[pytest.Item]) -> None:
    """Sort them by `FIRST`."""
    items.sort(key=lambda item: _rank(item.nodeid))


def _rank(nodeid: str) -> int:
    return next((rank for rank, start in enumerate(FIRST) if nodeid.startswith(start)), len(FIRST))

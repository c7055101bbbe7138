"""Commands that look inside a cluster, as the tests call them."""

from __future__ import annotations

import json
from typing import Any

from tests.practice.commands import Place, inside
from tests.running import Ended
from zkwizard.demo.practice import Practice


def ask(place: Place, command: str, *arguments: object, code: int = 0) -> Ended:
    """A command about the place's cluster, which ends with this code."""
    ended = place.run(command, place.file, *arguments)
    assert ended.code == code, (ended.out, ended.err)
    return ended


def data(place: Place, command: str, *arguments: object, code: int = 0) -> Any:
    """The same, and what it prints with --json."""
    return json.loads(ask(place, command, *arguments, "--json", code=code).out)


def commands(practice: Practice, node: str) -> str:
    """The command lines of a node's processes."""
    return inside(practice, node, "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '")

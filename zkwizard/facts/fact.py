"""What a fact is: a piece of POSIX sh that only looks, and a pure parser of what it prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

V_co = TypeVar("V_co", covariant=True)


@dataclass(frozen=True)
class Fact(Generic[V_co]):
    """One thing to find out about a node.

    ``script`` runs in a subshell of its own with stdin and stderr at /dev/null: dash and busybox understand
    it, it changes nothing, never asks and never hangs. What needs root prints nothing without it. ``parse``
    takes any text, the empty one too, and answers with an empty value rather than an error.
    """

    name: str
    script: str
    parse: Callable[[str], V_co]


def number(text: str) -> int:
    """The first run of digits in ``text`` as a number, 0 without any; at most 18 digits are read."""
    digits = ""
    for char in text:
        if char in "0123456789":
            digits += char
        elif digits:
            break
    return int(digits[:18] or "0")


def first_line(text: str) -> str:
    """The first line that is not blank, stripped."""
    return next((line.strip() for line in text.split("\n") if line.strip()), "")

"""Quoting: the one way in which values enter shell text."""

from __future__ import annotations

import re

from zkwizard.model.placeholders import secret_names

_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")


def quote(value: object) -> str:
    """``value`` as one word of POSIX sh, byte for byte.

    Raises ValueError for NUL, which no shell word can hold, and for secrets, which must never be on a
    command line.
    """
    word = str(value)
    if "\0" in word:
        raise ValueError("a shell word can't hold NUL")
    if secret_names(word):
        raise ValueError("a secret may stand in a file's content only")
    if _PLAIN.fullmatch(word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"


def words(*values: object) -> str:
    """All values quoted, with blanks between."""
    return " ".join(quote(value) for value in values)


def fed_function(name: str, text: str) -> str:
    """A function that runs its arguments as a command with ``text``, byte for byte, as standard input.

    A here-document is quoted, so nothing in it is interpreted, and costs no process. A text that does not end
    a line can't be one and becomes a quoted word of ``printf``.
    """
    if not text.endswith("\n"):
        return f'{name}() {{\nprintf %s {quote(text)} | "$@"\n}}'
    lines = text.split("\n")
    mark = "EOF"
    while mark in lines:
        mark += "_"
    return f"{name}() {{ \"$@\"; }} <<'{mark}'\n{text}{mark}"

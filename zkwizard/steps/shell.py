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


def here_document(text: str) -> str:
    """A ``cat`` that prints ``text`` byte for byte; quoted, so nothing in it is interpreted.

    A text that does not end a line can't be a here-document and becomes a quoted word of ``printf``.
    """
    if not text.endswith("\n"):
        return f"printf %s {quote(text)}"
    lines = text.split("\n")
    mark = "EOF"
    while mark in lines:
        mark += "_"
    return f"cat <<'{mark}'\n{text}{mark}"

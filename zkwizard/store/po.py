"""Reads a gettext catalogue in its source form, the .po file that translators edit.

A .po is read as it is: nothing has to be compiled in a checkout or when a wheel is built, and a thousand
messages take some milliseconds, in no language but the wanted one. Format: GNU gettext manual, "The Format of
PO Files"; without plural forms and contexts, which no message here has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_LINE = re.compile(r'(?:(msgid|msgstr) +)?("(?:[^"\\]|\\[nt"\\])*")')


class PoError(ValueError):
    """What is no catalogue; names the line."""


def read_po(text: str, name: str = "") -> dict[str, str]:
    """Maps each message to its translation; those that are marked fuzzy or have none are left out.

    Raises PoError with ``name`` and the line: a line that is none of this format, a string that belongs to
    nothing, a message without msgstr, a message for the second time.
    """
    found: dict[str, str] = {}
    seen: set[str] = set()
    for message, translation, fuzzy, number in _entries(text, name):
        if message in seen:
            raise PoError(f"{name}:{number}: a message for the second time: {message[:60]!r}")
        seen.add(message)
        if message and translation and not fuzzy:
            found[message] = translation
    return found


def _entries(text: str, name: str) -> Iterator[tuple[str, str, bool, int]]:
    """Message, translation, whether it is fuzzy, and the line of its msgid."""
    message: list[str] | None = None
    translation: list[str] | None = None
    fuzzy = next_fuzzy = False
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line or line.startswith("#"):
            next_fuzzy = next_fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        matched = _LINE.fullmatch(line)
        if matched is None:
            allowed = 'msgid "…", msgstr "…", "…" and # comments'
            raise PoError(f"{name}:{number}: found {line[:60]!r}; allowed: {allowed}")
        kind, string = matched.group(1), json.loads(matched.group(2))
        if kind == "msgid":
            if message is not None and translation is None:
                raise PoError(f"{name}:{start}: a msgid without its msgstr")
            if message is not None and translation is not None:
                yield "".join(message), "".join(translation), fuzzy, start
            message, translation, start = [string], None, number
            fuzzy, next_fuzzy = next_fuzzy, False
        elif kind == "msgstr":
            if message is None or translation is not None:
                raise PoError(f"{name}:{number}: a msgstr without its msgid")
            translation = [string]
        elif translation is not None:
            translation.append(string)
        elif message is not None:
            message.append(string)
        else:
            raise PoError(f"{name}:{number}: a string that belongs to nothing")
    if message is not None:
        if translation is None:
            raise PoError(f"{name}:{start}: a msgid without its msgstr")
        yield "".join(message), "".join(translation), fuzzy, start

"""A language that is none: every text stands in brackets, so that what is not translated shows."""

from __future__ import annotations

import re
from collections.abc import Iterable

from zkwizard.model.text import Words, render

_WORD = re.compile(r"[A-Za-z]{2,}")
_FIELD = re.compile(r"(\{\w+\})")


def marked(template: str) -> str:
    """The translation of ``template`` into that language; arguments stand outside of the brackets."""
    parts = _FIELD.split(template)
    return "".join(part if _FIELD.fullmatch(part) else f"«{part}»" for part in parts if part)


def framed(words: Words) -> str:
    """Words with every template in other brackets, those of texts among their arguments within theirs."""
    return render(words, lambda template: f"⟦{template}⟧")


def unmarked(text: str) -> str:
    """What is left of a text without what stands in brackets; a bracket within another is no end."""
    left, depth = [], 0
    for sign in text:
        depth += (sign == "«") - (sign == "»")
        left.append(sign if depth == 0 and sign != "»" else " ")
    return "".join(left)


def english_words(texts: Iterable[str]) -> set[str]:
    """Everything that may be a word."""
    return {word for text in texts for word in _WORD.findall(text)}

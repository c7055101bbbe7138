"""Words for people, marked for translation and translated only at the edge.

A ``Text`` keeps its English template and its arguments apart, so that a screen or printer can look the
template up in a catalogue. Nothing translated is ever stored: ``str()`` of a text is English.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Text:
    """A message for a person: an English template with ``{named}`` arguments."""

    template: str
    args: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return self.render(lambda template: template)

    def render(self, translate: Callable[[str], str]) -> str:
        """The message in the language of ``translate``, which maps an English template to another."""
        template = translate(self.template)
        args = {k: v.render(translate) if isinstance(v, Text) else v for k, v in self.args.items()}
        return template.format(**args) if args else template


Words = Text | str
"""A text of zkwizard's own, or what somebody else said: a node, a tool. That stays as it was said."""


def render(words: Words, translate: Callable[[str], str]) -> str:
    """Words in the language of ``translate``."""
    return words.render(translate) if isinstance(words, Text) else words


def T(template: str, **args: object) -> Text:
    """Mark ``template`` for translation; arguments are filled in at the edge."""
    return Text(template, args)

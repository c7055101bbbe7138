"""The language of the screens: every text passes through ``say`` on its way to a widget.

The marks beside colours are here, too, so that ``--ascii`` has one place.
"""

from __future__ import annotations

from collections.abc import Callable

from zkwizard.model.text import Text

_Translate = Callable[[str], str]


class _Voice:
    """What was chosen at the start: one per process, like the terminal."""

    translate: _Translate = staticmethod(str)
    ascii: bool = False


def speak(translate: _Translate, *, ascii: bool = False) -> None:  # noqa: A002 - as the option is called
    """Choose the language, and whether marks are plain ASCII."""
    _Voice.translate = staticmethod(translate)
    _Voice.ascii = ascii


def say(text: Text) -> str:
    """A text in the chosen language."""
    return text.render(_Voice.translate)


def say_template(template: str) -> str:
    """The same for an English template that was marked where it stands."""
    return _Voice.translate(template)


_ASCII = {"✓": "+", "✗": "x", "●": "*", "○": "o", "▶": ">", "!": "!", "·": "."}


def mark(sign: str) -> str:
    """One of ✓ ✗ ● ○ ▶ ·, or what stands for it in ASCII."""
    return _ASCII.get(sign, sign) if _Voice.ascii else sign


def plain_signs() -> bool:
    """Whether everything is to be ASCII."""
    return _Voice.ascii

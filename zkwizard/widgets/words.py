"""The language of the screens: every text passes through ``say`` on its way to a widget.

The marks beside colours are here, too, so that ``--ascii`` has one place.
"""

from __future__ import annotations

from collections.abc import Callable

from zkwizard.model.errors import ZkwizardError
from zkwizard.model.text import T, Words, render
from zkwizard.widgets.ascii_signs import in_ascii

_Translate = Callable[[str], str]


class _Voice:
    """What was chosen at the start: one per process, like the terminal."""

    translate: _Translate = staticmethod(str)
    ascii: bool = False


def speak(translate: _Translate, *, ascii: bool = False) -> None:
    """Choose the language, and whether marks are plain ASCII."""
    _Voice.translate = staticmethod(translate)
    _Voice.ascii = ascii


def say(words: Words) -> str:
    """A text in the chosen language; what a node or tool said stays as it is."""
    return render(words, _Voice.translate)


def labelled(title: Words, text: Words = "") -> str:
    """``title: text`` with the colon of the language; without a text what stands before one."""
    return say(T("{title}: {text}", title=title, text=text))


def say_error(error: BaseException) -> str:
    """What an error says, in the chosen language as far as its words are zkwizard's own."""
    return error.render(_Voice.translate) if isinstance(error, ZkwizardError) else str(error)


def say_innermost(error: BaseException) -> str:
    """What ended an engine: the innermost of what task groups wrap; its kind, too, if nothing expected it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return say_error(error) if isinstance(error, ZkwizardError) else repr(error)


def say_template(template: str) -> str:
    """The same for an English template that was marked where it stands."""
    return _Voice.translate(template)


def mark(sign: str) -> str:
    """A sign such as ✓, or what stands for it in ASCII."""
    return in_ascii(sign) if _Voice.ascii else sign


def plain_signs() -> bool:
    """Whether everything is to be ASCII."""
    return _Voice.ascii

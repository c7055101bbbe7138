"""What all screens have: a line at the top that says where one is, keys at the bottom, help."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingsMap
from textual.containers import Horizontal
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static

from zkwizard.model.text import T, Text
from zkwizard.store import assets
from zkwizard.widgets.key_lines import KeyLine
from zkwizard.widgets.words import say, say_template

if TYPE_CHECKING:
    from zkwizard.screens.services import Shell

R = TypeVar("R")


def localise(widget: DOMNode) -> None:
    """Put a widget's key descriptions into the chosen language; they are English templates in its class."""
    widget._bindings = BindingsMap.from_keys(
        {
            key: [replace(each, description=say_template(each.description)) for each in found]
            for key, found in widget._bindings.key_to_bindings.items()
        }
    )


class TopLine(Horizontal):
    """Where one is, of which cluster, and that the nodes are practice nodes if they are."""

    def __init__(self, place: str, subject: str = "", *, practice: bool = False) -> None:
        super().__init__()
        self._place, self._subject, self._practice = place, subject, practice

    def compose(self) -> ComposeResult:
        """Three texts beside each other."""
        yield Static(self._place, id="place", markup=False)
        if self._practice:
            yield Static(say(T("PRACTICE NODES")), id="practice", markup=False)
        yield Static(self._subject, id="subject", markup=False)


class Layer(Screen[R]):
    """A screen with others above and below it, in the chosen language."""

    def __init__(self) -> None:
        super().__init__()
        localise(self)
        self._going: tuple[R | None] | None = None
        """The result to go with as soon as nothing lies above."""

    @property
    def zk(self) -> Shell:
        """The app, by its own type."""
        return cast("Shell", self.app)

    @property
    def here(self) -> bool:
        """Whether nobody has left this screen. What comes from a thread may come after that, or while the app
        takes its screens down, their widgets first.
        """
        app = self.app
        return app.is_running and app.return_code is None and self in app.screen_stack

    def dismiss(self, result: R | None = None) -> AwaitComplete:
        """Go with this result, but not before what lies above has gone: whoever is dismissed, Textual takes
        the uppermost screen away.
        """
        if self.is_active:
            return super().dismiss(result)
        self._going = (result,)
        return AwaitComplete()

    @on(events.ScreenResume)
    def _go(self) -> None:
        """Nothing lies above any more."""
        if self._going:
            self.dismiss(*self._going)


class Frame(Layer[R]):
    """A whole screen. ``ABOUT`` is what F1 shows above the keys."""

    CSS_PATH: ClassVar[str | None] = str(assets.path("screens.tcss"))
    TITLE_TEXT: ClassVar[Text] = T("zkwizard")
    ABOUT: ClassVar[tuple[Text, ...]] = ()
    practice: bool = False
    """Whether the nodes are practice nodes: that is said on every screen."""

    @property
    def place(self) -> str:
        """What the top line says at its left."""
        return say(self.TITLE_TEXT)

    @property
    def subject(self) -> str:
        """What the top line says at its right."""
        return ""

    def compose(self) -> ComposeResult:
        """Top line, what the screen is about, keys."""
        yield TopLine(self.place, self.subject, practice=self.practice)
        yield from self.body()
        yield KeyLine()

    def body(self) -> Iterable[Widget]:
        """What the screen is about."""
        return ()

    def ask_to_leave(self) -> bool:
        """Ask whether all shall end while something goes on here; False: there is nothing to ask."""
        return False


class Dialog(Layer[R], ModalScreen[R]):
    """A question over a screen; Escape leaves it without an answer."""

    ABOUT: ClassVar[tuple[Text, ...]] = ()
    BINDINGS: ClassVar = [Binding("escape", "leave", str(T("Leave")), id="leave")]

    def action_leave(self) -> None:
        """No answer."""
        self.dismiss(None)

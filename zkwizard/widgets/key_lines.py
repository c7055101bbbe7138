"""Keys at the bottom in two lines: those of the screen, and those of what has the focus.

One line for all would cut off what the screen is for as soon as something with many keys has the focus.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import ActiveBinding
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from zkwizard.widgets.textual_words import described


class KeyLine(Footer):
    """Keys of the screen and the app, or those of the focus."""

    DEFAULT_CSS = """
    KeyLine { dock: none; }
    """

    def __init__(self, *, of_focus: bool) -> None:
        super().__init__(compact=True, show_command_palette=False)
        self._of_focus = of_focus
        self._shown: list[tuple[str, str, bool]] = []
        self.display = not of_focus

    def compose(self) -> ComposeResult:
        """A key for every action that is possible or may become so."""
        if not self._bindings_ready:
            return
        for active in self._keys():
            binding = active.binding
            yield FooterKey(
                binding.key,
                self.app.get_key_display(binding),
                described(binding),
                binding.action,
                disabled=not active.enabled,
                tooltip=active.tooltip,
            ).data_bind(compact=Footer.compact)

    def _keys(self) -> list[ActiveBinding]:
        """One for each action."""
        found: dict[str, ActiveBinding] = {}
        for active in self.screen.active_bindings.values():
            own = active.node not in (self.screen, self.app)
            if active.binding.show and own is self._of_focus:
                found.setdefault(active.binding.action, active)
        return list(found.values())

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Made anew only for other keys: what has the focus may ask for it ten times a second."""
        if screen is not self.screen:
            return
        keys = [(active.binding.key, active.binding.action, active.enabled) for active in self._keys()]
        if keys != self._shown:
            self._shown = keys
            self.display = bool(keys) or not self._of_focus
            super().bindings_changed(screen)


class KeyLines(Vertical):
    """Both of them; that of the focus only where there is one."""

    DEFAULT_CSS = """
    KeyLines { dock: bottom; height: auto; }
    """

    def compose(self) -> ComposeResult:
        """What has the focus stands above."""
        yield KeyLine(of_focus=True)
        yield KeyLine(of_focus=False)

"""Keys at the bottom: those of the screen, and above them, where it has many, those of what has the focus.

One line for all would cut off what the screen is for as soon as something with many keys has the focus. A
key is there whole or not at all: where there is no room for all, the last ones are left out; help has them.
"""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import ActiveBinding
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from zkwizard.widgets.textual_words import described

_ALWAYS = frozenset(("help",))
"""Ids of keys that are never left out."""


class KeyLine(Footer):
    """Keys of the screen and the app, or those of the focus."""

    DEFAULT_CSS = """
    KeyLine { padding-left: 1; }
    """

    def __init__(self, *, of_focus: bool = False) -> None:
        super().__init__(compact=True, show_command_palette=False)
        self._of_focus = of_focus
        self._shown: list[tuple[str, str, bool]] = []
        self.display = not of_focus

    def compose(self) -> ComposeResult:
        """A key for every action that is possible or may become so."""
        if not self._bindings_ready:
            return
        for active in self._fitting():
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

    def _fitting(self) -> list[ActiveBinding]:
        """As many of them as there is room for, without the last ones."""
        keys = self._keys()
        room = self.app.size.width
        while sum(map(self._cells, keys)) > room:
            dropped = next((key for key in reversed(keys) if key.binding.id not in _ALWAYS), None)
            if dropped is None:
                break
            keys.remove(dropped)
        return keys

    def _cells(self, active: ActiveBinding) -> int:
        """Key and words, with a blank before each."""
        binding = active.binding
        return 2 + cell_len(self.app.get_key_display(binding)) + cell_len(described(binding))

    def on_resize(self) -> None:
        """There may be room for others."""
        self.bindings_changed(self.screen)

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Made anew only for other keys: what has the focus may ask for it ten times a second."""
        if screen is not self.screen:
            return
        keys = [(active.binding.key, active.binding.action, active.enabled) for active in self._fitting()]
        if keys != self._shown:
            self._shown = keys
            self.display = bool(keys) or not self._of_focus
            super().bindings_changed(screen)


class KeyLines(Vertical):
    """Both of them; that of the focus only where there is one."""

    DEFAULT_CSS = """
    KeyLines { dock: bottom; height: auto; & > KeyLine { dock: none; } }
    """

    def compose(self) -> ComposeResult:
        """What has the focus stands above."""
        yield KeyLine(of_focus=True)
        yield KeyLine(of_focus=False)

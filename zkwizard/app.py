"""The Textual app: modes, keys, themes, and the way from screen to screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import SystemCommand
from textual.binding import Binding
from textual.filter import Monochrome, NoColor
from textual.screen import Screen

from zkwizard.model.errors import ZkwizardError
from zkwizard.model.text import T
from zkwizard.screens.frame import Frame, localise
from zkwizard.screens.home import Home
from zkwizard.screens.services import Services, Shell
from zkwizard.screens.too_small import TooSmall, is_small
from zkwizard.store import assets
from zkwizard.store.settings import read_settings, save_settings
from zkwizard.store.state import practice_folder
from zkwizard.widgets.filters import Ascii, Colourless
from zkwizard.widgets.textual_words import described
from zkwizard.widgets.words import say, say_error, speak

if TYPE_CHECKING:
    from zkwizard.screens.asking import ScreenPrompter
    from zkwizard.screens.case import Case
    from zkwizard.screens.troubleshoot.looking import Place


_WIDTHS = [(0, "-narrow"), (110, "-wide")]
_HEIGHTS = [(0, "-low"), (34, "-high")]
"""From how many cells on the screen has which class, for its style sheet."""


@dataclass(frozen=True)
class Look:
    """How the screens are to look: what the command line says about it."""

    translate: Callable[[str], str] = str
    ascii: bool = False
    theme: str = ""


class ZkwizardApp(Shell):
    """From the first screen to the last."""

    CSS_PATH = str(assets.path("zkwizard.tcss"))
    MODES: ClassVar = {"home": Home}
    DEFAULT_MODE = "home"
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS
    BINDINGS: ClassVar = [
        Binding("f1", "help", str(T("Help")), id="help", priority=True),
        Binding("ctrl+p", "command_palette", str(T("Actions")), id="palette"),
        Binding("ctrl+q", "quit", str(T("Quit")), id="quit", show=False, priority=True),
    ]

    def __init__(self, services: Services, look: Look | None = None) -> None:
        look = look or Look()
        speak(look.translate, ascii=look.ascii)
        super().__init__()
        localise(self)
        self.title = "zkwizard"
        self.services = services
        self._settings = read_settings()
        self._asking: ScreenPrompter | None = None
        chosen = look.theme or self._settings.theme
        if chosen in self.available_themes:
            self.theme = chosen
        self.set_keymap(dict(self._settings.keys))
        if self.no_color:
            self._filters = [each for each in self._filters if not isinstance(each, (Monochrome, NoColor))]
            self._filters.append(Colourless())
        if look.ascii:
            self._filters.append(Ascii())

    def on_mount(self) -> None:
        """A theme that is chosen from now on is remembered."""
        self.theme_changed_signal.subscribe(self, lambda theme: self._keep_theme(theme.name))

    def _keep_theme(self, name: str) -> None:
        self._settings = replace(self._settings, theme=name)
        save_settings(self._settings)

    def on_resize(self, event: events.Resize) -> None:
        """Below the least size there is a message instead of a screen."""
        if is_small(event.size) and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall(event.size))

    def push_screen(self, screen: Any, *args: Any, **options: Any) -> Any:
        """As Textual's; but what says that there is no room lies above all that comes meanwhile."""
        small = is_small(self.size)
        if isinstance(self.screen, TooSmall):
            small = True
            self.pop_screen()
        pushed = super().push_screen(screen, *args, **options)
        if small and not isinstance(screen, TooSmall):
            super().push_screen(TooSmall(self.size))
        return pushed

    @property
    def asking(self) -> ScreenPrompter:
        """Who asks for host keys and secrets while the engine's thread waits."""
        from zkwizard.screens.asking import ScreenPrompter

        if self._asking is None:
            self._asking = ScreenPrompter(self)
        return self._asking

    def forget_secrets(self) -> None:
        """Ask for passwords again: one of them may have been wrong."""
        if self._asking:
            self._asking.forget()

    def on_unmount(self) -> None:
        """Nobody waits for answers any more."""
        if self._asking:
            self._asking.close()

    def practice_file(self) -> Path | None:
        """The cluster file of the practice nodes, if they run."""
        path = practice_folder() / "cluster.yaml"
        return path if path.exists() and self.services.practice_nodes() else None

    # From screen to screen --------------------------------------------------------------------------------

    def open_cluster(self, path: Path) -> None:
        """Go through the steps of a cluster, beginning with its nodes."""
        self._open(path, run=False)

    def _open(self, path: Path, *, run: bool) -> None:
        from zkwizard.screens.case import Case
        from zkwizard.store.recent import remember

        try:
            case = Case.open(path)
        except ZkwizardError as error:
            self.notify(say_error(error), severity="error", markup=False, timeout=15)
            return
        remember(path)
        if run and case.draft.cluster is None:
            words = T("the file has faults now: they stand at their fields")
            self.notify(say(words), severity="warning", markup=False, timeout=15)
        self.run_worker(self._wizard(case, run=run), group="wizard", exclusive=True)

    async def _wizard(self, case: Case, *, run: bool) -> None:
        """The steps, one after the other, until one leaves them."""
        from zkwizard.screens.run import Run
        from zkwizard.screens.steps import After, Step, screen_of

        after = After(Step.RUN if run and case.draft.cluster else Step.NODES)
        while after.step is not Step.HOME:
            if after.step is Step.RUN:
                after = await self.push_screen_wait(Run(case, after))
            else:
                after = After(await self.push_screen_wait(screen_of(after.step, case)))

    def go_on(self, path: Path, what: str) -> None:
        """Pick up an interrupted run or reset."""
        if what == "run":
            self._open(path, run=True)
        else:
            self.take_back(path)

    def troubleshoot(self, path: Path) -> None:
        """Look inside a cluster."""
        from zkwizard.screens.troubleshoot.overview import Troubleshoot

        if place := self._place(path):
            self.push_screen(Troubleshoot(place))

    def take_back(self, path: Path) -> None:
        """Take a cluster, or nodes of it, back."""
        from zkwizard.screens.reset import Reset

        if place := self._place(path):
            self.push_screen(Reset(place))

    def _place(self, path: Path) -> Place | None:
        """The cluster that is looked at; None, and told why, when its file can't be used."""
        from zkwizard.screens.troubleshoot.looking import Place
        from zkwizard.store.clusterfile import load

        try:
            return Place(self, load(path), path)
        except ZkwizardError as error:
            self.notify(say_error(error), severity="error", markup=False, timeout=15)
            return None

    # Help and actions -------------------------------------------------------------------------------------

    def action_help(self) -> None:
        """What one can do here; the key that opened it closes it."""
        from zkwizard.screens.help import Help

        if isinstance(self.screen, Help):
            self.screen.dismiss(None)
        elif not isinstance(self.screen, TooSmall):
            self.push_screen(Help(self.screen, self._key_of("palette")))

    def _key_of(self, action: str) -> str:
        for binding in self.screen.active_bindings.values():
            if binding.binding.id == action:
                return self.get_key_display(binding.binding)
        return action

    async def action_quit(self) -> None:
        """Leave; nothing is lost, as every answer is saved. What goes on asks first; a second time leaves.
        Where there is no room for a question, nobody is asked.
        """
        frames = [screen for screen in reversed(self.screen_stack) if isinstance(screen, Frame)]
        if isinstance(self.screen, TooSmall) or not any(frame.ask_to_leave() for frame in frames):
            self.exit()

    def action_command_palette(self) -> None:
        """Every action by its name."""
        from zkwizard.screens.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(
                Palette(T("Search an action …"), T("No action has this name"), id="--command-palette")
            )

    def search_themes(self) -> None:
        """Every theme by its name."""
        from textual.theme import ThemeProvider

        from zkwizard.screens.palette import Palette

        self.push_screen(Palette(T("Search a theme …"), T("No theme has this name"), [ThemeProvider]))

    def action_help_quit(self) -> None:
        """Ctrl+C copies where something is selected, and ends nothing: say what does."""
        self.notify(say(T("{key} quits", key=self._key_of("quit"))), markup=False)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action of the screen that is possible now, then those of the app."""
        seen: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            own = binding.description and binding.id  # Textual's have no id: they move cursors
            if not own or binding.action in seen | {"command_palette"} or not active.enabled:
                continue
            seen.add(binding.action)
            shown = say(T("key: {key}", key=self.get_key_display(binding)))
            yield SystemCommand(described(binding), shown, self._doing(binding.action, active.node))
        yield SystemCommand(
            say(T("Theme")),
            say(T("Other colours; ansi-dark and ansi-light are the terminal's own")),
            self.action_change_theme,
        )
        yield SystemCommand(
            say(T("Save a picture of this screen")), say(T("as SVG, in this folder")), self._picture
        )

    def _doing(self, action: str, node: Any) -> Callable[[], Any]:
        async def do() -> None:
            await self.run_action(action, default_namespace=node)

        return do

    def _picture(self) -> None:
        self.set_timer(0.1, lambda: self.notify(self.save_screenshot(path="."), markup=False))

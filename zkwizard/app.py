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
from zkwizard.screens.frame import localise
from zkwizard.screens.home import Home
from zkwizard.screens.services import Leave, Services, Shell
from zkwizard.screens.too_small import TooSmall, is_small
from zkwizard.store import assets
from zkwizard.store.settings import read_settings, save_settings
from zkwizard.store.state import practice_folder
from zkwizard.widgets.filters import Ascii, Colourless
from zkwizard.widgets.words import say, speak

if TYPE_CHECKING:
    from zkwizard.screens.asking import ScreenPrompter


@dataclass(frozen=True)
class Look:
    """How the screens are to look: what the command line says about it."""

    translate: Callable[[str], str] = str
    ascii: bool = False
    theme: str = ""


class ZkwizardApp(Shell):
    """Ends with what is to be done after it."""

    CSS_PATH = str(assets.path("zkwizard.tcss"))
    MODES: ClassVar = {"home": Home}
    DEFAULT_MODE = "home"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - Textual declares it so
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar = [
        Binding("f1", "help", str(T("Help")), id="help", priority=True),
        Binding("ctrl+p", "command_palette", str(T("Actions")), id="palette", show=False),
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
            self.push_screen(TooSmall())

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
        from zkwizard.screens.case import Case
        from zkwizard.store.recent import remember

        try:
            case = Case.open(path)
        except ZkwizardError as error:
            self.notify(str(error), severity="error", markup=False, timeout=15)
            return
        remember(path)
        self.run_worker(self._wizard(case), group="wizard", exclusive=True)

    async def _wizard(self, case: Any) -> None:
        """The steps, one after the other, until one leaves them."""
        from zkwizard.screens.steps import Step, screen_of

        step = Step.NODES
        while step not in (Step.HOME, Step.RUN):
            step = await self.push_screen_wait(screen_of(step, case))
        if step is Step.RUN:
            self.run_cluster(case.draft.path)

    def run_cluster(self, path: Path) -> None:
        """Make the cluster: the command line does it, and shows it live."""
        self.exit(Leave(("zkwizard", "run", str(path))))

    def go_on(self, path: Path, what: str) -> None:
        """Pick up an interrupted run or reset."""
        self.exit(Leave(("zkwizard", what, str(path))))

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
        """Leave; nothing is lost, as every answer is saved."""
        self.exit(Leave())

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action of the screen that is possible now, then those of the app."""
        seen: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            if not binding.description or binding.action in seen | {"command_palette"} or not active.enabled:
                continue
            seen.add(binding.action)
            shown = say(T("key: {key}", key=self.get_key_display(binding)))
            yield SystemCommand(binding.description, shown, self._doing(binding.action, active.node))
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

"""Logs of pods, journals of nodes, logs of containers, descriptions: all in the log pane."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import Static

from zkwizard.engine.inside.inspection import look_at_log, look_at_object
from zkwizard.engine.inside.streams import stream_journal, stream_log
from zkwizard.inspect.describe import Kind as ObjectKind
from zkwizard.inspect.journal import NodeJournal
from zkwizard.inspect.logs import PodLog
from zkwizard.inspect.pods import Pod
from zkwizard.inspect.trouble import Trouble
from zkwizard.model.cluster import Driver
from zkwizard.model.errors import ZkwizardError
from zkwizard.model.ports import Network
from zkwizard.model.terminal import harmless
from zkwizard.model.text import T, Text
from zkwizard.screens.choices import Choice, Choices
from zkwizard.screens.frame import TopLine
from zkwizard.screens.troubleshoot.intake import Intake
from zkwizard.screens.troubleshoot.looking import LookScreen, Place, trouble_lines
from zkwizard.widgets.key_lines import KeyLines
from zkwizard.widgets.log_pane import Kind, LogPane
from zkwizard.widgets.words import mark, say, say_error

_RATE = 0.1
"""Seconds between two pieces that are handed to the pane."""
_LINES = 1000
"""Lines from before that are asked for at first."""


class LogScreen(LookScreen[None]):
    """The log pane, a line above it, and where its lines come from."""

    def compose(self) -> ComposeResult:
        """As every screen, with the keys in two lines: the pane has many."""
        yield TopLine(self.place, self.subject, practice=self.practice)
        yield from self.body()
        yield KeyLines()

    def body(self) -> Iterable[Widget]:
        """A line about the log, and the pane."""
        yield Static(id="log-head", classes="head", markup=False)
        yield LogPane(folder=self.at.folder, id="log")

    @property
    def pane(self) -> LogPane:
        """The lines."""
        return self.query_one(LogPane)

    def head(self, *words: str) -> None:
        """What the line above says; without words there is none."""
        head = self.query_one("#log-head", Static)
        head.update(f" {mark('·')} ".join(word for word in words if word))
        head.display = any(words)

    def tell(self, source: str, kind: Kind, lines: Sequence[str]) -> None:
        """Lines of ours between those of the node."""
        for line in lines:
            self.pane.mark(source, kind, harmless(line))


class StreamScreen(LogScreen):
    """Lines that come as long as one looks; each source is read when it is shown for the first time."""

    BINDINGS: ClassVar = [
        Binding("c", "choose", str(T("Which one")), id="log.choose"),
        Binding("a", "all", str(T("From the start")), id="log.all"),
        Binding("r,f5", "again", str(T("Read anew")), id="log.again"),
    ]

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._intakes: dict[str, Intake] = {}
        self._reading: set[str] = set()
        self._lines = _LINES

    def on_mount(self) -> None:
        """Begin with the first source."""
        for name in self.sources():
            self.pane.add(name, self.name_of(name))
        self.pane.query_one("LogBody").focus()
        self.set_interval(_RATE, self._hand_on)
        self.begin(self.sources()[0])

    @abstractmethod
    def sources(self) -> list[str]:
        """Names of what can be shown; the first one is shown first."""

    @abstractmethod
    def reader(self, source: str, lines: int) -> Callable[[Network, Intake], Awaitable[Trouble | None]]:
        """What reads a source; ``lines`` of its last, 0 for all."""

    def name_of(self, source: str) -> str:
        """What the pane says of a source, below its lines."""
        return source

    def title_of(self, source: str) -> str:
        """What is said of it where one chooses."""
        return source

    def about(self, source: str) -> list[str]:
        """What the line above says of a source."""
        return [source]

    def begin(self, source: str) -> None:
        """Show a source, and read it if it is not being read."""
        self.pane.show(source)
        if source not in self._intakes:
            self._intakes[source] = Intake(self.at.redactor)
            self._reading.add(source)
            self.run_worker(self._read(source), group=f"read-{source}", exclusive=True)
        self.head(*self.about(source))

    async def _read(self, source: str) -> None:
        intake, reader = self._intakes[source], self.reader(source, self._lines)
        lines: list[str] = []
        kind = Kind.NOTE
        try:
            trouble = await self.at.line.ask(lambda network: reader(network, intake))
            kind, lines = (Kind.FAILED, trouble_lines(trouble)) if trouble else (kind, [self.ended()])
        except ZkwizardError as error:
            kind, lines = Kind.FAILED, [say_error(error)]
        finally:
            if self._intakes.get(source) is intake:
                self._reading.discard(source)
        if not self.here or self._intakes.get(source) is not intake:
            return
        intake.close()
        self._hand_on()
        self.tell(source, kind, lines)
        self.head(*self.about(source))

    def ended(self) -> str:
        """What is said when a source ends by itself."""
        return say(T("the log ends here; r reads it anew"))

    def _hand_on(self) -> None:
        for source, intake in list(self._intakes.items()):
            data, left_out = intake.taken()
            if data:
                self.pane.feed(source, data)
            for words in intake.told():
                self.pane.mark(source, Kind.NOTE, words)
            if left_out:
                size = f"{left_out / 1e6:.1f} MB"
                self.pane.mark(
                    source, Kind.NOTE, T("{size} are left out here: more came than can be shown", size=size)
                )

    @on(LogPane.Switched)
    def _switched(self, event: LogPane.Switched) -> None:
        self.begin(event.name)

    @work
    async def action_choose(self) -> None:
        """Another source."""
        names = self.sources()
        choices = [
            Choice(name, f"{n}", Text("{title}", {"title": self.title_of(name)}))
            for n, name in enumerate(names, 1)
        ]
        chosen = await self.zk.push_screen_wait(Choices(T("Which one?"), choices=choices))
        if chosen:
            self.begin(chosen)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where there is one source only, nothing is to be chosen."""
        return action != "choose" or len(self.sources()) > 1

    def action_all(self) -> None:
        """Everything that there is, not only the last lines."""
        self._lines = 0
        self.action_again()

    def action_again(self) -> None:
        """Forget the lines, and read them anew."""
        source = self.pane.shown
        self.workers.cancel_group(self, f"read-{source}")
        self._intakes.pop(source, None)
        self.pane.clear(source)
        self.begin(source)


class PodLogs(StreamScreen):
    """The log of a pod: a source for each container, and for what each wrote before it was started again."""

    TITLE_TEXT = T("Log of a pod")
    ABOUT = (
        T(
            "The last 1,000 lines, and what comes; a reads all there is. c chooses a container, p what it "
            "wrote before it was started again. A line of ours says why a log ends."
        ),
    )
    BINDINGS: ClassVar = [Binding("p", "previous", str(T("Before restart")), id="log.previous-run")]

    def __init__(self, place: Place, pod: Pod) -> None:
        super().__init__(place)
        self._pod = pod
        self._containers = {one.name: one for one in sorted(pod.containers, key=lambda each: each.init)}

    @property
    def subject(self) -> str:
        """The pod."""
        return harmless(f"{self._pod.namespace}/{self._pod.name}")

    def sources(self) -> list[str]:
        """Containers, those with a problem first, init containers last; the previous ones behind them."""
        own = sorted(
            self._containers.values(), key=lambda one: (one.init, one.ready or one.state == "terminated")
        )
        names = [one.name for one in own] or [""]
        return [*names, *(f"{one.name} (-1)" for one in own if one.restarts)]

    def name_of(self, source: str) -> str:
        """Its container."""
        name, before = _container(source)
        words = [name or self._pod.name, say(T("before it was started again")) if before else ""]
        return harmless(f" {mark('·')} ".join(word for word in words if word))

    def title_of(self, source: str) -> str:
        """Its container, and how that does."""
        name, before = _container(source)
        one = self._containers.get(name)
        if one is None:
            return harmless(self._pod.name)
        state = one.reason or one.state
        words = [one.name, say(T("init container")) if one.init else "", state]
        words.append(say(T("started again {count} times", count=one.restarts)) if one.restarts else "")
        words = [one.name, say(T("before it was started again"))] if before else words
        return harmless(f" {mark('·')} ".join(word for word in words if word))

    def about(self, source: str) -> list[str]:
        """Pod, container, and where it runs."""
        following = say(T("reading along")) if source in self._reading and not _container(source)[1] else ""
        return [self.title_of(source), harmless(self._pod.node), following]

    def reader(self, source: str, lines: int) -> Callable[[Network, Intake], Awaitable[Trouble | None]]:
        """kubectl on the control plane."""
        name, before = _container(source)
        wanted = PodLog(
            self._pod.name, self._pod.namespace, name, previous=before, lines=lines, follow=not before
        )
        cluster = self.at.cluster
        return lambda network, intake: stream_log(cluster, network, wanted, intake, intake.tell)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where nothing was started again, there is nothing from before."""
        if action == "previous":
            return any(one.restarts for one in self._containers.values())
        return super().check_action(action, parameters)

    def action_previous(self) -> None:
        """What the container wrote before it was started again, or back."""
        name, before = _container(self.pane.shown)
        one = self._containers.get(name)
        if before:
            self.begin(name)
        elif one and one.restarts:
            self.begin(f"{name} (-1)")
        else:
            self.zk.notify(say(T("It was never started again: there is no log from before.")), markup=False)


def _container(source: str) -> tuple[str, bool]:
    """Its name, and whether what it wrote before is meant."""
    return source.removesuffix(" (-1)"), source.endswith(" (-1)")


class Journal(StreamScreen):
    """A node's journal, a source for each service that matters."""

    TITLE_TEXT = T("Journal of a node")
    ABOUT = (
        T(
            "What the kubelet, containerd and ZeroTier log on this node: the last 1,000 lines, and what "
            "comes; a reads all there is. c chooses the service, [ and ] go from one to the next."
        ),
    )

    def __init__(self, place: Place, node: str) -> None:
        super().__init__(place)
        self._node = node

    @property
    def subject(self) -> str:
        """The node."""
        return self._node

    def sources(self) -> list[str]:
        """The services."""
        own = ["zerotier-one"] if self.at.cluster.overlay.driver is Driver.ZEROTIER else []
        return ["kubelet", "containerd", *own]

    def about(self, source: str) -> list[str]:
        """Node and service."""
        return [self._node, source, say(T("reading along")) if source in self._reading else ""]

    def reader(self, source: str, lines: int) -> Callable[[Network, Intake], Awaitable[Trouble | None]]:
        """journalctl on the node."""
        wanted = NodeJournal((source,), lines=lines, follow=True)
        node = self._node
        return lambda network, intake: stream_journal(network, node, wanted, intake, intake.tell)


class TextScreen(LogScreen):
    """A text that is there as a whole, read from its top."""

    BINDINGS: ClassVar = [Binding("r,f5", "again", str(T("Ask again")), id="text.again")]

    def on_mount(self) -> None:
        """Ask for it."""
        self.pane.add("text", self.name_of_it)
        self.pane.query_one("LogBody").focus()
        self.action_again()

    @property
    @abstractmethod
    def name_of_it(self) -> str:
        """What it is the text of."""

    @abstractmethod
    async def read(self, network: Network) -> str | Trouble:
        """Fetch it."""

    @work(exclusive=True, group="text")
    async def action_again(self) -> None:
        """Ask for it anew."""
        self.head(self.name_of_it, say(T("asking …")))
        found = await self.ask(self.read)
        if not self.here:
            return
        self.pane.clear("text")
        self.head()
        if isinstance(found, Trouble):
            self.tell("text", Kind.FAILED, trouble_lines(found))
        elif found is not None:
            self.pane.feed("text", self.at.redactor(found.encode()))
            self.pane.from_the_top("text")

    def failed(self, words: str) -> None:
        """In the pane, where one looks."""
        self.tell("text", Kind.FAILED, words.splitlines())


class Description(TextScreen):
    """kubectl's description of a pod or a node."""

    TITLE_TEXT = T("Description")
    ABOUT = (T("Everything that the API server knows of it, its last events at the end."),)

    def __init__(self, place: Place, kind: ObjectKind, name: str, namespace: str = "") -> None:
        super().__init__(place)
        self._kind, self._object, self._namespace = kind, name, namespace

    @property
    def name_of_it(self) -> str:
        """``pod kube-system/etcd-master``."""
        where = f"{self._namespace}/" if self._namespace else ""
        return harmless(f"{self._kind} {where}{self._object}")

    async def read(self, network: Network) -> str | Trouble:
        """kubectl describe."""
        return await look_at_object(self.at.cluster, network, self._kind, self._object, self._namespace)


class ContainerLog(TextScreen):
    """The log of one container, from its runtime: also when the API server is down."""

    TITLE_TEXT = T("Log of a container")
    ABOUT = (T("The last 1,000 lines, from the node's runtime: no API server is needed for it."),)

    def __init__(self, place: Place, node: str, container: str, name: str) -> None:
        super().__init__(place)
        self._node, self._container, self._title = node, container, name

    @property
    def name_of_it(self) -> str:
        """Node and container."""
        return harmless(f"{self._node} {mark('·')} {self._title} {self._container}")

    async def read(self, network: Network) -> str | Trouble:
        """crictl logs."""
        return await look_at_log(network, self._node, self._container, _LINES)

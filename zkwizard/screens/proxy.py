"""Step 3: how nodes reach packages and images: directly, through a proxy, from mirrors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import DataTable, Static

from zkwizard.engine.background import Background, Emit, Register
from zkwizard.engine.inside.reach import Reaches, try_addresses
from zkwizard.inspect.reach import Reached
from zkwizard.model.faults import Keys
from zkwizard.model.text import T, Text
from zkwizard.phases.addresses import no_proxy
from zkwizard.screens.case import Case
from zkwizard.screens.step import StepScreen
from zkwizard.screens.steps import Step
from zkwizard.widgets.field import Field, Kind
from zkwizard.widgets.words import labelled, mark, say, say_error

_SOURCES: tuple[tuple[str, Text, Text], ...] = (
    ("kubernetes", T("Kubernetes"), T("for pkgs.k8s.io")),
    ("runtime", T("containerd"), T("for download.docker.com")),
    ("zerotier", T("ZeroTier"), T("for download.zerotier.com")),
)
_REGISTRIES = ("registry.k8s.io", "ghcr.io", "docker.io")


class ProxyStep(StepScreen):
    """Everything here may stay empty: then all nodes reach the official places directly."""

    STEP = Step.PROXY
    ABOUT_PLACE = T("Proxy and mirrors")
    ABOUT = (
        T(
            "All of it may stay empty where the official places can be reached. In mainland China they "
            "mostly can't: use a proxy inside the overlay or mirrors. F2 tries every address from every "
            "node, directly and through the proxy, and shows what answered."
        ),
        T("The proxy's password is asked for when it is needed, never written to the file."),
    )
    BINDINGS: ClassVar = [Binding("f2", "test", str(T("Test")), id="proxy.test")]

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self._testing = False
        self._rows: list[tuple[str, ...]] = []
        self._absent: list[str] = []
        """Why nodes could not be asked."""

    def body(self) -> Iterable[Widget]:
        """Proxy, who uses it, mirrors, and the table of what answers."""
        fields: list[Widget] = [
            Field(("proxy", "url"), T("Proxy"), hint=T("http://user@host:port, or none")),
            Field(
                ("proxy", "no_proxy"),
                T("Also direct"),
                kind=Kind.LIST,
                hint=T("hosts, .domains, networks"),
            ),
        ]
        for index in self.draft.nodes:
            name = self.draft.given("nodes", index, "name") or f"#{index + 1}"
            fields.append(Field(("nodes", index, "proxy"), T("used by {name}", name=name), kind=Kind.FLAG))
        fields += [
            Static(id="no-proxy", markup=False, classes="said"),
            Static(say(T("Mirrors of packages")), classes="section", markup=False),
        ]
        for name, label, instead in _SOURCES:
            place: Keys = ("mirrors", "packages", name)
            fields += [
                Field((*place, "url"), label, hint=instead),
                Field(
                    (*place, "suite"),
                    T("  suite"),
                    hint=T("empty: codename; / is flat"),
                    id=f"{name}-suite",
                ),
                Field((*place, "components"), T("  components"), kind=Kind.LIST, id=f"{name}-components"),
                Field(
                    (*place, "key"), T("  signing key"), hint=T("empty: its usual place"), id=f"{name}-key"
                ),
            ]
        fields.append(Static(say(T("Mirrors of images")), classes="section", markup=False))
        fields.append(
            Field(
                ("mirrors", "images", "repository"),
                T("kubeadm's"),
                hint=T("registry/path of a mirror"),
            )
        )
        for registry in _REGISTRIES:
            place = ("mirrors", "images", "registries", registry)
            fields.append(Field(place, T("{registry}", registry=registry), hint=T("https://mirror")))
        fields += [
            Static(say(T("What answers (F2)")), classes="section", markup=False),
            DataTable(id="reached", cursor_type="row"),
            Static(id="reached-note", markup=False, classes="said"),
        ]
        yield VerticalScroll(*fields, classes="page", can_focus=False)

    def on_mount(self) -> None:
        """The table comes with what answers."""
        self.query_one("#reached", DataTable).display = False
        super().on_mount()

    def changed(self) -> None:
        """NO_PROXY as it will be; details of mirrors that there are."""
        note = self.query_one("#no-proxy", Static)
        cluster = self.draft.cluster
        note.display = bool(self.draft.given("proxy", "url"))
        if cluster:
            note.update(say(T("NO_PROXY will be: {hosts}", hosts=", ".join(no_proxy(cluster)))))
        else:
            note.update(say(T("NO_PROXY is shown here as soon as no answer is missing")))
        for name, _, _ in _SOURCES:
            there = self.draft.raw("mirrors", "packages", name) is not None
            for part in ("suite", "components", "key"):
                self.query_one(f"#{name}-{part}", Field).display = there

    def action_test(self) -> None:
        """Every address from every node, on both ways."""
        from zkwizard.screens.trying import Pump

        cluster = self.draft.cluster
        if cluster is None or self._testing:
            if cluster is None:
                words = T(
                    "{count} answers are missing or wrong: see the line of steps",
                    count=len(self.draft.faults),
                )
                self.zk.notify(say(words), markup=False)
            return
        self._testing = True
        self._rows.clear()
        self._absent.clear()
        app, draft, facts = self.zk, self.draft, self.case.facts()
        table = self.query_one("#reached", DataTable)
        table.clear()
        table.display = True
        self.query_one("#reached-note", Static).update(say(T("asking the nodes …")))
        table.scroll_visible()

        async def work(emit: Emit, register: Register) -> None:
            password = None
            if cluster.proxy and "@" in cluster.proxy.url:
                password = await app.services.proxy_password(app.asking)
            network = app.services.network(cluster, draft.path, app.asking)
            try:
                await try_addresses(cluster, facts, network, password, emit)
            finally:
                await network.close()

        Pump(app, Background(work), self._told, self._ended)

    def _told(self, told: Reaches) -> None:
        if not self.here:
            return
        if told.error:
            self._rows.append((told.node, f"{mark('✗')} {say(T('no contact'))}", "", ""))
            self._absent.append(f"{mark('✗')} {labelled(told.node, told.error)}")
        direct = {result.url: result for result in told.results if not result.through_proxy}
        proxied = {result.url: result for result in told.results if result.through_proxy}
        for url, result in direct.items():
            address = url.removeprefix("https://")
            shown = address if len(address) <= 34 else f"{address[:33]}…"
            self._rows.append((told.node, shown, _words(result), _words(proxied.get(url))))
        self._fill()

    def _fill(self) -> None:
        """The table anew, its columns as wide as what is in them: titles drawn already would stay."""
        table = self.query_one("#reached", DataTable)
        titles = tuple(map(say, (T("Node"), T("Address"), T("Directly"), T("By the proxy"))))
        proxied = self.draft.given("proxy", "url")
        rows = [row if proxied else row[:-1] for row in (titles, *self._rows)]
        table.clear(columns=True)
        for title, cells in zip(rows[0], zip(*rows, strict=True), strict=True):
            table.add_column(title, width=max(map(cell_len, cells)))
        table.add_rows(rows[1:])
        table.styles.height = min(table.row_count, 14) + 1

    def _ended(self, error: BaseException | None) -> None:
        self._testing = False
        if self.here:
            words = T("{mark} answers, with HTTP's code; 401 of a registry is an answer", mark=mark("✓"))
            lines = [say_error(error) if error else say(words), *self._absent]
            self.query_one("#reached-note", Static).update("\n".join(lines))
            self.query_one("#reached-note").scroll_visible()


def _words(result: Reached | None) -> str:
    if result is None:
        return "–"
    if result.good:
        return f"{mark('✓')} {result.code}  {result.seconds:.1f} s"
    return f"{mark('✗')} {say(result.trouble) or result.code}"

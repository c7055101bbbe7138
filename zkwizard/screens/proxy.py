"""Step 3: how nodes reach packages and images: directly, through a proxy, from mirrors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import DataTable, Static

from zkwizard.engine.background import Background, Emit, Register
from zkwizard.engine.reach import Reaches, try_addresses
from zkwizard.inspect.reach import Reached
from zkwizard.model.faults import Keys
from zkwizard.model.text import T, Text
from zkwizard.phases.addresses import no_proxy
from zkwizard.screens.step import StepScreen
from zkwizard.screens.steps import Step
from zkwizard.widgets.field import Field, Kind
from zkwizard.widgets.words import mark, say, say_error

_SOURCES: tuple[tuple[str, Text, Text], ...] = (
    ("kubernetes", T("Kubernetes"), T("instead of pkgs.k8s.io")),
    ("runtime", T("containerd"), T("instead of download.docker.com")),
    ("zerotier", T("ZeroTier"), T("instead of download.zerotier.com")),
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

    _testing = False

    def body(self) -> Iterable[Widget]:
        """Proxy, who uses it, mirrors, and the table of what answers."""
        fields: list[Widget] = [
            Field(("proxy", "url"), T("Proxy"), hint=T("http://[user@]host:port, or nothing")),
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
        """Columns of the table."""
        table = self.query_one("#reached", DataTable)
        table.add_columns(say(T("Node")), say(T("Address")), say(T("Directly")), say(T("By the proxy")))
        table.display = False
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
        table = self.query_one("#reached", DataTable)
        if told.error:
            table.add_row(told.node, f"{mark('✗')} {say(told.error).splitlines()[0]}", "", "")
        direct = {result.url: result for result in told.results if not result.through_proxy}
        proxied = {result.url: result for result in told.results if result.through_proxy}
        for url, result in direct.items():
            address = url.removeprefix("https://")
            shown = address if len(address) <= 34 else f"{address[:33]}…"
            table.add_row(told.node, shown, _words(result), _words(proxied.get(url)))
        table.styles.height = min(table.row_count, 14) + 1

    def _ended(self, error: BaseException | None) -> None:
        self._testing = False
        if self.here:
            words = T("{mark} answers, with HTTP's code; 401 of a registry is an answer", mark=mark("✓"))
            self.query_one("#reached-note", Static).update(say_error(error) if error else say(words))
            self.query_one("#reached-note").scroll_visible()


def _words(result: Reached | None) -> str:
    if result is None:
        return "–"
    if result.good:
        return f"{mark('✓')} {result.code}  {result.seconds:.1f} s"
    return f"{mark('✗')} {say(result.trouble) or result.code}"

"""No English on any screen in another language."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.binding import Binding
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import DataTable, Select, Static
from textual.widgets._footer import FooterKey

from tests.brackets import marked, unmarked
from tests.ui.look import Seen, opened
from tests.ui.marked import LARGE, MARKED, actions, english, told
from zkwizard import screens
from zkwizard.app import Look
from zkwizard.model.cluster import Cluster, Kubernetes, Mirrors, Node, Overlay, Proxy, Ssh
from zkwizard.model.events import PersonNeeded
from zkwizard.model.ports import Claim
from zkwizard.model.text import T
from zkwizard.screens.choices import Choice, Choices
from zkwizard.screens.help import Help
from zkwizard.screens.home import Home
from zkwizard.screens.import_nodes import ImportNodes
from zkwizard.screens.node import NodeScreen
from zkwizard.screens.palette import Palette
from zkwizard.screens.person import Needed
from zkwizard.screens.questions import Confirm, SecretQuestion, TextQuestion, host_key
from zkwizard.screens.run.questions import held
from zkwizard.screens.step import StepTab
from zkwizard.screens.steps import Step
from zkwizard.screens.too_small import TooSmall
from zkwizard.store.catalogue import translator
from zkwizard.widgets.textual_words import KEYS

LIVE = "test_ui_words_live.py"
FILE = """\
name: ours
domain: zk.internal
overlay: {network: 0123456789abcdef, cidr: 10.9.8.0/24}
nodes:
  - {name: master, role: control-plane, ssh: {host: 203.0.113.10}, overlay_ip: 10.9.8.1, provider: tencent}
  - {name: node1, ssh: {host: 203.0.113.11, port: 2222}, overlay_ip: 10.9.8.2, region: 上海}
"""
BROKEN = (
    FILE.replace("10.9.8.0/24", "10.9.8.0/33").replace("port: 2222", "port: 0").replace("master", "-"),
    FILE.replace("zk.internal", "cluster.local").replace("node1", "master").replace("10.9.8.2", "10.9.9.2"),
    "overlay: {driver: wireguard}\n"
    "nodes:\n  - {role: worker, ssh: {user: -x, key: /dev/null}, proxy: true}\n",
    FILE + "kubernetes: {version: 1.20, pod_subnet: 10.9.0.0/16, service_subnet: 10.96.0.1/12, swap: 1}\n"
    "proxy: {url: 'https://a:b@c'}\nmirrors: {packages: {kubernetes: {suite: /}}, images: {registries: []}}\n"
    "password: x\n",
)
"""Files with faults of every kind."""
DATA = (
    FILE,
    "worker root yaml iptables Tencent Cloud ubuntu docker io containerd zerotier one kubelet ghcr registry",
    "existing",
)
"""Everything on the screens that is a name, a value or an answer."""
_KEYS_OF_THE_FILE = " ".join(
    name for part in (Cluster, Node, Kubernetes, Overlay, Proxy, Mirrors, Ssh) for name in part.model_fields
)


@pytest.fixture
def ours(place: Path) -> Path:
    path = place / "ours.yaml"
    path.write_text(FILE)
    return path


async def _at(seen: Seen, step: Step) -> None:
    """Go to a step from the first one."""
    await seen.until(lambda: getattr(seen.app.screen, "STEP", None) is Step.NODES)
    for number in range(2, step + 1):
        await seen.press("ctrl+n")
        await seen.until(lambda n=number: getattr(seen.app.screen, "STEP", None) == n)
    if step is Step.REVIEW:
        await seen.until(lambda: "overlay-join" in seen.text, "the plan")
    await seen.pilot.pause()


async def test_home(ours: Path) -> None:
    async with opened(size=LARGE, look=MARKED) as seen:
        assert english(seen) == {}
        assert actions(seen) == {}
        seen.app.open_cluster(ours)
        await _at(seen, Step.NODES)
        await seen.press("escape")
        await seen.until(lambda: isinstance(seen.app.screen, Home) and "ours" in seen.text)
        assert english(seen, *DATA, str(ours)) == {}


@pytest.mark.parametrize("step", [Step.NODES, Step.OVERLAY, Step.PROXY, Step.CLUSTER, Step.REVIEW])
async def test_the_steps_their_help_and_their_actions(ours: Path, step: Step) -> None:
    async with opened(size=LARGE, look=MARKED) as seen:
        seen.app.open_cluster(ours)
        await _at(seen, step)
        assert english(seen, *DATA, skip="#review-text") == {}
        assert actions(seen) == {}
        await seen.press("f1")
        await seen.until(lambda: isinstance(seen.app.screen, Help))
        await seen.pilot.pause()
        assert english(seen) == {}


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("step", [Step.NODES, Step.OVERLAY, Step.PROXY, Step.CLUSTER, Step.REVIEW])
async def test_what_is_wrong(ours: Path, step: Step, broken: str) -> None:
    """The reasons beside the fields, the table, the tree."""
    ours.write_text(broken)
    async with opened(size=LARGE, look=MARKED) as seen:
        seen.app.open_cluster(ours)
        await seen.until(lambda: getattr(seen.app.screen, "STEP", None) is Step.NODES)
        if step is not Step.NODES:
            seen.app.screen.dismiss(step)
        await seen.until(lambda: getattr(seen.app.screen, "STEP", None) is step)
        await seen.pilot.pause()
        assert english(seen, *DATA, broken, _KEYS_OF_THE_FILE) == {}


async def test_one_machine_and_the_import(ours: Path) -> None:
    async with opened(size=LARGE, look=MARKED) as seen:
        seen.app.open_cluster(ours)
        await _at(seen, Step.NODES)
        await seen.until(lambda: seen.app.screen.query_one(DataTable).row_count == 2)
        await seen.press("enter")
        await seen.until(lambda: isinstance(seen.app.screen, NodeScreen))
        await seen.pilot.pause()
        assert english(seen, *DATA) == {}
        await seen.press("escape")
        await _at(seen, Step.NODES)
        await seen.press("i")
        await seen.until(lambda: isinstance(seen.app.screen, ImportNodes))
        await seen.pilot.pause()
        assert english(seen, *DATA) == {}
        await seen.press("ctrl+s")
        await seen.until(lambda: len(seen.app._notifications))
        assert told(seen) == []


async def test_questions() -> None:
    async with opened(size=LARGE, look=MARKED) as seen:
        for question in (
            host_key("node1", "203.0.113.11", "SHA256:abc"),
            Confirm(T("Run it?"), yes=T("Yes"), no=T("No")),
            SecretQuestion(T("Passphrase of {path}", path="id")),
            TextQuestion(T("Which cluster file?"), T("Esc: back")),
            Choices(
                T("Another run has the nodes"), T("Leave it alone"), choices=[Choice("a", "a", T("Stay"))]
            ),
            held(Claim("r", "ours", "ann@desk").words, idle=True),
            Needed(
                PersonNeeded(
                    at=0.0, phase="overlay-authorise", step="members", text=T("Authorise these:\n1")
                ),
                lambda: True,
                Path(),
            ),
        ):
            seen.app.push_screen(question)
            await seen.until(lambda shown=question: seen.app.screen is shown)
            await seen.pilot.pause()
            assert english(seen, "SHA abc node id ours ann desk") == {}
            assert unmarked(seen.text).strip() != "", "the screen below shows through"
            await seen.press("escape")
            await seen.until(lambda shown=question: seen.app.screen is not shown)


async def test_the_palette_and_its_themes() -> None:
    async with opened(size=LARGE, look=MARKED) as seen:
        await seen.press("ctrl+p")
        await seen.until(lambda: isinstance(seen.app.screen, Palette) and "«Theme»" in seen.text)
        assert english(seen) == {}
        await seen.type("qqqq")
        await seen.shows("«No action has this name»")
        await seen.press("escape")
        await seen.until(lambda: not isinstance(seen.app.screen, Palette))
        seen.app.action_change_theme()
        await seen.until(lambda: isinstance(seen.app.screen, Palette))
        await seen.pilot.pause()
        assert english(seen, *seen.app.available_themes) == {}


async def test_too_small_and_ctrl_c() -> None:
    async with opened(size=LARGE, look=MARKED) as seen:
        await seen.press("ctrl+c")
        await seen.until(lambda: len(seen.app._notifications))
        assert told(seen, "ctrl") == []
        await seen.pilot.resize_terminal(79, 23)
        await seen.until(lambda: isinstance(seen.app.screen, TooSmall))
        await seen.pilot.pause()
        assert english(seen) == {}


async def test_textual_says_nothing_of_its_own(ours: Path) -> None:
    """Every description of a key that a screen of the wizard can have, Textual's included, is marked."""
    marked = {text.template for text in KEYS}
    async with opened(ours, size=LARGE) as seen:
        classes = {type(widget) for widget in seen.app.screen.walk_children()}
        for step in (Step.OVERLAY, Step.PROXY, Step.CLUSTER, Step.REVIEW):
            await seen.press("ctrl+n")
            await seen.until(lambda at=step: getattr(seen.app.screen, "STEP", None) is at)
            classes |= {type(widget) for widget in seen.app.screen.walk_children()}
    of_textual = {base for each in classes for base in each.__mro__ if base.__module__.startswith("textual.")}
    said = {
        binding.description
        for base in of_textual
        for binding in vars(base).get("BINDINGS", ())
        if isinstance(binding, Binding) and binding.description
    }
    assert len(said) > 30
    assert said - marked == set()


def test_every_screen_is_looked_at() -> None:
    """Here or, where it shows nodes, in test_ui_words_live.py."""
    looked = "".join(Path(__file__).with_name(name).read_text() for name in (Path(__file__).name, LIVE))
    modules = [each.name for each in pkgutil.walk_packages(screens.__path__, f"{screens.__name__}.")]
    classes = {
        name: kind
        for module in modules
        for name, kind in vars(importlib.import_module(module)).items()
        if isinstance(kind, type) and issubclass(kind, Screen) and kind.__module__ == module
    }
    bases = {base for kind in classes.values() for base in kind.__mro__[1:]}
    assert len(classes) > 30
    steps = {name: f"Step.{kind.STEP.name}" for name, kind in classes.items() if hasattr(kind, "STEP")}
    last = [name for name, kind in classes.items() if kind not in bases]
    assert [name for name in last if steps.get(name, name) not in looked] == []


def test_english_is_seen() -> None:
    assert marked("{count} of {all} nodes") == "{count}« of »{all}« nodes»"
    assert unmarked(T("{what} is wrong", what=T("the port")).render(marked)).split() == []
    assert unmarked(T("{what} is wrong", what="the port").render(marked)).split() == ["the", "port"]
    assert unmarked("«a {b}» c «d «e» f» g").split() == ["c", "g"]
    assert unmarked("plain") == "plain"


@pytest.mark.parametrize("step", [Step.NODES, Step.OVERLAY, Step.PROXY, Step.CLUSTER, Step.REVIEW])
async def test_chinese_fits_into_80_by_24(ours: Path, step: Step) -> None:
    """Nothing is cut in Chinese, whose characters take two cells each."""
    async with opened(look=Look(translator(["zh_TW"]))) as seen:
        seen.app.open_cluster(ours)
        await _at(seen, step)
        screen = seen.app.screen
        lines = seen.text.splitlines()
        assert all(cell_len(line) == 80 for line in lines)
        keys = [key for key in screen.query(FooterKey) if key.description]
        assert keys and [key.description for key in keys if key.description not in lines[-1]] == []
        tabs = list(screen.query(StepTab))
        assert [tab.region.right for tab in tabs if tab.region.right > 80] == []
        assert "6 執行" in lines[1]
        wide = [
            str(label.visual)
            for label in screen.query(".label").results(Static)
            if 0 < label.size.width < _cells(label)
        ]
        assert wide == []
        assert [select.id for select in screen.query(Select) if select.size.height != 1] == []


def _cells(label: Widget) -> int:
    """How many cells its text takes, the padding besides."""
    return cell_len(str(label.visual)) if isinstance(label, Static) else 0

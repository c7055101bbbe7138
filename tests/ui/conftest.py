"""Runs tests that are coroutines. Every test has a state folder, a home and a working folder of its own, and
practice nodes if it asks for some.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import coroutines
from tests.missing import or_skip
from tests.practice.commands import Place
from tests.ui.made import made_cluster, practice_nodes
from tests.ui.snapshot import NOW
from zkwizard.cli.screens import Live
from zkwizard.widgets.words import speak


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Also tests that are coroutines."""
    return coroutines.run(pyfuncitem)


COMMENTED = """\
# ours, keep this line
name: ours   # the name
domain: zk.internal
overlay:
  network: 0123456789abcdef
  cidr: 10.9.8.0/24
nodes:
  - name: master  # in Shanghai
    role: control-plane
    ssh: {host: 203.0.113.10}
    overlay_ip: 10.9.8.1
  # the cheap one
  - name: node1
    ssh:
      host: 203.0.113.11
      port: 2222   # theirs
    overlay_ip: 10.9.8.2
"""


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """The language is one per process: the next test has English again."""
    yield
    speak(str)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return _settled(tmp_path, monkeypatch)


def _settled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """State, home and working folder are in ``folder`` from now on; gives the last."""
    for name in ("state", "home", "desk"):
        (folder / name).mkdir()
    monkeypatch.setenv("ZKWIZARD_STATE", str(folder / "state"))
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.chdir(folder / "desk")
    return folder / "desk"


@pytest.fixture
def scene(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder of a kept screen: its path is as long as any other's, and the clock stands."""
    with (
        tempfile.TemporaryDirectory(prefix="zk-", dir="/tmp") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("TZ", "UTC")
        time.tzset()
        patch.setattr(time, "time", lambda: NOW)
        yield _settled(Path(folder), monkeypatch)
    time.tzset()


@pytest.fixture
def file(place: Path) -> Path:
    """A cluster file without faults, with comments and a layout of its own."""
    path = place / "cluster.yaml"
    path.write_text(COMMENTED)
    return path


@pytest.fixture
def own_nodes(place: Path) -> Iterator[None]:
    """Practice nodes that the test starts are ended after it."""
    yield
    if found := practice_nodes():
        found.stop()


@pytest.fixture
def practice(own_nodes: None) -> Path:
    """The cluster file of three practice nodes; skips where there can be none."""
    with or_skip():
        file = Live().start_practice()
    return file


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A practice cluster that is made, for all tests of a file; its nodes are ended afterwards."""
    yield from made_cluster(tmp_path_factory.mktemp("made"))


@pytest.fixture
def made(finished: Place, place: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The same, and the screens of this test see its state."""
    for name in ("HOME", "ZKWIZARD_STATE"):
        monkeypatch.setenv(name, finished.variables[name])
    return finished

"""Runs tests that are coroutines; a state folder, a home and a working folder of their own for every test."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from zkwizard.widgets.words import speak


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Each in an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


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
    for name in ("state", "home", "work"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("ZKWIZARD_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture
def file(place: Path) -> Path:
    """A cluster file without faults, with comments and a layout of its own."""
    path = place / "cluster.yaml"
    path.write_text(COMMENTED)
    return path

"""``reset`` before it reaches any node: what it refuses, and which run it goes on with."""

from __future__ import annotations

from pathlib import Path

import pytest

from zkwizard.cli.main import run
from zkwizard.cli.prompt import TerminalPrompter
from zkwizard.cli.runs import _folder
from zkwizard.cli.session import Site
from zkwizard.model.events import PhaseEnded, PhaseStarted, RunEnded, RunStarted
from zkwizard.model.secret import Redactor
from zkwizard.model.step import Outcome
from zkwizard.store.clusterfile import load
from zkwizard.store.journal import Journal

FILE = """\
name: home
overlay:
  driver: {driver}
  {network}
  cidr: 10.9.8.0/24
nodes:
  - name: master
    role: control-plane
    ssh: {{host: 203.0.113.18}}
    overlay_ip: 10.9.8.118
  - name: node1
    ssh: {{host: {host}}}
    overlay_ip: 10.9.8.65
"""


def _file(folder: Path, *, driver: str = "zerotier", host: str = "198.51.100.65") -> str:
    path = folder / "cluster.yaml"
    network = 'network: "8fa62dfe16000001"' if driver == "zerotier" else ""
    path.write_text(FILE.format(driver=driver, network=network, host=host))
    return str(path)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZKWIZARD_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.mark.parametrize(
    ("made", "words", "said"),
    [
        ({}, ["--yes", "Home"], "this cluster is called home"),
        ({}, ["--yes", ""], "this cluster is called home"),
        ({}, ["--yes", "home", "--node", "node9"], "allowed: master, node1"),
        ({"driver": "existing"}, ["--yes", "home", "--leave-overlay"], "found overlay.driver existing"),
        ({"host": "10.9.8.65"}, ["--yes", "home", "--leave-overlay"], "node1 would be out of reach"),
    ],
)
def test_bad_input_is_refused_before_any_node_is_asked(
    made: dict[str, str], words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["reset", _file(tmp_path, **made), *words]) == 2
    shown = capsys.readouterr()
    assert said in shown.err and shown.out == "" and len(shown.err.splitlines()) == 1


def _begun(site: Site, purpose: str, *, over: bool) -> str:
    folder = site.state.new_run()
    journal = Journal(folder)
    print_ = site.fingerprint
    journal(
        RunStarted(
            at=1.0, run=folder.id, cluster="home", phases=("one",), purpose=purpose, fingerprint=print_
        )
    )
    journal(PhaseStarted(at=1.0, phase="one", node="node1", sha256="sum"))
    journal(PhaseEnded(at=2.0, phase="one", node="node1", outcome=Outcome.CHANGED))
    if over:
        journal(RunEnded(at=3.0, run=folder.id, outcome=Outcome.CHANGED))
    journal.close()
    return folder.id


@pytest.mark.parametrize(
    ("before", "over", "now", "goes_on"),
    [
        ("run", False, "run", True),
        ("reset", False, "reset", True),
        ("run", False, "reset", False),
        ("reset", False, "run", False),
        ("run", True, "run", False),
        ("reset", True, "run", False),
    ],
)
def test_only_what_was_begun_for_the_same_goes_on(
    before: str, over: bool, now: str, goes_on: bool, tmp_path: Path
) -> None:
    file, redactor = Path(_file(tmp_path)), Redactor()
    site = Site(load(file), file, TerminalPrompter(redactor), redactor)
    begun = _begun(site, before, over=over)
    folder, history = _folder(site, now)
    assert (folder.id == begun) is goes_on is (history is not None)
    if history:
        known = {} if now == "reset" else {("one", "node1"): "sum"}
        assert history.done == known, "a reset looks again at everything"

"""Which run a new one goes on with, and what is left of one that never starts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.ports import NoAnswers
from zkwizard.cli.runs import Run
from zkwizard.cli.session import Site
from zkwizard.model.errors import ZkwizardError
from zkwizard.model.events import PhaseEnded, PhaseStarted, RunEnded, RunStarted
from zkwizard.model.secret import Redactor
from zkwizard.model.step import Outcome
from zkwizard.phases.order import PHASES
from zkwizard.store.clusterfile import load
from zkwizard.store.journal import Journal
from zkwizard.store.state import RunFolder

FILE = """\
name: home
overlay: {driver: existing, cidr: 10.9.8.0/24}
nodes: [{name: master, role: control-plane, ssh: {host: 203.0.113.1}, overlay_ip: 10.9.8.1}]
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("ZKWIZARD_STATE", str(tmp_path / "state"))
    file = tmp_path / "cluster.yaml"
    file.write_text(FILE)
    return Site(load(file), file, NoAnswers(), Redactor())


def begun(site: Site) -> Run:
    return Run(site, PHASES, ["master"])


def interrupted(site: Site, *, over: bool = False) -> RunFolder:
    """A run that did one phase, and has no end unless it is ``over``."""
    folder = site.state.new_run()
    journal = Journal(folder)
    now = time.time()
    at: dict[str, Any] = {"phase": "names", "node": "master"}
    journal(
        RunStarted(at=now, run=folder.id, cluster="home", phases=("names",), fingerprint=site.fingerprint)
    )
    journal(PhaseStarted(at=now, **at, sha256="sum"))
    journal(PhaseEnded(at=now, **at, outcome=Outcome.CHANGED))
    if over:
        journal(RunEnded(at=now, run=folder.id, outcome=Outcome.CHANGED))
    journal.close()
    return folder


def later(site: Site) -> RunFolder:
    """A run that was killed before it began anything: its name sorts last."""
    folder = RunFolder(site.state.path / "runs" / "99990101-000000-ffffff")
    Journal(folder).close()
    return folder


def test_a_run_that_never_starts_gives_the_cluster_free_and_leaves_nothing(site: Site) -> None:
    run = begun(site)
    with pytest.raises(ZkwizardError, match="another zkwizard is running this cluster here"):
        begun(site)
    run.abandon()
    assert site.state.runs() == []
    run.abandon()
    begun(site).abandon()


def test_what_an_interrupted_run_did_stays_when_going_on_is_given_up(site: Site) -> None:
    folder = interrupted(site)
    run = begun(site)
    assert run.folder.id == folder.id
    run.abandon()
    again = begun(site)
    assert again.history is not None
    assert again.history.done == {("names", "master"): "sum"}
    again.abandon()


def test_one_that_was_killed_before_it_began_hides_no_interrupted_one(site: Site) -> None:
    folder = interrupted(site)
    later(site)
    run = begun(site)
    assert run.folder.id == folder.id
    run.abandon()


def test_after_a_run_that_is_over_there_is_a_new_one(site: Site) -> None:
    folder = interrupted(site, over=True)
    later(site)
    run = begun(site)
    assert (run.history, run.folder.id == folder.id) == (None, False)
    run.abandon()

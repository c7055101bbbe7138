"""One practice cluster for the tests that only look at it, and one set of certificates for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from zkwizard.demo import pki, practice


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared set of certificates."""
    folder = tmp_path_factory.mktemp("pki")
    pki.make_set(folder / "0")
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[practice.Practice]:
    """Three fresh nodes, the same ones for a whole file of tests."""
    running = practice.start(
        tmp_path_factory.mktemp("practice"), practice.PracticeOptions(authorise_after=1.0)
    )
    yield running
    running.stop()

"""What the tests of shell programs run in."""

from __future__ import annotations

import pytest

from tests import missing


@pytest.fixture
def namespaces() -> None:
    """Namespaces of one's own, in which a test is root and has its own mounts and network."""
    with missing.or_skip():
        missing.namespaces()

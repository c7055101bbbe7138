"""A node in namespaces for one test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.phases.scratch_node import ScratchNode


@pytest.fixture
def scratch(namespaces: None, tmp_path: Path) -> ScratchNode:
    return ScratchNode(tmp_path)

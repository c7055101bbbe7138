from __future__ import annotations

from pathlib import Path

import pytest
from scratch_node import ScratchNode


@pytest.fixture
def scratch(tmp_path: Path) -> ScratchNode:
    return ScratchNode(tmp_path)

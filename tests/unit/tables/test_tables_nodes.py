"""The table of nodes, in words that can be said in another language."""

from __future__ import annotations

import pytest

from zkwizard.engine.inside.inspection import NodeReport, NodesReport
from zkwizard.inspect.nodes import KubeNode
from zkwizard.model.text import Text, render
from zkwizard.tables.nodes import table


@pytest.mark.parametrize(
    ("roles", "told", "is_ours"),
    [
        ((), "worker", True),
        (("control-plane",), "control plane", True),
        (("control-plane", "gpu"), "control plane, gpu", False),
        (("storage-node",), "storage node", False),
    ],
)
def test_roles(roles: tuple[str, ...], told: str, is_ours: bool) -> None:
    kube = KubeNode("n1", True, (), roles, "10.9.8.1", "v1.36.2", "", "", "", "")
    made = table(NodesReport((NodeReport("n1", "10.9.8.1", kube),), None, {}))
    cell = made.rows[0].cells[2]
    assert not isinstance(cell, tuple)
    assert render(cell, str) == told
    assert isinstance(cell, Text) is is_ours

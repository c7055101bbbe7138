"""The pod network: what is asked of it before the other nodes join."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.phases.clusters import context
from tests.unit.phases.scratch_node import ScratchNode
from zkwizard.phases import network

ASKED = (
    "kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=30s -n kube-flannel get pods "
    "-l app=flannel --field-selector spec.nodeName=master "
    "-o jsonpath={.items[*].status.containerStatuses[*].ready}"
)


@pytest.mark.parametrize(
    ("said", "how"), [("true", "unchanged"), ("false", "failed"), ("", "failed"), ("true false", "failed")]
)
def test_only_the_pod_of_this_node_is_waited_for(scratch: ScratchNode, said: str, how: str) -> None:
    """A worker that is down keeps its object in the cluster, and only a later phase can repair it."""
    scratch.standin("kubectl", f"printf %s '{said}'")
    (step,) = (found for found in network.steps(context()) if found.id == "flannel-runs")
    at_once = step.apply.replace("$(( $(date +%s) + 885 ))", "0")
    assert at_once != step.apply
    assert scratch.run([replace(step, apply=at_once)]).hows == {"flannel-runs": how}
    assert ASKED in scratch.calls

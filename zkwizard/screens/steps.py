"""The steps of the wizard, in their order, and which answers belong to which."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from zkwizard.model.faults import Fault
from zkwizard.model.text import T

if TYPE_CHECKING:
    from zkwizard.screens.case import Case
    from zkwizard.screens.step import StepScreen


class Step(IntEnum):
    """Where to go; HOME and RUN leave the wizard."""

    HOME = 0
    NODES = 1
    OVERLAY = 2
    PROXY = 3
    CLUSTER = 4
    REVIEW = 5
    RUN = 6


@dataclass(frozen=True)
class After:
    """What comes after a screen of the wizard; for the run also how it begins."""

    step: Step
    until: str = ""
    """The run goes on by itself up to this phase, and waits for a person then."""
    take_over: bool = False
    watch: bool = False
    """Somebody else's run is to be seen, and none to be begun."""


TITLES = {
    Step.NODES: T("Nodes"),
    Step.OVERLAY: T("ZeroTier"),
    Step.PROXY: T("Proxy"),
    Step.CLUSTER: T("Cluster"),
    Step.REVIEW: T("Review"),
    Step.RUN: T("Run"),
}

_SECTIONS = {
    "overlay": Step.OVERLAY,
    "domain": Step.OVERLAY,
    "proxy": Step.PROXY,
    "mirrors": Step.PROXY,
    "name": Step.CLUSTER,
    "kubernetes": Step.CLUSTER,
}
_OF_NODE = {"overlay_ip": Step.OVERLAY, "proxy": Step.PROXY, "swap": Step.CLUSTER}


def step_of(fault: Fault) -> Step:
    """The step that asks for what is wrong; Review for what no step asks for."""
    if fault.keys[:1] == ("nodes",):
        return _OF_NODE.get(str(fault.keys[2]), Step.NODES) if len(fault.keys) > 2 else Step.NODES
    return _SECTIONS.get(str(fault.keys[0]), Step.REVIEW) if fault.keys else Step.REVIEW


def screen_of(step: Step, case: Case) -> StepScreen:
    """The screen of a step."""
    from zkwizard.screens.cluster import ClusterStep
    from zkwizard.screens.nodes import NodesStep
    from zkwizard.screens.overlay import OverlayStep
    from zkwizard.screens.proxy import ProxyStep
    from zkwizard.screens.review import ReviewStep

    screens: dict[Step, type[StepScreen]] = {
        Step.NODES: NodesStep,
        Step.OVERLAY: OverlayStep,
        Step.PROXY: ProxyStep,
        Step.CLUSTER: ClusterStep,
        Step.REVIEW: ReviewStep,
    }
    return screens[step](case)

"""Authorising the members of the ZeroTier network: by its controller's API, or by a person."""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import OperatorAction, OperatorStep
from zkwizard.model.text import T
from zkwizard.phases.addresses import uses_zerotier
from zkwizard.steps.vocabulary import operator


def steps(context: Context) -> Sequence[OperatorStep]:
    """One step for all members, as a controller is asked once."""
    return [
        operator(
            "authorise-members",
            T("The members are authorised, each with its address"),
            T("Until then the controller tells them nothing but that they are not wanted."),
            OperatorAction.AUTHORISE_MEMBERS,
        )
    ]


PHASE = Phase(
    id="overlay-authorise",
    title=T("Authorise the members"),
    summary=T("Gives every member its overlay address at the network's controller."),
    on=On.OPERATOR,
    steps=steps,
    after=("overlay-join",),
    applies=lambda cluster, node: uses_zerotier(cluster),
)

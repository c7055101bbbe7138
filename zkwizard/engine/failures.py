"""How a task of a run can go wrong."""

from __future__ import annotations

from zkwizard.model.errors import ZkwizardError


class PhaseFailed(ZkwizardError):
    """A phase failed on a node; the message says why in a line."""


class Stopped(ZkwizardError):
    """The phase was stopped on request."""


class LeftAtWork(Stopped):
    """zkwizard stops, but the node can't be told: what is at work there goes on, to be followed again."""

"""A person authorises the members, by whatever controller the network has."""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.model.ports import Member


class ByHand:
    """Does nothing: the ids are shown, and ``overlay-up`` waits on every node until it was done."""

    automatic = False

    async def authorise(self, members: Sequence[Member]) -> None:
        """A person does it."""

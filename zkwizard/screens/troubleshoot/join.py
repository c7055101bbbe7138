"""The join command: asked for first, as it makes a token; shown to be copied."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Static

from zkwizard.engine.inside.inspection import make_join_command
from zkwizard.inspect.join import JoinCommand
from zkwizard.inspect.trouble import Trouble
from zkwizard.model.text import T
from zkwizard.screens.frame import Dialog
from zkwizard.screens.questions import Confirm
from zkwizard.screens.troubleshoot.looking import LookScreen, Place, trouble_lines
from zkwizard.widgets.log_pane.copying import copy
from zkwizard.widgets.words import say

_LIFE = 2 * 3600
"""Seconds that the token lives."""


class JoinDialog(Dialog[None]):
    """The command, until when it works, and what the machine needs."""

    BINDINGS: ClassVar = [Binding("y", "copy", str(T("Copy")), id="join.copy")]

    def __init__(self, place: Place, made: JoinCommand, ends: float) -> None:
        super().__init__()
        self._place, self._made, self._ends = place, made, ends

    def compose(self) -> ComposeResult:
        """Words around the command."""
        leader = self._place.cluster.first_control_plane
        until = time.strftime("%Y-%m-%d %H:%M", time.localtime(self._ends))
        args = {
            "until": until,
            "address": str(leader.overlay_ip),
            "name": self._made.endpoint.rpartition(":")[0],
        }
        words = T(
            "Whoever has this may add machines to the cluster until {until}. Run it as root on a machine "
            "that is in the overlay, has kubeadm and containerd, and has in its /etc/hosts: {address} {name}",
            **args,
        )
        if args["name"] == args["address"]:  # a cluster that was made by hand
            words = T(
                "Whoever has this may add machines to the cluster until {until}. Run it as root on a machine "
                "that is in the overlay, and has kubeadm and containerd.",
                **args,
            )
        with Vertical(classes="dialog wide"):
            yield Static(say(T("Join command")), markup=False, classes="heading")
            yield Static(self._made.command, markup=False, classes="paragraph", id="join-command")
            yield Static(say(words), markup=False, classes="paragraph")
            own = T("A run does all that for machines that are in the cluster file.")
            yield Static(say(own), markup=False, classes="paragraph")
            yield Static(say(T("y: copy · Esc: back")), markup=False, classes="hint")

    def action_copy(self) -> None:
        """The command alone."""
        copy(self, self._made.command, T("Copied the command"), self._place.folder / "copied.txt")


async def join_command(screen: LookScreen[Any]) -> None:
    """Ask, make, show."""
    sure = await screen.zk.push_screen_wait(
        Confirm(
            T("Make a join command?"),
            T("It has a new token that lives two hours: whoever has it may add machines to the cluster."),
            yes=T("Make it"),
            no=T("No"),
        )
    )
    if not sure:
        return
    made = await screen.ask(lambda network: make_join_command(screen.at.cluster, network, _LIFE))
    if isinstance(made, Trouble):
        screen.failed("\n".join(trouble_lines(made)))
    elif made is not None:
        screen.zk.push_screen(JoinDialog(screen.at, made, time.time() + _LIFE))

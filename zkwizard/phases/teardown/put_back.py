"""Phase ``put-back``: what zkwizard changed on the machine is as it was before.

Every phase knows how to take its own steps back, by the receipts that they left; here that is done, last
phase first. What somebody changed since stays, and is told. What the cluster file of today does not explain
any more is put back by its receipt alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from zkwizard.model.context import Context
from zkwizard.model.phase import Phase
from zkwizard.model.remains import Teardown
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.order import PHASES
from zkwizard.phases.overlay_join import package_source
from zkwizard.phases.teardown.scope import on_each
from zkwizard.steps.family import is_known
from zkwizard.steps.render import undo_steps
from zkwizard.steps.shell import words
from zkwizard.steps.vocabulary import command

_RESTART = """\
systemctl daemon-reload
for zk_f in "$ZK_HOME"/pending/*; do
  [ -e "$zk_f" ] || continue
  case ${zk_f##*/} in
  zerotier-one | apt-*) ;;
  *) if zk_active "${zk_f##*/}.service"; then systemctl restart "${zk_f##*/}.service" || :; fi ;;
  esac
  rm -f "$zk_f"
done
"""


def phase(teardown: Teardown) -> Phase:
    """On every node."""
    return on_each(
        teardown,
        "put-back",
        T("Put back what was there before"),
        T("Takes back zkwizard's own changes by their receipts; what somebody changed since stays."),
        steps,
    )


def steps(context: Context) -> Sequence[Step]:
    """Services that read a file which was put back read it again; never ZeroTier, nor the network."""
    sources = words(*package_source(context))
    return [
        *undone(context, stays=False),
        command(
            "holds",
            T("Packages are no longer held"),
            T("Those alone that were not held before."),
            check='! zk_left_receipts | grep -q "^note hold/"',
            apply="zk_holds_back",
        ),
        command(
            "other-receipts",
            T("Whatever else zkwizard changed is as it was"),
            T("An earlier cluster file may have asked for things that today's does not name."),
            check=f"! zk_left_receipts {sources} | grep -qE '^(ours|note) '",
            apply=f"zk_put_back_rest {sources}",
            verify=":",
        ),
        command(
            "services-restarted",
            T("Services have read what was put back"),
            T("Those alone that ran with it. Never ZeroTier: the way to the node may lead through it."),
            check='[ -z "$(ls -A "$ZK_HOME/pending" 2>/dev/null)" ]',
            apply=_RESTART,
        ),
    ]


def undone(context: Context, *, stays: bool) -> list[Step]:
    """The steps of all phases taken back, last one first: those of what stays by default, or the others."""
    if not is_known(context):
        return []
    found: list[Step] = []
    for done in reversed(PHASES):
        if context.node.name not in done.nodes(context.cluster):
            continue
        own = [step for step in done.steps(context) if isinstance(step, Step) and bool(step.stays) is stays]
        found += [replace(step, id=f"{done.id}-{step.id}") for step in undo_steps(own)]
    return found

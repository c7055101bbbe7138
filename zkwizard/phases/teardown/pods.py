"""Phase ``pods``: every pod of this node ends, by its runtime where that answers, else by hand.

Only what belongs to Kubernetes: containers that somebody runs beside it with Docker or nerdctl live in other
namespaces of the same runtime, which is why the runtime itself is not stopped.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.model.context import Context
from zkwizard.model.phase import Phase
from zkwizard.model.remains import Teardown
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.documents.registration import cri_socket
from zkwizard.phases.teardown.scope import on_each
from zkwizard.steps.shell import quote
from zkwizard.steps.vocabulary import command

_BY_RUNTIME = """\
zk_cri() {{ timeout -k 5 60 crictl --runtime-endpoint {socket} --timeout 20s "$@"; }}
if command -v crictl >/dev/null && zk_ids=$(zk_cri pods -q 2>/dev/null) && [ -n "$zk_ids" ]; then
  # a pod at a time: one that does not end keeps no other
  for zk_id in $zk_ids; do
    zk_cri stopp "$zk_id" || echo "pod $zk_id could not be stopped"
    zk_cri rmp -f "$zk_id" || echo "pod $zk_id could not be removed"
  done
fi
zk_ids=
! command -v docker >/dev/null || zk_ids=$(timeout 20 docker ps -aq --filter name=^k8s_ 2>/dev/null) || :
if [ -n "$zk_ids" ]; then
  for zk_id in $zk_ids; do timeout -k 5 60 docker rm -f "$zk_id" || :; done
fi
"""

_BY_HAND = """\
for zk_how in TERM KILL; do
  zk_ids=$(zk_pod_processes)
  [ -n "$zk_ids" ] || break
  echo "sending $zk_how to" $zk_ids
  for zk_id in $zk_ids; do kill -s $zk_how "$zk_id" 2>/dev/null || :; done
  for zk_try in 1 2 3 4 5 6 7 8 9 10; do
    [ -n "$(zk_pod_processes)" ] || break
    sleep 0.5
  done
done
"""

_CGROUPS = """\
systemctl stop kubepods.slice 2>/dev/null || :
for zk_g in $(zk_left_cgroups); do find "$zk_g" -depth -type d -exec rmdir {} + 2>/dev/null || :; done
"""


def phase(teardown: Teardown) -> Phase:
    """On every node."""
    return on_each(
        teardown,
        "pods",
        T("End the pods"),
        T("Ends and removes all pods, and what their shims left."),
        steps,
    )


def steps(context: Context) -> Sequence[Step]:
    """By the runtime, by hand, and the control groups that are empty then."""
    return [
        command(
            "pods-removed",
            T("No pod is left in the container runtime"),
            T("It would go on running them, and hold their mounts and network namespaces."),
            check='[ -z "$(zk_left_containers)" ]',
            apply=_BY_RUNTIME.format(socket=quote(cri_socket(context.cluster))),
            verify=":",
            limit=1800,
        ),
        command(
            "pod-processes",
            T("No process of a pod is left"),
            T("A runtime that does not answer leaves them behind."),
            check='[ -z "$(zk_pod_processes)" ]',
            apply=_BY_HAND,
            limit=120,
        ),
        command(
            "control-groups",
            T("The control groups of pods are gone"),
            T("They are empty now."),
            check='[ -z "$(zk_left_cgroups)" ]',
            apply=_CGROUPS,
            verify=":",
        ),
    ]

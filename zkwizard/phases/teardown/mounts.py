"""Phase ``mounts``: what is mounted for pods, and their network namespaces.

Before any file is deleted: behind a volume that is still mounted lie somebody's data.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.model.context import Context
from zkwizard.model.phase import Phase
from zkwizard.model.remains import Teardown
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.teardown.scope import on_each
from zkwizard.steps.vocabulary import command


def phase(teardown: Teardown) -> Phase:
    """On every node."""
    return on_each(
        teardown,
        "mounts",
        T("Unmount volumes"),
        T("Unmounts the volumes of pods and deletes their network namespaces."),
        steps,
    )


def steps(context: Context) -> Sequence[Step]:
    """A mount that is in use disappears from here at once, and from its users when they end."""
    return [
        command(
            "volumes",
            T("Nothing is mounted for pods any more"),
            T("What is behind a volume belongs to somebody, and must not be deleted with the folder."),
            check='[ -z "$(zk_left_mounts)" ]',
            apply=(
                "for zk_turn in 1 2 3; do\n"
                '  zk_left_mounts | while read -r zk_path; do zk_unmount "$zk_path" || :; done\n'
                '  [ -n "$(zk_left_mounts)" ] || break\ndone'
            ),
            limit=600,
        ),
        command(
            "network-namespaces",
            T("The network namespaces of pods are gone"),
            T("One in which a process still runs belongs to somebody else, and stays."),
            check="! zk_left_netns | grep -qv ' '",
            apply=(
                "zk_left_netns | while read -r zk_name zk_user; do\n"
                '  if [ -z "$zk_user" ]; then\n'
                '    ip netns delete "$zk_name" || umount -l "/run/netns/$zk_name" || :\n'
                '    rm -f "/run/netns/$zk_name"\n'
                '  else\n    echo "stays: $zk_name is used by process $zk_user"\n  fi\ndone'
            ),
        ),
    ]

"""All phases of a reset, in their order."""

from __future__ import annotations

from zkwizard.model.phase import Phase
from zkwizard.model.remains import Teardown
from zkwizard.phases.teardown import (
    drain,
    files,
    filters,
    forget,
    kubeconfigs,
    leave_overlay,
    links,
    mounts,
    packages,
    pods,
    proof,
    put_back,
    stop,
    unjoin,
)


def phases(teardown: Teardown) -> tuple[Phase, ...]:
    """What the cluster knows first, then what runs, what is held, what lies there; the proof last.

    Volumes are unmounted before anything deletes a folder, kubeadm too. The overlay is left last of all
    changes: until then a node can also be reached through it.
    """
    return (
        drain.phase(teardown),
        stop.phase(teardown),
        pods.phase(teardown),
        mounts.phase(teardown),
        unjoin.phase(teardown),
        forget.phase(teardown),
        links.phase(teardown),
        filters.phase(teardown),
        kubeconfigs.phase(teardown),
        files.phase(teardown),
        put_back.phase(teardown),
        packages.phase(teardown),
        leave_overlay.phase(teardown),
        proof.phase(teardown),
    )

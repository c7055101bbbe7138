"""All phases on the way to a cluster, in their order."""

from __future__ import annotations

from difflib import get_close_matches

from zkwizard.model.errors import InputError
from zkwizard.model.phase import Phase
from zkwizard.model.text import T
from zkwizard.phases import (
    certs,
    config,
    control_plane,
    etcd,
    images,
    init,
    join,
    join_token,
    kubeconfig,
    kubelet_start,
    links,
    names,
    network,
    overlay_authorise,
    overlay_join,
    overlay_up,
    packages,
    preflight,
    probe,
    proxy,
    runtime,
    system,
    verify,
)

PHASES: tuple[Phase, ...] = (
    probe.PHASE,
    overlay_join.PHASE,
    overlay_authorise.PHASE,
    overlay_up.PHASE,
    links.PHASE,
    names.PHASE,
    system.PHASE,
    proxy.PHASE,
    runtime.PHASE,
    packages.PHASE,
    config.PHASE,
    images.PHASE,
    preflight.PHASE,
    certs.PHASE,
    kubeconfig.PHASE,
    etcd.PHASE,
    control_plane.PHASE,
    kubelet_start.PHASE,
    init.PHASE,
    network.PHASE,
    join_token.PHASE,
    join.PHASE,
    verify.PHASE,
)


def find(name: str) -> Phase:
    """The phase with this id. Raises InputError, with the nearest id, for one that does not exist."""
    ids = [phase.id for phase in PHASES]
    if name in ids:
        return PHASES[ids.index(name)]
    near = get_close_matches(name[:100], ids, n=1)
    hint = T("did you mean {name}?", name=near[0]) if near else T("there are {names}", names=", ".join(ids))
    raise InputError(T("no phase is called {name}; {hint}", name=repr(name), hint=hint))

"""What becomes of the traces of a cluster on a node: which a reset takes away, which stay, and why.

The same judgement is shown before a reset and proves it afterwards: what goes before must not be there after.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zkwizard.model.remains import Fate, Kind, Proof, Remain, Teardown, Trace
from zkwizard.model.text import T, Text

_OF_CLUSTER = frozenset(
    ("kubelet", "kube-apiserver", "kube-controller", "kube-scheduler", "kube-proxy", "flanneld", "etcd", "")
)
"""Who listens on a cluster's ports for it; the kernel's VXLAN has no name."""
_CHANGED = T("somebody changed it after zkwizard wrote it")


def judge(teardown: Teardown, node: str, traces: Sequence[Trace], *, complete: bool = True) -> Proof:
    """Everything found on ``node``, in the order of the kinds."""
    order = list(Kind)
    remains = [_remain(teardown, trace) for trace in traces]
    remains.sort(key=lambda remain: order.index(remain.trace.kind))
    return Proof(node, tuple(remains), tuple(_reboot(traces)), complete)


def _remain(teardown: Teardown, trace: Trace) -> Remain:
    why = _stays(teardown, trace)
    return Remain(trace, Fate.GOES) if why is None else Remain(trace, Fate.STAYS, why)


def _stays(teardown: Teardown, trace: Trace) -> Text | None:
    """Why it stays; None when it goes."""
    match trace.kind:
        case Kind.PORT:
            return (
                None
                if trace.detail in _OF_CLUSTER
                else T("{who} listens, which is no part of it", who=trace.detail)
            )
        case Kind.NETNS if trace.mark == "busy":
            return T("used by process {who}", who=trace.detail)
        case Kind.FILE if trace.mark == "foreign":
            return T("the configuration of another network")
        case Kind.FILE if trace.mark == "other":
            return T("zkwizard did not write it; another cluster, or somebody, may need it")
        case Kind.FILE if trace.mark == "profile":
            return T("it names the administrator's kubeconfig, and zkwizard did not write it")
        case Kind.SETTING:
            return T("set by kube-proxy; what it was before is not known")
        case Kind.RECEIPT if trace.mark in ("changed", "kept"):
            return _CHANGED
        case Kind.RECEIPT if trace.mark == "source":
            goes = teardown.packages and teardown.leave_overlay
            return None if goes else T("the source of ZeroTier's package stays with it")
        case Kind.PACKAGE:
            return _package(teardown, trace)
        case Kind.OVERLAY:
            return _overlay(teardown, trace)
    return None


def _package(teardown: Teardown, trace: Trace) -> Text | None:
    if trace.mark != "ours":
        return T("zkwizard did not install it")
    if not teardown.packages:
        return T("packages stay: --packages is not chosen")
    if trace.name == "zerotier-one" and not teardown.leave_overlay:
        return T("the overlay needs it")
    return None


def _overlay(teardown: Teardown, trace: Trace) -> Text | None:
    if trace.mark != "ours":
        return T("zkwizard did not join it")
    return None if teardown.leave_overlay else T("the overlay stays: --leave-overlay is not chosen")


def _reboot(traces: Sequence[Trace]) -> Iterator[Text]:
    """What only a reboot ends, or settles."""
    for trace in traces:
        match trace.kind:
            case Kind.PROCESS:
                yield T("process {pid} ({name}) does not end", pid=trace.name, name=trace.detail)
            case Kind.LINK:
                yield T("link {name} can't be deleted", name=trace.name)
            case Kind.MOUNT:
                yield T("{path} is still mounted", path=trace.name)
            case Kind.SETTING:
                yield T(
                    "{setting} was set by kube-proxy, and the value before it is not known",
                    setting=trace.name,
                )

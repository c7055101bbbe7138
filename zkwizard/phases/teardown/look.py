"""One look at everything that a cluster leaves on a node: the text that runs there, and the reading of it.

The same look is shown before a reset and proves it afterwards. It changes nothing, and does not even make
zkwizard's folder.
"""

from __future__ import annotations

from zkwizard.model.context import Context
from zkwizard.model.remains import Kind, Trace
from zkwizard.phases.addresses import uses_zerotier
from zkwizard.phases.overlay_join import package_source
from zkwizard.phases.teardown.files import LISTED
from zkwizard.phases.teardown.kubeconfigs import entries, homes
from zkwizard.phases.teardown.packages import NAMES
from zkwizard.phases.teardown.stop import UNIT
from zkwizard.steps.runtime import functions_for
from zkwizard.steps.shell import quote, words

LIMIT = 180.0
"""Seconds for a look: a runtime or a filter that hangs is given up after 20 each."""

_PREAMBLE = """\
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export PATH LC_ALL
ZK_HOME=/var/lib/zkwizard
unset http_proxy https_proxy no_proxy all_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY
"""
_RECORDS = "/var/lib/zkwizard/runs /var/lib/zkwizard/done /var/lib/zkwizard/claim"
"""zkwizard's own, of its runs; receipts are told one by one."""
_FOREIGN = "sed 's/^/foreign /'"
_OURS = "sed 's/^/ours /'"
_END = "end"
_KINDS = frozenset(kind.value for kind in Kind)


def script(context: Context, *, after: bool = False) -> str:
    """Lines of ``kind mark name…``, and a last one that says that it is all.

    ``after`` a reset it is also told why a file could not be deleted, which takes a search.
    """
    ours = "zk_why_left" if after else _OURS
    pods = quote(str(context.cluster.kubernetes.pod_subnet))
    looks = [
        (Kind.PROCESS, f"zk_left_processes | {_OURS}"),
        (Kind.PORT, f"zk_left_ports | {_OURS}"),
        (Kind.CONTAINER, f"zk_left_containers | {_OURS}"),
        (Kind.MOUNT, f"zk_left_mounts | {_OURS}"),
        (Kind.NETNS, "zk_left_netns | sed 's/^[^ ]*$/ours &/; t; s/^/busy /'"),
        (Kind.LINK, f"zk_left_links | {_OURS}"),
        (Kind.ROUTE, f"zk_left_routes {pods} | {_OURS}"),
        (Kind.CHAIN, f"zk_left_chains {pods} | {_OURS}"),
        (Kind.TABLE, f"zk_left_tables | {_OURS}"),
        (Kind.SET, f"zk_left_sets | {_OURS}"),
        (Kind.UNIT, f"zk_left_unit {UNIT} | {_OURS}"),
        (
            Kind.FILE,
            f"{{ zk_left_files {LISTED} {_RECORDS}; zk_left_cni; }} | {ours}\n"
            f"zk_foreign_cni | {_FOREIGN}\n"
            "zk_by_hand | sed 's/^/other /'\n"
            f"zk_left_profiles {words(*homes(context))} | sed 's/^/profile /'",
        ),
        (Kind.KUBECONFIG, f"{entries(context)} | {_OURS}"),
        (Kind.SETTING, f"zk_left_settings | {_FOREIGN}"),
        (Kind.RECEIPT, f"zk_left_receipts {words(*package_source(context))}"),
        (Kind.PACKAGE, f"zk_left_packages {words(*NAMES)}"),
    ]
    if uses_zerotier(context.cluster):
        looks.append((Kind.OVERLAY, f"zk_left_overlay {quote(context.cluster.overlay.network)}"))
    body = "".join(f"{{\n{text}\n}} 2>/dev/null </dev/null | sed 's/^/{kind} /'\n" for kind, text in looks)
    return f"{_PREAMBLE}{functions_for(body, always=())}\n{body}echo {_END}\n"


def read(text: str) -> tuple[tuple[Trace, ...], bool]:
    """The traces, each once, and whether the answer is whole. Lines of other forms are passed over."""
    traces, whole = [], False
    for line in text.splitlines():
        words_ = line.split(" ", 2)
        if line == _END:
            whole = True
        elif len(words_) == 3 and words_[0] in _KINDS and words_[2]:
            traces.append(_trace(Kind(words_[0]), words_[1], words_[2]))
    return tuple(dict.fromkeys(traces)), whole


def _trace(kind: Kind, mark: str, rest: str) -> Trace:
    """Name and detail: a path is a whole line, everything else ends at the first blank."""
    if mark == "immutable":
        return Trace(kind, rest, "ours", mark)
    if kind in (Kind.FILE, Kind.MOUNT, Kind.ROUTE, Kind.CHAIN, Kind.TABLE, Kind.RECEIPT):
        return Trace(kind, rest, mark)
    name, _, detail = rest.partition(" ")
    return Trace(kind, name, mark, detail)

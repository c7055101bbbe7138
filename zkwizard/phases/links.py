"""Measuring every ordered pair of nodes: round trip, loss, path MTU, direct or relayed.

Each node measures all others at once. What it reports is ping's own output and three lines of ours, so that
the journal keeps the evidence; ``measurements`` reads it back. Judging is done elsewhere: a peer that is
unreachable is a result here, not a failure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from zkwizard.facts import ping
from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.context import Context
from zkwizard.model.facts import LinkPath, Measurement
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.addresses import peers, uses_zerotier
from zkwizard.steps.shell import quote, words
from zkwizard.steps.vocabulary import command

_SIZES = (1390, 1280)
"""Sizes of IP packets tried below the interface's MTU: the largest round one that ZeroTier sends in a single
UDP datagram (its limit is 1394), and the smallest MTU that IPv6 allows."""
_LINE = re.compile(r"^zkwizard (mtu|interface|path) (\S+)$", re.MULTILINE)
_HEADERS = 28
"""Bytes of the IPv4 and ICMP headers before ping's payload."""

_MEASURE = f"""\
zk_measure() {{ # address member
  ping -n -c 10 -i 0.2 -w 15 "$1" 2>&1 || :
  echo "zkwizard interface ${{zk_mtu:-0}}"
  for zk_size in $zk_mtu {words(*_SIZES)}; do
    [ "$zk_size" -le "${{zk_mtu:-65535}}" ] || continue
    if ping -n -q -M do -c 2 -W 2 -s $((zk_size - {_HEADERS})) "$1" >/dev/null 2>&1; then
      echo "zkwizard mtu $zk_size"
      break
    fi
  done
  echo "zkwizard path $([ -z "$2" ] && echo unknown || zk_zt_path "$2")"
}}
command -v ping >/dev/null || {{ echo 'ping is not installed'; exit 1; }}
zk_mtu=$(ip -o link show dev "$(zk_device %s)" | sed -n 's/.* mtu \\([0-9]*\\) .*/\\1/p')
%s
wait
for zk_name in %s; do
  zk_value "link-$zk_name" "$(cat "$ZK_DIR/link-$zk_name")"
  echo "$zk_name:"
  grep -E '^rtt|^round-trip|^zkwizard|loss' "$ZK_DIR/link-$zk_name"
done
"""


def steps(context: Context) -> Sequence[Step]:
    """One step: the peers are measured at the same time, within half a minute."""
    others = peers(context.cluster, context.node)
    if not others:
        return []
    calls = "\n".join(_call(context, other) for other in others)
    text = _MEASURE % (
        quote(context.node.overlay_ip),
        calls,
        words(*(other.name for other in others)),
    )
    return [
        command(
            "measure",
            T("The links from here to every other node"),
            T("Whether they carry a cluster is known now, not after hours of timeouts."),
            check=text,
            apply=text,
            verify=":",
            captures=[f"link-{other.name}" for other in others],
        )
    ]


def _call(context: Context, peer: Node) -> str:
    member = ""
    if uses_zerotier(context.cluster):
        member = context.value(peer.name, "zerotier-member", "read by overlay-join")
    return f'zk_measure {words(peer.overlay_ip)} {quote(member)} >"$ZK_DIR/"{quote(f"link-{peer.name}")} &'


def measurements(cluster: Cluster, values: Mapping[tuple[str, str], str]) -> list[Measurement]:
    """All measured pairs, in the order of the cluster file; pairs not measured yet are left out."""
    return [
        _measurement(source.name, target.name, values[source.name, f"link-{target.name}"])
        for source in cluster.nodes
        for target in peers(cluster, source)
        if (source.name, f"link-{target.name}") in values
    ]


def _measurement(source: str, target: str, text: str) -> Measurement:
    ours = dict(_LINE.findall(text))
    seen = ping.parse(text)
    return Measurement(
        source=source,
        target=target,
        sent=seen.sent,
        received=seen.received,
        rtt_min=seen.rtt_min,
        rtt_avg=seen.rtt_avg,
        rtt_max=seen.rtt_max,
        rtt_mdev=seen.rtt_mdev,
        path_mtu=_number(ours.get("mtu", "")),
        path=_path(ours.get("path", "")),
        interface_mtu=_number(ours.get("interface", "")),
    )


def _path(word: str) -> LinkPath:
    return next((path for path in LinkPath if path.value == word), LinkPath.UNKNOWN)


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else 0


PHASE = Phase(
    id="links",
    title=T("Measure the links"),
    summary=T("Measures every pair of nodes: round trip, loss, path MTU, direct or relayed."),
    on=On.ALL,
    steps=steps,
    after=("overlay-up",),
    gate=True,
)

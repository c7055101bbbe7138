"""From evidence to causes: every rule looks, consequences go to what explains them, roots come first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zkwizard.diagnosis.evidence import Evidence
from zkwizard.diagnosis.rule import Rule, Scene, Sighting
from zkwizard.diagnosis.rules import RULES
from zkwizard.model.cause import Cause, Command
from zkwizard.model.cluster import Cluster
from zkwizard.model.text import Text
from zkwizard.steps.shell import quote

KUBELET = "kubelet"
"""Among the phases of a rule: the one that starts the kubelet, which differs by role."""
_MOST = 3
"""Lines of evidence that are shown of one cause."""


@dataclass(frozen=True)
class _Match:
    """A rule and what it saw of one node."""

    rule: Rule
    node: str
    sightings: tuple[Sighting, ...]

    @property
    def name(self) -> str:
        return f"{self.rule.id}@{self.node}"

    @property
    def places(self) -> frozenset[str]:
        """Where its cause may be."""
        return frozenset((self.node, *(about for sighting in self.sightings for about in sighting.about)))


def causes(cluster: Cluster, evidence: Mapping[str, Evidence], *, file: str = "FILE") -> list[Cause]:
    """The roots, those first that are in the way now and explain most; ``file`` fills commands."""
    matches = _look(Scene(cluster, evidence))
    below = {match.name: [other.name for other in matches if _explains(match, other)] for match in matches}
    explained = {name for names in below.values() for name in names}
    roots = [match for match in matches if match.name not in explained]
    roots.sort(key=lambda match: (match.rule.risk, -len(_all_below(match.name, below))))
    return [_cause(cluster, match, _all_below(match.name, below), file) for match in roots]


def _look(scene: Scene) -> list[_Match]:
    found = []
    for rule in RULES:
        sightings = [sighting for sight in rule.sights for sighting in sight.look(scene)]
        for node in scene.cluster.nodes:
            own = tuple(sighting for sighting in sightings if sighting.node == node.name)
            if own:
                found.append(_Match(rule, node.name, own))
    return found


def _explains(match: _Match, other: _Match) -> bool:
    """By the rule base, where a rule explains only such as stand after it; so nothing explains itself."""
    return other.rule.id in match.rule.explains and match.node in other.places


def _all_below(name: str, below: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Everything that follows, in the order in which it was found."""
    reached: dict[str, None] = {}
    waiting = list(below[name])
    while waiting:
        following = waiting.pop(0)
        if following not in reached and following != name:
            reached[following] = None
            waiting += below[following]
    return tuple(reached)


def _cause(cluster: Cluster, match: _Match, explains: tuple[str, ...], file: str) -> Cause:
    rule, node = match.rule, cluster.node(match.node)
    args: dict[str, object] = {
        "fix": "",
        **match.sightings[0].args,
        "node": node.name,
        "overlay": str(node.overlay_ip),
        "master": cluster.first_control_plane.name,
        "cluster": cluster.name,
        "hostname": f"{node.name}.{cluster.domain}",
        "file": file,
    }
    seen = tuple(dict.fromkeys(sighting.line for sighting in match.sightings))
    return Cause(
        id=rule.id,
        node=node.name,
        what=_filled(rule.what, args),
        why=_filled(rule.why, args),
        seen=seen[:_MOST],
        remedy=_filled(rule.remedy, args),
        commands=tuple(_command(text, args) for text in rule.commands),
        repair=tuple(_phase(phase, node.is_control_plane) for phase in rule.repair),
        risk=rule.risk,
        explains=explains,
    )


def _filled(text: Text, args: Mapping[str, object]) -> Text:
    return Text(text.template, {**args, **text.args})


def _command(text: str, args: Mapping[str, object]) -> Command:
    """Values from evidence are quoted: a log line must not become a command."""
    filled = text.format(**{name: quote(str(value)) for name, value in args.items()})
    if not filled.startswith("@"):
        return Command(str(args["node"]), filled)
    place, _, command = filled[1:].partition(" ")
    return Command(str(args["master"]) if place == "master" else place, command)


def _phase(name: str, control_plane: bool) -> str:
    if name != KUBELET:
        return name
    return "kubelet-start" if control_plane else "join"


def repairs(found: Iterable[Cause], order: Sequence[str]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """What a repair runs: phases in their ``order``, and nodes; causes with the same phases go together."""
    groups: dict[tuple[str, ...], dict[str, None]] = {}
    for cause in found:
        if cause.repair:
            phases = tuple(sorted(dict.fromkeys(cause.repair), key=order.index))
            groups.setdefault(phases, {})[cause.node] = None
    return [(phases, tuple(nodes)) for phases, nodes in groups.items()]

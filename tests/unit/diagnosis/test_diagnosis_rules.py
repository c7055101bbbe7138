"""The rule base: each rule fires on its evidence and is silent on a healthy cluster."""

from __future__ import annotations

import re

import pytest

from tests.unit.diagnosis.excerpts import CLUSTER, DATA, evidence, explained, healthy, read
from zkwizard.diagnosis.evidence import STEP
from zkwizard.diagnosis.explain import KUBELET, causes
from zkwizard.diagnosis.parts import PARTS
from zkwizard.diagnosis.rule import FACTS, Rule, Scene
from zkwizard.diagnosis.rules import RULES
from zkwizard.facts.gather import FACTS as ALL_FACTS
from zkwizard.phases.order import PHASES

IDS = [rule.id for rule in RULES]


def test_every_rule_has_its_evidence_and_no_excerpt_lacks_a_rule() -> None:
    assert {path.stem for path in DATA.glob("*.txt")} - {"healthy"} == set(IDS)
    assert len(IDS) == len(set(IDS))


def test_excerpts_name_parts_that_exist_and_their_source() -> None:
    known = {part.name for part in PARTS} | {fact.name for fact in ALL_FACTS} | {STEP}
    for path in DATA.glob("*.txt"):
        assert path.read_text().startswith("# "), path
        unknown = {part for _, part in read(path.stem)} - known
        assert not unknown, (path, unknown)


def test_a_healthy_cluster_has_no_causes() -> None:
    found = evidence(healthy())
    assert all(each.complete and each.facts.complete for each in found.values())
    assert [(cause.id, cause.node, cause.seen) for cause in causes(CLUSTER, found)] == []


def test_the_healthy_cluster_has_evidence_that_every_part_can_be_silent_about() -> None:
    """Silence must come from what the parts say, and not from parts that are missing."""
    given = {part for _, part in healthy()}
    of_faults = {"containerd-log", "zerotier-log", "cri", "static-pods", "pod-logs", "proxy", "settled"}
    assert {part.name for part in PARTS} - of_faults <= given


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_the_rule_fires_on_its_evidence_and_is_the_first_cause(rule: Rule) -> None:
    name = rule.id
    found = explained(name)
    assert found, "nothing was found"
    assert found[0].id == name, [(cause.id, cause.node, cause.seen) for cause in found]
    places = {node for node, part in read(name)}
    seen_from_master = any(part == "nodes" for _, part in read(name))
    assert found[0].node in places or seen_from_master
    assert [cause.id for cause in found if not cause.risk and cause.id != name] == []


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_each_of_its_sights_is_silent_on_the_healthy_cluster(rule: Rule) -> None:
    scene = Scene(CLUSTER, evidence(healthy()))
    for sight in rule.sights:
        assert list(sight.look(scene)) == []


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_the_cause_is_told_in_full(rule: Rule) -> None:
    cause = explained(rule.id)[0]
    for text in (str(cause.what), str(cause.why), str(cause.remedy)):
        assert text.strip(), "an empty text"
        assert not re.search(r"[{}]", text), text
    assert all(str(line).strip() and "\x1b" not in str(line) for line in cause.seen)
    assert cause.commands or cause.repair
    for command in cause.commands:
        assert not re.search(r"(?<!%)\{\w+\}", command.text), command
        assert command.node in {"here", *(node.name for node in CLUSTER.nodes)}


def test_rules_explain_only_what_stands_after_them() -> None:
    for number, rule in enumerate(RULES):
        assert set(rule.explains) <= set(IDS[number + 1 :]), rule.id


def test_rules_name_parts_and_phases_that_exist() -> None:
    parts = {part.name for part in PARTS} | {FACTS, STEP}
    phases = {phase.id for phase in PHASES} | {KUBELET}
    for rule in RULES:
        assert rule.sights, rule.id
        assert set(rule.evidence) <= parts, rule.id
        assert set(rule.repair) <= phases, rule.id

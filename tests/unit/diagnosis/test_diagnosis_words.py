"""What zkwizard itself says of a cause can be said in another language; a machine's words stay."""

from __future__ import annotations

import pytest

from tests.brackets import framed
from tests.unit.diagnosis.excerpts import CLUSTER, evidence, explained, healthy
from zkwizard.diagnosis.explain import causes
from zkwizard.diagnosis.rules import RULES

IDS = [rule.id for rule in RULES]


@pytest.mark.parametrize("name", [rule.id for rule in RULES if rule.remedy.template == "{fix}"])
def test_the_remedy_that_a_check_gives_is_marked(name: str) -> None:
    told = framed(explained(name)[0].remedy)
    assert told.startswith("⟦⟦") and told.endswith("⟧⟧")


@pytest.mark.parametrize(
    "name",
    [
        "clock-skew",
        "disk-full",
        "hostname-changed",
        "overlay-address",
        "overlay-silent",
        "zerotier-not-joined",
        "port-in-use",
        "cni-empty",
        "proxy-dead",
        "node-absent",
    ],
)
def test_evidence_in_our_words_is_marked(name: str) -> None:
    assert name in IDS
    assert any(framed(line).startswith("⟦") for line in explained(name)[0].seen)


def test_a_line_of_a_log_is_nobodys_text_to_translate() -> None:
    line = "cp: can't create {0}: Read-only file system"
    (cause,) = causes(CLUSTER, evidence({**healthy(), ("node1", "step"): line}))
    assert cause.id == "read-only"
    assert [framed(seen) for seen in cause.seen] == cause.as_json()["seen"] == [line]

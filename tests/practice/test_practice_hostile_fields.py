"""Hostile texts in the fields of the cluster file: taken as they are, refused, or read by people alone."""

from __future__ import annotations

import pytest

from tests.practice.hostile import ATTACKS, BASE, CANARY, FIELDS, FREE, Where, accepted, changed, file_steps


@pytest.mark.parametrize("where", FREE, ids=str)
@pytest.mark.parametrize("text", [attack for attack in ATTACKS if len(attack) < 1000], ids=repr)
def test_free_texts_are_accepted_whatever_they_try(where: Where, text: str) -> None:
    assert accepted(changed(BASE, where, text)) is not None


@pytest.mark.parametrize("where", [where for where in FIELDS if where not in FREE], ids=str)
def test_what_a_shell_would_act_on_is_refused_or_for_people(where: Where) -> None:
    for text in ATTACKS[:9]:
        cluster = accepted(changed(BASE, where, text))
        if cluster is None:
            continue
        programs = "".join(step.apply + step.check + step.content for step in file_steps(cluster))
        assert str(CANARY) not in programs or where[-1] in ("certSANs", "imageTag", 0, "name"), where

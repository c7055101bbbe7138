"""Answers in zkwizard's own words can be said in another language; those of a tool stay as they are."""

from __future__ import annotations

import pytest

from tests.brackets import framed
from zkwizard.inspect.journal import unit_name
from zkwizard.inspect.podname import pod_name
from zkwizard.inspect.question import Answer
from zkwizard.inspect.reach import Reached, reach
from zkwizard.model.errors import InputError
from zkwizard.phases.order import find


def _reached(line: str) -> Reached:
    (found,) = reach(["https://registry.k8s.io/v2/"]).parse(Answer(line, "", 0))
    return found


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("0 direct 28 000 8.0", "no answer in time"),
        ("0 direct 127 000 0", "neither curl nor wget there yet"),
        ("0 direct 77 000 0.1", "curl ends with 77"),
        ("0 direct 0 407 0.1", "the proxy refuses user or password"),
        ("", "the node did not tell"),
    ],
)
def test_why_an_address_is_not_reached_is_told_in_our_words(line: str, told: str) -> None:
    found = _reached(line)
    assert str(found.trouble) == told and not found.good
    assert framed(found.trouble).startswith("⟦")


def test_an_answer_is_no_trouble() -> None:
    assert _reached("0 direct 0 401 0.2").trouble == ""


def test_bad_input_is_told_in_the_language_of_the_person() -> None:
    for refused in (
        lambda: find("neetwork"),
        lambda: find("?"),
        lambda: unit_name("a b"),
        lambda: pod_name("a;b", ""),
        lambda: pod_name("a/b", "c"),
    ):
        with pytest.raises(InputError) as caught:
            refused()
        told = caught.value.render(lambda template: f"⟦{template}⟧")
        assert told.startswith("⟦") and told.endswith("⟧") and "{" not in told

"""A step's part of a program, whatever the steps hold."""

from __future__ import annotations

from zkwizard.model.text import T
from zkwizard.steps import vocabulary as v
from zkwizard.steps.part import part_of
from zkwizard.steps.render import render


def test_each_step_has_its_own_part_and_nothing_of_its_neighbours() -> None:
    steps = [
        v.command(
            name, T("Title {n}", n=name), T("Why."), check=f"false {name}", apply=f"echo {name}", verify=":"
        )
        for name in ("one", "two", "three")
    ]
    text = render("names", "Names", "node1", steps).text
    for name in ("one", "two", "three"):
        part = part_of(text, name)
        assert part.splitlines()[0].endswith(f"Title {name}")
        assert f"echo {name}\n" in part
        assert [other for other in ("one", "two", "three") if f"echo {other}" in part] == [name]


def test_content_that_looks_like_a_step_ends_nothing() -> None:
    content = "# 2. Another\n#    Why.\nnothing() { :; }\n"
    steps = [
        v.file("first", T("First"), T("Why."), path="/etc/first", content=content),
        v.command("second", T("Second"), T("Why."), check="false", apply="echo second"),
    ]
    text = render("names", "Names", "node1", steps).text
    assert "nothing() { :; }" in part_of(text, "first")
    assert "echo second" not in part_of(text, "first")
    assert "echo second" in part_of(text, "second")


def test_a_step_that_is_not_there_has_no_part() -> None:
    text = render(
        "names", "Names", "node1", [v.command("one", T("One"), T("Why."), check="false", apply=":")]
    ).text
    assert part_of(text, "on") == ""
    assert part_of("", "one") == ""

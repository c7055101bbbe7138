"""In what makes screens, words for a person stand in ``T("…")`` only: found in the syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SHOWN = ("zkwizard/screens", "zkwizard/widgets", "zkwizard/tables", "zkwizard/app.py")
_WORD = re.compile(r"[A-Za-z]{2,}")
_SHOWING = {
    "Static", "Label", "Button", "Checkbox", "RadioButton", "Collapsible", "TabPane", "Option", "Selection",
    "Link", "Rule", "Digits", "Markdown", "Tree", "Header", "notify", "RichText", "Content", "Confirm",
    "SystemCommand", "DiscoveryHit", "Hit", "update", "add_row", "add_column", "add_columns", "add_leaf",
    "set_label", "set_title", "append_text", "say", "say_template", "Column", "note", "TopLine",
}  # fmt: skip
"""Calls whose unnamed arguments a person reads."""
_PROPER = {"zkwizard", "containerd", "etcd"}
"""Names that are the same in every language."""
_STYLED = {"RichText", "Content"}
"""Those whose second argument is a style."""
_NAMED = {
    "placeholder", "title", "subtitle", "tooltip", "prompt", "label", "hint", "border_title", "message",
    "border_subtitle", "description", "heading", "suffix",
}  # fmt: skip
"""Named arguments, and attributes, that a person reads."""
_SEARCHED = {"query", "query_one", "query_exactly_one", "get", "given", "fault", "results"}
"""Calls within those that look something up by a name."""


def files() -> list[Path]:
    """All modules that make what is seen."""
    found = [ROOT / each for each in SHOWN]
    return [file for each in found for file in (sorted(each.rglob("*.py")) if each.is_dir() else [each])]


def untranslated(source: str) -> list[tuple[int, str]]:
    """Line and words of every literal that a person would read in English."""
    found = {
        (line, words)
        for shown in _shown(ast.parse(source))
        for line, words in _literals(shown)
        if _WORD.search(words) and words.lower() not in _PROPER
    }
    return sorted(found)


def _shown(tree: ast.AST) -> Iterator[ast.expr]:
    """Expressions whose value is shown."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _name(node.func)
            if name in _SHOWING:
                yield from node.args[:1] if name in _STYLED else node.args
            if name == "Binding":
                yield from node.args[2:3]
            yield from (each.value for each in node.keywords if each.arg in _NAMED and name != "T")
        elif isinstance(node, ast.Assign) and any(_name(target) in _NAMED for target in node.targets):
            yield node.value


def _literals(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and words of the literals within; not those in T(), look-ups, subscripts and comparisons."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.lineno, node.value
        return
    if isinstance(node, ast.Call):
        name = _name(node.func)
        if name in {"T", "mark", *_SEARCHED}:
            return
        method = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        args = node.args[:1] if name in _STYLED else node.args
        if name == "assemble":  # words, or words with their style
            args = [each.elts[0] if isinstance(each, ast.Tuple) else each for each in args]
        for each in (*method, *args):
            yield from _literals(each)
    elif isinstance(node, ast.Subscript):
        yield from _literals(node.value)
    elif isinstance(node, ast.IfExp):
        yield from (*_literals(node.body), *_literals(node.orelse))
    elif isinstance(node, ast.Dict):
        for each in node.values:
            yield from _literals(each)
    elif isinstance(node, ast.FormattedValue):
        yield from _literals(node.value)
    elif not isinstance(node, (ast.Compare, ast.Lambda)):
        for child in ast.iter_child_nodes(node):
            yield from _literals(child)


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(ROOT)))
def test_no_words_outside_of_the_marker(file: Path) -> None:
    assert untranslated(file.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        'Static("No nodes")',
        'Static(f"{count} nodes")',
        'yield Button("Retry", id="retry")',
        'self.app.notify("saved as " + path)',
        'Input(placeholder="a path")',
        'self.border_title = "Log"',
        'Binding("r", "retry", "Retry")',
        'table.add_column(say(T("Node")) if wide else "Node")',
        'self.query_one("#head", Static).update("Done" if over else say(T("At work")))',
        'tree.root.add_leaf(RichText(f"{mark(sign)} restarted"), data)',
        'Static("\\n".join(["one word", text]))',
        'Field(("name",), hint="the name")',
        'self.update(RichText.assemble((key, "bold"), " ", ("to quit", "dim")))',
    ],
)
def test_words_are_found(source: str) -> None:
    assert untranslated(source)


@pytest.mark.parametrize(
    "source",
    [
        'Static(say(T("No nodes")), id="none", classes="said")',
        "Static(f\"{mark('●')} {name}: {say(T('{count} nodes', count=3))}\")",
        'self.query_one("#head", Static).update(say(words))',
        'Binding("r", "retry", str(T("Retry")), id="run.retry")',
        'notify(say(text), severity="error")',
        'Static("" if state == "done" else self._names["state"])',
        'Static(self.draft.given("nodes", 0, "name"))',
        'self.update(RichText.assemble((key, "bold"), " ", RichText(say(text), "dim")))',
    ],
)
def test_names_and_ids_are_no_words(source: str) -> None:
    assert untranslated(source) == []

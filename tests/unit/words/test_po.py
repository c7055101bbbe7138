"""The reader of catalogues: what it understands, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.messages import catalogue
from zkwizard.store.po import PoError, read_po

HEAD = 'msgid ""\nmsgstr "Language: xx\\n"\n\n'


def test_strings_in_several_lines_comments_and_escapes() -> None:
    entry = 'msgid ""\n"one "\n"\\"two\\"\\n"\nmsgstr "eins\\t"\n"zwei\\\\\\n"\n'
    text = f"{HEAD}# a person's\n#: zkwizard/x.py\n{entry}"
    assert read_po(text) == {'one "two"\n': "eins\tzwei\\\n"}


def test_fuzzy_and_empty_ones_are_left_out() -> None:
    text = HEAD + '#, fuzzy\nmsgid "a"\nmsgstr "x"\n\nmsgid "b"\nmsgstr ""\n\nmsgid "c"\nmsgstr "z"\n'
    assert read_po(text) == {"c": "z"}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('msgid "a"\nmsgid "b"\nmsgstr "x"\n', r"f:1: a msgid without its msgstr"),
        ('msgid "a"\n', r"f:1: a msgid without its msgstr"),
        ('msgstr "x"\n', r"f:1: a msgstr without its msgid"),
        ('msgid "a"\nmsgstr "x"\nmsgstr "y"\n', r"f:3: a msgstr without its msgid"),
        ('"lost"\n', r"f:1: a string that belongs to nothing"),
        ('msgid "a"\nmsgstr "x"\n\nmsgid "a"\nmsgstr "y"\n', r"f:4: a message for the second time: 'a'"),
        ("msgid 'a'\n", r"f:1: found .*; allowed: msgid"),
        ('msgid "a\nmsgstr "x"\n', r"f:1: found"),
        ('msgid "a"b"\n', r"f:1: found"),
        ('msgid "\\x41"\n', r"f:1: found"),
        ('msgctxt "menu"\nmsgid "a"\n', r"f:1: found"),
        ("<html>\n", r"f:1: found"),
    ],
)
def test_what_is_no_catalogue_is_refused_with_its_line(text: str, where: str) -> None:
    with pytest.raises(PoError, match=where):
        read_po(text, "f")


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n\t"\\'), min_size=1)


@given(st.dictionaries(TEXTS, TEXTS))
def test_what_the_tool_writes_is_read_as_it_was(translated: dict[str, str]) -> None:
    wanted = {message: ["zkwizard/x.py"] for message in translated}
    text = catalogue("xx", wanted, translated)
    assert read_po(text) == translated

"""Every text of the program is in every catalogue, translated whole; nothing else is."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from tools.messages import LOCALE, NoLiteral, catalogue, messages, wanted
from zkwizard.store.catalogue import available, languages, translator
from zkwizard.store.po import read_po

FILES = sorted(LOCALE.glob("*/LC_MESSAGES/zkwizard.po"))
WANTED = wanted()
_HAN = "[\u3400-\u9fff]"
_HALF_WIDTH = re.compile(
    f"{_HAN} ?[,;:!?)(](?![^ ]*`)|[,;!?] ?{_HAN}|[，。；：、（）「」] (?!$)| [，。；：、（）「」]"
)
"""Half-width marks beside Chinese characters, and blanks beside full-width marks."""
_ONLY_SIMPLIFIED = set("们这国发实时间点统页键关闭启动错误节执缓务记录网络应该认证压缩")


def _language(file: Path) -> str:
    return file.parts[-3]


def fields(template: str) -> set[str]:
    """The names of the arguments of a template."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def wrong(message: str, translation: str) -> list[str]:
    """What is wrong with a translation, whatever its language."""
    found = []
    if fields(message) != fields(translation):
        found.append(f"fields {sorted(fields(translation))} instead of {sorted(fields(message))}")
    for name, end in (("start", str.lstrip), ("end", str.rstrip)):
        if len(message) - len(end(message)) != len(translation) - len(end(translation)):
            found.append(f"another blank at its {name}")
    if message.count("\n") != translation.count("\n"):
        found.append("another number of lines")
    for code in re.findall(r"`[^`]*`", message):
        if code not in translation:
            found.append(f"{code} is missing")
    if any(ord(sign) < 32 and sign != "\n" for sign in translation):
        found.append("a control character")
    return found


def test_there_is_a_catalogue_for_taiwan() -> None:
    assert "zh_TW" in [_language(file) for file in FILES]
    assert available() == ["en", *(_language(file) for file in FILES)]


@pytest.mark.parametrize("file", FILES, ids=_language)
def test_every_message_of_the_program_is_translated_and_no_other(file: Path) -> None:
    translated = read_po(file.read_text("utf-8"), str(file))
    assert [message for message in WANTED if message not in translated] == [], "python -m tools.messages"
    assert [message for message in translated if message not in WANTED] == [], "python -m tools.messages"


@pytest.mark.parametrize("file", FILES, ids=_language)
def test_the_file_is_as_the_tool_writes_it(file: Path) -> None:
    """So nothing in it is marked fuzzy, commented out, or in a place that nobody finds."""
    text = file.read_text("utf-8")
    assert text == catalogue(_language(file), WANTED, read_po(text, str(file)))


@pytest.mark.parametrize("file", FILES, ids=_language)
def test_translations_keep_fields_blanks_lines_and_code(file: Path) -> None:
    translated = read_po(file.read_text("utf-8"), str(file))
    assert {
        message: wrong(message, text) for message, text in translated.items() if wrong(message, text)
    } == {}


def test_what_is_wrong_is_found() -> None:
    assert wrong("{count} nodes", "{coumt} 個節點") == ["fields ['coumt'] instead of ['count']"]
    assert wrong("  suite", "suite") == ["another blank at its start"]
    assert wrong("one\ntwo", "一二") == ["another number of lines"]
    assert wrong("Run `zkwizard reset`.", "執行 `zkwizard 清除`。") == ["`zkwizard reset` is missing"]
    assert wrong("{count} nodes, {count}", "{count} 個節點") == []


def test_chinese_has_its_own_marks_and_characters() -> None:
    translated = read_po((LOCALE / "zh_TW/LC_MESSAGES/zkwizard.po").read_text("utf-8"))
    assert [text for text in translated.values() if _HALF_WIDTH.search(text)] == []
    assert [text for text in translated.values() if _ONLY_SIMPLIFIED & set(text)] == []


def test_words_in_english_are_names_or_code() -> None:
    """A message with words of a sentence has Chinese characters in its translation."""
    translated = read_po((LOCALE / "zh_TW/LC_MESSAGES/zkwizard.po").read_text("utf-8"))
    same = [message for message, text in translated.items() if message == text and " " in message]
    words = [message for message in same if re.search(r"[a-z]{2,} [a-z]{2,}", message)]
    assert [message for message in words if not message.startswith(("kubeadm ", "kubectl "))] == []


def test_a_message_that_is_no_literal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    module = tmp_path / "x" / "y.py"
    module.write_text('A = T("one" " two")\nB = T("")\nC = T("one two", n=1)\n')
    assert messages(tmp_path / "x") == {"one two": ["x/y.py"]}
    for call in ('T(f"{name} is wrong")', "T(name)", 'T("a" + name)', 'T("{}".format(name))', "T()"):
        module.write_text(f"\n{call}\n")
        with pytest.raises(NoLiteral, match=r"x/y\.py:2: .*allowed is one literal"):
            messages(tmp_path / "x")


def test_the_language_is_that_of_the_option_or_the_environment() -> None:
    for option, environment in (("zh-tw", {}), ("", {"LANG": "zh_TW.UTF-8"}), ("", {"LANGUAGE": "de:zh_TW"})):
        assert translator(languages(option, environment))("Nodes") == "節點"
    for environment in ({}, {"LANG": "C"}, {"LANG": "de_DE.UTF-8"}, {"LANGUAGE": "en:zh_TW"}):
        assert translator(languages("", environment))("Nodes") == "Nodes"
    assert translator(["zh_TW"])("no message of the program") == "no message of the program"

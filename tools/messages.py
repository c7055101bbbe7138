"""Brings the catalogues below assets/locale up to date with the texts of the program.

    python -m tools.messages          takes new messages in, lets those go that the program no longer has
    python -m tools.messages --check  changes nothing; exit code 1 and a list when anything is to be done

A message is the literal that stands in ``T("…")`` (zkwizard/model/text.py). It is found in the syntax tree,
where strings that stand side by side are one already. The answers that a cluster file must have are messages,
too: what they are is said where they stand (zkwizard/model/cluster.py).
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from zkwizard.model.cluster import Cluster, Part
from zkwizard.store.po import read_po

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "zkwizard"
LOCALE = ROOT / "assets" / "locale"
_WIDTH = 96
"""Characters of a line in the .po; a longer string is split at its blanks."""
_HEADER = """\
# Messages of zkwizard in {language}.
# tools/messages.py keeps the order and the places; only what stands after msgstr is written by hand.
msgid ""
msgstr ""
"Project-Id-Version: zkwizard\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""


class NoLiteral(ValueError):
    """A ``T(…)`` whose template can't be found without running the program."""


def wanted() -> dict[str, list[str]]:
    """All messages of the program, with the files they stand in."""
    found = messages()
    place = (SOURCE / "model" / "cluster.py").relative_to(ROOT).as_posix()
    for message in required(Cluster):
        found.setdefault(message, []).append(place)
    return found


def required(part: type[Part]) -> list[str]:
    """What the answers are that can't be left out, of a part of the file and of those within it."""
    found: list[str] = []
    for info in part.model_fields.values():
        if info.is_required() and info.description:
            found.append(info.description.rstrip("."))
        for inner in _parts_of(info.annotation):
            found += required(inner)
    return list(dict.fromkeys(found))


def _parts_of(kind: object) -> Iterator[type[Part]]:
    """The parts within the type of an answer."""
    if isinstance(kind, type) and issubclass(kind, Part):
        yield kind
    for each in get_args(kind):
        yield from _parts_of(each)


def messages(source: Path = SOURCE) -> dict[str, list[str]]:
    """Every message, in the order of the files, with the files it stands in (relative to their parent).

    Raises NoLiteral for a T() of anything but one literal.
    """
    found: dict[str, list[str]] = {}
    for file in sorted(source.rglob("*.py")):
        place = file.relative_to(source.parent).as_posix()
        for call in _marked(ast.parse(file.read_text(encoding="utf-8"))):
            match call.args:
                case [ast.Constant(value="")]:
                    pass
                case [ast.Constant(value=str(message))]:
                    places = found.setdefault(message, [])
                    if place not in places:
                        places.append(place)
                case _:
                    raise NoLiteral(
                        f"{place}:{call.lineno}: {ast.unparse(call)[:80]}: allowed is one literal"
                    )
    return found


def _marked(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls of T, in the order of the text."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    marked = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "T"]
    return iter(sorted(marked, key=lambda call: (call.lineno, call.col_offset)))


def catalogue(language: str, messages: dict[str, list[str]], translated: dict[str, str]) -> str:
    """The text of a .po: the wanted messages with their places, and those translations that there are."""
    entries = [_HEADER.format(language=language)]
    for message, places in messages.items():
        comments = "".join(f"#: {place}\n" for place in places)
        entries.append(f"{comments}{_entry('msgid', message)}{_entry('msgstr', translated.get(message, ''))}")
    return "\n".join(entries)


def _entry(kind: str, text: str) -> str:
    whole = _quoted(text)
    if len(kind) + 1 + len(whole) <= _WIDTH and "\n" not in text.rstrip("\n"):
        return f"{kind} {whole}\n"
    return f'{kind} ""\n' + "".join(f"{_quoted(part)}\n" for part in _parts(text))


def _parts(text: str) -> Iterator[str]:
    """Lines of at most ``_WIDTH`` characters, ended by a blank or a line break of the text."""
    part = ""
    for word in _words(text):
        if part and (part.endswith("\n") or len(_quoted(part + word)) > _WIDTH):
            yield part
            part = ""
        part += word
    yield part


def _words(text: str) -> Iterator[str]:
    """The text, cut after each blank, line break and full-width mark."""
    start = 0
    for at, sign in enumerate(text, 1):
        if sign in " \n，。；：、":
            yield text[start:at]
            start = at
    yield text[start:]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def main() -> int:
    """Go through all languages; gives the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit code 1 when anything is to be done"
    )
    check = parser.parse_args().check
    texts = wanted()
    left = 0
    for file in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        old = file.read_text(encoding="utf-8")
        translated = read_po(old, str(file))
        missing = [message for message in texts if message not in translated]
        gone = [message for message in translated if message not in texts]
        for what, each in (("not translated", missing), ("not in the program", gone)):
            for message in each:
                print(f"{file.parts[-3]}: {what}: {message}")
        new = catalogue(file.parts[-3], texts, translated)
        left += len(missing) + (len(gone) + (new != old) if check else 0)
        if not check and new != old:
            file.write_text(new, encoding="utf-8")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())

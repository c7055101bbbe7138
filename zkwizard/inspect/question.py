"""What a question to a node is, and how all questions for one node travel in one round trip.

The script's output is compressed on the node where gzip is there: what kubectl prints as JSON shrinks to a
twentieth, and lines are bad.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)

_MOST = 128 << 20
"""Bytes of an answer after decompression; what is beyond is cut off."""
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_PREAMBLE = """\
LC_ALL=C HOME=/root
export LC_ALL HOME
unset CDPATH GREP_OPTIONS KUBECONFIG
set +eu
"""
# Standard error goes through a variable, so that it stands after what was printed. Plain exec, because dash
# 0.5.12 loses redirections of a subshell inside a group that has some itself.
_ASK = """\
zk_ask() {{ # name: run the function of that name, and say how it ended
  printf '\\n\\036{nonce} out-%s\\n' "$1"
  zk_said=$(
    exec </dev/null 2>&1 >&4 4>&-
    "zk_q_$1"
  )
  zk_status=$?
  printf '\\n\\036{nonce} err-%s\\n%s %s\\n' "$1" "$zk_status" "$zk_said"
}}
"""
_RUN = """\
if command -v gzip >/dev/null 2>&1; then zk_all 4>&1 | gzip -c; else zk_all 4>&1; fi
"""


@dataclass(frozen=True)
class Answer:
    """What a question's script printed and how it ended; ``status`` is -1 when no answer came."""

    out: str = ""
    err: str = ""
    status: int = -1


@dataclass(frozen=True)
class Question(Generic[V_co]):
    """One thing to ask a node.

    ``script`` runs in a subshell with standard input at /dev/null: dash and busybox understand it, values are
    in it only quoted, it has time limits where it could hang. ``parse`` takes any answer.
    """

    name: str
    script: str
    parse: Callable[[Answer], V_co]
    limit: float = 60.0
    """Seconds after which the node has no answer."""


class Answers:
    """A node's answers to several questions."""

    def __init__(self, found: dict[str, Answer]) -> None:
        self._found = found

    def get(self, question: Question[V]) -> V:
        """The parsed answer to ``question``, which may not have come."""
        return question.parse(self.raw(question))

    def raw(self, question: Question[V]) -> Answer:
        """The answer as it was printed."""
        return self._found.get(question.name, Answer())


def script(nonce: str, questions: Sequence[Question[object]]) -> str:
    """The text that asks them all; ``nonce`` (letters and digits) begins every mark: nothing forges one."""
    if not re.fullmatch(r"[A-Za-z0-9]+", nonce):
        raise ValueError(f"not a nonce: {nonce!r}")
    names = [question.name for question in questions]
    if len(set(names)) != len(names) or not all(map(_NAME.fullmatch, names)):
        raise ValueError(f"not usable as names of questions: {names}")
    parts = [_PREAMBLE, _ASK.format(nonce=nonce)]
    for question in questions:
        parts.append(f"zk_q_{_word(question.name)}() {{\n{question.script.rstrip()}\n}}\n")
    asks = "".join(f"zk_ask {_word(name)}\n" for name in names)
    return "".join([*parts, f"zk_all() {{\n{asks}}}\n", _RUN])


def read(stdout: bytes, nonce: str) -> Answers:
    """The answers in what ``script(nonce, …)`` printed. Any bytes will do; what is no text is replaced."""
    text = _plain(stdout).decode("utf-8", errors="replace")
    pieces = re.split(f"\n?\x1e{re.escape(nonce)} (out|err)-([a-z][a-z0-9_]*)\n", text)
    found: dict[str, Answer] = {}
    printed: dict[str, str] = {}
    for stream, word, body in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        name = word.replace("_", "-")
        if stream == "out":
            printed.setdefault(name, body)
        elif name in printed and name not in found:
            status, _, said = body.partition(" ")
            found[name] = Answer(printed[name], said.rstrip("\n"), int(status) if status.isdigit() else -1)
    return Answers(found)


def _word(name: str) -> str:
    """A name of a shell function."""
    return name.replace("-", "_")


def _plain(data: bytes) -> bytes:
    """Decompressed where it is compressed; as far as it goes where it was cut off."""
    if not data.startswith(b"\x1f\x8b"):
        return data[:_MOST]
    try:
        return zlib.decompressobj(wbits=31).decompress(data, _MOST)
    except zlib.error:
        return b""

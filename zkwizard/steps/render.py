"""Renders the steps of one phase on one node to the one program that runs there.

The program is complete in itself: it can be read before it runs, and run by hand. Each part of a step (check,
apply, verify) is a function, run in a subshell with a time limit and ``set -eu``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from zkwizard.model.placeholders import holes, printed, secret_names, split_secrets
from zkwizard.model.program import Program
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.steps.runtime import functions_for
from zkwizard.steps.shell import fed_function, quote

_PREAMBLE = """\
set -u
umask 022
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none
unset http_proxy https_proxy no_proxy all_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY
: "${ZK_HOME:=/var/lib/zkwizard}" "${ZK_DIR:=$(mktemp -d)}"
: "${ZK_SECRETS:=$ZK_DIR/secrets}"
cd /
export PATH LC_ALL DEBIAN_FRONTEND NEEDRESTART_MODE NEEDRESTART_SUSPEND APT_LISTCHANGES_FRONTEND
export ZK_HOME ZK_DIR ZK_SECRETS
zk_nonce=
[ ! -r "$ZK_DIR/nonce" ] || read -r zk_nonce <"$ZK_DIR/nonce"
"""


def render(phase: str, title: str, node: str, steps: Sequence[Step]) -> Program:
    """The program of ``phase`` on ``node``. Raises ValueError when two steps share an id."""
    ids = [step.id for step in steps]
    if len(set(ids)) != len(ids):
        raise ValueError(f"phase {phase}: two steps share an id: {ids}")
    bodies = "\n".join(_functions_of(number, step) for number, step in enumerate(steps, 1))
    calls = "\n".join(_call(number, step) for number, step in enumerate(steps, 1))
    main = f"{_refusal(bodies)}zk_begin\n{calls}\nzk_end 0\n"
    head = f"#!/bin/sh\n# zkwizard: {_comment(title)} (phase {phase}) on {node}\n{_PREAMBLE}\n"
    source = f"{head}{functions_for(bodies)}\n{bodies}\n{main}"
    return Program(phase=phase, node=node, source=source, steps=tuple(steps))


def undo_steps(steps: Sequence[Step]) -> list[Step]:
    """The steps that take ``steps`` back, last first; those without an undo are left out.

    A former content is in the receipts, so that of the step is not carried along, nor the secrets in it.
    """
    return [
        replace(
            step,
            title=T("Taken back: {title}", title=step.title),
            why=T("As it was before zkwizard changed it, unless somebody changed it since."),
            check=f"! {{\n{step.receipt}\n}}" if step.receipt else "false",
            apply=step.undo,
            verify=":",
            undo="",
            content="",
            retries=0,
            captures=(),
        )
        for step in reversed(steps)
        if step.undo
    ]


def _functions_of(number: int, step: Step) -> str:
    lines = [f"# {number}. {_comment(str(step.title))}", f"#    {_comment(str(step.why))}"]
    if step.content:
        lines.append(_content(number, step.content))
    lines.append(_function(number, "check", step.check))
    lines.append(_function(number, "apply", step.apply))
    if step.verify:
        lines.append(_function(number, "verify", step.verify))
    return "\n".join(lines) + "\n"


def _function(number: int, part: str, body: str) -> str:
    return f"s{number}_{part}() {{\n{body.rstrip()}\n}}"


def _content(number: int, text: str) -> str:
    """The function that gives a command a file's content, with secrets read from their files."""
    name = f"s{number}_content"
    if not secret_names(text):
        return fed_function(name, text)
    pieces = []
    for index, piece in enumerate(split_secrets(text)):
        if index % 2:
            pieces.append(f"  zk_secret {piece}")
        elif piece:
            pieces.append(f"  printf %s {quote(piece)}")
    printed_pieces = "\n".join(pieces)
    return f'{name}() {{\n{{\n{printed_pieces}\n}} | "$@"\n}}'


def _call(number: int, step: Step) -> str:
    verify = "verify" if step.verify else "check"
    return f"zk_step {number} {quote(step.id)} {step.limit} {step.retries} {step.delay} {verify}"


def _refusal(bodies: str) -> str:
    """What a program with holes does instead of running, and one whose secrets are not beside it."""
    missing = holes(bodies)
    text = ""
    if missing:
        text += f"printf '%s\\n' {quote('This is a forecast. Known only later: ' + '; '.join(missing))} >&2\n"
        text += "exit 64\n"
    for name in secret_names(bodies):
        text += f'[ -r "$ZK_SECRETS/{name}" ] || {{ echo "$ZK_SECRETS/{name} is missing" >&2; exit 64; }}\n'
    return text


def _comment(text: str) -> str:
    return " ".join(printed(text).split())

"""A fresh bootstrap token, and the command with which a machine joins.

kubeadm makes the token itself, so that it is never an argument; it is printed here because a person asked
for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from zkwizard.inspect.kubectl import ADMIN
from zkwizard.inspect.question import Answer, Question
from zkwizard.inspect.trouble import Kind, Trouble, last_words, of_kubectl
from zkwizard.model.text import T
from zkwizard.steps.shell import quote

_COMMAND = re.compile(
    r"^(kubeadm join (\S+) --token ([a-z0-9]{6}\.[a-z0-9]{16})"
    r" --discovery-token-ca-cert-hash sha256:[0-9a-f]{64})\s*$",
    re.M,
)


@dataclass(frozen=True)
class JoinCommand:
    """What to type on the machine that shall join, as root."""

    command: str
    endpoint: str
    """host:port of the API server, which the machine must know by its hosts file."""
    token: str


def question(ttl_seconds: int) -> Question[JoinCommand | Trouble]:
    """``kubeadm token create``; the token expires by itself."""
    script = (
        f"[ -e {ADMIN} ] || {{ echo 'stat {ADMIN}: no such file' >&2; exit 1; }}\n"
        f"timeout 60 kubeadm token create --kubeconfig {ADMIN} --ttl {ttl_seconds}s "
        f"--description {quote('made by zkwizard join-command')} --print-join-command"
    )
    return Question("join", script, parse, 70)


def parse(answer: Answer) -> JoinCommand | Trouble:
    """The one line that matters; kubeadm may warn before it."""
    if answer.status:
        return _trouble(answer)
    hit = _COMMAND.search(answer.out)
    if not hit:
        return Trouble(Kind.REFUSED, T("kubeadm printed no join command."), last_words(answer.err))
    return JoinCommand(hit[1], hit[2], hit[3])


def _trouble(answer: Answer) -> Trouble:
    if answer.status not in (-1, 124) and "timed out" in answer.err:
        answer = Answer(answer.out, answer.err, 124)
    return of_kubectl(answer) or Trouble(Kind.REFUSED, T("kubeadm refused."), last_words(answer.err))

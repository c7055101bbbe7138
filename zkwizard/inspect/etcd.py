"""etcd's members and health, asked with the etcdctl inside its own container: crictl reaches that also
when the API server is down.

Each of the three calls is asked for JSON (etcd 3.6). ``endpoint health`` ends with 1 when a member is not
healthy, and prints the same list all the same.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from zkwizard.inspect.question import Answer, Question
from zkwizard.inspect.trouble import Kind, Trouble, items, of_crictl, part, word
from zkwizard.model.text import T

_PKI = "/etc/kubernetes/pki/etcd"
SCRIPT = f"""\
zk_id=$(timeout 20 crictl ps -q --state running --name '^etcd$') || exit
zk_id=$(printf '%s\\n' "$zk_id" | head -n 1)
[ -n "$zk_id" ] || {{ echo 'zk: not found: no container of etcd is running' >&2; exit 1; }}
zk_ctl() {{
  timeout 20 crictl exec "$zk_id" etcdctl --endpoints=https://127.0.0.1:2379 --cacert={_PKI}/ca.crt \\
    --cert={_PKI}/healthcheck-client.crt --key={_PKI}/healthcheck-client.key "$@" -w json
  zk_rc=$?
}}
echo @members
zk_ctl member list
zk_first=$zk_rc
echo @health
zk_ctl endpoint health --cluster
echo @status
zk_ctl endpoint status --cluster
exit "$zk_first"
"""
"""Three answers of etcdctl after ``@members``, ``@health`` and ``@status``."""


@dataclass(frozen=True)
class Member:
    """One member of etcd."""

    id: str
    """Sixteen hexadecimal digits."""
    name: str
    peer_urls: tuple[str, ...]
    client_urls: tuple[str, ...]
    learner: bool = False
    healthy: bool = False
    took: str = ""
    """How long its answer took (``9.118044ms``)."""
    error: str = ""
    version: str = ""
    db_bytes: int = 0
    leader: bool = False
    raft_index: int = 0
    alarms: tuple[str, ...] = ()
    """Errors that the member itself reports, such as a full database."""


@dataclass(frozen=True)
class Etcd:
    """All members."""

    members: tuple[Member, ...]

    @property
    def healthy(self) -> bool:
        """Whether every member answers and reports no error."""
        return bool(self.members) and all(one.healthy and not one.alarms for one in self.members)


def question() -> Question[Etcd | Trouble]:
    """The members, their health and status."""
    return Question("etcd", SCRIPT, parse, 90)


def parse(answer: Answer) -> Etcd | Trouble:
    """The members in etcd's order."""
    if trouble := of_crictl(answer):
        if trouble.kind is Kind.NOT_FOUND:
            text = T("No container of etcd is running.")
            return Trouble(Kind.NO_ETCD, text)
        if "etcd" in answer.err or "context deadline" in answer.err:
            return Trouble(trouble.kind, T("etcd does not answer: {said}", said=trouble.said), trouble.said)
        return trouble
    parts = dict(zip(*[iter(re.split(r"^@(\w+)\n", answer.out, flags=re.M)[1:])] * 2, strict=True))
    health = {word(one, "endpoint"): one for one in items(_json(parts.get("health", "")))}
    status = {word(one, "Endpoint"): part(one, "Status") for one in items(_json(parts.get("status", "")))}
    members = items(_json(parts.get("members", "")), "members")
    return Etcd(tuple(_member(one, health, status) for one in members))


def _member(
    entry: dict[str, Any], health: dict[str, dict[str, Any]], status: dict[str, dict[str, Any]]
) -> Member:
    urls = _texts(entry.get("clientURLs"))
    own = next((health[url] for url in urls if url in health), {})
    state = next((status[url] for url in urls if url in status), {})
    number = entry.get("ID")
    return Member(
        id=f"{number:x}" if isinstance(number, int) else "",
        name=word(entry, "name"),
        peer_urls=_texts(entry.get("peerURLs")),
        client_urls=urls,
        learner=entry.get("isLearner") is True,
        healthy=own.get("health") is True,
        took=word(own, "took"),
        error=word(own, "error"),
        version=word(state, "version"),
        db_bytes=_number(state.get("dbSize")),
        leader=state.get("leader") == number is not None,
        raft_index=_number(state.get("raftIndex")),
        alarms=_texts(state.get("errors")),
    )


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0

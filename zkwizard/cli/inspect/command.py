"""What all commands that look inside share: asking over the network, printing data, and how they end."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import TypeVar

from zkwizard.cli.session import Session
from zkwizard.cli.words import column
from zkwizard.inspect.trouble import Kind, Trouble
from zkwizard.model.errors import ConnectionFailed, ExitCode, InputError
from zkwizard.model.ports import Network
from zkwizard.model.terminal import harmless, harmless_json, one_line
from zkwizard.model.text import T, Text
from zkwizard.widgets.words import say, say_error

V = TypeVar("V")


def ask(session: Session, work: Callable[[Network], Awaitable[V]]) -> V:
    """Do it over the cluster's connections, and close them, also when Ctrl-C ends it."""

    async def over_network() -> V:
        network = session.network()
        try:
            return await work(network)
        finally:
            await network.close()

    return asyncio.run(over_network())


def one_node(session: Session, options: Namespace) -> str:
    """The NODE of the command line. Raises InputError for one that is not in the file."""
    known = [node.name for node in session.cluster.nodes]
    if options.node not in known:
        names = ", ".join(known)
        raise InputError(T("NODE: found {found}; allowed: {known}", found=options.node, known=names))
    return str(options.node)


def print_json(value: object) -> None:
    """``value`` as JSON, with nothing in it that a terminal would act on."""
    print(json_text(value, indent=1))


def json_text(value: object, indent: int | None = None) -> str:
    """The same as text; without ``indent`` in one line."""
    text = json.dumps(plain(value), ensure_ascii=False, indent=indent)
    return harmless_json(text)


def plain(value: object) -> object:
    """Data classes, texts and failures as what JSON has."""
    if isinstance(value, Text):
        return str(value)
    if isinstance(value, ConnectionFailed):
        return value.message
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


_HINTS: Mapping[Kind, tuple[str, ...]] = {
    Kind.API_DOWN: ("containers {file} {node}", "journal {file} {node} --unit kubelet", "etcd {file}"),
    Kind.NO_ETCD: ("containers {file} {node}", "journal {file} {node} --unit kubelet"),
    Kind.KUBELET: ("nodes {file}", "peers {file}"),
    Kind.RUNTIME_DOWN: ("journal {file} {node} --unit containerd",),
    Kind.NO_CLUSTER: ("run {file}",),
    Kind.NOT_FOUND: ("pods {file}",),
}
"""Where to look next; {node} is the node that was asked."""


def failed(trouble: Trouble, options: Namespace, node: str) -> ExitCode:
    """Say why there is no answer from ``node``, and where to look next."""
    print(f"zkwizard: {one_line(say(trouble.text))}", file=sys.stderr)
    if trouble.said and trouble.said.removeprefix("zk: not found: ") not in str(trouble.text):
        print(f"    {one_line(trouble.said)}", file=sys.stderr)
    hints = [f"zkwizard {hint.format(file=options.file, node=node)}" for hint in _HINTS.get(trouble.kind, ())]
    own = [hint for hint in hints if not hint.startswith(f"zkwizard {options.command} ")]
    if own:
        label = column(T("look at:"), 8)
        print(f"    {label} " + "\n             ".join(own), file=sys.stderr)
    return ExitCode.PHASE_FAILED


def unreached(failures: Iterable[ConnectionFailed], *, others: bool) -> ExitCode:
    """Say which nodes could not be reached; ``others``: whether some were."""
    told = list(failures)
    for failure in told:
        print(f"zkwizard: {harmless(say_error(failure))}", file=sys.stderr)
    if not told:
        return ExitCode.DONE
    return ExitCode.SOME_NODES_FAILED if others else ExitCode.CONNECTION

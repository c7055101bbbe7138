"""Tries from every node what an installation will fetch: directly and, where there is one, by the proxy."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from zkwizard.engine.inside.asking import ask_node
from zkwizard.inspect.reach import Reached, reach
from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.context import Context
from zkwizard.model.errors import ConnectionFailed, ZkwizardError
from zkwizard.model.events import Event
from zkwizard.model.facts import NodeFacts
from zkwizard.model.placeholders import holes
from zkwizard.model.ports import Network
from zkwizard.model.secret import Secret
from zkwizard.model.text import Words
from zkwizard.steps.family import family_of, is_known

_REGISTRIES = ("registry.k8s.io", "ghcr.io")
"""Registries that a cluster pulls from: Kubernetes' own images, and flannel's."""


@dataclass(frozen=True, kw_only=True)
class Reaches(Event):
    """What one node reaches, or why it could not be asked."""

    kind = "reaches"
    node: str
    results: tuple[Reached, ...] = ()
    error: Words = ""


def addresses(cluster: Cluster, node: Node, facts: Mapping[str, NodeFacts]) -> list[str]:
    """The signing keys of the package sources, and the registries; mirrors instead of what they replace."""
    context = Context(cluster, node, facts)
    found: list[str] = []
    if is_known(context):
        family, packages = family_of(context), cluster.mirrors.packages
        sources = [
            family.kubernetes(cluster.kubernetes.minor, packages.kubernetes),
            family.runtime(context, packages.runtime),
            family.zerotier(context, packages.zerotier),
        ]
        found = [source.key_url for source in sources if not holes(source.key_url)]
    images = cluster.mirrors.images
    own = images.repository.partition("/")[0]
    for registry in _REGISTRIES:
        mirror = images.registries.get(registry, f"https://{registry}").rstrip("/")
        found.append(f"https://{own}/v2/" if own and registry == "registry.k8s.io" else f"{mirror}/v2/")
    more = [url for host, url in images.registries.items() if host not in _REGISTRIES]
    return list(dict.fromkeys([*found, *(f"{url.rstrip('/')}/v2/" for url in more)]))


async def try_addresses(
    cluster: Cluster,
    facts: Mapping[str, NodeFacts],
    network: Network,
    password: Secret | None,
    emit: Callable[[Event], None],
) -> None:
    """Emit one ``Reaches`` per node. ``password`` is the proxy's, percent-encoded."""
    proxy = _proxy(cluster, password)
    await asyncio.gather(
        *(_try(node, addresses(cluster, node, facts), proxy, network, emit) for node in cluster.nodes)
    )


def _proxy(cluster: Cluster, password: Secret | None) -> str:
    if cluster.proxy is None:
        return ""
    user, at, address = urlsplit(cluster.proxy.url).netloc.rpartition("@")
    return f"http://{user}:{password.reveal() if password else ''}@{address}" if at else f"http://{address}"


async def _try(
    node: Node, urls: list[str], proxy: str, network: Network, emit: Callable[[Event], None]
) -> None:
    question = reach(urls, proxy)
    results: tuple[Reached, ...] = ()
    error: Words = ""
    try:
        results = (await ask_node(network.connection(node.name), [question])).get(question)
    except ZkwizardError as failure:
        error = failure.said if isinstance(failure, ConnectionFailed) else failure.words
    emit(Reaches(at=time.time(), node=node.name, results=results, error=error))

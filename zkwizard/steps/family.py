"""Families of operating systems: what differs between their package managers, as one strategy each.

A phase asks ``family_of(context)`` and uses what it gets, so that a further family is a module beside
``debian`` and an entry here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from zkwizard.model.cluster import PackageMirror
from zkwizard.model.context import Context
from zkwizard.model.step import Step
from zkwizard.model.text import Text


@dataclass(frozen=True)
class Repository:
    """A package repository of a third party, with its signing key."""

    name: str
    title: str
    url: str
    suite: str
    components: tuple[str, ...]
    key_url: str
    fingerprints: tuple[str, ...] = ()
    """Fingerprints of its known keys; empty where the operator named a key of his own."""


class Family(Protocol):
    """What a family of operating systems does in its own way."""

    id: str
    kubelet_defaults: str
    """The file with KUBELET_EXTRA_ARGS that the kubelet's unit reads."""

    def kubernetes(self, minor: str, mirror: PackageMirror | None) -> Repository:
        """The repository of Kubernetes packages for one minor."""

    def runtime(self, context: Context, mirror: PackageMirror | None) -> Repository:
        """The repository of containerd packages."""

    def zerotier(self, context: Context, mirror: PackageMirror | None) -> Repository:
        """The repository of ZeroTier packages."""

    def repository(self, repository: Repository) -> Sequence[Step]:
        """Steps that make the repository usable, its key checked."""

    def files(self, repository: Repository) -> tuple[str, ...]:
        """The files that ``repository`` consists of on a node."""

    def packages(
        self,
        id: str,
        title: Text,
        why: Text,
        *,
        wanted: Mapping[str, str],
        hold: bool = False,
        restarts: Sequence[str] = (),
        brings: Sequence[str] = (),
    ) -> Step:
        """Packages, each at a version pattern (``1.36.*``; empty is any), held on request.

        ``brings`` names packages that come with them and have no use without them.
        """

    def proxy(self, url: str, direct_hosts: Sequence[str]) -> Step:
        """The package manager's proxy; ``url`` may hold a secret reference."""


def family_of(context: Context) -> Family:
    """The family of the context's node; Debian in a forecast. Raises KeyError for one not built yet."""
    return _families()[_name(context)]


def is_known(context: Context) -> bool:
    """Whether the node's family is built; on others zkwizard has never installed anything."""
    return _name(context) in _families()


def _name(context: Context) -> str:
    return context.own.os.family if context.own else "debian"


def _families() -> dict[str, Family]:
    from zkwizard.steps.debian import Debian

    return {"debian": Debian()}

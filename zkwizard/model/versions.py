"""The Kubernetes minors that zkwizard builds, and where they differ.

Dates and differences are from https://kubernetes.io/releases/ and the release notes of each minor as of
November 2026. Patch releases are not listed: the package repository knows the newest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from zkwizard.model.text import T, Text


@dataclass(frozen=True)
class Minor:
    """One supported minor."""

    name: str
    eol: date
    """End of patch releases."""
    etcd: str
    """The etcd minor that kubeadm deploys."""
    etcd_experimental_flags: bool
    """Whether etcd still takes ``--experimental-*``; etcd 3.7 removed them all."""
    pause: str
    """Tag of the sandbox image that kubeadm names."""
    ports_need_address: bool
    """Whether preflight binds its port checks to the node's address, which must then be up (since 1.37)."""

    @property
    def order(self) -> tuple[int, int]:
        """For comparing minors."""
        major, minor = self.name.split(".")
        return int(major), int(minor)


MINORS: tuple[Minor, ...] = (
    Minor("1.35", date(2027, 2, 28), "3.6", True, "3.10.1", False),
    Minor("1.36", date(2027, 6, 28), "3.6", True, "3.10.2", False),
    Minor("1.37", date(2027, 10, 28), "3.7", False, "3.10.2", True),
)
"""Supported minors, oldest first."""

DEFAULT = "1.36"
"""The minor when the file names none."""

_VERSION = re.compile(r"(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})(\.(0|[1-9][0-9]{0,3}))?")
PATTERN = r"1\.3[5-7](\.(0|[1-9][0-9]{0,3}))?"
"""The supported versions as a regular expression, for the JSON Schema."""


def find(version: str) -> Minor | None:
    """The minor of ``1.36`` or ``1.36.2``, or None when it is not supported."""
    name = ".".join(version.split(".")[:2])
    return next((minor for minor in MINORS if minor.name == name), None)


def refusal(version: str) -> Text | None:
    """What is allowed instead of ``version``, with the reason, or None when it is supported."""
    supported = ", ".join(minor.name for minor in MINORS)
    match = _VERSION.fullmatch(version)
    if match is None:
        return T(
            "a minor (1.36) or an exact version (1.36.2); supported minors: {supported}", supported=supported
        )
    return None if find(version) else _unsupported(int(match[1]), int(match[2]), supported)


def _unsupported(major: int, minor: int, supported: str) -> Text:
    """Why a minor is refused."""
    name = f"{major}.{minor}"
    if (major, minor) > MINORS[-1].order:
        return T(
            "one of {supported}: nothing is known here about {minor} yet", supported=supported, minor=name
        )
    if (major, minor) < (1, 31):
        return T(
            "one of {supported}: kubeadm reads the configuration format v1beta4 only since 1.31",
            supported=supported,
        )
    return T("one of {supported}: {minor} gets no more security fixes", supported=supported, minor=name)

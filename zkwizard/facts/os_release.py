"""The distribution, from os-release(5)."""

from __future__ import annotations

from zkwizard.facts.fact import Fact
from zkwizard.model.facts import OsRelease

RHEL_LIKE = frozenset(
    [
        "rhel",
        "rocky",
        "almalinux",
        "centos",
        "fedora",
        "ol",
        "openeuler",
        "tencentos",
        "opencloudos",
        "anolis",
        "alinux",
        "amzn",
        "kylin",
    ]
)
"""Ids whose packages are rpm and whose habits are Red Hat's, whatever their ID_LIKE says."""
DEBIAN_LIKE = frozenset(["debian", "ubuntu", "linuxmint", "raspbian"])


def parse(text: str) -> OsRelease:
    """``KEY=value`` lines; a value may be in single or double quotes."""
    values: dict[str, str] = {}
    for line in text.split("\n"):
        key, found, value = line.strip().partition("=")
        if found and not key.startswith("#"):
            values[key] = value.strip().strip("\"'")
    ident = values.get("ID", "").lower()
    return OsRelease(
        id=ident,
        version_id=values.get("VERSION_ID", ""),
        codename=values.get("VERSION_CODENAME", ""),
        pretty=values.get("PRETTY_NAME", "") or values.get("NAME", "") or ident,
        family=_family(ident, values.get("ID_LIKE", "").lower().split()),
    )


def _family(ident: str, like: list[str]) -> str:
    for name in (ident, *like):
        if name in DEBIAN_LIKE:
            return "debian"
        if name in RHEL_LIKE:
            return "rhel"
    return ident


FACT = Fact("os", "cat /etc/os-release || cat /usr/lib/os-release", parse)

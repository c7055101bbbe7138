"""Proxies and mirrors that don't do what they should: the person is told, the machine stays whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.lab import network, server, stories
from tests.lab.operator import SITE
from tests.lab.stories import Chain, Place, Story, Told, causes

DOCKER = "docker/linux/debian"
RELEASE = f"{DOCKER}/dists/bookworm"
KEY = f"{DOCKER}/gpg"
SOURCE = "/etc/apt/sources.list.d/docker.list"
KEYRING = "/etc/apt/keyrings/docker.asc"
_GPG = "apt-get update -qq && apt-get install -qq --no-install-recommends gpg >/dev/null"
"""What an earlier phase installs."""
_RUNTIME = ("--phase", "runtime")
_PROXY_FILES = (
    "/var/lib/zkwizard/curlrc",
    "/etc/apt/apt.conf.d/95zkwizard-proxy",
    "/etc/containerd/zkwizard-proxy.env",
    "/etc/systemd/system/containerd.service.d/http-proxy.conf",
)
_PASSWORD = "s3cret-of-the-proxy"


def asks(place: Place, mirror: str, key: str = f"{SITE}/{KEY}") -> None:
    """The cluster file has Docker's packages from `mirror`, signed by `key`."""
    document = place.document()
    document["mirrors"]["packages"]["runtime"] = {"url": f"{mirror}/{DOCKER}", "key": key}
    place.operator.writes(document)


def apt_is_well(place: Place) -> bool:
    """Whether the machine's own apt finds nothing wrong."""
    return place.machine.run("apt-get update -qq 2>&1 || echo failed") == ""


def mirror(fault: str, cause: str, *words: str) -> Story:
    """A mirror with this fault: the run says this cause and these words, and the machine is left whole."""

    def story(place: Place) -> None:
        place.machine.run(f"[ -x /usr/bin/gpg ] || {{ {_GPG}; }}")
        asks(place, f"{SITE}/{fault}")
        ended = place.runs(*_RUNTIME)
        assert ended.code == 1, ended.err
        (told,) = causes(ended) or [ended.err]
        assert told.startswith(f"master: {cause}"), told
        for word in (*words, "docker-repository: failed", "FAILED: step docker-repository failed"):
            assert word in ended.err, ended.err
        assert not place.machine.has(SOURCE), "a source that does not work must not stay"
        assert apt_is_well(place)

    story.__name__ = f"mirror-{fault}"
    return story


def mended(fault: str) -> Story:
    """After it the same machine goes through, once the cluster file names the right mirror."""

    def story(place: Place) -> None:
        asks(place, SITE)
        ended = place.runs(*_RUNTIME)
        assert ended.code == 0, ended.err
        assert place.machine.has(SOURCE)
        assert apt_is_well(place)
        assert "active" in place.machine.run("systemctl is-active containerd")

    story.__name__ = f"mirror-{fault}-mended"
    return story


FORBIDDEN = mirror(
    "403",
    f"The package server refuses master: 403 for {SITE}/403/{RELEASE}/InRelease.",
    "403  Forbidden",
    "Correct kubernetes.version or mirrors.packages in the cluster file",
)
NOT_FOUND = mirror(
    "404",
    f"There is no package repository for master at {SITE}/404/{DOCKER}: 404.",
    "404  Not Found",
    "Correct mirrors.packages (url, suite, components, key)",
)
_NOT_WHOLE = "does not arrive, or not as it was signed."
_INDEX = f"{RELEASE}/stable/binary-amd64/Packages.gz"
TRUNCATED = mirror(
    "truncated",
    f"What master fetches from {SITE}/truncated/{RELEASE}/InRelease {_NOT_WHOLE}",
    "Error reading from server",
    "see that the node reaches the server",
)
SYNCING = mirror(
    "syncing",
    f"What master fetches from {SITE}/syncing/{_INDEX} {_NOT_WHOLE}",
    "File has unexpected size",
    "passes when the mirror's update is over",
)
TAMPERED = mirror(
    "tampered",
    f"What master fetches from {SITE}/tampered/{_INDEX} {_NOT_WHOLE}",
    "Hash Sum mismatch",
    "passes when the mirror's update is over",
)
OTHER_KEY = mirror(
    "other-key",
    "master does not trust a package repository's signature",
    "NO_PUBKEY",
    "what is served is not the publisher's",
    "with a mirror, name its key in the cluster file",
)


def key_named_anew(place: Place) -> None:
    """No hand is needed on the node: the cluster file says whom to trust."""
    asks(place, SITE, key=f"{SITE}/zerotier/key.gpg")
    wrong = place.runs(*_RUNTIME)
    assert wrong.code == 1
    assert causes(wrong)[0].startswith("master: master does not trust a package repository's signature")
    asks(place, SITE, key=f"{SITE}/404/key.gpg")
    missing = place.runs(*_RUNTIME)
    assert missing.code == 1
    assert causes(missing) == [
        f"master: There is no package repository for master at {SITE}/404/key.gpg: 404."
    ]
    asks(place, SITE)
    right = place.runs(*_RUNTIME)
    assert right.code == 0, right.err


def key_changed(place: Place) -> None:
    """Under the same address: that is for a person to decide."""
    machine, key = place.machine, f"{SITE}/rotating/{KEY}"
    machine.run(_GPG)
    asks(place, f"{SITE}/rotating", key)
    first = place.runs(*_RUNTIME)
    assert first.code == 0, first.err
    before = machine.read(KEYRING), machine.read(SOURCE)
    server.rotate(True)

    asks(place, f"{SITE}/rotating-elsewhere", key)
    changed = place.runs(*_RUNTIME)
    assert changed.code == 1
    assert "exit code 65: somebody has to decide first" in changed.err
    (told,) = causes(changed)
    assert told.startswith(f"master: The signing key at {key} is not the one that master trusts: it is ")
    assert f"master#    rm {KEYRING}" in changed.err
    assert (machine.read(KEYRING), machine.read(SOURCE)) == before

    machine.run(f"rm {KEYRING}")
    accepted = place.runs(*_RUNTIME)
    assert accepted.code == 0, accepted.err
    assert machine.read(KEYRING) != before[0]
    assert apt_is_well(place)


@contextmanager
def proxy(place: Place, port: int, *settings: str) -> Iterator[None]:
    """A proxy of the story's own."""
    process = place.lab.begin_proxy(port, *settings)
    try:
        yield
    finally:
        place.lab.end(process)


def behind(place: Place, port: int, user: str = "") -> None:
    """The machine reaches packages only through this proxy, by the cluster file."""
    network.only_by_proxy([place.machine.address])
    document = place.document(proxy={"url": f"http://{user}{network.OPERATOR}:{port}"})
    document["nodes"][0]["proxy"] = True
    place.operator.writes(document)


def proxy_down(place: Place) -> None:
    """From the beginning: nothing is written before it answers."""
    behind(place, 8901)
    ended = place.runs("--until", "overlay-join")
    assert ended.code == 1
    assert "overlay-join       master     FAILED: step proxy-answers failed" in ended.err
    assert f"{SITE}/zerotier/key.gpg: the proxy refuses the connection, or can't be reached" in ended.err
    assert not any(place.machine.has(path) for path in _PROXY_FILES)
    with proxy(place, 8901):
        again = place.runs("--phase", "proxy")
        assert again.code == 0, again.err
        assert all(place.machine.has(path) for path in _PROXY_FILES)


def proxy_dies_later(place: Place) -> None:
    """When its settings are on the machine already."""
    with proxy(place, 8901):
        place.machine.run(_GPG)
    ended = place.runs(*_RUNTIME)
    assert ended.code == 1
    assert causes(ended) == ["master: The proxy 10.77.0.1:8901 does not answer master."], ended.err
    assert "Start the proxy, or correct `proxy` in the cluster file and run again." in ended.err
    with proxy(place, 8901):
        again = place.runs(*_RUNTIME)
    assert again.code == 0, again.err


def proxy_password(place: Place) -> None:
    """Missing in the file, missing in the environment, wrong, right; and nowhere to be read."""
    machine, operator = place.machine, place.operator
    with proxy(place, 8902, f"BasicAuth zk {_PASSWORD}"):
        behind(place, 8902)
        no_user = place.runs("--phase", "proxy")
        behind(place, 8902, "zk@")
        unasked = place.runs("--phase", "proxy")
        operator.variables["ZKWIZARD_PROXY_PASSWORD"] = "not-it"
        wrong = place.runs("--phase", "proxy")
        assert not any(machine.has(path) for path in _PROXY_FILES)
        operator.variables["ZKWIZARD_PROXY_PASSWORD"] = _PASSWORD
        right = place.runs("--phase", "proxy")
        release = f"{SITE}/debian/dists/bookworm/Release"
        through = machine.run(f"curl -K /var/lib/zkwizard/curlrc -fsS {release}; apt-get update -qq 2>&1")
    for ended in (no_user, wrong):
        assert ended.code == 1
        assert causes(ended) == [
            "master: The proxy does not let master in: its user or password is wrong, or missing."
        ], ended.err
        assert "comes from ZKWIZARD_PROXY_PASSWORD" in ended.err
    assert unasked.code == 1
    assert "Password for the proxy: nobody can be asked here; set ZKWIZARD_PROXY_PASSWORD" in unasked.err
    assert right.code == 0, right.err
    assert "Codename: bookworm" in through
    kept = operator.home.parent.rglob("*")
    assert not [path for path in kept if path.is_file() and _PASSWORD.encode() in path.read_bytes()]
    assert machine.run(f"grep -rlaF {_PASSWORD} /var/lib/zkwizard/runs || :") == ""


CHAINS = (
    Chain((TRUNCATED, mended("truncated"))),
    Chain((FORBIDDEN, SYNCING, mended("syncing"))),
    Chain((NOT_FOUND, TAMPERED, mended("tampered"))),
    Chain((OTHER_KEY, key_named_anew)),
    Chain((key_changed, proxy_password)),
    Chain((proxy_down, proxy_dies_later)),
)


@pytest.mark.parametrize("story", stories.names(CHAINS))
def test_network(story: str, told: Told, record_property: Callable[[str, object], None]) -> None:
    stories.heard(story, told, record_property)

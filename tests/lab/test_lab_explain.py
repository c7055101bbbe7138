"""A finished cluster is broken with the means of real machines; `explain` names it, its remedy repairs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from operator import not_
from typing import Any

import pytest

from tests.lab import looks, stories, troubles
from tests.lab.stories import Chain, Place, Told
from tests.waiting import equals, until

Cause = dict[str, Any]
Where = tuple[str, str]
"""Cause and node."""


def causes(place: Place) -> list[Cause]:
    """What `explain` names now."""
    ended = place.operator.run("explain", "--json")
    found: list[Cause] = json.loads(ended.out.splitlines()[-1])["causes"]
    assert ended.code == (1 if found else 0), ended.err
    return found


def named(place: Place, *wanted: Where) -> list[Cause]:
    """Wait until exactly these are named: a service that fell takes a moment to say why."""

    def exactly_these(found: list[Cause]) -> bool:
        return sorted((cause["id"], cause["node"]) for cause in found) == sorted(wanted)

    found = until(lambda: causes(place), f"exactly {wanted} are named", fits=exactly_these, limit=120)
    for cause in found:
        assert cause["what"] and cause["why"] and cause["remedy"] and cause["seen"], cause
    return found


def repaired(place: Place) -> None:
    """`--repair` does it, and nothing is found any more."""
    ended = place.operator.run("explain", "--repair", "--yes")
    assert ended.code == 0, ended.out + ended.err
    assert ended.out.endswith("nothing is found to be wrong on master, node1\n"), ended.out
    all_of_them = looks.all_ready(place.machines)
    until(lambda: looks.ready(place.machine), "all are ready again", fits=equals(all_of_them))


def well(place: Place) -> None:
    """Made, and nothing is found to be wrong with it."""
    place.operator.writes(place.document())
    made = place.operator.makes()
    assert made.code == 0, made.err
    assert causes(place) == []


def swap_and_forwarding(place: Place) -> None:
    """An update brought swap back, and somebody a sysctl.d of his own."""
    master, node = place.machines
    troubles.swap_on(node)
    node.run("systemctl restart kubelet")
    master.run("sysctl -qw net.ipv4.ip_forward=0 net.bridge.bridge-nf-call-iptables=0")
    found = named(place, ("swap-on", "node1"), ("ip-forward-off", "master"), ("bridge-filter-off", "master"))
    swap = next(cause for cause in found if cause["id"] == "swap-on")
    assert "kubelet-down@node1" in swap["explains"] and "/swap.img" in swap["seen"][0]
    repaired(place)
    assert node.run("tail -n +2 /proc/swaps") == ""
    assert "# zkwizard: /swap.img" in node.read("/etc/fstab")
    assert node.run("systemctl is-active kubelet").strip() == "active"


def runtime_and_hostname(place: Place) -> None:
    """dpkg was told to take the package's configuration, and the provider's tool renamed a machine."""
    master, node = place.machines
    node.write("/etc/containerd/config.toml", 'disabled_plugins = ["cri"]\n')
    node.run("systemctl restart containerd kubelet || :")
    # twice, as systemd-hostnamed may be slow to start on a busy machine
    renamed = "hostnamectl set-hostname vps-4711.provider.example"
    master.run(f"{renamed} || {{ sleep 5; {renamed}; }}")
    named(place, ("containerd-cri-disabled", "node1"), ("hostname-changed", "master"))
    repaired(place)
    assert master.run("hostname -f").strip() == "master.zk.internal"


def services(place: Place) -> None:
    """Units that are stopped, disabled, or fail at once."""
    master, node = place.machines
    node.run("systemctl disable --now zerotier-one")
    master.run("systemctl disable --now kubelet")
    found = named(place, ("zerotier-stopped", "node1"), ("kubelet-down", "master"))
    assert "ActiveState=inactive" in found[0]["seen"][0] + found[1]["seen"][0]
    repaired(place)
    assert node.run("systemctl is-enabled zerotier-one").strip() == "enabled"
    assert master.run("systemctl is-enabled kubelet").strip() == "enabled"
    drop_in = "/etc/systemd/system/containerd.service.d/50-mine.conf"
    node.write(drop_in, "[Service]\nExecStart=\nExecStart=/bin/false\n")
    node.run("systemctl daemon-reload; systemctl restart containerd || :")
    named(place, ("containerd-down", "node1"))
    node.run(f"rm {drop_in}; systemctl daemon-reload")
    place.operator.run("explain", "--repair", "--yes")  # or systemd itself was quicker
    until(lambda: causes(place), "nothing is found any more", fits=not_, limit=120)
    assert node.run("systemctl is-active containerd").strip() == "active"


def full_and_walled(place: Place) -> None:
    """What only a person repairs: a full disk, a firewall of one's own across the overlay."""
    _, node = place.machines
    with troubles.full_disk(node):
        node.run(
            "nft -f - <<'X'\ntable inet wall {\n chain in {\n  type filter hook input priority 0\n"
            '  iifname "zt*" drop\n }\n}\nX'
        )
        found = named(place, ("disk-full", "node1"), ("overlay-silent", "master"))
        assert not any(cause["repair"] for cause in found)
        refused = place.operator.run("explain", "--repair", "--yes")
        assert (refused.code, "nothing of it can be repaired by zkwizard itself" in refused.err) == (1, True)
        node.run("nft delete table inet wall")
    until(lambda: causes(place), "nothing is found any more", fits=not_, limit=120)


def wrong_clock(place: Place) -> None:
    """Ten minutes ahead: it is named, and nothing that follows from it."""
    _, node = place.machines
    troubles.wrong_clock(node)
    (cause,) = named(place, ("clock-skew", "node1"))
    assert "apt-get install -y chrony" in [each["command"] for each in cause["commands"]]
    troubles.right_clock(node)
    assert causes(place) == []


def apt_at_work(place: Place) -> None:
    """On a machine that is in no cluster yet; it is only to be waited for."""
    place.operator.writes(place.document())
    assert place.operator.run("probe", "--accept-new-host-keys").code == 0
    holder = place.machine.run(troubles.HOLDS).strip()
    (cause,) = named(place, ("package-lock", "master"))
    assert cause["seen"] == [f"the package manager's lock is held by apt-get (process {holder})"]
    assert [each["command"] for each in cause["commands"]] == [f"ps -fp {holder}"]
    place.machine.run("rm /run/held")
    until(lambda: place.machine.run("pgrep -x apt-get || :"), "apt has ended", fits=not_)
    assert causes(place) == []


CHAINS = (
    Chain(
        (
            well,
            swap_and_forwarding,
            runtime_and_hostname,
            services,
            full_and_walled,
            wrong_clock,
        ),
        names=("master", "node1"),
        options={"sizes": {"node1": "16g"}},
    ),
    Chain((apt_at_work,)),
)


@pytest.mark.parametrize("story", stories.names(CHAINS))
def test_explain(story: str, told: Told, record_property: Callable[[str, object], None]) -> None:
    stories.heard(story, told, record_property)

"""Joining the overlay and waiting for it, with ZeroTier's own words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.phases.answers import NETWORK, VALUES, cluster, context, node_steps, only
from tests.unit.phases.scratch_node import ScratchNode, tree
from tests.unit.phases.zerotier_words import networks, peers
from zkwizard.model.facts import LinkPath
from zkwizard.model.step import OperatorAction, OperatorStep
from zkwizard.phases import links, overlay_authorise, overlay_join, overlay_up

CONF = "zerotier-one/local.conf"


def settings() -> Any:
    return only(overlay_join.steps(context()), "zerotier-settings")


def written(scratch: ScratchNode, text: str) -> Path:
    path = scratch.var_lib / CONF
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_the_driver_of_tun_is_loaded_where_only_its_device_is_there(scratch: ScratchNode) -> None:
    scratch.standin("modprobe", "")
    (tun,) = only(overlay_join.steps(context()), "tun-device")
    assert scratch.run([tun]).changed <= {"tun-device"}
    unloaded = replace(tun, check=tun.check.replace("/sys/class/misc/tun", "/no").replace("/sys/", "/no/"))
    assert scratch.run([unloaded]).hows == {"tun-device": "changed"}
    assert scratch.calls == ["modprobe -q tun"]
    nowhere = [replace(tun, check="false", apply=tun.apply.replace("/dev/net/tun ]", "/no ]"))]
    assert scratch.run(nowhere).codes == {"tun-device": 65}


def test_settings_where_there_were_none(scratch: ScratchNode) -> None:
    assert scratch.run(settings()).hows == {"zerotier-settings": "changed"}
    found = json.loads((scratch.var_lib / CONF).read_text())
    assert found["settings"]["interfacePrefixBlacklist"][:2] == ["flannel", "cni"]
    assert found["physical"] == {"10.244.0.0/16": {"blacklist": True}, "10.96.0.0/12": {"blacklist": True}}
    assert (scratch.folder / "home/pending/zerotier-one").exists()
    assert scratch.run(settings()).changed == set()
    scratch.undo(settings())
    assert tree(scratch.var_lib) == {}


def test_settings_of_ours_follow_the_answers(scratch: ScratchNode) -> None:
    scratch.run(settings())
    other = cluster(kubernetes={"pod_subnet": "10.42.0.0/16"})
    scratch.run(only(overlay_join.steps(context(of=other)), "zerotier-settings"))
    assert list(json.loads((scratch.var_lib / CONF).read_text())["physical"]) == [
        "10.42.0.0/16",
        "10.96.0.0/12",
    ]


def test_settings_of_somebody_else_are_kept(scratch: ScratchNode) -> None:
    foreign = {
        "settings": {"primaryPort": 29993, "interfacePrefixBlacklist": ["wg", "cni"]},
        "physical": {"10.96.0.0/12": {"mtu": 1400}, "192.168.0.0/16": {"blacklist": True}},
        "備註": "別動",
    }
    path = written(scratch, json.dumps(foreign, ensure_ascii=False))
    before = tree(scratch.var_lib)
    first = scratch.run(settings())
    assert first.hows == {"zerotier-settings": "changed"}, first.output
    found = json.loads(path.read_text())
    assert found["備註"] == "別動"
    assert found["settings"]["primaryPort"] == 29993
    assert found["settings"]["interfacePrefixBlacklist"][:4] == ["wg", "cni", "flannel", "veth"]
    assert found["physical"]["10.96.0.0/12"] == {"blacklist": True, "mtu": 1400}
    assert found["physical"]["192.168.0.0/16"] == {"blacklist": True}
    assert scratch.run(settings()).changed == set()
    scratch.undo(settings())
    assert tree(scratch.var_lib) == before


def test_settings_that_are_no_json_are_left_to_a_person(scratch: ScratchNode) -> None:
    path = written(scratch, "{ not json")
    result = scratch.run(settings())
    assert result.codes == {"zerotier-settings": 65}
    assert "could not be read as JSON" in result.output
    assert path.read_text() == "{ not json"


def test_joining_believes_only_the_list_of_networks(scratch: ScratchNode) -> None:
    scratch.standin(
        "zerotier-cli", 'case "$1" in join) echo "200 join OK" ;; listnetworks) cat $NODE/list ;; esac'
    )
    (scratch.folder / "list").write_text("[]\n")
    scratch.standin("sleep", "")
    join = only(overlay_join.steps(context()), "join")
    result = scratch.run(join)
    assert result.hows == {"join": "failed"}
    assert "does not appear" in result.output
    (scratch.folder / "list").write_text(networks("REQUESTING_CONFIGURATION", ()))
    assert scratch.run(join).changed == set()
    scratch.undo(join)
    assert scratch.calls[-1] == f"zerotier-cli leave {NETWORK}"


def test_a_network_joined_before_is_not_left(scratch: ScratchNode) -> None:
    scratch.standin("zerotier-cli", "cat $NODE/list")
    (scratch.folder / "list").write_text(networks())
    join = only(overlay_join.steps(context()), "join")
    assert scratch.run(join).changed == set()
    scratch.undo(join)
    assert not [call for call in scratch.calls if "leave" in call]


def test_the_member_id_is_told_on_every_run(scratch: ScratchNode) -> None:
    scratch.standin(
        "zerotier-cli", 'echo \'{\n "address": "70525d2afc",\n "publicIdentity": "70525d2afc:0:78"\n}\''
    )
    result = scratch.run(only(overlay_join.steps(context()), "member-id"))
    assert result.hows == {"member-id": "unchanged"}
    assert result.values == {"zerotier-member": "70525d2afc"}


MATTERS = [
    (networks("ACCESS_DENIED", ()), "member 70525d2afc is not authorised yet"),
    (networks("NOT_FOUND", ()), "is the id right?"),
    (networks("REQUESTING_CONFIGURATION", ()), "UDP 9993"),
    (networks("PORT_ERROR", ()), "/dev/net/tun"),
    (networks("OK", ("10.9.8.7/24",)), "it has 10.9.8.7/24 now"),
    (networks("OK", ()), "give it to member 70525d2afc"),
    (networks("AUTHENTICATION_REQUIRED", ()), "AUTHENTICATION_REQUIRED"),
    ("[]", "is not in network"),
]


@pytest.mark.parametrize(("listed", "words"), MATTERS, ids=[words for _, words in MATTERS])
def test_while_waiting_it_says_what_is_the_matter(scratch: ScratchNode, listed: str, words: str) -> None:
    scratch.standin(
        "zerotier-cli",
        'case "$1" in info) echo "200 info 70525d2afc 1.14.1 ONLINE" ;; *) cat $NODE/list ;; esac',
    )
    (scratch.folder / "list").write_text(listed)
    (scratch.folder / "good").write_text(networks())
    scratch.standin("sleep", "cp $NODE/good $NODE/list")
    scratch.addresses = ("10.9.8.65/24",)
    result = scratch.run(only(overlay_up.steps(context()), "address"))
    assert result.hows == {"address": "changed"}, result.output
    assert words in result.output


def test_the_overlay_is_up_when_a_peer_answers(scratch: ScratchNode) -> None:
    scratch.addresses = ("10.9.8.65/24", "10.9.8.129/32")
    result = scratch.run(only(overlay_up.steps(context()), "peers", "interface"))
    assert result.hows == {"peers": "unchanged", "interface": "unchanged"}, result.output
    assert result.values == {"overlay-device": "lo", "overlay-mtu": "65536"}


def test_one_node_alone_waits_for_nobody() -> None:
    alone = cluster(
        nodes=[{"name": "a", "role": "control-plane", "ssh": {"host": "a"}, "overlay_ip": "10.9.8.1"}]
    )
    assert [step.id for step in overlay_up.steps(context("a", alone))] == ["address", "interface"]
    assert list(links.steps(context("a", alone))) == []


def test_an_existing_overlay_has_no_joining_phase() -> None:
    existing = cluster(overlay={"driver": "existing", "cidr": "10.9.8.0/24"})
    assert overlay_join.PHASE.nodes(existing) == overlay_authorise.PHASE.nodes(existing) == ()
    found = overlay_up.steps(context(of=existing))
    assert [step.id for step in found] == ["address", "tools", "peers", "interface"]
    assert "zerotier" not in "".join(part for step in found for part in step.sources).lower()


def test_members_are_authorised_where_zkwizard_runs() -> None:
    (step,) = overlay_authorise.steps(context())
    assert isinstance(step, OperatorStep)
    assert step.action is OperatorAction.AUTHORISE_MEMBERS
    assert overlay_authorise.PHASE.nodes(cluster()) == ("operator",)


def test_links_are_measured_and_read_back(scratch: ScratchNode) -> None:
    """lo answers for master; nobody answers for node2, which is a result and not a failure."""
    scratch.addresses = ("10.9.8.65/32", "10.9.8.118/32")
    listed = peers(mfb76685eeb="direct", m62c708298b="relayed")
    (scratch.folder / "peers").write_text(listed)
    scratch.standin("zerotier-cli", "cat $NODE/peers")
    result = scratch.run(node_steps(links.steps(context(values=VALUES))))
    assert result.hows == {"measure": "unchanged"}, result.output
    values = {("node1", name): value for name, value in result.values.items()}
    master, node2 = links.measurements(cluster(), values)
    assert (master.source, master.target, master.sent, master.received) == ("node1", "master", 10, 10)
    assert 0 < master.rtt_min <= master.rtt_avg <= master.rtt_max
    assert (master.path, master.interface_mtu) == (LinkPath.DIRECT, 65536)
    assert master.path_mtu in (65535, 1390)
    assert (node2.target, node2.received, node2.path_mtu, node2.path) == ("node2", 0, 0, LinkPath.RELAYED)


@pytest.mark.parametrize(
    ("listed", "path"),
    [
        (peers(mfb76685eeb="tunneled"), LinkPath.RELAYED),
        (peers(m62c708298b="direct"), LinkPath.UNKNOWN),
        ("Error connecting to the ZeroTier service", LinkPath.UNKNOWN),
    ],
)
def test_the_way_to_a_peer(scratch: ScratchNode, listed: str, path: LinkPath) -> None:
    scratch.addresses = ("10.9.8.65/32", "10.9.8.118/32")
    scratch.standin("ping", "exit 1")
    (scratch.folder / "peers").write_text(listed)
    scratch.standin("zerotier-cli", "cat $NODE/peers")
    result = scratch.run(node_steps(links.steps(context(values=VALUES))))
    values = {("node1", name): value for name, value in result.values.items()}
    assert links.measurements(cluster(), values)[0].path is path


def test_measurements_of_nonsense_are_empty() -> None:
    values = {("node1", "link-master"): "zkwizard path sideways\nzkwizard mtu 99999999999\n\x00 中文"}
    (found,) = links.measurements(cluster(), values)
    assert (found.sent, found.path_mtu, found.path, found.loss) == (0, 0, LinkPath.UNKNOWN, 100.0)

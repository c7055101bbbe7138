"""Causes: roots before consequences, ordered by what they explain; hostile evidence stays harmless."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.checks.healthy import answers
from tests.unit.diagnosis.excerpts import CLUSTER, evidence, explained, healthy, read
from zkwizard.diagnosis.explain import causes, repairs
from zkwizard.model.cause import Cause
from zkwizard.phases.order import PHASES

ORDER = [phase.id for phase in PHASES]


def _ids(found: list[Cause]) -> list[tuple[str, str]]:
    return [(cause.id, cause.node) for cause in found]


def test_a_kubelet_that_is_down_is_not_a_second_cause_beside_swap() -> None:
    (cause,) = explained("swap-on")
    assert cause.explains == ("kubelet-down@node1",)
    assert str(cause.seen[0]) == "/proc/swaps: /dev/sda2 (partition, 2047 MB)"
    assert "running with swap on is not supported" in str(cause.seen[1])


def test_what_others_see_of_a_node_is_a_consequence_of_its_own_fault() -> None:
    (cause,) = explained("zerotier-stopped")
    assert (cause.id, cause.node) == ("zerotier-stopped", "node2")
    assert set(cause.explains) == {
        "overlay-silent@node2",
        "api-unreachable@node2",
        "node-not-ready@node2",
    }


def test_without_the_roots_the_symptom_is_told() -> None:
    parts = {at: text for at, text in read("swap-on").items() if at[1] not in ("swaps", "kubelet-log")}
    found = causes(CLUSTER, evidence({**healthy(), **parts}))
    assert _ids(found) == [("kubelet-down", "node1")]


def test_the_cause_that_explains_most_comes_first_and_risks_last() -> None:
    parts = {**healthy(), **read("static-pods-proxy"), **read("ip-forward-off"), **read("zerotier-stopped")}
    found = causes(CLUSTER, evidence(parts))
    assert _ids(found) == [
        ("zerotier-stopped", "node2"),
        ("ip-forward-off", "node1"),
        ("static-pods-proxy", "master"),
    ]


def test_a_full_disk_is_told_by_its_kubelet_too_and_by_nothing_that_sounds_alike() -> None:
    nodes = healthy()["master", "nodes"]
    calm = '"status": "False",\n      "reason": "KubeletHasNoDiskPressure"'
    full = nodes.replace(calm, '"status": "True",\n      "reason": "KubeletHasDiskPressure"', 1)
    assert full.count("KubeletHasNoDiskPressure") == 2
    found = causes(CLUSTER, evidence({**healthy(), ("master", "nodes"): full}))
    assert _ids(found) == [("disk-full", "master")]
    event = 'kubelet_node_status.go:741] "Recording event message for node" event="NodeHasNoDiskPressure"'
    assert causes(CLUSTER, evidence({**healthy(), ("node1", "kubelet-log"): event})) == []


def test_a_node_without_evidence_is_named_by_what_the_others_see() -> None:
    known = evidence({**healthy(), **read("overlay-silent")})
    del known["node2"]
    assert _ids(causes(CLUSTER, known)) == [("overlay-silent", "node2")]


def test_machines_that_are_not_in_the_overlay_yet_are_not_expected_to_answer() -> None:
    bare = ("os", "machine", "swaps", "cgroup", "features", "sysctls", "disks")
    parts = {at: text for at, text in healthy().items() if at[1] in bare}
    silent = {
        (node.name, "reach"): "".join(f"{o.overlay_ip} 0\n" for o in CLUSTER.nodes if o is not node)
        for node in CLUSTER.nodes
    }
    assert causes(CLUSTER, evidence({**parts, **silent})) == []


def test_what_is_only_slow_to_answer_is_not_called_stopped() -> None:
    """On an overloaded node every part may have run into its time limit, and says nothing."""
    for lost in sorted({part for _, part in healthy()} - {"kubelet-server"}):
        parts = {at: "" if at[1] == lost else text for at, text in healthy().items()}
        found = causes(CLUSTER, evidence(parts))
        assert _ids(found) == [], lost
    cut = {("node1", "units"): "kubelet \ncontainerd \nzerotier-one \n"}
    assert causes(CLUSTER, evidence({**healthy(), **cut})) == []


def test_swap_that_the_answers_keep_is_no_cause() -> None:
    nodes = [node.model_dump(mode="json") for node in CLUSTER.nodes]
    keeping = answers(nodes=[{**node, "swap": "keep"} for node in nodes])
    parts = {at: text for at, text in read("swap-on").items() if at[1] == "swaps"}
    assert causes(keeping, evidence({**healthy(), **parts})) == []


def test_errors_before_the_last_start_are_over() -> None:
    log = read("swap-on")["node1", "kubelet-log"]
    started = (
        "Nov 22 19:39:48 node1 systemd[1]: Started kubelet.service - kubelet: The Kubernetes Node Agent.\n"
    )
    well = 'Nov 22 19:39:49 node1 kubelet[7001]: I1122 19:39:49.1 7001 server.go:193] "Starting to listen"\n'
    sandbox = read("sandbox-image")["node1", "kubelet-log"]
    parts = {("node1", "kubelet-log"): log + sandbox + "\n" + started + well}
    assert causes(CLUSTER, evidence({**healthy(), **parts})) == []
    again = {("node1", "kubelet-log"): started + well + sandbox}
    assert _ids(causes(CLUSTER, evidence({**healthy(), **again}))) == [("sandbox-image", "node1")]


def test_a_log_line_can_neither_become_a_command_nor_disturb_a_terminal() -> None:
    line = (
        'failed to do request: Head \\"https://$(reboot);x/v2/a\\": dial tcp 10.0.0.1:5000: connect: '
        "connection refused \x1b[2J\x07 {node} {0} %s"
    )
    (cause,) = causes(CLUSTER, evidence({**healthy(), ("node1", "step"): line}))
    (command,) = cause.commands
    assert command.text == "curl -sSI -m 10 https://'$(reboot);x'/v2/"
    assert "\x1b" not in str(cause.seen[0]) and "\x07" not in str(cause.seen[0])
    assert "$(reboot);x" in str(cause.what)


def test_rubbish_is_no_evidence_and_no_error() -> None:
    for text in (
        "",
        "\x00\xff",
        "[[[[",
        '{"items": [{"metadata": 3}]}',
        '[{"paths": 7}]',
        "a b c d e f\n" * 50,
    ):
        parts = dict.fromkeys(healthy(), text)
        causes(CLUSTER, evidence(parts))


def test_repairs_join_causes_with_the_same_phases_and_keep_their_order() -> None:
    (cause,) = explained("swap-on")
    twin = replace(cause, node="node2")
    other = replace(cause, repair=("images", "runtime"), node="master")
    nothing = replace(cause, repair=())
    assert repairs([cause, nothing, other, twin], ORDER) == [
        (("system", "join"), ("node1", "node2")),
        (("runtime", "images"), ("master",)),
    ]


def test_the_kubelet_of_a_control_plane_is_started_by_its_own_phase() -> None:
    down = read("kubelet-down")["node2", "units"]
    (cause,) = causes(CLUSTER, evidence({**healthy(), ("master", "units"): down}))
    assert (cause.node, cause.repair) == ("master", ("kubelet-start",))

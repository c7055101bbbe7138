"""The phases of a reset: their order, what each takes back, and the reading of what is left."""

from __future__ import annotations

import re

import pytest

from tests.unit.phases.clusters import cluster as small
from zkwizard.checks.remains import judge
from zkwizard.engine.schedule import Task, graph
from zkwizard.model.cluster import Cluster
from zkwizard.model.context import Context
from zkwizard.model.phase import Work
from zkwizard.model.remains import Fate, Kind, Teardown, Trace
from zkwizard.model.step import Stays, Step
from zkwizard.phases.order import PHASES
from zkwizard.phases.teardown import look
from zkwizard.phases.teardown.order import phases
from zkwizard.phases.teardown.put_back import undone
from zkwizard.steps.render import render

ALL = ("master", "node1", "node2")


def cluster(*, proxied: bool = False) -> Cluster:
    """Three nodes; with everything that a cluster file may ask for, or with little."""
    names = {"master": "10.9.8.118", "node1": "10.9.8.65", "node2": "10.9.8.129"}
    nodes = [
        {
            "name": name,
            "role": "control-plane" if name == "master" else "worker",
            "ssh": {"host": f"192.0.2.{number}", "user": "ubuntu" if proxied else "root"},
            "overlay_ip": address,
            "proxy": proxied,
        }
        for number, (name, address) in enumerate(names.items(), 1)
    ]
    if not proxied:
        return small(nodes=nodes)
    return small(
        nodes=nodes,
        proxy={"url": "http://zk@10.9.8.10:1081"},
        mirrors={"images": {"registries": {"docker.io": "https://docker.example.cn"}}},
    )


def _context(answers: Cluster, node: str) -> Context:
    return Context(answers, answers.node(node))


def _steps(answers: Cluster, teardown: Teardown, node: str) -> dict[str, list[Step]]:
    return {
        phase.id: [step for step in phase.steps(_context(answers, node)) if isinstance(step, Step)]
        for phase in phases(teardown)
        if node in phase.nodes(answers)
    }


def test_every_step_that_can_be_taken_back_tells_whether_there_is_anything() -> None:
    """Otherwise a second reset would do it again, and say that it changed something."""
    answers = cluster(proxied=True)
    for phase in PHASES:
        for node in phase.nodes(answers):
            if node in ALL:
                for step in phase.steps(_context(answers, node)):
                    if isinstance(step, Step) and step.undo:
                        assert step.receipt, f"{phase.id}: {step.id}"


def test_what_is_taken_back_carries_no_content_and_no_secret() -> None:
    answers = cluster(proxied=True)
    for stays in (False, True):
        steps = undone(_context(answers, "node1"), stays=stays)
        program = render("put-back", "Put back", "node1", steps)
        assert program.secrets == () and program.holes == ()
        assert all(step.content == "" and str(step.title).startswith("Taken back: ") for step in steps)


def test_what_stays_by_default_is_not_put_back() -> None:
    answers = cluster()
    ids = {step.id for step in undone(_context(answers, "node1"), stays=False)}
    kept = {step.id for step in undone(_context(answers, "node1"), stays=True)}
    assert {"overlay-join-join", "overlay-join-zerotier-package", "packages-kubernetes-packages"} <= kept
    assert {"names-hosts", "names-hostname", "packages-kubernetes-repository", "system-swap-off"} <= ids
    assert "overlay-join-zerotier-settings" in ids


def test_each_choice_takes_only_its_own() -> None:
    answers = cluster()
    packages = _steps(answers, Teardown(ALL, packages=True), "node1")
    overlay = _steps(answers, Teardown(ALL, leave_overlay=True), "node1")
    both = _steps(answers, Teardown(ALL, packages=True, leave_overlay=True), "node1")
    assert "leave-overlay" not in packages and "remove-packages" not in overlay
    assert not [step for step in packages["remove-packages"] if "zerotier" in step.id]
    assert "overlay-join-zerotier-package" not in {step.id for step in overlay["leave-overlay"]}
    assert "overlay-join-zerotier-package" in {step.id for step in both["leave-overlay"]}
    assert overlay["leave-overlay"][0].id == "other-way"
    assert list(both)[-2:] == ["leave-overlay", "proof"]


def test_nothing_ever_flushes_rules_or_touches_the_way_in() -> None:
    """Never a flush, a policy, a restart of network, firewall, ZeroTier or sshd."""
    answers = cluster()
    for node in ALL:
        for id_, steps in _steps(answers, Teardown(ALL), node).items():
            text = render(id_, id_, node, steps).text if steps else ""
            code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
            assert not re.search(r"tables\S* (-t \w+ )?-[FPX]\b|nft flush|flush ruleset", code), id_
            assert not re.search(r"restart\s+(network|sshd?|firewalld|ufw|zerotier)", code), id_
            assert not re.search(r"zerotier-cli\s+leave|link (set|delete) (dev )?zt", code), id_


def test_the_control_plane_begins_when_the_workers_are_through() -> None:
    needs = graph(cluster(), phases(Teardown(ALL)), ALL)
    first = needs[Task("stop", "master")]
    assert set(first.settled) == {Task("proof", "node1"), Task("proof", "node2")}
    assert first.succeeded == ()
    assert not any(task.phase in ("drain", "forget") for task in needs), "nobody is left to be told"


def test_a_failed_phase_keeps_no_other_from_its_turn() -> None:
    needs = graph(cluster(), phases(Teardown(ALL)), ALL)
    assert all(need.succeeded == () for need in needs.values())
    assert needs[Task("proof", "node1")].settled == (Task("put-back", "node1"),)


def test_a_single_worker_is_drained_first_and_forgotten_when_its_kubelet_has_stopped() -> None:
    teardown = Teardown(("node1",))
    needs = graph(cluster(), phases(teardown), ("master", "node1"))
    assert {task.node for task in needs if task.phase in ("drain", "forget")} == {"master"}
    assert {task.node for task in needs if task.phase not in ("drain", "forget")} == {"node1"}
    assert Task("drain", "master") in needs[Task("stop", "node1")].settled
    assert Task("unjoin", "node1") in needs[Task("forget", "master")].settled


def test_the_proof_is_the_last_and_no_program() -> None:
    last = phases(Teardown(ALL))[-1]
    assert (last.id, last.work) == ("proof", Work.PROOF)


def test_a_look_is_read_line_by_line() -> None:
    traces, whole = look.read(
        "link ours cni0\nfile foreign /etc/cni/net.d/05 mine.conf\nnetns busy cni-1 812 (sleep)\n"
        "chain ours iptables-nft nat KUBE-SVC-X\npackage ours kubelet 1.36.4-1.1\nnoise\nlink ours\n"
        "file immutable /var/lib/etcd\nlink ours cni0\nport ours udp/8472 \nend\n"
    )
    assert whole
    assert traces == (
        Trace(Kind.LINK, "cni0", "ours"),
        Trace(Kind.FILE, "/etc/cni/net.d/05 mine.conf", "foreign"),
        Trace(Kind.NETNS, "cni-1", "busy", "812 (sleep)"),
        Trace(Kind.CHAIN, "iptables-nft nat KUBE-SVC-X", "ours"),
        Trace(Kind.PACKAGE, "kubelet", "ours", "1.36.4-1.1"),
        Trace(Kind.FILE, "/var/lib/etcd", "ours", "immutable"),
        Trace(Kind.PORT, "udp/8472", "ours"),
    )
    assert look.read("link ours cni0\n")[1] is False, "cut off"


@pytest.mark.parametrize(
    ("trace", "teardown", "fate"),
    [
        (Trace(Kind.LINK, "cni0", "ours"), Teardown(ALL), Fate.GOES),
        (Trace(Kind.NETNS, "cni-1", "ours"), Teardown(ALL), Fate.GOES),
        (Trace(Kind.NETNS, "cni-1", "busy", "812 (sleep)"), Teardown(ALL), Fate.STAYS),
        (Trace(Kind.FILE, "/etc/cni/net.d/05.conf", "foreign"), Teardown(ALL), Fate.STAYS),
        (Trace(Kind.FILE, "/root/.bash_profile", "profile"), Teardown(ALL), Fate.STAYS),
        (Trace(Kind.FILE, "/etc/kubernetes", "ours"), Teardown(ALL), Fate.GOES),
        (Trace(Kind.PORT, "tcp/6443", "ours", "kube-apiserver"), Teardown(ALL), Fate.GOES),
        (Trace(Kind.PORT, "tcp/6443", "ours", "nginx"), Teardown(ALL), Fate.STAYS),
        (Trace(Kind.RECEIPT, "/etc/hosts", "ours"), Teardown(ALL), Fate.GOES),
        (Trace(Kind.RECEIPT, "/etc/hosts", "changed"), Teardown(ALL), Fate.STAYS),
        (Trace(Kind.RECEIPT, "/etc/apt/x.list", "source"), Teardown(ALL, packages=True), Fate.STAYS),
        (Trace(Kind.RECEIPT, "/etc/apt/x.list", "source"), Teardown(ALL, True, True), Fate.GOES),
        (Trace(Kind.PACKAGE, "kubelet", "ours"), Teardown(ALL), Fate.STAYS),
        (Trace(Kind.PACKAGE, "kubelet", "ours"), Teardown(ALL, packages=True), Fate.GOES),
        (Trace(Kind.PACKAGE, "kubelet", "others"), Teardown(ALL, packages=True), Fate.STAYS),
        (Trace(Kind.PACKAGE, "zerotier-one", "ours"), Teardown(ALL, packages=True), Fate.STAYS),
        (Trace(Kind.OVERLAY, "8fa6", "ours"), Teardown(ALL), Fate.STAYS),
        (Trace(Kind.OVERLAY, "8fa6", "ours"), Teardown(ALL, leave_overlay=True), Fate.GOES),
        (Trace(Kind.OVERLAY, "8fa6", "others"), Teardown(ALL, leave_overlay=True), Fate.STAYS),
    ],
)
def test_what_becomes_of_a_trace(trace: Trace, teardown: Teardown, fate: Fate) -> None:
    proof = judge(teardown, "node1", [trace])
    assert [remain.fate for remain in proof.remains] == [fate]
    assert proof.is_clean is (fate is Fate.STAYS)
    assert all(str(remain.why) for remain in proof.staying)


def test_a_cut_off_look_is_not_clean() -> None:
    assert not judge(Teardown(ALL), "node1", [], complete=False).is_clean


def test_what_needs_a_reboot_says_why() -> None:
    proof = judge(
        Teardown(ALL),
        "node1",
        [Trace(Kind.PROCESS, "812", "ours", "kubelet"), Trace(Kind.SETTING, "net.x=1", "foreign")],
    )
    assert [str(reason) for reason in proof.reboot] == [
        "process 812 (kubelet) does not end",
        "net.x=1 was set by kube-proxy, and the value before it is not known",
    ]


def test_no_package_belongs_to_what_stays_alone() -> None:
    """Both choices are needed for what serves both."""
    answers = cluster()
    overlay = next(phase for phase in PHASES if phase.id == "overlay-join")
    stays = {
        step.id: step.stays for step in overlay.steps(_context(answers, "node1")) if isinstance(step, Step)
    }
    assert stays["zerotier-package"] == stays["zerotier-key"] == (Stays.PACKAGES, Stays.OVERLAY)
    assert stays["join"] == (Stays.OVERLAY,)

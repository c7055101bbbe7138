"""Looking inside, on a practice cluster: live tables, logs, what needs no API server, causes and repairs."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

import pytest

from tests.practice.commands import Place, inside
from tests.ui.look import Seen, opened
from tests.ui.made import looking
from tests.waiting import equals, lacks, until
from zkwizard.demo.breaks import break_cluster, find_break
from zkwizard.screens.questions import Confirm
from zkwizard.screens.troubleshoot.join import JoinDialog
from zkwizard.screens.troubleshoot.overview import Troubleshoot
from zkwizard.widgets.sheet import Sheet

API_SERVER = "/etc/kubernetes/manifests/kube-apiserver.yaml"


def rows(seen: Seen, sheet: str) -> list[str]:
    """The keys of a table's rows."""
    return [row.key for row in seen.app.screen.query_one(sheet, Sheet).table.rows]


async def at_pod(seen: Seen, name: str) -> None:
    """The cursor on a pod."""
    pods = seen.app.screen.query_one("#look-pods", Sheet)
    await seen.until(lambda: any(name in row.key for row in pods.table.rows), name)
    pods.focus()
    await seen.press("home")
    keys = rows(seen, "#look-pods")
    await seen.press(*["down"] * next(n for n, key in enumerate(keys) if name in key))
    await seen.until(lambda: name in pods.here, "the cursor there")


async def test_nodes_and_pods_are_there_from_home_and_fit(made: Place) -> None:
    async with opened() as seen:
        await seen.shows("practice (practice nodes)")
        await seen.press("t")
        await seen.shows("3 of 3 nodes Ready", "12 pods, 0 with a problem", "PRACTICE NODES", "direct")
        lines = seen.text.splitlines()
        assert {"NODE", "READY", "ROLE", "OVERLAY", "RTT"} <= set(lines[2].split())
        assert "R Reset" in lines[-2] and "l Logs" in lines[-1] and "Explain" in lines[-1]
        assert len(rows(seen, "#look-pods")) == 12
        await seen.press("escape")
        await seen.shows("New cluster")


async def test_a_pod_log_is_followed_and_filtered(made: Place) -> None:
    log = made.practice.state_dir / "shared" / "podlog-kube-system-etcd-master"
    async with looking(made) as seen:
        await at_pod(seen, "etcd-master")
        await seen.press("l")
        await seen.shows('"Started"', "reading along", "etcd", "running")
        log.write_bytes(b"first apple\nE1122 20:00:01.0 1 x.go:1] a pear \x1b]0;owned\x07 fails\n")
        await seen.shows("first apple", "a pear ␛]0;owned␇ fails", "1 error")
        await seen.press("slash")
        await seen.type("apple")
        await seen.press("enter")
        await seen.until(lambda: "first apple" in seen.text and "pear" not in seen.text, "only what matches")
        with log.open("ab") as file:
            file.write(b"second apple\nand a plum\n")
        await seen.shows("second apple")
        assert "plum" not in seen.text
        await seen.press("escape", "escape")
        await seen.until(lambda: isinstance(seen.app.screen, Troubleshoot))
    commands = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"
    until(lambda: inside(made.practice, "master", commands), "nothing is followed", fits=lacks("--follow"))
    log.unlink()


async def test_what_is_described_is_read_from_its_top(made: Place) -> None:
    async with looking(made) as seen:
        await at_pod(seen, "kube-scheduler-master")
        await seen.press("d")
        await seen.shows("pod kube-system/kube-scheduler-master", "Namespace:")
        await seen.until(lambda: "Name:" in seen.text.splitlines()[1], "its first line at the top")
        await seen.press("escape")
        await seen.until(lambda: isinstance(seen.app.screen, Troubleshoot))
        await seen.press("shift+tab", "end", "d")
        await seen.shows("node node2", "Roles:")


async def test_the_journal_of_a_node_by_its_services(made: Place) -> None:
    async with looking(made) as seen:
        await seen.press("shift+tab", "home", "down", "enter")
        await seen.shows("Journal of a node", "node1 · kubelet · reading along", "Started")
        await seen.press("right_square_bracket")
        await seen.shows("node1 · containerd · reading along")
        await seen.press("c")
        await seen.shows("Which one?", "3  zerotier-one")
        await seen.press("3")
        await seen.shows("node1 · zerotier-one · reading along")


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("e", ["Events", "NodeReady", "w Only warnings"]),
        ("p", ["Peers", "BY WAY OF", "direct"]),
        ("C", ["Certificates", "apiserver", "kubelet client"]),
        ("E", ["etcd", "healthy", "leader"]),
        ("a", ["One-address audit", "0 stop, 0 warnings", "kubelet's node-ip"]),
    ],
)
async def test_one_key_for_each_question(made: Place, key: str, shown: list[str]) -> None:
    async with looking(made) as seen:
        await seen.press(key)
        await seen.shows("asked at", *shown)
        await seen.press("escape")
        await seen.until(lambda: isinstance(seen.app.screen, Troubleshoot))


async def test_without_an_api_server_the_nodes_still_tell(made: Place) -> None:
    inside(made.practice, "master", f"mv {API_SERVER} /root/")
    try:
        async with looking(made) as seen:
            await seen.shows("no pods to be seen", "The API server does not answer")
            await seen.shows("need no API server")
            await seen.press("c")
            await seen.shows("Containers", "kube-controller-manager")
            names = [key for key in seen.text.splitlines() if re.match(r" kube-apiserver +running", key)]
            assert not names
            sheet = seen.app.screen.query_one(Sheet)
            sheet.go_to(next(row.key for row in sheet.table.rows if row.cells[0] == "etcd"))
            await seen.press("enter")
            await seen.shows("Log of a container", '"Started"')
            await seen.press("escape")
            await seen.shows("n Next node")
            await seen.press("n")
            await seen.until(lambda: "kube-proxy" in seen.text and "etcd" not in seen.text, "those of node1")
    finally:
        inside(made.practice, "master", f"mv /root/kube-apiserver.yaml {API_SERVER}")
        alive = "kubectl --kubeconfig /etc/kubernetes/admin.conf get --raw /livez 2>&1 || :"
        until(
            lambda: inside(made.practice, "master", alive).strip(), "the API server lives", fits=equals("ok")
        )


async def test_a_node_out_of_reach_takes_nothing_from_the_others(made: Place) -> None:
    made.practice.control.cut("node1")
    try:
        async with looking(made) as seen:
            await seen.shows("12 pods,")
            await seen.until(lambda: re.search(r"node2 +yes .* direct ", seen.text), "what node2 says itself")
            await seen.shows("out of reach: node1")
            made.practice.control.mend("node1")
            await seen.press("r")
            await seen.until(lambda: "out of reach" not in seen.text, "it is back")
    finally:
        made.practice.control.mend("node1")


async def test_a_cause_is_named_and_its_repair_is_one_key_away(made: Place) -> None:
    way = find_break("zerotier-stopped")
    assert way
    break_cluster(made.practice, way)
    async with looking(made) as seen:
        await seen.shows("2 of 3 nodes Ready", "NO", "ZeroTier does not run")
        pods = rows(seen, "#look-pods")
        assert "flannel" in pods[0] and any("flannel" not in each for each in pods[1:]), "problems first"
        await seen.press("x")
        await seen.shows("✗ ZeroTier does not run on node2", "Remedy:", "systemctl enable --now zerotier-one")
        await seen.press("enter")
        await seen.until(lambda: isinstance(seen.app.screen, Confirm), "the question")
        await seen.shows("overlay-join, overlay-up")
        await seen.press("y")
        await seen.shows("Repair of node2")
        await seen.shows("✓ nothing is found to be wrong on master, node1, node2")
        await seen.press("escape")
        await seen.shows("3 of 3 nodes Ready")


async def test_no_join_command_without_being_asked_for(made: Place) -> None:
    tokens = "KUBECONFIG=/etc/kubernetes/admin.conf kubeadm token list | wc -l"
    before = inside(made.practice, "master", tokens)
    async with looking(made) as seen:
        await seen.press("J")
        await seen.shows("Make a join command?")
        await seen.press("n")
        await seen.until(lambda: isinstance(seen.app.screen, Troubleshoot))
        assert inside(made.practice, "master", tokens) == before
        await seen.press("J")
        await seen.shows("Make a join command?")
        await seen.press("y")
        await seen.until(lambda: isinstance(seen.app.screen, JoinDialog), "the command")
        command = " ".join(seen.told("#join-command").split())
        assert re.fullmatch(
            r"kubeadm join \S+:6443 --token \S+ --discovery-token-ca-cert-hash sha256:\S+", command
        )
        await seen.press("y")
        await seen.until(lambda: seen.app.clipboard == command, "copied")


async def test_a_bundle_is_listed_before_it_is_written(made: Place, place: Path) -> None:
    async with looking(made) as seen:
        await seen.press("b")
        await seen.shows("Nothing is written yet", "cluster.yaml", "nodes/master/facts.json")
        listed = rows(seen, "#bundle-files")
        assert not list(place.iterdir())
        await seen.press("w")
        await seen.shows(f"Write these {len(listed)} files to")
        await seen.press("enter")
        await seen.shows("✓ written:")
    (written,) = place.iterdir()
    assert written.stat().st_mode & 0o777 == 0o600
    with tarfile.open(written) as archive:
        assert sorted(name.partition("/")[2] for name in archive.getnames()) == sorted(listed)


async def test_wide_terminals_show_it_whole(made: Place) -> None:
    async with looking(made, size=(160, 50)) as seen:
        await seen.shows("kube-controller-manager-master", "12 pods, 0 with a problem")
        assert "…" not in seen.text

"""Stopping: gently, and now; as root and by sudo; with a child that ignores TERM; during dpkg."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.lab import looks
from tests.lab.conftest import Machines
from tests.lab.lab import Lab
from tests.lab.machine import Machine
from tests.lab.operator import Operator, cluster
from tests.running import Running, began, step
from tests.waiting import until

_BEGIN = ("run", "--yes", "--json", "--accept-new-host-keys", "--until", "runtime")
_STUBBORN = """#!/bin/sh
setsid sh -c 'trap "" TERM HUP INT; touch /run/stubborn; exec sleep 1000' >/dev/null 2>&1 &
touch /run/slow
while [ -e /run/slow ]; do sleep 0.1; done
"""
"""A curl that never ends and has a child of its own session that ignores TERM."""


def _document(machine: Machine, lab: Lab, user: str) -> dict[str, Any]:
    document = cluster([machine], lab.key)
    if user != "root":
        machine.run(
            f"useradd -m -s /bin/bash {user} && "
            f"echo '{user} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/{user} && "
            f"install -d -m 700 -o {user} ~{user}/.ssh && "
            f"install -m 600 -o {user} /root/.ssh/authorized_keys ~{user}/.ssh/authorized_keys"
        )
        document["nodes"][0]["ssh"]["user"] = user
    return document


def _stubborn(machine: Machine) -> str:
    return machine.run("pgrep -fx 'sleep 1000' || :").strip()


def _presses(running: Running, times: int) -> None:
    running.interrupt()
    running.says("again stops now", 20)
    if times == 2:
        running.interrupt()
        running.says("stopping now", 20)


@pytest.mark.parametrize("user", ["root", "ada"])
def test_stopped_now_nothing_is_left_at_work(
    user: str, lab: Lab, machines: Machines, operator: Operator
) -> None:
    (master,) = machines("master")
    operator.writes(_document(master, lab, user))
    master.write("/usr/local/bin/curl", _STUBBORN, 0o755)
    running = operator.begin(*_BEGIN)
    running.until(step("zerotier-key", "master"), 120)
    looks.gets_slow(master)
    until(lambda: _stubborn(master), "its stubborn child is at work")
    pressed = time.monotonic()
    _presses(running, 2)
    ended = running.ended(30)
    assert ended.code == 130, ended.err
    assert time.monotonic() - pressed < 15
    assert looks.jobs(master) == []
    assert _stubborn(master) == ""
    master.run("rm -f /usr/local/bin/curl /run/slow")
    again = operator.makes("--until", "overlay-up")
    assert again.code == 0, again.err


def test_stopped_gently_after_its_step(lab: Lab, machines: Machines, operator: Operator) -> None:
    (master,) = machines("master")
    operator.writes(_document(master, lab, "root"))
    looks.slow(master, "zerotier-one")
    running = operator.begin(*_BEGIN)
    running.until(step("zerotier-package", "master"), 120)
    looks.gets_slow(master)
    _presses(running, 1)
    looks.quick(master)
    ended = running.ended(60)
    assert ended.code == 130, ended.err
    ends = {event["step"]: event["outcome"] for event in ended.of("step-ended")}
    assert ends["zerotier-package"] == "changed" and "zerotier-service" not in ends
    assert looks.dpkg_is_whole(master) and looks.jobs(master) == []


def test_stopped_now_during_dpkg_waits_for_it(lab: Lab, machines: Machines, operator: Operator) -> None:
    (master,) = machines("master")
    operator.writes(_document(master, lab, "root"))
    looks.slow(master, "containerd.io")
    running = operator.begin(*_BEGIN)
    running.until(began("runtime", "master"), 120)
    looks.gets_slow(master)
    _presses(running, 2)
    assert running.process.poll() is None, "it waits for dpkg"
    assert looks.is_slow(master)
    looks.quick(master)
    ended = running.ended(60)
    assert ended.code == 130, ended.err
    assert [event for event in ended.of("notice") if "package" in event["text"]], ended.out[-1000:]
    assert looks.dpkg_is_whole(master)
    assert master.run("dpkg-query -W -f '${db:Status-Status}' containerd.io") == "installed"
    assert looks.jobs(master) == []
    assert operator.makes("--until", "runtime").code == 0


def test_a_second_operator_is_told_may_follow_and_may_not_start(
    lab: Lab, machines: Machines, operator: Operator, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (master,) = machines("master")
    document = _document(master, lab, "root")
    operator.writes(document)
    second = Operator(tmp_path_factory.mktemp("second"))
    second.writes(document)
    looks.slow(master, "containerd.io")
    running = operator.begin(*_BEGIN)
    run = running.until(lambda event: event["event"] == "run-started")["run"]
    looks.gets_slow(master)
    for more in ((), ("--take-over",)):
        refused = second.makes("--phase", "names", *more)
        assert refused.code == 1, refused.err
        reasons = " ".join(event["reason"] for event in refused.of("phase-ended"))
        assert run in reasons and "runtime" in reasons, reasons
        assert "zkwizard follow" in reasons + refused.err
    follower = second.begin("follow", "--json", "--accept-new-host-keys")
    follower.until(lambda event: event["event"] == "step-began" and event["phase"] == "runtime", 60)
    looks.quick(master)
    assert running.ended(120).code == 0
    followed = follower.ended(60)
    assert followed.code == 0, followed.err
    assert followed.of("step-ended")[-1]["step"] == "containerd-service"

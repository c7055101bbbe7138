"""Bare machines to a verified cluster, near and far, one machine behind a proxy; and a second time."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest

from tests.lab import looks, network
from tests.lab.conftest import Machines
from tests.lab.lab import Lab
from tests.lab.operator import PROXY, Operator, cluster


@pytest.mark.parametrize("rtt", [0, 200])
def test_bare_machines_become_a_cluster(rtt: int, lab: Lab, machines: Machines, operator: Operator) -> None:
    made = machines()
    master, _, behind = made
    failed = {machine.name: looks.failed_units(machine) for machine in made}
    network.only_by_proxy([behind.address])
    document = cluster(made, lab.key, proxy={"url": PROXY})
    document["nodes"][2]["proxy"] = True
    with ExitStack() as stack:
        if rtt:
            ports = stack.enter_context(lab.far(rtt, made))
            for node in document["nodes"]:
                node["ssh"].update(host="127.0.0.1", port=ports[node["name"]])
        operator.writes(document)
        first = operator.makes()
        assert first.code == 0, first.err
        assert looks.ready(master) == looks.all_ready(made)
        before = {machine.name: looks.services(machine) for machine in made}
        for machine in made:
            assert "UnitFileState=enabled" in before[machine.name]["kubelet"]
            assert machine.run("apt-mark showhold").split() == ["cri-tools", "kubeadm", "kubectl", "kubelet"]
            assert machine.run("hostname -f").strip() == f"{machine.name}.zk.internal"
            assert looks.dpkg_is_whole(machine)
            assert looks.failed_units(machine) == failed[machine.name]
            assert looks.jobs(machine) == []
        assert "Acquire::http::Proxy" in behind.read("/etc/apt/apt.conf.d/95zkwizard-proxy")
        assert not master.has("/etc/apt/apt.conf.d/95zkwizard-proxy")

        second = operator.makes()
        assert second.code == 0, second.err
        assert {event["outcome"] for event in second.of("step-ended")} == {"unchanged"}
        assert len(second.of("step-ended")) > 100
        assert {machine.name: looks.services(machine) for machine in made} == before
        nodes = json.loads(operator.run("nodes", "--json").out)
        assert len(nodes["nodes"]) == 3


def test_a_worker_that_fails_holds_up_nobody(lab: Lab, machines: Machines, operator: Operator) -> None:
    made = machines("master", "node1")
    made[1].write(
        "/etc/lab/postinst", "#!/bin/sh\n[ $1 != containerd.io ] || { echo no such luck; exit 7; }\n", 0o755
    )
    operator.writes(cluster(made, lab.key))
    ended = operator.makes()
    assert ended.code == 4, ended.err
    assert [event["node"] for event in ended.of("phase-ended") if event["outcome"] == "failed"] == ["node1"]
    assert "no such luck" in str(ended.of("step-ended")[-1]) + ended.out
    done = {event["phase"] for event in ended.of("phase-ended") if event["node"] == "master"}
    assert "verify" in done
    assert looks.ready(made[0]) == looks.all_ready(made[:1])
    made[1].write("/etc/lab/postinst", "#!/bin/sh\n", 0o755)
    again = operator.makes()
    assert again.code == 0, again.err
    assert looks.ready(made[0]) == looks.all_ready(made)

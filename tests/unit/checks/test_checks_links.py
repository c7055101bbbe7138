"""The measured overlay: limits, and the MTU that is proposed for pods."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.checks.healthy import answers, bad
from zkwizard.checks.links import judge_links, propose_mtu
from zkwizard.model.facts import LinkPath, Measurement


def measured(source: str = "master", target: str = "node1", **changes: Any) -> Measurement:
    values: dict[str, Any] = {
        "sent": 20,
        "received": 20,
        "rtt_min": 20.0,
        "rtt_avg": 22.0,
        "rtt_max": 30.0,
        "rtt_mdev": 1.5,
        "path_mtu": 2800,
        "path": LinkPath.DIRECT,
        "interface_mtu": 2800,
    }
    return Measurement(source, target, **(values | changes))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"received": 19}, [("warn", "loss")]),
        ({"received": 18}, [("stop", "loss")]),
        ({"received": 0}, [("stop", "loss")]),
        ({"sent": 0, "received": 0}, [("stop", "loss")]),
        ({"rtt_avg": 350.0}, [("warn", "rtt")]),
        ({"rtt_avg": 1200.0}, [("stop", "rtt")]),
        ({"rtt_mdev": 150.0}, [("warn", "rtt")]),
        ({"path": LinkPath.RELAYED}, [("warn", "path")]),
        ({"path": LinkPath.UNKNOWN}, []),
        ({"path_mtu": 1394}, []),
        ({"path_mtu": 1300}, [("warn", "mtu")]),
        ({"path_mtu": 600}, [("stop", "mtu")]),
        ({"path_mtu": 0}, []),
    ],
)
def test_limits(changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    found = bad(judge_links(answers(), [measured(**changes)]))
    assert found == [("master", severity, f"link-{kind}:master:node1") for severity, kind in expected]


def test_latency_between_workers_is_their_own_affair() -> None:
    assert bad(judge_links(answers(), [measured("node1", "node2", rtt_avg=2000.0)])) == []


def test_control_planes_must_be_near_each_other() -> None:
    nodes = [
        {"name": name, "role": "control-plane", "ssh": {"host": name}, "overlay_ip": f"10.9.8.{last}"}
        for last, name in enumerate(("master", "node1", "node2"), 1)
    ]
    (finding,) = [
        found
        for found in judge_links(answers(nodes=nodes), [measured(rtt_avg=150.0, rtt_max=260.0)])
        if "rtt" in found.id
    ]
    assert finding.severity == "warn"
    assert "260" in str(finding.fix)
    assert "2600" in str(finding.fix)


@pytest.mark.parametrize(
    ("links", "mtu"),
    [
        ([], None),
        ([{}], None),
        ([{}, {"path_mtu": 1394}], 1390),
        ([{"path_mtu": 1394}], 1390),
        ([{"path_mtu": 1394, "interface_mtu": 0}, {"interface_mtu": 0}], 1390),
        ([{"path_mtu": 1420, "interface_mtu": 1420}], None),
        ([{"path_mtu": 1300, "interface_mtu": 1420}], 1300),
        ([{"path_mtu": 0}], None),
        ([{"path_mtu": 500, "received": 0}], None),
    ],
)
def test_proposed_mtu(links: list[dict[str, Any]], mtu: int | None) -> None:
    assert propose_mtu([measured(**changes) for changes in links]) == mtu


def test_every_part_can_be_read() -> None:
    links = [measured(received=count, path=path) for count in (0, 10, 20) for path in LinkPath]
    for finding in judge_links(answers(), links):
        assert "{" not in f"{finding.checked}{finding.seen}{finding.expected}{finding.fix}"

"""What is known of nodes and pods while answers come one by one, or do not."""

from __future__ import annotations

from pathlib import Path

from tests.unit.checks.healthy import answers
from zkwizard.engine.inside.live import LiveLook, may_try_again
from zkwizard.inspect.question import Answer, Answers
from zkwizard.inspect.trouble import Kind, Trouble
from zkwizard.model.errors import ConnectionFailed, HostKeyRejected

DATA = Path(__file__).parent.parent / "inspect" / "data"
CLUSTER = answers()


def told(**files: str) -> Answers:
    """A node's answers, as real ones looked."""
    return Answers({name: Answer((DATA / file).read_text(), "", 0) for name, file in files.items()})


LEADER = told(nodes="nodes.json", pods="pods.json")
DOWN = Answers(
    {
        name: Answer(
            "",
            "The connection to the server api:6443 was refused - did you specify the right host or port?",
            1,
        )
        for name in ("nodes", "pods")
    }
)


def test_before_any_answer_nothing_is_claimed() -> None:
    look = LiveLook(CLUSTER)
    assert [node.name for node in look.nodes.nodes] == ["master", "node1", "node2"]
    assert look.nodes.api is not None and look.nodes.api.kind is Kind.NO_ANSWER
    assert look.pods is None and look.at == {}


def test_only_the_control_plane_is_asked_what_the_api_server_knows() -> None:
    look = LiveLook(CLUSTER)
    names = {node.name: {question.name for question in look.questions(node.name)} for node in CLUSTER.nodes}
    assert {"nodes", "pods"} <= names["master"] and "pings" not in names["master"]
    assert names["node1"] == names["node2"] == {"zerotier", "zt-peers", "pings"}


def test_a_node_out_of_reach_keeps_the_others_answers() -> None:
    look = LiveLook(CLUSTER)
    look.take("master", LEADER, 10.0)
    look.take("node1", ConnectionFailed("node1", "no way there"), 11.0)
    report = look.nodes
    assert report.api is None
    assert {node.name: bool(node.kube) for node in report.nodes} == dict.fromkeys(
        ("master", "node1", "node2"), True
    )
    assert [node.unreachable for node in report.nodes] == ["", "no way there", ""]
    assert isinstance(look.pods, tuple) and look.seen_pod("kube-system/etcd-master")
    assert look.at == {"master": 10.0}


def test_what_a_node_said_before_it_was_lost_counts_no_more() -> None:
    look = LiveLook(CLUSTER)
    look.take("master", LEADER, 10.0)
    look.take("master", ConnectionFailed("master", "gone"), 20.0)
    assert isinstance(look.pods, ConnectionFailed) and look.seen_pod("kube-system/etcd-master") is None
    assert not any(node.kube for node in look.nodes.nodes)
    look.take("master", LEADER, 30.0)
    assert look.nodes.unreachable == {} and look.at == {"master": 30.0}


def test_a_dead_api_server_is_told_as_one() -> None:
    look = LiveLook(CLUSTER)
    look.take("master", DOWN, 10.0)
    assert isinstance(look.pods, Trouble) and look.pods.kind is Kind.API_DOWN
    assert look.nodes.api is not None and look.nodes.api.kind is Kind.API_DOWN


def test_only_a_line_is_tried_again_by_itself() -> None:
    lost = ConnectionFailed("node1", "does not answer")
    lost.__cause__ = TimeoutError()
    assert may_try_again(lost)
    refused = ConnectionFailed("node1", "refuses the login")
    refused.__cause__ = ValueError()
    assert not may_try_again(refused)
    assert not may_try_again(HostKeyRejected("node1", "is new"))

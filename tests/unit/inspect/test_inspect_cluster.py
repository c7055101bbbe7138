"""What kubectl printed on a real cluster, parsed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from zkwizard.inspect import describe, events, join, nodes, pods
from zkwizard.inspect.question import Answer
from zkwizard.inspect.trouble import Kind, Trouble, of_crictl, of_kubectl

DATA = Path(__file__).parent / "data"


def answered(name: str) -> Answer:
    return Answer((DATA / name).read_text(), "", 0)


def all_pods() -> dict[str, pods.Pod]:
    found = pods.parse(answered("pods.json"))
    assert not isinstance(found, Trouble)
    return {pod.name: pod for pod in found}


def test_nodes() -> None:
    found = nodes.parse(answered("nodes.json"))
    assert not isinstance(found, Trouble)
    assert [node.name for node in found] == ["master", "node1", "node2"]
    master = found[0]
    assert (master.ready, master.roles, master.internal_ip) == (True, ("control-plane",), "10.9.8.118")
    assert (master.version, master.runtime) == ("v1.36.2", "containerd://2.1.9+unknown")
    assert (master.pod_cidr, master.flannel_ip) == ("10.244.0.0/24", "10.9.8.118")
    assert [one.type for one in master.conditions][-1] == "Ready"
    assert master.problems == ()


def test_a_node_that_fell_silent_has_only_unknown_conditions() -> None:
    document = json.loads((DATA / "nodes.json").read_text())
    for condition in document["items"][1]["status"]["conditions"][1:]:
        condition |= {
            "status": "Unknown",
            "reason": "NodeStatusUnknown",
            "message": "Kubelet stopped posting node status.",
        }
    found = nodes.parse(Answer(json.dumps(document), "", 0))
    assert not isinstance(found, Trouble)
    assert not found[1].ready
    assert {one.type for one in found[1].problems} == {
        "MemoryPressure",
        "DiskPressure",
        "PIDPressure",
        "Ready",
    }


@pytest.mark.parametrize(
    ("name", "status", "ready", "restarts", "well"),
    [  # as `kubectl get pods -o wide` showed them at the same moment
        ("broken-crash", "Error", "0/1", 2, False),
        ("broken-image", "ErrImagePull", "0/1", 0, False),
        ("broken-pending", "Pending", "0/1", 0, False),
        ("broken-registry", "ErrImagePull", "0/1", 0, False),
        ("web-x6krb", "Running", "1/1", 0, True),
        ("kube-flannel-ds-b6k6z", "Running", "1/1", 0, True),
        ("etcd-master", "Running", "1/1", 0, True),
    ],
)
def test_pods_have_the_word_that_kubectl_prints(
    name: str, status: str, ready: str, restarts: int, well: bool
) -> None:
    pod = all_pods()[name]
    assert (pod.status, f"{pod.ready}/{pod.of}", pod.restarts, pod.well) == (status, ready, restarts, well)


def test_pods_say_why_and_the_broken_ones_come_first() -> None:
    found = all_pods()
    assert list(found)[:4] == ["broken-crash", "broken-image", "broken-pending", "broken-registry"]
    assert str(found["broken-crash"].why) == "c: ended with exit code 3"
    assert "docker.io/library/busybox:9.99-nope: not found" in str(found["broken-image"].why)
    assert str(found["broken-pending"].why).startswith("0/3 nodes are available: 3 node(s) didn't match")
    assert found["web-x6krb"].why == ""
    assert [one.name for one in found["kube-flannel-ds-b6k6z"].containers if one.init] == [
        "install-cni-plugin",
        "install-cni",
    ]


def pod_with(**status: object) -> pods.Pod:
    metadata: dict[str, object] = {"name": "p", "namespace": "n"}
    if "deleted" in status:
        metadata["deletionTimestamp"] = status.pop("deleted")
    spec: dict[str, object] = {"containers": [{"name": "c"}], "nodeName": "node1"}
    if "sidecar" in status:
        spec["initContainers"] = [{"name": status.pop("sidecar"), "restartPolicy": "Always"}]
    item = {"metadata": metadata, "spec": spec, "status": status}
    found = pods.parse(Answer(json.dumps({"items": [item]}), "", 0))
    assert not isinstance(found, Trouble)
    return found[0]


def container(state: dict[str, object], **more: object) -> dict[str, object]:
    return {"name": "c", "ready": False, "restartCount": 0, "state": state, **more}


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ({"phase": "Pending", "initContainerStatuses": [container({"running": {}})]}, "Init:0/1"),
        (
            {
                "phase": "Pending",
                "initContainerStatuses": [container({"waiting": {"reason": "ErrImagePull"}})],
            },
            "Init:ErrImagePull",
        ),
        (
            {
                "phase": "Pending",
                "initContainerStatuses": [container({"terminated": {"exitCode": 2, "reason": "Error"}})],
            },
            "Init:Error",
        ),
        (
            {
                "phase": "Running",
                "sidecar": "c",
                "initContainerStatuses": [container({"running": {}}, ready=True)],
                "containerStatuses": [container({"running": {}}, ready=True)],
            },
            "Running",
        ),
        (
            {"phase": "Running", "containerStatuses": [container({"terminated": {"exitCode": 137}})]},
            "ExitCode:137",
        ),
        ({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource"}, "Evicted"),
        (
            {"phase": "Running", "deleted": "2026-11-22T20:00:00Z", "containerStatuses": []},
            "Terminating",
        ),
        (
            {
                "phase": "Running",
                "deleted": "2026-11-22T20:00:00Z",
                "reason": "NodeLost",
            },
            "Unknown",
        ),
        (
            {
                "phase": "Running",
                "containerStatuses": [container({"waiting": {"reason": "CrashLoopBackOff"}}, restartCount=7)],
            },
            "CrashLoopBackOff",
        ),
    ],
)
def test_words_for_other_situations(status: dict[str, object], shown: str) -> None:
    assert pod_with(**status).status == shown


def test_a_pod_on_a_dead_node_is_still_running_but_not_well() -> None:
    ready = {"type": "Ready", "status": "False", "message": ""}
    pod = pod_with(
        phase="Running", conditions=[ready], containerStatuses=[container({"running": {}}, ready=False)]
    )
    assert (pod.status, pod.well) == ("Running", False)


def test_events() -> None:
    found = events.parse(answered("events.json"))
    assert not isinstance(found, Trouble)
    assert [event.reason for event in found][:2] == ["Starting", "CgroupV1"]
    assert (found[1].type, found[1].kind, found[1].name, found[1].count) == ("Warning", "Node", "master", 1)
    assert found[2].count == 8
    assert found == tuple(sorted(found, key=lambda event: event.last))


def test_events_of_newer_components_have_their_time_elsewhere() -> None:
    item = {
        "type": "Warning",
        "reason": "FailedScheduling",
        "eventTime": "2026-11-22T19:56:49.123456Z",
        "lastTimestamp": None,
        "firstTimestamp": None,
        "series": {"count": 4, "lastObservedTime": "2026-11-22T20:01:00.000000Z"},
        "involvedObject": {"kind": "Pod", "namespace": "default", "name": "broken-pending"},
        "message": "0/3 nodes are available",
        "reportingComponent": "default-scheduler",
        "source": {},
    }
    found = events.parse(Answer(json.dumps({"items": [item]}), "", 0))
    assert not isinstance(found, Trouble)
    assert (found[0].last, found[0].count, found[0].source) == (
        "2026-11-22T20:01:00.000000Z",
        4,
        "default-scheduler",
    )


def test_join_command() -> None:
    made = join.parse(Answer("W1122 warnings come first\n" + (DATA / "join.txt").read_text(), "", 0))
    assert isinstance(made, join.JoinCommand)
    assert made.endpoint == "10.9.8.118:6443"
    assert made.command.startswith("kubeadm join 10.9.8.118:6443 --token d3zoej.")
    assert made.command == made.command.strip()
    assert isinstance(join.parse(Answer("nothing of the kind", "", 0)), Trouble)


def test_two_documents_one_after_the_other() -> None:
    found = describe.parse_data(Answer('{"kind": "Node"}\n{"items": [{"reason": "x"}]}\n', "", 0))
    assert isinstance(found, describe.Described)
    assert (found.object, found.events) == ({"kind": "Node"}, ({"reason": "x"},))
    empty = describe.parse_data(Answer("", "", 0))
    assert isinstance(empty, describe.Described) and empty.object == {}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (
            "The connection to the server x:6443 was refused - did you specify the right host or port?",
            Kind.API_DOWN,
        ),
        (
            "Unable to connect to the server: net/http: request canceled while waiting for connection "
            "(Client.Timeout exceeded while awaiting headers)",
            Kind.API_DOWN,
        ),
        ("Unable to connect to the server: dial tcp 10.9.8.118:6443: i/o timeout", Kind.API_DOWN),
        (
            'Error from server: Get "https://10.9.8.129:10250/containerLogs/default/web-s6m8d/w": dial tcp '
            "10.9.8.129:10250: connect: no route to host",
            Kind.KUBELET,
        ),
        ('Error from server (NotFound): pods "nosuchpod" not found', Kind.NOT_FOUND),
        ("error: stat /etc/kubernetes/admin.conf: no such file or directory", Kind.NO_CLUSTER),
        (
            'Error from server (BadRequest): container "c" in pod "broken-image" is waiting to start: image '
            "can't be pulled",
            Kind.REFUSED,
        ),
    ],
)
def test_kubectl_words_are_understood(said: str, kind: Kind) -> None:
    trouble = of_kubectl(Answer("", said, 1))
    assert trouble and trouble.kind is kind and trouble.said == said


def test_other_ends_of_kubectl() -> None:
    assert of_kubectl(Answer("{}", "Warning: something", 0)) is None
    for status, kind in ((124, Kind.API_DOWN), (127, Kind.NO_CLUSTER), (-1, Kind.NO_ANSWER)):
        trouble = of_kubectl(Answer("", "", status))
        assert trouble and trouble.kind is kind


CRI = (
    'time="2026-11-22T19:42:54Z" level=fatal msg="validate service connection: validate CRI v1 runtime API '
    'for endpoint \\"unix:///run/containerd/containerd.sock\\": rpc error: code = Unavailable desc = '
    'connection error: desc = \\"transport: Error while dialing: dial unix '
    '/run/containerd/containerd.sock: connect: connection refused\\""'
)


def test_crictl_words_are_understood() -> None:
    trouble = of_crictl(Answer("", CRI, 1))
    assert trouble and trouble.kind is Kind.RUNTIME_DOWN
    assert trouble.said.startswith(
        'validate service connection: validate CRI v1 runtime API for endpoint "unix:'
    )


@pytest.mark.parametrize(
    "parse",
    [nodes.parse, pods.parse, events.parse, describe.parse_data, join.parse],
    ids=lambda p: p.__module__,
)
@pytest.mark.parametrize(
    "out", ["", "null", "[]", "{}", '{"items": null}', '{"items": [1, null, {}]}', "{" * 5000]
)
def test_rubbish_is_no_error(parse: Callable[[Answer], object], out: str) -> None:
    parse(Answer(out, "", 0))

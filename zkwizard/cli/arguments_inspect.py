"""The grammar of the commands that look inside a cluster."""

from __future__ import annotations

import argparse

from zkwizard.cli.grammar import Commands, add_command, add_file, add_login, add_nodes, length

_LINES = 200
"""Lines of a log that are shown unless more are asked for: enough to see, little enough for a bad line."""


def add_look_inside(commands: Commands[argparse.ArgumentParser]) -> None:
    """All of them."""
    _of_cluster(commands)
    _of_pods(commands)
    _of_nodes(commands)
    _bundle(commands)


def _of_cluster(commands: Commands[argparse.ArgumentParser]) -> None:
    _simple(commands, "nodes", "show the nodes: Ready, conditions, addresses, versions, and the overlay")
    events = _simple(commands, "events", "show the cluster's events, the newest last")
    _namespace(events)
    events.add_argument("--warnings", action="store_true", help="only warnings")
    _simple(commands, "etcd", "show etcd's members and their health; works without the API server")
    join = _simple(commands, "join-command", "make a fresh token and show the complete kubeadm join command")
    join.add_argument(
        "--ttl",
        metavar="TIME",
        type=length,
        default="2h",
        help="how long the token lives: 30m, 2h, … (default: 2h)",
    )
    audit = _simple(
        commands, "audit", "check that every node has one address everywhere: kubelet, etcd, certificates, …"
    )
    audit.add_argument("--all", action="store_true", help="show also what is as it should be")


def _of_pods(commands: Commands[argparse.ArgumentParser]) -> None:
    pods = _simple(commands, "pods", "show the pods, those with problems first")
    _namespace(pods)
    logs = _command(
        commands, "logs", "show a pod's log", "zkwizard logs cluster.yaml coredns-589f44dc88-pck7z --follow"
    )
    logs.add_argument("pod", metavar="POD", help="its name, or NAMESPACE/NAME")
    _namespace(logs)
    logs.add_argument("-c", "--container", metavar="NAME", default="", help="which container of the pod")
    logs.add_argument("--previous", action="store_true", help="of the container that ran before")
    _stream(logs)
    describe = _command(
        commands,
        "describe",
        "show everything that the API server knows of a pod or node, and its events",
        "zkwizard describe cluster.yaml pod kube-flannel-ds-b6k6z",
    )
    describe.add_argument("kind", metavar="pod|node", choices=("pod", "node"), help="what it is")
    describe.add_argument("name", metavar="NAME", help="its name; a pod's may be NAMESPACE/NAME")
    _namespace(describe)


def _of_nodes(commands: Commands[argparse.ArgumentParser]) -> None:
    journal = _command(
        commands,
        "journal",
        "show what a node's services have logged",
        "zkwizard journal cluster.yaml node1 --unit kubelet --since 10m",
    )
    journal.add_argument("node", metavar="NODE", help="its name in the cluster file")
    journal.add_argument(
        "--unit",
        metavar="UNIT",
        action="append",
        default=[],
        help="kubelet, containerd, zerotier-one or another; may be given again (default: kubelet)",
    )
    _stream(journal)
    containers = _command(
        commands,
        "containers",
        "show a node's containers as its runtime sees them; works without the API server",
        "zkwizard containers cluster.yaml master --logs kube-apiserver",
    )
    containers.add_argument("node", metavar="NODE", help="its name in the cluster file")
    containers.add_argument(
        "--logs", metavar="CONTAINER", default="", help="show this container's log; a name or an id"
    )
    containers.add_argument(
        "--lines", metavar="N", type=_count, default=_LINES, help=f"of the log (default: {_LINES})"
    )
    peers = _simple(commands, "peers", "show the overlay between all nodes: direct or relayed, and how fast")
    add_nodes(peers)
    certs = _simple(commands, "certs", "show when the certificates of all nodes expire")
    add_nodes(certs)


def _bundle(commands: Commands[argparse.ArgumentParser]) -> None:
    bundle = _command(
        commands,
        "bundle",
        "pack facts, versions, logs and configuration into one archive to send to someone, secrets removed",
        "zkwizard bundle cluster.yaml -o trouble.tar.gz",
    )
    bundle.add_argument(
        "-o", "--output", metavar="FILE", default="", help="default: CLUSTER-TIME.tar.gz in this folder"
    )
    bundle.add_argument("--lines", metavar="N", type=_count, default=2000, help="of each log (default: 2000)")
    bundle.add_argument("--yes", action="store_true", help="do not ask before it is written")
    add_nodes(bundle)


def _simple(commands: Commands[argparse.ArgumentParser], name: str, text: str) -> argparse.ArgumentParser:
    return _command(commands, name, text, f"zkwizard {name} cluster.yaml")


def _command(
    commands: Commands[argparse.ArgumentParser], name: str, text: str, example: str
) -> argparse.ArgumentParser:
    command = add_command(commands, name, text, example)
    add_file(command)
    add_login(command)
    command.add_argument("--json", action="store_true", help="as JSON")
    return command


def _namespace(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "-n", "--namespace", metavar="NAMESPACE", default="", help="only this namespace (default: all)"
    )


def _stream(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--since", metavar="TIME", type=length, default=0, help="only what is newer than this: 30s, 10m, 3h"
    )
    command.add_argument(
        "--lines",
        metavar="N",
        type=_count,
        default=_LINES,
        help=f"how many of the last lines (default: {_LINES}); 0 for all",
    )
    command.add_argument("--follow", action="store_true", help="go on until Ctrl-C")


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number

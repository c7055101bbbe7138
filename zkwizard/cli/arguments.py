"""The command line's grammar. Kept light: ``--help`` imports nothing but argparse."""

from __future__ import annotations

import argparse

from zkwizard import __version__

_EPILOG = """\
exit codes: 0 done, 1 a phase failed, 2 bad input, 3 connection or authentication,
            4 some nodes failed, 130 interrupted

start here: zkwizard demo            three practice nodes on this machine, nothing to rent
            zkwizard init            writes cluster.yaml to fill in
            zkwizard plan FILE       what would be done where, before anything is changed
"""


def parser() -> argparse.ArgumentParser:
    """The whole grammar."""
    top = argparse.ArgumentParser(
        prog="zkwizard",
        description="One Kubernetes cluster out of cheap servers at different providers, over ZeroTier.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"zkwizard {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    _init(commands)
    _check(commands)
    _plan(commands)
    _probe(commands)
    _run(commands)
    _status(commands)
    _kubeconfig(commands)
    _demo(commands)
    return top


_Commands = argparse._SubParsersAction  # argparse names this type nowhere else


def _command(
    commands: _Commands[argparse.ArgumentParser], name: str, text: str, example: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _file(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE", help="the cluster file (cluster.yaml)")


def _login(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--accept-new-host-keys",
        action="store_true",
        help="trust hosts that are seen for the first time; a changed key is refused all the same",
    )


def _nodes(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--node", metavar="NODE", action="append", default=[], help="only this node; may be given again"
    )


def _init(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(
        commands, "init", "write a commented cluster.yaml to fill in", "zkwizard init -o home.yaml"
    )
    command.add_argument(
        "-o", "--output", metavar="FILE", default="cluster.yaml", help="default: cluster.yaml"
    )


def _check(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(
        commands, "check", "look for faults in the cluster file, all at once", "zkwizard check cluster.yaml"
    )
    _file(command)
    command.add_argument("--json", action="store_true", help="faults as JSON")


def _plan(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(
        commands,
        "plan",
        "show what would be done on which node, and why, without touching any",
        "zkwizard plan cluster.yaml --phase names --node node1 --format sh",
    )
    _file(command)
    command.add_argument("--phase", metavar="PHASE", action="append", default=[], help="only this phase")
    _nodes(command)
    command.add_argument(
        "--format",
        choices=("text", "sh", "json"),
        default="text",
        help="text: steps with their whys; sh: the exact programs; json: both",
    )


def _probe(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(
        commands,
        "probe",
        "look at the machines and judge whether they can carry the cluster; changes nothing",
        "zkwizard probe cluster.yaml",
    )
    _file(command)
    _nodes(command)
    _login(command)
    command.add_argument("--all", action="store_true", help="show also what is as it should be")
    command.add_argument("--json", action="store_true", help="findings as JSON")


def _run(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(
        commands,
        "run",
        "make the cluster, phase by phase; an interrupted run goes on where it stopped",
        "zkwizard run cluster.yaml --until links",
    )
    _file(command)
    command.add_argument("--phase", metavar="PHASE", action="append", default=[], help="only this phase")
    command.add_argument("--from", metavar="PHASE", dest="first", default="", help="begin with this phase")
    command.add_argument("--until", metavar="PHASE", dest="last", default="", help="end after this phase")
    _nodes(command)
    _login(command)
    command.add_argument("--yes", action="store_true", help="do not ask before changing anything")
    command.add_argument("--json", action="store_true", help="an event per line, as JSON")
    command.add_argument(
        "--take-over",
        action="store_true",
        help="take nodes from another run that has nothing at work any more",
    )


def _status(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(
        commands, "status", "show how the last run of this cluster stands", "zkwizard status cluster.yaml"
    )
    _file(command)
    command.add_argument("--json", action="store_true", help="as JSON")


def _kubeconfig(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(
        commands,
        "kubeconfig",
        "fetch the cluster's kubeconfig from the control plane",
        "zkwizard kubeconfig cluster.yaml -o ~/.kube/home.yaml",
    )
    _file(command)
    command.add_argument(
        "-o", "--output", metavar="FILE", default="-", help="a file of mode 0600; - is stdout"
    )
    command.add_argument(
        "--server",
        metavar="HOST",
        default="",
        help="host name or address for reaching the API server; default: its overlay address",
    )
    _login(command)


def _demo(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(
        commands,
        "demo",
        "make a cluster of practice nodes on this machine; they stay until --stop",
        "zkwizard demo --nodes 5 --rtt 200 --cut node1@packages",
    )
    command.add_argument("--stop", action="store_true", help="end the practice nodes and forget them")
    command.add_argument("--nodes", metavar="N", type=int, default=3, help="how many (default: 3)")
    command.add_argument("--rtt", metavar="MS", type=int, default=0, help="round-trip time of every line")
    command.add_argument(
        "--cut", metavar="NODE@PHASE", action="append", default=[], help="cut a line for 20 s in this phase"
    )
    command.add_argument(
        "--fail", metavar="STEP@NODE", action="append", default=[], help="let a step fail on a node"
    )
    command.add_argument("--phase", metavar="PHASE", action="append", default=[], help="only this phase")
    command.add_argument("--from", metavar="PHASE", dest="first", default="", help="begin with this phase")
    command.add_argument("--until", metavar="PHASE", dest="last", default="", help="end after this phase")
    command.add_argument("--json", action="store_true", help="an event per line, as JSON")

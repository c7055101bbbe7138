"""The command line's grammar. Kept light: ``--help`` imports nothing but argparse."""

from __future__ import annotations

import argparse

from zkwizard import __version__
from zkwizard.cli.arguments_inspect import add_look_inside
from zkwizard.cli.grammar import (
    Commands,
    GroupedHelp,
    add_command,
    add_file,
    add_login,
    add_nodes,
    add_patience,
    language,
)

_EPILOG = """\
exit codes: 0 done, 1 a phase failed, 2 bad input, 3 connection or authentication,
            4 some nodes failed, 130 interrupted

start here: zkwizard                 the screens: asks, shows, runs
            zkwizard demo            three practice nodes on this machine, nothing to rent
            zkwizard init            writes cluster.yaml to fill in
            zkwizard plan FILE       what would be done where, before anything is changed
"""


def parser() -> argparse.ArgumentParser:
    """The whole grammar."""
    top = argparse.ArgumentParser(
        prog="zkwizard",
        description="One Kubernetes cluster out of cheap servers at different providers, over ZeroTier.",
        epilog=_EPILOG,
        formatter_class=GroupedHelp,
    )
    top.add_argument("--version", action="version", version=f"zkwizard {__version__}")
    top.add_argument(
        "--lang",
        metavar="LANG",
        type=language,
        default="",
        help="language of screens and messages, zh-TW say; default: that of the environment (LANG)",
    )
    screens = top.add_argument_group("screens (zkwizard in a terminal, without a command)")
    screens.add_argument("--theme", metavar="NAME", default="", help="ansi-dark: the terminal's own colours")
    screens.add_argument("--ascii", action="store_true", help="no lines, blocks and marks beyond ASCII")
    screens.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    _init(commands)
    _check(commands)
    _plan(commands)
    _probe(commands)
    _run(commands)
    _reset(commands)
    _follow(commands)
    _status(commands)
    _kubeconfig(commands)
    _explain(commands)
    add_look_inside(commands)
    _demo(commands)
    return top


def _init(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_command(
        commands, "init", "write a commented cluster.yaml to fill in", "zkwizard init -o home.yaml"
    )
    command.add_argument(
        "-o", "--output", metavar="FILE", default="cluster.yaml", help="default: cluster.yaml"
    )


def _check(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_command(
        commands, "check", "look for faults in the cluster file, all at once", "zkwizard check cluster.yaml"
    )
    add_file(command)
    command.add_argument("--json", action="store_true", help="faults as JSON")


def _plan(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_command(
        commands,
        "plan",
        "show what would be done on which node, and why, without touching any",
        "zkwizard plan cluster.yaml --phase names --node node1 --format sh",
    )
    add_file(command)
    command.add_argument("--phase", metavar="PHASE", action="append", default=[], help="only this phase")
    add_nodes(command)
    command.add_argument(
        "--format",
        choices=("text", "sh", "json"),
        default="text",
        help="text: steps with their whys; sh: the exact programs; json: both",
    )


def _probe(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_command(
        commands,
        "probe",
        "look at the machines and judge whether they can carry the cluster; changes nothing",
        "zkwizard probe cluster.yaml",
    )
    add_file(command)
    add_nodes(command)
    add_login(command)
    command.add_argument("--all", action="store_true", help="show also what is as it should be")
    command.add_argument("--json", action="store_true", help="findings as JSON")


def _run(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_command(
        commands,
        "run",
        "make the cluster, phase by phase; an interrupted run goes on where it stopped",
        "zkwizard run cluster.yaml --until links",
    )
    add_file(command)
    command.add_argument("--phase", metavar="PHASE", action="append", default=[], help="only this phase")
    command.add_argument("--from", metavar="PHASE", dest="first", default="", help="begin with this phase")
    command.add_argument("--until", metavar="PHASE", dest="last", default="", help="end after this phase")
    add_nodes(command)
    add_login(command)
    command.add_argument("--yes", action="store_true", help="do not ask before changing anything")
    command.add_argument("--json", action="store_true", help="an event per line, as JSON")
    add_patience(command)
    command.add_argument(
        "--take-over",
        action="store_true",
        help="take nodes from another run that has nothing at work any more",
    )


def _follow(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_command(
        commands,
        "follow",
        "see what a run does that somebody else started; changes nothing, and Ctrl-C stops nothing",
        "zkwizard follow cluster.yaml",
    )
    add_file(command)
    add_nodes(command)
    add_login(command)
    add_patience(command)
    command.add_argument("--json", action="store_true", help="an event per line, as JSON")


def _reset(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_command(
        commands,
        "reset",
        "take the cluster back, or single nodes of it, and show what is left; asks for its name first",
        "zkwizard reset cluster.yaml --node node2",
    )
    add_file(command)
    add_nodes(command)
    add_login(command)
    command.add_argument(
        "--packages", action="store_true", help="remove the packages that zkwizard installed, and images, too"
    )
    command.add_argument(
        "--leave-overlay", action="store_true", help="leave the ZeroTier network that zkwizard joined, too"
    )
    command.add_argument(
        "--yes", metavar="NAME", default=None, help="do not ask; NAME must be the name of the cluster"
    )
    command.add_argument(
        "--dry-run", action="store_true", help="look, show what would be done, and change nothing"
    )
    command.add_argument(
        "--json", action="store_true", help="an event per line, as JSON, the proof among them"
    )
    command.add_argument(
        "--take-over",
        action="store_true",
        help="take nodes from another run that has nothing at work any more",
    )


def _status(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_command(
        commands, "status", "show how the last run of this cluster stands", "zkwizard status cluster.yaml"
    )
    add_file(command)
    command.add_argument("--json", action="store_true", help="as JSON")


def _explain(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_command(
        commands,
        "explain",
        "say what is broken and why, and what to do about it; exit code 1 when something is",
        "zkwizard explain cluster.yaml --repair",
    )
    add_file(command)
    add_nodes(command)
    add_login(command)
    command.add_argument("--repair", action="store_true", help="do what zkwizard can do about it itself")
    command.add_argument("--yes", action="store_true", help="with --repair: do not ask first")
    command.add_argument("--json", action="store_true", help="as JSON, an object per line")


def _kubeconfig(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_command(
        commands,
        "kubeconfig",
        "fetch the cluster's kubeconfig from the control plane",
        "zkwizard kubeconfig cluster.yaml -o ~/.kube/home.yaml",
    )
    add_file(command)
    command.add_argument(
        "-o", "--output", metavar="FILE", default="-", help="a file of mode 0600; - is stdout"
    )
    command.add_argument(
        "--merge",
        action="store_true",
        help="put it into ~/.kube/config (or the first file of KUBECONFIG), which is copied first",
    )
    command.add_argument(
        "--server",
        metavar="HOST",
        default="",
        help="host name or address for reaching the API server; default: its overlay address",
    )
    add_login(command)


def _demo(commands: Commands[argparse.ArgumentParser]) -> None:
    command = add_command(
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
    command.add_argument(
        "--break",
        metavar="NAME[@NODE]",
        dest="ways",
        action="append",
        default=[],
        help="break the finished cluster as life does, for `explain`; --break list shows the ways",
    )
    command.add_argument("--phase", metavar="PHASE", action="append", default=[], help="only this phase")
    command.add_argument("--from", metavar="PHASE", dest="first", default="", help="begin with this phase")
    command.add_argument("--until", metavar="PHASE", dest="last", default="", help="end after this phase")
    command.add_argument("--json", action="store_true", help="an event per line, as JSON")

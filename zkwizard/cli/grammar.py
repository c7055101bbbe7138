"""What every command's grammar is made of: how a command is added, the arguments that many share, and
--help in groups. Nothing but argparse is imported.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from zkwizard.model.duration import seconds

Commands = argparse._SubParsersAction  # argparse names this type nowhere else

LOOK_INSIDE = (
    "explain",
    "nodes",
    "pods",
    "logs",
    "describe",
    "events",
    "journal",
    "containers",
    "peers",
    "certs",
    "etcd",
    "join-command",
    "audit",
    "bundle",
)
"""The commands that only look, in the order of --help."""


def add_command(
    commands: Commands[argparse.ArgumentParser], name: str, text: str, example: str
) -> argparse.ArgumentParser:
    """A command with its help, and an example below its options."""
    return commands.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_file(command: argparse.ArgumentParser) -> None:
    """The cluster file, which every command but init and demo needs."""
    command.add_argument("file", metavar="FILE", help="the cluster file (cluster.yaml)")


def add_login(command: argparse.ArgumentParser) -> None:
    """What a command may do when it logs in."""
    command.add_argument(
        "--accept-new-host-keys",
        action="store_true",
        help="trust hosts that are seen for the first time; a changed key is refused all the same",
    )


def add_nodes(command: argparse.ArgumentParser) -> None:
    """Which nodes; all of them without it."""
    command.add_argument(
        "--node", metavar="NODE", action="append", default=[], help="only this node; may be given again"
    )


def add_patience(command: argparse.ArgumentParser) -> None:
    """How long a line may be dead."""
    command.add_argument(
        "--patience",
        metavar="TIME",
        type=length,
        default="1h",
        help="give a node up after so long without any contact: 90s, 30m, 2h, … (default: 1h); what is at "
        "work there goes on, and the next run follows it",
    )


def length(text: str) -> float:
    """A length of time in seconds, for argparse."""
    try:
        return seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def language(text: str) -> str:
    """The name of a language that there is, for argparse."""
    from zkwizard.store.catalogue import available, languages

    [name] = languages(text) or [""]
    known = available()
    if text and name not in known and name.partition("_")[0] != "en":
        raise argparse.ArgumentTypeError(f"found {text!r}; allowed: {', '.join(known)}")
    return text


class GroupedHelp(argparse.RawDescriptionHelpFormatter):
    """--help of the whole: the commands that only look stand below a heading of their own."""

    def _format_action(self, action: argparse.Action) -> str:
        if not isinstance(action, argparse._SubParsersAction):
            return super()._format_action(action)
        shown = action._choices_actions
        inside = [each for each in shown if each.dest in LOOK_INSIDE]
        inside.sort(key=lambda each: LOOK_INSIDE.index(each.dest))
        return self._group("", [each for each in shown if each not in inside]) + self._group(
            "\nlook inside:\n", inside
        )

    def _group(self, heading: str, actions: Sequence[argparse.Action]) -> str:
        self._indent()
        text = "".join(super(GroupedHelp, self)._format_action(each) for each in actions)
        self._dedent()
        return heading + text if actions else ""

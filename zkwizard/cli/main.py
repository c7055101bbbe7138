"""Dispatch: parses, imports the one command that is wanted, and turns errors into words and exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from zkwizard.cli.arguments import parser
from zkwizard.model.errors import ExitCode, ZkwizardError
from zkwizard.model.terminal import harmless
from zkwizard.model.text import T
from zkwizard.store.catalogue import languages, translator
from zkwizard.widgets.words import say, say_error, speak

_MODULES = {
    "init": "zkwizard.cli.cluster_file",
    "check": "zkwizard.cli.cluster_file",
    "plan": "zkwizard.cli.plan",
    "probe": "zkwizard.cli.probe",
    "run": "zkwizard.cli.run",
    "follow": "zkwizard.cli.follow",
    "reset": "zkwizard.cli.reset",
    "status": "zkwizard.cli.status",
    "explain": "zkwizard.cli.explain",
    "kubeconfig": "zkwizard.cli.kubeconfig",
    "nodes": "zkwizard.cli.inspect.nodes",
    "pods": "zkwizard.cli.inspect.pods",
    "logs": "zkwizard.cli.inspect.logs",
    "describe": "zkwizard.cli.inspect.describe",
    "events": "zkwizard.cli.inspect.events",
    "journal": "zkwizard.cli.inspect.journal",
    "containers": "zkwizard.cli.inspect.containers",
    "peers": "zkwizard.cli.inspect.peers",
    "certs": "zkwizard.cli.inspect.certs",
    "etcd": "zkwizard.cli.inspect.etcd",
    "join-command": "zkwizard.cli.inspect.join_command",
    "audit": "zkwizard.cli.inspect.audit",
    "bundle": "zkwizard.cli.inspect.bundle",
    "demo": "zkwizard.cli.demo",
}


def run(arguments: Sequence[str]) -> int:
    """Run one command; gives its exit code."""
    top = parser()
    options = top.parse_args(arguments)
    if not options.command and not all(each.isatty() for each in (sys.stdin, sys.stdout, sys.stderr)):
        top.print_help()
        return ExitCode.DONE
    command = options.command or "screens"
    try:
        speak(translator(languages(options.lang)))
        module = import_module(_MODULES.get(command, "zkwizard.cli.screens"))
        code: int = getattr(module, command.replace("-", "_"))(options)
        return code
    except ZkwizardError as error:
        print(f"zkwizard: {harmless(say_error(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"zkwizard: {say(T('interrupted'))}", file=sys.stderr)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return ExitCode.DONE
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"zkwizard: {harmless(f'{where}{error.strerror or error}')}", file=sys.stderr)
        return ExitCode.PHASE_FAILED
    except Exception as error:
        words = T("a fault of its own: {error}; details: {place}", error=repr(error), place=_saved(error))
        print(f"zkwizard: {say(words)}", file=sys.stderr)
        return ExitCode.PHASE_FAILED


def _saved(error: Exception) -> str:
    """Write the traceback where it can be looked up; gives the place, or the traceback itself."""
    import traceback

    from zkwizard.store.state import state_root, write_private

    text = "".join(traceback.format_exception(error))
    path = state_root() / "fault.txt"
    try:
        write_private(path, text)
    except OSError:
        return text
    return str(path)

"""One command: its module is loaded, and errors become words and exit codes."""

from __future__ import annotations

import sys
from argparse import Namespace
from importlib import import_module

from zkwizard.model.errors import ExitCode, ZkwizardError
from zkwizard.model.terminal import harmless
from zkwizard.model.text import T
from zkwizard.store.catalogue import languages, translator
from zkwizard.widgets.words import say, say_error, speak


def dispatch(command: str, place: str, options: Namespace) -> int:
    """Do what the module at ``place`` has for the command; gives its exit code."""
    try:
        speak(translator(languages(options.lang)))
        module = import_module(place)
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

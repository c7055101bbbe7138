"""Start one stand-in: import its module, call `main`, turn what it returns into the exit status."""

from __future__ import annotations

import os
import sys


class Refused(Exception):
    """The real tool would end here: `text` on stderr and exit status `code`."""

    def __init__(self, text: str = "", code: int = 1) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


def run(module: str) -> None:
    """Run `standins.MODULE.main(argv)` and exit with its status."""
    try:
        main = __import__(f"standins.{module}", fromlist=["main"]).main
        status = main([os.path.basename(sys.argv[0]), *sys.argv[1:]])
        sys.stdout.flush()
    except Refused as refusal:
        sys.stdout.flush()
        if refusal.text:
            print(refusal.text, file=sys.stderr)
        status = refusal.code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        status = 141
    except KeyboardInterrupt:
        status = 130
    sys.stderr.flush()
    os._exit(status or 0)

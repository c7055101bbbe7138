"""Entry point of ``zkwizard`` and ``python -m zkwizard``."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run the command line; gives the exit code. Imports as little as the command needs."""
    from zkwizard.cli.main import run

    try:
        return run(sys.argv[1:])
    finally:
        gc.freeze()  # the process ends: collecting everything once more takes longer than `--help` does


if __name__ == "__main__":
    sys.exit(main())

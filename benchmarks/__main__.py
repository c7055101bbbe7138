"""``python -m benchmarks [startup|roundtrips|throughput …]``: all of them by default."""

from __future__ import annotations

import sys

from benchmarks import roundtrips, startup, throughput

ALL = {"startup": startup.report, "roundtrips": roundtrips.report, "throughput": throughput.report}


def main(names: list[str]) -> int:
    """Run them one after the other; 1 when a figure misses its aim."""
    missed = 0
    for name in names or ALL:
        print(f"== {name}")
        missed += not ALL[name]()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

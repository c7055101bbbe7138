"""``python -m benchmarks [startup|first-frame|screens|roundtrips|throughput|log-pane …]``: all by default.

``python -m benchmarks peers`` is the comparison with other tools. It takes a good quarter of an hour, and is
only made when it is named.
"""

from __future__ import annotations

import sys

from benchmarks import first_frame, log_pane, roundtrips, screens, startup, throughput
from benchmarks.peers import report as peers

USUAL = {
    "startup": startup.report,
    "first-frame": first_frame.report,
    "screens": screens.report,
    "roundtrips": roundtrips.report,
    "throughput": throughput.report,
    "log-pane": log_pane.report,
}
ALL = {**USUAL, "peers": peers.report}


def main(names: list[str]) -> int:
    """Run them one after the other; 1 when a figure misses its aim."""
    missed = 0
    for name in names or USUAL:
        print(f"== {name}")
        missed += not ALL[name]()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The lab by hand: `make lab`, or `python -m tests.lab`.

Starts three fresh machines, writes a cluster file and a state folder for them, says what to type, and ends
everything on Ctrl-C.
"""

from __future__ import annotations

import shlex
import signal
import sys
import tempfile
from pathlib import Path

from tests.lab import network
from tests.lab.lab import running
from tests.lab.operator import Operator, cluster
from tests.sshd.packages import Unavailable

_UNCHECKED = "-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no"


def main() -> int:
    """Keep the lab until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with (
            running() as lab,
            tempfile.TemporaryDirectory(prefix="zkwizard-lab-") as folder,
            lab.machines() as made,
        ):
            operator = Operator(Path(folder))
            operator.writes(cluster(made, lab.key))
            inside = shlex.join(network.inside())
            print(f"cd {folder} && export ZKWIZARD_STATE={operator.state}")
            print(f"{inside} {shlex.quote(sys.executable)} -m zkwizard run cluster.yaml")
            for machine in made:
                login = f"ssh -i {lab.key} {_UNCHECKED} root@{machine.address}"
                print(f"{inside} {login}    # {machine.name}")
            print("Ctrl-C ends it.", flush=True)
            signal.pause()
    except Unavailable as missing:
        print(missing, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())

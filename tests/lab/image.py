"""The root of the lab's machines: Debian 12 with a real systemd, sshd and apt, and nothing of Kubernetes.

`python -m tests.lab.image` makes it in .cache with mmdebstrap out of this machine's own package sources, and
again when the recipe changed. The packages that zkwizard itself asks a distribution for stay beside it, for
the lab's own mirror of Debian.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from shlex import quote

from tests.lab.place import CACHE, IMAGE, recipe_of

SUITE = "bookworm"
PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "libpam-systemd", "openssh-server", "sudo", "iproute2", "procps",
    "kmod", "ca-certificates", "curl", "python3", "python3-yaml", "fish", "debconf", "needrestart",
    "iputils-ping", "nftables", "iptables", "util-linux", "e2fsprogs", "cloud-init",
)  # fmt: skip
"""iputils-ping, iptables and python3 serve the stand-ins; fish is a login shell that is not POSIX;
needrestart and cloud-init meddle as they do on rented servers."""
FROM_THE_MIRROR = ("gnupg", "ethtool", "socat")
"""What the machines lack at first and get from the lab's mirror of Debian, with what it depends on."""


def main() -> None:
    """Make what is missing."""
    recipe = recipe_of(Path(__file__))
    if recipe.is_done("image"):
        return
    print("making the root of the lab's machines", flush=True)
    for folder in (IMAGE, CACHE / "distribution"):
        shutil.rmtree(folder, ignore_errors=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    _bootstrap()
    _settle()
    recipe.done("image")


def _bootstrap() -> None:
    """The root, and the packages of `FROM_THE_MIRROR` as a machine without them would get them."""
    more = CACHE / "distribution"
    more.mkdir()
    download = (
        'cd "$1/var/cache/apt/archives" && rm -f ./*.deb && '
        "APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get install --quiet --quiet --yes --no-install-recommends "
        f"--download-only {' '.join(FROM_THE_MIRROR)} && cp ./*.deb {quote(str(more))}"
    )
    subprocess.run(
        [
            "mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}",
            f"--customize-hook={download}", SUITE, str(IMAGE),
        ],
        check=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


def _settle() -> None:
    """What a provider's image is like: no host keys, no machine id, no sources but the lab's."""
    for file in (*(IMAGE / "etc/ssh").glob("ssh_host_*"), IMAGE / "etc/machine-id", IMAGE / "etc/hostname"):
        file.unlink(missing_ok=True)
    (IMAGE / "etc/machine-id").touch()
    (IMAGE / "etc/apt/sources.list").unlink()
    (IMAGE / "etc/cloud/cloud-init.disabled").touch()
    for folder in ("usr/local/lib/practice", "usr/local/share/practice"):
        (IMAGE / folder).mkdir(parents=True, exist_ok=True)


if __name__ == "__main__":
    main()

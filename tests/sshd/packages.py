"""Programs for the test nodes that this machine may lack: sshd, sudo, and login shells that are not POSIX.

Debian packages are downloaded (``apt-get download``) and unpacked into a cache folder of the checkout.
Nothing is installed and no service is started. A node sees them as an overlay of ``/usr`` in its own
mount namespace.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "sshd"

_PACKAGES = ("openssh-server", "libwrap0", "sudo", "tcsh", "fish", "fish-common", "libpcre2-32-0", "busybox")
_MERGED = ("bin", "sbin", "lib")
"""Folders that packages still name without /usr."""


class Unavailable(Exception):
    """Something that tests need can't be had on this machine; the text says what is missing."""


@cache
def unpacked() -> Path:
    """The folder with the packages' ``usr`` and ``etc``; raises Unavailable."""
    root = CACHE / "root"
    if not (CACHE / "complete").exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(root, ignore_errors=True)
        _download()
        for package in sorted(CACHE.glob("*.deb")):
            subprocess.run(["dpkg", "-x", package, root], check=True)
        for name in _MERGED:
            if (root / name).is_dir():
                subprocess.run(["cp", "-a", f"{root / name}/.", root / "usr" / name], check=True)
                shutil.rmtree(root / name)
        (CACHE / "complete").touch()
    return root


def _download() -> None:
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise Unavailable("needs apt-get and dpkg to fetch sshd and sudo")
    done = _apt("download", "-o", "APT::Sandbox::User=root", *_PACKAGES)
    if done.returncode and os.geteuid() == 0:
        _apt("update")
        done = _apt("download", "-o", "APT::Sandbox::User=root", *_PACKAGES)
    if done.returncode:
        raise Unavailable(f"needs the network once to fetch sshd and sudo: {done.stderr.strip()[-300:]}")


def _apt(*words: str) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(["apt-get", "-q", *words], cwd=CACHE, capture_output=True, text=True, env=given)


if __name__ == "__main__":
    try:
        unpacked()
    except Unavailable as missing:
        print(f"tests with sshd will be skipped: {missing}")

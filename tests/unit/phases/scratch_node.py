"""A node for one test, in namespaces: its own /etc, /var/lib, network and hostname.

Real sh, sed, awk, ip and ping run the programs; only what would touch this machine is a stand-in, a shell
text that may use ``$NODE`` (the test's folder) and writes its call to ``$NODE/calls``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zkwizard.model.step import Step
from zkwizard.steps.markers import Ended, Item, Lines, MarkerReader, Value
from zkwizard.steps.render import render, undo_steps

NONCE = "0123456789abcdef"
_KEPT = ("alternatives", "passwd", "group", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "nsswitch.conf")
_ENTER = """\
set -e
mount --rbind "$NODE/etc" /etc
mount --rbind "$NODE/var-lib" /var/lib
mount --bind "$NODE/bin" /usr/local/sbin
if [ -e "$NODE/swaps" ]; then mount --bind "$NODE/swaps" /proc/swaps; fi
hostname old-name
if [ -z "$SAME_NETWORK" ]; then
  ip link set lo up
  for a in $ADDRESSES; do ip addr add "$a" dev lo; done
fi
exec sh "$ZK_PROGRAM"
"""
_STANDINS = {
    "systemctl": 'case "$1 $2" in "is-active "*|"is-enabled "*) exit 1 ;; esac',
    "hostnamectl": 'printf "%s\\n" "$2" >/etc/hostname; hostname "$2"',
}


@dataclass
class Result:
    """How a program ended."""

    hows: dict[str, str]
    codes: dict[str, int]
    values: dict[str, str]
    output: str

    @property
    def changed(self) -> set[str]:
        return {step for step, how in self.hows.items() if how != "unchanged"}


class ScratchNode:
    """Files below ``etc`` and ``var_lib`` are the node's; ``standin`` adds a command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.etc, self.var_lib = folder / "etc", folder / "var-lib"
        self.addresses: tuple[str, ...] = ()
        self.same_network = False
        for path in (self.etc, self.var_lib, folder / "bin", folder / "job"):
            path.mkdir()
        for name in _KEPT:
            if (Path("/etc") / name).is_dir():
                shutil.copytree(f"/etc/{name}", self.etc / name, symlinks=True)
            elif (Path("/etc") / name).exists():
                shutil.copy(f"/etc/{name}", self.etc / name)
        for name, text in _STANDINS.items():
            self.standin(name, text)

    def standin(self, name: str, text: str) -> None:
        """For what steps call; the real one for all else, such as the watch over their time limits."""
        path = self.folder / "bin" / name
        real = f'[ "${{ZK_STEP-}}" ] || exec env PATH=/usr/bin:/bin {name} "$@"'
        path.write_text(f'#!/bin/sh\n{real}\nprintf "%s\\n" "{name} $*" >>"$NODE/calls"\n{text}\n')
        path.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def run(self, steps: Sequence[Step], secrets: Mapping[str, str] | None = None) -> Result:
        """Render the steps and run them as the job runner does."""
        job = self.folder / "job"
        (job / "secrets").mkdir(exist_ok=True)
        for name, value in (secrets or {}).items():
            (job / "secrets" / name).write_text(value)
        (job / "nonce").write_text(NONCE + "\n")
        (job / "program").write_text(render("test", "Test", "node", steps).text)
        ended = subprocess.run(
            ["unshare", *self._namespaces(), "sh", "-c", _ENTER],
            env=self._environment(job),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        return _result(ended.stdout)

    def undo(self, steps: Sequence[Step], secrets: Mapping[str, str] | None = None) -> Result:
        return self.run(undo_steps(steps), secrets)

    def _namespaces(self) -> list[str]:
        return ["-Urmu", *([] if self.same_network else ["-n"])]

    def _environment(self, job: Path) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "NODE": str(self.folder),
            "SAME_NETWORK": "1" if self.same_network else "",
            "ADDRESSES": " ".join(self.addresses),
            "ZK_HOME": str(self.folder / "home"),
            "ZK_DIR": str(job),
            "ZK_PROGRAM": str(job / "program"),
        }


def _result(output: bytes) -> Result:
    reader = MarkerReader(NONCE)
    items: list[Item] = [*reader.feed(output), *reader.close()]
    ended = [item for item in items if isinstance(item, Ended)]
    return Result(
        hows={item.step: item.how for item in ended},
        codes={item.step: item.code for item in ended},
        values={item.name: item.value for item in items if isinstance(item, Value)},
        output=b"".join(item.data for item in items if isinstance(item, Lines)).decode(),
    )


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` with its content."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }

"""swapon and swapoff on the node's own swap file; /proc/swaps is a file of the node."""

from __future__ import annotations

from . import state
from .run import Refused

_HEAD = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
_LINE = "/swapfile                               file\t\t1048572\t\t0\t\t-2\n"
_FILE = "/proc/swaps"


def main(argv: list[str]) -> int:
    words = [w for w in argv[1:] if not w.startswith("-")]
    every = "-a" in argv or "--all" in argv
    on = _LINE in state.load(_FILE)
    if argv[0] == "swapon":
        if "--show" in argv or "-s" in argv or (not words and not every):
            _show(on, argv)
            return 0
        if words and words[0] != "/swapfile":
            raise Refused(f"swapon: cannot open {words[0]}: No such file or directory", 255)
        if words and on:
            raise Refused("swapon: /swapfile: swapon failed: Device or resource busy", 255)
        listed = any(line.split()[:1] == ["/swapfile"] for line in state.load("/etc/fstab").splitlines())
        if words or listed:
            _put(True)
        return 0
    if words and (words[0] != "/swapfile" or not on):
        raise Refused(
            f"swapoff: {words[0]}: swapoff failed: {'Invalid argument' if words[0] == '/swapfile' else 'No such file or directory'}",
            4,
        )
    if every or words:
        _put(False)
    return 0


def _put(on: bool) -> None:
    with open(state.at(_FILE), "r+") as file:
        file.write(_HEAD + (_LINE if on else ""))
        file.truncate()


def _show(on: bool, argv: list[str]) -> None:
    if not on:
        return
    if "--noheadings" not in argv:
        print("NAME      TYPE  SIZE USED PRIO")
    print(
        "/swapfile"
        if any(w.startswith("--show=NAME") or w == "NAME" for w in argv)
        else "/swapfile file 1024M   0B   -2"
    )

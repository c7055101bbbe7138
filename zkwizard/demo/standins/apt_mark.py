"""apt-mark hold, unhold, showhold."""

from __future__ import annotations

from . import packages, state
from .run import Refused


def main(argv: list[str]) -> int:
    words = [w for w in argv[1:] if not w.startswith("-")]
    verb, names = (words[0], words[1:]) if words else ("", [])
    if verb == "showhold":
        held = [n for n, e in sorted(packages.installed().items()) if e["status"].startswith("hold")]
        print("".join(f"{n}\n" for n in held if not names or n in names), end="")
        return 0
    if verb in ("auto", "manual", "showmanual", "showauto"):
        return 0
    if verb not in ("hold", "unhold"):
        raise Refused(f"E: Invalid operation {verb}" if verb else "E: No operation given", 100)
    for name in names:
        _mark(name, verb)
    return 0


def _mark(name: str, verb: str) -> None:
    entry = packages.installed().get(name)
    if entry is None:
        raise Refused(f"E: Unable to locate package {name}\nE: No packages found", 100)
    held = entry["status"].startswith("hold")
    if held == (verb == "hold"):
        print(f"{name} was already {'set on hold' if held else 'not on hold'}.")
        return
    with state.change(state.mine()) as document:
        packages_now = document.setdefault("packages", packages.installed())
        before, after = ("install", "hold") if verb == "hold" else ("hold", "install")
        packages_now[name]["status"] = entry["status"].replace(before, after, 1)
    print(f"{name} set on hold." if verb == "hold" else f"Canceled hold on {name}.")

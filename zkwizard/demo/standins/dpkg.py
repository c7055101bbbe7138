"""dpkg and dpkg-query: what is installed, in the formats that scripts ask for."""

from __future__ import annotations

import sys

from . import packages
from .run import Refused


def main(argv: list[str]) -> int:
    words = argv[1:]
    if not words:
        raise Refused("dpkg: error: need an action option", 2)
    first, rest = words[0], words[1:]
    if first == "--print-architecture":
        print(packages.architecture())
        return 0
    if first == "--print-foreign-architectures":
        return 0
    if first == "--version":
        print(f"Debian '{argv[0]}' package management program version 1.21.22 ({packages.architecture()}).")
        return 0
    if first == "--compare-versions":
        return _compare(*rest[:3])
    if first in ("--configure", "--audit", "-C"):
        return 0
    if first in ("-s", "--status"):
        return _status(rest)
    if first in ("-S", "--search"):
        return _owners(rest)
    if first in ("-l", "--list"):
        return _list(rest)
    if any(w in ("-W", "--show") for w in words) or first.startswith("-W"):
        return _show(words)
    if first == "--get-selections":
        for name, entry in sorted(packages.installed().items()):
            print(f"{name}\t\t{entry['status'].split()[0]}")
        return 0
    raise Refused(f"{argv[0]}: error: unknown option {first}", 2)


def _compare(left: str, relation: str, right: str) -> int:
    a, b = packages.version_key(left), packages.version_key(right)
    answer = {
        "lt": a < b,
        "le": a <= b,
        "eq": a == b,
        "ne": a != b,
        "ge": a >= b,
        "gt": a > b,
        "<<": a < b,
        "<=": a <= b,
        "=": a == b,
        ">=": a >= b,
        ">>": a > b,
    }.get(relation)
    return 2 if answer is None else 0 if answer else 1


def _owners(paths: list[str]) -> int:
    """Which package brought each file."""
    missing = 0
    for path in paths:
        owner = packages.owner_of(path)
        if owner:
            print(f"{owner}: {path}")
        else:
            print(f"dpkg-query: no path found matching pattern {path}", file=sys.stderr)
            missing = 1
    return missing


def _status(names: list[str]) -> int:
    entries = packages.installed()
    code = 0
    for name in names:
        if name not in entries:
            raise Refused(
                f"dpkg-query: package '{name}' is not installed and no information is available\n"
                "Use dpkg --info (= dpkg-deb --info) to examine archive files.",
                1,
            )
        print(
            f"Package: {name}\nStatus: {entries[name]['status']}\nArchitecture: {packages.architecture()}\n"
            f"Version: {entries[name]['version']}\n"
        )
    return code


def _abbreviation(status: str) -> str:
    wanted, _, present = status.split()
    return (
        {"install": "i", "hold": "h", "deinstall": "r", "purge": "p"}[wanted]
        + {"installed": "i", "config-files": "c"}[present]
        + " "
    )


def _matching(patterns: list[str]) -> tuple[list[str], list[str]]:
    entries = packages.installed()
    if not patterns:
        return sorted(entries), []
    found: list[str] = []
    missing = []
    for pattern in patterns:
        hits = [n for n in sorted(entries) if packages.fits(n, pattern)]
        found += hits
        if not hits:
            missing.append(pattern)
    return found, missing


def _list(patterns: list[str]) -> int:
    found, missing = _matching(patterns)
    entries = packages.installed()
    if found:
        print(
            "Desired=Unknown/Install/Remove/Purge/Hold\n"
            "| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n"
            "|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n"
            "||/ Name           Version      Architecture Description\n"
            "+++-==============-============-============-================================="
        )
        for name in found:
            print(
                f"{_abbreviation(entries[name]['status'])} {name:<14} {entries[name]['version']:<12} {packages.architecture():<12} {name}"
            )
    return _report(missing)


def _show(words: list[str]) -> int:
    layout = "${binary:Package}\t${Version}\n"
    names: list[str] = []
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if word in ("-f", "--showformat"):
            layout = queue.pop(0)
        elif word.startswith(("-f=", "--showformat=")):
            layout = word.partition("=")[2]
        elif word.startswith("-f"):
            layout = word[2:]
        elif not word.startswith("-"):
            names.append(word)
    layout = layout.replace("\\n", "\n").replace("\\t", "\t")
    found, missing = _matching(names)
    for name in found:
        print(_fill(layout, name), end="")
    return _report(missing)


def _fill(layout: str, name: str) -> str:
    entry = packages.installed()[name]
    values = {
        "Package": name, "binary:Package": name, "Version": entry["version"], "Status": entry["status"],
        "Architecture": packages.architecture(), "db:Status-Abbrev": _abbreviation(entry["status"]),
        "db:Status-Want": entry["status"].split()[0], "db:Status-Status": entry["status"].split()[2],
    }  # fmt: skip
    first, *rest = layout.split("${")
    for part in rest:
        field, _, text = part.partition("}")
        first += str(values.get(field.partition(";")[0], "")) + text
    return first


def _report(missing: list[str]) -> int:
    if missing:
        raise Refused("\n".join(f"dpkg-query: no packages found matching {p}" for p in missing), 1)
    return 0

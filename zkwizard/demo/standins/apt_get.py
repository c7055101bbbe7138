"""apt-get of Debian 12 over the repositories in `packages`; messages and statuses are apt's."""

from __future__ import annotations

import os
import sys
import time

from . import packages, sources, state
from .run import Refused

_WITH_VALUE = ("-o", "--option", "-t", "--target-release", "-c", "--config-file", "-a")
_LOCK = "/var/lib/dpkg/lock-frontend"


def main(argv: list[str]) -> int:
    flags: list[str] = []
    settings: list[str] = []
    words: list[str] = []
    queue = list(argv[1:])
    while queue:
        word = queue.pop(0)
        if word in _WITH_VALUE:
            settings.append(queue.pop(0))
        elif word.startswith("-o") and not word.startswith("--"):
            settings.append(word[2:])
        elif word.startswith("-"):
            flags.append(word)
        else:
            words.append(word)
    if "--version" in flags:
        print(f"apt 2.6.1 ({packages.architecture()})")
        return 0
    if words[:1] == ["update"]:
        return _update(flags, _options(settings))
    handler = _VERBS.get(words[0] if words else "")
    if handler is None:
        raise Refused(f"E: Invalid operation {words[0]}" if words else "E: No operation given", 100)
    if words[0] in ("install", "remove", "purge", "autoremove", "upgrade", "dist-upgrade"):
        _wait_for_lock(settings)
    return handler(words[1:], flags)


def _options(settings: list[str]) -> dict[str, str]:
    """What `-o` sets; apt's names may be written in any case."""
    return {key.lower(): value for key, _, value in (setting.partition("=") for setting in settings)}


def _quiet(flags: list[str]) -> int:
    return max([f.count("q") for f in flags if not f.startswith("--")] + [flags.count("--quiet")], default=0)


def _yes(flags: list[str]) -> bool:
    return any(f in ("--yes", "--assume-yes") or (not f.startswith("--") and "y" in f) for f in flags)


def _wait_for_lock(settings: list[str]) -> None:
    """Another package manager may hold the lock for a while (a fault that can be switched on)."""
    patience = float(_options(settings).get("dpkg::lock::timeout", 0))
    end = time.time() + patience if patience >= 0 else float("inf")
    holder = "held by process 1234 (unattended-upgr)"
    while (left := state.read(f"apt-lock-{state.node()}").get("until", 0) - time.time()) > 0:
        if time.time() >= end:
            raise Refused(
                f"E: Could not get lock {_LOCK}. It is {holder}\n"
                "N: Be aware that removing the lock file is not a solution and may break your system.\n"
                "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?",
                100,
            )
        print(
            f"Waiting for cache lock: Could not get lock {_LOCK}. It is {holder}... ",
            file=sys.stderr,
            flush=True,
        )
        time.sleep(min(1.0, max(0.05, left)))


def _update(flags: list[str], options: dict[str, str]) -> int:
    """Of all sources, or of those that `Dir::Etc` names in their place: then the other lists stay."""
    fetched, errors, warnings = [], [], []
    only = options.get("dir::etc::sourcelist")
    found = sources.configured(only, options["dir::etc::sourceparts"]) if only else sources.configured()
    strict = options.get("apt::update::error-mode") == "any"
    for number, source in enumerate(found, 1):
        proxy = sources.proxy_for(source.uri)
        fault = sources.proxy_fault(proxy) if proxy else None
        if fault:
            warnings.append(
                f"{'E' if strict else 'W'}: Failed to fetch {source.uri}/{'' if source.suite == '/' else f'dists/{source.suite}/'}InRelease  {fault}"
            )
            continue
        if not _quiet(flags):
            print(f"Get:{number} {source.uri} {source.suite} InRelease [1,189 B]")
        missing = _missing_key(source)
        if missing:
            errors += missing
            continue
        fetched.append(source.uri)
    if warnings:
        warnings.append(
            f"{'E' if strict else 'W'}: Some index files failed to download. They have been ignored, or old ones used instead."
        )
    with state.change(state.mine()) as document:
        known = document.get("apt_lists", [])
        document["apt_lists"] = sorted(
            {*fetched, *(u for u in known if only or (warnings and u in {s.uri for s in found}))}
        )
    if _quiet(flags) < 2:
        print("Reading package lists..." + (" Done" if not errors else ""))
    for line in warnings + errors:
        print(line, file=sys.stderr)
    return 100 if errors or (strict and warnings) else 0


def _missing_key(source: sources.Source) -> list[str]:
    """What apt says when the repository's signature can't be checked; [] if it can."""
    kind = packages.kind_of(source.uri)
    if kind == "distribution":
        return []
    wanted = packages.KEYS[kind]
    if source.key and wanted in state.load(source.key):
        return []
    if source.key is None:
        folder = "/etc/apt/trusted.gpg.d"
        names = os.listdir(state.at(folder)) if os.path.isdir(state.at(folder)) else []
        if any(wanted in state.load(f"{folder}/{name}") for name in names):
            return []
    name = f"{source.uri} {source.suite} InRelease" if source.suite != "/" else f"{source.uri}  InRelease"
    return [
        f"W: GPG error: {name}: The following signatures couldn't be verified because the public key is not available: "
        f"NO_PUBKEY {wanted}",
        f"E: The repository '{name}' is not signed.",
    ]


def _install(words: list[str], flags: list[str]) -> int:
    quiet = _quiet(flags)
    if quiet < 2:
        print("Reading package lists...\nBuilding dependency tree...\nReading state information...")
    wanted = _resolve(words, "--only-upgrade" in flags)
    changes: dict[str, str] = {}
    for name, version in wanted.items():
        present = packages.version_of(name)
        if present == version:
            if quiet < 2:
                print(f"{name} is already the newest version ({version}).")
            continue
        changes[name] = version
    _refuse_held_and_older(changes, flags)
    new = [n for n in changes if packages.version_of(n) is None]
    upgraded = [n for n in changes if n not in new]
    if quiet < 2:
        if new:
            print("The following NEW packages will be installed:\n  " + " ".join(sorted(new)))
        print(f"{len(upgraded)} upgraded, {len(new)} newly installed, 0 to remove and 0 not upgraded.")
    asked = {w.partition("=")[0] for w in words}
    if not _yes(flags) and set(changes) - asked:
        print("Do you want to continue? [Y/n] Abort.")
        return 1
    if "--dry-run" in flags or "-s" in flags or "--download-only" in flags or "-d" in flags:
        return 0
    for name, version in changes.items():
        before = packages.version_of(name)
        if before is None:
            print(f"Selecting previously unselected package {name}.")
        print(
            f"Preparing to unpack .../{name}_{version.replace(':', '%3a')}_{packages.architecture()}.deb ..."
        )
        print(f"Unpacking {name} ({version}) {f'over ({before}) ' if before else ''}...", flush=True)
    for name, version in changes.items():
        print(f"Setting up {name} ({version}) ...", flush=True)
        packages.unpack(name, version)
    return 0


def _resolve(words: list[str], only_upgrade: bool) -> dict[str, str]:
    """Names as given → versions, dependencies first."""
    configured = {s.uri for s in sources.configured()}
    offered = packages.offered([u for u in state.read(state.mine()).get("apt_lists", []) if u in configured])
    wanted: dict[str, str] = {}
    faults = []
    for word in words:
        name, _, asked = word.partition("=")
        if name not in offered:
            faults.append(f"E: Unable to locate package {name}")
            continue
        version = packages.choose(offered[name], asked or None)
        if version is None:
            faults.append(f"E: Version '{asked}' for '{name}' was not found")
            continue
        for needed in packages.DEPENDS.get(name, []):
            if needed not in wanted and packages.version_of(needed) is None and needed in offered:
                wanted[needed] = offered[needed][-1]
        wanted[name] = version
    if faults:
        raise Refused("\n".join(faults), 100)
    return wanted


def _refuse_held_and_older(changes: dict[str, str], flags: list[str]) -> None:
    entries = packages.installed()
    older = []
    for name, version in changes.items():
        present = packages.version_of(name)
        if (
            str(entries.get(name, {}).get("status", "")).startswith("hold")
            and "--allow-change-held-packages" not in flags
        ):
            raise Refused(
                "E: Held packages were changed and -y was used without --allow-change-held-packages.", 100
            )
        if present and packages.version_key(version) < packages.version_key(present):
            older.append(name)
    if older and "--allow-downgrades" not in flags:
        raise Refused("E: Packages were downgraded and -y was used without --allow-downgrades.", 100)


def _remove(words: list[str], flags: list[str], *, purge: bool = False) -> int:
    purge = purge or "--purge" in flags
    entries = packages.installed()
    known = packages.offered([s.uri for s in sources.configured()])
    for name in words:
        if name not in entries and name not in known:
            raise Refused(f"E: Unable to locate package {name}", 100)
    gone = [n for n in words if n in entries and (purge or packages.version_of(n))]
    if (
        any(str(entries[n]["status"]).startswith("hold") for n in gone)
        and "--allow-change-held-packages" not in flags
    ):
        raise Refused(
            "E: Held packages were changed and -y was used without --allow-change-held-packages.", 100
        )
    if not _yes(flags) and gone:
        print("Do you want to continue? [Y/n] Abort.")
        return 1
    if _quiet(flags) < 2:
        print("Reading package lists...\nBuilding dependency tree...\nReading state information...")
        for name in words:
            if name not in gone:
                print(f"Package '{name}' is not installed, so not removed")
        print(f"0 upgraded, 0 newly installed, {len(gone)} to remove and 0 not upgraded.")
    for name in gone:
        print(f"Removing {name} ({entries[name]['version']}) ...", flush=True)
        packages.take_away(name, purge=purge)
    return 0


def _purge(words: list[str], flags: list[str]) -> int:
    return _remove(words, flags, purge=True)


def _clean(names: list[str], flags: list[str]) -> int:
    """Remove what was downloaded."""
    folder = state.at("/var/cache/apt/archives")
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        if name.endswith(".deb"):
            os.unlink(f"{folder}/{name}")
    return 0


def _nothing(words: list[str], flags: list[str]) -> int:
    return 0


_VERBS = {
    "autoclean": _nothing,
    "autoremove": _nothing,
    "check": _nothing,
    "clean": _clean,
    "install": _install,
    "purge": _purge,
    "remove": _remove,
    "upgrade": _nothing,
    "dist-upgrade": _nothing,
}

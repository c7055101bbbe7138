"""apt-cache madison, policy and show."""

from __future__ import annotations

from . import packages, sources, state
from .run import Refused


def main(argv: list[str]) -> int:
    words = [w for w in argv[1:] if not w.startswith("-")]
    if not words:
        raise Refused("E: No operation given", 100)
    uris = [
        u for u in state.read(state.mine()).get("apt_lists", []) if u in {s.uri for s in sources.configured()}
    ]
    offered = packages.offered(uris)
    verb, names = words[0], words[1:]
    if verb not in ("madison", "policy", "show", "search"):
        raise Refused(f"E: Invalid operation {verb}", 100)
    for name in names:
        versions = offered.get(name, [])
        if verb == "policy":
            _policy(name, versions)
        elif not versions:
            if verb == "madison":
                print(f"N: Unable to locate package {name}")
                continue
            raise Refused("E: No packages found" if verb == "show" else "", 100)
        elif verb == "madison":
            for version in reversed(versions):
                print(f"{name:>10} | {version:>10} | {_origin(name, uris)}  Packages")
        else:
            print(f"Package: {name}\nVersion: {versions[-1]}\nArchitecture: {packages.architecture()}\n")
    return 0


def _origin(name: str, uris: list[str]) -> str:
    for uri in uris:
        if (
            packages.kind_of(uri) != "distribution"
            and name in packages.offered([uri])
            and name not in packages.DISTRIBUTION
        ):
            return uri
    return "http://packages.practice.example/debian bookworm/main " + packages.architecture()


def _policy(name: str, versions: list[str]) -> None:
    present = packages.version_of(name)
    if not versions and present is None:
        return
    print(
        f"{name}:\n  Installed: {present or '(none)'}\n  Candidate: {versions[-1] if versions else present}\n  Version table:"
    )
    for version in reversed(versions):
        print(f" {'***' if version == present else '   '} {version} 500")

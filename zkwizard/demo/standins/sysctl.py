"""sysctl: net.* for real, everything else remembered by the node, because the machine's own settings are
not its to change.
"""

from __future__ import annotations

import os
import sys

from . import state

_FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d")


def main(argv: list[str]) -> int:
    flags = [w for w in argv[1:] if w.startswith("-")]
    words = [w for w in argv[1:] if not w.startswith("-")]
    quiet = any(f in ("-q", "--quiet") for f in flags)
    short = "".join(f[1:] for f in flags if not f.startswith("--"))
    if "--system" in flags:
        return _system(quiet)
    if "p" in short or any(f.startswith("--load") for f in flags):
        code = 0
        for file in words or ["/etc/sysctl.conf"]:
            code = _load(file, quiet) or code
        return code
    code = 0
    for word in words:
        key, equals, value = word.partition("=")
        if equals:
            code = _set(key.strip(), value.strip(), quiet) or code
        else:
            code = (
                _print(key, "n" in short or "--values" in flags, "e" in short or "--ignore" in flags) or code
            )
    return code


def _path(key: str) -> str:
    return "/proc/sys/" + (key if "/" in key else key.replace(".", "/"))


def _system(quiet: bool) -> int:
    names: dict[str, str] = {}
    for folder in reversed(_FOLDERS):
        if os.path.isdir(state.at(folder)):
            for name in os.listdir(state.at(folder)):
                if name.endswith(".conf"):
                    names[name] = f"{folder}/{name}"
    code = 0
    for file in [*(names[n] for n in sorted(names)), "/etc/sysctl.conf"]:
        if not quiet:
            print(f"* Applying {file} ...")
        code = _load(file, quiet) or code
    return code


def _load(file: str, quiet: bool) -> int:
    if not os.path.exists(state.at(file)):
        print(f'sysctl: cannot open "{file}": No such file or directory', file=sys.stderr)
        return 1
    code = 0
    for line in state.load(file).splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith(("#", ";")):
            ignored = key.startswith("-")
            failed = _set(key.strip().lstrip("-"), value.strip(), quiet)
            code = code or (0 if ignored else failed)
    return code


def _set(key: str, value: str, quiet: bool) -> int:
    path = _path(key)
    if not os.path.exists(state.at(path)):
        print(f"sysctl: cannot stat {path}: No such file or directory", file=sys.stderr)
        return 255
    try:
        with open(state.at(path), "w") as file:
            file.write(value + "\n")
    except OSError as error:
        if path.startswith("/proc/sys/net/"):
            print(f'sysctl: setting key "{key}": {error.strerror}', file=sys.stderr)
            return 255
        with state.change(state.mine()) as document:
            document.setdefault("sysctl", {})[path] = value
    if not quiet:
        print(f"{key} = {value}")
    return 0


def _print(key: str, only_value: bool, ignore: bool) -> int:
    path = _path(key)
    kept = state.read(state.mine()).get("sysctl", {}).get(path)
    if kept is None and not os.path.exists(state.at(path)):
        if not ignore:
            print(f"sysctl: cannot stat {path}: No such file or directory", file=sys.stderr)
            return 255
        return 0
    value = kept if kept is not None else "\t".join(state.load(path).split())
    print(value if only_value else f"{key.replace('/', '.')} = {value}")
    return 0

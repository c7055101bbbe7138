"""systemctl of systemd 252, for the verbs that zkwizard and its users type."""

from __future__ import annotations

import os
import sys
import time

from . import state, units
from .run import Refused

_WITH_VALUE = (
    "-p",
    "--property",
    "-t",
    "--type",
    "--state",
    "-n",
    "--lines",
    "-o",
    "--output",
    "--job-mode",
    "-s",
    "--signal",
)


def main(argv: list[str]) -> int:
    options, words = _split(argv[1:])
    if not words:
        words = ["list-units"]
    if "--version" in options:
        print("systemd 252 (252.38-1~deb12u1)")
        return 0
    verb, names = words[0], [units.full_name(_swap_name(w)) for w in words[1:]]
    handler = _VERBS.get(verb)
    if handler is None:
        raise Refused(f"Unknown command verb {verb}.")
    return handler(names, options)


def _split(words: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    options: dict[str, list[str]] = {}
    rest: list[str] = []
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if not word.startswith("-"):
            rest.append(word)
            continue
        key, equals, value = word.partition("=")
        if not equals and key in _WITH_VALUE and queue:
            value = queue.pop(0)
        elif not equals and key[:2] in ("-p", "-t", "-n", "-o") and len(key) > 2 and not key.startswith("--"):
            key, value = key[:2], key[2:]
        options.setdefault({"-p": "--property", "-t": "--type", "-q": "--quiet"}.get(key, key), []).append(
            value
        )
    return options, rest


def _swap_name(word: str) -> str:
    return word.lstrip("/").replace("/", "-") + ".swap" if word.startswith("/") else word


def _must_exist(name: str, verb: str, code: int = 5) -> None:
    if units.is_masked(name) and verb in ("start", "restart"):
        raise Refused(f"Failed to {verb} {name}: Unit {name} is masked.", 1)
    if not units.exists(name):
        raise Refused(
            f"Failed to {verb} {name}: Unit {name} not {'loaded' if verb == 'stop' else 'found'}.", code
        )


def _begin(name: str, verb: str) -> int:
    if units.fragment(name) is None or not units.settings(name).get("ExecStart"):
        if name.endswith(".swap"):
            from .swap import main as swap

            return swap(["swapon", "/swapfile"])
        units.set_status(name, active="active", sub="running", since=state.now())
        return 0
    from . import supervisor

    if not supervisor.launch(name):
        print(
            f"Job for {name} failed because the control process exited with error code.\n"
            f'See "systemctl status {name}" and "journalctl -xeu {name}" for details.',
            file=sys.stderr,
        )
        return 1
    return 0


def _start(names: list[str], options: dict[str, list[str]]) -> int:
    code = 0
    for name in names:
        _must_exist(name, "start")
        if not units.active(name):
            if units.status(name).get("supervisor"):
                _end_process(name)
            code = _begin(name, "start") or code
    return code


def _end(name: str) -> None:
    if name.endswith(".swap"):
        from .swap import main as swap

        swap(["swapoff", "/swapfile"])
    else:
        _end_process(name)


def _end_process(name: str) -> None:
    from . import supervisor

    supervisor.stop(name)


def _stop(names: list[str], options: dict[str, list[str]]) -> int:
    for name in names:
        _must_exist(name, "stop")
        _end(name)
    return 0


def _restart(names: list[str], options: dict[str, list[str]]) -> int:
    code = 0
    for name in names:
        _must_exist(name, "restart")
        _end_process(name)
        code = _begin(name, "restart") or code
    return code


def _try_restart(names: list[str], options: dict[str, list[str]]) -> int:
    return _restart([n for n in names if units.active(n)], options)


def _enable(names: list[str], options: dict[str, list[str]]) -> int:
    for name in names:
        if units.is_masked(name):
            raise Refused(f"Failed to enable unit: Unit file /etc/systemd/system/{name} is masked.", 1)
        if not units.exists(name):
            raise Refused(f"Failed to enable unit: Unit file {name} does not exist.", 1)
        if (line := units.link(name)) and "--quiet" not in options:
            print(line, file=sys.stderr)
    return _start(names, options) if "--now" in options else 0


def _disable(names: list[str], options: dict[str, list[str]]) -> int:
    for name in names:
        if not units.exists(name):
            raise Refused(f"Failed to disable unit: Unit file {name} does not exist.", 1)
        if (line := units.unlink(name)) and "--quiet" not in options:
            print(line, file=sys.stderr)
        if "--now" in options:
            _end(name)
    return 0


def _mask(names: list[str], options: dict[str, list[str]]) -> int:
    for name in names:
        target = state.at(f"/etc/systemd/system/{name}")
        if units.is_masked(name):
            continue
        if os.path.lexists(target):
            raise Refused(f"Failed to mask unit: File {target} already exists.", 1)
        os.symlink("/dev/null", target)
        print(f"Created symlink /etc/systemd/system/{name} → /dev/null.", file=sys.stderr)
        if "--now" in options:
            _end(name)
    return 0


def _unmask(names: list[str], options: dict[str, list[str]]) -> int:
    for name in names:
        if units.is_masked(name):
            os.unlink(state.at(f"/etc/systemd/system/{name}"))
            print(f'Removed "/etc/systemd/system/{name}".', file=sys.stderr)
    return 0


def _is_active(names: list[str], options: dict[str, list[str]]) -> int:
    states = [units.status(name)["active"] for name in names]
    if "--quiet" not in options:
        print("\n".join(states))
    return 0 if "active" in states else 3


def _is_failed(names: list[str], options: dict[str, list[str]]) -> int:
    states = [units.status(name)["active"] for name in names]
    if "--quiet" not in options:
        print("\n".join(states))
    return 0 if "failed" in states else 1


def _is_enabled(names: list[str], options: dict[str, list[str]]) -> int:
    code = 1
    for name in names:
        word = units.is_enabled(name)
        if not word:
            print(f"Failed to get unit file state for {name}: No such file or directory", file=sys.stderr)
            continue
        if "--quiet" not in options:
            print(word)
        if word in ("enabled", "static", "generated"):
            code = 0
    return code


def _status(names: list[str], options: dict[str, list[str]]) -> int:
    code = 0
    for name in names:
        if not units.exists(name):
            print(f"Unit {name} could not be found.", file=sys.stderr)
            code = 4
            continue
        code = _one_status(name) or code
    return code


def _one_status(name: str) -> int:
    entry, file = units.status(name), units.fragment(name) or f"/lib/systemd/system/{name}"
    dot = {"active": "●", "failed": "×", "activating": "●"}.get(entry["active"], "○")
    print(f"{dot} {name} - {units.description(name)}")
    if units.is_masked(name):
        print(f"     Loaded: masked (Reason: Unit {name} is masked.)")
    else:
        print(f"     Loaded: loaded ({file}; {units.is_enabled(name)}; preset: enabled)")
    extra = units.drop_ins(name)
    for folder in sorted({os.path.dirname(d) for d in extra}):
        print(f"    Drop-In: {folder}")
        print(
            "             └─" + ", ".join(os.path.basename(d) for d in extra if os.path.dirname(d) == folder)
        )
    sub = entry.get("sub", "dead")
    result = " (Result: exit-code)" if entry.get("result") == "exit-code" else ""
    since = f" since {entry['entered']}; {_ago(entry)} ago" if entry.get("entered") else ""
    print(f"     Active: {entry['active']} ({sub}){result}{since}")
    if entry.get("pid"):
        print(f"   Main PID: {entry['pid']} ({name.partition('.')[0]})")
    return 0 if entry["active"] in ("active", "activating") else 3


def _ago(entry: dict[str, float]) -> str:
    return f"{int(time.time() - entry.get('since', time.time()))}s"


def _properties(name: str) -> dict[str, str]:
    entry, file = units.status(name), units.fragment(name)
    loaded = "masked" if units.is_masked(name) else "loaded" if units.exists(name) else "not-found"
    return {
        "Id": name, "Names": name, "Description": units.description(name), "LoadState": loaded,
        "ActiveState": entry["active"], "SubState": entry.get("sub", "dead"), "UnitFileState": units.is_enabled(name),
        "FragmentPath": file or "", "DropInPaths": " ".join(units.drop_ins(name)), "NeedDaemonReload": "no",
        "MainPID": str(entry.get("pid") or 0), "ExecMainStatus": str(entry.get("code") or 0),
        "Result": entry.get("result", "success"), "NRestarts": str(entry.get("restarts", 0)),
        "ActiveEnterTimestamp": entry.get("entered", ""),
        "Environment": " ".join(units.settings(name).get("Environment", [])),
        "EnvironmentFiles": "\n".join(
            f"{file.lstrip('-')} (ignore_errors={'yes' if file.startswith('-') else 'no'})"
            for file in units.settings(name).get("EnvironmentFile", [])
        ),
    }  # fmt: skip


def _show(names: list[str], options: dict[str, list[str]]) -> int:
    wanted = [p for group in options.get("--property", []) for p in group.split(",")]
    for name in names:
        values = _properties(name)
        for key in wanted or values:
            if key in values:
                print(values[key] if "--value" in options else f"{key}={values[key]}")
    return 0


def _cat(names: list[str], options: dict[str, list[str]]) -> int:
    for name in names:
        file = units.fragment(name)
        if file is None:
            raise Refused(f"No files found for {name}.", 1)
        for path in (file, *units.drop_ins(name)):
            print(f"# {path}\n{state.load(path)}")
    return 0


def _known() -> list[str]:
    names = set(units.BUILT_IN)
    for folder in units.SEARCH[:3]:
        if os.path.isdir(state.at(folder)):
            names.update(
                n
                for n in os.listdir(state.at(folder))
                if n.endswith((".service", ".swap", ".timer", ".socket"))
            )
    return sorted(names)


def _list_units(names: list[str], options: dict[str, list[str]]) -> int:
    types = [t for group in options.get("--type", []) for t in group.split(",")]
    rows = []
    for name in _known():
        entry = units.status(name)
        if (types and name.rpartition(".")[2] not in types) or (names and name not in names):
            continue
        if entry["active"] == "inactive" and "--all" not in options and "-a" not in options:
            continue
        if "--failed" in options and entry["active"] != "failed":
            continue
        rows.append(f"{name} loaded {entry['active']} {entry.get('sub', 'dead')} {units.description(name)}")
    plain = "--no-legend" in options or "--legend=no" in options or "--plain" in options
    for row in rows:
        print(row if plain else "  " + row)
    if not plain:
        print(f"\n{len(rows)} loaded units listed.")
    return 0


def _list_unit_files(names: list[str], options: dict[str, list[str]]) -> int:
    listed = [n for n in _known() if not names or n in names]
    for name in listed:
        print(f"{name:<40} {units.is_enabled(name):<15} enabled")
    return 0 if listed else 1


def _reload_manager(names: list[str], options: dict[str, list[str]]) -> int:
    return 0


def _reset_failed(names: list[str], options: dict[str, list[str]]) -> int:
    for name in names:
        if not units.exists(name):
            raise Refused(f"Failed to reset failed state of unit {name}: Unit {name} not loaded.", 1)
        if units.status(name)["active"] == "failed":
            units.set_status(name, active="inactive", sub="dead", result="success")
    return 0


def _is_system_running(names: list[str], options: dict[str, list[str]]) -> int:
    print("running")
    return 0


_VERBS = {
    "cat": _cat, "daemon-reload": _reload_manager, "daemon-reexec": _reload_manager, "disable": _disable,
    "enable": _enable, "is-active": _is_active, "is-enabled": _is_enabled, "is-failed": _is_failed,
    "is-system-running": _is_system_running, "list-unit-files": _list_unit_files, "list-units": _list_units,
    "mask": _mask, "reload": _reload_manager, "reload-or-restart": _restart, "reset-failed": _reset_failed,
    "restart": _restart, "show": _show, "start": _start, "status": _status, "stop": _stop,
    "try-restart": _try_restart, "unmask": _unmask,
}  # fmt: skip

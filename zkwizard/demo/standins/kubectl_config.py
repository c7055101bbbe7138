"""kubectl config: what it says of a kubeconfig, and what it takes out of one. No cluster is asked."""

from __future__ import annotations

import os
import re
import sys

from . import jsonpath, state, strict_yaml
from .run import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LISTS = {"cluster": "clusters", "context": "contexts", "user": "users"}


def config(words: list[str], options: dict[str, str], path: str) -> int:
    """kubectl config VERB, on the file at ``path``."""
    text = state.load(path)
    verb, names = (words[0], words[1:]) if words else ("", [])
    if verb == "current-context":
        match = re.search(r"current-context: (\S+)", text)
        if match is None or match[1] == '""':
            raise Refused("error: current-context is not set", 1)
        print(match[1])
    elif verb == "view":
        _view(text, options)
    elif verb == "unset" and names == ["current-context"]:
        data = _data(text)
        data["current-context"] = ""
        _write(path, data)
        print('Property "current-context" unset.')
    elif verb.startswith("delete-") and verb.removeprefix("delete-") in _LISTS:
        _delete(verb.removeprefix("delete-"), names, path, _data(text))
    elif verb.startswith("get-") and verb.removeprefix("get-").rstrip("s") in _LISTS:
        kind = _LISTS[verb.removeprefix("get-").rstrip("s")]
        print("NAME")
        print("".join(f"{entry['name']}\n" for entry in _data(text).get(kind) or []), end="")
    else:
        raise Refused(f'error: unknown command "{verb}"', 1)
    return 0


def _view(text: str, options: dict[str, str]) -> None:
    if not text:
        text = (
            'apiVersion: v1\nclusters: null\ncontexts: null\ncurrent-context: ""\nkind: Config\n'
            "preferences: {}\nusers: null\n"
        )
    if options.get("output", "").startswith("jsonpath"):
        print(jsonpath.render(options["output"].partition("=")[2], strict_yaml.parse(text)), end="")
        return
    if "raw" not in options:
        text = re.sub(r"(-data): \S+", r"\1: DATA+OMITTED", text)
    print(text, end="")


def _delete(kind: str, names: list[str], path: str, data: dict[str, Any]) -> None:
    name = names[0] if names else ""
    entries = data.get(_LISTS[kind]) or []
    if not any(entry["name"] == name for entry in entries):
        words = {"user": f"user {name}", "cluster": f"cluster {name}", "context": f"context {name}"}
        raise Refused(f"error: cannot delete {words[kind]}, not in {path}", 1)
    data[_LISTS[kind]] = [entry for entry in entries if entry["name"] != name]
    if kind == "context" and data.get("current-context") == name:
        print(
            'warning: this removed your active context, use "kubectl config use-context" to select a different one',
            file=sys.stderr,
        )
    _write(path, data)
    print(f"deleted {kind} {name} from {path}")


def _data(text: str) -> dict[str, Any]:
    return dict(strict_yaml.parse(text) or {}) if text else {}


def _write(path: str, data: dict[str, Any]) -> None:
    mode = os.stat(state.at(path)).st_mode & 0o777 if os.path.exists(state.at(path)) else 0o600
    state.write(path, strict_yaml.dump(data), mode)

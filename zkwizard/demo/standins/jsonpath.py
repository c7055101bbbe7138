"""kubectl's jsonpath for the common templates: paths, [*], [n], filters by equality, range and end, quoted
text.
"""

from __future__ import annotations

import json
import re

from .run import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TOKEN = re.compile(
    r"\.\.|\.([\w\-/]+(?:\\\.[\w\-/]+)*)|\['([^']*)'\]|\[(\*|-?\d+)\]|\[\?\(@([^=!<>]*?)\s*==\s*[\"']?([^\"')]*)[\"']?\)\]|\.\*|\."
)


def render(template: str, data: Any) -> str:
    """The text that kubectl prints for `-o jsonpath=TEMPLATE`."""
    parts = re.findall(r"\{[^{}]*\}|[^{}]+", template)
    text, _ = _run(parts, 0, data, data)
    return text


def _run(parts: list[str], at: int, current: Any, root: Any) -> tuple[str, int]:
    out = ""
    while at < len(parts):
        part = parts[at]
        at += 1
        if not part.startswith("{"):
            out += part.replace("\\n", "\n").replace("\\t", "\t")
            continue
        body = part[1:-1].strip()
        if body.startswith("range"):
            items = find(body[5:].strip(), current, root)
            after = at
            for item in items:
                text, after = _run(parts, at, item, root)
                out += text
            at = after if items else _skip(parts, at)
        elif body == "end":
            return out, at
        elif body[:1] in "\"'":
            out += body[1:-1].replace("\\n", "\n").replace("\\t", "\t")
        else:
            out += " ".join(_show(v) for v in find(body, current, root))
    return out, at


def _skip(parts: list[str], at: int) -> int:
    depth = 1
    while at < len(parts) and depth:
        body = parts[at].strip("{} ")
        depth += body.startswith("range") - (body == "end")
        at += 1
    return at


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def find(path: str, current: Any, root: Any) -> list[Any]:
    """The values at `path`; "$" begins at the top, "@" and "." at the current item."""
    values = [root if path.startswith("$") else current]
    rest = path.lstrip("$@")
    position = 0
    while position < len(rest):
        match = _TOKEN.match(rest, position)
        if match is None:
            raise Refused(f"error: error parsing jsonpath {path}, unrecognized character in action", 1)
        position = match.end()
        values = _step(match, values)
    return values


def _step(match: re.Match[str], values: list[Any]) -> list[Any]:
    name = match[1].replace("\\.", ".") if match[1] else match[2]
    if name is not None:
        return [v[name] for v in values if isinstance(v, dict) and name in v]
    if match[3] == "*" or match[0] == ".*":
        return [
            item
            for v in values
            for item in (v.values() if isinstance(v, dict) else v if isinstance(v, list) else [])
        ]
    if match[3] is not None:
        number = int(match[3])
        return [v[number] for v in values if isinstance(v, list) and -len(v) <= number < len(v)]
    if match[4] is not None:
        return [
            i
            for v in values
            if isinstance(v, list)
            for i in v
            if [_show(x) for x in find(match[4].strip(), i, i)] == [match[5]]
        ]
    return values

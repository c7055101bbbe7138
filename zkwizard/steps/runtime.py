"""Picks from the shell files beside it the functions that a program uses, to keep programs short enough to
read: ``runtime.sh`` for all programs, ``teardown.sh`` for those of a reset.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_FILES = ("runtime.sh", "teardown.sh")
_FUNCTION = re.compile(r"^(zk_\w+)\(\) \{.*?^\}\n", re.MULTILINE | re.DOTALL)
_CALL = re.compile(r"\bzk_\w+")
_ALWAYS = ("zk_mark", "zk_begin", "zk_part", "zk_reap", "zk_pause", "zk_end", "zk_step")


@cache
def _functions() -> dict[str, str]:
    text = "\n".join(files("zkwizard.steps").joinpath(name).read_text() for name in _FILES)
    return {match[1]: match[0] for match in _FUNCTION.finditer(text)}


def functions_for(source: str, always: tuple[str, ...] = _ALWAYS) -> str:
    """The functions that ``source`` calls, with those that they call, in the order of the files.

    ``always`` are those of every program; a text that is no program needs none of them.
    """
    known = _functions()
    wanted: set[str] = set()
    todo = [*always, *_CALL.findall(source)]
    while todo:
        name = todo.pop()
        if name in known and name not in wanted:
            wanted.add(name)
            todo += _CALL.findall(known[name])
    return "\n".join(text for name, text in known.items() if name in wanted)

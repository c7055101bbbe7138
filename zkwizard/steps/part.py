"""One step's part of a rendered program, for who wants to see what ran."""

from __future__ import annotations

import re

from zkwizard.steps.shell import quote


def part_of(program: str, step: str) -> str:
    """The functions of a step as they stand in ``program``, or "" when it has no such step.

    A step's part begins with a comment that has its number, ``# 3. Title``. It ends with that of the next, or
    with the last function before the calls of them all (``zkwizard.steps.render``).
    """
    calls = list(re.finditer(r"^ *zk_step (\d+) (.+?) \d+ \d+ \d+ (?:check|verify)$", program, re.MULTILINE))
    number = next((int(call[1]) for call in calls if call[2] == quote(step)), 0)
    begin = _head(program, number)
    if begin is None:
        return ""
    end = _head(program, number + 1)
    if end is None:
        end = program.rindex("\n}\n", 0, calls[0].start()) + 2
    return program[begin:end].strip() + "\n"


def _head(program: str, number: int) -> int | None:
    found = re.search(rf"^# {number}\. .*\n#    .*\ns{number}_(?:content|check)\(\)", program, re.MULTILINE)
    return found.start() if found else None

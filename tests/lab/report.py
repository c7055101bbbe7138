"""The lab's report at the end of the test run: scenario, seconds, result.

A plugin of its own, as where several processes share the tests the one that reports runs none of them.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.place import CACHE

_lines: list[tuple[str, float, str]] = []
_waited: list[float] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what the report needs."""
    if "tests/lab/" in report.nodeid and (report.when == "call" or report.outcome != "passed"):
        _lines.append((report.nodeid.rpartition("/")[2], _seconds(report), report.outcome))
        _waited.append(report.duration)


def _seconds(report: pytest.TestReport) -> float:
    """Of the scenario itself, where it was told beside others."""
    return next(
        (float(str(value)) for name, value in report.user_properties if name == "seconds"), report.duration
    )


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the lab's report and keep it in .cache/lab/report.txt."""
    if not _lines:
        return
    text = "".join(f"{seconds:7.1f} s  {outcome:7}  {name}\n" for name, seconds, outcome in _lines)
    text += f"{sum(_waited):7.1f} s  in all, as many go on at once\n"
    if CACHE.is_dir():
        (CACHE / "report.txt").write_text(text)
    terminalreporter.section("lab")
    terminalreporter.write(text)

"""Tests that are coroutines, each in an event loop of its own; a conftest.py says where there are some."""

from __future__ import annotations

import asyncio
import inspect

import pytest


def run(item: pytest.Function, seconds: float | None = None) -> bool | None:
    """Whether it was one, and ran; what ``pytest_pyfunc_call`` gives back. ``seconds`` is its limit."""
    if not inspect.iscoroutinefunction(item.obj):
        return None
    given = {name: item.funcargs[name] for name in inspect.signature(item.obj).parameters}
    asyncio.run(asyncio.wait_for(item.obj(**given), seconds))
    return True

"""Copying to the clipboard: by the terminal, by the tools that are here, and to a file."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Literal

from textual.widget import Widget

from zkwizard.model.text import T, Text
from zkwizard.widgets.log_pane.clipboard import MOST, run_tools, sequences, write_private
from zkwizard.widgets.words import say

Severity = Literal["information", "warning", "error"]


def copy(widget: Widget, text: str, done: Text, path: Path) -> None:
    """Copy ``text``, to the file ``path`` as well, and say ``done`` and where it is now.

    No terminal tells whether it took what was sent to its clipboard (OSC 52).
    """
    try:
        write_private(path, text + "\n")
    except OSError as error:
        tell(widget, T("Can't write {path}: {why}", path=path, why=error.strerror or error), "warning")
    if not sequences(text, os.environ):
        tell(
            widget,
            T(
                "Too much for a terminal's clipboard ({size} bytes, {most} fit): it is in {path}",
                size=f"{len(text.encode(errors='replace')):,}",
                most=f"{MOST:,}",
                path=path,
            ),
            "warning",
        )
        return
    widget.run_worker(_to_clipboard(widget, text, done, path), group="copy", exclusive=True)


def tell(widget: Widget, text: Text, severity: Severity = "information") -> None:
    """Say something in a corner for a while."""
    widget.notify(say(text), severity=severity, markup=False, timeout=8)


async def _to_clipboard(widget: Widget, text: str, done: Text, path: Path) -> None:
    plain, *wrapped = sequences(text, os.environ)
    if plain.startswith("\x1b]"):
        widget.app.copy_to_clipboard(text)  # the plain sequence; the app's own fields can paste it, too
    else:
        wrapped.insert(0, plain)
    if driver := widget.app._driver:
        for sequence in wrapped:
            driver.write(sequence)
    if took := await asyncio.to_thread(run_tools, text, os.environ):
        tell(widget, T("{done} (with {tools}). Also in {path}", done=done, tools=", ".join(took), path=path))
    else:
        tell(widget, T("{done}, if the terminal takes it (OSC 52). Also in {path}", done=done, path=path))

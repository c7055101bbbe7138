"""The way to the clipboard: OSC 52 through whatever stands between, this machine's own tool, or tmux.

No terminal says whether it took OSC 52, so what is copied always goes to a file, too.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

MOST = 74_994
"""Bytes that fit: 100,000 characters of base64 and the frame, the least that common terminals take."""
_SCREEN_CHUNK = 700
"""GNU screen drops a passed-through string that is longer than 768 bytes."""
_PATIENCE = 2.0


def sequences(text: str, environment: Mapping[str, str]) -> list[str]:
    """What to write to the terminal so that ``text`` gets into its clipboard. Empty when it is too long.

    tmux takes the plain sequence with ``set-clipboard on`` and passes the wrapped one on with
    ``allow-passthrough on``; over SSH only TERM tells of it.
    """
    data = text.encode(errors="replace")
    if len(data) > MOST:
        return []
    osc = f"\x1b]52;c;{base64.b64encode(data).decode()}\x07"
    term = environment.get("TERM", "")
    if "STY" in environment and "TMUX" not in environment:
        return ["".join(f"\x1bP{part}\x1b\\" for part in _chunks(osc, _SCREEN_CHUNK))]
    if "TMUX" in environment or term.startswith(("tmux", "screen")):
        escaped = osc.replace("\x1b", "\x1b\x1b")
        return [osc, f"\x1bPtmux;{escaped}\x1b\\"]
    return [osc]


def tools(environment: Mapping[str, str], has: Callable[[str], object] = shutil.which) -> list[list[str]]:
    """Programs that take the text on their input: tmux, and those of this machine when it is not far away."""
    found = [["tmux", "load-buffer", "-w", "-"]] if "TMUX" in environment else []
    if not {"SSH_CONNECTION", "SSH_TTY"} & set(environment):
        if "WAYLAND_DISPLAY" in environment:
            found.append(["wl-copy"])
        elif "DISPLAY" in environment:
            found.append(["xclip", "-selection", "clipboard"])
        found += [["pbcopy"], ["clip.exe"]]
    return [argv for argv in found if has(argv[0])]


def run_tools(text: str, environment: Mapping[str, str]) -> list[str]:
    """Give ``text`` to all of them; the names of those that took it. Blocks for some seconds at most."""
    took = []
    for argv in tools(environment):
        try:
            # Output goes nowhere: xclip and wl-copy stay behind, and would keep a pipe open.
            subprocess.run(
                argv,
                input=text.encode(errors="replace"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_PATIENCE,
                check=True,
                start_new_session=True,
            )
        except (OSError, subprocess.SubprocessError):
            continue
        took.append(argv[0])
    return took


def write_private(path: Path, text: str, *, fresh: bool = False) -> None:
    """Write a file for its owner's eyes only, through no link; ``fresh`` refuses one that is there.

    Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | (os.O_EXCL if fresh else os.O_TRUNC)
    with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8", errors="replace") as file:
        file.write(text)


def _chunks(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]

"""On a real terminal: of what a node says, nothing acts on it."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from tests.terminal import Terminal

_PROGRAM = """
import sys
from pathlib import Path
from tests.ui.log_pane_rig import LogApp
app = LogApp(Path(sys.argv[1]))
hostile = b"title \\x1b]0;owned\\x07 clip \\x1b]52;c;b3duZWQ=\\x07 raw \\x9d0;owned\\x9c"
hostile += b" c1 \\xc2\\x9d52;c;b3duZWQ=\\xc2\\x9c dcs \\x1bPowned\\x1b\\\\ apc \\x1b_owned\\x1b\\\\"
hostile += b" bidi \\xe2\\x80\\xae nul \\x00 bell \\x07 tail \\x1b]0;ow"
for byte in hostile:
    app.pane.feed("node1", bytes([byte]))
app.pane.feed("node1", b"ned\\x07\\nALL OF IT\\n")
app.pane.mark("node\\x1b]0;owned\\x07", 2, "\\x1b]0;owned\\x07")
app.run()
"""


def test_no_sequence_of_a_node_reaches_the_terminal(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    terminal = Terminal([sys.executable, "-c", _PROGRAM, str(tmp_path)], environment, tmp_path)
    terminal.until("ALL OF IT")
    terminal.types("]")
    terminal.until("node␛\\]0;owned")
    terminal.types("\x11")
    terminal.ended()
    sent = re.sub(
        rb"\x1b\]22;[a-z-]*\x07", b"", terminal.raw
    )  # Textual's own: the shape of the mouse pointer
    assert "␛]52;c;b3duZWQ=␇".encode() in sent, "it is shown as text"
    for start in (
        b"\x1b]0;",
        b"\x1b]52;",
        b"\x1bPowned",
        b"\x1b_",
        b"\xc2\x9d",
        b"\xc2\x9c",
        b"\x9d0",
        b"\0",
        b"\x07",
    ):
        assert start not in sent
    assert "\u202e".encode() not in sent

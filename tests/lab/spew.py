"""Output that nobody should print and programs do: as a script that a machine runs, and as its bytes."""

from __future__ import annotations

LINES = 1_000_000
LONG = 10_000_000
ODD = (
    b"invalid \xff\xfe\xc3( \xe2\x82 end\n"
    b"sequences \x1b]0;stolen title\x07\x1b[2J\x1b[6n\x9b31m\xc2\x9b31m\x1b[31mred\x1b[0m end\n"
    + b"".join(b"progress %d %%\r" % percent for percent in range(0, 101, 5))
    + b"\n"
    b"nul \x00\x00 end\n"
    b"forged \x1e0123456789abcdef0123456789abcdef ended thing changed 0 1.00 2.00\n"
    b"direction \xe2\x80\xaeevil\xe2\x80\xac end\n"
    b"last, without a line's end"
)
SHOWN = (
    "invalid \ufffd\ufffd\ufffd( \ufffd end",
    "sequences ␛]0;stolen title␇␛[2J␛[6n\ufffd31m\\u009b31mred end",
    "progress 100 %",
    "nul ␀␀ end",
    "forged ␞0123456789abcdef0123456789abcdef ended thing changed 0 1.00 2.00",
    "direction \\u202eevil\\u202c end",
    "last, without a line's end",
)
"""`ODD` as a terminal may show it."""
ACTING = (b"\x1b]", b"\x1b[2J", b"\x1b[6n", b"\x9b31m", b"\x00", b"\x07", b"\x1e", "\u202e".encode())
"""What must not reach the operator's terminal."""


def program(condition: str = "True") -> str:
    """A script that prints it all where `condition` holds, in Python."""
    return (
        "#!/usr/bin/python3\nimport sys\n"
        f"if {condition}:\n"
        "    out = sys.stdout.buffer\n"
        f"    for number in range({LINES}):\n        out.write(b'line %d\\n' % number)\n"
        f"    out.write(b'x' * {LONG} + b' the end\\n')\n"
        f"    out.write({ODD!r})\n"
    )


def everything() -> bytes:
    """What it prints."""
    return b"".join([*(b"line %d\n" % number for number in range(LINES)), b"x" * LONG, b" the end\n", ODD])

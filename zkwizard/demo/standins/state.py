"""What all stand-ins of one cluster share: JSON documents in one folder, locked while they change, replaced
whole.

/etc/practice.json says which node this is and where the folder lies:
    {"node": "node1", "shared": "/usr/local/share/practice"}
PRACTICE_CONFIG names another file, for tests that run a stand-in without a node.
"""

from __future__ import annotations

import fcntl
import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CONFIG = os.environ.get("PRACTICE_CONFIG", "/etc/practice.json")
_identity: dict[str, str] = {}


def identity() -> dict[str, str]:
    """This node's entry of /etc/practice.json."""
    if not _identity:
        with open(CONFIG) as file:
            _identity.update(_parsed(file.read()))
    return _identity


def node() -> str:
    """The name of this node in the shared state; not its hostname, which may change."""
    return identity()["node"]


def path(name: str) -> str:
    """Where in the shared folder `name` lies."""
    return os.path.join(identity()["shared"], name)


def at(absolute: str) -> str:
    """`absolute` below the node's root: "/" on a node, a folder in tests (key "root")."""
    return identity().get("root", "") + absolute


def now() -> float:
    """Seconds since the epoch, as every time in the shared state."""
    return time.time()


def read(document: str) -> Any:
    """A document as it is, {} if there is none; without a lock, because it is replaced whole."""
    try:
        with open(path(document + ".json")) as file:
            return _parsed(file.read())
    except FileNotFoundError:
        return {}


class _AsJson:
    """What the scanner of `json` asks of its decoder."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float, parse_int, parse_constant = float, int, float


def _parsed(text: str) -> Any:
    """`json.loads` by its scanner alone: the rest of it takes half as long to import as an interpreter to
    start, and most calls only read.
    """
    try:
        from _json import make_scanner
    except ImportError:  # another Python than CPython
        import json

        return json.loads(text)
    settings: Any = _AsJson  # declared as a scanner, of which nothing but these settings is read
    return make_scanner(settings)(text, 0)[0]


class change:
    """`with change("cluster") as document:` holds the document's lock and writes it back if it differs."""

    def __init__(self, document: str) -> None:
        self._file = path(document + ".json")
        self._document = document

    def __enter__(self) -> Any:
        self._lock = os.open(self._file + ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._data = read(self._document)
        import json

        self._before = json.dumps(self._data)
        return self._data

    def __exit__(self, kind: object, *_: object) -> None:
        import json

        try:
            after = json.dumps(self._data)
            if kind is None and after != self._before:
                fresh = f"{self._file}.{os.getpid()}.{node()}"
                with open(fresh, "w") as file:
                    file.write(after)
                os.replace(fresh, self._file)
        finally:
            os.close(self._lock)


def mine() -> str:
    """The name of this node's own document: units, packages, images, settings."""
    return "node-" + node()


def note(unit: str, line: str) -> None:
    """Append a line to the journal of `unit` on this node."""
    stamp = time.strftime("%b %d %H:%M:%S")
    folder = at("/var/lib/practice")
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/journal-{unit}", "a") as file:
        file.write(f"{time.time():.3f} {stamp} {hostname()} {line}\n")


def hostname() -> str:
    """The node's hostname as the kernel has it."""
    return os.uname().nodename


def write(absolute: str, text: str, mode: int = 0o644) -> None:
    """Write a file of the node with `mode`, folders included."""
    target = at(absolute)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    os.chmod(target, mode)


def load(absolute: str, default: str = "") -> str:
    """The text of a file of the node, `default` if it is not there."""
    try:
        with open(at(absolute)) as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return default

"""The state folder: what zkwizard remembers where it runs, for its owner's eyes only.

<state>/clusters/<name>/known_hosts      host keys that were accepted
<state>/clusters/<name>/values.json      what steps have captured (no secrets)
<state>/clusters/<name>/lock             held by the one process that runs
<state>/clusters/<name>/runs/<run>/      journal.jsonl, programs/<node>/<phase>.sh, logs/<node>/<phase>.log
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from platformdirs import user_state_path

from zkwizard.model.errors import ZkwizardError
from zkwizard.model.text import T


def state_root() -> Path:
    """The folder for all state: ZKWIZARD_STATE, or the platform's usual place."""
    named = os.environ.get("ZKWIZARD_STATE")
    return Path(named) if named else user_state_path("zkwizard")


def practice_folder() -> Path:
    """Where the practice nodes, their cluster file and what is remembered of them are kept."""
    return state_root() / "practice"


def is_practice(file: Path) -> bool:
    """Whether it is the cluster file of the practice nodes."""
    return file.resolve().parent == practice_folder().resolve()


def state_of(file: Path) -> Path:
    """The practice cluster has a state folder of its own, as a real one may be called the same."""
    return practice_folder() if is_practice(file) else state_root()


class ClusterState:
    """The folder of one cluster. Everything in it is made with mode 0700 and 0600."""

    def __init__(self, root: Path, name: str) -> None:
        self.path = root / "clusters" / name
        self._saved = ""
        """The values as they were saved last, to save only others."""
        _private_folder(root)
        _private_folder(self.path.parent)
        _private_folder(self.path)

    @property
    def known_hosts(self) -> Path:
        """Host keys that were accepted for this cluster."""
        return self.path / "known_hosts"

    def new_run(self) -> RunFolder:
        """A fresh folder; its name sorts by time and is unique."""
        run = time.strftime("%Y%m%d-%H%M%S-", time.gmtime()) + os.urandom(3).hex()
        return RunFolder(self.path / "runs" / run)

    def runs(self) -> list[RunFolder]:
        """All runs, oldest first."""
        folder = self.path / "runs"
        return [RunFolder(path) for path in sorted(folder.iterdir())] if folder.is_dir() else []

    def values(self) -> dict[tuple[str, str], str]:
        """What steps have captured so far, by node and name. A damaged file counts as empty."""
        with suppress(OSError, ValueError, TypeError, AttributeError):
            stored = json.loads((self.path / "values.json").read_text())
            return {(node, name): value for node, of in stored.items() for name, value in of.items()}
        return {}

    def save_values(self, values: Mapping[tuple[str, str], str]) -> None:
        """Keep captured values, whole or not at all."""
        stored: dict[str, dict[str, str]] = {}
        for (node, name), value in sorted(values.items()):
            stored.setdefault(node, {})[name] = value
        text = json.dumps(stored, indent=1, ensure_ascii=False) + "\n"
        if text != self._saved:
            write_private(self.path / "values.json", text)
            self._saved = text

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the cluster on this machine; raises ZkwizardError when another process does."""
        path = self.path / "lock"
        with path.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.seek(0)
                raise ZkwizardError(
                    T(
                        "another zkwizard is running this cluster here ({holder}); see what it does with: "
                        "zkwizard follow FILE",
                        holder=file.read(),
                    )
                ) from None
            file.truncate(0)
            file.write(f"process {os.getpid()}")
            file.flush()
            yield


class RunFolder:
    """The folder of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name

    @property
    def journal(self) -> Path:
        """The journal, a JSON line per event."""
        return self.path / "journal.jsonl"

    def log(self, node: str, phase: str) -> Path:
        """The output of a phase on a node, redacted."""
        return self.path / "logs" / node / f"{phase}.log"

    def key(self) -> bytes:
        """A random key of this run, from which the nonces of its jobs are made; kept to follow them again."""
        path = self.path / "key"
        if not path.exists():
            write_private(path, os.urandom(32).hex())
        return path.read_bytes()

    def discard(self) -> None:
        """Away with it: nothing ever began."""
        shutil.rmtree(self.path, ignore_errors=True)

    def program(self, node: str, phase: str) -> Path:
        """The program as it ran, secrets as references."""
        return self.path / "programs" / node / f"{phase}.sh"


def _private_folder(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True, mode=0o700)


def write_private(path: Path, text: str, *, sync: bool = True) -> None:
    """Write a file with mode 0600, whole or not at all; not ``sync``: a loss of power may leave it empty."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        if sync:
            os.fsync(file.fileno())
    temporary.replace(path)

"""The package server: serves the site, and spoils it as asked by the first part of the path.

    /debian/dists/…             as it is
    /v2/                        what an image registry answers to anybody
    /403/debian/…  /404/…       refuses everything with that status
    /truncated/…                ends package indexes and InRelease half way, as a broken line does
    /other-key/…                signs with a key that nobody was given
    /tampered/…                 an index that does not fit the signed hash
    /syncing/…                  an index that is shorter than the signed one, as while a mirror is updated
    /rotating…/…                as it is, until `rotate`: then keys and signatures are a stranger's
    /slow/…                     packages come at 1 MB in 100 seconds

`python -m tests.lab.server` in the lab's namespace.
"""

from __future__ import annotations

import socket
import time
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.lab import network
from tests.lab.place import RUNNING, SITE

_SLOW_BYTES_A_SECOND = 10_000
_ROTATED = RUNNING / "rotated"
_SPOILT = ("truncated", "other-key", "tampered", "syncing", "slow")
_KEYS = ("gpg", "key.gpg", "Release.key")


def rotate(rotated: bool) -> None:
    """Whether the repositories below /rotating have a new key from now on."""
    if rotated:
        _ROTATED.touch()
    else:
        _ROTATED.unlink(missing_ok=True)


class _Server(ThreadingHTTPServer):
    """Listens for both versions of IP."""

    address_family = socket.AF_INET6


class Handler(SimpleHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    spoilt = ""

    def do_GET(self) -> None:
        """Serve a file, spoilt if its path says so."""
        self.spoilt = ""
        if self.path == "/v2/":
            self._send(b"{}", "v2")
            return
        first = self.path.split("/")[1]
        if first in ("403", "404"):
            self.send_error(HTTPStatus(int(first)))
            return
        if first in _SPOILT or first.startswith("rotating"):
            self.spoilt = first if first in _SPOILT else "rotated" if _ROTATED.exists() else "whole"
            self.path = self.path[len(first) + 1 :]
        file = Path(self.translate_path(self.path))
        if self.spoilt in ("other-key", "rotated") and (file.parent / f"{file.name}.stranger").exists():
            file = file.with_name(f"{file.name}.stranger")
        if self.spoilt == "rotated" and file.name in _KEYS:
            file = SITE / "stranger.gpg"
        if not file.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self._send(file.read_bytes(), file.name)

    do_HEAD = do_GET

    def _send(self, body: bytes, name: str) -> None:
        index = name.startswith(("Packages", "InRelease"))
        whole = len(body)
        if self.spoilt == "tampered" and name.startswith("Packages"):
            body = body[:-1] + bytes([body[-1] ^ 1])
        if self.spoilt == "syncing" and name.startswith("Packages"):
            body = body[:-20]
            whole = len(body)
        if self.spoilt == "truncated" and index:
            body = body[: len(body) // 2]
            self.close_connection = True
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Length", str(whole))
        self.end_headers()
        if self.command == "HEAD":
            return
        step = _SLOW_BYTES_A_SECOND // 10 if self.spoilt == "slow" and name.endswith(".deb") else len(body)
        for at in range(0, len(body), max(step, 1)):
            self.wfile.write(body[at : at + step])
            if step < len(body):
                time.sleep(0.1)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def main() -> None:
    """Serve until ended."""
    handler = partial(Handler, directory=str(SITE))
    _Server(("::", network.SITE_PORT), handler).serve_forever()


if __name__ == "__main__":
    main()

"""What listens for HTTP or HTTPS and answers everything with "ok"; and a service's way to its one endpoint."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import ssl
import threading

from . import state

_PATIENCE = 5.0
_HANDSHAKE = b"\x16"  # RFC 8446, 5.1: the content type of a ClientHello
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


def answer(connection: socket.socket, certificate: str = "") -> None:
    """A request in plain HTTP, or in TLS with `certificate` (a path without .crt and .key), gets "ok";
    anything else is closed.
    """
    threading.Thread(target=_answer, args=(connection, certificate), daemon=True).start()


def _answer(connection: socket.socket, certificate: str) -> None:
    with contextlib.suppress(OSError), connection:
        connection.settimeout(_PATIENCE)
        if connection.recv(1, socket.MSG_PEEK) == _HANDSHAKE:
            if not certificate or not os.path.exists(state.at(f"{certificate}.crt")):
                return
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(state.at(f"{certificate}.crt"), state.at(f"{certificate}.key"))
            with context.wrap_socket(connection, server_side=True) as secure:
                _greet(secure)
        else:
            _greet(connection)


def _greet(connection: socket.socket) -> None:
    if connection.recv(4096).startswith(b"GET "):
        connection.sendall(_OK)


def relay(connection: socket.socket, endpoint: str) -> None:
    """Carry a connection to `endpoint` (host:port) and back, as kube-proxy's rules do for a service."""
    threading.Thread(target=_relay, args=(connection, endpoint), daemon=True).start()


def _relay(connection: socket.socket, endpoint: str) -> None:
    host, _, port = endpoint.rpartition(":")
    with (
        contextlib.suppress(OSError),
        connection,
        socket.create_connection((host, int(port)), _PATIENCE) as far,
    ):
        other = {connection: far, far: connection}
        while readable := select.select([connection, far], [], [], _PATIENCE)[0]:
            for end in readable:
                data = end.recv(65536)
                if not data:
                    return
                other[end].sendall(data)

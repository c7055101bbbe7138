"""ZeroTier's packets between machines that share nothing but an ordinary network: Ethernet frames of a TAP
device in UDP datagrams on port 9993, straight to the member that has the frame's address.

Datagrams above the network's MTU are fragments of IP here, where ZeroTier fragments by itself; to the
overlay both look like its 2800 bytes.
"""

from __future__ import annotations

import fcntl
import os
import select
import socket
import struct
import threading
import time

from . import host, state, zerotier

PORT = 9993
_TUNSETIFF, _IFF_TAP, _IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
_REFRESH = 0.3
_FRAME = 65536


class Wire:
    """The device of one network, made with this object and gone with this process."""

    def __init__(self, network: str) -> None:
        self._network = network
        self._tap = os.open("/dev/net/tun", os.O_RDWR)
        name = zerotier.device_name(network).encode()
        fcntl.ioctl(self._tap, _TUNSETIFF, struct.pack("16sH", name, _IFF_TAP | _IFF_NO_PI))
        self._udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self._udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self._udp.bind(("::", PORT))
        self._members: dict[bytes, str] = {}
        self._refreshed = 0.0
        threading.Thread(target=self._carry, daemon=True).start()

    def close(self) -> None:
        """The device goes."""
        os.close(self._tap)
        self._udp.close()

    def _carry(self) -> None:
        while True:
            try:
                readable, _, _ = select.select([self._tap, self._udp.fileno()], [], [])
                self._refresh()
                if self._tap in readable:
                    self._send(os.read(self._tap, _FRAME))
                if self._udp.fileno() in readable:
                    frame, (sender, *_) = self._udp.recvfrom(_FRAME)
                    if sender in self._members.values():
                        os.write(self._tap, frame)
            except (ValueError, OSError):
                if self._udp.fileno() < 0:
                    return

    def _send(self, frame: bytes) -> None:
        """To the member with that address; to all when the address is a group's."""
        group = frame[0] & 1
        for address, place in self._members.items():
            if group or frame[:6] == address:
                self._udp.sendto(frame, (place, PORT))

    def _refresh(self) -> None:
        """Who is authorised besides this node, and where; nobody while this node is not."""
        if time.monotonic() - self._refreshed < _REFRESH:
            return
        self._refreshed = time.monotonic()
        document, places = state.read("zerotier"), state.read("practice").get("nodes", {})
        found = {}
        for key, member in document.get("members", {}).items():
            network, _, address = key.partition("/")
            place = places.get(member.get("node"), {}).get("address")
            if network != self._network or address == zerotier.address() or not place:
                continue
            if zerotier.is_authorised(document, member) and host.lives(
                member["node"], "zerotier-one.service"
            ):
                mac = bytes.fromhex(zerotier.hardware_address(network, address).replace(":", ""))
                found[mac] = _mapped(str(place))
        self._members = found if zerotier.view(self._network, document)["status"] == "OK" else {}


def _mapped(place: str) -> str:
    """An address as a socket of both versions has it."""
    return place if ":" in place else f"::ffff:{place}"

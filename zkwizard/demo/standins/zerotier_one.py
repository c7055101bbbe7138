"""The ZeroTier daemon: keeps the network device in step with what the controller said.

On a practice node the device is one end of a link that was made with the node and waits under another name.
On a real
machine ("overlay": "wire" in /etc/practice.json) it is a TAP device, and the packets go between the machines.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time

from . import state, supervisor, zerotier, zerotier_wire

_PERIOD = 0.15
_ended = False
_wires: dict[str, zerotier_wire.Wire] = {}


def main(argv: list[str]) -> int:
    if "-v" in argv:
        from .packages import version_of

        print(version_of("zerotier-one"))
        return 0
    zerotier.make_identity()
    for name, text in (("zerotier-one.port", "9993"), ("zerotier-one.pid", str(os.getpid()))):
        state.write(f"{zerotier.HOME}/{name}", text)
    signal.signal(signal.SIGTERM, _end)
    supervisor.ready("zerotier-one.service")
    before: dict[str, tuple[str, ...]] = {}
    while not _ended:
        after = {network: tuple(zerotier.view(network)["addresses"]) for network in zerotier.joined()}
        for network in before.keys() - after.keys():
            _take_down(network)
        for network, addresses in after.items():
            if network not in before:
                _bring_up(network)
            if before.get(network) != addresses:
                _set_addresses(network, addresses)
        before = after
        time.sleep(_PERIOD)
    for network in before:
        _take_down(network)
    return 0


def _end(*_: object) -> None:
    global _ended
    _ended = True


def _ip(*words: str) -> bool:
    return subprocess.run(["ip", *words], stderr=subprocess.DEVNULL).returncode == 0


def _bring_up(network: str) -> None:
    device = zerotier.device_name(network)
    if not os.path.exists(f"/sys/class/net/{device}"):
        if os.path.exists(f"/sys/class/net/{zerotier.PARKED}"):
            _ip("link", "set", zerotier.PARKED, "name", device)
        elif state.identity().get("overlay") == "wire":
            _wires[network] = zerotier_wire.Wire(network)
        else:
            _ip("link", "add", device, "type", "bridge")
    _ip("link", "set", device, "address", zerotier.hardware_address(network, zerotier.address()))
    _ip("link", "set", device, "mtu", "2800", "up")


def _set_addresses(network: str, addresses: tuple[str, ...]) -> None:
    """A member that lost its authorisation keeps its addresses, as observed with 1.14."""
    device = zerotier.device_name(network)
    if addresses:
        _ip("-4", "addr", "flush", "dev", device)
    for address in addresses:
        _ip("addr", "add", address, "brd", "+", "dev", device)


def _take_down(network: str) -> None:
    device = zerotier.device_name(network)
    if network in _wires:
        _wires.pop(network).close()
        return
    _ip("addr", "flush", "dev", device)
    _ip("link", "set", device, "down")
    if not _ip("link", "set", device, "name", zerotier.PARKED):
        _ip("link", "del", device)

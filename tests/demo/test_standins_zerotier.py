"""The stand-in zerotier-cli against what zerotier-cli 1.14.1 printed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.demo.practice_rig import Outcome, Rig, Transcript, named, settled
from zkwizard.demo.standins import zerotier

IDENTITY = (
    "fb76685eeb:0:788e9175bfc55cc350ec464f7e630da56e3764bbaafee5e70b114a5d8f2be50d4139b018102590c6258baa87189d469439d"
    "4003ab380cb1dbbcb192c813ee8d4"
)
NETWORK, UNKNOWN, UNREACHABLE = "8fa62dfe16000001", "8fa62dfe16999999", "deadbeef00000001"


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    made = Rig(tmp_path, {"zerotier-one": "1.14.1"})
    for name, text in (
        ("identity.public", IDENTITY),
        ("authtoken.secret", "token"),
        ("zerotier-one.port", "9993"),
    ):
        made.put(f"var/lib/zerotier-one/{name}", text)
    made.document("practice", {"nodes": {"master": {"address": "10.200.0.11"}}})
    daemon(made, "active")
    return made


def daemon(rig: Rig, active: str) -> None:
    packages = {"zerotier-one": {"version": "1.14.1", "status": "install ok installed"}}
    rig.document("node-master", {"packages": packages, "units": {"zerotier-one.service": {"active": active}}})


def controller(rig: Rig, *joined: str, since: float = 60, ip: str | None = None) -> None:
    member = {
        "joined_at": time.time() - since,
        "node": "master",
        **({"authorised": True, "ip": ip} if ip else {}),
    }
    networks = {NETWORK: {"name": "my cluster net", "cidr": "10.9.8.0/24", "mtu": 2800}}
    members = {f"{network}/fb76685eeb": member for network in joined}
    rig.document("zerotier", {"controller": "8fa62dfe16", "networks": networks, "members": members})
    for network in joined:
        rig.put(f"var/lib/zerotier-one/networks.d/{network}.conf", "")


def _assert_same(rig: Rig, path: Path) -> None:
    real = Transcript.read(path)
    if "setpriv" in real.command:
        return
    seen, wanted = settled(rig.run(real.command)), settled(real.outcome)
    assert seen == Outcome(wanted.stdout, wanted.stderr, wanted.status)


BEFORE = [*named("zerotier", "00[1-7]*.txt"), *named("zerotier", "01*.txt"), *named("zerotier", "02*.txt"),
          *named("zerotier", "030*.txt"), *named("zerotier", "033*.txt"), *named("zerotier", "04*.txt"),
          *named("zerotier", "110*.txt"), *named("zerotier", "178*.txt")]  # fmt: skip
CASES = [
    *(("before", path) for path in BEFORE),
    *(("strange", path) for path in [*named("zerotier", "03[4578]*.txt"), *named("zerotier", "039*.txt"),
                                     *named("zerotier", "287*.txt")]),
    ("fresh", *named("zerotier", "111*.txt")),
    *(("denied", path) for path in [*named("zerotier", "11[235]*.txt"), *named("zerotier", "116*.txt"),
                                    *named("zerotier", "117*.txt")]),
    *(("ok", path) for path in [*named("zerotier", "13[23]*.txt"), *named("zerotier", "17[0-79]*.txt")]),
    *(("stopped", path) for path in named("zerotier", "20*.txt")),
]  # fmt: skip


@pytest.mark.parametrize(("situation", "path"), CASES, ids=lambda v: v if isinstance(v, str) else v.stem)
def test_zerotier_cli(rig: Rig, situation: str, path: Path) -> None:
    if situation == "before":
        controller(rig)
    elif situation == "strange":
        controller(rig, UNKNOWN, UNREACHABLE)
    elif situation == "fresh":
        controller(rig, NETWORK, since=0)
    elif situation == "denied":
        controller(rig, NETWORK)
    elif situation == "ok":
        controller(rig, NETWORK, ip="10.9.8.118")
    else:
        controller(rig)
        daemon(rig, "inactive")
    _assert_same(rig, path)


def test_device_names_and_addresses_are_computed_as_zerotier_does() -> None:
    assert zerotier.device_name(NETWORK) == "ztogyc37qx"
    assert zerotier.device_name(UNREACHABLE) == "ztggw353yb"
    assert zerotier.hardware_address(NETWORK, "fb76685eeb") == "02:fb:76:7e:a0:c6"

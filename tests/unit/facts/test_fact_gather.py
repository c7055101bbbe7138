"""The whole script: run for real by dash, with stand-ins on the path, and against hostile output."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from operator import not_
from pathlib import Path

import pytest

from tests.waiting import until
from zkwizard.facts import gather, packages
from zkwizard.model.facts import NodeFacts

DATA = Path(__file__).parent / "data"
NONCE = "a1b2c3d4"
SHELLS = [shell for shell in ("dash", "sh", "bash") if shutil.which(shell)]


def run(shell: str = "sh", path: str = "", **env: str) -> NodeFacts:
    started = time.time()
    done = subprocess.run(
        [shell, "-eu", "-s"],
        input=gather.script(NONCE).encode(),
        capture_output=True,
        timeout=60,
        env=os.environ | env | ({"PATH": f"{path}:{os.environ['PATH']}"} if path else {}),
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == b""
    return gather.parse(done.stdout, NONCE, started, time.time())


@pytest.mark.parametrize("shell", SHELLS)
def test_reads_this_machine(shell: str) -> None:
    facts = run(shell)
    assert facts.complete
    assert facts.kernel == os.uname().release
    assert facts.hostname == os.uname().nodename
    assert facts.cpus >= 1
    assert facts.memory_mb > 100
    assert abs(facts.clock_offset) < 2
    assert {disk.path for disk in facts.disks} == {"/", "/var/lib", "/var/lib/etcd", "/var/lib/containerd"}
    assert set(facts.features) == {"br_netfilter", "overlay", "vxlan", "nf_conntrack", "tun"}
    assert "net.ipv4.ip_forward" in facts.sysctls


def test_is_small_and_leaves_nothing() -> None:
    assert len(gather.script(NONCE)) < 14_000
    run()
    left = "nothing is left, also by other tests that look at the machine now"
    until(lambda: list(Path("/var/lib").glob(".zkwizard-*")), left, fits=not_, limit=30)


def stand_in(folder: Path, name: str, body: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)


def test_reads_stand_ins(tmp_path: Path) -> None:
    stand_in(tmp_path, "ss", f"cat {DATA}/ss-control-plane.txt")
    stand_in(
        tmp_path, "iptables-save", f"cat {DATA}/iptables-save.txt; printf '*filter\\n:INPUT DROP [0:0]\\n'"
    )
    stand_in(
        tmp_path,
        "zerotier-cli",
        f'case "$*" in *info*) cat {DATA}/zerotier-info.json ;; *) echo "[]" ;; esac',
    )
    stand_in(tmp_path, "systemd-detect-virt", "case $1 in -c) echo lxc ;; *) echo kvm ;; esac")
    stand_in(
        tmp_path, "ip", f"case $1 in -j) cat {DATA}/ip-j-addr.json ;; *) cat {DATA}/ip-route.txt ;; esac"
    )
    stand_in(tmp_path, "getenforce", "echo Permissive")
    facts = run(path=str(tmp_path))
    assert facts.listening["tcp/6443"] == "kube-apiserver"
    assert "chains iptables 35" in facts.leftovers
    assert facts.input_blocked
    assert facts.zerotier is not None
    assert facts.zerotier.online
    assert facts.virtualization == "lxc"
    assert facts.default_interface == "host0"
    assert facts.selinux == "Permissive"


def test_one_that_fails_harms_no_other(tmp_path: Path) -> None:
    for name in ("ip", "ss", "df", "systemctl", "timedatectl", "dpkg-query", "grep", "awk"):
        stand_in(tmp_path, name, "echo rubbish; echo noise >&2; exit 3")
    facts = run(path=str(tmp_path))
    assert facts.complete
    assert facts.kernel == os.uname().release
    assert facts.interfaces == ()


def test_the_login_before_sudo(tmp_path: Path) -> None:
    assert run(SUDO_USER="daemon").user == "daemon"


def test_noise_and_forged_marks_change_nothing() -> None:
    genuine = f"\n\x1e{NONCE} machine\nuname right\n\n\x1e{NONCE} end\n".encode()
    noise = b"Welcome!\n\x1eother machine\nuname wrong\n\xff\xfe\x00"
    assert gather.parse(noise + genuine + noise, NONCE, 0, 0).hostname == "right"


def test_inside_a_section_a_mark_without_the_nonce_is_text() -> None:
    text = f"\n\x1e{NONCE} fstab\n\x1e guess machine\nuname wrong\n\n\x1e{NONCE} end\n".encode()
    facts = gather.parse(text, NONCE, 0, 0)
    assert facts.hostname == ""
    assert facts.complete


def test_cut_off_output_says_so() -> None:
    facts = gather.parse(f"\n\x1e{NONCE} machine\nuname half".encode(), NONCE, 0, 0)
    assert facts.hostname == "half"
    assert not facts.complete
    assert not gather.parse(b"", NONCE, 0, 0).complete


def test_refuses_a_nonce_that_needs_quoting() -> None:
    with pytest.raises(ValueError, match="nonce"):
        gather.script("a'b")


def test_names_who_holds_the_package_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    script = packages.LOCK_SCRIPT.replace("/var/lib/dpkg/lock-frontend", str(lock))
    with lock.open("w") as file:
        free = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False).stdout
        fcntl.lockf(file, fcntl.LOCK_EX)
        held = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False).stdout
    assert packages.parse_lock(free) == ""
    assert f"(process {os.getpid()})" in packages.parse_lock(held)

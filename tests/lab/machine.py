"""One machine of the lab: systemd-nspawn booting the image, on an upper layer of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab import debs, network
from tests.lab.place import IMAGE
from tests.waiting import until

_BOOT_SECONDS = 120
_REBOOT = 133
"""Exit code of nspawn when the machine wants to be started again."""
_NAMESPACES = ("--mount", "--uts", "--ipc", "--net", "--pid")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NETWORK = """[Match]
Name=host0
[Network]
Address={address}
Gateway={gateway}
LinkLocalAddressing=no
"""
_SOURCE = "deb [signed-by=/etc/apt/keyrings/debian-lab.gpg] http://{site}/debian {suite} main\n"


class ScriptFailed(subprocess.CalledProcessError):
    """Also says what the script said."""

    def __str__(self) -> str:
        said = (self.stdout + self.stderr).decode(errors="replace")
        return f"{super().__str__()}\n{said}"


@dataclass
class Machine:
    """`folder` lies on the lab's tmpfs; `shared` holds what the stand-ins of one cluster share."""

    name: str
    number: int
    folder: Path
    programs: Path
    shared: Path
    authorised_key: str
    size: str = ""
    """Of the disk, 64m say; empty is as much as there is."""
    ipv6: bool = False
    """Whether it has no IPv4 address, as the cheapest of rented servers."""
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """On the bridge."""
        return f"{network.NEIGHBOURS6}{self.number}" if self.ipv6 else f"10.77.0.{self.number}"

    @property
    def label(self) -> str:
        """What no other machine of any lab is called here, short enough for the name of its wire."""
        return f"{network.NAME[-6:]}-{self.number}"

    @property
    def wire(self) -> str:
        """Its port of the bridge."""
        return f"vb-{self.label}"

    @property
    def root(self) -> Path:
        """Its file system, seen from outside."""
        return self.folder / "root"

    def build(self) -> None:
        """Lay the layers and the files that a provider puts on a fresh machine; it is not started."""
        self.folder.mkdir(parents=True)
        if self.size:
            _run("mount", "-t", "tmpfs", "-o", f"size={self.size}", "lab-disk", str(self.folder))
        for name in ("upper", "work", "root"):
            (self.folder / name).mkdir()
        layers = f"lowerdir={IMAGE},upperdir={self.folder}/upper,workdir={self.folder}/work"
        _run("mount", "-t", "overlay", "-o", layers, "lab", str(self.root))
        self.write("/etc/hostname", f"{self.name}\n")
        self.write("/etc/hosts", f"127.0.0.1\tlocalhost\n127.0.1.1\t{self.name}\n")
        self.write("/root/.ssh/authorized_keys", self.authorised_key, 0o600)
        operator, length = (network.OPERATOR6, 64) if self.ipv6 else (network.OPERATOR, 24)
        setting = _NETWORK.format(address=f"{self.address}/{length}", gateway=operator)
        self.write("/etc/systemd/network/10-host0.network", setting)
        # A user's own systemd ends ten seconds after his last logout; where it hangs then (seen on a host
        # with version 1 of the cgroups), his next login waits for minutes.
        self.write("/etc/systemd/logind.conf.d/lab.conf", "[Login]\nUserStopDelaySec=infinity\n")
        (self.root / "etc/systemd/system/multi-user.target.wants/systemd-networkd.service").symlink_to(
            "/lib/systemd/system/systemd-networkd.service"
        )
        site = f"[{operator}]" if self.ipv6 else operator
        self.write("/etc/apt/sources.list.d/debian.list", _SOURCE.format(site=site, suite=debs.SUITE))
        shutil.copyfile(debs.public_key("debian"), self.root / "etc/apt/keyrings/debian-lab.gpg")
        self.write(
            "/etc/practice.json",
            f'{{"node": "{self.name}", "shared": "/usr/local/share/practice", "overlay": "wire"}}\n',
        )
        for kind in ("ed25519", "ecdsa"):
            key = self.root / f"etc/ssh/ssh_host_{kind}_key"
            _run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", self.name, "-f", str(key))

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Put a file on it, running or not."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def read(self, path: str) -> str:
        """The text of one of its files."""
        return (self.root / path.lstrip("/")).read_text()

    def has(self, path: str) -> bool:
        """Whether it has the file."""
        return os.path.lexists(self.root / path.lstrip("/"))

    def boot(self) -> None:
        """Start it; `wait` tells when it is up. The clock is the host's: not even a time zone may be told to
        the kernel, which would set the clock by it (settimeofday(2) warps it once after the host's boot).
        """
        command = network.inside(
            "setpriv", "--pdeathsig", "KILL",
            "systemd-nspawn", f"--directory={self.root}", f"--machine={self.label}", "--boot", "--quiet",
            "--register=no", "--keep-unit", f"--network-bridge={network.BRIDGE}", "--link-journal=no",
            "--capability=all", "--drop-capability=CAP_SYS_TIME", "--system-call-filter=@keyring bpf add_key",
            "--console=pipe", "--resolv-conf=off", "--timezone=off", "--bind=/dev/net/tun",
            f"--bind-ro={self.programs}:{debs.PROGRAMS}", f"--bind={self.shared}:/usr/local/share/practice",
        )  # fmt: skip
        environment = {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
        self._unwire()
        console = (self.folder / "console").open("ab")
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=console, stderr=console, env=environment
        )

    def wait(self) -> None:
        """Until everything that starts at boot has started, or failed to."""

        def state() -> str:
            assert self.process and self.process.poll() is None, self.console
            # whoever enters before the machine has changed its root would wait there for ever
            with suppress(subprocess.CalledProcessError, subprocess.TimeoutExpired, LookupError):
                return self.run("systemctl is-system-running --wait || :", limit=10).strip()
            return self.console

        up = ("running", "degraded")
        until(state, f"{self.name} comes up", fits=lambda word: word in up, limit=_BOOT_SECONDS)

    @property
    def console(self) -> str:
        """What it printed while it booted."""
        return (self.folder / "console").read_text(errors="replace")[-2000:]

    @property
    def leader(self) -> int:
        """Its process 1, by its number here; another one after a reboot. Raises LookupError while there is
        none.
        """
        assert self.process
        try:
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        except OSError:
            raise LookupError(self.name) from None
        for child in map(int, children):
            with suppress(OSError):
                if Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                    return child
        raise LookupError(self.name)

    def run(self, script: str, limit: float = 60) -> str:
        """What a shell script prints that runs on it as root, not over SSH; fails if the script does."""
        enter = ["nsenter", f"--target={self.leader}", *_NAMESPACES, "--root", "--wd=/"]
        done = subprocess.run(
            [*enter, "env", "-i", "HOME=/root", f"PATH={_PATH}", "sh", "-c", script],
            capture_output=True,
            timeout=limit,
        )
        if done.returncode:
            raise ScriptFailed(done.returncode, script, done.stdout, done.stderr)
        return done.stdout.decode(errors="replace")

    def reboot(self) -> None:
        """As a person would; `wait` afterwards. nspawn leaves starting again to whoever manages it."""
        assert self.process
        with suppress(subprocess.CalledProcessError):
            self.run("systemctl reboot")
        assert self.process.wait(_BOOT_SECONDS) == _REBOOT, self.console
        self.boot()

    def _unwire(self) -> None:
        """The kernel takes its time to remove a killed machine's wire."""
        subprocess.run(network.inside("ip", "link", "del", self.wire), capture_output=True)

    def end(self) -> None:
        """Pull the plug and take its layers away."""
        if self.process:
            with suppress(LookupError, OSError):
                os.kill(self.leader, signal.SIGKILL)
            self.process.kill()
            self.process.wait()
            self.process = None
            self._unwire()
        for place in (self.root, self.folder):
            subprocess.run(["umount", "--lazy", str(place)], capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)

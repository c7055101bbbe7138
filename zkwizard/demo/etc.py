"""What a fresh rented server has in /etc: the files that zkwizard reads and changes, as Debian and Ubuntu
ship them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_OS_RELEASE = {
    "debian": """PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
SUPPORT_URL="https://www.debian.org/support"
BUG_REPORT_URL="https://bugs.debian.org/"
""",
    "ubuntu": """PRETTY_NAME="Ubuntu 24.04.3 LTS"
NAME="Ubuntu"
VERSION_ID="24.04"
VERSION="24.04.3 LTS (Noble Numbat)"
VERSION_CODENAME=noble
ID=ubuntu
ID_LIKE=debian
HOME_URL="https://www.ubuntu.com/"
SUPPORT_URL="https://help.ubuntu.com/"
BUG_REPORT_URL="https://bugs.launchpad.net/ubuntu/"
UBUNTU_CODENAME=noble
""",
}
_SOURCES = {
    "debian": "Types: deb\nURIs: http://packages.practice.example/debian\nSuites: bookworm bookworm-updates\n"
    "Components: main\n"
    "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
    "ubuntu": "Types: deb\nURIs: http://packages.practice.example/ubuntu\nSuites: noble noble-updates\n"
    "Components: main universe\nSigned-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg\n",
}
CLOUD_CFG = """# The top level settings are used as module
# and base configuration.
users:
  - default
disable_root: false
preserve_hostname: false
manage_etc_hosts: true
"""
FOLDERS = (
    "apt/apt.conf.d",
    "apt/keyrings",
    "apt/preferences.d",
    "apt/sources.list.d",
    "apt/trusted.gpg.d",
    "cron.d",
    "default",
    "modules-load.d",
    "network",
    "profile.d",
    "ssh",
    "sysctl.d",
    "systemd/network",
    "systemd/system/multi-user.target.wants",
    "security/limits.d",
    "ld.so.conf.d",
)
SWAP_SIZE_KIB = 1048572


@dataclass(frozen=True)
class Server:
    """How one rented server looks from inside."""

    name: str
    address: str
    gateway: str
    system: str = "debian"
    cloud_init: bool = False

    @property
    def machine_id(self) -> str:
        """32 hexadecimal digits, one per node."""
        return hashlib.sha256(f"machine-id {self.name} {self.address}".encode()).hexdigest()[:32]

    @property
    def product_uuid(self) -> str:
        """The hypervisor's id of the machine, one per node."""
        digest = hashlib.sha256(f"product {self.name} {self.address}".encode()).hexdigest()
        return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"


def files(server: Server) -> dict[str, str]:
    """Path below / → text of every file that a node starts with (host tools and stand-ins not included)."""
    etc = {
        "os-release": _OS_RELEASE[server.system],
        "debian_version": "12.11\n" if server.system == "debian" else "trixie/sid\n",
        "hostname": f"{server.name}\n",
        "hosts": f"127.0.0.1\tlocalhost\n127.0.1.1\t{server.name}\n\n"
        "::1\tlocalhost ip6-localhost ip6-loopback\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n",
        "machine-id": f"{server.machine_id}\n",
        "fstab": "# <file system> <mount point> <type> <options> <dump> <pass>\n"
        "/dev/vda1 / ext4 errors=remount-ro 0 1\n/swapfile none swap sw 0 0\n",
        "resolv.conf": f"nameserver {server.gateway}\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n",
        "passwd": "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
        "_apt:x:42:65534::/nonexistent:/usr/sbin/nologin\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
        "group": "root:x:0:\ndaemon:x:1:\nadm:x:4:\ntty:x:5:\nsudo:x:27:\nnogroup:x:65534:\n",
        "shadow": "root:*:20000:0:99999:7:::\n",
        "shells": "/bin/sh\n/bin/bash\n",
        "protocols": "icmp\t1\tICMP\ntcp\t6\tTCP\nudp\t17\tUDP\nipv6-icmp\t58\tIPv6-ICMP\n",
        "services": "ssh\t22/tcp\ndomain\t53/udp\nhttp\t80/tcp\nhttps\t443/tcp\n",
        "timezone": "Etc/UTC\n",
        "sysctl.conf": "#net.ipv4.ip_forward=1\n",
        "sysctl.d/99-sysctl.conf": "#net.ipv4.ip_forward=1\n",
        "modules": "# /etc/modules: kernel modules to load at boot time.\n",
        f"apt/sources.list.d/{server.system}.sources": _SOURCES[server.system],
        "profile": "export PATH\n",
        "ssh/sshd_config": "PermitRootLogin prohibit-password\n",
    }
    if server.cloud_init:
        etc["cloud/cloud.cfg"] = CLOUD_CFG
    texts = {f"etc/{path}": text for path, text in etc.items()}
    texts["var/lib/practice/swaps"] = swaps(on=True)
    texts["var/lib/practice/product_uuid"] = f"{server.product_uuid}\n"
    texts["swapfile"] = ""
    texts["root/.profile"] = ""
    return texts


def swaps(*, on: bool) -> str:
    """/proc/swaps with the swap file on or off."""
    head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
    return head + (
        f"/swapfile                               file\t\t{SWAP_SIZE_KIB}\t\t0\t\t-2\n" if on else ""
    )

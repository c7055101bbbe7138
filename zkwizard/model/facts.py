"""What is known about a node, read off it in one round trip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Feature(StrEnum):
    """How the kernel offers a module's feature."""

    LOADED = "loaded"
    BUILT_IN = "built in"
    LOADABLE = "loadable"
    MISSING = "missing"


@dataclass(frozen=True)
class OsRelease:
    """From /etc/os-release. ``family`` is ``debian``, ``rhel`` or the id itself."""

    id: str
    version_id: str
    codename: str
    pretty: str
    family: str


@dataclass(frozen=True)
class Swap:
    """An active swap area, from /proc/swaps; ``size_mb`` in MiB."""

    path: str
    type: str
    size_mb: int


@dataclass(frozen=True)
class Interface:
    """A network interface; addresses with prefix length (``10.9.8.118/24``)."""

    name: str
    mtu: int
    mac: str
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Disk:
    """Free and total space below ``path``, in MiB."""

    path: str
    free_mb: int
    total_mb: int


@dataclass(frozen=True)
class CloudInit:
    """What cloud-init would do to names at the next boot."""

    present: bool
    preserve_hostname: bool
    manage_etc_hosts: str
    """``false``, ``true``, ``localhost`` or ``template``, as configured."""
    from_data: bool = False
    """Whether the provider's vendor or user data set one of them: those outrank files below /etc/cloud."""


@dataclass(frozen=True)
class ZeroTierNetwork:
    """One entry of ``zerotier-cli listnetworks -j``."""

    id: str
    status: str
    device: str
    mtu: int
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class ZeroTier:
    """The ZeroTier service on the node; ``member`` is its ten-digit address."""

    version: str
    member: str
    online: bool
    networks: tuple[ZeroTierNetwork, ...]
    running: bool = True
    """Whether the service answers; when it does not, ``member`` comes from its identity file."""


@dataclass(frozen=True)
class NodeFacts:
    """Everything that checks and phases want to know about one node. Empty or zero: not found out."""

    os: OsRelease
    kernel: str
    arch: str
    """As the packages name it: ``amd64``, ``arm64``."""
    cpus: int
    memory_mb: int
    hostname: str
    machine_id: str
    product_uuid: str = ""
    virtualization: str = ""
    """As ``systemd-detect-virt`` says: ``none``, ``kvm``, ``lxc``, ``openvz``, …"""
    systemd: bool = True
    swaps: tuple[Swap, ...] = ()
    fstab_swap: tuple[str, ...] = ()
    """Lines of /etc/fstab that mount swap and are not comments."""
    swap_units: tuple[str, ...] = ()
    """Units of type swap, and zram units, that would bring swap back."""
    interfaces: tuple[Interface, ...] = ()
    routes: tuple[str, ...] = ()
    """Destinations of the routing table, as networks."""
    routed_by: Mapping[str, str] = field(default_factory=dict)
    """Interface of each of ``routes``; of the first one where several have the same destination."""
    default_interface: str = ""
    nameservers: tuple[str, ...] = ()
    disks: tuple[Disk, ...] = ()
    fsync_ms: float = 0.0
    """Mean of some small synchronous writes below /var/lib."""
    read_only: tuple[str, ...] = ()
    """Those of /etc and /var that can't be written to."""
    cgroup: str = ""
    """File system type of /sys/fs/cgroup; ``cgroup2fs`` is wanted."""
    cgroup_controllers: tuple[str, ...] = ()
    """Controllers of version 2 that the kernel offers; empty with version 1."""
    features: Mapping[str, Feature] = field(default_factory=dict)
    """By module name: br_netfilter, overlay, vxlan, nf_conntrack, tun."""
    tun_device: bool = True
    """Whether /dev/net/tun is there, without which no ZeroTier interface appears."""
    sysctls: Mapping[str, str] = field(default_factory=dict)
    selinux: str = ""
    """``Enforcing``, ``Permissive``, ``Disabled``, or empty where there is none."""
    firewalls: tuple[str, ...] = ()
    """Active ones among firewalld and ufw."""
    input_blocked: bool = False
    """Whether iptables' INPUT chain drops or rejects whatever no rule accepts."""
    network_manager: bool = False
    cloud_init: CloudInit = CloudInit(False, False, "false")
    clock_offset: float = 0.0
    """Seconds that the node's clock is ahead of the one where zkwizard runs, travel time allowed for."""
    clock_synchronised: bool | None = None
    listening: Mapping[str, str] = field(default_factory=dict)
    """``tcp/6443`` → name of the process that holds it, empty if unknown."""
    package_lock: str = ""
    """Who holds the package manager's lock, empty when it is free."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Installed versions of the packages that matter here."""
    services: Mapping[str, str] = field(default_factory=dict)
    """Unit → its state as ``systemctl is-active`` says, of the units that matter here."""
    leftovers: tuple[str, ...] = ()
    """What an earlier cluster left: paths, ``link cni0``, ``chains iptables 151``."""
    kubelet_server: str = ""
    """The API server named in /etc/kubernetes/kubelet.conf."""
    zerotier: ZeroTier | None = None
    x86_level: int = 0
    """x86-64 microarchitecture level (2 is wanted), 0 where it does not apply."""
    user: str = ""
    """The login, before any sudo."""
    home: str = ""
    """Its home directory."""
    complete: bool = True
    """Whether all facts arrived; False when the script was cut off before its end."""


class LinkPath(StrEnum):
    """How the overlay carries packets between two nodes."""

    DIRECT = "direct"
    RELAYED = "relayed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Measurement:
    """One direction of one link of the overlay, measured by ping. Times are milliseconds, sizes bytes."""

    source: str
    """Name of the node that sent."""
    target: str
    """Name of the node that answered."""
    sent: int
    received: int
    rtt_min: float = 0.0
    rtt_avg: float = 0.0
    rtt_max: float = 0.0
    rtt_mdev: float = 0.0
    path_mtu: int = 0
    """The largest IP packet that came through unfragmented; 0 when that was not measured."""
    path: LinkPath = LinkPath.UNKNOWN
    interface_mtu: int = 0
    """MTU of the overlay's interface on the source; 0 when not known."""

    @property
    def loss(self) -> float:
        """Lost packets in percent; everything is lost when nothing was sent."""
        return 100.0 * max(0, self.sent - self.received) / self.sent if self.sent > 0 else 100.0

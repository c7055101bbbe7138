"""The answers: what cluster.yaml holds, typed.

The file is for people and for git: it holds no secrets. Places of faults come from the YAML marks
(``store.clusterfile``), rules across fields are in ``model.rules``.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """A mapping of the file: unknown keys are faults, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Driver(StrEnum):
    """Who makes the overlay network."""

    ZEROTIER = "zerotier"
    EXISTING = "existing"


class ControllerKind(StrEnum):
    """Who authorises the members of the ZeroTier network."""

    BY_HAND = "by-hand"
    SELF_HOSTED = "self-hosted"
    HOSTED = "hosted"


class Role(StrEnum):
    """What a node is in the cluster."""

    CONTROL_PLANE = "control-plane"
    WORKER = "worker"


class Runtime(StrEnum):
    """The container runtime."""

    CONTAINERD = "containerd"
    DOCKER = "docker"


class SwapPolicy(StrEnum):
    """What happens to swap: auto is off on workers and kept on the control plane."""

    AUTO = "auto"
    KEEP = "keep"
    OFF = "off"


class Overlay(Part):
    """The network that gives all nodes one flat address space."""

    driver: Driver = Driver.ZEROTIER
    network: str = ""
    """ZeroTier network id, 16 hexadecimal digits."""
    cidr: IPv4Network
    """The addresses of the overlay."""
    controller: ControllerKind = ControllerKind.BY_HAND


class Proxy(Part):
    """HTTP proxy for the runtime and the package manager of the nodes that want it."""

    url: str
    """http://[user@]host:port; its password is asked for, never written here."""
    no_proxy: tuple[str, ...] = ()
    """Added to what zkwizard computes."""


class PackageMirror(Part):
    """Where packages come from instead of the official place."""

    url: str
    suite: str = ""
    """Where the layout has suites: the suite; empty is the machine's codename, or ``/`` for a flat one."""
    components: tuple[str, ...] = ()
    key: str = ""
    """Address of the signing key; empty is the layout's usual place below ``url``."""


class PackageMirrors(Part):
    """Mirrors per package source."""

    kubernetes: PackageMirror | None = None
    runtime: PackageMirror | None = None
    zerotier: PackageMirror | None = None


class ImageMirrors(Part):
    """Where images come from instead of the official registries."""

    repository: str = ""
    """kubeadm's imageRepository."""
    registries: dict[str, str] = Field(default_factory=dict)
    """Registry host → address of its mirror, written to containerd's certs.d."""


class Mirrors(Part):
    """Mirrors per artifact; what is not named comes from the official place."""

    packages: PackageMirrors = PackageMirrors()
    images: ImageMirrors = ImageMirrors()


class Kubernetes(Part):
    """What kubeadm gets."""

    version: str = "1.36"
    """A minor (1.36: its newest patch release) or an exact version (1.36.2)."""
    runtime: Runtime = Runtime.CONTAINERD
    pod_subnet: IPv4Network = IPv4Network("10.244.0.0/16")
    service_subnet: IPv4Network = IPv4Network("10.96.0.0/12")
    etcd_listen: Literal["overlay", "all"] = "overlay"
    """all makes etcd listen on 0.0.0.0, which shows it to the public side."""
    ignore_preflight: tuple[str, ...] = ()
    """Names of kubeadm's preflight checks that are reported but do not stop."""
    kube_proxy_mode: Literal["iptables", "nftables"] = "iptables"
    kubelet: dict[str, Any] = Field(default_factory=dict)
    """Merged into KubeletConfiguration."""
    kube_proxy: dict[str, Any] = Field(default_factory=dict)
    """Merged into KubeProxyConfiguration."""
    api_server: dict[str, Any] = Field(default_factory=dict)
    """Merged into ClusterConfiguration's apiServer."""
    etcd: dict[str, Any] = Field(default_factory=dict)
    """Merged into ClusterConfiguration's etcd.local."""

    @property
    def minor(self) -> str:
        """``1.36`` of either form."""
        return ".".join(self.version.split(".")[:2])

    @property
    def exact(self) -> str:
        """``1.36.2``, or empty when only the minor is given."""
        return self.version if self.version.count(".") == 2 else ""


class Ssh(Part):
    """How to log in."""

    host: str
    port: int = Field(default=22, ge=1, le=65535)
    user: str = "root"
    key: str = ""
    """Private key file; empty tries the agent and the usual places."""
    jump: str = ""
    """A bastion: [user@]host[:port], several separated by commas."""


class Taint(Part):
    """A taint as kubeadm registers it."""

    key: str
    value: str = ""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


class Node(Part):
    """One machine."""

    name: str
    role: Role = Role.WORKER
    provider: str = ""
    region: str = ""
    spec: str = ""
    """Size in words (2C8G), for people only."""
    ssh: Ssh
    overlay_ip: IPv4Address
    swap: SwapPolicy = SwapPolicy.AUTO
    proxy: bool = False
    """Whether this node uses the proxy."""
    labels: dict[str, str] = Field(default_factory=dict)
    taints: tuple[Taint, ...] | None = None
    """None keeps kubeadm's default (control planes take no ordinary pods); [] is no taint at all."""

    @property
    def is_control_plane(self) -> bool:
        """Whether the control plane runs here."""
        return self.role is Role.CONTROL_PLANE

    @property
    def keeps_swap(self) -> bool:
        """Whether swap stays on: as asked, or by the role."""
        return self.swap is SwapPolicy.KEEP or (self.swap is SwapPolicy.AUTO and self.is_control_plane)


class Cluster(Part):
    """The whole file."""

    name: str
    domain: str = "zk.internal"
    """Names of the nodes end in it; never asked of a name server."""
    overlay: Overlay
    proxy: Proxy | None = None
    mirrors: Mirrors = Mirrors()
    kubernetes: Kubernetes = Kubernetes()
    nodes: tuple[Node, ...]

    @cached_property
    def first_control_plane(self) -> Node:
        """The control plane that makes the cluster: the first in the file."""
        return next(node for node in self.nodes if node.is_control_plane)

    def node(self, name: str) -> Node:
        """The node called ``name``; raises KeyError."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)

    @property
    def endpoint(self) -> str:
        """Name of the API server, in every node's hosts block: it can move to further control planes."""
        return f"api.{self.name}.{self.domain}"

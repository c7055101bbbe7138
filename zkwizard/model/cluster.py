"""The answers: what cluster.yaml holds, typed.

The file is for people and for git: it holds no secrets. Places of faults come from the YAML marks
(``store.clusterfile``), rules across fields are in ``model.rules``.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from zkwizard.model import syntax, versions

Words = Annotated[str, syntax.TEXT, Field(json_schema_extra={"maxLength": syntax.LONGEST})]
_BYTE = r"(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_ADDRESS = rf"({_BYTE}\.){{3}}{_BYTE}"
Address = Annotated[IPv4Address, WithJsonSchema({"type": "string", "pattern": f"^{_ADDRESS}$"})]
Network = Annotated[IPv4Network, WithJsonSchema({"type": "string", "pattern": f"^{_ADDRESS}/[0-9]+$"})]


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
    """zerotier installs and joins; existing takes a network that is already there."""
    network: Annotated[str, syntax.NETWORK_ID] = ""
    """ZeroTier network id, 16 hexadecimal digits in lower case; left out with driver existing."""
    cidr: Network
    """The addresses of the overlay, 10.9.8.0/24."""
    controller: ControllerKind = ControllerKind.BY_HAND
    """Who authorises the members; by-hand waits until a person has done it."""


class Proxy(Part):
    """HTTP proxy for the runtime and the package manager of the nodes that want it."""

    url: Annotated[str, syntax.PROXY_URL]
    """http://[user@]host:port; its password is asked for, never written here."""
    no_proxy: tuple[Annotated[str, syntax.NO_PROXY], ...] = ()
    """Hosts reached without it, added to what zkwizard computes."""


class PackageMirror(Part):
    """Where packages come from instead of the official place."""

    url: Annotated[str, syntax.MIRROR_URL]
    """Address of the repository; http is allowed and pointed out."""
    suite: Annotated[str, syntax.SUITE] = ""
    """Where the layout has suites: the suite; empty is the machine's codename, or ``/`` for a flat one."""
    components: tuple[Annotated[str, syntax.COMPONENT], ...] = ()
    """Components of the suite; none with a flat layout."""
    key: Annotated[str, syntax.MIRROR_URL] = ""
    """Address of the signing key; empty is the layout's usual place below ``url``."""


class PackageMirrors(Part):
    """Mirrors per package source."""

    kubernetes: PackageMirror | None = None
    """Instead of pkgs.k8s.io."""
    runtime: PackageMirror | None = None
    """Instead of download.docker.com, for containerd."""
    zerotier: PackageMirror | None = None
    """Instead of download.zerotier.com."""


class ImageMirrors(Part):
    """Where images come from instead of the official registries."""

    repository: Annotated[str, syntax.IMAGE_REPOSITORY] = ""
    """kubeadm's imageRepository, without http://."""
    registries: dict[Annotated[str, syntax.REGISTRY], Annotated[str, syntax.MIRROR_URL]] = Field(
        default_factory=dict
    )
    """Registry host → address of its mirror, written to containerd's certs.d."""


class Mirrors(Part):
    """Mirrors per artifact; what is not named comes from the official place."""

    packages: PackageMirrors = PackageMirrors()
    """Where packages come from."""
    images: ImageMirrors = ImageMirrors()
    """Where container images come from."""


class Kubernetes(Part):
    """What kubeadm gets."""

    version: Annotated[
        str,
        syntax.VERSION,
        WithJsonSchema({"type": ["string", "number"], "pattern": f"^{versions.PATTERN}$"}),
    ] = versions.DEFAULT
    """A minor (1.36: its newest patch release) or an exact version (1.36.2)."""
    runtime: Runtime = Runtime.CONTAINERD
    """The container runtime of all nodes."""
    pod_subnet: Network = IPv4Network("10.244.0.0/16")
    """Addresses of pods; every node takes a /24 of it."""
    service_subnet: Network = IPv4Network("10.96.0.0/12")
    """Addresses of services."""
    etcd_listen: Literal["overlay", "all"] = "overlay"
    """all makes etcd listen on 0.0.0.0, which shows it to the public side."""
    ignore_preflight: tuple[Annotated[str, syntax.PREFLIGHT], ...] = ()
    """Names of kubeadm's preflight checks that are reported but do not stop."""
    kube_proxy_mode: Literal["iptables", "nftables"] = "iptables"
    """nftables needs kernel 5.13 or newer."""
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

    host: Annotated[str, syntax.HOST]
    """Host name or address, reachable without the overlay."""
    port: int = Field(default=22, ge=1, le=65535)
    """TCP port of the SSH server."""
    user: Annotated[str, syntax.USER] = "root"
    """The login; any other than root needs sudo."""
    key: Annotated[str, syntax.TEXT] = ""
    """Private key file, ~ or relative to this file; empty tries the agent and the usual places."""
    jump: Annotated[str, syntax.JUMP] = ""
    """A bastion: [user@]host[:port], several separated by commas."""


class Taint(Part):
    """A taint as kubeadm registers it."""

    key: Annotated[str, syntax.TAINT_KEY]
    """[prefix/]name."""
    value: Annotated[str, syntax.LABEL_VALUE] = ""
    """May be empty."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]
    """What it does to pods that do not tolerate it."""


class Node(Part):
    """One machine."""

    name: Annotated[str, syntax.LABEL]
    """Its name in the cluster and, with the domain, its hostname: an RFC 1123 label."""
    role: Role = Role.WORKER
    """control-plane or worker."""
    provider: Words = ""
    """Who rents it out: one of ``model.providers``, or any words."""
    region: Words = ""
    """Where it stands, for people only."""
    spec: Words = ""
    """Size in words (2C8G), for people only."""
    ssh: Ssh
    """How to log in."""
    overlay_ip: Address
    """Its address in the overlay."""
    swap: SwapPolicy = SwapPolicy.AUTO
    """auto is off on workers and kept on the control plane."""
    proxy: bool = False
    """Whether this node uses the proxy."""
    labels: dict[Annotated[str, syntax.LABEL_KEY], Annotated[str, syntax.LABEL_VALUE]] = Field(
        default_factory=dict
    )
    """Kubernetes labels that the node registers with."""
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

    name: Annotated[str, syntax.LABEL]
    """Name of the cluster: an RFC 1123 label."""
    domain: Annotated[str, syntax.SUBDOMAIN] = "zk.internal"
    """Names of the nodes end in it; never asked of a name server."""
    overlay: Overlay
    """The network that gives all nodes one flat address space."""
    proxy: Proxy | None = None
    """HTTP proxy, for the nodes that say ``proxy: true``."""
    mirrors: Mirrors = Mirrors()
    """What does not come from the official place."""
    kubernetes: Kubernetes = Kubernetes()
    """Version, subnets, and what is passed on to kubeadm."""
    nodes: tuple[Node, ...]
    """The machines; the first control plane makes the cluster."""

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

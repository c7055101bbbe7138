"""Providers of small servers, and what matters about each before a machine becomes a node.

Certain are the traps themselves: cloud-init puts a provider's hostname back at boot (cloud-init,
cc_update_hostname), ZeroTier wants UDP 9993 in (ZeroTier's documentation on firewalls), and registries
outside mainland China are slow or out of reach from inside. Which login, firewall and MTU a provider starts
with is usual practice and changes with images and plans: hints for screens, while the probe reads the truth
off the node.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from zkwizard.model.text import T, Text


class Registries(StrEnum):
    """What reaching the official registries takes from there."""

    NONE = "none"
    PROXY_OR_MIRROR = "proxy-or-mirror"
    """Mainland China; regions of the same provider elsewhere reach them directly."""


class Firewall(StrEnum):
    """Where UDP 9993 may have to be opened."""

    SECURITY_GROUP = "security-group"
    NONE = "none"


HINTS: Mapping[Firewall, Text] = {
    Firewall.SECURITY_GROUP: T("allow UDP 9993 in in the security group: else members are relayed and slow"),
    Firewall.NONE: T("usually nothing is filtered outside the machine"),
}


@dataclass(frozen=True)
class Provider:
    """One provider."""

    id: str
    title: str
    """As it calls itself, also in its own script."""
    users: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Usual first login by the id of os-release (``ubuntu``) where it is not root."""
    aliases: tuple[str, ...] = ()
    cloud_init_hostname: bool = True
    """Whether its images put the provider's hostname back at boot."""
    firewall: Firewall = Firewall.NONE
    path_mtu: int = 1500
    """Largest packet to the Internet in bytes."""
    registries: Registries = Registries.NONE
    notes: Text = field(default=T(""), hash=False)

    def usual_user(self, os_id: str = "") -> str:
        """The usual first login with an image of that system."""
        return self.users.get(os_id, self.users.get("", "root"))

    @property
    def udp_9993_hint(self) -> Text:
        """What to do so that members reach each other directly."""
        return HINTS[self.firewall]


_DISTRIBUTION = {"ubuntu": "ubuntu", "debian": "debian", "rocky": "rocky", "almalinux": "almalinux"}
_GROUP = Firewall.SECURITY_GROUP
_CHINA = Registries.PROXY_OR_MIRROR

PROVIDERS: tuple[Provider, ...] = (
    Provider(
        "tencent",
        "Tencent Cloud 騰訊雲",
        {"ubuntu": "ubuntu"},
        ("tencent cloud", "騰訊雲", "腾讯云", "qcloud", "lighthouse"),
        firewall=_GROUP,
        registries=_CHINA,
        notes=T("Lighthouse machines have a firewall page of their own instead of a security group"),
    ),
    Provider(
        "alibaba",
        "Alibaba Cloud 阿里雲",
        {},
        ("aliyun", "alibaba cloud", "阿里雲", "阿里云"),
        firewall=_GROUP,
        registries=_CHINA,
        notes=T("100.64.0.0/10 is used inside for its own services: no subnet of the cluster there"),
    ),
    Provider(
        "huawei",
        "Huawei Cloud 華為雲",
        {},
        ("huawei cloud", "華為雲", "华为云"),
        firewall=_GROUP,
        registries=_CHINA,
    ),
    Provider(
        "ucloud",
        "UCloud 優刻得",
        {"ubuntu": "ubuntu"},
        ("優刻得", "优刻得"),
        firewall=_GROUP,
        path_mtu=1452,
        registries=_CHINA,
        notes=T("Hong Kong and other regions outside the mainland need no mirror"),
    ),
    Provider(
        "bandwagon",
        "BandwagonHost 搬瓦工",
        {},
        ("bandwagonhost", "bwh", "搬瓦工", "kiwivm"),
        cloud_init_hostname=False,
        notes=T("SSH often listens on a port other than 22, which its control panel shows"),
    ),
    Provider("vultr", "Vultr"),
    Provider("linode", "Akamai Linode", {}, ("akamai", "akamai connected cloud")),
    Provider("digitalocean", "DigitalOcean", {}, ("do", "digital ocean")),
    Provider("hetzner", "Hetzner", {}, ("hetzner cloud",)),
    Provider("ovh", "OVHcloud", _DISTRIBUTION, ("ovhcloud", "kimsufi", "so you start")),
    Provider("contabo", "Contabo"),
    Provider("racknerd", "RackNerd", cloud_init_hostname=False),
    Provider(
        "aws",
        "Amazon Web Services",
        {"debian": "admin", "ubuntu": "ubuntu", "rocky": "rocky", "": "ec2-user"},
        ("amazon", "ec2", "lightsail"),
        firewall=_GROUP,
        notes=T("behind a NAT gateway members are always relayed: give the machine an address of its own"),
    ),
    Provider(
        "gcp",
        "Google Cloud",
        {},
        ("google", "google cloud", "gce"),
        firewall=_GROUP,
        path_mtu=1460,
        notes=T("logins are made from the SSH keys of the project; root by SSH is off"),
    ),
    Provider(
        "azure",
        "Microsoft Azure",
        {"": "azureuser"},
        ("microsoft",),
        firewall=_GROUP,
    ),
    Provider(
        "oracle",
        "Oracle Cloud",
        {"ubuntu": "ubuntu", "": "opc"},
        ("oci", "oracle cloud"),
        firewall=_GROUP,
        notes=T("its images come with iptables rules that reject what is not SSH, beside the security list"),
    ),
)
"""Known providers; the cluster file takes any other words as well."""


def find(name: str) -> Provider | None:
    """The provider with that id, title or alias, whatever the case; None for free text."""
    wanted = name.strip().casefold()
    for provider in PROVIDERS:
        if wanted in {word.casefold() for word in (provider.id, provider.title, *provider.aliases)}:
            return provider
    return None

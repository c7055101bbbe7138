"""What single texts of the cluster file may look like.

Strict where a text reaches a command line, a configuration file or the API server; free where it is only for
people. Rules that look at several values are in ``model.rules``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from zkwizard.model import preflight, versions
from zkwizard.model.placeholders import FORBIDDEN
from zkwizard.model.text import T, Text

LONGEST = 1000
"""Characters that any text of the file may have."""

_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


@dataclass(frozen=True)
class Syntax:
    """Beside a type in ``Annotated``: which texts are accepted."""

    refuse: Callable[[str], Text | None]
    """Tells what is allowed when a text is not; None when it is fine."""
    pattern: str = ""
    """The same, as far as a regular expression can say it, for the JSON Schema."""

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Add the pattern to what editors check."""
        schema = handler(core_schema)
        return {**schema, "pattern": f"^({self.pattern})$"} if self.pattern else schema


def unfit(text: str, *, lines: bool = False) -> Text | None:
    """Why a text is refused wherever it stands; ``lines`` allows tabs and newlines."""
    if len(text) > LONGEST and not lines:
        return T("at most {count} characters", count=LONGEST)
    for character in text:
        if lines and character in "\n\t":
            continue
        if FORBIDDEN.match(character) or _unprintable(character):
            return T("text without the character {code}", code=f"U+{ord(character):04X}")
    return None


def _unprintable(character: str) -> bool:
    """Control characters, line separators, surrogates, private use, and marks that turn the direction."""
    return unicodedata.category(character) in {"Cc", "Cs", "Co", "Zl", "Zp"} or character in _DIRECTIONS


def matching(pattern: str, allowed: Text, limit: int = LONGEST) -> Syntax:
    """Texts that match the whole ``pattern`` and have at most ``limit`` characters."""
    compiled = re.compile(pattern)

    def refuse(text: str) -> Text | None:
        return None if compiled.fullmatch(text) and len(text) <= limit else allowed

    return Syntax(refuse, pattern)


_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_HOST = r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*"
_NAME = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
_USER = r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}(@[A-Za-z0-9][A-Za-z0-9.-]{0,189})?"
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_PATH = re.compile(r"([A-Za-z0-9._~:/@+,=-]|%[0-9A-Fa-f]{2})*")
_PROXY_USER = re.compile(r"([A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")

LABEL = matching(
    _LABEL,
    T("an RFC 1123 label: lower-case letters, digits and dashes, at most 63, a letter or digit at both ends"),
)
SUBDOMAIN = matching(
    _SUBDOMAIN,
    T("an RFC 1123 subdomain: labels of lower-case letters, digits and dashes, joined by dots"),
    253,
)
NETWORK_ID = matching(r"[0-9a-f]{16}", T("a ZeroTier network id: 16 hexadecimal digits in lower case"))
VERSION = Syntax(versions.refusal, versions.PATTERN)
USER = matching(_USER, T("a login name: letters, digits and _ . + - (not - at the beginning)"))
SUITE = matching(
    r"[A-Za-z0-9/][A-Za-z0-9./_+~-]*", T("a suite of the repository (bookworm, or / for a flat one)")
)
COMPONENT = matching(r"[A-Za-z0-9][A-Za-z0-9./_+~-]*", T("a component of the repository (main)"))
IMAGE_REPOSITORY = matching(
    rf"{_SUBDOMAIN}(:[0-9]{{1,5}})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*",
    T("a registry and path without http:// (registry.aliyuncs.com/google_containers)"),
)
LABEL_VALUE = matching(
    rf"({_NAME})?", T("at most 63 letters, digits and - _ . with a letter or digit at both ends")
)
TEXT = Syntax(lambda text: None)


def is_host(text: str) -> bool:
    """Whether it is a host name or an IPv4 address."""
    if re.fullmatch(r"[0-9.]+", text):
        return is_address(text)
    return len(text) <= 253 and re.fullmatch(_HOST, text) is not None


def is_address(text: str) -> bool:
    """Whether it is an IPv4 or IPv6 address, without a zone."""
    try:
        return "%" not in text and ip_address(text) is not None
    except ValueError:
        return False


def is_port(text: str) -> bool:
    """Whether it is a TCP port in decimal digits."""
    return _PORT.fullmatch(text) is not None and int(text) <= 65535


def _host_and_port(text: str) -> bool:
    """``host``, ``host:port``, ``[IPv6]`` or ``[IPv6]:port``."""
    match = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(:[^:]*)?", text)
    if match is None:
        return False
    host, port = match[1], match[2]
    good = is_address(host[1:-1]) if host.startswith("[") else is_host(host)
    return good and (port is None or is_port(port[1:]))


def _host(text: str) -> Text | None:
    return None if is_host(text) or is_address(text) else T("a host name or an IP address")


def _registry(text: str) -> Text | None:
    good = _host_and_port(text) and not text.startswith("[") and ("." in text or ":" in text)
    return None if good else T("the host of a registry (registry.k8s.io, ghcr.io, docker.io, quay.io, …)")


def _jump(text: str) -> Text | None:
    for hop in text.split(","):
        user, at, host = hop.rpartition("@")
        if (at and USER.refuse(user)) or not _host_and_port(host):
            return T("bastions as [user@]host[:port], several separated by commas without spaces")
    return None


def _mirror(text: str) -> Text | None:
    allowed = T("an http:// or https:// address without user, query and fragment")
    match = re.fullmatch(r"https?://([^/]*)(/.*)?", text)
    if match is None or not _host_and_port(match[1]):
        return allowed
    return None if _PATH.fullmatch(match[2] or "") else allowed


def _proxy(text: str) -> Text | None:
    allowed = T("http://[user@]host:port, the user percent-encoded")
    try:
        parts = urlsplit(text)
    except ValueError:
        return allowed
    user, at, address = parts.netloc.rpartition("@")
    if ":" in user:
        return T(
            "http://[user@]host:port without the password: it will be asked for, or comes from "
            "ZKWIZARD_PROXY_PASSWORD"
        )
    bare = not parts.query and not parts.fragment and parts.path in ("", "/")
    whole = text.startswith("http://") and "?" not in text and "#" not in text
    host, _, port = address.rpartition(":")
    named = is_host(host) and is_port(port) and (not at or _PROXY_USER.fullmatch(user))
    return None if bare and whole and named else allowed


def _no_proxy(text: str) -> Text | None:
    try:
        ip_network(text, strict=False)
        return None
    except ValueError:
        name = text.removeprefix("*").removeprefix(".")
        good = _host_and_port(name) and not name.startswith("[")
        return None if good else T("a host, .domain, address or network, one per entry")


def _qualified(text: str) -> Text | None:
    """Kubernetes' qualified name: an optional DNS subdomain, a slash, and a name."""
    prefix, slash, name = text.rpartition("/")
    good = re.fullmatch(_NAME, name) and (
        not slash or (re.fullmatch(_SUBDOMAIN, prefix) and len(prefix) <= 253)
    )
    if good:
        return None
    return T(
        "[prefix/]name: the prefix a DNS subdomain, the name at most 63 letters, digits and - _ . with a "
        "letter or digit at both ends"
    )


# The kubelet may give itself only these of Kubernetes' own labels: NodeRestriction and the kubelet's check of
# --node-labels (kubernetes/kubernetes, staging/src/k8s.io/kubelet/pkg/apis/well_known_labels.go).
_OWN_LABELS = frozenset(
    f"{prefix}/{name}"
    for prefix, names in {
        "kubernetes.io": ("hostname", "arch", "os"),
        "beta.kubernetes.io": ("arch", "os", "instance-type"),
        "node.kubernetes.io": ("instance-type",),
        "topology.kubernetes.io": ("region", "zone"),
        "failure-domain.beta.kubernetes.io": ("region", "zone"),
    }.items()
    for name in names
)
_OWN_PREFIXES = ("kubelet.kubernetes.io", "node.kubernetes.io")


def _label_key(text: str) -> Text | None:
    prefix = text.rpartition("/")[0]
    kubernetes = f".{prefix}".endswith((".kubernetes.io", ".k8s.io"))
    free = text in _OWN_LABELS or any(f".{prefix}".endswith(f".{own}") for own in _OWN_PREFIXES)
    if kubernetes and not free:
        return T(
            "a label outside kubernetes.io and k8s.io: NodeRestriction lets no kubelet give itself this one"
        )
    return _qualified(text)


HOST = Syntax(_host)
REGISTRY = Syntax(_registry)
JUMP = Syntax(_jump)
MIRROR_URL = Syntax(_mirror, r"https?://.+")
PROXY_URL = Syntax(_proxy, r"http://([^@:/]+@)?[^@:/]+:[0-9]+/?")
NO_PROXY = Syntax(_no_proxy)
TAINT_KEY = Syntax(_qualified)
LABEL_KEY = Syntax(_label_key)
PREFLIGHT = Syntax(preflight.refusal)

"""Reading and judging the file given to kubeadm with --config, in kubeadm 1.36's words."""

from __future__ import annotations

import ipaddress
import re
import sys

from . import klog, kubeadm_schema, packages, state, strict_yaml
from .run import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

GROUP = "kubeadm.k8s.io"
_TRACE = "To see the stack trace of this error execute with --v=5 or higher"
_OLD = {"v1alpha1": "v1.11", "v1alpha2": "v1.12", "v1alpha3": "v1.14", "v1beta1": "v1.15", "v1beta2": "v1.22"}
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_SUBDOMAIN_WORDS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
TOKEN = re.compile(r"\A([a-z0-9]{6})\.([a-z0-9]{16})\Z")
_COMPONENTS = {
    "kubelet.config.k8s.io": "KubeletConfiguration",
    "kubeproxy.config.k8s.io": "KubeProxyConfiguration",
}


def fail(text: str, code: int = 1) -> Refused:
    """kubeadm's way to end."""
    return Refused(f"error: {text}\n{_TRACE}", code)


def version() -> str:
    """This kubeadm's own version, e.g. v1.36.4."""
    return "v" + (packages.version_of("kubeadm") or "1.36.2-1.1").partition("-")[0]


def read(path: str) -> dict[str, dict[str, Any]]:
    """Kind → document of the file, decoded strictly."""
    try:
        with open(state.at(path) if path.startswith("/") else path) as file:
            text = file.read()
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise fail(f'unable to read config from "{path}" : open {path}: {reason}') from error
    return decode(text)


def decode(text: str) -> dict[str, dict[str, Any]]:
    """Kind → document of a stream of documents."""
    kinds: dict[tuple[str, str, str], str] = {}
    for part in strict_yaml.documents(text):
        kinds[_kind_of(part)] = part
    unknown = [k for k in kinds if not _is_known(k)]
    if unknown:
        raise fail(
            f"unknown configuration APIs: []schema.GroupVersionKind{{{', '.join(map(_gvk, unknown))}}}"
        )
    _judge_ages(sorted(kinds, key=lambda k: k[2]))
    return {kind[2]: _decode_one(kind, part) for kind, part in sorted(kinds.items(), key=lambda k: k[0][2])}


def _kind_of(part: str) -> tuple[str, str, str]:
    try:
        document = strict_yaml.parse(part)
    except strict_yaml.DuplicateKey:
        head = dict(re.findall(r"^(apiVersion|kind):\s*(\S+)", part, re.M))
        document = head
    except strict_yaml.YamlFault as error:
        raise fail(
            f"could not interpret GroupVersionKind; unmarshal error: error converting YAML to JSON: {error}"
        ) from error
    if not isinstance(document, dict) or not document.get("kind") or not document.get("apiVersion"):
        raise fail(
            "invalid configuration for GroupVersionKind /, Kind=: kind and apiVersion is mandatory information that must be specified"
        )
    group, _, api = str(document["apiVersion"]).rpartition("/")
    return group, api, str(document["kind"])


def _is_known(kind: tuple[str, str, str]) -> bool:
    group, api, name = kind
    if group == GROUP:
        known = api in ("v1beta3", "v1beta4", *_OLD)
        return known and name in kubeadm_schema.KINDS
    return _COMPONENTS.get(group) == name


def _gvk(kind: tuple[str, str, str]) -> str:
    return f'schema.GroupVersionKind{{Group:"{kind[0]}", Version:"{kind[1]}", Kind:"{kind[2]}"}}'


def _judge_ages(kinds: list[tuple[str, str, str]]) -> None:
    advice = (
        "'kubeadm config migrate --old-config old-config-file --new-config new-config-file', which will write the new, "
        "similar spec using a newer API version."
    )
    for group, api, name in kinds:
        if group == GROUP and api in _OLD:
            raise fail(
                f'your configuration file uses an old API spec: "{group}/{api}" (kind: "{name}"). '
                f"Please use kubeadm {_OLD[api]} instead and run {advice}"
            )
    for group, api, name in kinds:
        if group == GROUP and api == "v1beta3":
            klog.warn(
                "common.go:100",
                f'your configuration file uses a deprecated API spec: "{group}/{api}" '
                f'(kind: "{name}"). Please use {advice}',
            )


def _decode_one(kind: tuple[str, str, str], part: str) -> dict[str, Any]:
    group, api, name = kind
    prefix = f"error unmarshaling configuration {_gvk(kind)}: "
    try:
        document: dict[str, Any] = strict_yaml.parse(part)
    except strict_yaml.DuplicateKey as error:
        raise fail(f"{prefix}strict decoding error: {error}") from error
    if group != GROUP or api == "v1beta3":
        return document
    try:
        unknown = kubeadm_schema.unknown_fields(name, document)
    except kubeadm_schema.Mistyped as error:
        raise fail(f"{prefix}{error}") from error
    if unknown:
        raise fail(prefix + "strict decoding error: " + ", ".join(f'unknown field "{u}"' for u in unknown))
    for token in document.get("bootstrapTokens") or []:
        if not TOKEN.match(str(token.get("token", ""))):
            raise fail(
                f'{prefix}the bootstrap token "{token.get("token", "")}" was not of the form '
                '"\\\\A([a-z0-9]{6})\\\\.([a-z0-9]{16})\\\\z"'
            )
    return document


def validate(documents: dict[str, dict[str, Any]]) -> None:
    """The checks that every command makes after decoding; all faults of fields at once."""
    faults: list[str] = []
    init, cluster = documents.get("InitConfiguration"), documents.get("ClusterConfiguration")
    join = documents.get("JoinConfiguration")
    if init is not None or cluster is not None:
        faults += _init_faults(init or {}, cluster or {})
    if join is not None:
        faults += _join_faults(join)
    if len(faults) == 1:
        raise fail(faults[0])
    if faults:
        raise fail("[" + ", ".join(faults) + "]")


def _init_faults(init: dict[str, Any], cluster: dict[str, Any]) -> list[str]:
    endpoint = init.get("localAPIEndpoint") or {}
    _judge_version(str(cluster.get("kubernetesVersion") or version()))
    _judge_address(endpoint.get("advertiseAddress"))
    faults = _node_faults(init.get("nodeRegistration") or {})
    port = endpoint.get("bindPort", 6443)
    if not 1 <= port <= 65535:
        faults.append(f"localAPIEndpoint.bindPort: Invalid value: {port}: port number is not valid")
    networking = cluster.get("networking") or {}
    domain = networking.get("dnsDomain", "cluster.local")
    if not _SUBDOMAIN.fullmatch(domain):
        faults.append(f'networking.dnsDomain: Invalid value: "{domain}": {_SUBDOMAIN_WORDS}')
    faults += _subnet_fault("networking.serviceSubnet", networking.get("serviceSubnet", "10.96.0.0/12"))
    if networking.get("podSubnet"):
        faults += _subnet_fault("networking.podSubnet", networking["podSubnet"])
    return faults


def _subnet_fault(field: str, text: str) -> list[str]:
    try:
        if "/" not in text:
            raise ValueError
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return [f'{field}: Invalid value: "{text}": couldn\'t parse subnet']
    if network.num_addresses < 10:
        return [
            f'{field}: Invalid value: "{text}": subnet with {network.num_addresses} address(es) is too small, the minimum is 10'
        ]
    return []


def _judge_version(text: str) -> None:
    match = re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)(?:[-+].*)?", text)
    if match is None:
        return
    own = re.match(r"v(\d+)\.(\d+)", version())
    assert own is not None
    lowest = int(own[2]) - 1
    if (int(match[1]), int(match[2])) < (int(own[1]), lowest):
        raise fail(
            "this version of kubeadm only supports deploying clusters with the control plane version >= "
            f"{own[1]}.{lowest}.0. Current version: {text}"
        )


def _judge_address(text: str | None) -> None:
    if text is None:
        return
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise fail(
            f'couldn\'t use "{text}" as "apiserver-advertise-address", must be ipv4 or ipv6 address'
        ) from None
    if address.is_loopback:
        raise fail("unable to select an IP from lo network interface")


def _node_faults(node: dict[str, Any]) -> list[str]:
    name = str(node.get("name") or state.hostname()).lower()
    node["name"] = name
    socket = node.get("criSocket")
    if socket and "://" not in socket:
        klog.warn(
            "initconfiguration.go:127",
            "Usage of CRI endpoints without URL scheme is deprecated and can cause kubelet "
            'errors in the future. Automatically prepending scheme "unix" to the "criSocket" with value '
            f'"{socket}". Please update your configuration!',
        )
        node["criSocket"] = f"unix://{socket}"
    if not _SUBDOMAIN.fullmatch(name):
        return [f'nodeRegistration.name: Invalid value: "{name}": {_SUBDOMAIN_WORDS}']
    return []


def _join_faults(join: dict[str, Any]) -> list[str]:
    discovery = join.setdefault("discovery", {})
    token = discovery.get("bootstrapToken")
    faults = []
    if token is None and not discovery.get("file"):
        faults.append('discovery: Invalid value: "": bootstrapToken or file must be set')
    if token is not None:
        if not token.get("caCertHashes") and not token.get("unsafeSkipCAVerification"):
            faults.append(
                'discovery.bootstrapToken.caCertHashes: Invalid value: "": using token-based discovery without '
                "caCertHashes can be unsafe. Set unsafeSkipCAVerification as true in your kubeadm config file or "
                "pass --discovery-token-unsafe-skip-ca-verification flag to continue"
            )
        if not TOKEN.match(str(token.get("token") or "")):
            faults.append('discovery.bootstrapToken.token: Invalid value: "": the bootstrap token is invalid')
            if not discovery.get("tlsBootstrapToken"):
                faults.append(
                    'discovery.tlsBootstrapToken: Invalid value: "": the bootstrap token is invalid'
                )
    return faults + _node_faults(join.setdefault("nodeRegistration", {}))


def seconds(text: Any, default: float) -> float:
    """A Go duration (1m30s) in seconds."""
    if not text:
        return default
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    return sum(float(n) * units[u] for n, u in re.findall(r"([\d.]+)(ms|h|m|s)", str(text)))


def say(line: str = "") -> None:
    """A line of kubeadm's stdout, at once, because steps are followed live."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()

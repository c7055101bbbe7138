"""kubeadm's v1beta4 documents: which fields there are and of which Go type, and strict decoding against
them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# A field is a Go type ("string", "int32", "bool", "[]string", "map", "any"), or (struct, fields), or
# [(struct, fields)].
_ARG = ("Arg", {"name": "string", "value": "string"})
_ARGS = [_ARG]
_ENV = "any"
_TAINT = ("Taint", {"key": "string", "value": "string", "effect": "string", "timeAdded": "any"})
_NODE = (
    "NodeRegistrationOptions",
    {
        "name": "string",
        "criSocket": "string",
        "taints": [_TAINT],
        "kubeletExtraArgs": _ARGS,
        "ignorePreflightErrors": "[]string",
        "imagePullPolicy": "string",
        "imagePullSerial": "bool",
    },
)
_ENDPOINT = ("APIEndpoint", {"advertiseAddress": "string", "bindPort": "int32"})
_PATCHES = ("Patches", {"directory": "string"})
_TIMEOUTS = (
    "Timeouts",
    dict.fromkeys(
        (
            "controlPlaneComponentHealthCheck",
            "kubeletHealthCheck",
            "kubernetesAPICall",
            "etcdAPICall",
            "tlsBootstrap",
            "discovery",
            "upgradeManifests",
        ),
        "duration",
    ),
)
_TOKEN = (
    "BootstrapToken",
    {
        "token": "token",
        "description": "string",
        "ttl": "duration",
        "expires": "any",
        "usages": "[]string",
        "groups": "[]string",
    },
)
_VOLUME = (
    "HostPathMount",
    {"name": "string", "hostPath": "string", "mountPath": "string", "readOnly": "bool", "pathType": "string"},
)
_COMPONENT = {"extraArgs": _ARGS, "extraVolumes": [_VOLUME], "extraEnvs": _ENV}
_META = {"apiVersion": "string", "kind": "string"}
_LOCAL_ETCD = (
    "LocalEtcd",
    {
        "imageRepository": "string",
        "imageTag": "string",
        "dataDir": "string",
        "extraArgs": _ARGS,
        "extraEnvs": _ENV,
        "serverCertSANs": "[]string",
        "peerCertSANs": "[]string",
    },
)
_EXTERNAL_ETCD = (
    "ExternalEtcd",
    {
        "endpoints": "[]string",
        "caFile": "string",
        "certFile": "string",
        "keyFile": "string",
        "httpEndpoints": "[]string",
    },
)
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "InitConfiguration": (
        "InitConfiguration",
        {
            **_META,
            "bootstrapTokens": [_TOKEN],
            "dryRun": "bool",
            "nodeRegistration": _NODE,
            "localAPIEndpoint": _ENDPOINT,
            "certificateKey": "string",
            "skipPhases": "[]string",
            "patches": _PATCHES,
            "timeouts": _TIMEOUTS,
        },
    ),
    "ClusterConfiguration": (
        "ClusterConfiguration",
        {
            **_META,
            "etcd": ("Etcd", {"local": _LOCAL_ETCD, "external": _EXTERNAL_ETCD}),
            "networking": (
                "Networking",
                {"serviceSubnet": "string", "podSubnet": "string", "dnsDomain": "string"},
            ),
            "kubernetesVersion": "string",
            "controlPlaneEndpoint": "string",
            "apiServer": ("APIServer", {**_COMPONENT, "certSANs": "[]string"}),
            "controllerManager": ("ControlPlaneComponent", _COMPONENT),
            "scheduler": ("ControlPlaneComponent", _COMPONENT),
            "dns": ("DNS", {"imageRepository": "string", "imageTag": "string", "disabled": "bool"}),
            "proxy": ("Proxy", {"disabled": "bool"}),
            "certificatesDir": "string",
            "imageRepository": "string",
            "featureGates": "map",
            "clusterName": "string",
            "encryptionAlgorithm": "string",
            "certificateValidityPeriod": "duration",
            "caCertificateValidityPeriod": "duration",
        },
    ),
    "JoinConfiguration": (
        "JoinConfiguration",
        {
            **_META,
            "dryRun": "bool",
            "nodeRegistration": _NODE,
            "caCertPath": "string",
            "discovery": (
                "Discovery",
                {
                    "bootstrapToken": (
                        "BootstrapTokenDiscovery",
                        {
                            "token": "string",
                            "apiServerEndpoint": "string",
                            "caCertHashes": "[]string",
                            "unsafeSkipCAVerification": "bool",
                        },
                    ),
                    "file": ("FileDiscovery", {"kubeConfigPath": "string"}),
                    "tlsBootstrapToken": "string",
                },
            ),
            "controlPlane": ("JoinControlPlane", {"localAPIEndpoint": _ENDPOINT, "certificateKey": "string"}),
            "skipPhases": "[]string",
            "patches": _PATCHES,
            "timeouts": _TIMEOUTS,
        },
    ),
    "ResetConfiguration": (
        "ResetConfiguration",
        {
            **_META,
            "cleanupTmpDir": "bool",
            "certificatesDir": "string",
            "criSocket": "string",
            "dryRun": "bool",
            "force": "bool",
            "ignorePreflightErrors": "[]string",
            "skipPhases": "[]string",
            "unmountFlags": "[]string",
            "timeouts": _TIMEOUTS,
        },
    ),
}
_PYTHON = {"string": str, "token": str, "int32": int, "bool": bool, "[]string": list, "map": dict}


class Mistyped(Exception):
    """A value of the wrong type; the text is encoding/json's."""


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return {dict: "object", list: "array", str: "string", int: "number", float: "number"}.get(
        type(value), "null"
    )


def unknown_fields(kind: str, document: dict[str, Any]) -> list[str]:
    """Check types (raises `Mistyped`) and return the paths of unknown fields."""
    struct, fields = KINDS[kind]
    return _walk(struct, fields, document, "")


def _walk(struct: str, fields: dict[str, Any], value: dict[str, Any], prefix: str) -> list[str]:
    unknown = []
    for key, item in value.items():
        path = f"{prefix}{key}"
        if key not in fields:
            unknown.append(path)
        elif item is not None:
            unknown += _check(struct, fields[key], item, path)
    return unknown


def _check(struct: str, field: Any, item: Any, path: str) -> list[str]:
    if isinstance(field, tuple):
        if not isinstance(item, dict):
            raise Mistyped(_words(item, struct, path, f"v1beta4.{field[0]}"))
        return _walk(field[0], field[1], item, path + ".")
    if isinstance(field, list):
        if not isinstance(item, list):
            raise Mistyped(_words(item, struct, path, f"[]v1beta4.{field[0][0]}"))
        unknown = []
        for number, entry in enumerate(item):
            unknown += _check(struct, field[0], entry, f"{path}[{number}]")
        return unknown
    wanted = _PYTHON.get(field)
    if wanted and (not isinstance(item, wanted) or (wanted is int and isinstance(item, bool))):
        raise Mistyped(
            _words(item, struct, path, {"map": "map[string]bool", "token": "string"}.get(field, field))
        )
    return []


def _words(item: Any, struct: str, path: str, go_type: str) -> str:
    return f"json: cannot unmarshal {_json_type(item)} into Go struct field {struct}.{path} of type {go_type}"

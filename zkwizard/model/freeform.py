"""Rules about what is passed on to kubeadm as it is: kubelet, kube_proxy, api_server, etcd.

Refused is what contradicts what zkwizard writes itself, and what kubeadm's v1beta4 would not understand
(https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from zkwizard.model import versions
from zkwizard.model.faults import Fault, Keys, value_fault
from zkwizard.model.preflight import nearest
from zkwizard.model.reading import Answers
from zkwizard.model.text import T, Text

_OWN: Mapping[str, Mapping[str, Text]] = {
    "kubelet": {
        "apiVersion": T("nothing: zkwizard writes it"),
        "kind": T("nothing: zkwizard writes it"),
        "cgroupDriver": T("nothing: it is systemd, as the runtime has it"),
        "containerRuntimeEndpoint": T("nothing: it follows kubernetes.runtime"),
        "clusterDNS": T("nothing: it follows kubernetes.service_subnet"),
        "clusterDomain": T("nothing: it is cluster.local"),
    },
    "kube_proxy": {
        "apiVersion": T("nothing: zkwizard writes it"),
        "kind": T("nothing: zkwizard writes it"),
        "mode": T("nothing: it is kubernetes.kube_proxy_mode"),
        "clusterCIDR": T("nothing: it is kubernetes.pod_subnet"),
    },
    "etcd": {
        "external": T("nothing: an external etcd is not built yet"),
        "local": T("its content one level up: etcd is etcd.local already"),
    },
}
_OWN_ARGS: Mapping[str, Mapping[str, Text]] = {
    "api_server": {
        "advertise-address": T("nothing: it is the control plane's overlay_ip"),
        "etcd-servers": T("nothing: kubeadm writes it"),
        "secure-port": T("nothing: it is 6443"),
        "service-cluster-ip-range": T("nothing: it is kubernetes.service_subnet"),
    },
    "etcd": {
        "listen-client-urls": T("nothing: it follows kubernetes.etcd_listen"),
        "listen-peer-urls": T("nothing: it follows kubernetes.etcd_listen"),
        "advertise-client-urls": T("nothing: it is the control plane's overlay_ip"),
        "initial-advertise-peer-urls": T("nothing: it is the control plane's overlay_ip"),
        "initial-cluster": T("nothing: kubeadm writes it"),
        "name": T("nothing: it is the node's name"),
        "data-dir": T("nothing: use etcd.dataDir"),
    },
}
_KEYS: Mapping[str, tuple[str, ...]] = {
    "api_server": ("extraArgs", "extraVolumes", "extraEnvs", "certSANs"),
    "etcd": (
        "imageRepository",
        "imageTag",
        "dataDir",
        "extraArgs",
        "extraEnvs",
        "serverCertSANs",
        "peerCertSANs",
    ),
}


def freeform(answers: Answers) -> Iterator[Fault]:
    """All rules about the four documents."""
    for document in ("kubelet", "kube_proxy", "api_server", "etcd"):
        content = answers.get(dict, "kubernetes", document) or {}
        yield from _keys(document, content)
        yield from _arguments(answers, document, content.get("extraArgs"))


def _keys(document: str, content: Mapping[str, Any]) -> Iterator[Fault]:
    known, own = _KEYS.get(document), _OWN.get(document, {})
    for key in content:
        keys = ("kubernetes", document, key)
        if key in own:
            yield Fault(keys, T("a key that zkwizard decides"), own[key], at_key=True)
        elif known and key not in known:
            near = nearest(key, known)
            allowed = (
                T("{near}, the nearest known key", near=near)
                if near
                else T("one of {keys}", keys=", ".join(known))
            )
            yield Fault(keys, T("an unknown key"), allowed, at_key=True)


def _arguments(answers: Answers, document: str, arguments: Any) -> Iterator[Fault]:
    """``extraArgs`` of v1beta4: a list of names without dashes and values that are text."""
    if document not in _KEYS or arguments is None:
        return
    keys: Keys = ("kubernetes", document, "extraArgs")
    if not isinstance(arguments, list):
        yield Fault(
            keys, T("something else than a list"), T("a list of {shape}", shape="{name: …, value: …}")
        )
        return
    for index, argument in enumerate(arguments):
        yield from _argument(answers, document, (*keys, index), argument)


def _argument(answers: Answers, document: str, keys: Keys, argument: Any) -> Iterator[Fault]:
    if not isinstance(argument, dict) or set(argument) != {"name", "value"}:
        yield Fault(keys, T("another shape"), T("a mapping with name and value, and nothing else"))
        return
    name, value = argument["name"], argument["value"]
    if not isinstance(value, str):
        yield value_fault((*keys, "value"), value, T('text: write it in quotes: "{value}"', value=value))
    if not isinstance(name, str) or not name or name.startswith("-"):
        yield value_fault((*keys, "name"), name, T("the name of the flag without dashes before it"))
        return
    allowed = _OWN_ARGS[document].get(name) or _too_new(answers, document, name)
    if allowed:
        yield value_fault((*keys, "name"), name, allowed)


def _too_new(answers: Answers, document: str, name: str) -> Text | None:
    """etcd 3.7 no longer starts with an experimental flag."""
    minor = versions.find(answers.get(str, "kubernetes", "version") or "")
    if (
        document != "etcd"
        or not name.startswith("experimental-")
        or minor is None
        or minor.etcd_experimental_flags
    ):
        return None
    return T(
        "a flag without experimental-: etcd {etcd} of {minor} removed them", etcd=minor.etcd, minor=minor.name
    )

"""Names of kubeadm's preflight checks, as ``ignore_preflight`` takes them.

From kubernetes/kubernetes ``cmd/kubeadm/app/preflight/checks.go`` (1.35–1.37); kubeadm compares them without
regard to case. Families end in what they are about (``Port-6443``, ``FileAvailable--etc-kubernetes-…``).
"""

from __future__ import annotations

from difflib import get_close_matches

from zkwizard.model.text import T, Text

NAMES = (
    "ContainerRuntimeVersion",
    "CRI",
    "ExternalEtcdVersion",
    "Firewalld",
    "Hostname",
    "HTTPProxy",
    "HTTPProxyCIDR",
    "ImagePull",
    "IsPrivilegedUser",
    "KubeletVersion",
    "KubernetesVersion",
    "Mem",
    "NumCPU",
    "Swap",
    "SystemVerification",
)
FAMILIES = ("DirAvailable-", "FileAvailable-", "FileContent-", "FileExisting-", "Port-", "Service-")

_COMMON = (
    "DirAvailable--var-lib-etcd",
    "Port-10250",
    "Port-2379",
    "Port-2380",
    "Port-6443",
    "Service-Kubelet",
)
_FAMILY_TAIL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")


def refusal(name: str) -> Text | None:
    """What is allowed instead of ``name``, or None when it is one of kubeadm's."""
    lower = name.lower()
    if lower == "all":
        return T("the names of single checks: all would hide what goes wrong")
    if lower in {known.lower() for known in NAMES} or _in_family(lower):
        return None
    near = nearest(name, (*NAMES, *_COMMON))
    names = ", ".join((*NAMES, *(f"{family}…" for family in FAMILIES)))
    if near:
        return T("a preflight check of kubeadm; {near} is the nearest", near=near)
    return T("a preflight check of kubeadm: {names}", names=names)


def _in_family(lower: str) -> bool:
    for family in FAMILIES:
        tail = lower.removeprefix(family.lower())
        if tail != lower:
            return bool(tail) and set(tail) <= _FAMILY_TAIL and (family != "Port-" or tail.isdecimal())
    return False


def nearest(word: str, known: tuple[str, ...]) -> str:
    """The known word that ``word`` may be a slip of, or empty."""
    by_lower = {name.lower(): name for name in known}
    near = get_close_matches(word[:100].lower(), by_lower, n=1)
    return by_lower[near[0]] if near else ""

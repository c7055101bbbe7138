"""Pods as a person names them: ``NAME``, wherever it is, or ``NAMESPACE/NAME``."""

from __future__ import annotations

import re

from zkwizard.inspect.kubectl import kubectl
from zkwizard.model.errors import InputError
from zkwizard.model.text import T
from zkwizard.steps.shell import quote

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_NAMESPACES = '{range .items[*]}{.metadata.namespace}{"\\n"}{end}'


def object_name(text: str, what: str) -> str:
    """``text``, if Kubernetes would take it as a name; raises InputError."""
    if not _NAME.fullmatch(text):
        words = T(
            "{what}: found {found}; allowed: lower case letters, digits, - and .", what=what, found=repr(text)
        )
        raise InputError(words)
    return text


def pod_name(text: str, namespace: str) -> tuple[str, str]:
    """(namespace, name); the namespace is empty when none was named. Raises InputError."""
    before, slash, name = text.rpartition("/")
    if slash and namespace and before != namespace:
        words = T(
            "POD: found {found} with --namespace {namespace}; name one namespace",
            found=text,
            namespace=namespace,
        )
        raise InputError(words)
    where = before if slash else namespace
    return object_name(where, "namespace") if where or slash else "", object_name(name, "POD")


def namespace_of(namespace: str, name: str) -> str:
    """Shell text that puts the pod's namespace into ``zk_ns``, or ends when there is none, or several."""
    if namespace:
        return f"zk_ns={quote(namespace)}\n"
    ask = kubectl(
        "get", "pods", "-A", f"--field-selector=metadata.name={name}", "-o", f"jsonpath={_NAMESPACES}"
    )
    return (
        f"zk_ns=$({ask}) || exit\n"
        'case $(printf %s "$zk_ns" | grep -c .) in\n'
        f"0) echo 'zk: not found: there is no pod called '{quote(name)} >&2; exit 1 ;;\n"
        "1) ;;\n"
        '*) echo "zk: not found: it is in several namespaces, name one:" $zk_ns >&2; exit 1 ;;\n'
        "esac\n"
    )

"""kubectl: the command line, and everything that changes or waits."""

from __future__ import annotations

import os
import re
import sys
import time

from . import (
    cluster,
    kubectl_config,
    kubectl_describe,
    kubectl_get,
    kubectl_nodes,
    kubectl_pods,
    kubectl_wait,
    packages,
    state,
    strict_yaml,
)
from .kubeadm_config import seconds
from .kubectl_wait import label_of
from .run import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LONG = {
    "n": "namespace",
    "o": "output",
    "l": "selector",
    "A": "all-namespaces",
    "f": "filename",
    "c": "container",
    "R": "recursive",
    "i": "stdin",
    "t": "tty",
    "s": "server",
    "p": "previous",
}
_FLAGS = (
    "all-namespaces",
    "no-headers",
    "all",
    "overwrite",
    "ignore-not-found",
    "ignore-daemonsets",
    "delete-emptydir-data",
    "force",
    "now",
    "watch",
    "stdin",
    "tty",
    "show-labels",
    "client",
    "short",
    "recursive",
    "server-side",
    "previous",
    "follow",
    "minify",
    "raw-flag",
    "rm",
    "w",
    "q",
    "quiet",
    "disable-eviction",
    "force-conflicts",
    "timestamps",
    "all-containers",
    "flatten",
    "prefix",
)


def main(argv: list[str]) -> int:
    options, words, rest = _parse(argv[1:])
    verb = words[0] if words else ""
    if verb == "version":
        return _version(options)
    if verb == "config":
        return _config(words[1:], options)
    handler = _VERBS.get(verb)
    if handler is None:
        raise Refused(
            f'error: unknown command "{verb}" for "kubectl"'
            if verb
            else "kubectl controls the Kubernetes cluster manager.",
            1,
        )
    _connect(options)
    if verb in ("exec", "run"):
        return (
            kubectl_pods.execute(words[1:], rest, options)
            if verb == "exec"
            else kubectl_pods.run(words[1:], rest, options)
        )
    return handler(words[1:], options)


def _parse(arguments: list[str]) -> tuple[dict[str, str], list[str], list[str]]:
    options: dict[str, str] = {}
    words: list[str] = []
    queue = list(arguments)
    while queue:
        word = queue.pop(0)
        if word == "--":
            return options, words, queue
        if not word.startswith("-") or word == "-":
            words.append(word)
            continue
        if not word.startswith("--") and len(word) > 2 and word[1] in "noflcs" and word[2] != "=":
            key, equals, value = word[1], "=", word[2:]
        else:
            key, equals, value = word.lstrip("-").partition("=")
        if key == "it" or key == "ti":
            continue
        if key == "f" and words[:1] == ["logs"]:
            options["follow"] = "true"
            continue
        key = _LONG.get(key, key)
        if key in _FLAGS:
            if value != "false":
                options[key] = "true"
            continue
        if not equals and not queue:
            raise Refused(f"error: flag needs an argument: --{key}", 1)
        text = value if equals else queue.pop(0)
        options[key] = f"{options[key]}\n{text}" if key == "filename" and key in options else text
    return options, words, []


def _kubeconfig(options: dict[str, str]) -> str:
    return options.get("kubeconfig") or os.environ.get("KUBECONFIG") or os.path.expanduser("~/.kube/config")


def _connect(options: dict[str, str]) -> None:
    """Find the server in the kubeconfig and reach it, or refuse as kubectl does."""
    path = _kubeconfig(options)
    text = state.load(path)
    if not text and options.get("kubeconfig"):
        raise Refused(f"error: stat {path}: no such file or directory", 1)
    match = re.search(r"server: https?://(\S+)", text)
    server = match[1] if match else "localhost:8080"
    host, _, port = server.rpartition(":")
    from .kubeadm_phases import answers

    started = time.monotonic()
    if match and answers(host, int(port), seconds(options.get("request-timeout"), 5) or 5):
        if cluster.read().get("ca") and "certificate-authority-data" in text and not _trusts(text):
            raise Refused(
                "Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority "
                '(possibly because of "crypto/rsa: verification error" while trying to verify candidate authority certificate "kubernetes")',
                1,
            )
        if fault := cluster.certificate_fault():
            raise Refused(f"Unable to connect to the server: {fault}", 1)
        return
    if time.monotonic() - started > 2:
        raise Refused(f"Unable to connect to the server: dial tcp {server}: i/o timeout", 1)
    raise Refused(
        f"The connection to the server {server} was refused - did you specify the right host or port?", 1
    )


def _trusts(text: str) -> bool:
    import base64

    match = re.search(r"certificate-authority-data: (\S+)", text)
    return match is not None and base64.b64decode(match[1]).decode() == cluster.read()["ca"]


def _version(options: dict[str, str]) -> int:
    own = "v" + (packages.version_of("kubectl") or "1.36.2-1.1").partition("-")[0]
    if options.get("output") == "json":
        print(
            '{\n  "clientVersion": {\n    "gitVersion": "'
            + own
            + '"\n  },\n  "kustomizeVersion": "v5.8.1"\n}'
        )
        return 0
    print(f"Client Version: {own}\nKustomize Version: v5.8.1")
    if "client" not in options:
        _connect(options)
        print(f"Server Version: {cluster.read().get('version', '')}")
    return 0


def _config(words: list[str], options: dict[str, str]) -> int:
    return kubectl_config.config(words, options, _kubeconfig(options))


def _documents(options: dict[str, str]) -> list[dict[str, Any]]:
    if "filename" not in options:
        raise Refused("error: must specify one of -f and -k", 1)
    found: list[dict[str, Any]] = []
    for path in options["filename"].split("\n"):
        if path == "-":
            text = sys.stdin.read()
        elif os.path.exists(state.at(path)):
            text = state.load(path)
        else:
            raise Refused(f'error: the path "{path}" does not exist', 1)
        for part in strict_yaml.documents(text):
            try:
                item = strict_yaml.parse(part)
            except (strict_yaml.YamlFault, strict_yaml.DuplicateKey) as error:
                raise Refused(
                    f"error: error parsing {path}: error converting YAML to JSON: {error}", 1
                ) from error
            found += item.get("items", []) if item and item.get("kind") == "List" else [item] if item else []
    if not found:
        raise Refused("error: no objects passed to apply", 1)
    return found


def _apply(words: list[str], options: dict[str, str]) -> int:
    items = _documents(options)
    for item in items:
        if not item.get("kind") or not item.get("apiVersion") or not (item.get("metadata") or {}).get("name"):
            raise Refused(
                "error: error validating data: [apiVersion not set, kind not set]; if you choose to ignore these errors, turn "
                "validation off with --validate=false",
                1,
            )
    for item in items:
        if cluster.namespaced(item["kind"]) and "namespace" in options:
            item["metadata"].setdefault("namespace", options["namespace"])
        with state.change("cluster") as document:
            _namespace_must_exist(document, item)
            outcome = cluster.put(document, item)
        print(f"{label_of(item)} {outcome}", flush=True)
    return 0


def _namespace_must_exist(document: dict[str, Any], item: dict[str, Any]) -> None:
    namespace = item["metadata"].get("namespace", "default")
    if not cluster.namespaced(item["kind"]) or namespace in (
        "default",
        "kube-system",
        "kube-public",
        "kube-node-lease",
    ):
        return
    if cluster.key("Namespace", "", namespace) not in document.get("objects", {}):
        raise Refused(
            f'Error from server (NotFound): error when creating "STDIN": namespaces "{namespace}" not found',
            1,
        )


def _create(words: list[str], options: dict[str, str]) -> int:
    if words[:1] in (["namespace"], ["ns"]):
        items: list[dict[str, Any]] = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": words[1]}}
        ]
    else:
        items = _documents(options)
    for item in items:
        with state.change("cluster") as document:
            at = cluster.key(
                item["kind"],
                item["metadata"].get("namespace", "default" if cluster.namespaced(item["kind"]) else ""),
                item["metadata"]["name"],
            )
            if at in document.get("objects", {}):
                raise Refused(
                    f'Error from server (AlreadyExists): {item["kind"].lower()}s "{item["metadata"]["name"]}" already exists',
                    1,
                )
            cluster.put(document, item)
        print(f"{label_of(item)} created")
    return 0


def _delete(words: list[str], options: dict[str, str]) -> int:
    items = _documents(options) if "filename" in options else kubectl_get.selected(words, options)
    for item in items:
        kind, name = item["kind"], item["metadata"]["name"]
        with state.change("cluster") as document:
            if kind == "Node":
                document["nodes"].pop(name, None)
            else:
                namespace = (
                    item["metadata"].get("namespace", options.get("namespace", "default"))
                    if cluster.namespaced(kind)
                    else ""
                )
                gone = document.get("objects", {}).pop(cluster.key(kind, namespace, name), None)
                if gone is None and "filename" in options and "ignore-not-found" not in options:
                    raise Refused(f'Error from server (NotFound): {kind.lower()}s "{name}" not found', 1)
        where = (
            f" from {item['metadata'].get('namespace', 'default')} namespace"
            if cluster.namespaced(kind)
            else ""
        )
        print(f'{label_of(item).partition("/")[0]} "{name}" deleted{where}')
    return 0


def _cluster_info(words: list[str], options: dict[str, str]) -> int:
    print(f"Kubernetes control plane is running at https://{cluster.endpoint()}")
    return 0


def _elsewhere(words: list[str], options: dict[str, str]) -> int:
    return 1


_VERBS = {
    "apply": _apply,
    "cluster-info": _cluster_info,
    "cordon": kubectl_nodes.cordon,
    "create": _create,
    "delete": _delete,
    "describe": kubectl_describe.describe,
    "drain": kubectl_nodes.drain,
    "exec": _elsewhere,
    "get": kubectl_get.get,
    "label": kubectl_nodes.label_node,
    "logs": kubectl_pods.logs,
    "rollout": kubectl_wait.rollout,
    "run": _elsewhere,
    "taint": kubectl_nodes.taint,
    "uncordon": kubectl_nodes.uncordon,
    "wait": kubectl_wait.wait,
}

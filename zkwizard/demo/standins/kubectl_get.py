"""kubectl get and describe: tables as kubectl pads them, JSON, YAML, names and jsonpath."""

from __future__ import annotations

import json
import re
import sys

from . import cluster, jsonpath, kube_objects, state, strict_yaml
from .run import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def selected(words: list[str], options: dict[str, str]) -> list[dict[str, Any]]:
    """The objects that a command line names."""
    if not words:
        raise Refused(
            'error: Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that '
            "resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples",
            1,
        )
    namespace = None if options.get("all-namespaces") else options.get("namespace", "default")
    pairs = _pairs(words)
    found: list[dict[str, Any]] = []
    for kind, names in pairs.items():
        items = kube_objects.listing(kind, namespace)
        items = [i for i in items if _matches(i, options)]
        if names:
            by_name = {i["metadata"]["name"]: i for i in items}
            for name in names:
                if name not in by_name:
                    raise Refused(
                        f'Error from server (NotFound): {kube_objects.PLURALS.get(kind, kind.lower() + "s")} "{name}" not found',
                        1,
                    )
                found.append(by_name[name])
        else:
            found += items
    return found


def _pairs(words: list[str]) -> dict[str, list[str]]:
    pairs: dict[str, list[str]] = {}
    if "/" in words[0]:
        for word in words:
            kind, _, name = word.partition("/")
            pairs.setdefault(kind_of(kind), []).append(name)
        return pairs
    for kind in words[0].split(","):
        for one in ["pods", "svc", "ds", "deploy"] if kind == "all" else [kind]:
            pairs[kind_of(one)] = words[1:]
    return pairs


def kind_of(word: str) -> str:
    """The kind that people mean; kubectl's words if there is none."""
    kind = kube_objects.KINDS.get(word.partition(".")[0].lower())
    if kind is None:
        raise Refused(f'error: the server doesn\'t have a resource type "{word}"', 1)
    return kind


def _matches(item: dict[str, Any], options: dict[str, str]) -> bool:
    labels = item["metadata"].get("labels", {})
    for term in (options.get("selector") or "").split(","):
        key, equals, value = term.replace("==", "=").partition("=")
        if key.startswith("!"):
            if key[1:] in labels:
                return False
        elif key.endswith("!"):
            if labels.get(key[:-1]) == value:
                return False
        elif key and ((equals and labels.get(key) != value) or key not in labels):
            return False
    for term in (options.get("field-selector") or "").split(","):
        path, equals, value = term.partition("=")
        negative = path.endswith("!")
        if equals:
            hits = jsonpath.find("." + path.rstrip("!"), item, item) or [""]
            if (hits[0] == value.lstrip("=")) == negative:
                return False
    return True


def _clean(item: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in item.items() if not k.startswith("_")}


def get(words: list[str], options: dict[str, str]) -> int:
    """kubectl get."""
    if "raw" in options:
        print("ok", end="")
        return 0
    try:
        items = selected(words, options)
    except Refused as refusal:
        if "ignore-not-found" in options and "NotFound" in refusal.text:
            return 0
        raise
    output = options.get("output", "")
    single = len(words) == 2 or (len(words) == 1 and "/" in words[0])
    if output in ("json", "yaml") or output.startswith(("jsonpath", "go-template")):
        clean = [_clean(i) for i in items]
        whole: Any = (
            clean[0]
            if single
            else {"apiVersion": "v1", "items": clean, "kind": "List", "metadata": {"resourceVersion": ""}}
        )
        if output == "json":
            print(json.dumps(whole, indent=4))
        elif output == "yaml":
            print(strict_yaml.dump(whole), end="")
        else:
            print(jsonpath.render(output.partition("=")[2], whole), end="")
        return 0
    if output == "name":
        for item in items:
            print(
                f"{item['kind'].lower()}{'.apps' if item['kind'] in ('DaemonSet', 'Deployment') else ''}/{item['metadata']['name']}"
            )
        return 0
    if not items:
        where = (
            ""
            if options.get("all-namespaces") or not cluster.namespaced(kind_of(words[0].split(",")[0]))
            else f" in {options.get('namespace', 'default')} namespace"
        )
        print("No resources found" + where, file=sys.stderr)
        return 0
    if output.startswith("custom-columns"):
        return _custom(items, output.partition("=")[2], "no-headers" in options)
    _tables(items, options)
    return 0


def _custom(items: list[dict[str, Any]], columns: str, bare: bool) -> int:
    pairs = [c.partition(":")[::2] for c in columns.split(",")]
    rows = [
        [" ".join(map(str, jsonpath.find(path, _clean(i), _clean(i)))) or "<none>" for _, path in pairs]
        for i in items
    ]
    table([head for head, _ in pairs], rows, bare)
    return 0


def table(head: list[str], rows: list[list[str]], bare: bool = False) -> None:
    """Columns as wide as their widest cell, three spaces apart, as kubectl prints them."""
    lines = rows if bare else [head, *rows]
    widths = [max(len(line[c]) for line in lines) for c in range(len(head))]
    for line in lines:
        print(
            "   ".join(cell.ljust(width) for cell, width in zip(line[:-1], widths[:-1], strict=True))
            + ("   " if len(head) > 1 else "")
            + line[-1]
        )


def _tables(items: list[dict[str, Any]], options: dict[str, str]) -> None:
    wide, everywhere = options.get("output") == "wide", bool(options.get("all-namespaces"))
    first = True
    for kind in dict.fromkeys(i["kind"] for i in items):
        if not first:
            print()
        first = False
        rows: list[list[str]] = []
        head: list[str] = []
        for item in (i for i in items if i["kind"] == kind):
            head, row = _row(item, wide)
            if everywhere and cluster.namespaced(kind):
                head, row = ["NAMESPACE", *head], [item["metadata"].get("namespace", ""), *row]
            if "show-labels" in options:
                head, row = (
                    [*head, "LABELS"],
                    [
                        *row,
                        ",".join(f"{k}={v}" for k, v in sorted(item["metadata"].get("labels", {}).items())),
                    ],
                )
            rows.append(row)
        table(head, rows, "no-headers" in options)


def _row(item: dict[str, Any], wide: bool) -> tuple[list[str], list[str]]:
    kind, name = item["kind"], item["metadata"]["name"]
    age = cluster.age(state.now() - item.get("_created", state.now()))
    status = item.get("status", {})
    if kind == "Node":
        return _node_row(item, age, wide)
    if kind == "Pod":
        pod = item["_pod"]
        count = len(pod["containers"])
        row = [name, f"{count if pod['ready'] else 0}/{count}", pod["reason"], str(pod["restarts"]), age]
        head = ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
        if wide:
            head, row = (
                [*head, "IP", "NODE", "NOMINATED NODE", "READINESS GATES"],
                [*row, pod["ip"] or "<none>", pod["node_name"] or "<none>", "<none>", "<none>"],
            )
        return head, row
    if kind == "DaemonSet":
        counts = [
            str(status[k])
            for k in (
                "desiredNumberScheduled",
                "currentNumberScheduled",
                "numberReady",
                "updatedNumberScheduled",
                "numberAvailable",
            )
        ]
        return ["NAME", "DESIRED", "CURRENT", "READY", "UP-TO-DATE", "AVAILABLE", "NODE SELECTOR", "AGE"], [
            name,
            *counts,
            "<none>",
            age,
        ]
    if kind == "Deployment":
        ready = f"{status['readyReplicas']}/{status['replicas']}"
        return ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"], [
            name,
            ready,
            str(status["updatedReplicas"]),
            str(status["availableReplicas"]),
            age,
        ]
    if kind == "Namespace":
        return ["NAME", "STATUS", "AGE"], [name, "Active", age]
    if kind == "ConfigMap":
        return ["NAME", "DATA", "AGE"], [name, str(len(item.get("data", {}))), age]
    if kind == "Service":
        spec = item.get("spec", {})
        return ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"], [
            name,
            spec.get("type", "ClusterIP"),
            spec.get("clusterIP", "10.104.224.11"),
            "<none>",
            ",".join(f"{p['port']}/TCP" for p in spec.get("ports", [])) or "443/TCP",
            age,
        ]
    if kind == "Event":
        about = item["involvedObject"]
        return ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"], [
            age,
            item["type"],
            item["reason"],
            f"{about['kind'].lower()}/{about['name']}",
            item["message"],
        ]
    if kind == "ComponentStatus":
        return ["NAME", "STATUS", "MESSAGE", "ERROR"], [name, "Healthy", "ok", ""]
    return ["NAME", "AGE"], [name, age]


def _node_row(item: dict[str, Any], age: str, wide: bool) -> tuple[list[str], list[str]]:
    ready = next(c["status"] for c in item["status"]["conditions"] if c["type"] == "Ready")
    word = "Ready" if ready == "True" else "NotReady"
    if item["spec"].get("unschedulable"):
        word += ",SchedulingDisabled"
    roles = [
        k.rpartition("/")[2]
        for k in sorted(item["metadata"]["labels"])
        if k.startswith("node-role.kubernetes.io/")
    ]
    info = item["status"]["nodeInfo"]
    head, row = (
        ["NAME", "STATUS", "ROLES", "AGE", "VERSION"],
        [item["metadata"]["name"], word, ",".join(roles) or "<none>", age, info["kubeletVersion"]],
    )
    if wide:
        head += ["INTERNAL-IP", "EXTERNAL-IP", "OS-IMAGE", "KERNEL-VERSION", "CONTAINER-RUNTIME"]
        row += [
            item["status"]["addresses"][0]["address"] or "<none>",
            "<none>",
            info["osImage"],
            f"{info['kernelVersion']} ({info['architecture']})",
            info["containerRuntimeVersion"],
        ]
    return head, row


def condition_met(item: dict[str, Any], condition: str) -> bool:
    """Whether `kubectl wait --for=condition=NAME[=VALUE]` is satisfied."""
    name, _, value = condition.partition("=")
    wanted = (value or "True").lower()
    hits = [c for c in item.get("status", {}).get("conditions", []) if c["type"].lower() == name.lower()]
    if item["kind"] == "Deployment" and name.lower() == "available":
        return bool(item["status"]["availableReplicas"] == item["status"]["replicas"] > 0)
    return any(re.fullmatch(wanted, str(c["status"]).lower()) for c in hits)

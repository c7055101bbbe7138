"""kubectl on nodes: label, taint, cordon, uncordon, drain."""

from __future__ import annotations

import sys

from . import cluster, kube_pods, state
from .run import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _named_nodes(words: list[str], options: dict[str, str]) -> list[str]:
    names = [w.partition("/")[2] or w for w in words]
    known = cluster.read().get("nodes", {})
    if "all" in options:
        return sorted(known)
    for name in names:
        if name not in known:
            raise Refused(f'Error from server (NotFound): nodes "{name}" not found', 1)
    return names


def label_node(words: list[str], options: dict[str, str]) -> int:
    """kubectl label node."""
    changes = [w for w in words[1:] if "=" in w or w.endswith("-")]
    for name in _named_nodes([w for w in words[1:] if w not in changes], options):
        with state.change("cluster") as document:
            labels = document["nodes"][name]["labels"]
            before = dict(labels)
            for change in changes:
                key, equals, value = change.partition("=")
                if not equals:
                    labels.pop(change[:-1], None)
                elif labels.get(key, value) != value and "overwrite" not in options:
                    raise Refused(
                        f"error: '{key}' already has a value ({labels[key]}), and --overwrite is false", 1
                    )
                else:
                    labels[key] = value
            word = (
                "not labeled" if labels == before else "unlabeled" if len(labels) < len(before) else "labeled"
            )
        print(f"node/{name} {word}")
    return 0


def taint(words: list[str], options: dict[str, str]) -> int:
    """kubectl taint node."""
    changes = [w for w in words[1:] if ":" in w or w.endswith("-")]
    for name in _named_nodes([w for w in words[1:] if w not in changes and w != "--all"], options):
        with state.change("cluster") as document:
            word = _change_taints(document["nodes"][name], name, changes, "overwrite" in options)
        print(f"node/{name} {word}")
    return 0


def _change_taints(node: dict[str, Any], name: str, changes: list[str], overwrite: bool) -> str:
    word = "tainted"
    for change in changes:
        body, effect = change.rstrip("-").partition(":")[::2]
        key, _, value = body.partition("=")
        have = [t for t in node["taints"] if t["key"] == key and (not effect or t["effect"] == effect)]
        if change.endswith("-"):
            if not have:
                raise Refused(f'error: taint "{change.rstrip("-")}" not found', 1)
            node["taints"] = [t for t in node["taints"] if t not in have]
            word = "untainted"
            continue
        if have and not overwrite:
            raise Refused(
                f"error: node {name} already has {key} taint(s) with same effect(s) and --overwrite is false",
                1,
            )
        node["taints"] = [t for t in node["taints"] if t not in have] + [
            {"key": key, "effect": effect, **({"value": value} if value else {})}
        ]
    return word


def cordon(words: list[str], options: dict[str, str], *, on: bool = True) -> int:
    """kubectl cordon."""
    for name in _named_nodes(words, options):
        with state.change("cluster") as document:
            node = document["nodes"][name]
            same = bool(node.get("unschedulable")) == on
            node["unschedulable"] = on
        print(f"node/{name} {'already ' if same else ''}{'cordoned' if on else 'uncordoned'}")
    return 0


def uncordon(words: list[str], options: dict[str, str]) -> int:
    """kubectl uncordon."""
    return cordon(words, options, on=False)


def drain(words: list[str], options: dict[str, str]) -> int:
    """kubectl drain."""
    cordon(words, options)
    for name in _named_nodes(words, options):
        own = [p for p in kube_pods.pods() if p["node_name"] == name]
        daemons = [f"{p['namespace']}/{p['name']}" for p in own if p.get("owner", ("", ""))[0] == "DaemonSet"]
        if daemons and "ignore-daemonsets" not in options:
            raise Refused(
                f'error: unable to drain node "{name}" due to error: cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): '
                f"{', '.join(daemons)}, continuing command...\nThere are pending nodes to be drained:\n {name}\ncannot delete "
                f"DaemonSet-managed Pods (use --ignore-daemonsets to ignore): {', '.join(daemons)}",
                1,
            )
        bare = [p for p in own if not p.get("owner") and "tier" not in p["labels"]]
        if daemons or bare:
            text = (
                f"deleting Pods that declare no controller: {', '.join(p['namespace'] + '/' + p['name'] for p in bare)}; "
                if bare
                else ""
            )
            print(f"Warning: {text}ignoring DaemonSet-managed Pods: {', '.join(daemons)}", file=sys.stderr)
        for pod in bare:
            print(f"evicting pod {pod['namespace']}/{pod['name']}")
            with state.change("cluster") as document:
                document["objects"].pop(cluster.key("Pod", pod["namespace"], pod["name"]), None)
            print(f"pod/{pod['name']} evicted")
        print(f"node/{name} drained")
    return 0

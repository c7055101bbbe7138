"""kubectl describe of nodes and pods: kubectl 1.36's own layout, with what a practice cluster knows."""

from __future__ import annotations

import time

from . import cluster, kube_events, kube_objects, kubectl_get, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def describe(words: list[str], options: dict[str, str]) -> int:
    """kubectl describe."""
    for item in kubectl_get.selected(words, options):
        if item["kind"] == "Node":
            _node(item)
        elif item["kind"] == "Pod":
            _pod(item)
        else:
            print(f"Name:         {item['metadata']['name']}")
        _events(item)
    return 0


def _node(item: dict[str, Any]) -> None:
    metadata, spec, status = item["metadata"], item["spec"], item["status"]
    roles = [k.rpartition("/")[2] for k in metadata["labels"] if k.startswith("node-role.kubernetes.io/")]
    print(
        f"Name:               {metadata['name']}\nRoles:              {','.join(sorted(roles)) or '<none>'}"
    )
    _block("Labels:             ", metadata["labels"])
    _block("Annotations:        ", metadata["annotations"], ": ")
    print(f"CreationTimestamp:  {_long(item['_created'])}")
    taints = [
        f"{t['key']}{'=' + t['value'] if t.get('value') else ''}:{t['effect']}"
        for t in spec.get("taints", [])
    ]
    print("Taints:             " + ("\n                    ".join(taints) or "<none>"))
    print(f"Unschedulable:      {str(bool(spec.get('unschedulable'))).lower()}\nConditions:")
    rows = [["Type", "Status", "LastTransitionTime", "Reason", "Message"]]
    rows += [["-" * len(head) for head in rows[0]]]
    for c in status["conditions"]:
        when = _long(
            time.mktime(time.strptime(c["lastTransitionTime"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
        )
        rows.append([c["type"], c["status"], when, c["reason"], c["message"]])
    _columns(rows)
    print("Addresses:")
    for a in status["addresses"]:
        print(f"  {a['type'] + ':':<12} {a['address']}")
    info = status["nodeInfo"]
    print(
        f"System Info:\n  Kernel Version:             {info['kernelVersion']}\n"
        f"  OS Image:                   {info['osImage']}\n  Operating System:           linux\n"
        f"  Architecture:               {info['architecture']}\n"
        f"  Container Runtime Version:  {info['containerRuntimeVersion']}\n"
        f"  Kubelet Version:            {info['kubeletVersion']}"
    )
    if spec.get("podCIDR"):
        print(
            f"PodCIDR:                      {spec['podCIDR']}\nPodCIDRs:                     {spec['podCIDR']}"
        )


def _pod(item: dict[str, Any]) -> None:
    pod, node = item["_pod"], ""
    if pod["node_name"]:
        node = f"{pod['node_name']}/{cluster.internal_ip(cluster.read()['nodes'][pod['node_name']])}"
    print(
        f"Name:             {pod['name']}\nNamespace:        {pod['namespace']}\nNode:             {node or '<none>'}"
    )
    if node:
        print(f"Start Time:       {_long(pod['started'])}")
    _block("Labels:           ", pod["labels"])
    print(f"Annotations:      <none>\nStatus:           {pod['phase']}\nIP:               {pod['ip']}")
    if pod.get("owner"):
        print(f"Controlled By:  {pod['owner'][0]}/{pod['owner'][1]}")
    print("Containers:")
    for container in pod["containers"]:
        _container(pod, container)
    print("Conditions:")
    _columns([["Type", "Status"], *([c["type"], c["status"] + " "] for c in item["status"]["conditions"])])


def _container(pod: dict[str, Any], container: dict[str, Any]) -> None:
    print(f"  {container['name']}:")
    if pod["phase"] == "Running":
        print(f"    Container ID:  containerd://{kube_objects.container_id(pod, container['name'], 0)}")
    print(f"    Image:         {container.get('image', '')}")
    if pod["ready"]:
        print(f"    State:          Running\n      Started:      {_long(pod['started'])}")
    elif pod["node_name"]:
        print(f"    State:          Waiting\n      Reason:       {pod['reason']}")
    if pod["code"]:
        print(f"    Last State:     Terminated\n      Reason:       Error\n      Exit Code:    {pod['code']}")
    print(f"    Ready:          {pod['ready']}\n    Restart Count:  {pod['restarts']}")


def _events(item: dict[str, Any]) -> None:
    kind, name = item["kind"], item["metadata"]["name"]
    own = [
        e
        for e in kube_events.events()
        if (e["involvedObject"]["kind"], e["involvedObject"]["name"]) == (kind, name)
    ]
    if not own:
        print("Events:              <none>")
        return
    print("Events:")
    rows = [["Type", "Reason", "Age", "From", "Message"]]
    rows += [["-" * len(head) for head in rows[0]]]
    for e in own:
        age = cluster.age(state.now() - e["_created"])
        times = f"{age} (x{e['count']} over {age})" if e["count"] > 1 else age
        field = e["involvedObject"].get("fieldPath")
        rows.append(
            [
                e["type"],
                e["reason"],
                times,
                e["source"]["component"],
                f"{field + ': ' if field else ''}{e['message']}",
            ]
        )
    _columns(rows, 2)


def _columns(rows: list[list[str]], apart: int = 3) -> None:
    widths = [max(len(row[c]) for row in rows) for c in range(len(rows[0]))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths[:-1], strict=True)]
        print("  " + (" " * apart).join([*cells, row[-1]]))


def _block(head: str, values: dict[str, str], separator: str = "=") -> None:
    lines = [f"{k}{separator}{v}" for k, v in sorted(values.items())]
    print(head + ("\n" + " " * len(head)).join(lines or ["<none>"]))


def _long(moment: float) -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(moment))

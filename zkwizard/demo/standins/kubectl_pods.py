"""kubectl exec, logs and run: what happens inside pods, as far as checking a cluster needs it."""

from __future__ import annotations

import re
import sys
import time

from . import cluster, etcdctl, kube_pods, kubectl_get, pod_logs, state
from .run import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _pod(words: list[str], options: dict[str, str]) -> dict[str, Any]:
    name = words[0] if words else ""
    if name.partition("/")[0] in ("ds", "daemonset", "deploy", "deployment"):
        kind, _, owner = name.partition("/")
        wanted = (kubectl_get.kind_of(kind), owner)
        own = [
            p
            for p in kube_pods.pods()
            if p.get("owner") == wanted and p["namespace"] == options.get("namespace", "default")
        ]
        if own:
            return own[0]
    item = kubectl_get.selected(["pod", name.removeprefix("pod/").removeprefix("pods/")], options)[0]
    return dict(item["_pod"])


def _reachable(pod: dict[str, Any], path: str = "") -> None:
    """exec and logs go from the API server to the kubelet's InternalIP; for logs it is a plain request to `path`."""
    document = cluster.read()
    node = document["nodes"].get(pod["node_name"])
    if node is None:
        raise Refused(f"Error from server (BadRequest): pod {pod['name']} does not have a host assigned", 1)
    ip = cluster.internal_ip(node)
    if cluster.condition(node)[0] != "Unknown":
        return
    fault = f"dial tcp {ip}:10250: connect: no route to host"
    if path:
        raise Refused(f'Error from server: Get "https://{ip}:10250{path}": {fault}', 1)
    raise Refused(f"error: unable to upgrade connection: error dialing backend: {fault}", 1)


def execute(words: list[str], rest: list[str], options: dict[str, str]) -> int:
    """kubectl exec POD -- COMMAND"""
    pod = _pod(words, options)
    command = rest or words[1:]
    if not command:
        raise Refused("error: you must specify at least one command for the container", 1)
    _reachable(pod)
    if not pod["ready"]:
        raise Refused(
            f'error: Internal error occurred: unable to upgrade connection: container not found ("{pod["container"]}")',
            1,
        )
    code = inside(pod, command)
    if code:
        print(f"command terminated with exit code {code}", file=sys.stderr)
    return code


def inside(pod: dict[str, Any], command: list[str]) -> int:
    """Run a command as a pod would see it."""
    if command[:2] in (["sh", "-c"], ["/bin/sh", "-c"]):
        return _script(pod, command[2])
    program, arguments = command[0].rpartition("/")[2], command[1:]
    plain = [
        a
        for a in arguments
        if (not a.startswith("-") and not re.fullmatch(r"[\d.]+s?", a)) or a.count(".") == 3
    ]
    if program == "ping":
        return _ping(plain[-1] if plain else "", arguments)
    if program == "nslookup":
        return _nslookup(plain[0] if plain else "")
    if program in ("wget", "nc", "curl"):
        url = next((a for a in plain if "." in a or ":" in a), "")
        ok = _known(re.sub(r"^\w+://", "", url).partition("/")[0].partition(":")[0])
        if ok and program != "nc":
            print("ok")
        return 0 if ok else 1
    if program == "hostname":
        print(pod["name"])
        return 0
    if (program == "cat" and plain and plain[0] == "/etc/resolv.conf") or arguments == ["/etc/resolv.conf"]:
        print(
            "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5"
        )
        return 0
    if program in ("true", "sleep", "sh"):
        return 0
    if program == "echo":
        print(" ".join(arguments))
        return 0
    if program == "etcdctl" and pod["name"].startswith("etcd-"):
        return etcdctl.main(arguments)
    print(
        f'OCI runtime exec failed: exec failed: unable to start container process: exec: "{command[0]}": executable file not found in $PATH: unknown',
        file=sys.stderr,
    )
    return 127


def _script(pod: dict[str, Any], text: str) -> int:
    """Commands joined by && or ; run one after the other."""
    code = 0
    for part in re.split(r"&&|;|\n", text):
        words = [w for w in part.strip().split() if not re.match(r"\d?>", w)]
        if words:
            code = inside(pod, words)
            if code and "&&" in text:
                return code
    return code


def _known(address: str) -> bool:
    """Whether a pod, node or service of that address or name answers."""
    document = cluster.read()
    addresses = {p["ip"] for p in kube_pods.pods() if p["ready"]} | {
        cluster.internal_ip(n) for n in document.get("nodes", {}).values()
    }
    return (
        address in addresses
        or address in ("10.96.0.1", "10.96.0.10")
        or (bool(address) and not address[0].isdigit() and _resolves(address))
    )


def _ping(target: str, arguments: list[str]) -> int:
    words = " ".join(arguments)
    wanted = re.search(r"-c\s*(\d+)", words)
    count = int(wanted[1]) if wanted else 4
    print(f"PING {target} ({target}): 56 data bytes")
    reached = _known(target)
    for number in range(count if reached else 0):
        print(f"64 bytes from {target}: seq={number} ttl=62 time=0.{412 + number} ms")
    if not reached:
        time.sleep(0.2)
    loss = 0 if reached else 100
    print(
        f"\n--- {target} ping statistics ---\n{count} packets transmitted, {count if reached else 0} packets received, {loss}% packet loss"
    )
    if reached:
        print("round-trip min/avg/max = 0.412/0.418/0.424 ms")
    return 0 if reached else 1


def _resolves(name: str) -> bool:
    short = name.removesuffix(".").removesuffix(".cluster.local").removesuffix(".svc")
    service, _, namespace = short.partition(".")
    if (service, namespace or "default") in (("kubernetes", "default"), ("kube-dns", "kube-system")):
        return True
    return cluster.key("Service", namespace or "default", service) in cluster.read().get("objects", {})


def _nslookup(name: str) -> int:
    ready = any(p["ready"] for p in kube_pods.pods() if p["name"].startswith("coredns"))
    if not ready:
        print(";; connection timed out; no servers could be reached\n")
        return 1
    print("Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n")
    if not _resolves(name):
        print(f"** server can't find {name}: NXDOMAIN\n")
        return 1
    full = name if "." in name else f"{name}.default.svc.cluster.local"
    address = (
        "10.96.0.10"
        if name.startswith("kube-dns")
        else "10.96.0.1"
        if name.startswith("kubernetes")
        else "10.104.224.11"
    )
    print(f"\nName:\t{full}\nAddress: {address}\n")
    return 0


def logs(words: list[str], options: dict[str, str]) -> int:
    """kubectl logs."""
    pod = _pod(words, options)
    names = [c["name"] for c in pod["containers"]]
    inits = [c["name"] for c in pod["spec"].get("initContainers") or []]
    container = options.get("container") or names[0]
    if container not in names + inits:
        raise Refused(f"error: container {container} is not valid for pod {pod['name']}", 1)
    if "container" not in options and len(names) + len(inits) > 1:
        others = ", ".join([*names, *(f"{n} (init)" for n in inits)])
        print(f'Defaulted container "{container}" out of: {others}', file=sys.stderr, flush=True)
    of_pod = f'container "{container}" in pod "{pod["name"]}"'
    if not pod["node_name"]:
        return 0
    _reachable(pod, f"/containerLogs/{pod['namespace']}/{pod['name']}/{container}")
    if pod["reason"] == "ErrImagePull":
        raise Refused(
            f"Error from server (BadRequest): {of_pod} is waiting to start: image can't be pulled", 1
        )
    if pod["reason"] == "ContainerCreating":
        raise Refused(f"Error from server (BadRequest): {of_pod} is waiting to start: ContainerCreating", 1)
    if "previous" in options and not pod["restarts"]:
        raise Refused(f"Error from server (BadRequest): previous terminated {of_pod} not found", 1)
    return pod_logs.show(pod, container, options)


def run(words: list[str], rest: list[str], options: dict[str, str]) -> int:
    """kubectl run NAME --image=IMAGE [--rm -i] [-- COMMAND]"""
    name = words[0]
    spec: dict[str, Any] = {
        "containers": [
            {"name": name, "image": options.get("image", "busybox"), **({"command": rest} if rest else {})}
        ]
    }
    item = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": options.get("namespace", "default"), "labels": {"run": name}},
        "spec": spec,
    }
    with state.change("cluster") as document:
        if cluster.put(document, item) != "created":
            raise Refused(f'Error from server (AlreadyExists): pods "{name}" already exists', 1)
    if "stdin" not in options and "rm" not in options:
        print(f"pod/{name} created")
        return 0
    end = time.monotonic() + 60
    while not (pod := _pod([name], options))["ready"]:
        if time.monotonic() > end:
            raise Refused("error: timed out waiting for the condition", 1)
        time.sleep(0.1)
    code = inside(pod, rest) if rest else 0
    if "rm" in options:
        with state.change("cluster") as document:
            document["objects"].pop(cluster.key("Pod", options.get("namespace", "default"), name), None)
        print(f'pod "{name}" deleted from {options.get("namespace", "default")} namespace')
    return code

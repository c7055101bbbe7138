"""crictl: version, info, images, pull, rmi, ps, pods, exec, logs, inspect, stop and remove, over the stand-in runtime."""

from __future__ import annotations

import hashlib
import json
import re
import time

from . import (
    cluster,
    containerd,
    kube_objects,
    kube_pods,
    kubeadm_files,
    kubectl_pods,
    packages,
    pod_logs,
    sandboxes,
    state,
)
from .run import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_WITH_VALUE = (
    "-r",
    "--runtime-endpoint",
    "-i",
    "--image-endpoint",
    "-t",
    "--timeout",
    "-c",
    "--config",
    "-o",
    "--output",
    "--name",
    "--state",
    "--label",
    "--namespace",
    "--id",
    "--pod",
    "-p",
    "--tail",
    "--creds",
    "--auth",
)


def main(argv: list[str]) -> int:
    options: dict[str, str] = {}
    words: list[str] = []
    queue = argv[1:]
    while queue:
        word = queue.pop(0)
        if words[:1] == ["exec"] and len(words) > 1:
            words += [word, *queue]
            break
        key, equals, value = word.partition("=")
        if key in _WITH_VALUE:
            options[key] = value if equals else queue.pop(0)
        elif word.startswith("-"):
            options[word] = ""
        else:
            words.append(word)
    if "--version" in options or "-v" in options:
        print("crictl version v" + (packages.version_of("cri-tools") or "1.36.0").partition("-")[0])
        return 0
    verb = words[0] if words else "help"
    endpoint = options.get("-r") or options.get("--runtime-endpoint") or _configured()
    fault = containerd.cri_fault(endpoint)
    if fault:
        raise Refused(f'time="{_stamp()}" level=fatal msg={json.dumps(fault)}', 1)
    handler = _VERBS.get(verb)
    if handler is None:
        raise Refused(f"No help topic for '{verb}'", 3)
    return handler(words[1:], options) or 0


def _configured() -> str:
    match = re.search(r"^runtime-endpoint:\s*[\"']?(\S+?)[\"']?\s*$", state.load("/etc/crictl.yaml"), re.M)
    return match[1] if match else "unix:///run/containerd/containerd.sock"


def _version(words: list[str], options: dict[str, str]) -> None:
    print(
        f"Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  v{containerd.version()}\nRuntimeApiVersion:  v1"
    )


def _info(words: list[str], options: dict[str, str]) -> None:
    cri = state.read(state.mine()).get("cri", {})
    network = cluster.node_has_network(state.node())
    runc = {
        "options": {"BinaryName": "", "SystemdCgroup": cri.get("systemd_cgroup", False)},
        "runtimeType": "io.containerd.runc.v2",
        "sandboxer": "podsandbox",
    }
    reason = {"message": "", "reason": "", "status": True, "type": "NetworkReady"}
    if not network:
        reason = {
            "message": "Network plugin returns error: cni plugin not initialized",
            "reason": "NetworkPluginNotReady",
            "status": False,
            "type": "NetworkReady",
        }
    print(json.dumps({
        "config": {"containerd": {"defaultRuntimeName": "runc", "runtimes": {"runc": runc}},
                   "cni": {"binDirs": ["/opt/cni/bin"], "confDir": "/etc/cni/net.d"},
                   "containerdEndpoint": containerd.SOCKET, "rootDir": "/var/lib/containerd/io.containerd.grpc.v1.cri",
                   "sandboxImage": cri.get("sandbox", "")},
        "golang": "go1.24.11",
        "status": {"conditions": [{"message": "", "reason": "", "status": True, "type": "RuntimeReady"}, reason]},
    }, indent=2))  # fmt: skip


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _images(words: list[str], options: dict[str, str]) -> None:
    names = sorted(n for n in containerd.images() if not words or n.startswith(words[0]))
    if options.get("-o") == "json" or options.get("--output") == "json":
        print(
            json.dumps(
                {
                    "images": [
                        {
                            "id": "sha256:" + _digest(n),
                            "repoTags": [n],
                            "repoDigests": [],
                            "size": "30000000",
                            "pinned": "pause" in n,
                        }
                        for n in names
                    ]
                },
                indent=2,
            )
        )
        return
    if "-q" in options or "--quiet" in options:
        print("".join(f"sha256:{_digest(n)}\n" for n in names), end="")
        return
    print(f"{'IMAGE':<45} {'TAG':<20} {'IMAGE ID':<20} SIZE")
    for name in names:
        repository, _, tag = name.rpartition(":")
        print(f"{repository:<45} {tag:<20} {_digest(name)[:13]:<20} 30MB")


def _pull(words: list[str], options: dict[str, str]) -> None:
    image = words[0] if words else ""
    if not image:
        raise Refused('time="" level=fatal msg="image name cannot be empty"', 1)
    containerd.pull(image)
    print(f"Image is up to date for sha256:{_digest(image)}")


def _remove_image(words: list[str], options: dict[str, str]) -> None:
    with state.change(state.mine()) as document:
        have = document.setdefault("images", {})
        for name in list(have) if "-a" in options or "--all" in options else words:
            if have.pop(name, None) is None:
                raise Refused(f'level=fatal msg="no such image {name}"', 1)
            print(f"Deleted: {name}")


def _mine() -> list[dict[str, Any]]:
    """The pods whose sandbox is on this node. A static pod is there as long as its manifest is."""
    if not cluster.kubelet_of(state.node()):
        return []
    return [
        p
        for p in kube_pods.pods()
        if p["node"] == state.node()
        and (p["phase"] == "Running" or p["reason"] == "ErrImagePull")
        and _manifest(p)
    ]


def _manifest(pod: dict[str, Any]) -> bool:
    if pod["labels"].get("tier") != "control-plane":
        return True
    return bool(state.load(f"{kubeadm_files.MANIFESTS}/{pod['container']}.yaml"))


def _containers() -> list[dict[str, Any]]:
    """All containers as the CRI's JSON has them, the newest first."""
    found: list[dict[str, Any]] = []
    for pod in _mine():
        etcd = state.load(f"{kubeadm_files.MANIFESTS}/etcd.yaml")
        dead = bool(pod["code"]) or (pod["container"] == "kube-apiserver" and not etcd)
        for c in [] if pod["reason"] == "ErrImagePull" else pod["containers"]:
            attempt = 5 if dead else pod["restarts"]
            found.append(_container(pod, c, attempt, "CONTAINER_EXITED" if dead else "CONTAINER_RUNNING"))
        if pod["phase"] == "Running":
            found += [
                _container(pod, c, 0, "CONTAINER_EXITED") for c in pod["spec"].get("initContainers") or []
            ]
    return sorted(found, key=lambda c: -int(c["createdAt"]))


def _container(pod: dict[str, Any], container: dict[str, Any], attempt: int, status: str) -> dict[str, Any]:
    image = "sha256:" + _digest(container.get("image", ""))
    labels = {
        "io.kubernetes.container.name": container["name"], "io.kubernetes.pod.name": pod["name"],
        "io.kubernetes.pod.namespace": pod["namespace"], "io.kubernetes.pod.uid": pod["uid"],
    }  # fmt: skip
    return {
        "id": kube_objects.container_id(pod, container["name"], attempt), "podSandboxId": _sandbox(pod),
        "metadata": {"name": container["name"], "attempt": attempt},
        "image": {"image": image, "annotations": {}, "userSpecifiedImage": container.get("image", ""), "runtimeHandler": ""},
        "imageRef": image, "state": status, "createdAt": str(int(pod["started"] * 1e9)), "labels": labels,
        "annotations": {"io.kubernetes.container.restartCount": str(attempt)}, "imageId": image,
    }  # fmt: skip


def _sandbox(pod: dict[str, Any]) -> str:
    return _digest(f"{pod['uid']}/sandbox")


def _chosen(words: list[str], options: dict[str, str]) -> list[dict[str, Any]]:
    """What -a, --name (a regular expression), --state, --id and --pod leave."""
    flags = "".join(k[1:] for k in options if k.startswith("-") and not k.startswith("--"))
    found = _containers()
    if "a" not in flags and "--all" not in options and "--state" not in options:
        found = [c for c in found if c["state"] == "CONTAINER_RUNNING"]
    if wanted := options.get("--state", "").lower():
        found = [c for c in found if c["state"] == f"CONTAINER_{wanted.upper()}"]
    if label := options.get("--label"):
        key, _, value = label.partition("=")
        found = [c for c in found if c["labels"].get(key) == value]
    if pattern := options.get("--name"):
        found = [c for c in found if re.search(pattern, c["metadata"]["name"])]
    if start := options.get("--id"):
        found = [c for c in found if c["id"].startswith(start)]
    return found


def _ps(words: list[str], options: dict[str, str]) -> None:
    chosen = _chosen(words, options)
    if "json" in (options.get("-o"), options.get("--output")):
        print(json.dumps({"containers": chosen}, indent=2))
        return
    if any(k in options for k in ("-q", "-aq", "-qa", "--quiet")):
        print("".join(f"{c['id']}\n" for c in chosen), end="")
        return
    heads = ["CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD", "NAMESPACE"]
    rows = [
        [
            c["id"][:13],
            c["image"]["image"].removeprefix("sha256:")[:13],
            _ago(int(c["createdAt"]) / 1e9),
            c["state"].removeprefix("CONTAINER_").capitalize(),
            c["metadata"]["name"],
            str(c["metadata"]["attempt"]),
            c["podSandboxId"][:13],
            c["labels"]["io.kubernetes.pod.name"],
            c["labels"]["io.kubernetes.pod.namespace"],
        ]
        for c in chosen
    ]
    _table(heads, rows)


def _pods(words: list[str], options: dict[str, str]) -> None:
    if "-q" in options:
        ids = dict.fromkeys([*map(_sandbox, _mine()), *sandboxes.left()])
        print("".join(f"{identity}\n" for identity in ids), end="")
        return
    heads = ["POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "RUNTIME"]
    rows = [
        [_sandbox(p)[:13], _ago(p["started"]), "Ready", p["name"], p["namespace"], "0", "(default)"]
        for p in _mine()
    ]
    _table(heads, rows)


def _table(heads: list[str], rows: list[list[str]]) -> None:
    """Columns as Go's tabwriter makes them for crictl: at least 20 wide, three blanks apart, the last one bare."""
    widths = [max(20, *(len(row[c]) + 3 for row in [heads, *rows])) for c in range(len(heads))]
    for row in [heads, *rows]:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths[:-1], strict=True)]
        print("".join([*cells, row[-1]]))


def _ago(moment: float) -> str:
    """As units.HumanDuration of Go's docker library puts it."""
    seconds = int(state.now() - moment)
    if seconds < 60:
        return f"{max(1, seconds)} seconds ago" if seconds > 1 else "Less than a second ago"
    if seconds < 120:
        return "About a minute ago"
    return f"{seconds // 60} minutes ago" if seconds < 3600 else f"{seconds // 3600} hours ago"


def _found(words: list[str]) -> dict[str, Any]:
    """The container whose id begins so."""
    given = words[0] if words else ""
    for c in _containers():
        if given and c["id"].startswith(given):
            return c
    code = 'rpc error: code = NotFound desc = an error occurred when try to find container "'
    raise Refused(f'time="{_stamp()}" level=fatal msg="{code}{given}\\": not found"', 1)


def _exec(words: list[str], options: dict[str, str]) -> int:
    container = _found(words)
    if container["state"] != "CONTAINER_RUNNING":
        text = f"execing command in container: container is in {container['state']} state"
        raise Refused(f'time="{_stamp()}" level=fatal msg={json.dumps(text)}', 1)
    pod = next(p for p in _mine() if p["uid"] == container["labels"]["io.kubernetes.pod.uid"])
    code = kubectl_pods.inside(pod, words[1:])
    if code:
        text = f"execing command in container: command terminated with exit code {code}"
        raise Refused(f'time="{_stamp()}" level=fatal msg={json.dumps(text)}', 1)
    return 0


def _logs(words: list[str], options: dict[str, str]) -> int:
    container = _found(words)
    pod = next(p for p in _mine() if p["uid"] == container["labels"]["io.kubernetes.pod.uid"])
    wanted = {"tail": options["--tail"]} if "--tail" in options else {}
    return pod_logs.show(pod, container["metadata"]["name"], wanted)


def _inspect(words: list[str], options: dict[str, str]) -> None:
    status = _found(words)
    shown = {
        key: status[key] for key in ("id", "metadata", "state", "createdAt", "image", "labels", "annotations")
    }
    print(json.dumps({"status": shown, "info": {}}, indent=2))


def _stamp() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _remove_pods(words: list[str], options: dict[str, str]) -> None:
    for word in words:
        for identity in sandboxes.left():
            if identity.startswith(word):
                sandboxes.removed(identity)
                print(f"Removed sandbox {word}")


def _quietly(words: list[str], options: dict[str, str]) -> None:
    return


_VERBS: dict[str, Callable[[list[str], dict[str, str]], int | None]] = {
    "images": _images,
    "image": _images,
    "info": _info,
    "pods": _pods,
    "ps": _ps,
    "pull": _pull,
    "rmi": _remove_image,
    "rm": _quietly,
    "rmp": _remove_pods,
    "stop": _quietly,
    "stopp": _quietly,
    "exec": _exec,
    "inspect": _inspect,
    "logs": _logs,
    "version": _version,
}

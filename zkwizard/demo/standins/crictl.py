"""crictl: version, info, images, pull, rmi, ps, pods, stop and remove, over the stand-in runtime."""

from __future__ import annotations

import hashlib
import json
import re
import time

from . import cluster, containerd, kube_pods, packages, state
from .run import Refused

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
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        raise Refused(f'time="{stamp}" level=fatal msg={json.dumps(fault)}', 1)
    handler = _VERBS.get(verb)
    if handler is None:
        raise Refused(f"No help topic for '{verb}'", 3)
    handler(words[1:], options)
    return 0


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


def _mine() -> list[dict[str, object]]:
    return (
        [p for p in kube_pods.pods() if p["node"] == state.node() and p["phase"] == "Running"]
        if cluster.kubelet_of(state.node())
        else []
    )


def _ps(words: list[str], options: dict[str, str]) -> None:
    if "-q" in options or "-aq" in options:
        print("".join(_digest(str(p["name"]))[:13] + "\n" for p in _mine()), end="")
        return
    print(
        "CONTAINER           IMAGE               CREATED             STATE               NAME                ATTEMPT             "
        "POD ID              POD                     NAMESPACE"
    )
    for pod in _mine():
        name = str(pod["name"])
        print(
            f"{_digest(name)[:13]:<19} {_digest(name + 'i')[:13]:<19} {'About a minute ago':<19} {'Running':<19} "
            f"{pod['container']!s:<19} {'0':<19} {_digest(name + 'p')[:13]:<19} {name:<23} {pod['namespace']}"
        )


def _pods(words: list[str], options: dict[str, str]) -> None:
    if "-q" in options:
        print("".join(_digest(str(p["name"]) + "p")[:13] + "\n" for p in _mine()), end="")
        return
    print(
        "POD ID              CREATED             STATE               NAME                    NAMESPACE           ATTEMPT             RUNTIME"
    )
    for pod in _mine():
        name = str(pod["name"])
        print(
            f"{_digest(name + 'p')[:13]:<19} {'About a minute ago':<19} {'Ready':<19} {name:<23} {pod['namespace']!s:<19} {'0':<19} (default)"
        )


def _quietly(words: list[str], options: dict[str, str]) -> None:
    return


_VERBS = {
    "images": _images,
    "image": _images,
    "info": _info,
    "pods": _pods,
    "ps": _ps,
    "pull": _pull,
    "rmi": _remove_image,
    "rm": _quietly,
    "rmp": _quietly,
    "stop": _quietly,
    "stopp": _quietly,
    "logs": _quietly,
    "version": _version,
}

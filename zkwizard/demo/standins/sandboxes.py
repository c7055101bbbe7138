"""What pods leave on a machine: a network namespace with its link on cni0, mounts below the kubelet's folder,
address records, logs. It outlives the kubelet, as with the real ones, and goes when the runtime removes the pod.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess

from . import cluster, kube_pods, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_RECORDS = "/var/lib/cni/networks/cbr0"


def sandbox_id(pod: dict[str, Any]) -> str:
    """As crictl shows it."""
    return hashlib.sha256(f"{pod['uid']}/sandbox".encode()).hexdigest()


def follow() -> None:
    """Make what the pods of this machine need, and remove what former ones left."""
    document = cluster.read()
    own = [n for n in document.get("nodes", {}).values() if n["machine"] == state.node()]
    if not own:
        return
    running = {
        sandbox_id(p): p
        for p in kube_pods.pods()
        if p["node"] == state.node() and p["phase"] == "Running" and (p["host"] or p["ip"])
    }
    known = left()
    for identity, pod in running.items():
        if identity not in known:
            _appear(identity, pod)
    for identity in known:
        if identity not in running:
            removed(identity)


def left() -> dict[str, dict[str, str]]:
    """The sandboxes of this machine by their ids."""
    return dict(state.read(state.mine()).get("sandboxes", {}))


def removed(identity: str) -> None:
    """The runtime removes a pod: everything goes but its logs and the folder of its volumes."""
    with state.change(state.mine()) as document:
        entry = document.get("sandboxes", {}).pop(identity, None)
    if entry is None:
        return
    if entry["netns"]:
        _run("ip", "netns", "delete", entry["netns"])
        record = state.at(f"{_RECORDS}/{entry['ip']}")
        if os.path.exists(record):
            os.unlink(record)
    _run("umount", _volume(entry["uid"]))


def all_removed() -> None:
    """As kubeadm reset has them removed, with the addresses of services that kube-proxy answered for."""
    for identity in left():
        removed(identity)
    _run("ip", "link", "delete", "kube-services")


def write_etcd() -> None:
    """The folders that etcd makes when it starts on an empty one."""
    for name in ("snap/db", "wal/0000000000000000-0000000000000000.wal"):
        if not os.path.exists(state.at(f"/var/lib/etcd/member/{name}")):
            state.write(f"/var/lib/etcd/member/{name}", "", 0o600)


def _appear(identity: str, pod: dict[str, Any]) -> None:
    entry = {"uid": pod["uid"], "netns": "", "ip": ""}
    folder = f"/var/log/pods/{pod['namespace']}_{pod['name']}_{pod['uid']}/{pod['container']}"
    state.write(f"{folder}/0.log", "")
    link = state.at(f"/var/log/containers/{pod['name']}_{pod['namespace']}_{pod['container']}.log")
    os.makedirs(os.path.dirname(link), exist_ok=True)
    if not os.path.lexists(link):
        os.symlink(f"{folder}/0.log", link)
    os.makedirs(state.at(_volume(pod["uid"])), exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", _volume(pod["uid"]))
    if not pod["host"]:
        entry |= {"netns": f"cni-{_uuid(pod['uid'])}", "ip": pod["ip"]}
        _network(entry)
    with state.change(state.mine()) as document:
        document.setdefault("sandboxes", {})[identity] = entry


def _network(entry: dict[str, str]) -> None:
    """A namespace with one end of a link, whose other end hangs on cni0."""
    veth = "veth" + hashlib.sha256(entry["uid"].encode()).hexdigest()[:8]
    _run("ip", "netns", "add", entry["netns"])
    _run("ip", "link", "add", veth, "type", "veth", "peer", "name", "eth0", "netns", entry["netns"])
    _run("ip", "-n", entry["netns"], "addr", "add", f"{entry['ip']}/24", "dev", "eth0")
    _run("ip", "-n", entry["netns"], "link", "set", "eth0", "up")
    _run("ip", "link", "set", veth, "master", "cni0", "up")
    state.write(f"{_RECORDS}/{entry['ip']}", f"{entry['netns']}\neth0")
    state.write(f"{_RECORDS}/last_reserved_ip.0", entry["ip"])
    state.write(f"{_RECORDS}/lock", "")
    for folder in ("flannel", "results"):
        os.makedirs(state.at(f"/var/lib/cni/{folder}"), exist_ok=True)


def _volume(uid: str) -> str:
    return f"/var/lib/kubelet/pods/{uid}/volumes/kubernetes.io~projected/kube-api-access"


def _uuid(uid: str) -> str:
    digest = hashlib.sha256(f"{uid}/netns".encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"


def unmount_below(folder: str) -> bool:
    """What kubeadm reset does before it deletes; it does not delete where one is in use."""
    with open("/proc/self/mounts") as file:
        places = [line.split(" ")[1].encode().decode("unicode_escape") for line in file]
    for place in sorted((p for p in places if p.startswith(state.at(folder) + "/")), reverse=True):
        if not _run("umount", place):
            return False
    return True


def _run(*words: str) -> bool:
    if shutil.which(words[0], path="/usr/sbin:/usr/bin:/sbin:/bin") is None:
        return False
    done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode == 0

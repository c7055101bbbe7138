"""containerd 2: the daemon (a socket and what its configuration says) and the informational commands;
runc's version.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time

from . import containerd_default, packages, state, supervisor
from .run import Refused

CONFIG = "/etc/containerd/config.toml"
SOCKET = "/run/containerd/containerd.sock"
_CRI = {"cri", "io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime", "io.containerd.cri.v1.images"}


def version() -> str:
    """The upstream version of the installed package."""
    return (packages.version_of("containerd.io") or "2.2.1-1").partition("-")[0]


def main(argv: list[str]) -> int:
    if argv[0] == "runc":
        print("runc version 1.3.4\nspec: 1.2.1\ngo: go1.24.11\nlibseccomp: 2.5.4")
        return 0
    words = [w for w in argv[1:] if not w.startswith("-")]
    if "--version" in argv or "-v" in argv:
        print(f"containerd containerd.io v{version()} dea7da592f5d1d2b7755e3a161be07f43fad8f75")
        return 0
    if words[:2] == ["config", "default"]:
        print(containerd_default.TEXT, end="")
        return 0
    if words[:2] == ["config", "dump"]:
        print(state.load(CONFIG) or containerd_default.TEXT, end="")
        return 0
    if words[:1] == ["config"]:
        raise Refused(f"containerd: unknown command {words}", 1)
    return _serve()


def configuration() -> dict[str, object]:
    """The parsed configuration; a fault in it keeps the daemon from starting, in its words."""
    import tomllib

    try:
        return tomllib.loads(state.load(CONFIG))
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"containerd: failed to load TOML: {CONFIG}: toml: {error}", 1) from error


def _serve() -> int:
    """Read the configuration once, as the real one does: a change needs a restart."""
    config = configuration()
    disabled = config.get("disabled_plugins", [])
    enabled = not (isinstance(disabled, list) and _CRI & set(disabled))
    signal.signal(signal.SIGTERM, lambda *_: os._exit(_gone()))
    os.makedirs(state.at(os.path.dirname(SOCKET)), exist_ok=True)
    os.makedirs(state.at("/var/lib/containerd"), exist_ok=True)
    if os.path.exists(state.at(SOCKET)):
        os.unlink(state.at(SOCKET))
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(state.at(SOCKET))
    listener.listen(64)
    with state.change(state.mine()) as document:
        document["cri"] = {
            "enabled": enabled,
            "sandbox": _sandbox(config),
            "systemd_cgroup": "SystemdCgroup = true" in state.load(CONFIG),
            "proxy": os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy") or "",
        }
    supervisor.ready("containerd.service")
    while True:
        listener.accept()[0].close()


def _gone() -> int:
    if os.path.exists(state.at(SOCKET)):
        os.unlink(state.at(SOCKET))
    return 0


def _sandbox(config: dict[str, object]) -> str:
    plugins = config.get("plugins")
    if isinstance(plugins, dict):
        images = plugins.get("io.containerd.cri.v1.images", {})
        old = plugins.get("io.containerd.grpc.v1.cri", {})
        return str(
            images.get("pinned_images", {}).get("sandbox")
            or old.get("sandbox_image")
            or "registry.k8s.io/pause:3.10.1"
        )
    return "registry.k8s.io/pause:3.10.1"


def cri_fault(endpoint: str = f"unix://{SOCKET}") -> str | None:
    """What a CRI client gets instead of an answer at `endpoint`, None if all is well."""
    path = endpoint.removeprefix("unix://")
    real = path.replace("/var/run/", "/run/", 1)
    client = socket.socket(socket.AF_UNIX)
    try:
        client.connect(state.at(real))
    except FileNotFoundError:
        reason = "no such file or directory"
    except OSError:
        reason = "connection refused"
    else:
        if state.read(state.mine()).get("cri", {}).get("enabled"):
            return None
        return (
            f'validate service connection: validate CRI v1 runtime API for endpoint "{endpoint}": '
            "rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService"
        )
    finally:
        client.close()
    return (
        f'validate service connection: validate CRI v1 runtime API for endpoint "{endpoint}": rpc error: '
        f'code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix {path}: '
        f'connect: {reason}"'
    )


def images() -> dict[str, float]:
    """Image → when it was pulled, on this node."""
    return dict(state.read(state.mine()).get("images", {}))


def pull_fault(image: str) -> str | None:
    """Why the image can't be pulled: the proxy that the daemon was started with is not there, or the disk is
    full.
    """
    words = f'rpc error: code = Unknown desc = failed to pull and unpack image "{image}": '
    registry, _, path = image.partition("/")
    name, _, tag = path.rpartition(":")
    proxy = str(state.read(state.mine()).get("cri", {}).get("proxy", ""))
    place = proxy.partition("://")[2].rpartition("@")[2].strip("/")
    if place and not _answers(place):
        return (
            f'{words}failed to resolve image: failed to do request: Head "https://{registry}/v2/{name}/manifests/{tag}": '
            f"proxyconnect tcp: dial tcp {place}: connect: connection refused"
        )
    room = os.statvfs(state.at("/var/lib/containerd"))
    if room.f_blocks and not room.f_bavail:
        blob = "/var/lib/containerd/io.containerd.content.v1.content/ingest"
        return f"{words}failed to copy: failed to send write: write {blob}: no space left on device"
    return None


def _answers(place: str) -> bool:
    host, _, port = place.rpartition(":")
    try:
        socket.create_connection((host, int(port)), 3).close()
    except (OSError, ValueError):
        return False
    return True


def pull(image: str) -> None:
    """Add an image to the node; refuses in the words of crictl what the real one can't pull."""
    fault = pull_fault(image)
    if fault:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        raise Refused(f'time="{stamp}" level=fatal msg={json.dumps("pulling image: " + fault)}', 1)
    with state.change(state.mine()) as document:
        document.setdefault("images", {}).setdefault(image, state.now())

"""ctr: version, namespaces, images, plugins and containers, as far as cleaning up and looking need them."""

from __future__ import annotations

from . import containerd, units
from .run import Refused


def main(argv: list[str]) -> int:
    words = [w for w in argv[1:] if not w.startswith("-") and w != "k8s.io"]
    if not units.active("containerd"):
        raise Refused(
            f'ctr: failed to dial "{containerd.SOCKET}": context deadline exceeded: connection error: desc = '
            f'"transport: error while dialing: dial unix {containerd.SOCKET}: connect: no such file or directory"'
        )
    if words[:1] == ["version"]:
        print(f"Client:\n  Version:  v{containerd.version()}\n\nServer:\n  Version:  v{containerd.version()}")
    elif words[:2] in (["plugins", "ls"], ["plugin", "ls"]):
        print("TYPE                                      ID                       PLATFORMS      STATUS    ")
        print("io.containerd.cri.v1                      runtime                  linux/amd64    ok        ")
        print("io.containerd.cri.v1                      images                   -              ok        ")
    elif words[:1] in (["i"], ["image"], ["images"]):
        for name in sorted(containerd.images()):
            print(name)
    elif words[:1] in (["ns"], ["namespace"], ["namespaces"]):
        print("k8s.io" if "-q" in argv else "NAME   LABELS \nk8s.io        ")
    return 0

"""Ways in which a cluster breaks in life, done to a finished practice cluster.

Each is what somebody, or time, does to a machine, as shell text that runs as root in the node; what follows
from it is up to the stand-ins. ``zkwizard explain`` names every one of them by the cause of the same name.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from zkwizard.demo.practice import Practice, PracticeError
from zkwizard.demo.server import Inside, environment, preserve_ids
from zkwizard.model.text import T, Text

DEAD_PROXY = "http://10.9.8.118:1081"
"""Nobody listens there: connections are refused at once."""
_SECONDS = 60.0


@dataclass(frozen=True)
class Break:
    """One way to break a cluster, by the name of its cause."""

    name: str
    text: Text
    """What happens, for a person."""
    script: str = ""
    node: str = "node1"
    """Where, unless another node is named."""
    afterwards: str = ""
    """What happens then on the first control plane; {node} is the node."""


def _lines(*lines: str) -> str:
    return "\n".join(("set -e", *lines))


BREAKS: tuple[Break, ...] = (
    Break("swap-on", T("swap is switched on"), "swapon /swapfile && systemctl restart kubelet"),
    Break(
        "containerd-cri-disabled",
        T("containerd's configuration becomes again what its package ships"),
        _lines(
            "printf 'disabled_plugins = [\"cri\"]\\n' >/etc/containerd/config.toml",
            "systemctl restart containerd kubelet",
        ),
    ),
    Break("containerd-down", T("containerd is stopped"), "systemctl stop containerd"),
    Break(
        "sandbox-image",
        T("containerd is told of a sandbox image that nobody has"),
        _lines(
            "sed -i \"s|^\\( *sandbox = \\).*|\\1'registry.k8s.io/pause:9.9'|\" /etc/containerd/config.toml",
            "systemctl restart containerd",
        ),
    ),
    Break(
        "kubelet-down", T("the kubelet is stopped and disabled"), "systemctl disable --now kubelet", "node2"
    ),
    Break("zerotier-stopped", T("ZeroTier is stopped"), "systemctl stop zerotier-one", "node2"),
    Break("zerotier-unauthorised", T("the controller takes the member's authorisation back"), node="node2"),
    Break("ip-forward-off", T("forwarding is switched off"), "sysctl -qw net.ipv4.ip_forward=0", "node2"),
    Break(
        "bridge-filter-off",
        T("bridged packets are no longer filtered"),
        "sysctl -qw net.bridge.bridge-nf-call-iptables=0",
    ),
    Break(
        "hostname-changed",
        T("the provider's name comes back"),
        "hostnamectl set-hostname vps-4711.provider.example",
        "node2",
    ),
    Break(
        "node-ip",
        T("the kubelet is told the address of the default route"),
        _lines(
            "a=$(ip -o route get 192.0.2.1 | sed 's/.* src \\([0-9.]*\\).*/\\1/')",
            'sed -i -E "s/--node-ip=[0-9.]+/--node-ip=$a/" /var/lib/kubelet/kubeadm-flags.env',
            "systemctl restart kubelet",
        ),
    ),
    Break(
        "flannel-interface",
        T("somebody applies flannel's own manifest, without the overlay's interface"),
        _lines(
            "export KUBECONFIG=/etc/kubernetes/admin.conf",
            "sed '/--iface/d; /zkwizard/d' /etc/kubernetes/zkwizard/flannel.yaml |"
            " kubectl apply -f - >/dev/null",
        ),
        "master",
    ),
    Break(
        "disk-full",
        T("a small disk for images and downloads is full"),
        _lines(
            "mkdir -p /var/cache/apt/archives /run/practice-disk",
            "grep -q ' /run/practice-disk ' /proc/mounts || {",
            "  mount -t tmpfs -o size=24m,mode=755 tmpfs /run/practice-disk",
            "  mkdir /run/practice-disk/images /run/practice-disk/archives",
            "  mount --bind /run/practice-disk/images /var/lib/containerd",
            "  mount --bind /run/practice-disk/archives /var/cache/apt/archives",
            "}",
            "dd if=/dev/zero of=/var/cache/apt/archives/linux-image_6.1.0-1_amd64.deb bs=1M 2>/dev/null || :",
        ),
        "node2",
    ),
    Break(
        "proxy-dead",
        T("the proxy that containerd was told of is gone"),
        _lines(
            "mkdir -p /etc/systemd/system/containerd.service.d",
            f"printf '[Service]\\nEnvironment=HTTPS_PROXY={DEAD_PROXY}\\n'"
            " >/etc/systemd/system/containerd.service.d/http-proxy.conf",
            "systemctl daemon-reload",
            "systemctl restart containerd",
        ),
    ),
    Break(
        "static-pods-proxy",
        T("kubeadm was run in a shell with a proxy"),
        _lines(
            "for f in /etc/kubernetes/manifests/kube-*.yaml; do",
            "  sed -i 's|^    image: |    env:\\n    - name: HTTPS_PROXY\\n      value: "
            f'{DEAD_PROXY}\\n&|\' "$f"',
            "done",
        ),
        "master",
    ),
    Break(
        "token-expired",
        T("a join was cut off, and went on when its token had expired"),
        _lines(
            "systemctl stop kubelet",
            "cd /etc/kubernetes",
            "sed '/client-key/d; s/client-certificate.*/token: a1b2c3.0123456789abcdef/;"
            " s/system:node:[^ @]*/tls-bootstrap-token-user/' kubelet.conf >bootstrap-kubelet.conf",
            "rm -f kubelet.conf /var/lib/kubelet/pki/kubelet-client*",
            "systemctl start kubelet || :",
        ),
        "node2",
        "kubectl delete node {node}",
    ),
    Break(
        "certificates-expired",
        T("a year is over: the API server's certificate has expired"),
        _lines(
            "cd /etc/kubernetes/pki",
            "openssl req -new -key apiserver.key -subj /CN=kube-apiserver -out /tmp/apiserver.csr",
            "openssl x509 -req -in /tmp/apiserver.csr -CA ca.crt -CAkey ca.key -set_serial 4711 -days -1"
            " -out apiserver.crt 2>/dev/null",
            "rm /tmp/apiserver.csr",
            "systemctl restart kubelet",
        ),
        "master",
    ),
)


def find_break(name: str) -> Break | None:
    """The way of that name, if there is one."""
    return next((each for each in BREAKS if each.name == name), None)


def break_cluster(practice: Practice, way: Break, node: str = "") -> str:
    """Do it; gives the node where. Raises PracticeError for a node that is not there, or that refuses."""
    place = node or way.node
    found = next((each for each in practice.nodes if each.name == place), None)
    if found is None:
        names = ", ".join(each.name for each in practice.nodes)
        raise PracticeError(
            T("no practice node is called {node}; there are {names}", node=place, names=names)
        )
    inside = Inside(found.pid, preserve_ids())
    if way.name == "zerotier-unauthorised":
        member = _shell(inside, "cut -c1-10 /var/lib/zerotier-one/identity.public").strip()
        practice.control.deauthorise(practice.zerotier_network, member)
    else:
        _shell(inside, way.script)
    if way.afterwards:
        leader = next(each for each in practice.nodes if each.name == "master")
        _shell(Inside(leader.pid, preserve_ids()), way.afterwards.format(node=place))
    return place


def _shell(inside: Inside, text: str) -> str:
    done = subprocess.run(
        inside.argv("/bin/sh", "-c", text),
        capture_output=True, text=True, env=environment(), timeout=_SECONDS,
    )  # fmt: skip
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-300:]
        raise PracticeError(T("the practice node refuses: {said}", said=said))
    return done.stdout

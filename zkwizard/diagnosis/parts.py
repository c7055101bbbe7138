"""The parts of the evidence: shell text that only looks, its time limit, and how its lines are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zkwizard.diagnosis.reading import api_nodes, lines, since_start, zerotier_peers
from zkwizard.model.cluster import Cluster, Node, Runtime
from zkwizard.steps.shell import quote, words

Script = Callable[[Cluster, Node], str]
Read = Callable[[str], tuple[str, ...]]

RECENT = "-3min"
"""How far back logs of running services count: the kubelet repeats what still fails every few seconds."""
_ADMIN = "/etc/kubernetes/admin.conf"
_KUBELET = "/etc/kubernetes/kubelet.conf"
_WEEK = 7 * 24 * 3600


@dataclass(frozen=True)
class Part:
    """One piece of evidence. ``script`` is empty where it has no meaning; ``limit`` is in seconds.

    One that ``waits`` for the network runs beside the others.
    """

    name: str
    script: str | Script
    limit: int = 8
    read: Read = lines
    waits: bool = False

    def text(self, cluster: Cluster, node: Node) -> str:
        """The shell text for this node."""
        return self.script if isinstance(self.script, str) else self.script(cluster, node)


# A kubelet that falls over and over looks well for a second after each start: that second is waited out.
_SETTLED = """\
m=$(systemctl show -p ActiveEnterTimestampMonotonic --value kubelet)
now=$(sed 's/\\..*//' /proc/uptime)
[ "${m:-0}" -gt 0 ] && [ $((now - m / 1000000)) -lt 4 ] && sleep 4
echo settled
"""


def _units(cluster: Cluster, node: Node) -> str:
    units = ["kubelet", "containerd", "zerotier-one"]
    if cluster.kubernetes.runtime is Runtime.DOCKER:
        units += ["docker", "cri-docker"]
    return (
        f"for u in {words(*units)}; do\n"
        "  printf '%s %s\\n' \"$u\" "
        "\"$(systemctl show -p ActiveState -p SubState -p Result -p UnitFileState \"$u\" | tr '\\n' ' ')\"\n"
        "done"
    )


def _journal(unit: str) -> str:
    """The last minutes of a running service; of one that does not run, what it said last."""
    return (
        f'if [ "$(systemctl is-active {unit})" = active ]; then set -- --since={RECENT} -n 400\n'
        f'else set -- -n 80; fi\njournalctl -u {unit} --no-pager "$@"'
    )


_CONTAINERD_CONFIG = """\
grep -hE '^[[:space:]]*(disabled_plugins|sandbox|sandbox_image|SystemdCgroup)[[:space:]]*=' \
  /etc/containerd/config.toml /etc/containerd/conf.d/*.toml
"""
_KUBELET_CONFIG = """\
grep -hE '^(cgroupDriver|failSwapOn|failCgroupV1):' /var/lib/kubelet/config.yaml
cat /var/lib/kubelet/kubeadm-flags.env
grep -hE '^KUBELET_EXTRA_ARGS=' /etc/default/kubelet
"""
_PAUSE = """\
kubeadm config images list --kubernetes-version "$(kubeadm version -o short)" | grep '/pause:'
"""
_CNI = """\
[ -d /etc/cni/net.d ] && echo directory || echo absent
ls -A /etc/cni/net.d
"""
# Certificates of kubeconfig files stand in them as base64.
_CERTIFICATES = f"""\
judge() {{
  e=$(openssl x509 -noout -enddate | sed 's/^notAfter=//')
  [ -n "$e" ] || return
  left=$(( $(date -d "$e" +%s) - $(date +%s) ))
  if [ "$left" -le 0 ]; then w=expired; elif [ "$left" -le {_WEEK} ]; then w=soon; else w=valid; fi
  echo "$w $1 $e"
}}
own=/var/lib/kubelet/pki/kubelet-client-current.pem
for f in /etc/kubernetes/pki/*.crt /etc/kubernetes/pki/etcd/*.crt $own; do
  [ -e "$f" ] && judge "$f" <"$f"
done
for f in /etc/kubernetes/*.conf; do
  [ -e "$f" ] && sed -n 's/^ *client-certificate-data: *//p' "$f" | base64 -d | judge "$f"
done
"""
_STATIC_PODS = "grep -HniE 'name: *\"?https?_proxy' /etc/kubernetes/manifests/*.yaml"
_FLANNEL = "ip -d link show flannel.1 | grep -o 'vxlan id .*'"
# Container logs begin with a time (CRI's format), so that old lines can be left out.
_POD_LOGS = """\
s=$(date -u -d '-3 min' +%Y-%m-%dT%H:%M:%S)
for f in /var/log/pods/kube-system_kube-proxy-*/*/*.log /var/log/pods/kube-flannel_*/*/*.log; do
  [ -e "$f" ] && tail -n 60 "$f" | awk -v s="$s" '$1 >= s'
done
"""


def _api(cluster: Cluster, node: Node) -> str:
    """Asked with the kubelet's own credentials, as the kubelet does."""
    return (
        f"[ -e {_KUBELET} ] || exit 0\n"
        f"kubectl --kubeconfig {_KUBELET} --request-timeout=5s get --raw /livez 2>&1 | tail -n 3"
    )


def _nodes(cluster: Cluster, node: Node) -> str:
    """Only where the file is that may ask; the answer is JSON."""
    if node.name != cluster.first_control_plane.name:
        return ""
    return f"[ -e {_ADMIN} ] && kubectl --kubeconfig {_ADMIN} --request-timeout=8s get nodes -o json"


def _reach(cluster: Cluster, node: Node) -> str:
    """``address received`` per peer, all at once."""
    peers = [other.overlay_ip for other in cluster.nodes if other.name != node.name]
    return (
        f"for a in {words(*peers)}; do\n"
        "  { r=$(ping -n -q -c 3 -i 0.3 -W 2 \"$a\" | sed -n 's/.* \\([0-9]*\\) received.*/\\1/p')\n"
        '  echo "$a ${r:-0}"; } &\ndone\nwait'
    )


def _proxy(cluster: Cluster, node: Node) -> str:
    """Whose proxy, its host and port, curl's exit code and words; 22 and 56 are answers of a live proxy.

    The runtime's variables are read off its process, as it started with them; user and password are cut off
    at once.
    """
    mirrors = cluster.mirrors.images
    registry = mirrors.repository.partition("/")[0] if mirrors.repository else "registry.k8s.io"
    return (
        "try() {\n"
        "  sed -E 's|^[a-z]+://||; s|^[^@/]*@||; s|/.*||' | sort -u | while read -r p; do\n"
        '    [ -n "$p" ] || continue\n'
        f'    w=$(curl -sS -o /dev/null -m 6 -x "http://$p" {quote(f"https://{registry}/v2/")} 2>&1); c=$?\n'
        '    echo "$1 $p $c $w"\n  done\n}\n'
        "m=$(systemctl show -p MainPID --value containerd)\n"
        "[ \"${m:-0}\" -gt 0 ] && tr '\\0' '\\n' <\"/proc/$m/environ\" |"
        " sed -nE 's/^(HTTPS?_PROXY|https?_proxy)=//p' | try containerd\n"
        "cat /etc/apt/apt.conf /etc/apt/apt.conf.d/* |"
        ' sed -nE \'s/^[^#/]*Acquire::https?::[Pp]roxy +"([^"]*)".*/\\1/p\' | grep -v DIRECT | try apt'
    )


PARTS: tuple[Part, ...] = (
    Part("settled", _SETTLED, 8),
    Part("units", _units),
    Part("kubelet-log", _journal("kubelet"), 8, since_start),
    Part("containerd-log", _journal("containerd"), 8, since_start),
    Part("zerotier-log", _journal("zerotier-one"), 8, since_start),
    Part(
        "cri",
        'crictl --timeout 5s info 2>&1 | grep -E \'level=|rpc error|NetworkPluginNotReady|"message": "[^"]\'',
        8,
    ),
    Part("containerd-config", _CONTAINERD_CONFIG),
    Part("kubelet-config", _KUBELET_CONFIG),
    Part("pause", _PAUSE, 15),
    Part("cni", _CNI),
    Part("certificates", _CERTIFICATES, 10),
    Part("static-pods", _STATIC_PODS),
    Part("flannel-link", _FLANNEL),
    Part("pod-logs", _POD_LOGS),
    Part("peers", "zerotier-cli -j peers", read=zerotier_peers),
    Part("zerotier-sockets", "ss -Hlnup | grep zerotier-one"),
    Part("reach", _reach, 10, waits=True),
    Part("proxy", _proxy, 20, waits=True),
    Part("api", _api, 10, waits=True),
    Part("nodes", _nodes, 12, api_nodes, waits=True),
)
"""In the order of the script."""

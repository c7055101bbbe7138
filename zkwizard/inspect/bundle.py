"""What of a node goes into a bundle: a file for each question, all of them in one round trip.

Of pods only those of Kubernetes' own namespaces: what others log, and their variables, is their owner's.
Secrets are kept out in two ways: files that hold nothing else are not read, and ``secrets`` tells the values
that the node has, so that they can be found wherever they were logged. These values are used and never kept.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from zkwizard.inspect import certs, etcd
from zkwizard.inspect.kubectl import kubectl
from zkwizard.inspect.question import Answer, Question
from zkwizard.model.secret import Secret
from zkwizard.steps.shell import words

_UNITS = ("kubelet", "containerd", "docker", "zerotier-one")
_NAMESPACES = ("kube-system", "kube-flannel")
_NODE = {
    "versions": """\
cat /etc/os-release; uname -a; uptime
kubelet --version; kubeadm version -o short; kubectl version --client; crictl --version; runc --version
containerd --version; zerotier-cli -v
dpkg-query -W 'kube*' cri-tools 'containerd*' zerotier-one 'docker*' 2>/dev/null""",
    "machine": """\
nproc; cat /proc/meminfo | head -n 5; cat /proc/swaps /proc/loadavg; df -h; df -i /var/lib /etc
stat -fc %T /sys/fs/cgroup; lsmod; sysctl net.ipv4.ip_forward net.bridge.bridge-nf-call-iptables""",
    "network": """\
ip -d addr; ip route; ip -6 route; ip rule; ss -lntup; cat /etc/hosts /etc/resolv.conf; uname -n
bridge fdb show dev flannel.1; ip neigh""",
    "filters": """\
for zk_f in iptables-save ip6tables-save; do echo "== $zk_f"; timeout 20 $zk_f | head -n 1000; done
echo '== nft'; timeout 20 nft list ruleset | head -n 1000""",
    "services": """\
timeout 20 systemctl status --no-pager --lines=0 kubelet containerd docker zerotier-one
timeout 20 systemctl list-units --failed --no-pager""",
    "zerotier": """\
timeout 10 zerotier-cli -j info; timeout 10 zerotier-cli -j listnetworks; timeout 10 zerotier-cli -j peers
cat /var/lib/zerotier-one/local.conf""",
    "containers": """\
timeout 30 crictl ps -a; timeout 30 crictl pods; timeout 30 crictl images; timeout 30 crictl info""",
    "config-kubelet": """\
cat /var/lib/kubelet/kubeadm-flags.env /var/lib/kubelet/config.yaml /etc/default/kubelet
cat /etc/systemd/system/kubelet.service.d/*.conf""",
    "config-containerd": """\
cat /etc/containerd/config.toml /etc/crictl.yaml; tail -n +1 /etc/containerd/certs.d/*/hosts.toml
cat /etc/systemd/system/containerd.service.d/*.conf""",
    "config-kubernetes": """\
tail -n +1 /etc/kubernetes/manifests/*.yaml /etc/kubernetes/zkwizard/*.yaml /etc/kubernetes/patches/*
tail -n +1 /etc/cni/net.d/*""",
    "zkwizard": """\
find /var/lib/zkwizard -xdev ! -path '*/secrets/*' | sort | head -n 1000""",
}
_SECRETS = """\
cat /etc/containerd/zkwizard-proxy.env /etc/docker/zkwizard-proxy.env /var/lib/zkwizard/curlrc \\
  /etc/apt/apt.conf.d/95zkwizard-proxy /etc/environment 2>/dev/null |
  sed -n 's,.*://[^:/@ ]*:\\([^@/ ]*\\)@.*,\\1,p'
cat /var/lib/zerotier-one/authtoken.secret; echo
cut -d: -f4 /var/lib/zerotier-one/identity.secret
"""
_LEAST = 6
"""Characters of a value that can be looked for; shorter ones are found in ordinary words."""


def files(lines: int, *, control_plane: bool) -> dict[str, Question[str]]:
    """File name → what is asked for it. ``lines``: of each log."""
    found = {f"{name}.txt": Question(name, script, _text, 40) for name, script in _NODE.items()}
    for unit in _UNITS:
        script = f"timeout 60 journalctl --no-pager -o short-iso -u {unit} -n {lines}"
        found[f"journal/{unit}.txt"] = Question(f"journal-{unit}", script, _text, 60)
    found["certificates.txt"] = Question("certificates", certs.SCRIPT, _text, 40)
    found["container-logs.txt"] = Question("container-logs", _container_logs(lines), _text, 120)
    if control_plane:
        found |= _of_cluster()
    return found


def secrets() -> Question[tuple[Secret, ...]]:
    """The values on the node that must be in no file of a bundle."""
    return Question("secrets", _SECRETS, parse_secrets, 20)


def parse_secrets(answer: Answer) -> tuple[Secret, ...]:
    """One a line; a proxy's password is percent-encoded, and may have been logged either way."""
    found = {value for line in answer.out.splitlines() for value in (line.strip(), unquote(line.strip()))}
    return tuple(Secret("of a node", value) for value in sorted(found) if len(value) >= _LEAST)


def _container_logs(lines: int) -> str:
    return (
        f"for zk_n in {words(*_NAMESPACES)}; do\n"
        '  timeout 30 crictl ps -a --label "io.kubernetes.pod.namespace=$zk_n" | sed 1d\n'
        "done | while read -r zk_c zk_rest; do\n"
        '  printf \'== %s %s\\n\' "$zk_c" "$zk_rest"\n'
        f'  timeout 20 crictl logs --tail {lines} "$zk_c" 2>&1 </dev/null\n'
        "done\n"
    )


def _of_cluster() -> dict[str, Question[str]]:
    """What the API server and etcd say."""
    calls: dict[str, list[tuple[str, ...]]] = {
        "nodes": [("get", "nodes", "-o", "wide"), ("describe", "nodes")],
        "pods": [
            ("get", "pods", "-A", "-o", "wide"),
            *(("describe", "pods", "-n", namespace) for namespace in _NAMESPACES),
        ],
        "events": [("get", "events", "-A", "--sort-by=.lastTimestamp")],
        "workloads": [("get", "deployments,daemonsets,services", "-A", "-o", "wide")],
        "settings": [
            ("get", "configmaps", "-n", "kube-system", "kubeadm-config", "-o", "yaml"),
            ("get", "configmaps", "-n", "kube-flannel", "-o", "yaml"),
        ],
    }
    found = {
        f"cluster/{name}.txt": Question(
            f"cluster-{name}", "\n".join(kubectl(*call) for call in several), _text, 30 * len(several)
        )
        for name, several in calls.items()
    }
    return {**found, "cluster/etcd.txt": Question("cluster-etcd", etcd.SCRIPT, _text, 90)}


def _text(answer: Answer) -> str:
    """What was printed, and beside it what went wrong: that is often the point."""
    said = answer.err if answer.status != -1 else "no answer in time"
    out = answer.out if not answer.out or answer.out.endswith("\n") else answer.out + "\n"
    told = re.sub(r"^", "! ", said.strip(), flags=re.M) if said.strip() else ""
    return f"{out}{told}\n" if told else out

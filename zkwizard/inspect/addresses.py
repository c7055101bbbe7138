"""Where a node's address stands: on its interfaces, in the kubelet's arguments, the static pods,
certificates, kubeconfigs, names, and in what goes around a proxy. ``checks.one_address`` judges whether
they agree.

Of a proxy only whether there is one is read, never its address: that may hold a password.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from zkwizard.inspect.question import Answer, Question
from zkwizard.steps.shell import quote

_SCRIPT = """\
echo @addresses
ip -o -4 addr show | awk '{ sub("/.*", "", $4); print $4 }'
zk_pid() { # unit: its main process
  zk_p=$(timeout 5 systemctl show -p MainPID --value "$1")
  [ "${zk_p:-0}" -gt 0 ] 2>/dev/null && printf %s "$zk_p"
}
echo @kubelet
if zk_k=$(zk_pid kubelet); then zk_f=/proc/$zk_k/cmdline; else zk_f=/var/lib/kubelet/kubeadm-flags.env; fi
tr '\\0' '\\n' <"$zk_f" |
  tr ' "' '\\n\\n' | sed -n 's/^--node-ip=//p'
echo @arguments
for zk_f in etcd kube-apiserver; do
  sed -n "s/^ *- --\\([a-z-]*\\)=\\(.*\\)/$zk_f \\1 \\2/p" "/etc/kubernetes/manifests/$zk_f.yaml"
done
echo @names
for zk_n in $zk_names; do
  printf '%s ' "$zk_n"
  timeout 5 getent ahostsv4 "$zk_n" | awk '!seen[$1]++ { printf "%s ", $1 }'
  echo
done
echo @servers
for zk_f in /etc/kubernetes/*.conf; do sed -n "s,^ *server: *,${zk_f##*/} ,p" "$zk_f"; done
echo @sans
for zk_f in apiserver etcd/server etcd/peer; do
  [ -r "/etc/kubernetes/pki/$zk_f.crt" ] || continue
  printf '%s ' "$zk_f"
  openssl x509 -noout -ext subjectAltName -in "/etc/kubernetes/pki/$zk_f.crt" | sed 1d | tr -d '\\n'
  echo
done
echo @proxies
for zk_u in containerd docker kubelet; do
  zk_k=$(zk_pid "$zk_u") || continue
  zk_e=$(tr '\\0' '\\n' <"/proc/$zk_k/environ" | grep -Ei '^(https?|no)_proxy=.')
  printf '%s\\n' "$zk_e" | grep -qi ^http || continue
  echo "$zk_u $(printf '%s\\n' "$zk_e" | sed -n 's/^[Nn][Oo]_[^=]*=//p' | head -n 1)"
done
grep -liE '^ *- name: "?https?_proxy' /etc/kubernetes/manifests/*.yaml | sed 's,.*/,static-pod ,'
"""
_SAN = re.compile(r"(?:DNS|IP Address):([^,\s]+)")


@dataclass(frozen=True)
class NodeAddresses:
    """What a node says. Empty where nothing was found."""

    addresses: frozenset[str] = frozenset()
    """Of all interfaces, IPv4."""
    node_ip: str = ""
    """``--node-ip`` of the running kubelet, or of the one that kubeadm configured."""
    arguments: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(static pod, argument) → value, on a control plane."""
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Name → the addresses that programs on the node get for it, in their order."""
    servers: Mapping[str, str] = field(default_factory=dict)
    """Kubeconfig's file name → address of the API server in it."""
    sans: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Serving certificate → the names and addresses that it is for."""
    proxies: Mapping[str, str] = field(default_factory=dict)
    """Unit with a proxy → its NO_PROXY."""
    proxied_pods: tuple[str, ...] = ()
    """Static pods whose manifest names a proxy."""
    complete: bool = False


def question(names: Iterable[str]) -> Question[NodeAddresses]:
    """``names`` are looked up on the node."""
    return Question("addresses", f"zk_names={quote(' '.join(names))}\n{_SCRIPT}", parse, 60)


def parse(answer: Answer) -> NodeAddresses:
    """The sections after their ``@`` lines."""
    pieces = re.split(r"^@([a-z]+)\n", answer.out, flags=re.M)
    found = {name: text.splitlines() for name, text in zip(pieces[1::2], pieces[2::2], strict=True)}
    arguments = [line.split(" ", 2) for line in found.get("arguments", []) if line.count(" ") >= 2]
    proxies = _pairs(found.get("proxies", []))
    return NodeAddresses(
        addresses=frozenset(found.get("addresses", [])),
        node_ip=(found.get("kubelet") or [""])[-1],
        arguments={(pod, name): value for pod, name, value in arguments},
        names={name: tuple(text.split()) for name, text in _pairs(found.get("names", []))},
        servers=dict(_pairs(found.get("servers", []))),
        sans={name: frozenset(_SAN.findall(text)) for name, text in _pairs(found.get("sans", []))},
        proxies={unit: value for unit, value in proxies if unit != "static-pod"},
        proxied_pods=tuple(file.removesuffix(".yaml") for unit, file in proxies if unit == "static-pod"),
        complete="proxies" in found,
    )


def _pairs(lines: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, value.strip()) for name, space, value in (line.partition(" ") for line in lines) if name]

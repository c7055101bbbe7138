"""When the certificates of a node expire, read with openssl off the files themselves: this needs no API
server, and covers the kubelets of the workers, which ``kubeadm certs check-expiration`` does not.
"""

from __future__ import annotations

import calendar
import re
import time
from dataclasses import dataclass

from zkwizard.inspect.question import Answer, Question
from zkwizard.inspect.trouble import NO_ANSWER, Kind, Trouble, last_words
from zkwizard.model.text import T

_PKI = "/etc/kubernetes/pki"
_KUBELET = "/var/lib/kubelet/pki"
SCRIPT = f"""\
command -v openssl >/dev/null || {{ echo 'openssl is not installed' >&2; exit 127; }}
zk_show() {{ # file: what the first certificate on standard input says
  printf '@%s\\n' "$1"
  openssl x509 -noout -enddate -issuer -subject -nameopt RFC2253 2>/dev/null || echo unreadable
}}
for zk_f in {_PKI}/*.crt {_PKI}/etcd/*.crt {_KUBELET}/kubelet.crt {_KUBELET}/kubelet-client-current.pem; do
  [ ! -r "$zk_f" ] || zk_show "$zk_f" <"$zk_f"
done
for zk_f in /etc/kubernetes/*.conf; do
  [ -r "$zk_f" ] || continue
  zk_c=$(sed -n 's/^ *client-certificate-data: *//p' "$zk_f" | tr -cd 'A-Za-z0-9+/=\\n' | head -n 1)
  [ -z "$zk_c" ] || printf %s "$zk_c" | base64 -d 2>/dev/null | zk_show "$zk_f"
done
"""
"""Shows every certificate that Kubernetes keeps on the node: its path after ``@``, then what openssl says."""


@dataclass(frozen=True)
class Certificate:
    """One certificate on a node."""

    name: str
    """As kubeadm calls it (``apiserver``, ``etcd-server``, ``admin.conf``), or ``kubelet client``."""
    path: str
    expires: float
    """Seconds since the epoch; 0 when the file is no certificate."""
    issuer: str
    """Common name of who signed it."""
    subject: str = ""
    authority: bool = False
    """Whether it signed itself."""


Certificates = tuple[Certificate, ...] | Trouble


def question() -> Question[Certificates]:
    """All certificates that Kubernetes keeps on the node; none on a machine that is not in a cluster."""
    return Question("certs", SCRIPT, parse, 40)


def parse(answer: Answer) -> Certificates:
    """Those that expire first come first."""
    if answer.status == -1:
        return NO_ANSWER
    if answer.status == 127:
        return Trouble(
            Kind.REFUSED, T("There is no openssl to read certificates with."), last_words(answer.err)
        )
    parts = re.split(r"^@(/\S+)\n", answer.out, flags=re.M)
    found = [_certificate(path, text) for path, text in zip(parts[1::2], parts[2::2], strict=True)]
    return tuple(sorted(found, key=lambda one: (one.expires, one.name)))


def _certificate(path: str, text: str) -> Certificate:
    issuer, subject = _field(text, "issuer"), _field(text, "subject")
    return Certificate(
        name=_name(path),
        path=path,
        expires=_moment(_field(text, "notAfter")),
        issuer=_common_name(issuer),
        subject=_common_name(subject),
        authority=bool(issuer) and issuer == subject,
    )


def _field(text: str, name: str) -> str:
    hit = re.search(rf"^{name}=(.*)$", text, re.M)
    return hit[1].strip() if hit else ""


def _common_name(text: str) -> str:
    hit = re.search(r"CN\s*=\s*((?:\\.|[^,\\])*)", text)
    return hit[1] if hit else text


def _moment(text: str) -> float:
    """``Nov 22 20:08:31 2027 GMT``; openssl has no other form in the C locale."""
    try:
        return float(calendar.timegm(time.strptime(text, "%b %d %H:%M:%S %Y %Z")))
    except ValueError:
        return 0.0


def _name(path: str) -> str:
    file = path.rpartition("/")[2]
    if path.startswith(f"{_PKI}/"):
        return path.removeprefix(f"{_PKI}/").removesuffix(".crt").replace("/", "-")
    if path.startswith(f"{_KUBELET}/"):
        return "kubelet client" if "client" in file else "kubelet server"
    return file

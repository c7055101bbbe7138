"""What kubeadm writes: certificates, kubeconfigs, static pod manifests, the kubelet's files; modes as the
real one's.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import os
import re
import subprocess

from . import kubeadm_config, state, strict_yaml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ROOT = "/etc/kubernetes"
PKI = f"{ROOT}/pki"
MANIFESTS = f"{ROOT}/manifests"
KUBELET_CERTIFICATE = "/var/lib/kubelet/pki/kubelet-client-current.pem"
_GROUPS = {
    "kubernetes-admin": "kubeadm:cluster-admins",
    "kubernetes-super-admin": "system:masters",
    "system:node": "system:nodes",
}
CONFIGS = {
    "admin.conf": "kubernetes-admin",
    "super-admin.conf": "kubernetes-super-admin",
    "kubelet.conf": "system:node",
    "controller-manager.conf": "system:kube-controller-manager",
    "scheduler.conf": "system:kube-scheduler",
}
# (name, authority): kubeadm's order; an authority of its own signs the ones after it.
CERTIFICATES = (
    ("ca", ""),
    ("apiserver", "ca"),
    ("apiserver-kubelet-client", "ca"),
    ("front-proxy-ca", ""),
    ("front-proxy-client", "front-proxy-ca"),
    ("etcd/ca", ""),
    ("etcd/server", "etcd/ca"),
    ("etcd/peer", "etcd/ca"),
    ("etcd/healthcheck-client", "etcd/ca"),
    ("apiserver-etcd-client", "etcd/ca"),
)


class Settings:
    """What the documents mean, defaults filled in."""

    def __init__(self, documents: dict[str, dict[str, Any]]) -> None:
        init, cluster = documents.get("InitConfiguration") or {}, documents.get("ClusterConfiguration") or {}
        self.documents = documents
        endpoint = init.get("localAPIEndpoint") or {}
        self.advertise = str(endpoint.get("advertiseAddress") or default_address() or "0.0.0.0")
        self.port = int(endpoint.get("bindPort", 6443))
        self.node = init.get("nodeRegistration") or {}
        self.name = str(self.node.get("name") or state.hostname()).lower()
        self.cri_socket = str(self.node.get("criSocket") or "unix:///var/run/containerd/containerd.sock")
        self.version = "v" + str(cluster.get("kubernetesVersion") or kubeadm_config.version()).lstrip("v")
        if not re.fullmatch(r"v\d+\.\d+\.\d+.*", self.version):
            self.version = kubeadm_config.version()
        networking = cluster.get("networking") or {}
        self.service_subnet = str(networking.get("serviceSubnet", "10.96.0.0/12"))
        self.pod_subnet = str(networking.get("podSubnet") or "")
        self.domain = str(networking.get("dnsDomain", "cluster.local"))
        self.repository = str(cluster.get("imageRepository") or "registry.k8s.io")
        self.cluster = cluster
        self.init = init
        self.control_plane_endpoint = str(cluster.get("controlPlaneEndpoint") or "")
        self.patches = str((init.get("patches") or {}).get("directory") or "")
        self.timeouts = init.get("timeouts") or {}

    @property
    def endpoint(self) -> str:
        """host:port that everybody uses for the API."""
        chosen = self.control_plane_endpoint
        return (
            (chosen if ":" in chosen else f"{chosen}:{self.port}")
            if chosen
            else f"{self.advertise}:{self.port}"
        )


def default_address() -> str:
    """The address of the default route's interface, "" if there is none."""
    shown = subprocess.run(["ip", "-4", "route", "get", "1.1.1.1"], capture_output=True, text=True).stdout
    match = re.search(r"src (\S+)", shown)
    return match[1] if match else ""


def images(settings: Settings) -> list[str]:
    """The images of a control plane, in the order in which kubeadm lists them."""
    new = settings.version.startswith("v1.37")
    dns = settings.cluster.get("dns") or {}
    repository = settings.repository
    coredns = dns.get("imageRepository") or (
        f"{repository}/coredns" if repository == "registry.k8s.io" else repository
    )
    etcd = (settings.cluster.get("etcd") or {}).get("local") or {}
    return [
        *(f"{repository}/{name}:{settings.version}" for name in (
            "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")),
        f"{coredns}/coredns:{dns.get('imageTag') or ('v1.14.6' if new else 'v1.14.2')}",
        f"{repository}/pause:3.10.2",
        f"{etcd.get('imageRepository') or repository}/etcd:{etcd.get('imageTag') or ('3.7.0-0' if new else '3.6.8-0')}",
    ]  # fmt: skip


def ca_hash() -> str:
    """sha256:… of the public key of this node's CA, "" without one."""
    return state.load(f"{PKI}/ca.crt") and "sha256:" + public_key_hash(state.load(f"{PKI}/ca.crt"))


def public_key_hash(certificate: str) -> str:
    """SHA-256 of a PEM certificate's SubjectPublicKeyInfo, found by walking its DER."""
    der = base64.b64decode("".join(certificate.split("-----")[2].split()))
    _, body, _ = _der(der, 0)
    _, start, end = _der(der, body)
    position, fields = start, []
    while position < end:
        tag, _, after = _der(der, position)
        fields.append((tag, position, after))
        position = after
    # version [0], serial, signature, issuer, validity, subject, subjectPublicKeyInfo
    offset = 6 if fields[0][0] == 0xA0 else 5
    return hashlib.sha256(der[fields[offset][1] : fields[offset][2]]).hexdigest()


def _der(data: bytes, at: int) -> tuple[int, int, int]:
    """(tag, start of the content, end) of the element at `at`."""
    length, start = data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    return data[at], start, start + length


def write_certificate(name: str, authority: str, settings: Settings) -> None:
    """Take a certificate out of the prepared set; the ones with names in them are made with openssl
    where it is there.
    """
    number = _pool()
    prepared = name.replace("etcd/ca", "etcd-ca") if not authority else "leaf"
    for suffix, mode in ((".crt", 0o644), (".key", 0o600)):
        with open(state.path(f"pki/{number}/{prepared}{suffix}")) as file:
            state.write(f"{PKI}/{name}{suffix}", file.read(), mode)
    if authority:
        sign(name, authority, settings)


def sign(name: str, authority: str, settings: Settings) -> None:
    """A new certificate for the key that is there, valid for a year from now."""
    dns, ips = names_in(name, settings)
    names = [*(f"DNS:{d}" for d in dns), *(f"IP:{i}" for i in ips)]
    made = _issue(
        f"/CN=kube-{name.replace('/', '-')}",
        state.at(f"{PKI}/{name}.key"),
        state.at(f"{PKI}/{authority}"),
        names,
    )
    if made:
        state.write(f"{PKI}/{name}.crt", made)


def client_certificate(subject: str) -> tuple[str, str]:
    """(certificate, key) in PEM of a client, signed by the authority of the cluster that this node is in.

    Its key is one of the prepared set: making one takes longer than all the rest.
    """
    own = os.path.exists(state.at(f"{PKI}/ca.key"))
    number = state.read(state.mine() if own else "cluster").get("pki", 0)
    with open(state.path(f"pki/{number}/leaf.key")) as file:
        key = file.read()
    made = _issue(subject, state.path(f"pki/{number}/leaf.key"), state.path(f"pki/{number}/ca"), [])
    if not made:
        with open(state.path(f"pki/{number}/leaf.crt")) as file:
            made = file.read()
    return made, key


def _issue(subject: str, key: str, signer: str, names: list[str]) -> str:
    """A certificate that is valid for a year, signed with openssl; "" where there is none."""
    extension = "basicConstraints=critical,CA:FALSE\n"
    if names:
        extension += f"subjectAltName={','.join(names)}\n"
    config = state.at(f"/tmp/.kubeadm-{os.getpid()}.cnf")
    with open(config, "w") as file:
        file.write(extension)
    try:
        request = subprocess.run(
            ["openssl", "req", "-new", "-key", key, "-subj", subject], capture_output=True, check=True
        )
        number = str(int.from_bytes(os.urandom(8), "big"))
        words = ["-CA", f"{signer}.crt", "-CAkey", f"{signer}.key", "-days", "365", "-set_serial", number]
        signed = subprocess.run(
            ["openssl", "x509", "-req", *words, "-extfile", config],
            input=request.stdout,
            capture_output=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    finally:
        os.unlink(config)
    return signed.stdout.decode()


def names_in(name: str, settings: Settings) -> tuple[list[str], list[str]]:
    """DNS names and addresses that a serving certificate is signed for."""
    if name == "apiserver":
        first = str(next(iter(ipaddress.ip_network(settings.service_subnet, strict=False).hosts())))
        extra = (settings.cluster.get("apiServer") or {}).get("certSANs") or []
        host = settings.endpoint.rpartition(":")[0]
        ips, dns = (
            [first, settings.advertise],
            [
                "kubernetes",
                "kubernetes.default",
                "kubernetes.default.svc",
                f"kubernetes.default.svc.{settings.domain}",
                settings.name,
            ],
        )
        for other in [host, *extra]:
            target = ips if re.fullmatch(r"[\d.]+|[0-9a-fA-F:]+:[0-9a-fA-F:]*", other) else dns
            if other not in target:
                target.append(other)
        return sorted(dns), ips
    if name in ("etcd/server", "etcd/peer"):
        return sorted({"localhost", settings.name}), [settings.advertise, "127.0.0.1", "::1"]
    return [], []


def _pool() -> int:
    """Which prepared set this node's cluster uses: a new one for each new CA."""
    with state.change(state.mine()) as document:
        if not os.path.exists(state.at(f"{PKI}/ca.crt")):
            ready = [int(n) for n in os.listdir(state.path("pki")) if n.isdigit()]
            document["pki_made"] = document.get("pki_made", -1) + 1
            document["pki"] = document["pki_made"] % len(ready)
        return int(document.get("pki", 0))


def kubeconfig(user: str, server: str, node: str, token: str | None = None) -> str:
    """A kubeconfig file. A kubelet's, once it has a certificate of its own, names that file; before it joins
    it has a token.
    """
    person = f"system:node:{node}" if user == "system:node" else user
    ca = base64.b64encode(state.load(f"{PKI}/ca.crt").encode()).decode()
    if token:
        proof = {"token": token}
    elif os.path.exists(state.at(KUBELET_CERTIFICATE)) and user == "system:node":
        proof = {"client-certificate": KUBELET_CERTIFICATE, "client-key": KUBELET_CERTIFICATE}
    else:
        certificate, key = client_certificate(f"/O={_GROUPS.get(user, user)}/CN={person}")
        proof = {
            "client-certificate-data": base64.b64encode(certificate.encode()).decode(),
            "client-key-data": base64.b64encode(key.encode()).decode(),
        }
    return strict_yaml.dump({
        "apiVersion": "v1", "kind": "Config", "current-context": f"{person}@kubernetes", "preferences": {},
        "clusters": [{"cluster": {"certificate-authority-data": ca, "server": f"https://{server}"}, "name": "kubernetes"}],
        "contexts": [{"context": {"cluster": "kubernetes", "user": person}, "name": f"{person}@kubernetes"}],
        "users": [{"name": person, "user": proof}],
    })  # fmt: skip


def kubelet_config(own: dict[str, Any], service_subnet: str, domain: str, socket: str) -> str:
    """/var/lib/kubelet/config.yaml."""
    dns = str(ipaddress.ip_network(service_subnet, strict=False)[10])
    zero = dict.fromkeys(
        (
            "cpuManagerReconcilePeriod",
            "evictionPressureTransitionPeriod",
            "fileCheckFrequency",
            "httpCheckFrequency",
            "imageMaximumGCAge",
            "imageMinimumGCAge",
            "nodeStatusReportFrequency",
            "nodeStatusUpdateFrequency",
            "runtimeRequestTimeout",
            "shutdownGracePeriod",
            "shutdownGracePeriodCriticalPods",
            "streamingConnectionIdleTimeout",
            "syncFrequency",
            "volumeStatsAggPeriod",
        ),
        "0s",
    )
    return strict_yaml.dump({
        "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", "cgroupDriver": "systemd",
        "authentication": {"anonymous": {"enabled": False}, "webhook": {"cacheTTL": "0s", "enabled": True},
                           "x509": {"clientCAFile": f"{PKI}/ca.crt"}},
        "authorization": {"mode": "Webhook", "webhook": {"cacheAuthorizedTTL": "0s", "cacheUnauthorizedTTL": "0s"}},
        "clusterDNS": [dns], "clusterDomain": domain, "containerRuntimeEndpoint": socket, "crashLoopBackOff": {},
        "healthzBindAddress": "127.0.0.1", "healthzPort": 10248, "memorySwap": {}, "rotateCertificates": True,
        "logging": {"flushFrequency": 0, "options": {"json": {"infoBufferSize": "0"}, "text": {"infoBufferSize": "0"}},
                    "verbosity": 0},
        "staticPodPath": MANIFESTS, **zero, **own,
    })  # fmt: skip


def kubelet_flags(node: dict[str, Any]) -> str:
    """/var/lib/kubelet/kubeadm-flags.env."""
    flags = {e["name"]: e.get("value", "") for e in node.get("kubeletExtraArgs") or []}
    if node.get("name") and node["name"] != state.hostname():
        flags.setdefault("hostname-override", node["name"])
    return 'KUBELET_KUBEADM_ARGS="' + " ".join(f"--{k}={v}" for k, v in sorted(flags.items())) + '"\n'

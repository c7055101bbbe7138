"""The phases of `kubeadm init`, singly and together."""

from __future__ import annotations

import os
import socket
import time

from . import (
    cluster,
    kubeadm_files,
    kubeadm_manifests,
    kubeadm_preflight,
    kubeadm_token,
    packages,
    state,
    strict_yaml,
    supervisor,
)
from .kubeadm_config import fail, say, seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .kubeadm_files import Settings

_COMPONENTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
ORDER = (
    "preflight",
    "certs",
    "kubeconfig",
    "etcd",
    "control-plane",
    "kubelet-start",
    "wait-control-plane",
    "upload-config",
    "upload-certs",
    "mark-control-plane",
    "bootstrap-token",
    "kubelet-finalize",
    "addon",
    "show-join-command",
)
_OTHERS = (
    "certs/ca",
    "kubeconfig/admin",
    "etcd/local",
    "control-plane/apiserver",
    "upload-config/kubeadm",
    "addon/coredns",
    "addon/kube-proxy",
    "upload-config/kubelet",
    "kubeconfig/super-admin",
)


def known(phase: str) -> bool:
    """Whether --skip-phases accepts the name, case and all."""
    return (
        phase in ORDER
        or phase in _OTHERS
        or (phase.partition("/")[0] in ("certs", "kubeconfig") and "/" in phase)
    )


def preflight(s: Settings, ignored: list[str]) -> None:
    """kubeadm init phase preflight."""
    kubeadm_preflight.run(
        s.name, s.cri_socket, [*ignored, *(s.node.get("ignorePreflightErrors") or [])], init_port=s.port
    )
    for image in kubeadm_files.images(s):
        from .containerd import pull

        pull(image)


def certs(s: Settings) -> None:
    """kubeadm init phase certs all."""
    say(f'[certs] Using certificateDir folder "{kubeadm_files.PKI}"')
    for name, authority in kubeadm_files.CERTIFICATES:
        if os.path.exists(state.at(f"{kubeadm_files.PKI}/{name}.crt")):
            say(
                f"[certs] Using existing {name} certificate "
                + ("and key on disk" if authority else "authority")
            )
            continue
        say(f'[certs] Generating "{name}" certificate and key')
        kubeadm_files.write_certificate(name, authority, s)
        dns, ips = kubeadm_files.names_in(name, s)
        if dns:
            say(
                f"[certs] {name} serving cert is signed for DNS names [{' '.join(dns)}] and IPs [{' '.join(ips)}]"
            )
    if os.path.exists(state.at(f"{kubeadm_files.PKI}/sa.key")):
        say('[certs] Using the existing "sa" key')
        return
    say('[certs] Generating "sa" key and public key')
    number = state.read(state.mine()).get("pki", 0)
    for suffix in ("key", "pub"):
        with open(state.path(f"pki/{number}/sa.{suffix}")) as file:
            state.write(f"{kubeadm_files.PKI}/sa.{suffix}", file.read(), 0o600)


def kubeconfig(s: Settings) -> None:
    """kubeadm init phase kubeconfig all."""
    say(f'[kubeconfig] Using kubeconfig folder "{kubeadm_files.ROOT}"')
    for file, user in kubeadm_files.CONFIGS.items():
        path = f"{kubeadm_files.ROOT}/{file}"
        if os.path.exists(state.at(path)):
            say(f'[kubeconfig] Using existing kubeconfig file: "{path}"')
            continue
        ca = f"{kubeadm_files.PKI}/ca.crt"
        if not os.path.exists(state.at(ca)):
            raise fail(
                "error execution phase kubeconfig/admin: couldn't create a kubeconfig; the CA files couldn't be loaded: failed "
                f"to load certificate: couldn't load the certificate file {ca}: open {ca}: no such file or directory"
            )
        say(f'[kubeconfig] Writing "{file}" kubeconfig file')
        local = file in ("controller-manager.conf", "scheduler.conf")
        server = f"{s.advertise}:{s.port}" if local else s.endpoint
        state.write(path, kubeadm_files.kubeconfig(user, server, s.name), 0o600)


def etcd(s: Settings) -> None:
    """kubeadm init phase etcd local."""
    say(f'[etcd] Creating static Pod manifest for local etcd in "{kubeadm_files.MANIFESTS}"')
    _write_manifest("etcd", kubeadm_manifests.etcd_manifest(s), s)
    os.makedirs(state.at("/var/lib/etcd"), mode=0o700, exist_ok=True)


def control_plane(s: Settings) -> None:
    """kubeadm init phase control-plane all."""
    say(f'[control-plane] Using manifest folder "{kubeadm_files.MANIFESTS}"')
    for number, name in enumerate(_COMPONENTS):
        say(f'[control-plane] Creating static Pod manifest for "{name}"')
        _write_manifest(name, kubeadm_manifests.control_plane_manifest(name, s), s, quiet=number > 0)


def _patch_files(s: Settings) -> list[str]:
    folder = s.patches
    if not folder:
        return []
    if not os.path.isdir(state.at(folder)):
        raise fail(f"lstat {folder}: no such file or directory")
    return sorted(f for f in os.listdir(state.at(folder)) if f.endswith((".yaml", ".json")))


def _write_manifest(name: str, text: str, s: Settings, *, quiet: bool = False) -> None:
    files = _patch_files(s)
    if files and not quiet:
        say(
            f'[patches] Reading patches from path "{s.patches}"\n[patches] Found the following patch files: [{" ".join(files)}]'
        )
    for file in files:
        if file.partition("+")[0].partition(".")[0].rstrip("0123456789") == name:
            kind = {"json": "application/json-patch+json", "merge": "application/merge-patch+json"}.get(
                file.partition("+")[2].partition(".")[0], "application/strategic-merge-patch+json"
            )
            say(f'[patches] Applied patch of type "{kind}" to target "{name}"')
    state.write(f"{kubeadm_files.MANIFESTS}/{name}.yaml", text, 0o600)


def kubelet_start(s: Settings) -> None:
    """kubeadm init phase kubelet-start."""
    say(
        '[kubelet-start] Writing kubelet environment file with flags to file "/var/lib/kubelet/kubeadm-flags.env"'
    )
    node = {**s.node, "name": s.name}
    state.write("/var/lib/kubelet/kubeadm-flags.env", kubeadm_files.kubelet_flags(node))
    own = dict(s.documents.get("KubeletConfiguration") or {})
    write_kubelet_config(own, s.service_subnet, s.domain, s.cri_socket, s.patches)
    start_kubelet()


def write_kubelet_config(
    own: dict[str, object], services: str, domain: str, socket_path: str, patches: str
) -> None:
    """config.yaml and instance-config.yaml, with kubeadm's lines about them."""
    say('[kubelet-start] Writing kubelet configuration to file "/var/lib/kubelet/instance-config.yaml"')
    state.write("/var/lib/kubelet/instance-config.yaml", f'containerRuntimeEndpoint: "{socket_path}"\n')
    if patches:
        say(f'[patches] Reading patches from path "{patches}"')
    say(
        '[patches] Applied patch of type "application/strategic-merge-patch+json" to target "kubeletconfiguration"'
    )
    say('[kubelet-start] Writing kubelet configuration to file "/var/lib/kubelet/config.yaml"')
    own = _patched(own, patches)
    state.write(
        "/var/lib/kubelet/config.yaml", kubeadm_files.kubelet_config(own, services, domain, socket_path)
    )


def _patched(own: dict[str, object], patches: str) -> dict[str, object]:
    """The kubelet's configuration with the patches of the node's own folder; only merges are known here."""
    folder = state.at(patches) if patches else ""
    if not folder or not os.path.isdir(folder):
        return own
    for file in sorted(os.listdir(folder)):
        target = file.partition("+")[0].partition(".")[0].rstrip("0123456789")
        if target == "kubeletconfiguration" and file.endswith((".yaml", ".json")):
            with open(os.path.join(folder, file), encoding="utf-8") as patch:
                own = _merged(own, strict_yaml.parse(patch.read()) or {})
    return own


def _merged(base: dict[str, object], patch: dict[str, object]) -> dict[str, object]:
    result = dict(base)
    for key, value in patch.items():
        former = result.get(key)
        if isinstance(former, dict) and isinstance(value, dict):
            value = _merged(former, value)
        result[key] = value
    return result


def start_kubelet() -> None:
    """Restart the kubelet by its service manager; a failure to do so is only a warning, as in the real
    one.
    """
    say("[kubelet-start] Starting the kubelet")
    supervisor.restart("kubelet.service")


def rest(
    s: Settings, skipped: list[str], *, print_token: bool, upload_certs: bool, certificate_key: str
) -> None:
    """Everything after kubelet-start that is not skipped."""
    wait_control_plane(s)
    cluster.create(s, kubeadm_files.ca_hash())
    say(
        '[upload-config] Storing the configuration used in ConfigMap "kubeadm-config" in the "kube-system" Namespace\n'
        '[kubelet] Creating a ConfigMap "kubelet-config" in namespace kube-system with the configuration for the kubelets in the cluster'
    )
    if upload_certs:
        kubeadm_token.upload_certs(certificate_key)
    else:
        say("[upload-certs] Skipping phase. Please see --upload-certs")
    _mark(s)
    token = _bootstrap_token(s, print_token)
    say(
        '[kubelet-finalize] Updating "/etc/kubernetes/kubelet.conf" to point to a rotatable kubelet client certificate and key'
    )
    if "addon" not in skipped:
        cluster.add_addons(s)
        say("[addons] Applied essential addon: CoreDNS")
        if not (s.cluster.get("proxy") or {}).get("disabled") and "addon/kube-proxy" not in skipped:
            say("[addons] Applied essential addon: kube-proxy")
    if "show-join-command" not in skipped:
        _farewell(s, token, print_token)


def wait_control_plane(s: Settings) -> None:
    """Wait for the API, bounded by kubernetesAPICall as kubeadm 1.36 does it, then print what was
    healthy when.
    """
    admin = f"{kubeadm_files.ROOT}/admin.conf"
    if not os.path.exists(state.at(admin)):
        raise fail(
            "error execution phase wait-control-plane: cannot obtain client without bootstrap: could not bootstrap the admin "
            f"user in file admin.conf: open {admin}: no such file or directory"
        )
    limit = seconds(s.timeouts.get("kubernetesAPICall"), 60)
    end = time.monotonic() + limit
    while not answers(s.advertise, s.port):
        if time.monotonic() > end:
            raise fail(
                "error execution phase wait-control-plane: cannot obtain client without bootstrap: could not bootstrap the "
                'admin user in file admin.conf: unable to create ClusterRoleBinding: Post "https://'
                f'{s.endpoint}/apis/rbac.authorization.k8s.io/v1/clusterrolebindings?timeout={go_duration(limit)}": '
                f"dial tcp {s.endpoint}: connect: connection refused"
            )
        time.sleep(0.1)
    say(
        f'[wait-control-plane] Waiting for the kubelet to boot up the control plane as static Pods from directory "{kubeadm_files.MANIFESTS}"'
    )
    kubelet = seconds(s.timeouts.get("kubeletHealthCheck"), 240)
    say(
        f"[kubelet-check] Waiting for a healthy kubelet at http://127.0.0.1:10248/healthz. This can take up to {go_duration(kubelet)}"
    )
    say("[kubelet-check] The kubelet is healthy after 1.199835ms")
    health = seconds(s.timeouts.get("controlPlaneComponentHealthCheck"), 240)
    say(
        f"[control-plane-check] Waiting for healthy control plane components. This can take up to {go_duration(health)}\n"
        f"[control-plane-check] Checking kube-apiserver at https://{s.advertise}:{s.port}/livez\n"
        "[control-plane-check] Checking kube-controller-manager at https://127.0.0.1:10257/healthz\n"
        "[control-plane-check] Checking kube-scheduler at https://127.0.0.1:10259/livez\n"
        "[control-plane-check] kube-scheduler is healthy after 5.892616ms\n"
        "[control-plane-check] kube-controller-manager is healthy after 5.957874ms"
    )
    time.sleep(0.3)
    say("[control-plane-check] kube-apiserver is healthy after 301.377695ms")


def answers(host: str, port: int, timeout: float = 2) -> bool:
    """Whether something accepts connections there."""
    try:
        socket.create_connection((host, port), timeout).close()
    except OSError:
        return False
    return True


def go_duration(value: float) -> str:
    """240 → 4m0s, as Go prints durations."""
    whole = int(value)
    hours, minutes, rest_seconds = whole // 3600, whole // 60 % 60, whole % 60
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if whole >= 60 else "") + f"{rest_seconds}s"


def _mark(s: Settings) -> None:
    taints = s.node.get("taints")
    cluster.mark_control_plane(s.name, taints)
    say(
        f"[mark-control-plane] Marking the node {s.name} as control-plane by adding the labels: "
        "[node-role.kubernetes.io/control-plane node.kubernetes.io/exclude-from-external-load-balancers]"
    )
    if taints is None:
        say(
            f"[mark-control-plane] Marking the node {s.name} as control-plane by adding the taints "
            "[node-role.kubernetes.io/control-plane:NoSchedule]"
        )


def _bootstrap_token(s: Settings, print_token: bool) -> str:
    wanted = (s.init.get("bootstrapTokens") or [{}])[0]
    token = str(wanted.get("token") or kubeadm_token.fresh())
    kubeadm_token.store(token, wanted.get("ttl"), wanted.get("description"))
    if print_token:
        say(f"[bootstrap-token] Using token: {token}")
    roles = "[bootstrap-token] Configured RBAC rules to allow "
    say(
        "[bootstrap-token] Configuring bootstrap tokens, cluster-info ConfigMap, RBAC Roles\n"
        f"{roles}Node Bootstrap tokens to get nodes\n"
        f"{roles}Node Bootstrap tokens to post CSRs in order for nodes to get long term certificate credentials\n"
        f"{roles}the csrapprover controller automatically approve CSRs from a Node Bootstrap Token\n"
        f"{roles}certificate rotation for all node client certificates in the cluster\n"
        f"{roles}the API server kubelet client certificate to access the kubelet API\n"
        '[bootstrap-token] Creating the "cluster-info" ConfigMap in the "kube-public" namespace'
    )
    return token


def _farewell(s: Settings, token: str, print_token: bool) -> None:
    shown = token if print_token else "<value withheld>"
    join = f"kubeadm join {s.endpoint} --token {shown} \\\n\t--discovery-token-ca-cert-hash {kubeadm_files.ca_hash()} "
    control = ""
    if s.control_plane_endpoint:
        control = (
            "You can now join any number of control-plane nodes by copying certificate authorities\n"
            "and service account keys on each node and then running the following as root:\n\n"
            f"  {join}\\\n\t--control-plane \n\n"
        )
    say(f"""
Your Kubernetes control-plane has initialized successfully!

To start using your cluster, you need to run the following as a regular user:

  mkdir -p $HOME/.kube
  sudo cp -i /etc/kubernetes/admin.conf $HOME/.kube/config
  sudo chown $(id -u):$(id -g) $HOME/.kube/config

Alternatively, if you are the root user, you can run:

  export KUBECONFIG=/etc/kubernetes/admin.conf

You should now deploy a pod network to the cluster.
Run "kubectl apply -f [podnetwork].yaml" with one of the options listed at:
  https://kubernetes.io/docs/concepts/cluster-administration/addons/

{control}Then you can join any number of worker nodes by running the following on each as root:

{join}""")


def describe_kubelet_document(s: Settings) -> str:
    """The kubelet's document of the cluster, for joining nodes."""
    return strict_yaml.dump(s.documents.get("KubeletConfiguration") or {})


def installed_version(name: str) -> str:
    """v1.36.4 for package `name`, "" if it is not there."""
    version = packages.version_of(name)
    return "v" + version.partition("-")[0] if version else ""

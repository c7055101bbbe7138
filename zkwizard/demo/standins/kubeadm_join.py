"""kubeadm join: discovery by token, the kubelet's start, and a further control plane."""

from __future__ import annotations

import os
import time

from . import cluster, kubeadm_config, kubeadm_files, kubeadm_phases, kubeadm_preflight, kubeadm_token, state
from .kubeadm_config import fail, say, seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(words: list[str], options: dict[str, str]) -> int:
    """kubeadm join [ENDPOINT] --config FILE | --token … --discovery-token-ca-cert-hash …"""
    documents = (
        kubeadm_config.read(options["config"])
        if "config" in options
        else {"JoinConfiguration": _from_flags(words, options)}
    )
    join = documents.get("JoinConfiguration")
    if join is None:
        raise fail(
            f"no InitConfiguration or ClusterConfiguration kind was found in the YAML file {options['config']}"
        )
    kubeadm_config.validate({"JoinConfiguration": join})
    node = join["nodeRegistration"]
    ignored = [
        *[i for i in options.get("ignore-preflight-errors", "").split(",") if i],
        *(node.get("ignorePreflightErrors") or []),
    ]
    socket = node.get("criSocket") or "unix:///var/run/containerd/containerd.sock"
    control = join.get("controlPlane")
    kubeadm_preflight.run(node["name"], socket, ignored, init_port=None)
    _discover(join)
    say(
        '[preflight] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...\n'
        "[preflight] Use 'kubeadm init phase upload-config kubeadm --config your-config-file' to re-upload it."
    )
    if control is not None:
        _control_plane_files(join, node["name"])
    _start(join, node, socket)
    if control is not None:
        _finish_control_plane(node)
    else:
        say(
            "\nThis node has joined the cluster:\n* Certificate signing request was sent to apiserver and a response was received.\n"
            "* The Kubelet was informed of the new secure connection details.\n\n"
            "Run 'kubectl get nodes' on the control-plane to see this node join the cluster.\n"
        )
    return 0


def _from_flags(words: list[str], options: dict[str, str]) -> dict[str, Any]:
    token: dict[str, Any] = {
        "apiServerEndpoint": words[0] if words else "",
        "token": options.get("token", ""),
    }
    if "discovery-token-ca-cert-hash" in options:
        token["caCertHashes"] = options["discovery-token-ca-cert-hash"].split(",")
    token["unsafeSkipCAVerification"] = "discovery-token-unsafe-skip-ca-verification" in options
    node = {k: options[o] for k, o in (("name", "node-name"), ("criSocket", "cri-socket")) if o in options}
    join: dict[str, Any] = {"discovery": {"bootstrapToken": token}, "nodeRegistration": node}
    if "control-plane" in options:
        join["controlPlane"] = {"certificateKey": options.get("certificate-key", "")}
    return join


def _discover(join: dict[str, Any]) -> None:
    """Reach the API, find the token's signature, compare the CA's hash: in this order and with these
    words.
    """
    token = join["discovery"].get("bootstrapToken") or {}
    endpoint, limit = (
        str(token.get("apiServerEndpoint", "")),
        seconds((join.get("timeouts") or {}).get("discovery"), 300),
    )
    host, _, port = endpoint.rpartition(":")
    problem = "error execution phase preflight: couldn't validate the identity of the API Server: "
    end = time.monotonic() + limit
    identity, _, secret = str(token.get("token", "")).partition(".")
    while True:
        reached = bool(host) and kubeadm_phases.answers(host, int(port))
        entry = kubeadm_token.valid(identity)
        if reached and entry:
            break
        if time.monotonic() > end:
            if not reached:
                raise fail(
                    f'{problem}failed to request the cluster-info ConfigMap: Get "https://{endpoint}/api/v1/namespaces/kube-public/'
                    'configmaps/cluster-info?timeout=10s": context deadline exceeded'
                )
            raise fail(
                f'{problem}could not find a JWS signature in the cluster-info ConfigMap for token ID "{identity}"'
            )
        time.sleep(0.2)
    if entry["secret"] != secret:
        raise fail(
            f"{problem}failed to verify JWS signature of received cluster info object, can't trust this API Server"
        )
    pinned = token.get("caCertHashes") or []
    if pinned and cluster.ca_hash() not in pinned:
        raise fail(
            f'{problem}cluster CA found in cluster-info ConfigMap is invalid: none of the public keys "{cluster.ca_hash()}" are pinned'
        )


def _control_plane_files(join: dict[str, Any], name: str) -> None:
    document = state.read("cluster")
    kept = document.get("certificate_key") or {}
    key = (join.get("controlPlane") or {}).get("certificateKey")
    if not kept or kept["until"] < state.now():
        raise fail(
            "error execution phase control-plane-prepare/download-certs: error downloading certs: error downloading the secret: "
            'Secret "kubeadm-certs" was not found in the "kube-system" Namespace. This Secret might have expired. Please, run '
            "`kubeadm init phase upload-certs --upload-certs` on a control plane to generate a new one"
        )
    if key != kept["key"]:
        raise fail(
            "error execution phase control-plane-prepare/download-certs: error downloading certs: error decoding secret data "
            "with provided key: cipher: message authentication failed"
        )
    say(
        '[download-certs] Downloading the certificates in Secret "kubeadm-certs" in the "kube-system" Namespace'
    )
    own = dict(document["settings"])
    own["InitConfiguration"] = {
        "localAPIEndpoint": (join.get("controlPlane") or {}).get("localAPIEndpoint") or {},
        "nodeRegistration": join["nodeRegistration"],
    }
    settings = kubeadm_files.Settings(own)
    with state.change(state.mine()) as mine:
        mine["pki"] = document["pki"]
    kubeadm_phases.certs(settings)
    kubeadm_phases.kubeconfig(settings)
    kubeadm_phases.control_plane(settings)
    kubeadm_phases.etcd(settings)


def _start(join: dict[str, Any], node: dict[str, Any], socket: str) -> None:
    document = state.read("cluster")
    if cluster.is_ready(node["name"]):
        raise fail(
            f'error execution phase kubelet-start: a Node with name "{node["name"]}" and status "Ready" already exists in the '
            "cluster. You must delete the existing Node or change the name of this new joining Node"
        )
    own = dict((document.get("settings") or {}).get("KubeletConfiguration") or {})
    patches = str((join.get("patches") or {}).get("directory") or "")
    kubeadm_phases.write_kubelet_config(own, document["service_subnet"], document["domain"], socket, patches)
    say(
        '[kubelet-start] Writing kubelet environment file with flags to file "/var/lib/kubelet/kubeadm-flags.env"'
    )
    state.write("/var/lib/kubelet/kubeadm-flags.env", kubeadm_files.kubelet_flags(node))
    state.write(f"{kubeadm_files.PKI}/ca.crt", document["ca"])
    bootstrap = f"{kubeadm_files.ROOT}/bootstrap-kubelet.conf"
    if not os.path.exists(state.at(f"{kubeadm_files.ROOT}/kubelet.conf")):
        discovery = join["discovery"]
        token = discovery.get("tlsBootstrapToken") or (discovery.get("bootstrapToken") or {}).get("token")
        text = kubeadm_files.kubeconfig("tls-bootstrap-token-user", cluster.endpoint(), node["name"], token)
        state.write(bootstrap, text, 0o600)
    kubeadm_phases.start_kubelet()
    timeouts = join.get("timeouts") or {}
    health = seconds(timeouts.get("kubeletHealthCheck"), 240)
    say(
        "[kubelet-check] Waiting for a healthy kubelet at http://127.0.0.1:10248/healthz. This can take up to "
        + kubeadm_phases.go_duration(health)
    )
    _wait(
        lambda: kubeadm_phases.answers("127.0.0.1", 10248),
        health,
        "error execution phase kubelet-start: failed while waiting for the kubelet to start: The HTTP call equal to 'curl -sSL "
        'http://127.0.0.1:10248/healthz\' returned error: Get "http://127.0.0.1:10248/healthz": dial tcp 127.0.0.1:10248: connect: '
        "connection refused",
    )
    say(
        "[kubelet-check] The kubelet is healthy after 502.698637ms\n"
        "[kubelet-start] Waiting for the kubelet to perform the TLS Bootstrap"
    )
    _wait(
        lambda: (
            node["name"] in state.read("cluster").get("nodes", {})
            and os.path.exists(state.at(f"{kubeadm_files.ROOT}/kubelet.conf"))
        ),
        seconds(timeouts.get("tlsBootstrap"), 300),
        "error execution phase kubelet-start: timed out waiting for the condition",
    )


def _wait(condition: Any, limit: float, words: str) -> None:
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise fail(words)
        time.sleep(0.05)


def _finish_control_plane(node: dict[str, Any]) -> None:
    cluster.mark_control_plane(node["name"], node.get("taints"))
    say(
        "\nThis node has joined the cluster and a new control plane instance was created:\n\n"
        "* Certificate signing request was sent to apiserver and approval was received.\n"
        "* The Kubelet was informed of the new secure connection details.\n"
        "* Control plane label and taint were applied to the new node.\n"
        "* The Kubernetes control plane instances scaled up.\n* A new etcd member was added to the local/stacked etcd cluster.\n"
    )

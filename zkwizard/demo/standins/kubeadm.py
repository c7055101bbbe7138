"""kubeadm: the command line."""

from __future__ import annotations

import json
import os

from . import (
    cluster,
    kubeadm_config,
    kubeadm_files,
    kubeadm_join,
    kubeadm_phases,
    kubeadm_reset,
    kubeadm_token,
    packages,
    state,
)
from .kubeadm_config import fail, say
from .run import Refused

_BOOLEAN = (
    "skip-token-print",
    "upload-certs",
    "dry-run",
    "print-join-command",
    "force",
    "f",
    "control-plane",
    "cleanup-tmp-dir",
    "discovery-token-unsafe-skip-ca-verification",
    "skip-certificate-key-print",
    "help",
    "h",
    "allow-experimental-upgrades",
)
_WITH_VALUE = (
    "config",
    "ignore-preflight-errors",
    "skip-phases",
    "kubernetes-version",
    "o",
    "output",
    "v",
    "cri-socket",
    "token",
    "discovery-token-ca-cert-hash",
    "certificate-key",
    "ttl",
    "description",
    "kubeconfig",
    "node-name",
    "rootfs",
    "apiserver-advertise-address",
    "apiserver-bind-port",
    "pod-network-cidr",
    "service-cidr",
    "image-repository",
    "control-plane-endpoint",
    "patches",
    "service-dns-domain",
    "token-ttl",
    "apiserver-cert-extra-sans",
    "cert-dir",
    "feature-gates",
    "tls-bootstrap-token",
    "usages",
    "groups",
    "old-config",
    "new-config",
)
# What may stand beside --config.
_FREE = {
    "config",
    "ignore-preflight-errors",
    "skip-phases",
    "skip-token-print",
    "upload-certs",
    "dry-run",
    "v",
    "kubeconfig",
    "rootfs",
    "certificate-key",
    "o",
    "output",
    "skip-certificate-key-print",
    "print-join-command",
    "ttl",
    "description",
    "help",
    "h",
    "force",
    "f",
    "cleanup-tmp-dir",
    "cri-socket",
}


def main(argv: list[str]) -> int:
    options, words = _parse(argv[1:])
    if "config" in options and words[:1] in (["init"], ["join"]):
        mixed = sorted(k for k in options if k not in _FREE or (k == "cri-socket"))
        if mixed:
            raise fail(f"can not mix '--config' with arguments [{','.join(mixed)}]")
    handler = _COMMANDS.get(words[0] if words else "")
    if handler is None:
        raise fail(f'unknown command "{words[0]}" for "kubeadm"' if words else "missing command")
    return handler(words[1:], options)


def _parse(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    options: dict[str, str] = {}
    words: list[str] = []
    queue = list(arguments)
    while queue:
        word = queue.pop(0)
        if not word.startswith("-") or word == "-":
            words.append(word)
            continue
        key, equals, value = word.lstrip("-").partition("=")
        if key in _BOOLEAN:
            options[key] = value or "true"
        elif key in _WITH_VALUE:
            if not equals and not queue:
                raise fail(f"flag needs an argument: --{key}")
            text = value if equals else queue.pop(0)
            options[key] = f"{options[key]},{text}" if key in options else text
        else:
            raise fail(f"unknown flag: --{key}")
    return options, words


def _split(options: dict[str, str], key: str) -> list[str]:
    return [w for w in options.get(key, "").split(",") if w]


def _documents(options: dict[str, str]) -> dict[str, dict[str, object]]:
    if "config" in options:
        documents = kubeadm_config.read(options["config"])
        kubeadm_config.validate(documents)
        return documents
    return {
        "InitConfiguration": _init_from_flags(options),
        "ClusterConfiguration": _cluster_from_flags(options),
    }


def _init_from_flags(options: dict[str, str]) -> dict[str, object]:
    endpoint: dict[str, object] = {}
    if "apiserver-advertise-address" in options:
        endpoint["advertiseAddress"] = options["apiserver-advertise-address"]
    if "apiserver-bind-port" in options:
        endpoint["bindPort"] = int(options["apiserver-bind-port"])
    node: dict[str, object] = {
        k: options[o] for k, o in (("name", "node-name"), ("criSocket", "cri-socket")) if o in options
    }
    return {"localAPIEndpoint": endpoint, "nodeRegistration": node}


def _cluster_from_flags(options: dict[str, str]) -> dict[str, object]:
    networking = {
        k: options[o]
        for k, o in (("podSubnet", "pod-network-cidr"), ("serviceSubnet", "service-cidr"))
        if o in options
    }
    cluster: dict[str, object] = {
        k: options[o]
        for k, o in (
            ("imageRepository", "image-repository"),
            ("kubernetesVersion", "kubernetes-version"),
            ("controlPlaneEndpoint", "control-plane-endpoint"),
        )
        if o in options
    }
    return {**cluster, "networking": networking}


def _settings(options: dict[str, str]) -> kubeadm_files.Settings:
    return kubeadm_files.Settings(_documents(options))


def _version(words: list[str], options: dict[str, str]) -> int:
    version = kubeadm_config.version()
    shape = options.get("o") or options.get("output")
    major, minor, _ = version[1:].split(".", 2)
    facts = {
        "major": major,
        "minor": minor,
        "gitVersion": version,
        "gitCommit": "98b35193b2ac7a23a673325f5e9b830ecd5ba406",
        "gitTreeState": "clean",
        "buildDate": "2026-11-22T18:00:00Z",
        "goVersion": "go1.26.6",
        "compiler": "gc",
        "platform": f"linux/{packages.architecture()}",
    }
    if shape == "short":
        say(version)
    elif shape == "json":
        say(json.dumps({"clientVersion": facts}, indent=2))
    else:
        text = ", ".join(f'{k[0].upper() + k[1:]}:"{v}"' for k, v in facts.items())
        say(f"kubeadm version: &version.Info{{{text}}}")
    return 0


def _config(words: list[str], options: dict[str, str]) -> int:
    if words[:1] == ["validate"]:
        if "config" not in options:
            raise fail("the --config flag is mandatory")
        kubeadm_config.validate(kubeadm_config.read(options["config"]))
        say("ok")
        return 0
    if words[:2] == ["images", "list"]:
        return _images_list(options)
    if words[:2] == ["images", "pull"]:
        return _images_pull(options)
    if words[:2] == ["print", "init-defaults"] or words[:2] == ["print", "join-defaults"]:
        say(
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: "
            + ("Init" if "init" in words[1] else "Join")
            + "Configuration"
        )
        return 0
    raise fail(f'unknown command "{" ".join(words)}" for "kubeadm config"')


def _images(options: dict[str, str]) -> list[str]:
    if "kubernetes-version" in options:
        documents = {"ClusterConfiguration": _cluster_from_flags(options)}
        try:
            kubeadm_config.validate(
                {"ClusterConfiguration": {"kubernetesVersion": options["kubernetes-version"]}}
            )
        except Refused as refusal:
            refusal.text = refusal.text.replace(
                "error: ", "error: could not convert cfg to an internal cfg: ", 1
            )
            raise
        return kubeadm_files.images(kubeadm_files.Settings(documents))
    return kubeadm_files.images(_settings(options))


def _images_list(options: dict[str, str]) -> int:
    names = _images(options)
    if (options.get("o") or options.get("output")) == "json":
        say(
            json.dumps(
                {"kind": "Images", "apiVersion": "output.kubeadm.k8s.io/v1alpha3", "images": names}, indent=4
            )
        )
    else:
        say("\n".join(names))
    return 0


def _images_pull(options: dict[str, str]) -> int:
    from . import containerd

    names = _images(options)
    fault = containerd.cri_fault(options.get("cri-socket") or "unix:///var/run/containerd/containerd.sock")
    if fault:
        raise fail(f"failed to create new CRI runtime service: {fault}")
    for name in names:
        containerd.pull(name)
        say(f"[config/images] Pulled {name}")
    return 0


def _init(words: list[str], options: dict[str, str]) -> int:
    if words[:1] == ["phase"]:
        return _phase(words[1:], options)
    settings = _settings(options)
    say(f"[init] Using Kubernetes version: {settings.version}")
    skipped = _split(options, "skip-phases") or [str(p) for p in settings.init.get("skipPhases") or []]
    for phase in skipped:
        if not kubeadm_phases.known(phase):
            raise fail(f"invalid phase name: {phase}")
    if "preflight" not in skipped:
        kubeadm_phases.preflight(settings, _split(options, "ignore-preflight-errors"))
    for phase, step in _STEPS.items():
        if phase not in skipped:
            step(settings)
    kubeadm_phases.rest(
        settings,
        skipped,
        print_token="skip-token-print" not in options,
        upload_certs="upload-certs" in options,
        certificate_key=options.get("certificate-key", ""),
    )
    return 0


def _phase(words: list[str], options: dict[str, str]) -> int:
    name, sub = [*words, "", ""][:2]
    if name not in kubeadm_phases.ORDER or (
        name in ("certs", "kubeconfig", "etcd", "control-plane") and not sub
    ):
        raise fail("unknown flag: --config" if "config" in options else f'unknown command "{name}"')
    if name == "upload-certs":
        if "upload-certs" not in options:
            say("[upload-certs] Skipping phase. Please see --upload-certs")
            return 0
        _need_admin(name)
        kubeadm_token.upload_certs(options.get("certificate-key", ""))
        return 0
    settings = _settings(options)
    if name == "preflight":
        kubeadm_phases.preflight(settings, _split(options, "ignore-preflight-errors"))
        return 0
    run = {**_STEPS, "wait-control-plane": kubeadm_phases.wait_control_plane}.get(name)
    if run is None:
        _need_admin(f"{name}/kubeadm" if name == "upload-config" else name)
        return 0
    run(settings)
    return 0


def _need_admin(phase: str) -> None:
    if not os.path.exists(state.at("/etc/kubernetes/admin.conf")):
        raise fail(
            f"error execution phase {phase}: could not bootstrap the admin user in file admin.conf: "
            "open /etc/kubernetes/admin.conf: no such file or directory"
        )


_RENEWED = (
    ("", "certificate embedded in the kubeconfig file for the admin to use and for kubeadm itself"),
    ("apiserver", "certificate for serving the Kubernetes API"),
    ("apiserver-etcd-client", "certificate the apiserver uses to access etcd"),
    ("apiserver-kubelet-client", "certificate for the API server to connect to kubelet"),
    ("", "certificate embedded in the kubeconfig file for the controller manager to use"),
    ("etcd/healthcheck-client", "certificate for liveness probes to healthcheck etcd"),
    ("etcd/peer", "certificate for etcd nodes to communicate with each other"),
    ("etcd/server", "certificate for serving etcd"),
    ("front-proxy-client", "certificate for the front proxy client"),
    ("", "certificate embedded in the kubeconfig file for the scheduler manager to use"),
    ("", "certificate embedded in the kubeconfig file for the super-admin"),
)


def _renew() -> int:
    documents = cluster.read().get("settings")
    if not documents or not os.path.exists(state.at(f"{kubeadm_files.PKI}/ca.key")):
        raise fail("failed to load existing certificate ca: couldn't load the CA certificate authority")
    settings = kubeadm_files.Settings(documents)
    say(
        '[renew] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...\n'
        "[renew] Use 'kubeadm init phase upload-config kubeadm --config your-config-file' to re-upload it.\n"
    )
    authorities = dict(kubeadm_files.CERTIFICATES)
    for name, words in _RENEWED:
        if name:
            kubeadm_files.sign(name, authorities[name], settings)
        say(f"{words} renewed")
    say(
        "\nDone renewing certificates. You must restart the kube-apiserver, kube-controller-manager, kube-scheduler and etcd, "
        "so that they can use the new certificates."
    )
    return 0


def _certs(words: list[str], options: dict[str, str]) -> int:
    if words[:2] == ["renew", "all"]:
        return _renew()
    if words[:1] != ["check-expiration"]:
        raise fail(f'unknown command "{" ".join(words)}" for "kubeadm certs"')
    import subprocess
    import time

    say(
        "CERTIFICATE                EXPIRES                  RESIDUAL TIME   CERTIFICATE AUTHORITY   EXTERNALLY MANAGED"
    )
    for name, authority in sorted(kubeadm_files.CERTIFICATES):
        path = state.at(f"{kubeadm_files.PKI}/{name}.crt")
        if authority and os.path.exists(path):
            shown = subprocess.run(
                ["openssl", "x509", "-enddate", "-noout", "-in", path], capture_output=True, text=True
            ).stdout
            ends = time.strptime(shown.strip().partition("=")[2], "%b %d %H:%M:%S %Y %Z")
            days = int((time.mktime(ends) - time.time()) // 86400)
            say(
                f"{name.replace('/', '-'):<26} {time.strftime('%b %d, %Y %H:%M UTC', ends):<24} {f'{days}d':<15} "
                f"{authority.replace('/', '-'):<23} no"
            )
    return 0


_STEPS = {
    "certs": kubeadm_phases.certs,
    "kubeconfig": kubeadm_phases.kubeconfig,
    "etcd": kubeadm_phases.etcd,
    "control-plane": kubeadm_phases.control_plane,
    "kubelet-start": kubeadm_phases.kubelet_start,
}
_COMMANDS = {
    "certs": _certs,
    "config": _config,
    "init": _init,
    "join": kubeadm_join.main,
    "reset": kubeadm_reset.main,
    "token": kubeadm_token.main,
    "version": _version,
}

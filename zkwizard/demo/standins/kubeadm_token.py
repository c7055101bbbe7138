"""kubeadm token, and the upload of certificates for further control planes."""

from __future__ import annotations

import os
import secrets
import time

from . import cluster, kubeadm_config, state
from .kubeadm_config import fail, say, seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


def fresh() -> str:
    """A new token."""
    return (
        "".join(secrets.choice(_ALPHABET) for _ in range(6))
        + "."
        + "".join(secrets.choice(_ALPHABET) for _ in range(16))
    )


def store(token: str, ttl: Any, description: Any = None) -> None:
    """Create the token in the cluster."""
    identity, _, secret = token.partition(".")
    life = 24 * 3600 if ttl is None else seconds(ttl, 0)
    with state.change("cluster") as document:
        document.setdefault("tokens", {})[identity] = {
            "secret": secret,
            "expires": state.now() + life if life else 0,
            "description": description or "",
        }


def valid(identity: str) -> dict[str, Any] | None:
    """The token of that id unless it is unknown or expired."""
    entry = state.read("cluster").get("tokens", {}).get(identity)
    return dict(entry) if entry and (not entry["expires"] or entry["expires"] > state.now()) else None


def main(words: list[str], options: dict[str, str]) -> int:
    """kubeadm token create|generate|list|delete."""
    verb = words[0] if words else ""
    if verb == "generate":
        say(fresh())
        return 0
    if verb not in ("create", "list", "delete"):
        raise fail(
            f'unknown command "{verb}" for "kubeadm token"'
            if verb
            else 'missing subcommand; "token" is not meant to be run on its own'
        )
    _need_admin(options)
    if verb == "create":
        return _create(words[1:], options)
    if verb == "delete":
        with state.change("cluster") as document:
            for token in words[1:]:
                document.get("tokens", {}).pop(token.partition(".")[0], None)
                say(f'bootstrap token "{token.partition(".")[0]}" deleted')
        return 0
    return _list(options)


def _need_admin(options: dict[str, str]) -> None:
    path = options.get("kubeconfig") or "/etc/kubernetes/admin.conf"
    if not os.path.exists(state.at(path)):
        shown = options.get("kubeconfig") or "/root/.kube/config"
        if options.get("kubeconfig") or not os.path.exists(state.at(shown)):
            raise fail(f"failed to load admin kubeconfig: open {shown}: no such file or directory")
    fault = cluster.api_fault()
    if fault:
        raise fail(
            f'timed out waiting for the condition: Get "https://{cluster.endpoint()}/api/v1/namespaces/kube-system/secrets": {fault}'
        )


def _create(words: list[str], options: dict[str, str]) -> int:
    wanted: dict[str, Any] = {}
    if "config" in options:
        init = kubeadm_config.read(options["config"]).get("InitConfiguration") or {}
        wanted = (init.get("bootstrapTokens") or [{}])[0]
    token = str(words[0] if words else wanted.get("token") or fresh())
    if not kubeadm_config.TOKEN.match(token):
        raise fail(
            f'the bootstrap token "{token}" was not of the form "\\\\A([a-z0-9]{{6}})\\\\.([a-z0-9]{{16}})\\\\z"'
        )
    store(token, options.get("ttl", wanted.get("ttl")), options.get("description", wanted.get("description")))
    if "print-join-command" in options:
        key = (
            f" --control-plane --certificate-key {options['certificate-key']}"
            if options.get("certificate-key")
            else ""
        )
        say(
            f"kubeadm join {cluster.endpoint()} --token {token} --discovery-token-ca-cert-hash {cluster.ca_hash()}{key} "
        )
    else:
        say(token)
    return 0


def _list(options: dict[str, str]) -> int:
    entries = state.read("cluster").get("tokens", {})
    shown = [(i, e) for i, e in sorted(entries.items()) if valid(i)]
    if options.get("o") == "json" or options.get("output") == "json":
        import json

        for identity, entry in shown:
            say(
                json.dumps(
                    {
                        "kind": "BootstrapToken",
                        "apiVersion": "output.kubeadm.k8s.io/v1alpha3",
                        "token": f"{identity}.{entry['secret']}",
                        "expires": _when(entry["expires"]),
                        "usages": ["authentication", "signing"],
                        "groups": ["system:bootstrappers:kubeadm:default-node-token"],
                    },
                    indent=4,
                )
            )
        return 0
    say(f"{'TOKEN':<25} {'TTL':<11} {'EXPIRES':<22} {'USAGES':<24} {'DESCRIPTION':<58} EXTRA GROUPS")
    for identity, entry in shown:
        left = cluster.age(entry["expires"] - state.now()) if entry["expires"] else "<forever>"
        until = _when(entry["expires"]) if entry["expires"] else "<never>"
        token = f"{identity}.{entry['secret']}"
        say(
            f"{token:<25} {left:<11} {until:<22} {'authentication,signing':<24} {entry['description'] or '<none>':<58} "
            "system:bootstrappers:kubeadm:default-node-token"
        )
    return 0


def _when(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def upload_certs(key: str = "") -> str:
    """Keep the certificates for further control planes under `key`."""
    key = key or secrets.token_hex(32)
    with state.change("cluster") as document:
        document["certificate_key"] = {"key": key, "until": state.now() + 7200}
    say(
        '[upload-certs] Storing the certificates in Secret "kubeadm-certs" in the "kube-system" Namespace\n'
        f"[upload-certs] Using certificate key:\n{key}"
    )
    return key

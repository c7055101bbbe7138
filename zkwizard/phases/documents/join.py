"""The documents around a join: the token that admits the nodes, and how one of them joins."""

from __future__ import annotations

from typing import Any

from zkwizard.model.cluster import Cluster, Node
from zkwizard.model.placeholders import secret_ref
from zkwizard.phases.documents.registration import (
    KUBEADM_API,
    PATCHES,
    TIMEOUTS,
    cri_socket,
    registration,
)
from zkwizard.phases.documents.text import Quoted, text_of

TOKEN = "join-token"
"""Name of the secret: a bootstrap token, ``[a-z0-9]{6}.[a-z0-9]{16}``."""
TOKEN_HOURS = 5
"""Hours that a token lives: longer than the last attempt of a join may come."""


def token_text(cluster: Cluster, version: str) -> str:
    """For ``kubeadm token create``: a version is named so that it asks no server on the internet for one."""
    first = cluster.first_control_plane
    token = {
        "token": Quoted(secret_ref(TOKEN)),
        "description": "nodes of one run of zkwizard",
        "ttl": f"{TOKEN_HOURS}h0m0s",
        "usages": ["signing", "authentication"],
    }
    init = {
        "apiVersion": KUBEADM_API,
        "kind": "InitConfiguration",
        "bootstrapTokens": [token],
        "localAPIEndpoint": {"advertiseAddress": str(first.overlay_ip), "bindPort": 6443},
        "nodeRegistration": {"name": first.name, "criSocket": cri_socket(cluster)},
    }
    rest = {"apiVersion": KUBEADM_API, "kind": "ClusterConfiguration", "kubernetesVersion": f"v{version}"}
    return text_of(init, rest)


def join_text(cluster: Cluster, node: Node, ca_hash: str) -> str:
    """JoinConfiguration of ``node``; ``ca_hash`` is that of the cluster CA's public key."""
    document: dict[str, Any] = {
        "apiVersion": KUBEADM_API,
        "kind": "JoinConfiguration",
        "discovery": {
            "bootstrapToken": {
                "token": Quoted(secret_ref(TOKEN)),
                "apiServerEndpoint": f"{cluster.endpoint}:6443",
                "caCertHashes": [ca_hash],
            }
        },
        "nodeRegistration": registration(cluster, node),
        "patches": {"directory": PATCHES},
        "timeouts": TIMEOUTS,
    }
    return text_of(document)

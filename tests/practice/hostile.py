"""Hostile texts for every field of the cluster file, and the steps that would write them on a node.

The texts try to make a file, /tmp/pwned, should anything ever be executed.
"""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from zkwizard.model.cluster import Cluster
from zkwizard.model.context import Context
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases import config, names, packages, proxy, runtime
from zkwizard.phases.documents.join import join_text
from zkwizard.phases.labels import labels
from zkwizard.steps import vocabulary
from zkwizard.store.clusterfile import parse

CANARY = Path("/tmp/pwned")
ELSEWHERE = ("cloud-init", "hosts-template")
"""Steps that do nothing on this machine."""
_KNOWN = {("master", "kubernetes-version"): "1.36.4", ("master", "kubernetes-package"): "1.36.4-1.1"}
_CA_HASH = f"sha256:{'0' * 64}"
BASE: dict[str, Any] = {
    "name": "zk",
    "domain": "zk.internal",
    "overlay": {"network": "0123456789abcdef", "cidr": "10.9.8.0/24"},
    "proxy": {"url": "http://ann@10.9.8.9:3128", "no_proxy": ["a.example"]},
    "mirrors": {
        "packages": {
            kind: {
                "url": "https://m.example",
                "suite": "/",
                "components": ["main"],
                "key": "https://m.example/key",
            }
            for kind in ("kubernetes", "runtime", "zerotier")
        },
        "images": {"repository": "m.example/k", "registries": {"ghcr.io": "https://m.example"}},
    },
    "kubernetes": {
        "version": "1.36",
        "ignore_preflight": ["Mem"],
        "kubelet": {"clusterDomainX": "y"},
        "kube_proxy": {"x": ["y"]},
        "api_server": {"extraArgs": [{"name": "audit-log-path", "value": "y"}], "certSANs": ["y"]},
        "etcd": {"extraArgs": [{"name": "quota-backend-bytes", "value": "y"}], "imageTag": "y"},
    },
    "nodes": [
        {
            "name": "master",
            "role": "control-plane",
            "provider": "aws",
            "region": "r",
            "spec": "s",
            "ssh": {"host": "192.0.2.1", "user": "root"},
            "overlay_ip": "10.9.8.118",
            "proxy": True,
            "labels": {"a": "b"},
            "taints": [{"key": "a", "value": "b", "effect": "NoExecute"}],
        },
        {"name": "node1", "ssh": {"host": "192.0.2.2", "jump": "b.example"}, "overlay_ip": "10.9.8.65"},
    ],
}
Where = tuple[str | int, ...]
FREE: tuple[Where, ...] = (
    ("kubernetes", "kubelet", "clusterDomainX"),
    ("kubernetes", "kube_proxy", "x", 0),
    ("kubernetes", "api_server", "extraArgs", 0, "value"),
    ("kubernetes", "etcd", "extraArgs", 0, "value"),
)
"""Fields whose text goes into kubeadm.yaml as it is."""
FIELDS: tuple[Where, ...] = (
    *FREE,
    ("name",),
    ("domain",),
    ("overlay", "network"),
    ("proxy", "url"),
    ("proxy", "no_proxy", 0),
    *(
        ("mirrors", "packages", kind, *key)
        for kind in ("kubernetes", "runtime", "zerotier")
        for key in (("url",), ("suite",), ("components", 0), ("key",))
    ),
    ("mirrors", "images", "repository"),
    ("mirrors", "images", "registries", "ghcr.io"),
    ("kubernetes", "version"),
    ("kubernetes", "ignore_preflight", 0),
    ("kubernetes", "api_server", "extraArgs", 0, "name"),
    ("kubernetes", "api_server", "certSANs", 0),
    ("kubernetes", "etcd", "imageTag"),
    ("nodes", 0, "name"),
    ("nodes", 0, "provider"),
    ("nodes", 0, "region"),
    ("nodes", 0, "spec"),
    ("nodes", 0, "ssh", "user"),
    ("nodes", 0, "labels", "a"),
    ("nodes", 0, "taints", 0, "key"),
    ("nodes", 0, "taints", 0, "value"),
    ("nodes", 1, "name"),
    ("nodes", 1, "ssh", "host"),
    ("nodes", 1, "ssh", "jump"),
)
ATTACKS = (
    f"$(touch {CANARY})",
    f"`touch {CANARY}`",
    f"'; touch {CANARY}; '",
    f'"; touch {CANARY} #',
    f"x\ntouch {CANARY}\n",
    f"\nEOF\ntouch {CANARY}\n",
    f"\n# END zkwizard hosts\ntouch {CANARY}\n",
    f"-rf --help; touch {CANARY}",
    f"$(touch${{IFS}}{CANARY})",
    "上海「雲」\u3000é😀",
    "%s%n\\n\\0 %H $HOME ~ * ? [a]",
    "{{ .Name }} &amp; !!python/object: #x",
    "y" * 1000,
    "'" * 40,
    "a$(x)b",
    "-",
    "' \" ` $ \\ \t|;&<>(){}",
    "no",
    "1.36",
    "\n\n",
    " blank at both ends ",
)
"""Also accepted ones: a proxy user may hold $(), a suite + and ~, and so on."""
FITTING = (
    "http://a$(touch)'b%27!*@10.9.8.9:1",
    "http://$(reboot)@10.9.8.9:1",
    "http://a%22%60@h:1",
    "*.a.example",
    "10.0.0.0/8",
    "x+~_",
    "a/b",
    "http://m.example/%27%24~=,+@:%60",
    "https://m.example:5000/a%22",
    "A.b_c-d",
    "b",
    "",
)
"""What some fields accept, with as much of the above as they allow."""


def changed(data: dict[str, Any], where: Where, text: str) -> dict[str, Any]:
    """The answers with one text replaced."""
    made = copy.deepcopy(data)
    inner: Any = made
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = text
    return made


def accepted(data: dict[str, Any]) -> Cluster | None:
    """What ``check`` makes of the answers, written as YAML with every strange character escaped."""
    document = yaml.safe_dump(data, default_style='"', allow_unicode=False)
    document = re.sub(r'!!(bool|int) "(\w+)"', r"\2", document)
    return parse(document, Path("/nonexistent/cluster.yaml"))[0]


def file_steps(cluster: Cluster) -> list[Step]:
    """The steps that write files, of all phases that do, each with nothing but its writing and its check."""
    context = Context(cluster, cluster.nodes[0], {}, {**_KNOWN, **_known(cluster)})
    found = [
        replace(step, id=f"{phase.PHASE.id}-{step.id}", apply=writing, verify="")
        for phase in (names, proxy, runtime, packages, config)
        for step in phase.steps(context)
        if isinstance(step, Step)
        and step.content
        and step.id not in ELSEWHERE
        and (writing := _writing(step))
    ]
    document = join_text(cluster, cluster.nodes[1], _CA_HASH)
    found.append(
        vocabulary.file("join", T("join"), T("join"), path="/etc/join.yaml", content=document, mode="600")
    )
    return [*found, *map(_recorded, labels(cluster.nodes))]


def _known(cluster: Cluster) -> dict[tuple[str, str], str]:
    leader = cluster.first_control_plane.name
    return {(leader, name): value for (_, name), value in _KNOWN.items()}


def _writing(step: Step) -> str:
    return "\n".join(line for line in step.apply.splitlines() if re.search(r"zk_(block_)?put ", line))


def _recorded(step: Step) -> Step:
    """kubectl's arguments in a file instead of a cluster, an argument per line."""
    record = 'zk_kubectl() { printf "%s\\n" "$@" >>/tmp/kubectl-arguments; }\nrm -f /tmp/kubectl-arguments\n'
    return replace(step, check="false", apply=record + step.apply, verify=":")

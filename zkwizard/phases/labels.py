"""Labels and taints of the nodes, as the cluster file has them."""

from __future__ import annotations

from zkwizard.model.cluster import Node
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.steps import vocabulary
from zkwizard.steps.shell import quote, words


def labels(nodes: tuple[Node, ...]) -> list[Step]:
    """Labels and taints as the answers have them now; a node registers with them only once."""
    checks, applies = [], []
    for node in nodes:
        name = quote(node.name)
        if node.labels:
            pairs = [f"{key}={value}" for key, value in sorted(node.labels.items())]
            selector = quote(",".join(pairs))
            checks.append(f"zk_kubectl get nodes -l {selector} -o name | grep -qx node/{name}")
            applies.append(f"zk_kubectl label --overwrite node {name} {words(*pairs)}")
        for taint in node.taints or ():
            row = f"{taint.key} {taint.value} {taint.effect}"
            path = quote('{range .spec.taints[*]}{.key} {.value} {.effect}{"\\n"}{end}')
            checks.append(f"zk_kubectl get node {name} -o jsonpath={path} | grep -qxF {quote(row)}")
            pair = quote(f"{taint.key}={taint.value}:{taint.effect}")
            applies.append(f"zk_kubectl taint --overwrite node {name} {pair}")
    if not checks:
        return []
    return [
        vocabulary.command(
            "labels",
            T("Labels and taints of the nodes"),
            T("A node brings them when it joins; what was changed in the cluster file since is set here."),
            check="\n".join(checks),
            apply="\n".join(applies),
            retries=3,
        )
    ]

"""Phase ``network``: flannel, on the overlay's interface and with the MTU that the links can carry."""

from __future__ import annotations

from zkwizard.model.context import Context
from zkwizard.model.phase import OPERATOR, On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.flannel import ANNOTATION, NAMESPACE, digest_of, manifest
from zkwizard.phases.kubeadm import FOLDER
from zkwizard.steps import vocabulary
from zkwizard.steps.shell import quote

_FILE = f"{FOLDER}/flannel.yaml"
_SET = f"-n {NAMESPACE} get daemonset kube-flannel-ds"
_PODS = f"zk_kubectl -n {NAMESPACE} get pods -l app=flannel"


def steps(context: Context) -> list[Step]:
    """The manifest, applied when its hash is another, and the pod of this node.

    The pods of other nodes are asked for by ``verify``: a node that is down keeps its object in the cluster,
    and would hold up the joins that repair it.
    """
    cluster = context.cluster
    mtu = context.value(OPERATOR, "flannel-mtu", "measured by links")
    own = f"--field-selector {quote(f'spec.nodeName={context.node.name}')}"
    ready = quote("{.items[*].status.containerStatuses[*].ready}")
    text = manifest(cluster.kubernetes.pod_subnet, cluster.overlay.cidr, mtu)
    applied = f"zk_kubectl {_SET} -o jsonpath={quote('{.metadata.annotations.' + ANNOTATION + '}')}"
    return [
        vocabulary.file(
            "flannel-manifest",
            T("flannel's manifest"),
            T("By default flannel takes the interface of the default route, which other nodes can't reach."),
            path=_FILE,
            content=text,
            mode="600",
        ),
        vocabulary.command(
            "flannel-applied",
            T("flannel is in the cluster"),
            T("It carries packets between pods on different nodes, inside the overlay."),
            check=f'[ "$({applied})" = {quote(digest_of(text))} ]',
            apply=f"zk_kubectl apply -f {_FILE}",
            limit=180,
            retries=5,
        ),
        vocabulary.wait(
            "flannel-runs",
            T("flannel runs on this node"),
            T("Until it does, the node stays NotReady and no ordinary pod starts."),
            until=f"{_PODS} {own} -o jsonpath={ready} | grep -qx true",
            limit=900,
            otherwise=f"{_PODS} -o wide\n"
            f"zk_kubectl -n {NAMESPACE} logs $({_PODS} {own} -o name) -c kube-flannel --tail=20",
        ),
    ]


PHASE = Phase(
    id="network",
    title=T("Pod network"),
    summary=T("Writes flannel's manifest for this overlay and applies it."),
    on=On.FIRST_CONTROL_PLANE,
    steps=steps,
    after=("links",),
)

"""Phase ``packages``: kubelet, kubeadm and kubectl at one version, and a kubelet that waits for the overlay.

Facts: pkgs.k8s.io has one repository per minor; kubeadm depends on nothing since 1.32, so that everything is
named; the kubelet's package neither enables its unit nor brings iptables. The repository of a new minor may
hold only the cri-tools of the one before, which do as well.
"""

from __future__ import annotations

from zkwizard.model.cluster import Driver, Runtime
from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.documents.registration import cri_socket
from zkwizard.steps import vocabulary
from zkwizard.steps.family import family_of

_DROP_IN = """\
[Unit]
{wants}After={after}

[Service]
TimeoutStartSec=180
ExecStartPre=/usr/bin/timeout 120 /bin/sh -c \
  'until ip -o -4 addr show to {address} | grep -q .; do sleep 1; done'
"""


def steps(context: Context) -> list[Step]:
    """Repository, packages, the kubelet's drop-in, and a runtime that answers."""
    family = family_of(context)
    kubernetes = context.cluster.kubernetes
    repository = family.kubernetes(kubernetes.minor, context.cluster.mirrors.packages.kubernetes)
    return [
        _same_version(context),
        *family.repository(repository),
        family.packages(
            "openssl",
            T("openssl is there"),
            T("It tells the hash of the cluster's authority, with which a joining node recognises it."),
            wanted={"openssl": ""},
        ),
        family.packages(
            "kubernetes-packages",
            T("kubelet, kubeadm and kubectl at one version, held"),
            T("A system upgrade must not move them: kubeadm upgrades a cluster in an order of its own."),
            wanted={**dict.fromkeys(("kubelet", "kubeadm", "kubectl"), _wanted(context)), "cri-tools": ""},
            hold=True,
            brings=("kubernetes-cni",),
        ),
        _crictl(context),
        _drop_in(context),
        vocabulary.service(
            "kubelet-enabled",
            T("The kubelet starts at boot"),
            T("Its package does not enable it. It is not started yet, as it has no configuration."),
            unit="kubelet.service",
            active=False,
        ),
        vocabulary.wait(
            "cri-answers",
            T("The container runtime answers the kubelet's interface"),
            T("A runtime can be active while its CRI plugin is off; then every later phase fails."),
            until="crictl version >/dev/null",
            limit=90,
            otherwise="crictl version\necho 'Is cri in disabled_plugins of /etc/containerd/config.toml?'",
        ),
        vocabulary.capture(
            "kubernetes-version",
            T("Which version was installed"),
            T("The other nodes take exactly the version that the first control plane got."),
            values={
                "kubernetes-version": "kubeadm version -o short | sed 's/^v//' | grep .",
                "kubernetes-package": "zk_package_version kubeadm | grep .",
            },
        ),
    ]


def _wanted(context: Context) -> str:
    """The version pattern of the packages on this node."""
    kubernetes = context.cluster.kubernetes
    first = context.cluster.first_control_plane.name
    if kubernetes.exact:
        return f"{kubernetes.exact}-*"
    if context.node.name == first:
        return f"{kubernetes.minor}.*"
    return context.value(first, "kubernetes-package", f"read by packages on {first}")


def _same_version(context: Context) -> Step:
    """A node that already belongs to a cluster is upgraded otherwise."""
    kubernetes = context.cluster.kubernetes
    kept = f"v{kubernetes.exact}" if kubernetes.exact else f"v{kubernetes.minor}.*"
    refusal = f"This node runs $zk_v in a cluster, the cluster file says {kubernetes.version}"
    check = (
        "[ -e /etc/kubernetes/kubelet.conf ] || exit 0\n"
        "zk_v=$(kubeadm version -o short 2>/dev/null) || exit 0\n"
        f'case $zk_v in {kept}) ;; *) zk_conflict "{refusal}: that is an upgrade." ;; esac'
    )
    return vocabulary.command(
        "version-kept",
        T("A running cluster keeps its version"),
        T("New packages below a running control plane would break it."),
        check=check,
        apply=":",
        verify=":",
    )


def _crictl(context: Context) -> Step:
    socket = cri_socket(context.cluster)
    return vocabulary.file(
        "crictl-settings",
        T("crictl knows where the runtime listens"),
        T("Without it crictl tries several places, and takes two seconds as its time limit."),
        path="/etc/crictl.yaml",
        content=f"runtime-endpoint: {socket}\nimage-endpoint: {socket}\ntimeout: 30\n",
    )


def _drop_in(context: Context) -> Step:
    docker = context.cluster.kubernetes.runtime is Runtime.DOCKER
    after = "cri-docker.service" if docker else "containerd.service"
    wants = ""
    if context.cluster.overlay.driver is Driver.ZEROTIER:
        wants, after = "Wants=zerotier-one.service\n", f"zerotier-one.service {after}"
    content = _DROP_IN.format(wants=wants, after=after, address=context.node.overlay_ip)
    return vocabulary.file(
        "kubelet-waits",
        T("At boot the kubelet waits for the overlay's address"),
        T("etcd and the API server bind to it, and fail over and over until it is there."),
        path="/etc/systemd/system/kubelet.service.d/20-zkwizard.conf",
        content=content,
        restarts=("kubelet",),
    )


PHASE = Phase(
    id="packages",
    title=T("Kubernetes packages"),
    summary=T("Installs kubelet, kubeadm, kubectl and cri-tools at one version and holds them."),
    on=On.ALL,
    steps=steps,
    leader_first=True,
)

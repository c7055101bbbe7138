"""containerd 2 from Docker's repository, with the one configuration that Kubernetes needs.

Sources: containerd's docs/cri/config.md (``version = 3`` is read by every 2.x), and a real cluster. Docker's
package ships ``disabled_plugins = ["cri"]``, with which containerd is active and ``ctr plugins ls`` looks
well, while every call of the kubelet fails. Every 2.x looks for CNI plugins in /opt/cni/bin by itself; the
key for it was renamed in 2.1, so it is not named here.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from zkwizard.model import versions
from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.steps.family import family_of
from zkwizard.steps.shell import quote, words
from zkwizard.steps.vocabulary import command, file, service

CERTS = "/etc/containerd/certs.d"
DISTRIBUTIONS = ("docker.io", "containerd", "runc")
"""Packages of Debian and Ubuntu that exclude containerd.io."""
_SOCKET = "/run/containerd/containerd.sock"
_UPSTREAM = {"docker.io": "registry-1.docker.io"}
"""Registries whose server is not called as they are."""

_CONFIGURATION = """\
version = 3

[plugins.'io.containerd.cri.v1.images']
image_pull_progress_timeout = '10m0s'

[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = '{sandbox}'

[plugins.'io.containerd.cri.v1.images'.registry]
config_path = '{certs}'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = 'io.containerd.runc.v2'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
SystemdCgroup = true
"""


def steps(context: Context) -> Sequence[Step]:
    """containerd is restarted at the end, and only if its configuration or its proxy changed."""
    family = family_of(context)
    mirrors = context.cluster.mirrors
    return [
        _no_other(),
        *family.repository(family.runtime(context, mirrors.packages.runtime)),
        family.packages(
            "containerd-package",
            T("containerd is installed"),
            T("Docker builds it for every release; the distributions' own are often too old."),
            wanted={"containerd.io": "2.*"},
            restarts=("containerd",),
        ),
        _new_enough(),
        *(_mirror(registry, mirror) for registry, mirror in mirrors.images.registries.items()),
        file(
            "containerd-config",
            T("containerd serves the kubelet"),
            T("As packaged its CRI plugin is off; the cgroup driver and the sandbox image must fit kubeadm."),
            path="/etc/containerd/config.toml",
            content=_CONFIGURATION.format(sandbox=sandbox_image(context), certs=CERTS),
            restarts=("containerd",),
        ),
        service(
            "containerd-service",
            T("containerd runs"),
            T("It starts at boot and has read its configuration and its proxy."),
            unit="containerd.service",
            after=f"ctr --address {_SOCKET} version >/dev/null 2>&1",
        ),
    ]


def sandbox_image(context: Context) -> str:
    """What kubeadm names, once it was asked, else what is known of the minor.

    With another one containerd pulls a second image, which behind a firewall is how every pod hangs.
    """
    cluster = context.cluster
    asked = context.values.get((cluster.first_control_plane.name, "pause-image"))
    if asked:
        return asked
    minor = versions.find(cluster.kubernetes.version) or versions.MINORS[-1]
    return f"{cluster.mirrors.images.repository or 'registry.k8s.io'}/pause:{minor.pause}"


def _no_other() -> Step:
    refused = (
        "is installed from the distribution, and excludes containerd.io. What runs in it is not ours to end. "
        f"If it may go: apt-get remove {' '.join(DISTRIBUTIONS)}"
    )
    return command(
        "no-other-runtime",
        T("No other package provides containerd"),
        T("Two packages of containerd exclude each other, and another's containers are not ours to end."),
        check=(
            f"for zk_p in {words(*DISTRIBUTIONS)}; do\n"
            "  zk_v=$(zk_deb_version $zk_p)\n"
            f'  [ -z "$zk_v" ] || zk_conflict "$zk_p $zk_v" {quote(refused)}\ndone'
        ),
        apply="exit 1",
    )


def _new_enough() -> Step:
    refused = (
        "is older than 2.0, so it is not that of the package containerd.io, which is newer. It can't tell "
        "the kubelet its cgroup driver, which Kubernetes now requires. Remove this one if it may go:"
    )
    return command(
        "containerd-version",
        T("containerd is 2.0 or newer"),
        T("Older ones do not answer the kubelet's question for the cgroup driver."),
        check=(
            "zk_v=$(containerd --version | awk '{ print $3 }')\n"
            "zk_v=${zk_v#v}\n"
            "case ${zk_v%%.*} in\n"
            f'0 | 1) zk_conflict "containerd $zk_v" {quote(refused)} "$(command -v containerd)" ;;\n'
            "'' | *[!0-9]*) exit 1 ;;\nesac"
        ),
        apply="echo 'containerd does not tell its version:'\ncontainerd --version",
    )


def _mirror(registry: str, mirror: str) -> Step:
    """containerd reads it at every pull, so nothing is restarted."""
    official = _UPSTREAM.get(registry, registry)
    return file(
        f"mirror-{registry}",
        T("Images of {registry} come from {mirror}", registry=registry, mirror=urlsplit(mirror).netloc),
        T("The official registry is slow or closed from here; it is asked when the mirror fails."),
        path=f"{CERTS}/{registry}/hosts.toml",
        content=(
            f'server = "https://{official}"\n\n'
            f'[host."{mirror.rstrip("/")}"]\ncapabilities = ["pull", "resolve"]\n'
        ),
    )


PHASE = Phase(
    id="runtime",
    title=T("Container runtime"),
    summary=T("Installs containerd 2, configures it for the kubelet, and starts it."),
    on=On.ALL,
    steps=steps,
)

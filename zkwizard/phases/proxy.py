"""The HTTP proxy, on the nodes that want it: tested first, then told to curl, apt and the runtime.

The runtime gets its variables from a file for root alone that a drop-in names: systemd tells any local user
the variables that stand in a unit itself (systemd.exec(5)). kubeadm is kept from seeing them, as it copies
them into the static pods. The password travels as a secret, percent-encoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from zkwizard.model.cluster import Cluster, Node, Proxy, Runtime
from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.placeholders import secret_ref
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.addresses import apt_direct_hosts, no_proxy
from zkwizard.steps.family import family_of
from zkwizard.steps.shell import quote
from zkwizard.steps.vocabulary import command, file, where

PASSWORD = "proxy-password"
"""The percent-encoded password."""

_CURLRC = '"$ZK_HOME/curlrc"'


def wants_proxy(cluster: Cluster, node: Node) -> bool:
    """Whether the node goes through the cluster's proxy."""
    return node.proxy and cluster.proxy is not None


def proxy_url(proxy: Proxy) -> str:
    """``http://user:password@host:port`` with a secret reference, or without user and password."""
    parts = urlsplit(proxy.url)
    user, at, address = parts.netloc.rpartition("@")
    if not at:
        return f"http://{address}"
    return f"http://{user}:{secret_ref(PASSWORD)}@{address}"


def steps(context: Context) -> Sequence[Step]:
    """Nothing is written before the proxy has answered."""
    cluster, proxy = context.cluster, context.cluster.proxy
    if proxy is None:
        return []
    return [
        proxy_answers(cluster, proxy, _registry(cluster)),
        *package_proxy(context),
        *_runtime(cluster, proxy),
    ]


def package_proxy(context: Context) -> list[Step]:
    """The proxy for zkwizard's own downloads and for the package manager."""
    proxy = context.cluster.proxy
    if proxy is None:
        return []
    curlrc = command(
        "download-proxy",
        T("Signing keys are fetched through the proxy"),
        T("They come from the same places as the packages."),
        content=_curl_configuration(context.cluster, proxy),
        check=f"zk_content zk_same {_CURLRC} 600",
        apply=f"zk_content zk_put {_CURLRC} 600",
        undo=f"zk_restore {_CURLRC}",
        receipt=f"zk_may_restore {_CURLRC}",
    )
    return [curlrc, family_of(context).proxy(proxy_url(proxy), apt_direct_hosts(context.cluster))]


def _curl_configuration(cluster: Cluster, proxy: Proxy) -> str:
    """curl undoes the percent-encoding of user and password itself."""
    return f'proxy = "{proxy_url(proxy)}"\nnoproxy = "{",".join(no_proxy(cluster))}"\n'


def proxy_answers(cluster: Cluster, proxy: Proxy, url: str) -> Step:
    """``url`` through the proxy, of a registry say: then 401 is an answer too, as nobody has logged in.

    A machine without curl gets it by its package manager, which then has to find out by itself.
    """
    test = f"zk_content zk_through_proxy {quote(url)}"
    step = command(
        "proxy-answers",
        T("{url} answers through the proxy", url=url),
        T("A proxy that does not work shows only as packages and images that never arrive."),
        content=_curl_configuration(cluster, proxy),
        check=f"{test} >/dev/null 2>&1",
        apply=test,
        verify=":",
        retries=2,
    )
    return where("command -v curl >/dev/null", step)


def _registry(cluster: Cluster) -> str:
    images = cluster.mirrors.images
    if images.repository:
        return f"https://{images.repository.partition('/')[0]}/v2/"
    mirror = images.registries.get("registry.k8s.io")
    return f"{mirror.rstrip('/') if mirror else 'https://registry.k8s.io'}/v2/"


def _runtime(cluster: Cluster, proxy: Proxy) -> list[Step]:
    """The variables first: without the file that the drop-in names the runtime does not start."""
    unit = "docker" if cluster.kubernetes.runtime is Runtime.DOCKER else "containerd"
    path = f"/etc/{unit}/zkwizard-proxy.env"
    url = proxy_url(proxy)
    variables = {"HTTP_PROXY": url, "HTTPS_PROXY": url, "NO_PROXY": ",".join(no_proxy(cluster))}
    drop_in = file(
        "runtime-proxy",
        T("Images are pulled through the proxy"),
        T("The runtime reads its variables when it starts."),
        path=f"/etc/systemd/system/{unit}.service.d/http-proxy.conf",
        content=f"[Service]\nEnvironmentFile={path}\n",
        restarts=(unit,),
    )
    return [
        file(
            "runtime-proxy-variables",
            T("The runtime's proxy, for root's eyes alone"),
            T("What stands in the unit itself any user of this machine may ask systemd for."),
            path=path,
            content="".join(f"{name}={_quoted(value)}\n" for name, value in variables.items()),
            mode="600",
            restarts=(unit,),
        ),
        replace(drop_in, undo=f"{drop_in.undo}\nsystemctl daemon-reload"),
    ]


def _quoted(value: str) -> str:
    """As an ``EnvironmentFile`` has values: nothing in it is expanded."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


PHASE = Phase(
    id="proxy",
    title=T("Use the proxy"),
    summary=T("Tests the proxy, then makes downloads, packages and images go through it."),
    on=On.ALL,
    steps=steps,
    applies=wants_proxy,
)

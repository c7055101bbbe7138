"""The proxy: what goes past it, where its password stands, and whether it answers."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.unit.phases.answers import cluster, context, only
from tests.unit.phases.scratch_node import ScratchNode, tree
from zkwizard.model.cluster import Cluster
from zkwizard.model.placeholders import secret_names
from zkwizard.model.step import Step
from zkwizard.phases import overlay_join, proxy
from zkwizard.phases.addresses import apt_direct_hosts, no_proxy, proxy_is_inside
from zkwizard.steps.render import render

SECRETS = {"proxy-password": "p%40ss%25"}
FILES = ("download-proxy", "apt-proxy", "runtime-proxy-variables", "runtime-proxy")
VARIABLES = "containerd/zkwizard-proxy.env"


def proxied(url: str = "http://zk%40home@10.9.8.10:1081", **changes: object) -> Cluster:
    return cluster(proxy={"url": url, "no_proxy": ["mirror.example.cn", ".cn", "172.16.0.0/12"]}, **changes)


def steps(of: Cluster) -> list[Step]:
    return list(proxy.steps(context(of=of)))


def test_no_proxy_holds_everything_inside() -> None:
    assert ",".join(no_proxy(proxied())) == (
        "localhost,127.0.0.1,10.9.8.0/24,10.244.0.0/16,10.96.0.0/12,master,master.m4d3bug.com,"
        "node1,node1.m4d3bug.com,node2,node2.m4d3bug.com,api.blog.m4d3bug.com,"
        ".svc,.cluster.local,.m4d3bug.com,169.254.169.254,mirror.example.cn,.cn,172.16.0.0/12"
    )


def test_only_nodes_that_want_it_are_touched() -> None:
    assert proxy.PHASE.nodes(proxied()) == ("node1",)
    assert proxy.PHASE.nodes(cluster()) == ()


def test_before_the_overlay_only_a_proxy_outside_of_it_is_used() -> None:
    assert proxy_is_inside(proxied())
    assert proxy_is_inside(proxied("http://master:3128"))
    outside = proxied("http://proxy.example.cn:3128")
    assert not proxy_is_inside(outside)
    assert len(only(overlay_join.steps(context(of=outside)), "download-proxy", "apt-proxy")) == 2
    assert not only(overlay_join.steps(context(of=proxied())), "download-proxy", "apt-proxy")
    assert not only(overlay_join.steps(context("node2", outside)), "download-proxy", "apt-proxy")


def test_the_password_stands_in_contents_only() -> None:
    for step in steps(proxied()):
        assert set(secret_names(step.content)) <= set(SECRETS)
        assert not secret_names(step.check + step.apply + step.verify + step.undo)
    assert not secret_names(render("proxy", "", "node1", steps(proxied("http://10.9.8.10:1081"))).source)


def test_packages_from_a_mirror_inside_go_past_the_proxy() -> None:
    packages = {
        "runtime": {"url": "http://10.9.8.129/docker"},
        "kubernetes": {"url": "https://m.example/k8s"},
    }
    assert apt_direct_hosts(proxied(mirrors={"packages": packages})) == ("mirror.example.cn", "10.9.8.129")


def test_a_hostile_user_is_only_text(scratch: ScratchNode) -> None:
    user = "a'b$(touch$IFS.pwned);&*!%25"
    found = only(steps(proxied(f"http://{user}@10.9.8.10:1081")), *FILES)
    assert len(scratch.run(found, SECRETS).changed) == 4
    assert f'HTTP_PROXY="http://{user}:p%40ss%25@10.9.8.10:1081"\n' in (scratch.etc / VARIABLES).read_text()
    assert f'"http://{user}:p%40ss%25@' in (scratch.etc / "apt/apt.conf.d/95zkwizard-proxy").read_text()
    assert not list(scratch.folder.rglob("*pwned*"))


def test_values_are_quoted_as_systemd_reads_them() -> None:
    assert proxy._quoted('a"b\\c$d%e') == '"a\\"b\\\\c$d%e"'


def test_files_twice_and_back(scratch: ScratchNode) -> None:
    found = only(steps(proxied()), *FILES)
    before = tree(scratch.etc)
    assert len(scratch.run(found, SECRETS).changed) == 4
    variables = scratch.etc / VARIABLES
    drop_in = scratch.etc / "systemd/system/containerd.service.d/http-proxy.conf"
    apt = scratch.etc / "apt/apt.conf.d/95zkwizard-proxy"
    curl = scratch.folder / "home/curlrc"
    for path in (variables, apt, curl):
        assert path.stat().st_mode & 0o777 == 0o600
    assert drop_in.read_text() == "[Service]\nEnvironmentFile=/etc/containerd/zkwizard-proxy.env\n"
    assert 'HTTPS_PROXY="http://zk%40home:p%40ss%25@10.9.8.10:1081"\n' in variables.read_text()
    assert 'Acquire::https::Proxy "http://zk%40home:p%40ss%25@10.9.8.10:1081";\n' in apt.read_text()
    assert 'Acquire::http::Proxy::mirror.example.cn "DIRECT";\n' in apt.read_text()
    assert "172.16" not in apt.read_text()
    assert curl.read_text().startswith('proxy = "http://zk%40home:p%40ss%25@10.9.8.10:1081"\n')
    assert (scratch.folder / "home/pending/containerd").exists()
    assert scratch.run(found, SECRETS).changed == set()
    scratch.undo(found, SECRETS)
    assert tree(scratch.etc) == before
    assert not curl.exists()


class Proxy(BaseHTTPRequestHandler):
    """Answers requests for any address with the status that the user's name asks for."""

    seen: list[str]

    def do_GET(self) -> None:
        kind, _, word = (self.headers["Proxy-Authorization"] or "").partition(" ")
        user, _, password = base64.b64decode(word).decode().partition(":")
        type(self).seen = [self.path, kind, user, password]
        self.send_response(int(user))
        if "//registry." in self.path:
            self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.end_headers()

    do_CONNECT = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def answers(port: int, user: str, mirror: str = "http://registry.example") -> Step:
    images = {"images": {"registries": {"registry.k8s.io": mirror}}}
    of = proxied(f"http://{user}@127.0.0.1:{port}", mirrors=images)
    (step,) = only(steps(of), "proxy-answers")
    return replace(step, retries=0)


@pytest.mark.parametrize(
    ("user", "mirror", "how", "words"),
    [
        ("401", "http://registry.example", "unchanged", ""),
        ("200", "http://registry.example", "unchanged", ""),
        ("401", "http://elsewhere.example", "failed", "refuses the user or the password (401"),
        ("401", "https://registry.example", "failed", "refuses the user or the password (401)"),
        ("407", "http://registry.example", "failed", "refuses the user or the password (407)"),
        ("407", "https://registry.example", "failed", "refuses the user or the password (407)"),
        ("502", "http://registry.example", "failed", "answer 000 502"),
    ],
)
def test_the_proxy_is_tried_first(
    scratch: ScratchNode, port: int, user: str, mirror: str, how: str, words: str
) -> None:
    scratch.same_network = True
    result = scratch.run([answers(port, user, mirror)], SECRETS)
    assert result.hows == {"proxy-answers": how}, result.output
    assert words in result.output
    assert Proxy.seen[1:] == ["Basic", user, "p@ss%"]
    assert "p%40ss" not in result.output and "p@ss" not in result.output


def test_a_proxy_that_is_not_there(scratch: ScratchNode) -> None:
    result = scratch.run([answers(9, "401")], SECRETS)
    assert "refuses the connection, or can't be reached" in result.output

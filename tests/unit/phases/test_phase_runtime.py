"""containerd: what is refused, what is written, which sandbox image."""

from __future__ import annotations

import tomllib

import pytest

from tests.unit.phases.answers import cluster, context, only
from tests.unit.phases.scratch_node import ScratchNode, tree
from zkwizard.checks import packages
from zkwizard.phases import runtime

TRAP = '# as Docker ships it\ndisabled_plugins = ["cri"]\n'


def test_dockers_configuration_is_replaced_and_put_back(scratch: ScratchNode) -> None:
    path = scratch.etc / "containerd" / "config.toml"
    path.parent.mkdir()
    path.write_text(TRAP)
    before = tree(scratch.etc)
    step = only(runtime.steps(context()), "containerd-config")
    assert scratch.run(step).changed == {"containerd-config"}
    found = tomllib.loads(path.read_text())
    assert "disabled_plugins" not in found
    assert (scratch.folder / "home/pending/containerd").exists()
    assert scratch.run(step).changed == set()
    scratch.undo(step)
    assert tree(scratch.etc) == before


def test_the_configuration_is_what_containerd_reads() -> None:
    (step,) = only(runtime.steps(context()), "containerd-config")
    plugins = tomllib.loads(step.content)["plugins"]
    runc = plugins["io.containerd.cri.v1.runtime"]["containerd"]["runtimes"]["runc"]
    assert runc == {"runtime_type": "io.containerd.runc.v2", "options": {"SystemdCgroup": True}}
    images = plugins["io.containerd.cri.v1.images"]
    assert images["pinned_images"] == {"sandbox": "registry.k8s.io/pause:3.10.2"}
    assert images["registry"] == {"config_path": "/etc/containerd/certs.d"}


def test_the_sandbox_image_is_kubeadms() -> None:
    mirror = {"images": {"repository": "registry.aliyuncs.com/google_containers"}}
    of = cluster(mirrors=mirror, kubernetes={"version": "1.35.9"})
    assert runtime.sandbox_image(context(of=of)) == "registry.aliyuncs.com/google_containers/pause:3.10.1"
    asked = {("master", "pause-image"): "k8s.m.daocloud.io/pause:3.11"}
    assert runtime.sandbox_image(context(of=of, values=asked)) == "k8s.m.daocloud.io/pause:3.11"


def test_mirrors_name_the_official_server_too() -> None:
    registries = {"docker.io": "https://docker.m.daocloud.io/", "quay.io": "http://10.9.8.9:5000"}
    of = cluster(mirrors={"images": {"registries": registries}})
    hub, quay = only(runtime.steps(context(of=of)), "mirror-docker.io", "mirror-quay.io")
    assert tomllib.loads(hub.content) == {
        "server": "https://registry-1.docker.io",
        "host": {"https://docker.m.daocloud.io": {"capabilities": ["pull", "resolve"]}},
    }
    assert tomllib.loads(quay.content)["server"] == "https://quay.io"


@pytest.mark.parametrize("installed", ["docker.io", "containerd", "runc"])
def test_another_package_of_containerd_is_not_removed(scratch: ScratchNode, installed: str) -> None:
    scratch.standin("dpkg-query", f'[ "$4" = {installed} ] && echo "installed 1.7.24~ds1"')
    result = scratch.run(only(runtime.steps(context()), "no-other-runtime"))
    assert result.codes == {"no-other-runtime": 65}
    assert f"{installed} 1.7.24~ds1 is installed from the distribution" in result.output


def test_preflight_stops_on_what_the_phase_refuses() -> None:
    assert packages.DISTRIBUTIONS == runtime.DISTRIBUTIONS


def test_an_older_containerd_io_is_upgraded_and_restarted() -> None:
    (step,) = only(runtime.steps(context()), "containerd-package")
    assert "containerd.io=2.*" in step.apply and "zk_pending containerd\n" in step.apply


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("containerd containerd.io 2.1.9 abcdef", 0),
        ("containerd github.com/containerd/containerd/v2 v2.3.4 abcdef", 0),
        ("containerd containerd.io 1.7.28 b98a3aa", 65),
        ("what?", 1),
    ],
)
def test_an_old_containerd_of_somebody_elses_is_refused(scratch: ScratchNode, said: str, code: int) -> None:
    scratch.standin("containerd", f"echo '{said}'")
    assert scratch.run(only(runtime.steps(context()), "containerd-version")).codes == {
        "containerd-version": code
    }

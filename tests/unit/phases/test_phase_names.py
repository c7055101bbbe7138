"""The names phase, run twice and taken back on a scratch node."""

from __future__ import annotations

from tests.unit.phases.answers import cluster, context, only
from tests.unit.phases.scratch_node import ScratchNode, tree
from zkwizard.phases import names

HOSTS = "127.0.0.1 localhost\n127.0.1.1 old-name.provider.example old-name\n\n::1 localhost # 本機\n"


def prepare(scratch: ScratchNode, hosts: str = HOSTS) -> None:
    (scratch.etc / "hosts").write_text(hosts)
    (scratch.etc / "hostname").write_text("old-name\n")


def test_twice_and_back(scratch: ScratchNode) -> None:
    prepare(scratch)
    before = tree(scratch.etc)
    steps = list(names.steps(context()))
    first = scratch.run(steps)
    assert first.changed == {"hosts", "hostname"}, first.output
    hosts = (scratch.etc / "hosts").read_text()
    assert hosts.startswith(HOSTS)
    assert "10.9.8.65 node1.m4d3bug.com node1\n" in hosts
    assert "10.9.8.118 api.blog.m4d3bug.com\n" in hosts
    assert (scratch.etc / "hostname").read_text() == "node1.m4d3bug.com\n"
    second = scratch.run(steps[:1] + steps[2:])
    assert second.changed == set()
    back = scratch.undo(steps)
    assert back.changed == {"hosts", "hostname"}, back.output
    assert tree(scratch.etc) == before


def test_without_dbus_the_name_is_set_by_hand(scratch: ScratchNode) -> None:
    prepare(scratch)
    (scratch.etc / "hostname").unlink()
    scratch.standin("hostnamectl", "echo 'Failed to connect to bus: No such file or directory' >&2; exit 1")
    steps = only(names.steps(context()), "hostname")
    found = scratch.run(steps)
    assert (found.hows, found.output) == ({"hostname": "changed"}, "")
    assert (scratch.etc / "hostname").read_text() == "node1.m4d3bug.com\n"
    assert scratch.undo(steps).hows == {"hostname": "changed"}
    assert (scratch.etc / "hostname").read_text() == "old-name\n"


def test_cloud_init_is_told_and_its_template_gets_the_names(scratch: ScratchNode) -> None:
    prepare(scratch, "# Your system has configured 'manage_etc_hosts' as True.\n" + HOSTS)
    templates = scratch.etc / "cloud" / "templates"
    templates.mkdir(parents=True)
    (templates / "hosts.debian.tmpl").write_text("## template:jinja\n127.0.1.1 {{fqdn}} {{hostname}}\n")
    before = tree(scratch.etc)
    steps = names.steps(context())
    first = scratch.run(steps)
    assert first.changed == {"hosts", "hostname", "cloud-init", "hosts-template"}, first.output
    assert (scratch.etc / "cloud/cloud.cfg.d/99-zkwizard.cfg").read_text() == (
        "preserve_hostname: true\nmanage_etc_hosts: false\n"
    )
    assert "node2.m4d3bug.com" in (templates / "hosts.debian.tmpl").read_text()
    scratch.undo(steps)
    assert tree(scratch.etc) == before


def test_a_template_that_nobody_uses_is_left_alone(scratch: ScratchNode) -> None:
    prepare(scratch)
    templates = scratch.etc / "cloud" / "templates"
    templates.mkdir(parents=True)
    (templates / "hosts.debian.tmpl").write_text("127.0.1.1 {{fqdn}}\n")
    assert "hosts-template" not in scratch.run(names.steps(context())).changed


def test_hostile_names_are_only_words(scratch: ScratchNode) -> None:
    """The cluster file refuses them; the quoting must not depend on that."""
    prepare(scratch)
    domain = 'it\'s "$(touch /etc/pwned)" `touch /etc/pwned` \\n 中文'
    steps = names.steps(context(of=cluster().model_copy(update={"domain": domain})))
    scratch.standin("hostnamectl", 'printf "%s\\n" "$2" >/etc/hostname')
    scratch.run(steps)
    assert not (scratch.etc / "pwned").exists()
    assert (scratch.etc / "hostname").read_text() == f"node1.{domain}\n"
    assert f"10.9.8.118 api.blog.{domain}\n" in (scratch.etc / "hosts").read_text()

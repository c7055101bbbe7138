"""Names: every node knows every other by name, and cloud-init leaves them alone.

cloud-init's ``update_hostname`` puts the provider's name back at every boot, and with ``manage_etc_hosts``
true it writes /etc/hosts anew from its template (cc_update_etc_hosts), so the block goes there too.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.addresses import full_name, hosts_lines
from zkwizard.steps.shell import quote
from zkwizard.steps.vocabulary import block, command, file, where

CLOUD_INIT = "/etc/cloud/cloud.cfg.d/99-zkwizard.cfg"
TEMPLATE = "/etc/cloud/templates/hosts.debian.tmpl"
"""cloud-init's template for Debian and everything derived from it, Ubuntu too."""


def steps(context: Context) -> Sequence[Step]:
    """Whether cloud-init is there is asked on the node, unless the facts rule it out."""
    found = [_hosts(context), _hostname(full_name(context.cluster, context.node))]
    if context.own is None or context.own.cloud_init.present:
        found += [_cloud_init(), _template(context)]
    return found


def _hosts(context: Context) -> Step:
    return block(
        "hosts",
        T("Every node's name in /etc/hosts"),
        T("The names must work without any name server, and mean the overlay addresses."),
        path="/etc/hosts",
        name="hosts",
        content=hosts_lines(context.cluster),
    )


def _hostname(name: str) -> Step:
    back = _set('"$zk_was"').replace("\n", "\n    ")
    return command(
        "hostname",
        T("The hostname is {name}", name=name),
        T("Logs and prompts tell the nodes apart; providers give names of their own."),
        check=f'[ "$(uname -n)" = {quote(name)} ] && [ "$(cat /etc/hostname)" = {quote(name)} ]',
        apply=(
            'zk_note hostname static "$(cat /etc/hostname 2>/dev/null || uname -n)"\n'
            "zk_forget kept hostname\nzk_forget hostname ours\n"
            f"zk_note hostname ours {quote(name)}\n{_set(quote(name))}"
        ),
        undo=(
            "if zk_was=$(zk_noted hostname static); then\n"
            '  case "$(cat /etc/hostname)" in "$zk_was" | "$(zk_noted hostname ours)")\n'
            f"    {back}\n    ;;\n  *) zk_changed_since hostname ;;\n  esac\n"
            "  zk_forget hostname static\n  zk_forget hostname ours\nfi"
        ),
        receipt="zk_has_note hostname static",
    )


def _set(word: str) -> str:
    """Shell text; ``hostnamectl`` needs D-Bus, which small images lack."""
    by_hand = f"printf '%s\\n' {word} >/etc/hostname; hostname {word}"
    return f"hostnamectl set-hostname {word} 2>/dev/null || {{ {by_hand}; }}"


def _cloud_init() -> Step:
    return where(
        "[ -d /etc/cloud ]",
        file(
            "cloud-init",
            T("cloud-init leaves hostname and hosts file alone"),
            T("At the next boot it would put the provider's name back."),
            path=CLOUD_INIT,
            content="preserve_hostname: true\nmanage_etc_hosts: false\n",
        ),
    )


def _template(context: Context) -> Step:
    """The banner in /etc/hosts tells who wrote it; the provider's data may outrank the file above."""
    return where(
        f"{{ [ -e {TEMPLATE} ] && grep -qi 'manage_etc_hosts.* as true' /etc/hosts; }}",
        block(
            "hosts-template",
            T("The names in cloud-init's template as well"),
            T("On this machine cloud-init writes /etc/hosts anew from it at every boot."),
            path=TEMPLATE,
            name="hosts",
            content=hosts_lines(context.cluster),
        ),
    )


PHASE = Phase(
    id="names",
    title=T("Names"),
    summary=T("Writes a marked block into /etc/hosts and sets the hostname."),
    on=On.ALL,
    steps=steps,
)

"""ZeroTier on every node: package, settings that keep it off the pods' network, and joining.

Sources: what zerotier-one 1.14.1 was seen to do. ``join`` says ``200 join OK`` for nearly everything, so only
``listnetworks`` tells; without a usable /dev/net/tun the network never appears there. Its ``local.conf`` is
described at https://docs.zerotier.com/config/.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from zkwizard.model.cluster import Cluster
from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Stays, Step
from zkwizard.model.text import T
from zkwizard.phases.addresses import proxy_is_inside, uses_zerotier
from zkwizard.phases.proxy import package_proxy, proxy_answers, wants_proxy
from zkwizard.phases.tools import tools
from zkwizard.steps.family import family_of, is_known
from zkwizard.steps.shell import quote, words
from zkwizard.steps.vocabulary import capture, command, service

LOCAL_CONF = "/var/lib/zerotier-one/local.conf"
PREFIXES = ("flannel", "cni", "veth", "docker", "br-", "kube", "cali", "tunl")
"""Interfaces that ZeroTier must not use as a way to its peers (zerotier/ZeroTierOne#779)."""

_ANSWERS = 'case "$(zerotier-cli info 2>&1)" in "200 info "*) ;; *) false ;; esac'


def steps(context: Context) -> Sequence[Step]:
    """The node's member id is captured on every run: the controller and ``links`` need it."""
    family = family_of(context)
    mirror = context.cluster.mirrors.packages.zerotier
    repository = family.zerotier(context, mirror)
    return [
        _tun(),
        *_proxy(context, repository.key_url),
        tools(context),
        *(
            replace(step, stays=(Stays.PACKAGES, Stays.OVERLAY))
            for step in (
                *family.repository(repository),
                family.packages(
                    "zerotier-package",
                    T("ZeroTier is installed"),
                    T("It makes the one flat network that the cluster lives in."),
                    wanted={"zerotier-one": ""},
                ),
            )
        ),
        _local_conf(context.cluster),
        replace(
            service(
                "zerotier-service",
                T("ZeroTier runs"),
                T("It starts at boot; it is restarted only when its settings changed."),
                unit="zerotier-one.service",
                after=_ANSWERS,
            ),
            stays=(Stays.OVERLAY,),
        ),
        _join(context.cluster.overlay.network),
        capture(
            "member-id",
            T("The node's member id"),
            T("Under this id the controller authorises this node."),
            values={"zerotier-member": "zerotier-cli info -j | zk_json address | grep -xE '[0-9a-f]{10}'"},
        ),
    ]


def _proxy(context: Context, url: str) -> list[Step]:
    """A proxy that is reached without the overlay; nothing is written before ``url`` came through it."""
    cluster = context.cluster
    if cluster.proxy is None or not wants_proxy(cluster, context.node) or proxy_is_inside(cluster):
        return []
    return [proxy_answers(cluster, cluster.proxy, url), *package_proxy(context)]


def package_source(context: Context) -> tuple[str, ...]:
    """The files of ZeroTier's package source: they stay with its package, for its fixes."""
    if not uses_zerotier(context.cluster) or not is_known(context):
        return ()
    family = family_of(context)
    return family.files(family.zerotier(context, context.cluster.mirrors.packages.zerotier))


def _tun() -> Step:
    """The device is made at boot for any kernel that could load the driver, so it proves little alone."""
    refused = (
        "There is no usable /dev/net/tun, so ZeroTier can't make an interface. In a container "
        "(LXC, OpenVZ, systemd-nspawn) its host must allow it; else the kernel lacks the tun driver."
    )
    return command(
        "tun-device",
        T("/dev/net/tun is there"),
        T("Without it ZeroTier accepts every order and no network ever appears."),
        check="[ -c /dev/net/tun ] && { [ -e /sys/class/misc/tun ] || [ -d /sys/module/tun ]; }",
        apply=f"modprobe -q tun || :\n[ -c /dev/net/tun ] || zk_conflict {quote(refused)}",
        verify="[ -c /dev/net/tun ]",
    )


def _local_conf(cluster: Cluster) -> Step:
    """Whole when the file is ours alone; merged into somebody else's, whose other settings stay."""
    networks = [str(cluster.kubernetes.pod_subnet), str(cluster.kubernetes.service_subnet)]
    wanted = {
        "physical": {network: {"blacklist": True} for network in networks},
        "settings": {"interfacePrefixBlacklist": PREFIXES},
    }
    path = quote(LOCAL_CONF)
    pairs = words(*(f'"{network}":{{"blacklist":true' for network in networks))
    check = f"""\
[ -e {path} ]
zk_all=$(tr -d ' \\t\\r\\n' <{path})
for zk_w in {pairs}; do
  case $zk_all in *"$zk_w"*) ;; *) exit 1 ;; esac
done
zk_all=$(printf %s "$zk_all" | sed -n 's/.*"interfacePrefixBlacklist":\\[\\([^]]*\\)\\].*/\\1/p')
for zk_w in {words(*PREFIXES)}; do
  case $zk_all in *"\\"$zk_w\\""*) ;; *) exit 1 ;; esac
done
! zk_ours {path} || [ ! -e "$ZK_HOME/receipts/absent"{path} ] || zk_content cmp -s - {path}"""
    apply = f"""\
zk_pending zerotier-one
if [ ! -e {path} ] || {{ zk_ours {path} && [ -e "$ZK_HOME/receipts/absent"{path} ]; }}; then
  zk_content zk_put {path} 644
else
  (zk_content zk_merge_json {path}) >"$ZK_DIR/local.conf" || {{ cat "$ZK_DIR/local.conf"; exit 65; }}
  zk_put {path} "$(stat -Lc %a {path})" <"$ZK_DIR/local.conf"
fi"""
    return command(
        "zerotier-settings",
        T("ZeroTier keeps off the pods' network"),
        T("Otherwise it sends its packets through flannel, which sends them through ZeroTier."),
        content=json.dumps(wanted, indent=1) + "\n",
        check=check,
        apply=apply,
        undo=f"zk_restore {path}",
        receipt=f"zk_may_restore {path}",
    )


def _join(network: str) -> Step:
    silent = "The network does not appear, whatever was said above: see journalctl -u zerotier-one"
    listed = f"zerotier-cli listnetworks -j | zk_zt_part nwid {quote(network)} | grep -q ."
    step = command(
        "join",
        T("The node has joined network {network}", network=network),
        T("From now on its controller can authorise it."),
        check=listed,
        apply=(
            f"zk_note overlay {quote(network)} joined\nzerotier-cli join {quote(network)}\n"
            f"for zk_try in 1 2 3 4 5 6 7 8 9 10; do\n  {listed} && exit 0\n  sleep 1\ndone\n"
            f"echo {quote(silent)}\nexit 1"
        ),
        undo=(
            f"if zk_noted overlay {quote(network)} >/dev/null; then zerotier-cli leave {quote(network)}; fi\n"
            f"zk_forget overlay {quote(network)}"
        ),
        receipt=f"zk_has_note overlay {quote(network)}",
        limit=60,
        retries=2,
    )
    return replace(step, stays=(Stays.OVERLAY,))


PHASE = Phase(
    id="overlay-join",
    title=T("Join the overlay"),
    summary=T("Installs ZeroTier from its signed repository and joins the network."),
    on=On.ALL,
    steps=steps,
    applies=lambda cluster, node: uses_zerotier(cluster),
)

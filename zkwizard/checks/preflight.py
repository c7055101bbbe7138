"""Everything that is judged before anything is changed, in the order in which a person wants to read it."""

from __future__ import annotations

from zkwizard.checks import (
    addressing,
    clock,
    hardware,
    identity,
    kernel,
    leftovers,
    operating_system,
    overlay,
    packages,
    ports,
    quorum,
    swap,
    way_out,
    writable,
)
from zkwizard.checks.rule import Check, Facts, each_node
from zkwizard.model.cluster import Cluster
from zkwizard.model.finding import Finding

CHECKS: tuple[Check, ...] = (
    quorum.complete,
    quorum.members,
    each_node(operating_system.supported),
    each_node(operating_system.systemd),
    each_node(operating_system.virtualization),
    each_node(hardware.architecture),
    each_node(hardware.cpu_level),
    each_node(hardware.cpus),
    each_node(hardware.memory),
    each_node(swap.policy),
    each_node(hardware.disks),
    each_node(hardware.fsync),
    each_node(writable.folders),
    each_node(kernel.version),
    each_node(kernel.cgroup),
    each_node(kernel.controllers),
    each_node(kernel.features),
    each_node(kernel.tun_device),
    each_node(kernel.settings),
    each_node(operating_system.selinux),
    each_node(operating_system.firewall),
    each_node(operating_system.network_manager),
    clock.skew,
    each_node(clock.synchronised),
    identity.hostname,
    identity.machine_id,
    identity.product_uuid,
    identity.mac,
    identity.zerotier,
    each_node(identity.cloud_init),
    each_node(addressing.ranges),
    each_node(addressing.public),
    each_node(way_out.ipv4),
    each_node(overlay.address),
    overlay.swapped,
    each_node(overlay.zerotier),
    each_node(packages.lock),
    each_node(packages.kubelet),
    each_node(packages.containerd),
    each_node(packages.docker),
    each_node(packages.cri_dockerd),
    each_node(leftovers.cluster),
    each_node(leftovers.files),
    each_node(ports.free),
)


def judge(cluster: Cluster, facts: Facts) -> list[Finding]:
    """All findings, those that are as expected too, so that a screen can show what was checked."""
    return [finding for check in CHECKS for finding in check(cluster, facts)]

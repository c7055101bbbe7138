"""Every parser against what real machines printed, and against what they leave out."""

from __future__ import annotations

from pathlib import Path

import pytest

from zkwizard.facts import (
    clock,
    cloud_init,
    cpu_level,
    disks,
    guards,
    interfaces,
    kernel,
    leftovers,
    login,
    machine,
    nameservers,
    os_release,
    packages,
    ports,
    routes,
    swap,
    zerotier,
)
from zkwizard.model.facts import Feature, Interface

DATA = Path(__file__).parent / "data"


def read(name: str) -> str:
    return (DATA / name).read_text()


def test_os_release_of_debian() -> None:
    release = os_release.parse(read("os-release.txt") + "VERSION_CODENAME=bookworm\nID=debian\n")
    assert (release.id, release.version_id, release.codename) == ("debian", "12", "bookworm")
    assert release.pretty == "Debian GNU/Linux 12 (bookworm)"


@pytest.mark.parametrize(
    ("ident", "like", "family"),
    [
        ("debian", "", "debian"),
        ("ubuntu", "debian", "debian"),
        ("rocky", "rhel centos fedora", "rhel"),
        ("almalinux", "", "rhel"),
        ("centos", "", "rhel"),
        ("openEuler", "", "rhel"),
        ("tencentos", "", "rhel"),
        ("alinux", "rhel fedora centos anolis", "rhel"),
        ("newcomer", "fedora", "rhel"),
        ("arch", "", "arch"),
        ("", "", ""),
    ],
)
def test_families(ident: str, like: str, family: str) -> None:
    assert os_release.parse(f"ID={ident}\nID_LIKE='{like}'\n").family == family


def test_machine() -> None:
    found = machine.parse(
        "uname node1 6.1.0-18-amd64 aarch64\ncpus 2\nMemTotal:        2014416 kB\n"
        "machine-id 7f92bd2d57cc9122ec54a72850c82815\nproduct-uuid 4C4C4544-0000\ncontainer none\n"
        "vm kvm\nsystemd yes\n"
    )
    assert (found.arch, found.cpus, found.memory_mb, found.hostname) == ("arm64", 2, 1967, "node1")
    assert (found.virtualization, found.systemd, found.product_uuid) == ("kvm", True, "4c4c4544-0000")


def test_a_container_counts_before_its_virtual_machine() -> None:
    assert machine.parse("container lxc\nvm kvm\n").virtualization == "lxc"
    assert machine.parse("container \nvm none\n").virtualization == "none"
    assert machine.parse("container none\nvm kvm\ncontainer openvz\n").virtualization == "openvz"


def test_cpu_levels() -> None:
    v1 = "lm cmov cx8 fpu fxsr mmx syscall sse sse2"
    v2 = v1 + " cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3"
    v3 = v2 + " avx avx2 bmi1 bmi2 f16c fma abm movbe xsave"
    levels = [cpu_level.parse(f"flags\t\t: {flags}") for flags in (v1, v2, v3)]
    assert levels == [1, 2, 3]
    assert cpu_level.parse("") == 0


def test_swaps_and_what_brings_them_back() -> None:
    head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
    assert swap.parse_active(head) == ()
    (area,) = swap.parse_active(
        head + "/swap\\040file                             file\t\t2097148\t\t0\t\t-2\n"
    )
    assert (area.path, area.type, area.size_mb) == ("/swap file", "file", 2047)
    fstab = "# /swapfile none swap sw 0 0\nUUID=x / ext4 defaults 0 1\n/swapfile none swap sw 0 0\n"
    assert swap.parse_fstab(fstab) == ("/swapfile none swap sw 0 0",)
    units = (
        "  dev-sda2.swap loaded active active Swap Partition\n"
        "● dev-sdb1.swap masked inactive dead dev-sdb1.swap\n"
        "files\nzramswap.service enabled enabled\nsystemd-zram-setup@.service static -\n"
        "dphys-swapfile.service disabled x\n"
    )
    assert swap.parse_units(units) == ("dev-sda2.swap", "zramswap.service")
    assert swap.parse_units("files\n") == ()


def test_interfaces_from_json() -> None:
    found = {link.name: link for link in interfaces.parse(read("ip-j-addr.json"))}
    assert found["ztogyc37qx"].addresses[0] == "10.9.8.118/24"
    assert (found["ztogyc37qx"].mtu, found["ztogyc37qx"].mac) == (2800, "02:fb:76:7e:a0:c6")
    assert found["lo"].mac == ""


def test_interfaces_from_lines() -> None:
    lines = (
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue \\    link/loopback 00:00:00:00:00:00\n"
        "2: host0@if3: <UP> mtu 1500 qdisc noqueue \\    link/ether 9A:e1:d5:c0:ec:c3 brd ff:ff:ff:ff:ff:ff\n"
        "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever\n"
        "2: host0    inet 10.200.0.11/24 brd 10.200.0.255 scope global host0\\       valid_lft forever\n"
        "2: host0    inet6 fe80::98e1:d5ff:fec0:ecc3/64 scope link \\       valid_lft forever\n"
    )
    assert interfaces.parse(lines) == (
        Interface("lo", 65536, "", ("127.0.0.1/8",)),
        Interface("host0", 1500, "9a:e1:d5:c0:ec:c3", ("10.200.0.11/24", "fe80::98e1:d5ff:fec0:ecc3/64")),
    )


def test_routes_of_a_running_node() -> None:
    found = routes.parse(read("ip-route.txt"))
    assert found.default_interface == "host0"
    assert found.by["10.9.8.0/24"] == "ztogyc37qx"
    assert found.by["10.244.1.0/24"] == "flannel.1"
    assert found.by["fe80::/64"] == "host0"


def test_routes_with_several_defaults_and_kinds() -> None:
    found = routes.parse(
        "default via 10.0.0.1 dev eth1 metric 200\ndefault via 192.168.0.1 dev eth0 metric 100\n"
        "blackhole 10.42.0.0/24 proto bird\n192.168.7.5 dev tun0\n"
    )
    assert found.default_interface == "eth0"
    assert found.by == {"10.42.0.0/24": "", "192.168.7.5/32": "tun0"}


def test_nameservers() -> None:
    text = "nameserver 127.0.0.53\nsearch x\nnameserver 10.96.0.2\n# nameserver 1.1.1.1\n"
    text += "nameserver fe80::1%eth0\n"
    assert nameservers.parse(text + text) == ("127.0.0.53", "10.96.0.2", "fe80::1")


def test_disks() -> None:
    (disk,) = disks.parse_space("/var/lib/etcd 20480000 10240000\nrubbish\n")
    assert (disk.path, disk.total_mb, disk.free_mb) == ("/var/lib/etcd", 20000, 10000)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("20+0 records in\n20+0 records out\n46000 bytes (46 kB, 45 KiB) copied, 0.0424 s, 1.1 MB/s\n", 2.12),
        ("46000 bytes (44.9KB) copied, 0.200000 seconds, 224.6KB/s\n", 10.0),
        ("46000 bytes (46 kB) copied, 9.5e-05 s, 484 MB/s", 0.005),
        ("failed\n", 250.0),
        ("dd: invalid number\nfailed\n", 0.0),
        ("", 0.0),
    ],
)
def test_fsync(text: str, ms: float) -> None:
    assert disks.parse_fsync(text) == ms


def test_kernel_features() -> None:
    found = kernel.parse_features(
        "br_netfilter loadable\noverlay loaded\nvxlan missing\ntun builtin\ntun-device no\n"
    )
    assert found.modules == {
        "br_netfilter": Feature.LOADABLE,
        "overlay": Feature.LOADED,
        "vxlan": Feature.MISSING,
        "tun": Feature.BUILT_IN,
    }
    assert not found.tun_device


def test_sysctls() -> None:
    found = kernel.parse_sysctls("net/ipv4/ip_forward:0\nnet/ipv4/conf/all/rp_filter:2\nsomething else\n")
    assert found == {"net.ipv4.ip_forward": "0", "net.ipv4.conf.all.rp_filter": "2"}


def test_services_and_firewalls() -> None:
    states = ["inactive"] * len(guards.UNITS)
    states[guards.UNITS.index("firewalld")] = "active"
    states[guards.UNITS.index("ufw")] = "active"
    found = guards.parse_services("\n".join(states) + "\n")
    assert found.firewalls == ("firewalld",)
    assert guards.parse_services("\n".join(states) + "\nufw on\n").firewalls == ("firewalld", "ufw")
    assert found.states["kubelet"] == "inactive"
    assert guards.parse_services("active\n").states == {}


def test_selinux() -> None:
    assert guards.parse_selinux("Enforcing\n") == "Enforcing"
    assert guards.parse_selinux("sh: getenforce: not found\n") == ""


def test_cloud_init_later_files_win() -> None:
    cfg = "/etc/cloud/cloud.cfg:preserve_hostname: false\n"
    ours = "/etc/cloud/cloud.cfg.d/99-zkwizard.cfg:preserve_hostname: true\n"
    data = "/var/lib/cloud/instance/cloud-config.txt:manage_etc_hosts: True  # by the provider\n"
    assert not cloud_init.parse("present\n" + cfg).preserve_hostname
    found = cloud_init.parse("present\n" + cfg + ours)
    assert (found.present, found.preserve_hostname, found.from_data) == (True, True, False)
    found = cloud_init.parse("present\n" + ours + data)
    assert (found.manage_etc_hosts, found.from_data) == ("true", True)


def test_cloud_init_banner_counts_only_without_a_setting() -> None:
    assert cloud_init.parse("present\nbanner\n").manage_etc_hosts == "true"
    setting = "/etc/cloud/cloud.cfg.d/99-zkwizard.cfg:manage_etc_hosts: false\n"
    assert cloud_init.parse("present\n" + setting + "banner\n").manage_etc_hosts == "false"
    assert cloud_init.parse("").present is False


def test_clock() -> None:
    assert clock.parse_stamp("1795371384.391000000\n") == pytest.approx(1795371384.391)
    assert clock.parse_stamp("1795371384.%N\n") == 1795371384
    assert clock.parse_stamp("") is None
    assert clock.offset(100.3, 100.5, 90.1, 90.7) == pytest.approx(10.0)
    assert clock.offset(None, 1.0, 0.0, 0.0) == 0.0
    assert clock.parse_synchronised("NTPSynchronized=no\n") is False
    assert clock.parse_synchronised("NTPSynchronized=yes\n") is True
    assert clock.parse_synchronised("Failed to query\n") is None


def test_ports_of_a_control_plane() -> None:
    found = ports.parse(read("ss-control-plane.txt"))
    assert found["tcp/6443"] == "kube-apiserver"
    assert found["tcp/10257"] == "kube-controller"
    assert found["tcp/2379"] == "etcd"
    assert found["udp/9993"] == "zerotier-one"
    assert found["udp/8472"] == ""
    assert "tcp/10250" in ports.parse(read("ss-worker.txt"))
    assert set(ports.parse(read("ss-zerotier.txt"))) >= {"udp/9993", "tcp/9993"}


def test_packages() -> None:
    text = (
        "installed kubelet 1.36.2-1.1\nconfig-files docker.io 20.10.24\n"
        "installed containerd.io 2.1.9-1~debian\n"
        "package ufw is not installed\ninstalled notours 1\n"
    )
    assert packages.parse_installed(text) == {"kubelet": "1.36.2-1.1", "containerd.io": "2.1.9-1~debian"}


def test_package_lock() -> None:
    assert packages.parse_lock("812 unattended-upgr\n900 apt-get\n") == "unattended-upgr (process 812)"
    assert packages.parse_lock("\n") == ""


def test_leftovers() -> None:
    found = leftovers.parse_paths("path /etc/kubernetes/manifests/etcd.yaml\nlink cni0\nlink a b\nother\n")
    assert found == ("/etc/kubernetes/manifests/etcd.yaml", "link cni0")
    filters = leftovers.parse_filters("chains iptables 27\nchains ip6tables 20\nblocked ip6tables\n")
    assert filters.chains == ("chains iptables 27", "chains ip6tables 20")
    assert not filters.input_blocked
    assert leftovers.parse_filters("blocked iptables\n").input_blocked


def test_kubelet_server() -> None:
    assert leftovers.parse_server("https://10.9.8.118:6443\n") == "https://10.9.8.118:6443"
    assert leftovers.parse_server("rm -rf /\n") == ""


def zerotier_text(info: str, networks: str) -> str:
    return f"@info\n{info}\n@networks\n{networks}\n@identity\nfb76685eeb\n@version\n1.14.1\n"


def test_zerotier_online() -> None:
    found = zerotier.parse(zerotier_text(read("zerotier-info.json"), read("zerotier-networks-ok.json")))
    assert found is not None
    assert (found.member, found.version, found.online, found.running) == ("fb76685eeb", "1.14.1", True, True)
    (network,) = found.networks
    assert (network.id, network.status, network.device) == ("8fa62dfe16000001", "OK", "ztogyc37qx")
    assert (network.mtu, network.addresses) == (2800, ("10.9.8.118/24",))


def test_zerotier_denied() -> None:
    found = zerotier.parse(zerotier_text(read("zerotier-info.json"), read("zerotier-networks-denied.json")))
    assert found is not None
    assert [network.status for network in found.networks] == ["ACCESS_DENIED"]


def test_zerotier_stopped_prints_its_error_on_stdout() -> None:
    stopped = read("zerotier-stopped.txt")
    found = zerotier.parse(zerotier_text(stopped, stopped))
    assert found is not None
    assert (found.running, found.online, found.networks) == (False, False, ())
    assert (found.member, found.version) == ("fb76685eeb", "1.14.1")


def test_zerotier_absent() -> None:
    assert zerotier.parse("") is None


def test_login() -> None:
    found = login.parse("ann:x:1000:1000:Ann,,,:/home/ann:/bin/bash\n")
    assert (found.user, found.home) == ("ann", "/home/ann")
    assert login.parse("nonsense") == login.Login()

"""Package manager, service manager and friends on a practice node: what the real ones refuse, in their words."""

from __future__ import annotations

import pytest

from tests.demo import by_hand
from tests.demo.practice_rig import on
from zkwizard.demo.practice import Practice
from zkwizard.demo.standins import supervisor

REFUSED = {
    "systemctl is-active nothing": ("inactive\n", "", 3),
    "systemctl start nothing": ("", "Failed to start nothing.service: Unit nothing.service not found.\n", 5),
    "systemctl status nothing": ("", "Unit nothing.service could not be found.\n", 4),
    "systemctl is-enabled nothing": (
        "", "Failed to get unit file state for nothing.service: No such file or directory\n", 1),
    "apt-get install -y kubeadm": (None, "E: Unable to locate package kubeadm\n", 100),
    "dpkg-query -W kubeadm": ("", "dpkg-query: no packages found matching kubeadm\n", 1),
    "modprobe nonesuch": (None, None, 1),
    "curl -fsS -x http://127.0.0.1:9 https://pkgs.k8s.io/": (
        "", "curl: (7) Failed to connect to 127.0.0.1 port 9 after 0 ms: Couldn't connect to server\n", 7),
}  # fmt: skip


@pytest.mark.parametrize("command", REFUSED)
def test_refusals(cluster: Practice, command: str) -> None:
    stdout, stderr, status = REFUSED[command]
    seen = on(cluster, "master", command)
    assert seen.status == status
    assert stdout is None or seen.stdout == stdout
    assert stderr is None or seen.stderr == stderr


def test_a_repository_without_its_key_is_not_signed(cluster: Practice) -> None:
    line = "deb [signed-by=/etc/apt/keyrings/none.gpg] https://pkgs.k8s.io/core:/stable:/v1.36/deb/ /"
    seen = on(cluster, "node1", f"echo '{line}' > /etc/apt/sources.list.d/k.list; apt-get update; s=$?; "
              "rm /etc/apt/sources.list.d/k.list; exit $s")  # fmt: skip
    assert (
        seen.status == 100 and "NO_PUBKEY 234654DA9A296436" in seen.stderr and "is not signed" in seen.stderr
    )


def test_another_package_manager_holds_the_lock(cluster: Practice) -> None:
    cluster.control.hold_packages("node1", 0.5)
    refused = on(cluster, "node1", "apt-get install -y jq")
    assert refused.status == 100 and "held by process 1234 (unattended-upgr)" in refused.stderr
    waited = on(cluster, "node1", "apt-get install -y -qq -o DPkg::Lock::Timeout=5 jq")
    assert waited.status == 0


@pytest.fixture(scope="module")
def prepared(cluster: Practice) -> Practice:
    """The master with packages, runtime and overlay."""
    done = on(cluster, "master", by_hand.prepare("master"))
    assert done.status == 0, done.stderr
    on(cluster, "master", "cat > /root/kubeadm.yaml", by_hand.KUBEADM_YAML)
    return cluster


def test_held_packages_stay(prepared: Practice) -> None:
    seen = on(prepared, "master", "apt-get install -y kubelet=1.36.4-1.1")
    assert (seen.status, seen.stderr) == (
        100, "E: Held packages were changed and -y was used without --allow-change-held-packages.\n")  # fmt: skip
    versions = on(prepared, "master", "dpkg-query -W -f='${Version} ${Status}\\n' kubelet").stdout
    assert versions == "1.36.2-1.1 hold ok installed\n"


def test_a_disabled_cri_is_seen_by_preflight(prepared: Practice) -> None:
    seen = on(prepared, "master", "cp /etc/containerd/config.toml /root/; echo 'disabled_plugins = [\"cri\"]' > "
              "/etc/containerd/config.toml; systemctl restart containerd; systemctl is-active containerd; "
              "kubeadm init phase preflight --config /root/kubeadm.yaml; cp /root/config.toml /etc/containerd/; "
              "systemctl restart containerd")  # fmt: skip
    assert "active\n" in seen.stdout
    assert "[ERROR CRI]: could not connect to the container runtime" in seen.stderr
    assert "code = Unimplemented desc = unknown service runtime.v1.RuntimeService" in seen.stderr


def test_the_kubelet_waits_in_its_restart_loop_while_swap_is_on(prepared: Practice) -> None:
    seen = on(prepared, "master", "kubeadm init phase certs all --config /root/kubeadm.yaml >/dev/null; "
              "kubeadm init phase kubeconfig all --config /root/kubeadm.yaml >/dev/null; swapon /swapfile; "
              "kubeadm init phase kubelet-start --config /root/kubeadm.yaml >/dev/null; "
              "until systemctl is-active kubelet | grep activating; do :; done; "
              "journalctl -u kubelet -n 3 --no-pager; swapoff -a; systemctl restart kubelet; "
              "systemctl is-active kubelet")  # fmt: skip
    assert seen.stdout.startswith("activating\n") and seen.stdout.endswith("\nactive\n")
    assert "running with swap on is not supported, please disable swap" in seen.stdout


def test_a_broken_configuration_keeps_containerd_down(prepared: Practice) -> None:
    seen = on(prepared, "master", "cp /etc/containerd/config.toml /root/; echo 'version = [' > /etc/containerd/config.toml; "
              "systemctl restart containerd; cp /root/config.toml /etc/containerd/; systemctl restart containerd && echo up")  # fmt: skip
    assert seen.stderr.startswith(
        "Job for containerd.service failed because the control process exited with error code."
    )
    assert seen.stdout == "up\n"


def test_start_conditions_run_with_a_clean_environment(prepared: Practice) -> None:
    unit = "[Service]\\nExecStartPre=/bin/sh -c 'env > /tmp/seen'\\n"
    seen = on(prepared, "master", "mkdir -p /etc/systemd/system/kubelet.service.d; printf \"" + unit + "\" > "
              "/etc/systemd/system/kubelet.service.d/20-wait.conf; systemctl daemon-reload; "
              "HTTPS_PROXY=http://secret systemctl restart kubelet; cat /tmp/seen")  # fmt: skip
    assert "PATH=" in seen.stdout and "secret" not in seen.stdout


def test_a_process_that_has_ended_is_one_until_it_is_gone_for_good() -> None:
    """A dying process is a zombie first, and then, for a moment, dead (proc(5))."""
    going = "4711 (a) name) {} 1 4711 4711 0 -1 4194560"
    assert [supervisor.is_over(going.format(state)) for state in "SRDZX"] == [False, False, False, True, True]


def test_a_service_ends_each_time_it_is_restarted(prepared: Practice) -> None:
    seen = on(prepared, "master", "for each in $(seq 20); do systemctl restart containerd || exit; done; "
              "pgrep -c -x containerd")  # fmt: skip
    assert (seen.stdout, seen.stderr, seen.status) == ("1\n", "", 0)

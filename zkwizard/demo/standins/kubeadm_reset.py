"""kubeadm reset: what it removes, and what it says it leaves."""

from __future__ import annotations

import os
import shutil
import sys

from . import cluster, containerd, klog, kubeadm_config, kubeadm_files, sandboxes, state, supervisor
from .kubeadm_config import fail, say

_FILES = (
    "admin.conf",
    "super-admin.conf",
    "kubelet.conf",
    "bootstrap-kubelet.conf",
    "controller-manager.conf",
    "scheduler.conf",
)


def main(words: list[str], options: dict[str, str]) -> int:
    """kubeadm reset [-f]"""
    forced = "f" in options or "force" in options
    if "config" in options:
        reset = kubeadm_config.read(options["config"]).get("ResetConfiguration") or {}
        forced = forced or bool(reset.get("force"))
    control_plane = (
        os.path.exists(state.at(f"{kubeadm_files.ROOT}/admin.conf")) and cluster.api_fault() is None
    )
    if control_plane:
        say(
            '[reset] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...\n'
            "[reset] Use 'kubeadm init phase upload-config kubeadm --config your-config-file' to re-upload it."
        )
    if not forced:
        _ask()
    say("[preflight] Running pre-flight checks")
    if not control_plane:
        klog.warn(
            "removeetcdmember.go:105", "[reset] No kubeadm config, using etcd pod spec to get data directory"
        )
    if os.path.isdir(state.at("/var/lib/etcd")) and _empty("/var/lib/etcd"):
        say("[reset] Deleted contents of the etcd data directory: /var/lib/etcd")
    say("[reset] Stopping the kubelet service")
    _stop_kubelet()
    say('[reset] Unmounting mounted directories in "/var/lib/kubelet"')
    unmounted = sandboxes.unmount_below("/var/lib/kubelet")
    if containerd.cri_fault() is None:
        sandboxes.all_removed()
    folders = [kubeadm_files.MANIFESTS, *(["/var/lib/kubelet"] if unmounted else []), kubeadm_files.PKI]
    say(f"[reset] Deleting contents of directories: [{' '.join(folders)}]")
    for folder in folders:
        _empty(folder)
    paths = [f"{kubeadm_files.ROOT}/{name}" for name in _FILES]
    say(f"[reset] Deleting files: [{' '.join(paths)}]")
    for path in paths:
        if os.path.exists(state.at(path)):
            os.unlink(state.at(path))
    cluster.machine_was_reset(state.node())
    say(
        "\nThe reset process does not perform cleanup of CNI plugin configuration,\nnetwork filtering rules and kubeconfig files.\n\n"
        "For information on how to perform this cleanup manually, please see:\n"
        "    https://k8s.io/docs/reference/setup-tools/kubeadm/kubeadm-reset/\n"
    )
    return 0


def _ask() -> None:
    klog.warn(
        "preflight.go:56",
        "[reset] WARNING: Changes made to this host by 'kubeadm init' or 'kubeadm join' will be reverted.",
    )
    print("[reset] Are you sure you want to proceed? [y/N]: ", end="", flush=True)
    if sys.stdin.readline().strip().lower() != "y":
        raise fail("error execution phase preflight: aborted reset operation")


def _stop_kubelet() -> None:
    if os.path.exists("/run/systemd/private"):
        import subprocess

        subprocess.run(["systemctl", "stop", "kubelet"])
    else:
        supervisor.stop("kubelet.service")


def _empty(folder: str) -> bool:
    """What can't be deleted stays, with a warning."""
    place = state.at(folder)
    if not os.path.isdir(place):
        return True
    try:
        for name in os.listdir(place):
            entry = os.path.join(place, name)
            if os.path.isdir(entry) and not os.path.islink(entry):
                shutil.rmtree(entry)
            else:
                os.unlink(entry)
    except OSError as error:
        text = f'[reset] Failed to delete contents of "{folder}" directory: {error.strerror}'
        klog.warn("cleanupnode.go:105", text)
        return False
    return True

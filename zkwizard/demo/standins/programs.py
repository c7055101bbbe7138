"""Which command is which stand-in, and the small executable that starts one."""

from __future__ import annotations

# Commands that a practice node has from the start.
ALWAYS = {
    "apt-cache": "apt_cache",
    "apt-get": "apt_get",
    "apt-mark": "apt_mark",
    "curl": "curl",
    "dpkg": "dpkg",
    "dpkg-query": "dpkg",
    "gpg": "gpg",
    "hostnamectl": "hostnamectl",
    "journalctl": "journalctl",
    "lsmod": "modules",
    "modprobe": "modules",
    "nproc": "wrappers",
    "stat": "wrappers",
    "swapoff": "swap",
    "swapon": "swap",
    "sysctl": "sysctl",
    "systemctl": "systemctl",
    "systemd-detect-virt": "hostnamectl",
    "timedatectl": "hostnamectl",
    "timeout": "wrappers",
}
SBIN = ("modprobe", "swapoff", "swapon", "sysctl")
# These call the real tool below /usr for everything but one special case, so the real one stays where it is.
WRAPPED = ("nproc", "stat", "sysctl", "timeout")
# Package → the commands it brings.
BROUGHT = {
    "containerd.io": {"containerd": "containerd", "ctr": "ctr", "runc": "containerd"},
    "cri-tools": {"crictl": "crictl"},
    "kubeadm": {"kubeadm": "kubeadm"},
    "kubectl": {"kubectl": "kubectl"},
    "kubelet": {"kubelet": "kubelet"},
    "zerotier-one": {"zerotier-cli": "zerotier_cli", "zerotier-one": "zerotier_one"},
}


def launcher(interpreter: str, folder: str, module: str) -> str:
    """The text of an executable that runs `module` out of `folder`, isolated from the caller's Python
    settings.
    """
    return (
        f"#!{interpreter} -IS\n"
        "import sys\n"
        f"sys.path.insert(0, {folder!r})\n"
        "sys.dont_write_bytecode = True\n"
        "from standins.run import run\n"
        f"run({module!r})\n"
    )

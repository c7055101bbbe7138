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
    "practice-fault": "wrappers",
    "setsid": "wrappers",
    "stat": "wrappers",
    "swapoff": "swap",
    "swapon": "swap",
    "sysctl": "sysctl",
    "systemctl": "systemctl",
    "systemd-detect-virt": "hostnamectl",
    "timedatectl": "hostnamectl",
}
SBIN = ("modprobe", "swapoff", "swapon", "sysctl")
# These call the real tool below /usr for everything but one special case, so the real one stays where it is.
WRAPPED = ("nproc", "setsid", "stat", "sysctl")
# Package → the commands it brings.
BROUGHT = {
    "containerd.io": {"containerd": "containerd", "ctr": "ctr", "runc": "containerd"},
    "cri-tools": {"crictl": "crictl"},
    "kubeadm": {"kubeadm": "kubeadm"},
    "kubectl": {"kubectl": "kubectl"},
    "kubelet": {"kubelet": "kubelet"},
    "zerotier-one": {"zerotier-cli": "zerotier_cli", "zerotier-one": "zerotier_one"},
}


# Shell text that comes before a stand-in's Python and ends with the real tool where only that is wanted. Every
# program calls these, and an interpreter takes twenty times as long to start as a shell.
FIRST = {
    "setsid": """\
faults=
read -r faults 2>/dev/null </usr/local/share/practice/faults.json
case $faults in *'[{'*) ;; *) exec /usr/bin/setsid "$@" ;; esac
""",
    "stat": """\
for word; do :; done
[ "$word" = /sys/fs/cgroup ] || exec /usr/bin/stat "$@"
""",
}


def launcher(interpreter: str, folder: str, module: str, name: str = "") -> str:
    """The text of an executable that runs `module` out of `folder`, isolated from the caller's Python
    settings; of the command `name`, if it has something in `FIRST`.
    """
    start = f"#!{interpreter} -IS\n"
    if name in FIRST:
        # The shell reads up to its exec, Python all of that as one string.
        start = f'#!/bin/sh\n""":"\n{FIRST[name]}exec {interpreter} -IS "$0" "$@"\n"""\n'
    return (
        f"{start}"
        "import sys\n"
        f"sys.path.insert(0, {folder!r})\n"
        "sys.dont_write_bytecode = True\n"
        "from standins.run import run\n"
        f"run({module!r})\n"
    )

"""Files that packages bring: units, the kubelet's drop-in, containerd's configuration as Docker's package
ships it.
"""

from __future__ import annotations

VENDOR = "/usr/local/lib/systemd/system"
KUBELET_UNIT = """[Unit]
Description=kubelet: The Kubernetes Node Agent
Documentation=https://kubernetes.io/docs/
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/local/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
"""
KUBELET_DROP_IN = """# Note: This dropin only works with kubeadm and kubelet v1.11+
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
# This is a file that "kubeadm init" and "kubeadm join" generates at runtime, populating the KUBELET_KUBEADM_ARGS variable dynamically
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
# This is a file that the user can use for overrides of the kubelet args as a last resort.
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/local/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
"""
CONTAINERD_UNIT = """[Unit]
Description=containerd container runtime
Documentation=https://containerd.io
After=network.target dbus.service

[Service]
ExecStartPre=-/sbin/modprobe overlay
ExecStart=/usr/local/bin/containerd
Type=notify
Delegate=yes
KillMode=process
Restart=always
RestartSec=5
LimitNOFILE=infinity

[Install]
WantedBy=multi-user.target
"""
CONTAINERD_CONFIG = """#   Copyright 2018-2022 Docker Inc.

#   Licensed under the Apache License, Version 2.0 (the "License");
#   you may not use this file except in compliance with the License.
#   You may obtain a copy of the License at

#       http://www.apache.org/licenses/LICENSE-2.0

disabled_plugins = ["cri"]

#root = "/var/lib/containerd"
#state = "/run/containerd"
#subreaper = true
#oom_score = 0
"""
ZEROTIER_UNIT = """[Unit]
Description=ZeroTier One
After=network-online.target network.target
Wants=network-online.target

[Service]
ExecStart=/usr/local/sbin/zerotier-one
Restart=always
KillMode=process
Type=notify

[Install]
WantedBy=multi-user.target
"""
FILES = {
    "kubelet": {
        f"{VENDOR}/kubelet.service": KUBELET_UNIT,
        f"{VENDOR}/kubelet.service.d/10-kubeadm.conf": KUBELET_DROP_IN,
        "/etc/default/kubelet": "KUBELET_EXTRA_ARGS=\n",
        "/etc/kubernetes/manifests/.kubelet-keep": "",
    },
    "containerd.io": {
        f"{VENDOR}/containerd.service": CONTAINERD_UNIT,
        "/etc/containerd/config.toml": CONTAINERD_CONFIG,
    },
    "zerotier-one": {f"{VENDOR}/zerotier-one.service": ZEROTIER_UNIT},
}

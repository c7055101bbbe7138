"""The commands that build a cluster by hand, as typed on practice nodes; the same order as the real transcripts."""

from __future__ import annotations

ADDRESSES = {"master": "10.9.8.118", "node1": "10.9.8.65", "node2": "10.9.8.129"}
NETWORK = "8fa62dfe16000001"
PREPARE = """set -e
mkdir -p /etc/apt/keyrings
curl -fsSL https://pkgs.k8s.io/core:/stable:/v1.36/deb/Release.key | gpg --dearmor -o /etc/apt/keyrings/kubernetes.gpg
echo 'deb [signed-by=/etc/apt/keyrings/kubernetes.gpg] https://pkgs.k8s.io/core:/stable:/v1.36/deb/ /' \\
  > /etc/apt/sources.list.d/kubernetes.list
. /etc/os-release
curl -fsSL https://download.docker.com/linux/$ID/gpg -o /etc/apt/keyrings/docker.asc
echo "deb [signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/$ID $VERSION_CODENAME stable" \\
  > /etc/apt/sources.list.d/docker.list
curl -fsSL https://download.zerotier.com/contact%40zerotier.com.gpg -o /etc/apt/keyrings/zerotier.asc
echo "deb [signed-by=/etc/apt/keyrings/zerotier.asc] http://download.zerotier.com/debian/$VERSION_CODENAME $VERSION_CODENAME main" \\
  > /etc/apt/sources.list.d/zerotier.list
apt-get update -qq
apt-get install -y -qq zerotier-one containerd.io 'kubelet=1.36.2-*' 'kubeadm=1.36.2-*' 'kubectl=1.36.2-*' cri-tools
apt-mark hold kubelet kubeadm kubectl
swapoff -a
sed -i 's|^/swapfile|#&|' /etc/fstab
modprobe br_netfilter
sysctl -q -w net.ipv4.ip_forward=1
containerd config default | sed "s/SystemdCgroup = false/SystemdCgroup = true/" > /etc/containerd/config.toml
systemctl restart containerd
systemctl enable --now kubelet
zerotier-cli join NETWORK
until zerotier-cli listnetworks | grep -q ' OK '; do sleep 0.1; done
until ip -br addr | grep -q ' ADDRESS/24'; do sleep 0.1; done
printf '%s\\n' '10.9.8.118 master' '10.9.8.65 node1' '10.9.8.129 node2' >> /etc/hosts
"""
KUBEADM_YAML = """apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
bootstrapTokens:
- token: abcdef.0123456789abcdef
localAPIEndpoint:
  advertiseAddress: 10.9.8.118
  bindPort: 6443
nodeRegistration:
  name: master
  criSocket: unix:///run/containerd/containerd.sock
  taints: []
  kubeletExtraArgs:
  - name: node-ip
    value: 10.9.8.118
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.2
controlPlaneEndpoint: 10.9.8.118:6443
networking:
  podSubnet: 10.244.0.0/16
  serviceSubnet: 10.96.0.0/12
"""
JOIN_YAML = """apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken:
    apiServerEndpoint: 10.9.8.118:6443
    token: abcdef.0123456789abcdef
    caCertHashes: [HASH]
timeouts:
  discovery: 2s
nodeRegistration:
  name: NAME
  criSocket: unix:///run/containerd/containerd.sock
  kubeletExtraArgs:
  - name: node-ip
    value: ADDRESS
"""
FLANNEL = """apiVersion: v1
kind: Namespace
metadata: {name: kube-flannel}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-flannel-ds, namespace: kube-flannel, labels: {app: flannel}}
spec:
  selector: {matchLabels: {app: flannel}}
  template:
    metadata: {labels: {app: flannel}}
    spec:
      hostNetwork: true
      tolerations: [{operator: Exists, effect: NoSchedule}]
      containers:
      - name: kube-flannel
        image: ghcr.io/flannel-io/flannel:v0.28.9
        args: ["--ip-masq", "--kube-subnet-mgr", '--iface-regex=^10\\.9\\.8\\.']
"""
PHASES = ("preflight", "certs all", "kubeconfig all", "etcd local", "control-plane all", "kubelet-start")
SKIP = "preflight,certs,kubeconfig,etcd,control-plane,kubelet-start"
CA_HASH = (
    "openssl x509 -pubkey -in /etc/kubernetes/pki/ca.crt | openssl rsa -pubin -outform der 2>/dev/null | sha256sum"
    " | cut -d' ' -f1"
)


def prepare(node: str) -> str:
    """Everything before kubeadm, on one node."""
    return PREPARE.replace("NETWORK", NETWORK).replace("ADDRESS", ADDRESSES[node])

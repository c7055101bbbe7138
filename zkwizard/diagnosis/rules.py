"""The rule base: every cause that zkwizard can name, as data.

A rule explains only rules that stand after it, so the order is from causes to symptoms. Sources: a real
cluster with provoked faults, kubeadm's and kubelet's own words in it, and the peers' issue threads.
"""

from __future__ import annotations

from zkwizard.checks import kernel, leftovers, overlay, ports, writable
from zkwizard.diagnosis import sights
from zkwizard.diagnosis.evidence import STEP
from zkwizard.diagnosis.rule import Rule, judged, said
from zkwizard.diagnosis.rules_packages import PACKAGE_RULES, PACKAGE_SCRIPT
from zkwizard.diagnosis.sights import containerd_fails, down, kubelet_fails, member
from zkwizard.model.text import T

_LOGS = ("kubelet-log", "containerd-log", STEP)
_OVERLAY = ("overlay-silent", "kubelet-down", "cni-empty", "api-unreachable", "node-not-ready")
_RUNTIME = ("containerd-down", "kubelet-down", "cni-empty", "api-unreachable", "node-not-ready")

RULES: tuple[Rule, ...] = (
    # The machine.
    Rule(
        "clock-skew",
        (sights.CLOCK,),
        T("The clock of {node} is wrong."),
        T("Certificates and tokens are valid from and until a time: with a wrong clock they are refused."),
        T("{fix}"),
        ("apt-get install -y chrony", "chronyc makestep"),
        explains=(
            "certificates-expired",
            "token-wrong",
            "repository-date",
            "repository-key",
            "kubelet-down",
            "api-unreachable",
            "node-not-ready",
        ),
    ),
    Rule(
        "read-only",
        (judged(writable.folders), said(r"Read-only file system", *_LOGS)),
        T("A file system of {node} can't be written to."),
        T("Neither settings nor packages can be put there; the kernel does it to a disk that has errors."),
        T("Look for the disk's errors. If there are none, mount it read-write again; else repair it first."),
        ("dmesg | grep -iE 'error|remount' | tail -n 20", "findmnt --options ro", "mount -o remount,rw /"),
        explains=("disk-full", "package-interrupted", *_RUNTIME),
    ),
    Rule(
        "disk-full",
        (sights.disk_full, sights.DISK_PRESSURE, said(r"(?i:no space left on device)", *_LOGS)),
        T("The disk of {node} is full."),
        T("Images can't be unpacked, etcd and logs can't be written, and the kubelet evicts pods."),
        T("See what takes the space; remove what is not needed: old packages, journals, images of no pod."),
        (
            "du -xh -d 3 / 2>/dev/null | sort -h | tail -n 20",
            "journalctl --vacuum-size=100M",
            "apt-get clean",
            "crictl rmi --prune",
        ),
        explains=(
            "package-script",
            "package-interrupted",
            "package-transfer",
            "registry-unreachable",
            *_RUNTIME,
        ),
    ),
    PACKAGE_SCRIPT,
    Rule(
        "cgroup-v1",
        (
            judged(kernel.cgroup),
            said(r"configured to not run on a host using cgroup v1", "kubelet-log", STEP, when=kubelet_fails),
            said(r"\[ERROR SystemVerification\]: cgroups v1 support is deprecated", STEP),
        ),
        T("{node} uses control groups of version 1."),
        T("The kubelet refuses them since Kubernetes 1.35."),
        T(
            "Switch the kernel to version 2 and reboot; or allow version 1 in the cluster file"
            " (failCgroupV1)."
        ),
        (
            "sed -i 's/^GRUB_CMDLINE_LINUX=\"/&systemd.unified_cgroup_hierarchy=1 /' /etc/default/grub",
            "update-grub",
            "reboot",
        ),
        explains=("kubelet-down", "api-unreachable", "node-not-ready"),
    ),
    Rule(
        "swap-on",
        (
            sights.swap_on,
            said(r"running with swap on is not supported", "kubelet-log", when=kubelet_fails),
        ),
        T("Swap is on at {node}."),
        T("The kubelet does not start on a machine that swaps, unless it is told to."),
        T("Switch it off, now and for later boots; or say `swap: keep` in the cluster file."),
        ("swapoff -a", "sed -i '/\\sswap\\s/s/^/#/' /etc/fstab", "systemctl restart kubelet"),
        repair=("system", "kubelet"),
        explains=("kubelet-down", "api-unreachable", "node-not-ready"),
    ),
    Rule(
        "ip-forward-off",
        (
            sights.setting_off("net.ipv4.ip_forward"),
            said(r"\[ERROR FileContent--proc-sys-net-ipv4-ip_forward\]", STEP),
        ),
        T("{node} does not forward packets."),
        T("Packets of pods die at the node, although everything looks Ready; kubeadm refuses to go on."),
        T("Switch forwarding on, now and for later boots."),
        ("sysctl -w net.ipv4.ip_forward=1",),
        repair=("system",),
    ),
    Rule(
        "bridge-filter-off",
        (
            sights.setting_off("net.bridge.bridge-nf-call-iptables"),
            said(r"Failed to check br_netfilter|bridge-nf-call-iptables: no such file", "pod-logs", STEP),
        ),
        T("The kernel of {node} does not filter bridged packets (br_netfilter)."),
        T("Services don't work between pods on the same node, and flannel does not start."),
        T("Load the module, now and for later boots."),
        ("modprobe br_netfilter", "sysctl -w net.bridge.bridge-nf-call-iptables=1"),
        repair=("system",),
        explains=("cni-empty", "node-not-ready"),
    ),
    Rule(
        "hostname-changed",
        (
            sights.hostname,
            said(r'node "[^"]+" is not allowed to modify node "(?P<have>[^"]+)"', "kubelet-log"),
        ),
        T("The hostname of {node} was changed to {have}."),
        T("A kubelet that takes its name from it can't register; logs and prompts name another machine."),
        T("Give it back its name; cloud-init is told to leave it alone."),
        ("hostnamectl set-hostname {hostname}",),
        repair=("names",),
        explains=("kubelet-down", "node-absent", "node-not-ready"),
    ),
    # The overlay.
    Rule(
        "zerotier-no-tun",
        (
            judged(kernel.tun_device),
            said(r"could not open TUN/TAP device", "zerotier-log"),
        ),
        T("ZeroTier can't make its interface on {node}: /dev/net/tun is not usable."),
        T("It accepts every order, and no network ever appears."),
        T("Load the module tun; in a container, switch on TUN/TAP in the provider's panel and restart it."),
        ("modprobe tun", "systemctl restart zerotier-one"),
        repair=("system", "overlay-join"),
        explains=("zerotier-stopped", "zerotier-not-joined", *_OVERLAY),
    ),
    Rule(
        "zerotier-stopped",
        (sights.zerotier_stopped,),
        T("ZeroTier does not run on {node}."),
        T("Its address in the overlay is gone, and with it every way to the other nodes."),
        T("Start it, and let it start at boot."),
        ("systemctl enable --now zerotier-one",),
        repair=("overlay-join", "overlay-up"),
        explains=("zerotier-not-joined", "zerotier-offline", *_OVERLAY),
    ),
    Rule(
        "zerotier-unauthorised",
        (sights.zerotier_status("ACCESS_DENIED"),),
        T("The ZeroTier member {member} ({node}) is not authorised."),
        T("The controller lets no packet through; the interface may keep its address all the same."),
        T("Authorise the member at the controller, with the address {overlay}; zkwizard waits for it."),
        ("@here zkwizard run {file} --phase overlay-authorise --phase overlay-up",),
        repair=("overlay-authorise", "overlay-up"),
        explains=_OVERLAY,
    ),
    Rule(
        "zerotier-not-joined",
        (sights.zerotier_not_joined,),
        T("{node} is not in the ZeroTier network."),
        T("It has no address in the overlay."),
        T("Join the network again, then authorise the member if the controller forgot it."),
        ("zerotier-cli join {network}",),
        repair=("overlay-join", "overlay-authorise", "overlay-up"),
        explains=_OVERLAY,
    ),
    Rule(
        "zerotier-no-network",
        (sights.zerotier_status("NOT_FOUND", "REQUESTING_CONFIGURATION"),),
        T("{node} gets no answer from the ZeroTier network's controller ({status})."),
        T("Without the controller's configuration the node has no address in the overlay."),
        T(
            "NOT_FOUND: the network id in the cluster file is wrong, or the network was deleted."
            " REQUESTING_CONFIGURATION: the controller can't be reached from here."
        ),
        ("zerotier-cli listnetworks", "zerotier-cli peers"),
        explains=_OVERLAY,
    ),
    Rule(
        "zerotier-offline",
        (sights.zerotier_offline,),
        T("ZeroTier on {node} is OFFLINE."),
        T("It reaches neither its roots nor any peer, so nothing gets through the overlay."),
        T("Let UDP 9993 out at the node's and its provider's firewall; see whether the line itself is up."),
        ("zerotier-cli peers", "systemctl restart zerotier-one"),
        explains=_OVERLAY,
    ),
    Rule(
        "zerotier-loop",
        (sights.zerotier_loop,),
        T("ZeroTier on {node} sends its packets through the pods' network ({address})."),
        T("They go through flannel, which sends them through ZeroTier: a loop that loses nearly everything."),
        T("Keep ZeroTier off the pods' interfaces and networks in its local.conf, and restart it."),
        repair=("overlay-join",),
        explains=("zerotier-relayed", *_OVERLAY),
    ),
    Rule(
        "overlay-address",
        (judged(overlay.address),),
        T("The overlay address of {node} is not where it belongs."),
        T("The cluster is built on this address alone."),
        T("{fix}"),
        ("ip -br addr",),
        explains=_OVERLAY,
    ),
    Rule(
        "overlay-silent",
        (sights.SILENT,),
        T("{node} and {others} don't reach each other through the overlay."),
        T("Kubelet, flannel and the API server speak over it."),
        T("See that both are up and in the network, and that firewalls let UDP 9993 in and out."),
        ("zerotier-cli peers", "zerotier-cli listnetworks"),
        explains=("api-unreachable", "node-not-ready"),
    ),
    # The container runtime.
    Rule(
        "containerd-cri-disabled",
        (
            sights.cri_disabled,
            said(r"code = Unimplemented desc = unknown service runtime\.v1\.RuntimeService", "cri", STEP),
        ),
        T("containerd on {node} does not serve the kubelet: its CRI plugin is switched off."),
        T("Docker's package ships it so: containerd is active, and every call of the kubelet fails."),
        T("Write the configuration that Kubernetes needs, and restart containerd."),
        (
            "sed -i '/^disabled_plugins/d' /etc/containerd/config.toml",
            "systemctl restart containerd kubelet",
        ),
        repair=("runtime", "images", "kubelet"),
        explains=("sandbox-image", "cgroup-driver", "kubelet-down", "api-unreachable", "node-not-ready"),
    ),
    Rule(
        "containerd-config",
        (
            said(
                r"failed to load TOML|containerd: failed to load .*config",
                "containerd-log",
                STEP,
                when=containerd_fails,
            ),
        ),
        T("containerd on {node} can't read its configuration."),
        T("It does not start, so neither does any pod."),
        T("Write the configuration anew."),
        ("containerd config dump >/dev/null",),
        repair=("runtime", "images", "kubelet"),
        explains=_RUNTIME,
    ),
    Rule(
        "cni-directory",
        (
            sights.cni_directory_gone,
            said(r"cni conf dir is removed, stop watching", "containerd-log", when=containerd_fails),
        ),
        T("The directory /etc/cni/net.d is gone from {node}."),
        T("containerd watches it, and ends when it is removed; afterwards pods get no network."),
        T("Make it again, start containerd, and let flannel's pod write its configuration anew."),
        (
            "mkdir -p /etc/cni/net.d",
            "systemctl restart containerd",
            "@master kubectl -n kube-flannel delete pod -l app=flannel --field-selector spec.nodeName={node}",
        ),
        explains=_RUNTIME,
    ),
    Rule(
        "containerd-down",
        (
            down("containerd"),
            said(r"dial unix \S*containerd\.sock: connect: (?:no such file|connection refused)", "cri", STEP),
        ),
        T("containerd does not run on {node}."),
        T("The kubelet starts pods through it."),
        T("Start it, and let it start at boot; if it ends again, its journal says why."),
        ("systemctl enable --now containerd", "journalctl -u containerd -n 30 --no-pager"),
        repair=("runtime", "kubelet"),
        explains=("kubelet-down", "api-unreachable", "node-not-ready"),
    ),
    Rule(
        "sandbox-image",
        (
            said(
                r'failed to get sandbox image \\*"(?P<image>[^"\\]+)', "kubelet-log", "containerd-log", STEP
            ),
            sights.sandbox_differs,
        ),
        T("containerd on {node} starts pods with the sandbox image {image}, which is not kubeadm's."),
        T("It can't be pulled, or costs a second pull behind a firewall: no pod starts."),
        T("Name kubeadm's image in containerd's configuration, and restart containerd."),
        ("kubeadm config images list | grep pause", "grep -n sandbox /etc/containerd/config.toml"),
        repair=("runtime", "images"),
        explains=("registry-unreachable", "node-not-ready"),
    ),
    Rule(
        "cgroup-driver",
        (sights.drivers_differ,),
        T("containerd and the systemd of {node} manage control groups each for itself."),
        T("The kubelet takes containerd's driver silently; under memory pressure two managers disagree."),
        T("Set SystemdCgroup = true in containerd's configuration, restart containerd and the kubelet."),
        (
            "sed -i 's/SystemdCgroup = false/SystemdCgroup = true/' /etc/containerd/config.toml",
            "systemctl restart containerd kubelet",
        ),
        repair=("runtime",),
        risk=True,
    ),
    Rule(
        "proxy-dead",
        (
            sights.proxy_dead,
            said(r"proxyconnect tcp: .*dial tcp (?P<proxy>[^\s:]+:\d+)", *_LOGS),
        ),
        T("The proxy {proxy} does not answer {node}."),
        T("Images and packages that have to come through it never arrive."),
        T(
            "Start the proxy, or correct `proxy` in the cluster file and run again. To do without it at once,"
            " take it out of the runtime's and apt's settings, and restart the runtime."
        ),
        (
            "grep -rln -i proxy /etc/systemd/system/containerd.service.d /etc/apt/apt.conf.d",
            "rm /etc/systemd/system/containerd.service.d/http-proxy.conf",
            "systemctl daemon-reload",
            "systemctl restart containerd",
        ),
        explains=("registry-unreachable", "package-transfer"),
    ),
    Rule(
        "proxy-password",
        (
            said(
                r"refuses the user or the password|407\s+Proxy Authentication Required|"
                r"CONNECT tunnel failed, response 40[17]|proxyconnect tcp: Proxy Authentication Required",
                *_LOGS,
            ),
        ),
        T("The proxy does not let {node} in: its user or password is wrong, or missing."),
        T("Images and packages that have to come through it never arrive."),
        T(
            "Correct the user in proxy.url of the cluster file, or give the right password: it is asked for,"
            " or comes from ZKWIZARD_PROXY_PASSWORD."
        ),
        ("@here zkwizard run {file}",),
        explains=("registry-unreachable", "package-forbidden", "package-transfer", "repository-key"),
    ),
    Rule(
        "registry-unreachable",
        (
            said(
                r"failed to do request: (?:Head|Get) \\*\"https?://(?P<registry>[^/\"\\]+)[^ ]* "
                r"(?!proxyconnect).*(?:connection refused|i/o timeout|no such host|TLS handshake timeout|"
                r"no route to host|context deadline exceeded)",
                *_LOGS,
            ),
        ),
        T("The registry or mirror {registry} does not answer {node}."),
        T("Images can't be pulled, so pods stay in ContainerCreating or ImagePullBackOff."),
        T("See that it is up and reachable; name another mirror in the cluster file (mirrors.images)."),
        ("curl -sSI -m 10 https://{registry}/v2/",),
        repair=("runtime", "images"),
    ),
    # Certificates, tokens, joining.
    Rule(
        "certificates-expired",
        (
            sights.certificate("expired"),
            said(
                r"x509: certificate has expired or is not yet valid",
                "api",
                STEP,
                when=lambda e: not e.part("certificates"),
            ),
            said(r"bootstrap client certificate .* is expired", "kubelet-log", when=kubelet_fails),
        ),
        T("Certificates on {node} have expired."),
        T("kubeadm's are valid for a year; afterwards the API server and its clients refuse each other."),
        T("Renew them, restart the static pods, and fetch the kubeconfig anew."),
        (
            "@master kubeadm certs renew all",
            "@master cd /etc/kubernetes && mkdir -p aside && mv manifests/*.yaml aside/ && sleep 20"
            " && mv aside/*.yaml manifests/",
            "@here zkwizard kubeconfig {file} -o {cluster}.kubeconfig",
        ),
        explains=("kubelet-down", "api-unreachable", "node-not-ready"),
    ),
    Rule(
        "certificates-soon",
        (sights.certificate("soon"),),
        T("Certificates on {node} expire within a week."),
        T("Afterwards the API server and its clients refuse each other."),
        T("Renew them, and restart the static pods."),
        ("@master kubeadm certs renew all",),
        risk=True,
    ),
    Rule(
        "token-expired",
        (
            said(
                r"could not find a JWS signature in the cluster-info ConfigMap for token ID",
                STEP,
            ),
            said(
                r"cannot create certificate signing request: Unauthorized", "kubelet-log", when=kubelet_fails
            ),
        ),
        T("The token with which {node} joins has expired, or never existed."),
        T("Tokens are short-lived on purpose; the API server forgot this one."),
        T("Make a fresh token and join again."),
        ("@master kubeadm token create --ttl 2h --print-join-command",),
        repair=("join-token", "join"),
        explains=("kubelet-down", "node-absent", "node-not-ready"),
    ),
    Rule(
        "token-wrong",
        (said(r"failed to verify JWS signature of received cluster info object", STEP),),
        T("The token with which {node} joins has a wrong secret."),
        T("Its first half is known to the API server, its second half does not fit."),
        T("Make a fresh token and join again."),
        ("@master kubeadm token create --ttl 2h --print-join-command",),
        repair=("join-token", "join"),
    ),
    Rule(
        "ca-hash",
        (said(r"none of the public keys \"?(?P<hash>sha256:[0-9a-f]+)\"? are pinned", STEP),),
        T("The cluster that {node} joins has another authority than expected ({hash})."),
        T("It is not the cluster that was meant, or it was made anew since."),
        T("If it was made anew: read its authority again, and join."),
        (
            "@master openssl x509 -pubkey -in /etc/kubernetes/pki/ca.crt |"
            " openssl rsa -pubin -outform der 2>/dev/null | openssl dgst -sha256 -hex",
        ),
        repair=("init", "join-token", "join"),
    ),
    Rule(
        "node-name-taken",
        (said(r"a Node with name \"?[^\s\"]+\"? and status \"Ready\" already exists in the cluster", STEP),),
        T("The cluster still has a node called {node}."),
        T("kubeadm does not let a second one of that name join."),
        T("Delete the old object, then join again."),
        ("@master kubectl delete node {node}",),
        repair=("join-token", "join"),
    ),
    # Files, ports, packages.
    Rule(
        "leftovers",
        (
            judged(leftovers.cluster),
            judged(leftovers.files, member=False),
            said(r"\[ERROR (?:FileAvailable|DirAvailable)--(?P<path>[\w.-]+)\]", STEP),
        ),
        T("{node} has files of an earlier cluster."),
        T("kubeadm refuses to start over on them: some may be the only copy of a cluster's data."),
        T("Look at them; if they are not wanted, reset the node."),
        ("@here zkwizard reset {file} --node {node}",),
    ),
    Rule(
        "port-in-use",
        (judged(ports.free), said(r"\[ERROR Port-(?P<port>\d+)\]: Port \d+ is in use", STEP)),
        T("A port that the cluster needs on {node} is taken by another program."),
        T("The kubelet, or a part of the control plane, can't listen."),
        T("See who it is, then stop it or give it another port."),
        ("ss -lntup",),
        explains=("kubelet-down", "api-unreachable", "node-not-ready"),
    ),
    *PACKAGE_RULES,
    # The kubelet, the network of the pods.
    Rule(
        "kubelet-config",
        (
            said(
                r"failed to load kubelet config file|unable to load bootstrap kubeconfig",
                "kubelet-log",
                when=kubelet_fails,
            ),
        ),
        T("The kubelet of {node} lacks its configuration or its credentials."),
        T("kubeadm writes both when the node is made or joins."),
        T("Reset the node and let it join again; its object in the cluster is deleted first."),
        ("@here zkwizard reset {file} --node {node}", "@here zkwizard run {file}"),
        explains=("kubelet-down", "api-unreachable", "node-not-ready"),
    ),
    Rule(
        "kubelet-down",
        (down("kubelet"),),
        T("The kubelet does not run on {node}."),
        T("It starts the pods of the node and tells the control plane that the node is alive."),
        T("Start it, and let it start at boot; if it ends again, its journal says why."),
        ("systemctl enable --now kubelet", "journalctl -u kubelet -n 30 --no-pager"),
        repair=("kubelet",),
        explains=("cni-empty", "api-unreachable", "node-absent", "node-not-ready"),
    ),
    Rule(
        "node-ip",
        (sights.node_ip_flag, sights.INTERNAL_IP),
        T("{node} does not register its overlay address: node-ip is {have} and not {overlay}."),
        T("Logs, exec and other nodes go to an address that nobody reaches; /etc/hosts may hide it."),
        T("Give the kubelet the address, and restart it."),
        (
            "sed -i -E 's/ ?--node-ip=[^ \"]*//; s/KUBELET_KUBEADM_ARGS=\"/&--node-ip={overlay} /'"
            " /var/lib/kubelet/kubeadm-flags.env",
            "systemctl restart kubelet",
        ),
        explains=("flannel-interface",),
    ),
    Rule(
        "flannel-interface",
        (sights.flannel_link, sights.FLANNEL_ANNOTATION),
        T("flannel on {node} sends over {device} instead of the overlay."),
        T("By default it takes the default route's interface, which nodes elsewhere can't reach."),
        T("Apply zkwizard's manifest, which names the overlay, and start flannel's pods anew."),
        (
            "@master kubectl apply -f /etc/kubernetes/zkwizard/flannel.yaml",
            "@master kubectl -n kube-flannel rollout restart daemonset/kube-flannel-ds",
        ),
        repair=("network",),
    ),
    Rule(
        "kube-proxy-rules",
        (said(r"Failed to execute iptables-restore", "pod-logs"),),
        T("kube-proxy on {node} runs, but none of its rules is accepted."),
        T("Services have no addresses there; flannel waits for 10.96.0.1 in vain."),
        T("See what iptables-restore lacks (its words are in the log), repair iptables, restart kube-proxy."),
        (
            "apt-get install -y --reinstall iptables",
            "@master kubectl -n kube-system delete pod -l k8s-app=kube-proxy"
            " --field-selector spec.nodeName={node}",
        ),
        explains=("cni-empty", "api-unreachable", "node-not-ready"),
    ),
    Rule(
        "static-pods-proxy",
        (sights.static_pod_proxy,),
        T("The control plane's pods on {node} have proxy variables."),
        T("kubeadm copies them from the shell it runs in; calls inside the cluster then go to the proxy."),
        T("Take the variables out of the manifests; the kubelet restarts the pods by itself."),
        (
            "sed -i -E '/name: *(https?|no)_proxy/I,+1d' /etc/kubernetes/manifests/*.yaml",
            "grep -ni proxy /etc/kubernetes/manifests/*.yaml",
        ),
        risk=True,
    ),
    Rule(
        "cni-empty",
        (
            sights.cni_empty,
            said(
                r"cni plugin not initialized|no network config found in /etc/cni/net\.d", "cri", when=member
            ),
        ),
        T("Pods on {node} get no network: flannel has not written its configuration there."),
        T("The node stays NotReady and no ordinary pod starts."),
        T("See that flannel is applied; its pod on this node writes the file when it starts."),
        ("@master kubectl -n kube-flannel delete pod -l app=flannel --field-selector spec.nodeName={node}",),
        repair=("network",),
        explains=("node-not-ready",),
    ),
    # Symptoms: causes only where nothing else is found.
    Rule(
        "zerotier-relayed",
        (sights.RELAYED,),
        T("ZeroTier carries packets between {node} and {peer} through a relay."),
        T("It works, but at several times the round trip, and with loss when the relay is busy."),
        T("Let UDP 9993 in at both firewalls and both providers, so that the path is direct."),
        ("zerotier-cli peers",),
        risk=True,
    ),
    Rule(
        "api-unreachable",
        (sights.API,),
        T("The API server does not answer {node}."),
        T("Nothing in the cluster can be changed or asked for."),
        T("See on {master} whether its containers run, and what they say."),
        ("@master crictl ps -a", "@master journalctl -u kubelet -n 30 --no-pager"),
        repair=("kubelet",),
        explains=("node-absent", "node-not-ready"),
    ),
    Rule(
        "node-absent",
        (sights.ABSENT,),
        T("The API server does not know the node {node}."),
        T("Somebody deleted its object; the kubelet registers only when it starts."),
        T("Restart the kubelet; if it may not register any more, reset the node and join it again."),
        ("systemctl restart kubelet",),
    ),
    Rule(
        "node-not-ready",
        (sights.NOT_READY,),
        T("{node} is NotReady, and the evidence names no cause."),
        T("No pod is placed there."),
        T("Read what the kubelet says."),
        ("journalctl -u kubelet -n 60 --no-pager", "@master kubectl describe node {node}"),
    ),
)

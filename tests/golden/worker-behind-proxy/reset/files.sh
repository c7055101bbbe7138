#!/bin/sh
# zkwizard: Files of the cluster (phase files) on node1
set -u
umask 022
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none
unset http_proxy https_proxy no_proxy all_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY
: "${ZK_HOME:=/var/lib/zkwizard}" "${ZK_DIR:=$(mktemp -d)}" "${ZK_PROGRAM:=$0}"
: "${ZK_SECRETS:=$ZK_DIR/secrets}"
case $ZK_PROGRAM in /*) ;; *) ZK_PROGRAM=$PWD/$ZK_PROGRAM ;; esac
cd /
export PATH LC_ALL DEBIAN_FRONTEND NEEDRESTART_MODE NEEDRESTART_SUSPEND APT_LISTCHANGES_FRONTEND
export ZK_HOME ZK_DIR ZK_PROGRAM ZK_SECRETS
zk_nonce=
[ ! -r "$ZK_DIR/nonce" ] || read -r zk_nonce <"$ZK_DIR/nonce"

zk_mark() { # words: tell zkwizard what happens; by hand, tell the person
  if [ -n "$zk_nonce" ]; then printf '\036%s %s\n' "$zk_nonce" "$*"; else printf '== %s\n' "$*"; fi
}

zk_part() { # number part limit: run one part of a step, at most so many seconds
  ZK_PART=$2 ZK_N=$1 timeout -k 10 "$3" sh -eu "$ZK_PROGRAM" "$1" "$2" </dev/null
}

zk_reap() { # end what a part left running after its time limit, but no package manager at work
  if [ -e "$ZK_DIR/busy" ]; then return 0; fi
  for zk_e in $(grep -slzxF "ZK_STEP=$ZK_STEP" /proc/[0-9]*/environ); do
    zk_p=${zk_e#/proc/}
    kill -9 "${zk_p%/environ}" 2>/dev/null || :
  done
}

zk_full() { # is the disk full? then says so, in the room kept for that: trying again would not help
  zk_d=$(df -Pk "$ZK_DIR" /etc /var 2>/dev/null | awk 'NR > 1 && $2 > 0 && $4 < 1024 { print $6; exit }')
  [ -n "$zk_d" ] || return 1
  rm -f "$ZK_DIR/reserve"
  printf '\nNo space left on device: the disk at %s is full\n' "$zk_d"
}

zk_pause() { # seconds: sleep, unless told to stop
  zk_left=$1
  while [ "$zk_left" -gt 0 ]; do
    [ ! -e "$ZK_DIR/stop" ] || return 1
    sleep 1
    zk_left=$((zk_left - 1))
  done
}

zk_end() { # status: leave
  rm -rf "$ZK_SECRETS" "$ZK_DIR/reserve"
  printf '%s\n' "$1" >"$ZK_DIR/status.new" && mv "$ZK_DIR/status.new" "$ZK_DIR/status"
  zk_mark end "$1"
  exit "$1"
}

zk_step() { # number id limit retries delay verify: check, apply, verify, and say how it ended
  export ZK_STEP="$2"
  [ ! -e "$ZK_DIR/stop" ] || zk_end 143
  read -r zk_from _ </proc/uptime
  zk_mark began "$2"
  zk_how=unchanged zk_try=0 zk_wait=$5
  zk_part "$1" check 300 && zk_rc=0 || zk_rc=$?
  while [ "$zk_rc" -ne 0 ] && [ "$zk_rc" -ne 65 ]; do
    zk_how=changed
    zk_part "$1" apply "$3" && zk_part "$1" "$6" 300 && zk_rc=0 && break || zk_rc=$?
    [ "$zk_rc" -lt 124 ] || zk_reap
    [ "$zk_rc" -ne 65 ] && [ "$zk_rc" -ne 143 ] && ! zk_full && [ "$zk_try" -lt "$4" ] || break
    zk_try=$((zk_try + 1))
    zk_mark retry "$2" "$zk_try" "$zk_rc" "$zk_wait"
    zk_pause "$zk_wait" || { zk_rc=143; break; }
    zk_wait=$((zk_wait * 2))
    [ "$zk_wait" -le 300 ] || zk_wait=300
  done
  read -r zk_to _ </proc/uptime
  case $zk_rc in
  0) zk_mark ended "$2" "$zk_how" 0 "$zk_from" "$zk_to" ;;
  143) zk_mark ended "$2" stopped 143 "$zk_from" "$zk_to"; zk_end 143 ;;
  *) zk_mark ended "$2" failed "$zk_rc" "$zk_from" "$zk_to"; zk_end 1 ;;
  esac
}

zk_left_mounts() { # what is mounted for pods, the deepest first, blanks in paths as the kernel writes them
  zk_k=$(readlink -f /var/lib/kubelet || echo /var/lib/kubelet)
  awk -v k="$zk_k/" '
    index($2, k) == 1 || index($2, "/run/containerd/io.containerd.runtime.v2.task/k8s.io/") == 1 ||
    index($2, "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/") == 1 { print $2 }' /proc/self/mounts | sort -r
}

zk_left_files() { # path…: those that are there; of someone's own disk or link only what is in it counts
  for zk_f in "$@"; do
    if [ -d "$zk_f" ] && { [ -L "$zk_f" ] || mountpoint -q "$zk_f"; }; then
      [ -z "$(ls -A "$zk_f/")" ] || printf '%s\n' "$zk_f"
    elif [ -e "$zk_f" ] || [ -L "$zk_f" ]; then
      printf '%s\n' "$zk_f"
    fi
  done
}

zk_foreign_cni() { # configurations of other networks than flannel's in the folder that the runtime watches
  for zk_f in /etc/cni/net.d/*; do
    [ -e "$zk_f" ] || continue
    case ${zk_f##*/} in *flannel*) ;; *) printf '%s\n' "$zk_f" ;; esac
  done
}

zk_left_cni() { # what belongs to flannel's network; the folder itself stays: containerd ends without it
  zk_left_files /etc/cni/net.d/*flannel*
  if [ -n "$(zk_foreign_cni)" ]; then
    zk_left_files /var/lib/cni/flannel /var/lib/cni/networks/cbr0 /var/lib/cni/results/cbr0-* /var/lib/cni/cache/results/cbr0-*
  else
    zk_left_files /var/lib/cni
  fi
  if [ -e /opt/cni/bin/flannel ] && ! { dpkg -S /opt/cni/bin/flannel || rpm -qf /opt/cni/bin/flannel; } >/dev/null 2>&1; then
    echo /opt/cni/bin/flannel
  fi
}

zk_remove() { # path…: delete, never beyond a mount or a link; what is immutable is made mutable first
  for zk_f in "$@"; do
    zk_t=$zk_f
    [ ! -L "$zk_f" ] || [ ! -d "$zk_f" ] || zk_t=$(readlink -f "$zk_f")
    if [ "$zk_t" != "$zk_f" ] || mountpoint -q "$zk_f"; then # someone's own disk: its content goes, the place stays
      zk_delete() { find "$zk_t" -xdev -mindepth 1 -delete; }
    else
      zk_delete() { rm -rf --one-file-system -- "$zk_f"; }
    fi
    zk_delete 2>/dev/null && continue
    ! command -v chattr >/dev/null || chattr -R -f -i -a "$zk_t" 2>/dev/null || :
    zk_delete || :
  done
}

# 1. The cluster's folders are gone
#    Certificates, manifests, etcd's data, logs: of use to this cluster alone.
s1_check() {
[ -z "$(zk_left_files /etc/kubernetes /etc/flannel /etc/calico /etc/cilium /run/flannel /run/calico /run/kubernetes /usr/libexec/kubernetes /var/lib/kubelet /var/lib/etcd /var/lib/calico /var/lib/dockershim /var/lib/kube-proxy /var/lib/kube-router /var/log/pods /var/log/containers /var/log/calico)" ]
}
s1_apply() {
[ -z "$(zk_left_mounts)" ]
zk_remove $(zk_left_files /etc/kubernetes /etc/flannel /etc/calico /etc/cilium /run/flannel /run/calico /run/kubernetes /usr/libexec/kubernetes /var/lib/kubelet /var/lib/etcd /var/lib/calico /var/lib/dockershim /var/lib/kube-proxy /var/lib/kube-router /var/log/pods /var/log/containers /var/log/calico)
}

# 2. flannel's configuration, plugin and address records are gone
#    The folder that containerd watches stays, and so does what another network put there.
s2_check() {
[ -z "$(zk_left_cni)" ]
}
s2_apply() {
zk_foreign_cni | sed "s/^/stays: /"
zk_remove $(zk_left_cni)
}

case ${1-} in
"")
  zk_step 1 folders 600 0 5 check
  zk_step 2 cni 120 0 5 check
  zk_end 0
  ;;
*) "s$1_$2" ;;
esac

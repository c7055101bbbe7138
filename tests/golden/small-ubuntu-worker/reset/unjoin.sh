#!/bin/sh
# zkwizard: kubeadm reset (phase unjoin) on node2
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

zk_left_files() { # path…: those that are there; of someone's own disk or link only what is in it counts
  for zk_f in "$@"; do
    if [ -d "$zk_f" ] && { [ -L "$zk_f" ] || mountpoint -q "$zk_f"; }; then
      [ -z "$(ls -A "$zk_f/")" ] || printf '%s\n' "$zk_f"
    elif [ -e "$zk_f" ] || [ -L "$zk_f" ]; then
      printf '%s\n' "$zk_f"
    fi
  done
}

# 1. kubeadm has taken back what it made
#    It knows its own files best. What it leaves, the next phases take away.
s1_check() {
[ -z "$(zk_left_files /etc/kubernetes/*.conf /etc/kubernetes/manifests/*.yaml /etc/kubernetes/pki/* /var/lib/kubelet/config.yaml /var/lib/etcd/*)" ] || ! command -v kubeadm >/dev/null
}
s1_apply() {
timeout -k 10 240 kubeadm reset -f --cri-socket unix:///run/containerd/containerd.sock ||
  echo "warning: kubeadm reset ended with $?; the next phases remove what it left"
}
s1_verify() {
:
}

case ${1-} in
"")
  zk_step 1 kubeadm-reset 300 0 5 verify
  zk_end 0
  ;;
*) "s$1_$2" ;;
esac

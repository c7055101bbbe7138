#!/bin/sh
# zkwizard: End the pods (phase pods) on node1
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

zk_pod_processes() { # pid of every process of a pod, by its control group, and of every shim of Kubernetes
  grep -qs kubepods /proc/1/cgroup || grep -ls kubepods /proc/[0-9]*/cgroup 2>/dev/null | cut -d/ -f3
  grep -lsa 'containerd-shim' /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3 | while read -r zk_p; do
    case $(tr '\0' ' ' <"/proc/$zk_p/cmdline" 2>/dev/null) in
    *containerd-shim*" -namespace k8s.io "*) printf '%s\n' "$zk_p" ;;
    esac
  done
}

zk_left_containers() { # pods that the runtime still has
  ! command -v crictl >/dev/null || timeout 20 crictl pods -q 2>/dev/null || :
  ! command -v docker >/dev/null || timeout 20 docker ps -aq --filter name=^k8s_ 2>/dev/null || :
}

zk_left_cgroups() { # control groups of pods in which nothing runs any more
  for zk_g in /sys/fs/cgroup/kubepods.slice /sys/fs/cgroup/kubepods /sys/fs/cgroup/*/kubepods.slice /sys/fs/cgroup/*/kubepods; do
    [ ! -d "$zk_g" ] || printf '%s\n' "$zk_g"
  done
}

# 1. No pod is left in the container runtime
#    It would go on running them, and hold their mounts and network namespaces.
s1_check() {
[ -z "$(zk_left_containers)" ]
}
s1_apply() {
zk_cri() { timeout -k 5 60 crictl --runtime-endpoint unix:///run/containerd/containerd.sock --timeout 20s "$@"; }
if command -v crictl >/dev/null && zk_ids=$(zk_cri pods -q 2>/dev/null) && [ -n "$zk_ids" ]; then
  # a pod at a time: one that does not end keeps no other
  for zk_id in $zk_ids; do
    zk_cri stopp "$zk_id" || echo "pod $zk_id could not be stopped"
    zk_cri rmp -f "$zk_id" || echo "pod $zk_id could not be removed"
  done
fi
zk_ids=
! command -v docker >/dev/null || zk_ids=$(timeout 20 docker ps -aq --filter name=^k8s_ 2>/dev/null) || :
if [ -n "$zk_ids" ]; then
  for zk_id in $zk_ids; do timeout -k 5 60 docker rm -f "$zk_id" || :; done
fi
}
s1_verify() {
:
}

# 2. No process of a pod is left
#    A runtime that does not answer leaves them behind.
s2_check() {
[ -z "$(zk_pod_processes)" ]
}
s2_apply() {
for zk_how in TERM KILL; do
  zk_ids=$(zk_pod_processes)
  [ -n "$zk_ids" ] || break
  echo "sending $zk_how to" $zk_ids
  for zk_id in $zk_ids; do kill -s $zk_how "$zk_id" 2>/dev/null || :; done
  for zk_try in 1 2 3 4 5 6 7 8 9 10; do
    [ -n "$(zk_pod_processes)" ] || break
    sleep 0.5
  done
done
}

# 3. The control groups of pods are gone
#    They are empty now.
s3_check() {
[ -z "$(zk_left_cgroups)" ]
}
s3_apply() {
systemctl stop kubepods.slice 2>/dev/null || :
for zk_g in $(zk_left_cgroups); do find "$zk_g" -depth -type d -exec rmdir {} + 2>/dev/null || :; done
}
s3_verify() {
:
}

case ${1-} in
"")
  zk_step 1 pods-removed 1800 0 5 verify
  zk_step 2 pod-processes 120 0 5 check
  zk_step 3 control-groups 120 0 5 verify
  zk_end 0
  ;;
*) "s$1_$2" ;;
esac

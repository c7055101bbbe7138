#!/bin/sh
# zkwizard: Files of the cluster (phase files) on master
set -u
umask 022
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none
unset http_proxy https_proxy no_proxy all_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY
: "${ZK_HOME:=/var/lib/zkwizard}" "${ZK_DIR:=$(mktemp -d)}"
: "${ZK_SECRETS:=$ZK_DIR/secrets}"
cd /
export PATH LC_ALL DEBIAN_FRONTEND NEEDRESTART_MODE NEEDRESTART_SUSPEND APT_LISTCHANGES_FRONTEND
export ZK_HOME ZK_DIR ZK_SECRETS
zk_nonce=
[ ! -r "$ZK_DIR/nonce" ] || read -r zk_nonce <"$ZK_DIR/nonce"

zk_mark() { # words: tell zkwizard what happens; by hand, tell the person
  if [ -n "$zk_nonce" ]; then printf '\036%s %s\n' "$zk_nonce" "$*"; else printf '== %s\n' "$*"; fi
}

zk_begin() { # what comes before the first step: somebody who watches over the time limits
  zk_say_part 0 0
  { zk_watch; } </dev/null >/dev/null 2>&1 &
  zk_watcher=$!
}

zk_watch() { # in the background, as long as the program or its last part: end a part whose time is over
  trap 'kill "$zk_nap"; exit' TERM
  while sleep 1 & zk_nap=$!; wait "$zk_nap"; do
    read -r zk_p zk_by <"$ZK_DIR/part"
    read -r zk_s </proc/self/stat
    # shellcheck disable=SC2086
    set -- ${zk_s##*) }
    [ "$2" = "$$" ] || [ -d "/proc/$zk_p" ] || exit
    read -r zk_now _ </proc/uptime
    [ "$zk_by" -gt 0 ] && [ "${zk_now%.*}" -ge "$zk_by" ] || continue
    read -r zk_q zk_s <"$ZK_DIR/part" # what was just being written is another the second time
    [ "$zk_q $zk_s" = "$zk_p $zk_by" ] || continue
    zk_say_part "$zk_p" -1
    # shellcheck disable=SC2046
    kill $(zk_below "$zk_p")
    for zk_q in 1 2 3 4 5 6 7 8 9 10; do [ ! -d "/proc/$zk_p" ] || sleep 1; done
    # shellcheck disable=SC2046
    [ ! -d "/proc/$zk_p" ] || kill -9 $(zk_below "$zk_p")
  done
}

zk_say_part() { # pid end: the part at work and the second in which it must be over; 0 is never, -1 it was too late
  printf '%-12s %-12s\n' "$1" "$2" 1<>"$ZK_DIR/part" # in place, which needs no room on a full disk
}

zk_below() { # pid: it and what it started; while a package manager is at work, only what is in its session
  zk_s=
  [ ! -e "$ZK_DIR/busy" ] || zk_s=yes
  cat /proc/[0-9]*/stat 2>/dev/null | awk -v top="$1" -v busy="$zk_s" '
    { pid = $1; sub(/.*\) /, ""); above[pid] = $2; session[pid] = $4 }
    END {
      for (pid in above) {
        for (p = pid; p != top && p in above;) p = above[p]
        if (p == top && (busy == "" || session[pid] == session[top])) print pid
      }
    }'
}

zk_part() { # number part limit: run a part of a step, for so many seconds at most (0: no limit); gives zk_rc
  ZK_N=$1
  read -r zk_now _ </proc/uptime
  (
    set -eu
    "s$1_$2"
  ) </dev/null &
  zk_say_part "$!" "$(($3 ? ${zk_now%.*} + $3 : 0))"
  wait "$!" 2>/dev/null && zk_rc=0 || zk_rc=$?
  read -r zk_p zk_by <"$ZK_DIR/part"
  [ "$zk_by" -ge 0 ] || zk_rc=124
  zk_say_part 0 0
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
  zk_give_room
  printf '\nNo space left on device: the disk at %s is full\n' "$zk_d"
}

zk_give_room() { # give back the room that was kept on the disk
  [ ! -e "$ZK_DIR/reserve" ] || : >"$ZK_DIR/reserve"
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
  if [ -n "${zk_watcher-}" ]; then
    kill "$zk_watcher" 2>/dev/null
    wait "$zk_watcher" 2>/dev/null
  fi
  [ ! -d "$ZK_SECRETS" ] || rm -rf "$ZK_SECRETS"
  zk_give_room
  printf '%s\n' "$1" >"$ZK_DIR/status"
  zk_mark end "$1"
  exit "$1"
}

zk_step() { # number id limit retries delay verify: check, apply, verify, and say how it ended
  export ZK_STEP="$2"
  [ ! -e "$ZK_DIR/stop" ] || zk_end 143
  read -r zk_from _ </proc/uptime
  zk_mark began "$2"
  zk_how=unchanged zk_try=0 zk_wait=$5
  zk_part "$1" check 300
  while [ "$zk_rc" -ne 0 ] && [ "$zk_rc" -ne 65 ]; do
    zk_how=changed
    zk_part "$1" apply "$3"
    [ "$zk_rc" -ne 0 ] || zk_part "$1" "$6" 300
    [ "$zk_rc" -ne 0 ] || break
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

zk_left_files() { # path...: those that are there; of someone's own disk or link only what is in it counts
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

zk_remove() { # path...: delete, never beyond a mount or a link; what is immutable is made mutable first
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
[ -z "$(zk_left_files /etc/kubernetes /etc/flannel /etc/calico /etc/cilium /run/flannel /run/calico /run/kubernetes /usr/libexec/kubernetes /var/lib/kubelet /var/lib/etcd /var/lib/calico /var/lib/dockershim /var/lib/cri-dockerd /var/lib/kube-proxy /var/lib/kube-router /var/log/pods /var/log/containers /var/log/calico)" ]
}
s1_apply() {
[ -z "$(zk_left_mounts)" ]
zk_remove $(zk_left_files /etc/kubernetes /etc/flannel /etc/calico /etc/cilium /run/flannel /run/calico /run/kubernetes /usr/libexec/kubernetes /var/lib/kubelet /var/lib/etcd /var/lib/calico /var/lib/dockershim /var/lib/cri-dockerd /var/lib/kube-proxy /var/lib/kube-router /var/log/pods /var/log/containers /var/log/calico)
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

zk_begin
zk_step 1 folders 600 0 5 check
zk_step 2 cni 120 0 5 check
zk_end 0

#!/bin/sh
# zkwizard: Control plane (phase control-plane) on master
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

zk_conflict() { # words: stop and let a person decide
  printf '%s\n' "$*"
  exit 65
}

zk_done_same() { # name config: is the record that of this configuration and this version of kubeadm?
  [ -e "$ZK_HOME/done/$1/config" ] && cmp -s "$2" "$ZK_HOME/done/$1/config" &&
    [ "$(kubeadm version -o short)" = "$(cat "$ZK_HOME/done/$1/version")" ]
}

zk_done_check() { # name config output...: done with this configuration and version? stops if with others
  # A cluster that is built stays as it is, whatever changed since: then the difference is only told.
  zk_d=$ZK_HOME/done/$1 zk_what=$1 zk_c=$2 zk_here=0
  shift 2
  for zk_o in "$@"; do [ ! -e "$zk_o" ] || zk_here=$((zk_here + 1)); done
  if [ "$#" -gt 0 ] && [ "$zk_here" -eq 0 ]; then return 1; fi
  if [ ! -e "$zk_d/config" ]; then
    if [ "$#" -eq 0 ] || [ "$zk_here" -lt "$#" ]; then return 1; fi
    zk_conflict "$zk_what: $1 and what belongs to it are there, but zkwizard has no record of making them." \
      "Another cluster? Reset this node first, or take them away."
  fi
  if zk_done_same "$zk_what" "$zk_c"; then [ -e "$zk_d/finished" ] && [ "$zk_here" -eq "$#" ] && return 0 || return 1; fi
  if [ "$#" -eq 0 ] && [ ! -e "$zk_d/finished" ]; then return 1; fi
  printf '%s was done with kubeadm %s; installed: %s\n' "$zk_what" "$(cat "$zk_d/version")" "$(kubeadm version -o short)"
  if ! cmp -s "$zk_c" "$zk_d/config"; then
    printf 'and with another configuration; %s changed since:\n' "$zk_c"
    diff -u "$zk_d/config" "$zk_c" || :
  fi
  if [ -e "$ZK_HOME/done/init/finished" ] && [ -e /etc/kubernetes/kubelet.conf ]; then
    for zk_o in "$@"; do [ -e "$zk_o" ] || printf 'missing: %s\n' "$zk_o"; done
    echo 'The cluster is built and stays as it is: labels and taints are set by verify,'
    echo 'anything else takes effect by kubeadm upgrade or in a new cluster.'
    return 0
  fi
  zk_conflict 'Take the change back in the cluster file, or reset the cluster and build it anew.'
}

zk_done_begin() { # name config: remember what it is done with, before it is done
  (
    umask 077
    rm -rf "$ZK_HOME/done/$1"
    mkdir -p "$ZK_HOME/done/$1"
    kubeadm version -o short >"$ZK_HOME/done/$1/version"
    cat "$2" >"$ZK_HOME/done/$1/config.new"
    mv "$ZK_HOME/done/$1/config.new" "$ZK_HOME/done/$1/config"
  )
}

zk_done_mark() { # name: it is done
  : >"$ZK_HOME/done/$1/finished"
}

# 1. Manifests of the control plane
#    The kubelet starts the API server, controller manager and scheduler from these files.
s1_check() {
zk_done_check control-plane /etc/kubernetes/zkwizard/kubeadm.yaml /etc/kubernetes/manifests/kube-apiserver.yaml /etc/kubernetes/manifests/kube-controller-manager.yaml /etc/kubernetes/manifests/kube-scheduler.yaml
}
s1_apply() {
zk_done_begin control-plane /etc/kubernetes/zkwizard/kubeadm.yaml
kubeadm init phase control-plane all --config /etc/kubernetes/zkwizard/kubeadm.yaml
zk_done_mark control-plane
}

zk_begin
zk_step 1 control-plane 300 0 5 check
zk_end 0

#!/bin/sh
# zkwizard: Remove packages (phase remove-packages) on node2
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

zk_tell() { # words: print them, and tell them at once to the person who follows (what is waited for, say)
  printf '%s\n' "$*"
  [ -z "$zk_nonce" ] || zk_mark note "$ZK_STEP" "$(printf %s "$*" | base64 | tr -d '\n')"
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

zk_busy() { # command...: must not be ended in the middle; a stop waits for it
  printf '%s' "$*" >"$ZK_DIR/busy"
  "$@" && zk_rc=0 || zk_rc=$?
  rm -f "$ZK_DIR/busy"
  return "$zk_rc"
}

zk_folder() { # path: make it and those above it
  [ -d "$1" ] || mkdir -p "$1"
}

zk_note() { # kind name value: remember a state as it was before the first change
  zk_n=$ZK_HOME/receipts/state/$1/$2
  if [ ! -e "$zk_n" ]; then
    umask 077
    zk_folder "${zk_n%/*}"
    printf '%s\n' "$3" >"$zk_n.new"
    mv "$zk_n.new" "$zk_n"
    umask 022
  fi
}

zk_noted() { # kind name: print the remembered state; false if there is none
  cat "$ZK_HOME/receipts/state/$1/$2" 2>/dev/null
}

zk_has_note() { # kind name: is a state remembered?
  [ -e "$ZK_HOME/receipts/state/$1/$2" ]
}

zk_forget() { # kind name: the remembered state is put back
  rm -f "$ZK_HOME/receipts/state/$1/$2"
}

zk_apt_held() { # who holds a lock of apt or dpkg? apt waits only for dpkg's, and can't be told to stop
  for zk_l in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock; do
    for zk_p in $(awk -v i="$(stat -c %i "$zk_l" 2>/dev/null)" 'i && $6 ~ ":" i "$" { print $5 }' /proc/locks); do
      # another file system may have a file of the same number
      ls -l "/proc/$zk_p/fd" 2>/dev/null | grep -q " $zk_l\$" || continue
      printf 'process %s (%s), which holds %s\n' "$zk_p" "$(cat "/proc/$zk_p/comm")" "$zk_l"
      return 0
    done
  done
  return 1
}

zk_apt() { # arguments: apt-get that asks nothing, keeps changed files, waits for locks and names their holders
  zk_turns=0 zk_told=
  while [ "$zk_turns" -lt 450 ] && zk_held=$(zk_apt_held); do
    [ ! -e "$ZK_DIR/stop" ] || return 143
    [ "$zk_held" = "$zk_told" ] || zk_tell "waits for $zk_held"
    zk_told=$zk_held
    sleep 2
    zk_turns=$((zk_turns + 1))
  done
  apt-get -q -y -o DPkg::Lock::Timeout=900 -o Acquire::Retries=3 -o Acquire::http::Timeout=30 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
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

# 1. Whose the runtime's data are
#    Where containerd was before zkwizard, its images stay.
s1_check() {
zk_has_note runtime data || [ "$(zk_noted package containerd.io || :)" != absent ]
}
s1_apply() {
zk_note runtime data ours
}

# 2. Taken back: kubelet, kubeadm and kubectl at one version, held
#    As it was before zkwizard changed it, unless somebody changed it since.
s2_check() {
! {
zk_has_note package kubelet || zk_has_note package kubeadm || zk_has_note package kubectl || zk_has_note package cri-tools || zk_has_note package kubernetes-cni
}
}
s2_apply() {
if [ "$(zk_noted package kubernetes-cni || :)" = absent ] && dpkg-query -W kubernetes-cni >/dev/null 2>&1; then
  zk_busy zk_apt remove --purge --allow-change-held-packages kubernetes-cni
fi
zk_forget package kubernetes-cni
if [ "$(zk_noted package cri-tools || :)" = absent ] && dpkg-query -W cri-tools >/dev/null 2>&1; then
  zk_busy zk_apt remove --purge --allow-change-held-packages cri-tools
fi
zk_forget package cri-tools
if [ "$(zk_noted package kubectl || :)" = absent ] && dpkg-query -W kubectl >/dev/null 2>&1; then
  zk_busy zk_apt remove --purge --allow-change-held-packages kubectl
fi
zk_forget package kubectl
if [ "$(zk_noted package kubeadm || :)" = absent ] && dpkg-query -W kubeadm >/dev/null 2>&1; then
  zk_busy zk_apt remove --purge --allow-change-held-packages kubeadm
fi
zk_forget package kubeadm
if [ "$(zk_noted package kubelet || :)" = absent ] && dpkg-query -W kubelet >/dev/null 2>&1; then
  zk_busy zk_apt remove --purge --allow-change-held-packages kubelet
fi
zk_forget package kubelet
}
s2_verify() {
:
}

# 3. Taken back: openssl is there
#    As it was before zkwizard changed it, unless somebody changed it since.
s3_check() {
! {
zk_has_note package openssl
}
}
s3_apply() {
if [ "$(zk_noted package openssl || :)" = absent ] && dpkg-query -W openssl >/dev/null 2>&1; then
  zk_busy zk_apt remove --purge --allow-change-held-packages openssl
fi
zk_forget package openssl
}
s3_verify() {
:
}

# 4. Taken back: containerd is installed
#    As it was before zkwizard changed it, unless somebody changed it since.
s4_check() {
! {
zk_has_note package containerd.io
}
}
s4_apply() {
if [ "$(zk_noted package containerd.io || :)" = absent ] && dpkg-query -W containerd.io >/dev/null 2>&1; then
  zk_busy zk_apt remove --purge --allow-change-held-packages containerd.io
fi
zk_forget package containerd.io
}
s4_verify() {
:
}

# 5. Images and data of the runtime are gone
#    Nothing reads them without it.
s5_check() {
! zk_has_note runtime data
}
s5_apply() {
zk_remove $(zk_left_files /var/lib/containerd /run/containerd /etc/containerd /opt/containerd)
zk_foreign_cni | grep -q . || zk_remove $(zk_left_files /opt/cni /etc/cni)
zk_forget runtime data
}
s5_verify() {
:
}

zk_begin
zk_step 1 runtime-noted 120 0 5 check
zk_step 2 packages-kubernetes-packages 0 0 10 verify
zk_step 3 packages-openssl 0 0 10 verify
zk_step 4 runtime-containerd-package 0 0 10 verify
zk_step 5 runtime-data 120 0 5 verify
zk_end 0

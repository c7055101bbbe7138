#!/bin/sh
# zkwizard: Leave the overlay (phase leave-overlay) on node2
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

zk_conflict() { # words: stop and let a person decide
  printf '%s\n' "$*"
  exit 65
}

zk_real() { # path: the file itself, where a link stands for it
  if [ -L "$1" ]; then readlink -f "$1"; else printf '%s\n' "$1"; fi
}

zk_ours() { # path: is it still as zkwizard wrote it?
  set -- "$(zk_real "$1")"
  [ -e "$1" ] && [ -e "$ZK_HOME/receipts/wrote$1" ] &&
    [ "$(sha256sum <"$1")" = "$(cat "$ZK_HOME/receipts/wrote$1")" ]
}

zk_is_restorable() { # path: has it a receipt, and did nobody change it since?
  set -- "$(zk_real "$1")"
  [ -e "$ZK_HOME/receipts/wrote$1" ] && { [ ! -e "$1" ] || zk_ours "$1"; }
}

zk_may_restore() { # path: the same; says so where someone changed it
  zk_is_restorable "$1" && return 0
  set -- "$(zk_real "$1")"
  [ ! -e "$ZK_HOME/receipts/wrote$1" ] || printf 'kept %s: someone changed it after zkwizard wrote it\n' "$1"
  return 1
}

zk_restore() { # path: put back what was there before, unless someone else changed it since
  set -- "$(zk_real "$1")"
  zk_r=$ZK_HOME/receipts
  zk_may_restore "$1" || return 0
  if [ -e "$zk_r/before$1" ] || [ -L "$zk_r/before$1" ]; then
    [ -d "${1%/*}" ] || mkdir -p "${1%/*}"
    cp -a "$zk_r/before$1" "$1.zk-new"
    mv "$1.zk-new" "$1"
  elif [ -e "$zk_r/absent$1" ]; then
    rm -f "$1"
    zk_folder_back "${1%/*}"
  fi
  rm -f "$zk_r/before$1" "$zk_r/absent$1" "$zk_r/wrote$1"
}

zk_made() { # folder: did zkwizard make it?
  grep -qsxF -- "$1" "$ZK_HOME/receipts/made"
}

zk_folder_back() { # folder: remove it, if zkwizard made it and it is empty, and so those above it
  zk_d=$1
  while zk_made "$zk_d"; do
    [ ! -d "$zk_d" ] || rmdir "$zk_d" 2>/dev/null || return 0
    grep -vxF -- "$zk_d" "$ZK_HOME/receipts/made" >"$ZK_HOME/receipts/made.new" || :
    mv "$ZK_HOME/receipts/made.new" "$ZK_HOME/receipts/made"
    zk_d=${zk_d%/*}
  done
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

zk_unit_back() { # unit: enabled and active as it was before
  zk_was=$(zk_noted unit "$1") || return 0
  case $zk_was in
  enabled*) systemctl enable "$1" ;;
  masked*) systemctl mask "$1" ;;
  disabled*) systemctl disable "$1" ;;
  esac
  case $zk_was in
  *' active') systemctl start "$1" ;;
  *) systemctl stop "$1" 2>/dev/null || : ;;
  esac
  zk_forget unit "$1"
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

# 1. The node is reached without the overlay
#    Otherwise leaving it would cut the only way to the machine.
s1_check() {
zk_ways=$(ss -Htn state established '( sport = :22 )' 2>/dev/null |
  awk '{ sub(/:[0-9]*$/, "", $3); gsub(/[][]|::ffff:/, "", $3); print $3 }')
[ -z "$zk_ways" ] || printf "%s\n" "$zk_ways" | grep -qvxF 10.9.8.129 ||
  zk_conflict 'Every SSH connection to this node comes through the overlay. Give ssh.host a public address first.'
}
s1_apply() {
exit 1
}

# 2. Taken back: The node has joined network 8fa62dfe16000001
#    As it was before zkwizard changed it, unless somebody changed it since.
s2_check() {
! {
zk_has_note overlay 8fa62dfe16000001
}
}
s2_apply() {
if zk_noted overlay 8fa62dfe16000001 >/dev/null; then zerotier-cli leave 8fa62dfe16000001; fi
zk_forget overlay 8fa62dfe16000001
}
s2_verify() {
:
}

# 3. Taken back: ZeroTier runs
#    As it was before zkwizard changed it, unless somebody changed it since.
s3_check() {
! {
zk_has_note unit zerotier-one.service
}
}
s3_apply() {
zk_unit_back zerotier-one.service
}
s3_verify() {
:
}

# 4. Taken back: ZeroTier is installed
#    As it was before zkwizard changed it, unless somebody changed it since.
s4_check() {
! {
zk_has_note package zerotier-one
}
}
s4_apply() {
if [ "$(zk_noted package zerotier-one || :)" = absent ] && dpkg-query -W zerotier-one >/dev/null 2>&1; then
  zk_busy zk_apt remove --purge --allow-change-held-packages zerotier-one
fi
zk_forget package zerotier-one
}
s4_verify() {
:
}

# 5. Taken back: Repository of the ZeroTier packages
#    As it was before zkwizard changed it, unless somebody changed it since.
s5_check() {
! {
zk_may_restore /etc/apt/sources.list.d/zerotier.list
}
}
s5_apply() {
zk_restore /etc/apt/sources.list.d/zerotier.list
}
s5_verify() {
:
}

# 6. Taken back: Signing key of the ZeroTier packages
#    As it was before zkwizard changed it, unless somebody changed it since.
s6_check() {
! {
zk_may_restore /etc/apt/keyrings/zerotier.gpg
}
}
s6_apply() {
zk_restore /etc/apt/keyrings/zerotier.gpg
zk_forget key zerotier
}
s6_verify() {
:
}

zk_begin
zk_step 1 other-way 120 0 5 check
zk_step 2 overlay-join-join 60 0 5 verify
zk_step 3 overlay-join-zerotier-service 180 0 5 verify
zk_step 4 overlay-join-zerotier-package 0 0 10 verify
zk_step 5 overlay-join-zerotier-repository 1800 0 5 verify
zk_step 6 overlay-join-zerotier-key 180 0 5 verify
zk_end 0

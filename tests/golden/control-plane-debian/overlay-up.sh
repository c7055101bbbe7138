#!/bin/sh
# zkwizard: Wait for the overlay (phase overlay-up) on master
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

zk_value() { # name value: report a value for later phases
  zk_mark value "$ZK_STEP" "$1" "$(printf %s "$2" | base64 | tr -d '\n')"
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

zk_json() { # key: first value of a string key in JSON on stdin
  sed -n "s/.*\"$1\": *\"\\([^\"]*\\)\".*/\\1/p" | head -n 1
}

zk_device() { # address: the interface that has it; false if none has
  ip -o -4 addr show | awk -v a="$1" '$4 == a || index($4, a "/") == 1 { print $2; f = 1; exit } END { exit !f }'
}

zk_answer() { # address...: those that answer a ping, all asked at once
  for zk_a in "$@"; do
    { ping -n -q -c 2 -W 3 "$zk_a" >/dev/null 2>&1 && printf '%s\n' "$zk_a" || :; } &
  done
  wait
}

zk_zt_part() { # key value: the object of zerotier-cli's JSON list on stdin that has this string
  awk -v w="\"$1\": \"$2\"" '/^ ?\{/ { t = "" } { t = t $0 "\n" } /^ ?\}/ && index(t, w) { printf "%s", t; exit }'
}

zk_zt_matter() { # network address: what keeps ZeroTier from being up here; nothing when it is up
  zk_z=$(zerotier-cli listnetworks -j 2>/dev/null | zk_zt_part nwid "$1")
  zk_m=$(zerotier-cli info 2>/dev/null | awk '$1 == 200 { print $3 }')
  zk_s=$(printf '%s\n' "$zk_z" | zk_json status)
  case $zk_s in
  OK)
    if ! printf '%s\n' "$zk_z" | grep -qF "\"$2/"; then
      echo "authorised, but without the address $2: give it to member $zk_m in network $1"
      printf '%s\n' "$zk_z" | sed -n 's/^ *"\([0-9.]*\/[0-9]*\)",*$/it has \1 now/p'
    elif ! zk_device "$2" >/dev/null; then
      echo "$2 is not on an interface yet"
    fi
    ;;
  ACCESS_DENIED) echo "$zk_s: member $zk_m is not authorised yet in network $1; authorise it with address $2" ;;
  NOT_FOUND) echo "$zk_s: its controller knows no network $1: is the id right?" ;;
  REQUESTING_CONFIGURATION) echo "$zk_s: no answer from the controller: does UDP 9993 get through?" ;;
  PORT_ERROR) echo "$zk_s: ZeroTier could not make its interface: look at /dev/net/tun" ;;
  '') echo "ZeroTier does not answer, or is not in network $1" ;;
  *) echo "$zk_s: network $1, member $zk_m" ;;
  esac
}

# 1. The overlay gives this node 10.9.8.118
#    The whole cluster is built on this address, so nothing else will do.
s1_check() {
zk_m=$(zk_zt_matter 8fa62dfe16000001 10.9.8.118)
[ -z "$zk_m" ]
}
s1_apply() {
zk_late=$(( $(date +%s) + 3585 )) zk_said=
while zk_now=$(zk_zt_matter 8fa62dfe16000001 10.9.8.118); [ -n "$zk_now" ]; do
  [ "$zk_now" = "$zk_said" ] || zk_tell "$zk_now"
  zk_said=$zk_now
  [ ! -e "$ZK_DIR/stop" ] || exit 143
  [ "$(date +%s)" -lt "$zk_late" ] || exit 1
  sleep 2
done
}
s1_verify() {
:
}

# 2. Another node answers through the overlay
#    An address alone proves nothing: ZeroTier shows it before packets get through.
s2_check() {
zk_m=$([ -n "$(zk_answer 10.9.8.65 10.9.8.129)" ] || echo 'no other node answers in the overlay yet: are they up, and does UDP 9993 get through?')
[ -z "$zk_m" ]
}
s2_apply() {
zk_late=$(( $(date +%s) + 3585 )) zk_said=
while zk_now=$([ -n "$(zk_answer 10.9.8.65 10.9.8.129)" ] || echo 'no other node answers in the overlay yet: are they up, and does UDP 9993 get through?'); [ -n "$zk_now" ]; do
  [ "$zk_now" = "$zk_said" ] || zk_tell "$zk_now"
  zk_said=$zk_now
  [ ! -e "$ZK_DIR/stop" ] || exit 143
  [ "$(date +%s)" -lt "$zk_late" ] || exit 1
  sleep 2
done
}
s2_verify() {
:
}

# 3. The overlay's interface and its MTU
#    flannel must use this interface and leave room for its own header.
s3_check() {
set -e
zk_got=$(zk_device 10.9.8.118)
zk_value overlay-device "$zk_got"
zk_got=$(ip -o link show dev "$(zk_device 10.9.8.118)" | sed -n 's/.* mtu \([0-9]*\) .*/\1/p' | grep .)
zk_value overlay-mtu "$zk_got"
}
s3_apply() {
zk_got=$(zk_device 10.9.8.118)
zk_value overlay-device "$zk_got"
zk_got=$(ip -o link show dev "$(zk_device 10.9.8.118)" | sed -n 's/.* mtu \([0-9]*\) .*/\1/p' | grep .)
zk_value overlay-mtu "$zk_got"
}
s3_verify() {
:
}

zk_begin
zk_step 1 address 3600 0 5 verify
zk_step 2 peers 3600 0 5 verify
zk_step 3 interface 120 0 5 verify
zk_end 0

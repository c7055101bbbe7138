#!/bin/sh
# zkwizard: Join the overlay (phase overlay-join) on node1
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

zk_content() { # command...: run it with the text that belongs to this step as its standard input
  "s${ZK_N}_content" "$@"
}

zk_until() { # seconds command...: wait for a condition, unless told to stop
  zk_gap=$1
  shift
  until "$@"; do
    [ ! -e "$ZK_DIR/stop" ] || exit 143
    sleep "$zk_gap"
  done
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

zk_keep() { # path: keep what was there before the first change
  zk_r=$ZK_HOME/receipts
  if [ -e "$zk_r/before$1" ] || [ -L "$zk_r/before$1" ] || [ -e "$zk_r/absent$1" ]; then return 0; fi
  umask 077
  if [ -e "$1" ] || [ -L "$1" ]; then
    zk_folder "$zk_r/before${1%/*}"
    cp -a "$1" "$zk_r/before$1.new"
    mv "$zk_r/before$1.new" "$zk_r/before$1"
  else
    zk_folder "$zk_r/absent${1%/*}"
    : >"$zk_r/absent$1"
  fi
  umask 022
}

zk_folder() { # path: make it and those above it
  [ -d "$1" ] || mkdir -p "$1"
}

zk_wrote() { # path: remember what zkwizard wrote, to know later whether someone else changed it
  umask 077
  zk_folder "$ZK_HOME/receipts/wrote${1%/*}"
  sha256sum <"$1" >"$ZK_HOME/receipts/wrote$1"
  umask 022
}

zk_real() { # path: the file itself, where a link stands for it
  if [ -L "$1" ]; then readlink -f "$1"; else printf '%s\n' "$1"; fi
}

zk_ours() { # path: is it still as zkwizard wrote it?
  set -- "$(zk_real "$1")"
  [ -e "$1" ] && [ -e "$ZK_HOME/receipts/wrote$1" ] &&
    [ "$(sha256sum <"$1")" = "$(cat "$ZK_HOME/receipts/wrote$1")" ]
}

zk_make_folder() { # folder: make it with those above it, and remember which were not there
  zk_d=$1 zk_new=
  while [ -n "$zk_d" ] && [ ! -d "$zk_d" ]; do
    zk_new="$zk_d
$zk_new" zk_d=${zk_d%/*}
  done
  if [ -n "$zk_new" ]; then
    umask 077
    zk_folder "$ZK_HOME/receipts"
    printf %s "$zk_new" >>"$ZK_HOME/receipts/made"
    umask 022
    mkdir -p "$1"
  fi
}

zk_same() { # path mode: is the file what stdin says?
  [ -f "$1" ] && cmp -s - "$1" && [ "$(stat -Lc %a "$1")" = "$2" ]
}

zk_put() { # path mode: write stdin to the file, whole or not at all
  zk_f=$1
  [ ! -L "$1" ] || zk_f=$(readlink -f "$1")
  zk_keep "$zk_f"
  zk_make_folder "${zk_f%/*}"
  [ ! -e "$zk_f.zk-new" ] || rm -f "$zk_f.zk-new"
  case $2 in 644) umask 133 ;; *) umask 077 ;; esac
  cat >"$zk_f.zk-new"
  umask 022
  case $2 in 600 | 644) ;; *) chmod "$2" "$zk_f.zk-new" ;; esac
  mv "$zk_f.zk-new" "$zk_f" 2>/dev/null || { cat "$zk_f.zk-new" >"$zk_f"; rm -f "$zk_f.zk-new"; }
  zk_wrote "$zk_f"
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

zk_forget() { # kind name: the remembered state is put back
  rm -f "$ZK_HOME/receipts/state/$1/$2"
}

zk_pending() { # what...: something they depend on changes, so they must be restarted, even if this run dies
  zk_folder "$ZK_HOME/pending"
  for zk_u in "$@"; do : >"$ZK_HOME/pending/$zk_u"; done
}

zk_is_pending() { # what: is a restart due?
  [ -e "$ZK_HOME/pending/$1" ]
}

zk_settled() { # what: the restart is done
  rm -f "$ZK_HOME/pending/$1"
}

zk_active() { # unit
  systemctl is-active --quiet "$1"
}

zk_enabled() { # unit
  systemctl is-enabled --quiet "$1" 2>/dev/null
}

zk_note_unit() { # unit: remember whether it was enabled and active
  zk_note unit "$1" "$(systemctl is-enabled "$1" 2>/dev/null || :) $(systemctl is-active "$1" 2>/dev/null || :)"
}

zk_fetch() { # url path: download, through the proxy where there is one
  set -- "$1" "$2" -fsSL --connect-timeout 20 --max-time 120 --retry 3 --retry-delay 2
  [ ! -r "$ZK_HOME/curlrc" ] || set -- "$@" -K "$ZK_HOME/curlrc"
  zk_url=$1 zk_out=$2
  shift 2
  zk_c=$(curl "$@" -o "$zk_out" -w '%{http_code}' -- "$zk_url") && return 0 || zk_rc=$?
  printf 'could not fetch %s: HTTP status %s, curl exit code %s\n' "$zk_url" "$zk_c" "$zk_rc"
  return "$zk_rc"
}

zk_gpg() { # arguments: gpg with a home of its own, as it would leave one in root's
  [ -d "$ZK_DIR/gnupg" ] || mkdir -m 700 "$ZK_DIR/gnupg"
  GNUPGHOME=$ZK_DIR/gnupg gpg --batch "$@"
}

zk_fingerprints() { # file: fingerprints of the keys in it
  zk_gpg --show-keys --with-colons "$1" 2>/dev/null | sed -n '/^pub/,/^fpr/s/^fpr:*\([0-9A-F]*\):.*/\1/p'
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

zk_index() { # name keyring: fetch the index of the source on stdin, which is not the machine's own yet
  cat >"$ZK_DIR/$1.list"
  zk_apt update -o Dir::Etc::sourcelist="$ZK_DIR/$1.list" -o Dir::Etc::sourceparts=- \
    -o APT::Get::List-Cleanup=0 -o APT::Update::Error-Mode=any || { zk_rc=$?; zk_same_key "$@"; return "$zk_rc"; }
}

zk_same_key() { # name keyring: stops if another key is published now where this one came from
  zk_url=$(zk_noted key "$1")
  zk_fetch "$zk_url" "$ZK_DIR/key.now" >/dev/null 2>&1 || return 0
  zk_was=$(zk_fingerprints "$2") zk_now=$(zk_fingerprints "$ZK_DIR/key.now")
  [ -z "$zk_now" ] || [ "$zk_was" = "$zk_now" ] || zk_conflict "The key at $zk_url was $zk_was and is $zk_now now." \
    "If its publisher says that it changed, remove $2 and run again; if not, somebody else signs these packages."
}

zk_dpkg_whole() { # finish what an interrupted installation left, without which apt refuses everything
  if [ -n "$(ls /var/lib/dpkg/updates 2>/dev/null)" ] || [ -n "$(dpkg --audit)" ]; then
    zk_busy dpkg --force-confdef --force-confold --configure -a
  fi
}

zk_install() { # apt-get's words...: download first, which may be ended, then install, which may not
  zk_dpkg_whole
  # a broken source of somebody else's must not be in the way
  zk_apt install --download-only "$@" || { zk_apt update || :; zk_apt install --download-only "$@"; }
  zk_busy zk_apt install "$@"
}

zk_note_packages() { # package...: remember which versions of them were there before
  for zk_p in "$@"; do zk_note package "$zk_p" "$(zk_deb_version "$zk_p" | grep . || echo absent)"; done
}

zk_expired() { # keyring: has a key in it expired?
  zk_gpg --show-keys --with-colons "$1" 2>/dev/null | grep -q '^pub:e'
}

zk_deb_version() { # package: its installed version
  dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null | sed -n 's/^installed //p'
}

zk_json() { # key: first value of a string key in JSON on stdin
  sed -n "s/.*\"$1\": *\"\\([^\"]*\\)\".*/\\1/p" | head -n 1
}

zk_zt_part() { # key value: the object of zerotier-cli's JSON list on stdin that has this string
  awk -v w="\"$1\": \"$2\"" '/^ ?\{/ { t = "" } { t = t $0 "\n" } /^ ?\}/ && index(t, w) { printf "%s", t; exit }'
}

zk_merge_json() { # path: the JSON file with what stdin says added, lists joined, everything else kept
  command -v python3 >/dev/null || zk_conflict "$1 exists and there is no python3 to merge it. Add to it: $(cat)"
  python3 -c '
import json, sys
def merge(old, new):
    if isinstance(old, dict) and isinstance(new, dict):
        return {**{k: merge(old[k], v) if k in old else v for k, v in new.items()},
                **{k: v for k, v in old.items() if k not in new}}
    both = isinstance(old, list) and isinstance(new, list)
    return old + [x for x in new if x not in old] if both else new
print(json.dumps(merge(json.load(open(sys.argv[1], "rb")), json.load(sys.stdin)), indent=1))
' "$1" || zk_conflict "$1 could not be read as JSON: repair it, or move it away"
}

zk_deb_missing() { # package...: those that are not installed
  for zk_p in "$@"; do
    [ -n "$(zk_deb_version "$zk_p")" ] || printf '%s\n' "$zk_p"
  done
}

# 1. /dev/net/tun is there
#    Without it ZeroTier accepts every order and no network ever appears.
s1_check() {
[ -c /dev/net/tun ] && { [ -e /sys/class/misc/tun ] || [ -d /sys/module/tun ]; }
}
s1_apply() {
modprobe -q tun || :
[ -c /dev/net/tun ] || zk_conflict 'There is no usable /dev/net/tun, so ZeroTier can'\''t make an interface. In a container (LXC, OpenVZ, systemd-nspawn) its host must allow it; else the kernel lacks the tun driver.'
}
s1_verify() {
[ -c /dev/net/tun ]
}

# 2. Tools that the next steps call
#    Small images come without some of them: ping, ip, iptables, curl, gpg.
s2_check() {
[ -z "$(zk_deb_missing ca-certificates curl gnupg iproute2 iputils-ping iptables ethtool kmod procps)" ]
}
s2_apply() {
zk_install --no-install-recommends --no-remove $(zk_deb_missing ca-certificates curl gnupg iproute2 iputils-ping iptables ethtool kmod procps)
}

# 3. Signing key of the ZeroTier packages
#    apt trusts this repository by this key only, and the key must be the publisher's.
s3_check() {
zk_ours /etc/apt/keyrings/zerotier.gpg && ! zk_expired /etc/apt/keyrings/zerotier.gpg &&
  [ "$(zk_noted key zerotier)" = https://download.zerotier.com/contact%40zerotier.com.gpg ]
}
s3_apply() {
zk_fetch https://download.zerotier.com/contact%40zerotier.com.gpg "$ZK_DIR/zerotier.key"
zk_found=$(zk_fingerprints "$ZK_DIR/zerotier.key")
printf "signing key: %s\n" $zk_found
[ -n "$zk_found" ]
! printf "%s\n" "$zk_found" | grep -qvxE 74A5E9C458E1A431F1DA57A71657198823E52A61 ||
  zk_conflict 'https://download.zerotier.com/contact%40zerotier.com.gpg holds a key that is not the publisher'\''s known one (74A5E9C458E1A431F1DA57A71657198823E52A61)'
zk_gpg --yes --dearmor <"$ZK_DIR/zerotier.key" | zk_put /etc/apt/keyrings/zerotier.gpg 644
zk_forget key zerotier
zk_note key zerotier https://download.zerotier.com/contact%40zerotier.com.gpg
}

# 4. Repository of the ZeroTier packages
#    Debian's own packages are missing or too old for this.
s4_content() { "$@"; } <<'EOF'
deb [signed-by=/etc/apt/keyrings/zerotier.gpg] https://download.zerotier.com/debian/bookworm bookworm main
EOF
s4_check() {
zk_content zk_same /etc/apt/sources.list.d/zerotier.list 644
}
s4_apply() {
zk_content zk_index zerotier /etc/apt/keyrings/zerotier.gpg
zk_content zk_put /etc/apt/sources.list.d/zerotier.list 644
}

# 5. ZeroTier is installed
#    It makes the one flat network that the cluster lives in.
s5_check() {
case "$(zk_deb_version zerotier-one)" in ?*) ;; *) exit 1 ;; esac
}
s5_apply() {
zk_note_packages zerotier-one
zk_install --no-install-recommends --no-remove --allow-change-held-packages zerotier-one
}

# 6. ZeroTier keeps off the pods' network
#    Otherwise it sends its packets through flannel, which sends them through ZeroTier.
s6_content() { "$@"; } <<'EOF'
{
 "physical": {
  "10.244.0.0/16": {
   "blacklist": true
  },
  "10.96.0.0/12": {
   "blacklist": true
  }
 },
 "settings": {
  "interfacePrefixBlacklist": [
   "flannel",
   "cni",
   "veth",
   "docker",
   "br-",
   "kube",
   "cali",
   "tunl"
  ]
 }
}
EOF
s6_check() {
[ -e /var/lib/zerotier-one/local.conf ]
zk_all=$(tr -d ' \t\r\n' </var/lib/zerotier-one/local.conf)
for zk_w in '"10.244.0.0/16":{"blacklist":true' '"10.96.0.0/12":{"blacklist":true'; do
  case $zk_all in *"$zk_w"*) ;; *) exit 1 ;; esac
done
zk_all=$(printf %s "$zk_all" | sed -n 's/.*"interfacePrefixBlacklist":\[\([^]]*\)\].*/\1/p')
for zk_w in flannel cni veth docker br- kube cali tunl; do
  case $zk_all in *"\"$zk_w\""*) ;; *) exit 1 ;; esac
done
! zk_ours /var/lib/zerotier-one/local.conf || [ ! -e "$ZK_HOME/receipts/absent"/var/lib/zerotier-one/local.conf ] || zk_content cmp -s - /var/lib/zerotier-one/local.conf
}
s6_apply() {
zk_pending zerotier-one
if [ ! -e /var/lib/zerotier-one/local.conf ] || { zk_ours /var/lib/zerotier-one/local.conf && [ -e "$ZK_HOME/receipts/absent"/var/lib/zerotier-one/local.conf ]; }; then
  zk_content zk_put /var/lib/zerotier-one/local.conf 644
else
  (zk_content zk_merge_json /var/lib/zerotier-one/local.conf) >"$ZK_DIR/local.conf" || { cat "$ZK_DIR/local.conf"; exit 65; }
  zk_put /var/lib/zerotier-one/local.conf "$(stat -Lc %a /var/lib/zerotier-one/local.conf)" <"$ZK_DIR/local.conf"
fi
}

# 7. ZeroTier runs
#    It starts at boot; it is restarted only when its settings changed.
s7_check() {
! zk_is_pending zerotier-one &&
  zk_enabled zerotier-one.service &&
  zk_active zerotier-one.service &&
  case "$(zerotier-cli info 2>&1)" in "200 info "*) ;; *) false ;; esac
}
s7_apply() {
zk_note_unit zerotier-one.service
systemctl daemon-reload
systemctl enable zerotier-one.service
if zk_is_pending zerotier-one; then systemctl restart zerotier-one.service; else systemctl start zerotier-one.service; fi
zk_after() {
case "$(zerotier-cli info 2>&1)" in "200 info "*) ;; *) false ;; esac
}
zk_until 1 zk_after
zk_settled zerotier-one
}

# 8. The node has joined network 8fa62dfe16000001
#    From now on its controller can authorise it.
s8_check() {
zerotier-cli listnetworks -j | zk_zt_part nwid 8fa62dfe16000001 | grep -q .
}
s8_apply() {
zk_note overlay 8fa62dfe16000001 joined
zerotier-cli join 8fa62dfe16000001
for zk_try in 1 2 3 4 5 6 7 8 9 10; do
  zerotier-cli listnetworks -j | zk_zt_part nwid 8fa62dfe16000001 | grep -q . && exit 0
  sleep 1
done
echo 'The network does not appear, whatever was said above: see journalctl -u zerotier-one'
exit 1
}

# 9. The node's member id
#    Under this id the controller authorises this node.
s9_check() {
set -e
zk_got=$(zerotier-cli info -j | zk_json address | grep -xE '[0-9a-f]{10}')
zk_value zerotier-member "$zk_got"
}
s9_apply() {
zk_got=$(zerotier-cli info -j | zk_json address | grep -xE '[0-9a-f]{10}')
zk_value zerotier-member "$zk_got"
}
s9_verify() {
:
}

zk_begin
zk_step 1 tun-device 120 0 5 verify
zk_step 2 tools 0 3 10 check
zk_step 3 zerotier-key 180 2 5 check
zk_step 4 zerotier-repository 1800 2 5 check
zk_step 5 zerotier-package 0 3 10 check
zk_step 6 zerotier-settings 120 0 5 check
zk_step 7 zerotier-service 180 0 5 check
zk_step 8 join 60 2 5 check
zk_step 9 member-id 120 0 5 verify
zk_end 0

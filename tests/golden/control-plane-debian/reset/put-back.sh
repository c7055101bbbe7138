#!/bin/sh
# zkwizard: Put back what was there before (phase put-back) on master
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

zk_folder_back() { # folder: remove it, if zkwizard made it and it is empty, and so those above it
  zk_d=$1
  while zk_made "$zk_d"; do
    [ ! -d "$zk_d" ] || rmdir "$zk_d" 2>/dev/null || return 0
    grep -vxF -- "$zk_d" "$ZK_HOME/receipts/made" >"$ZK_HOME/receipts/made.new" || :
    mv "$ZK_HOME/receipts/made.new" "$ZK_HOME/receipts/made"
    zk_d=${zk_d%/*}
  done
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

zk_has_note() { # kind name: is a state remembered?
  [ -e "$ZK_HOME/receipts/state/$1/$2" ]
}

zk_forget() { # kind name: the remembered state is put back
  rm -f "$ZK_HOME/receipts/state/$1/$2"
}

zk_changed_since() { # what: somebody changed it, so it stays; said now, and again by whoever asks later
  printf 'kept %s: someone changed it since\n' "$1"
  zk_note kept "$1" changed
}

zk_setting_back() { # key value: what the kernel setting was before, unless it is no longer what zkwizard made it
  if zk_was=$(zk_noted sysctl "$1"); then
    zk_now=$(sysctl -n "$1" || :)
    case $zk_now in
    "$zk_was") ;;
    "$2") sysctl -qw "$1=$zk_was" || : ;;
    *) zk_changed_since "$1" ;;
    esac
    zk_forget sysctl "$1"
  fi
}

zk_pending() { # what...: something they depend on changes, so they must be restarted, even if this run dies
  zk_folder "$ZK_HOME/pending"
  for zk_u in "$@"; do : >"$ZK_HOME/pending/$zk_u"; done
}

zk_block_less() { # path name: the file without the marked block
  sed "/^# BEGIN zkwizard $2\$/,/^# END zkwizard $2\$/d" "$1"
}

zk_block_sum() { # path name: of the block as it is in the file now
  sed -n "/^# BEGIN zkwizard $2\$/,/^# END zkwizard $2\$/p" "$1" | sha256sum
}

zk_is_block_ours() { # path name: is the block there, or a receipt of it, and did nobody change it since?
  set -- "$(zk_real "$1")" "$2"
  if [ ! -f "$1" ] || ! grep -q "^# BEGIN zkwizard $2\$" "$1"; then
    zk_has_note block "$2$1"
  elif zk_has_note block "$2$1"; then
    [ "$(zk_noted block "$2$1")" = "$(zk_block_sum "$1" "$2")" ]
  fi
}

zk_may_take_block() { # path name: the same; says so where someone changed it
  zk_is_block_ours "$1" "$2" && return 0
  ! grep -qs "^# BEGIN zkwizard $2\$" "$1" || printf "kept zkwizard's block in %s: someone changed it\n" "$1"
  return 1
}

zk_block_out() { # path name: take the block out, unless someone changed it since, and leave the rest as it is now
  set -- "$(zk_real "$1")" "$2"
  zk_was=$ZK_HOME/receipts/before$1
  zk_may_take_block "$1" "$2" || return 0
  zk_forget block "$2$1"
  if [ -f "$1" ] && grep -q "^# BEGIN zkwizard $2\$" "$1"; then
    if [ -f "$zk_was" ] && [ "$(zk_block_less "$1" "$2")" = "$(cat "$zk_was")" ]; then
      cat "$zk_was" >"$1"
    elif [ -e "$ZK_HOME/receipts/absent$1" ] && [ -z "$(zk_block_less "$1" "$2")" ]; then
      rm -f "$1"
      zk_folder_back "${1%/*}"
    else
      zk_mode=$(stat -Lc %a "$1")
      zk_rest=$(zk_block_less "$1" "$2"; printf x)
      printf %s "${zk_rest%x}" | zk_put "$1" "$zk_mode"
    fi
  fi
  rm -f "$zk_was" "$ZK_HOME/receipts/absent$1" "$ZK_HOME/receipts/wrote$1"
}

zk_active() { # unit
  systemctl is-active --quiet "$1"
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

zk_deb_version() { # package: its installed version
  dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null | sed -n 's/^installed //p'
}

zk_done_forget() { # name...: they are no longer done
  for zk_o in "$@"; do rm -rf "$ZK_HOME/done/$zk_o"; done
}

zk_left_receipts() { # path of a package source...: what zkwizard wrote or noted and is not put back: mark, then its name
  zk_sources=" $* " zk_r=$ZK_HOME/receipts
  [ -d "$zk_r" ] || return 0
  find "$zk_r/wrote" -type f 2>/dev/null | while read -r zk_f; do
    zk_f=${zk_f#"$zk_r/wrote"} zk_m=changed
    zk_b=$(zk_own_blocks "$zk_f")
    if [ -z "$zk_b" ] && zk_is_restorable "$zk_f"; then zk_m=ours; fi
    for zk_name in $zk_b; do
      ! zk_is_block_ours "$zk_f" "$zk_name" || zk_m=ours
    done
    case $zk_m$zk_sources in ours*" $zk_f "*) zk_m=source ;; esac
    printf '%s %s\n' "$zk_m" "$zk_f"
  done
  find "$zk_r/state" -type f 2>/dev/null | while read -r zk_f; do
    zk_f=${zk_f#"$zk_r/state/"}
    case $zk_f in
    unit/zerotier-one.service) ;;
    hold/*) [ "$(cat "$zk_r/state/$zk_f")" = held ] || printf 'note %s\n' "$zk_f" ;;
    kept/*) printf 'kept %s\n' "$zk_f" ;;
    clock/* | firewalld/* | hostname/* | runtime/* | selinux/* | swap/* | swap-unit/* | sysctl/* | ufw/* | unit/*)
      printf 'note %s\n' "$zk_f" ;;
    esac
  done
}

zk_own_blocks() { # path: names of zkwizard's blocks in it
  [ ! -f "$1" ] || sed -n 's/^# BEGIN zkwizard \([a-z-]*\)$/\1/p' "$1"
}

zk_put_back_rest() { # path of a package source that stays...: what has a receipt that no step took back, by it alone
  zk_sources=" $* " zk_r=$ZK_HOME/receipts
  find "$zk_r/wrote" -type f 2>/dev/null | while read -r zk_f; do
    zk_f=${zk_f#"$zk_r/wrote"}
    case $zk_sources in *" $zk_f "*) continue ;; esac
    zk_b=$(zk_own_blocks "$zk_f")
    if [ -n "$zk_b" ]; then
      for zk_name in $zk_b; do zk_block_out "$zk_f" "$zk_name"; done
    else
      zk_restore "$zk_f"
    fi
  done
  for zk_f in "$zk_r"/state/sysctl/*; do
    [ -e "$zk_f" ] || continue
    sysctl -qw "${zk_f##*/}=$(cat "$zk_f")" || :
    rm -f "$zk_f"
  done
  for zk_f in "$zk_r"/state/unit/*; do
    [ -e "$zk_f" ] || continue
    [ "${zk_f##*/}" = zerotier-one.service ] || zk_unit_back "${zk_f##*/}" || :
  done
  for zk_f in "$zk_r"/state/key/*; do
    [ "${zk_f##*/}" = zerotier ] || rm -f "$zk_f"
  done
  ! command -v systemctl >/dev/null || systemctl daemon-reload
}

zk_holds_back() { # release packages that were not held before
  for zk_f in "$ZK_HOME"/receipts/state/hold/*; do
    [ -e "$zk_f" ] || continue
    [ "$(cat "$zk_f")" = held ] || [ -z "$(zk_deb_version "${zk_f##*/}")" ] || apt-mark unhold "${zk_f##*/}"
    rm -f "$zk_f"
  done
}

# 1. Taken back: flannel's manifest
#    As it was before zkwizard changed it, unless somebody changed it since.
s1_check() {
! {
zk_may_restore /etc/kubernetes/zkwizard/flannel.yaml
}
}
s1_apply() {
zk_restore /etc/kubernetes/zkwizard/flannel.yaml
}
s1_verify() {
:
}

# 2. Taken back: kubectl works for root
#    As it was before zkwizard changed it, unless somebody changed it since.
s2_check() {
! {
zk_may_restore /root/.kube/config
}
}
s2_apply() {
zk_restore /root/.kube/config
}
s2_verify() {
:
}

# 3. Taken back: The rest of kubeadm init
#    As it was before zkwizard changed it, unless somebody changed it since.
s3_check() {
! {
[ -e "$ZK_HOME"/done/init ]
}
}
s3_apply() {
zk_done_forget init
}
s3_verify() {
:
}

# 4. Taken back: The kubelet runs
#    As it was before zkwizard changed it, unless somebody changed it since.
s4_check() {
! {
zk_has_note unit kubelet.service
}
}
s4_apply() {
zk_unit_back kubelet.service
}
s4_verify() {
:
}

# 5. Taken back: The kubelet's configuration
#    As it was before zkwizard changed it, unless somebody changed it since.
s5_check() {
! {
[ -e "$ZK_HOME"/done/kubelet-start ]
}
}
s5_apply() {
zk_done_forget kubelet-start
}
s5_verify() {
:
}

# 6. Taken back: Manifests of the control plane
#    As it was before zkwizard changed it, unless somebody changed it since.
s6_check() {
! {
[ -e "$ZK_HOME"/done/control-plane ]
}
}
s6_apply() {
zk_done_forget control-plane
}
s6_verify() {
:
}

# 7. Taken back: The manifest of etcd
#    As it was before zkwizard changed it, unless somebody changed it since.
s7_check() {
! {
[ -e "$ZK_HOME"/done/etcd ]
}
}
s7_apply() {
zk_done_forget etcd
}
s7_verify() {
:
}

# 8. Taken back: Kubeconfig files
#    As it was before zkwizard changed it, unless somebody changed it since.
s8_check() {
! {
[ -e "$ZK_HOME"/done/kubeconfig ]
}
}
s8_apply() {
zk_done_forget kubeconfig
}
s8_verify() {
:
}

# 9. Taken back: Certificates
#    As it was before zkwizard changed it, unless somebody changed it since.
s9_check() {
! {
[ -e "$ZK_HOME"/done/certs ]
}
}
s9_apply() {
zk_done_forget certs
}
s9_verify() {
:
}

# 10. Taken back: kubeadm's preflight checks
#    As it was before zkwizard changed it, unless somebody changed it since.
s10_check() {
! {
[ -e "$ZK_HOME/done/preflight" ]
}
}
s10_apply() {
zk_done_forget preflight
}
s10_verify() {
:
}

# 11. Taken back: kubeadm's configuration
#    As it was before zkwizard changed it, unless somebody changed it since.
s11_check() {
! {
zk_may_restore /etc/kubernetes/zkwizard/kubeadm.yaml
}
}
s11_apply() {
zk_restore /etc/kubernetes/zkwizard/kubeadm.yaml
}
s11_verify() {
:
}

# 12. Taken back: The kubelet's settings for swap on this node
#    As it was before zkwizard changed it, unless somebody changed it since.
s12_check() {
! {
zk_may_restore /etc/kubernetes/patches/kubeletconfiguration+strategic.yaml
}
}
s12_apply() {
zk_restore /etc/kubernetes/patches/kubeletconfiguration+strategic.yaml
}
s12_verify() {
:
}

# 13. Taken back: A folder for this node's patches
#    As it was before zkwizard changed it, unless somebody changed it since.
s13_check() {
! {
zk_made /etc/kubernetes/patches
}
}
s13_apply() {
zk_folder_back /etc/kubernetes/patches
}
s13_verify() {
:
}

# 14. Taken back: A folder for kubeadm's configuration, for root alone
#    As it was before zkwizard changed it, unless somebody changed it since.
s14_check() {
! {
zk_made /etc/kubernetes/zkwizard
}
}
s14_apply() {
zk_folder_back /etc/kubernetes/zkwizard
}
s14_verify() {
:
}

# 15. Taken back: The kubelet starts at boot
#    As it was before zkwizard changed it, unless somebody changed it since.
s15_check() {
! {
zk_has_note unit kubelet.service
}
}
s15_apply() {
zk_unit_back kubelet.service
}
s15_verify() {
:
}

# 16. Taken back: At boot the kubelet waits for the overlay's address
#    As it was before zkwizard changed it, unless somebody changed it since.
s16_check() {
! {
zk_may_restore /etc/systemd/system/kubelet.service.d/20-zkwizard.conf
}
}
s16_apply() {
zk_pending kubelet
zk_restore /etc/systemd/system/kubelet.service.d/20-zkwizard.conf
}
s16_verify() {
:
}

# 17. Taken back: crictl knows where the runtime listens
#    As it was before zkwizard changed it, unless somebody changed it since.
s17_check() {
! {
zk_may_restore /etc/crictl.yaml
}
}
s17_apply() {
zk_restore /etc/crictl.yaml
}
s17_verify() {
:
}

# 18. Taken back: Repository of the Kubernetes packages
#    As it was before zkwizard changed it, unless somebody changed it since.
s18_check() {
! {
zk_may_restore /etc/apt/sources.list.d/kubernetes.list
}
}
s18_apply() {
zk_restore /etc/apt/sources.list.d/kubernetes.list
}
s18_verify() {
:
}

# 19. Taken back: Signing key of the Kubernetes packages
#    As it was before zkwizard changed it, unless somebody changed it since.
s19_check() {
! {
zk_may_restore /etc/apt/keyrings/kubernetes-apt-keyring.gpg
}
}
s19_apply() {
zk_restore /etc/apt/keyrings/kubernetes-apt-keyring.gpg
zk_forget key kubernetes
}
s19_verify() {
:
}

# 20. Taken back: containerd runs
#    As it was before zkwizard changed it, unless somebody changed it since.
s20_check() {
! {
zk_has_note unit containerd.service
}
}
s20_apply() {
zk_unit_back containerd.service
}
s20_verify() {
:
}

# 21. Taken back: containerd serves the kubelet
#    As it was before zkwizard changed it, unless somebody changed it since.
s21_check() {
! {
zk_may_restore /etc/containerd/config.toml
}
}
s21_apply() {
zk_pending containerd
zk_restore /etc/containerd/config.toml
}
s21_verify() {
:
}

# 22. Taken back: Repository of the Docker packages
#    As it was before zkwizard changed it, unless somebody changed it since.
s22_check() {
! {
zk_may_restore /etc/apt/sources.list.d/docker.list
}
}
s22_apply() {
zk_restore /etc/apt/sources.list.d/docker.list
}
s22_verify() {
:
}

# 23. Taken back: Signing key of the Docker packages
#    As it was before zkwizard changed it, unless somebody changed it since.
s23_check() {
! {
zk_may_restore /etc/apt/keyrings/docker.asc
}
}
s23_apply() {
zk_restore /etc/apt/keyrings/docker.asc
zk_forget key docker
}
s23_verify() {
:
}

# 24. Taken back: The clock is kept right
#    As it was before zkwizard changed it, unless somebody changed it since.
s24_check() {
! {
zk_has_note clock ntp
}
}
s24_apply() {
if [ "$(zk_noted clock ntp || :)" = no ]; then timedatectl set-ntp false || :; fi
zk_forget clock ntp
}
s24_verify() {
:
}

# 25. Taken back: Enough inotify watches
#    As it was before zkwizard changed it, unless somebody changed it since.
s25_check() {
! {
zk_has_note sysctl fs.inotify.max_user_instances || zk_has_note sysctl fs.inotify.max_user_watches || zk_may_restore /etc/sysctl.d/60-zkwizard-inotify.conf
}
}
s25_apply() {
zk_setting_back fs.inotify.max_user_instances 512
zk_setting_back fs.inotify.max_user_watches 524288
zk_restore /etc/sysctl.d/60-zkwizard-inotify.conf
}
s25_verify() {
:
}

# 26. Taken back: The kernel forwards and filters the pods' packets
#    As it was before zkwizard changed it, unless somebody changed it since.
s26_check() {
! {
zk_has_note sysctl net.ipv4.ip_forward || zk_has_note sysctl net.bridge.bridge-nf-call-iptables || zk_has_note sysctl net.bridge.bridge-nf-call-ip6tables || zk_may_restore /etc/sysctl.d/99-zkwizard.conf
}
}
s26_apply() {
zk_setting_back net.ipv4.ip_forward 1
zk_setting_back net.bridge.bridge-nf-call-iptables 1
zk_setting_back net.bridge.bridge-nf-call-ip6tables 1
zk_restore /etc/sysctl.d/99-zkwizard.conf
}
s26_verify() {
:
}

# 27. Taken back: Kernel settings that Kubernetes will change are noted
#    As it was before zkwizard changed it, unless somebody changed it since.
s27_check() {
! {
zk_has_note sysctl net.ipv4.conf.all.route_localnet || zk_has_note sysctl net.netfilter.nf_conntrack_max || zk_has_note sysctl net.netfilter.nf_conntrack_tcp_timeout_close_wait || zk_has_note sysctl net.netfilter.nf_conntrack_tcp_timeout_established || zk_has_note sysctl kernel.panic || zk_has_note sysctl kernel.panic_on_oops || zk_has_note sysctl vm.overcommit_memory
}
}
s27_apply() {
for zk_s in net.ipv4.conf.all.route_localnet net.netfilter.nf_conntrack_max net.netfilter.nf_conntrack_tcp_timeout_close_wait net.netfilter.nf_conntrack_tcp_timeout_established kernel.panic kernel.panic_on_oops vm.overcommit_memory; do
  zk_setting_back "$zk_s" "$(sysctl -n "$zk_s" 2>/dev/null || :)"
done
}
s27_verify() {
:
}

# 28. Taken back: The kernel has what containers and flannel need
#    As it was before zkwizard changed it, unless somebody changed it since.
s28_check() {
! {
zk_may_restore /etc/modules-load.d/zkwizard.conf
}
}
s28_apply() {
zk_restore /etc/modules-load.d/zkwizard.conf
}
s28_verify() {
:
}

# 29. Taken back: The hostname is master.m4d3bug.com
#    As it was before zkwizard changed it, unless somebody changed it since.
s29_check() {
! {
zk_has_note hostname static
}
}
s29_apply() {
if zk_was=$(zk_noted hostname static); then
  case "$(cat /etc/hostname)" in "$zk_was" | "$(zk_noted hostname ours)")
    hostnamectl set-hostname "$zk_was" 2>/dev/null || { printf '%s\n' "$zk_was" >/etc/hostname; hostname "$zk_was"; }
    ;;
  *) zk_changed_since hostname ;;
  esac
  zk_forget hostname static
  zk_forget hostname ours
fi
}
s29_verify() {
:
}

# 30. Taken back: Every node's name in /etc/hosts
#    As it was before zkwizard changed it, unless somebody changed it since.
s30_check() {
! {
zk_may_take_block /etc/hosts hosts
}
}
s30_apply() {
zk_block_out /etc/hosts hosts
}
s30_verify() {
:
}

# 31. Taken back: ZeroTier keeps off the pods' network
#    As it was before zkwizard changed it, unless somebody changed it since.
s31_check() {
! {
zk_may_restore /var/lib/zerotier-one/local.conf
}
}
s31_apply() {
zk_restore /var/lib/zerotier-one/local.conf
}
s31_verify() {
:
}

# 32. Packages are no longer held
#    Those alone that were not held before.
s32_check() {
! zk_left_receipts | grep -q "^note hold/"
}
s32_apply() {
zk_holds_back
}

# 33. Whatever else zkwizard changed is as it was
#    An earlier cluster file may have asked for things that today's does not name.
s33_check() {
! zk_left_receipts /etc/apt/keyrings/zerotier.gpg /etc/apt/sources.list.d/zerotier.list | grep -qE '^(ours|note) '
}
s33_apply() {
zk_put_back_rest /etc/apt/keyrings/zerotier.gpg /etc/apt/sources.list.d/zerotier.list
}
s33_verify() {
:
}

# 34. Services have read what was put back
#    Those alone that ran with it. Never ZeroTier: the way to the node may lead through it.
s34_check() {
[ -z "$(ls -A "$ZK_HOME/pending" 2>/dev/null)" ]
}
s34_apply() {
systemctl daemon-reload
for zk_f in "$ZK_HOME"/pending/*; do
  [ -e "$zk_f" ] || continue
  case ${zk_f##*/} in
  zerotier-one | apt-*) ;;
  *) if zk_active "${zk_f##*/}.service"; then systemctl restart "${zk_f##*/}.service" || :; fi ;;
  esac
  rm -f "$zk_f"
done
}

zk_begin
zk_step 1 network-flannel-manifest 120 0 5 verify
zk_step 2 init-kubeconfig-root 120 0 5 verify
zk_step 3 init-init 1800 0 5 verify
zk_step 4 kubelet-start-kubelet-running 180 0 5 verify
zk_step 5 kubelet-start-kubelet-start 300 0 5 verify
zk_step 6 control-plane-control-plane 300 0 5 verify
zk_step 7 etcd-etcd 300 0 5 verify
zk_step 8 kubeconfig-kubeconfig 300 0 5 verify
zk_step 9 certs-certs 300 0 5 verify
zk_step 10 preflight-preflight 1800 0 5 verify
zk_step 11 config-kubeadm-yaml 120 0 5 verify
zk_step 12 config-kubelet-patch 120 0 5 verify
zk_step 13 config-patches-folder 120 0 5 verify
zk_step 14 config-kubeadm-folder 120 0 5 verify
zk_step 15 packages-kubelet-enabled 180 0 5 verify
zk_step 16 packages-kubelet-waits 120 0 5 verify
zk_step 17 packages-crictl-settings 120 0 5 verify
zk_step 18 packages-kubernetes-repository 1800 0 5 verify
zk_step 19 packages-kubernetes-key 180 0 5 verify
zk_step 20 runtime-containerd-service 180 0 5 verify
zk_step 21 runtime-containerd-config 120 0 5 verify
zk_step 22 runtime-docker-repository 1800 0 5 verify
zk_step 23 runtime-docker-key 180 0 5 verify
zk_step 24 system-clock 120 0 5 verify
zk_step 25 system-inotify 120 0 5 verify
zk_step 26 system-forwarding 120 0 5 verify
zk_step 27 system-settings-noted 120 0 5 verify
zk_step 28 system-modules 120 0 5 verify
zk_step 29 names-hostname 120 0 5 verify
zk_step 30 names-hosts 120 0 5 verify
zk_step 31 overlay-join-zerotier-settings 120 0 5 verify
zk_step 32 holds 120 0 5 check
zk_step 33 other-receipts 120 0 5 verify
zk_step 34 services-restarted 120 0 5 check
zk_end 0

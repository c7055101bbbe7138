#!/bin/sh
# zkwizard: Prepare the system (phase system) on node1
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

zk_content() { # command...: run it with the text that belongs to this step as its standard input
  "s${ZK_N}_content" "$@"
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

zk_has_note() { # kind name: is a state remembered?
  [ -e "$ZK_HOME/receipts/state/$1/$2" ]
}

zk_active() { # unit
  systemctl is-active --quiet "$1"
}

zk_feature() { # module: is what it offers there, loaded or built in?
  zk_k=$(uname -r)
  if [ -d "/sys/module/$1" ] || grep -qs "/$1\.ko" "/lib/modules/$zk_k/modules.builtin"; then return 0; fi
  case $1 in
  br_netfilter) set -- CONFIG_BRIDGE_NETFILTER /proc/sys/net/bridge/bridge-nf-call-iptables ;;
  overlay)
    ! grep -qsw overlay /proc/filesystems || return 0
    set -- CONFIG_OVERLAY_FS /nowhere
    ;;
  vxlan)
    ! grep -qsw vxlan_dev_create /proc/kallsyms || return 0
    set -- CONFIG_VXLAN /nowhere
    ;;
  nf_conntrack) set -- CONFIG_NF_CONNTRACK /proc/sys/net/netfilter/nf_conntrack_max ;;
  tun) set -- CONFIG_TUN /sys/class/misc/tun ;;
  *) set -- "CONFIG_$(printf %s "$1" | tr a-z A-Z)" /nowhere ;;
  esac
  if [ -e "$2" ] || grep -qsx "$1=y" "/boot/config-$zk_k"; then return 0; fi
  [ -e /proc/config.gz ] && zcat /proc/config.gz | grep -qx "$1=y"
}

zk_swap_units() { # units that are on or would bring swap back at boot
  {
    systemctl list-units --type=swap --all --plain --no-legend --no-pager |
      awk '{ sub(/^[^A-Za-z0-9]+/, "") } $2 != "masked" && $2 != "not-found" && $2 != "bad-setting" { print $1 }'
    systemctl list-unit-files --no-legend --no-pager 'zram*' 'systemd-zram-setup*' 'dphys-swapfile*' |
      awk '$2 == "enabled" || $2 == "enabled-runtime" || $2 == "generated" { print $1 }'
  } 2>/dev/null | sort -u | while read -r zk_u; do
    case $(systemctl is-enabled "$zk_u" 2>/dev/null || :) in masked*) ;; *) printf '%s\n' "$zk_u" ;; esac
  done
}

# 1. Swap is off
#    The kubelet does not start on a machine that swaps, unless it is told to.
s1_check() {
[ -z "$(sed 1d /proc/swaps)" ]
}
s1_apply() {
zk_note swap areas "$(sed '1d;s/[[:space:]].*//' /proc/swaps)"
swapoff -a
}

# 2. No swap in /etc/fstab
#    At the next boot it would be on again, and the kubelet would not start.
s2_check() {
! grep -qsE '^[[:space:]]*[^#[:space:]][^[:space:]]*[[:space:]]+[^[:space:]]+[[:space:]]+swap([[:space:]]|$)' /etc/fstab
}
s2_apply() {
sed -E '/^[[:space:]]*[^#[:space:]][^[:space:]]*[[:space:]]+[^[:space:]]+[[:space:]]+swap([[:space:]]|$)/s/^/# zkwizard: /' /etc/fstab >"$ZK_DIR/fstab"
zk_put /etc/fstab "$(stat -Lc %a /etc/fstab)" <"$ZK_DIR/fstab"
systemctl daemon-reload
}

# 3. No unit brings swap back
#    zram services and swap partitions found by systemd are not in /etc/fstab.
s3_check() {
[ -z "$(zk_swap_units)" ]
}
s3_apply() {
zk_swap_units | while read -r zk_u; do
  zk_was="$(systemctl is-enabled "$zk_u" || :) $(systemctl is-active "$zk_u" || :)"
  zk_note swap-unit "$zk_u" "$zk_was"
  systemctl stop "$zk_u" || :
  systemctl mask "$zk_u" || systemctl disable "$zk_u"
done
}

# 4. The kernel has what containers and flannel need
#    Layered file systems, filtering of bridged packets, VXLAN, connection tracking.
s4_content() { "$@"; } <<'EOF'
overlay
br_netfilter
vxlan
nf_conntrack
tun
EOF
s4_check() {
zk_content zk_same /etc/modules-load.d/zkwizard.conf 644
for zk_m in overlay br_netfilter vxlan nf_conntrack tun; do
  zk_feature $zk_m
done
}
s4_apply() {
zk_content zk_put /etc/modules-load.d/zkwizard.conf 644
zk_none=
for zk_m in overlay br_netfilter vxlan nf_conntrack tun; do
  zk_feature $zk_m || modprobe -q $zk_m || zk_none="$zk_none $zk_m"
done
[ -z "$zk_none" ] ||
  zk_conflict "the kernel $(uname -r) has neither as a module nor built in:$zk_none"
}

# 5. Kernel settings that Kubernetes will change are noted
#    kube-proxy and the kubelet set them without asking; a reset puts them back.
s5_check() {
[ ! -e /etc/kubernetes/kubelet.conf ] || exit 0
for zk_s in net.ipv4.conf.all.route_localnet net.netfilter.nf_conntrack_max net.netfilter.nf_conntrack_tcp_timeout_close_wait net.netfilter.nf_conntrack_tcp_timeout_established kernel.panic kernel.panic_on_oops vm.overcommit_memory; do
  zk_has_note sysctl "$zk_s" || ! sysctl -n "$zk_s" >/dev/null 2>&1 || exit 1
done
}
s5_apply() {
for zk_s in net.ipv4.conf.all.route_localnet net.netfilter.nf_conntrack_max net.netfilter.nf_conntrack_tcp_timeout_close_wait net.netfilter.nf_conntrack_tcp_timeout_established kernel.panic kernel.panic_on_oops vm.overcommit_memory; do
  zk_has_note sysctl "$zk_s" || ! sysctl -n "$zk_s" >/dev/null 2>&1 || zk_note sysctl "$zk_s" "$(sysctl -n "$zk_s")"
done
}

# 6. The kernel forwards and filters the pods' packets
#    kubeadm refuses to go on without ip_forward, and services fail without the bridge's.
s6_content() { "$@"; } <<'EOF'
net.ipv4.ip_forward = 1
net.bridge.bridge-nf-call-iptables = 1
net.bridge.bridge-nf-call-ip6tables = 1
EOF
s6_check() {
zk_content zk_same /etc/sysctl.d/99-zkwizard.conf 644
[ "$(sysctl -n net.ipv4.ip_forward net.bridge.bridge-nf-call-iptables net.bridge.bridge-nf-call-ip6tables)" = '1
1
1' ]
}
s6_apply() {
zk_note sysctl net.ipv4.ip_forward "$(sysctl -n net.ipv4.ip_forward)"
zk_note sysctl net.bridge.bridge-nf-call-iptables "$(sysctl -n net.bridge.bridge-nf-call-iptables)"
zk_note sysctl net.bridge.bridge-nf-call-ip6tables "$(sysctl -n net.bridge.bridge-nf-call-ip6tables)"
zk_content zk_put /etc/sysctl.d/99-zkwizard.conf 644
sysctl -q -p /etc/sysctl.d/99-zkwizard.conf
}

# 7. Enough inotify watches
#    kubelet, containerd and every pod's log take some; Debian's default of 128 is soon used up.
s7_check() {
[ "$(sysctl -n fs.inotify.max_user_instances)" -ge 512 ] || [ ! -w /proc/sys/fs/inotify/max_user_instances ]
[ "$(sysctl -n fs.inotify.max_user_watches)" -ge 524288 ] || [ ! -w /proc/sys/fs/inotify/max_user_watches ]
}
s7_apply() {
zk_note sysctl fs.inotify.max_user_instances "$(sysctl -n fs.inotify.max_user_instances)"
zk_note sysctl fs.inotify.max_user_watches "$(sysctl -n fs.inotify.max_user_watches)"
zk_lines=$(
  [ "$(sysctl -n fs.inotify.max_user_instances)" -ge 512 ] && ! grep -qs '^fs.inotify.max_user_instances ' /etc/sysctl.d/60-zkwizard-inotify.conf ||
    echo 'fs.inotify.max_user_instances = 512'
  [ "$(sysctl -n fs.inotify.max_user_watches)" -ge 524288 ] && ! grep -qs '^fs.inotify.max_user_watches ' /etc/sysctl.d/60-zkwizard-inotify.conf ||
    echo 'fs.inotify.max_user_watches = 524288'
)
printf '%s\n' "$zk_lines" | zk_put /etc/sysctl.d/60-zkwizard-inotify.conf 644
sysctl -q -p /etc/sysctl.d/60-zkwizard-inotify.conf
}

# 8. The clock is kept right
#    Certificates are refused by a node whose clock is wrong, and etcd's leases run out.
s8_check() {
zk_can=$(timedatectl show --value -p CanNTP 2>/dev/null) || zk_can=unknown
if [ "$zk_can" = unknown ]; then
  for zk_u in systemd-timesyncd.service chrony.service ntpsec.service ntp.service; do ! zk_active $zk_u || exit 0; done
  echo 'warning: timedatectl does not answer here, and no time service is known to run'
  exit 0
fi
[ "$(timedatectl show --value -p NTPSynchronized)" = yes ] || [ "$(timedatectl show --value -p NTP)" = yes ] || {
  [ "$zk_can" != yes ] &&
    echo 'warning: no time service is installed, so nobody corrects this clock'
}
}
s8_apply() {
zk_note clock ntp "$(timedatectl show --value -p NTP)"
timedatectl set-ntp true || echo 'warning: the time service could not be switched on'
}
s8_verify() {
:
}

zk_begin
zk_step 1 swap-off 300 0 5 check
zk_step 2 swap-fstab 120 0 5 check
zk_step 3 swap-units 120 0 5 check
zk_step 4 modules 120 0 5 check
zk_step 5 settings-noted 120 0 5 check
zk_step 6 forwarding 120 0 5 check
zk_step 7 inotify 120 0 5 check
zk_step 8 clock 120 0 5 verify
zk_end 0

#!/bin/sh
# zkwizard: Join the nodes (phase join) on node2
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

zk_secret() { # name: print a secret, from its root-only file
  cat "$ZK_SECRETS/$1"
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

zk_ca_hash() { # hash of the cluster CA's public key, as kubeadm join pins it (RFC 7469)
  zk_h=$(mktemp -d "$ZK_DIR/ca.XXXXXX") &&
    openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt -out "$zk_h/pem" &&
    openssl pkey -pubin -in "$zk_h/pem" -outform DER -out "$zk_h/der" &&
    printf 'sha256:%s\n' "$(sha256sum <"$zk_h/der" | cut -d' ' -f1)" &&
    rm -r "$zk_h"
}

# 1. A folder for this node's patches
#    kubeadm's configuration is one for all nodes; what differs on one is patched there.
s1_check() {
[ -d /etc/kubernetes/patches ] && [ "$(stat -c %a /etc/kubernetes/patches)" = 755 ]
}
s1_apply() {
zk_make_folder /etc/kubernetes/patches
chmod 755 /etc/kubernetes/patches
}

# 2. The kubelet's settings for swap on this node
#    Swap is off here, so that the kubelet keeps its default and refuses to start with swap.
s2_check() {
[ ! -e /etc/kubernetes/patches/kubeletconfiguration+strategic.yaml ]
}
s2_apply() {
zk_keep /etc/kubernetes/patches/kubeletconfiguration+strategic.yaml
rm -f /etc/kubernetes/patches/kubeletconfiguration+strategic.yaml
}

# 3. Join the cluster
#    It is tried again and again: over a line that is slow by day, a join may only come through hours later.
s3_content() {
{
  printf %s 'apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken:
    token: "'
  zk_secret join-token
  printf %s '"
    apiServerEndpoint: api.blog.m4d3bug.com:6443
    caCertHashes:
    - sha256:db1105ebb5b6312930253d9f477808d624f5da1669db979d75e6f5b2cbb99c01
nodeRegistration:
  name: node2
  criSocket: unix:///run/containerd/containerd.sock
  kubeletExtraArgs:
  - name: node-ip
    value: 10.9.8.129
  imagePullPolicy: IfNotPresent
  imagePullSerial: true
patches:
  directory: /etc/kubernetes/patches
timeouts:
  controlPlaneComponentHealthCheck: 10m0s
  kubeletHealthCheck: 8m0s
  kubernetesAPICall: 5m0s
  etcdAPICall: 4m0s
  tlsBootstrap: 10m0s
  discovery: 10m0s
'
} | "$@"
}
s3_check() {
[ -e /etc/kubernetes/kubelet.conf ] || exit 1
[ "$(zk_ca_hash)" = sha256:db1105ebb5b6312930253d9f477808d624f5da1669db979d75e6f5b2cbb99c01 ] && grep -qF https://api.blog.m4d3bug.com:6443 /etc/kubernetes/kubelet.conf ||
  zk_conflict 'This node belongs to another cluster (see /etc/kubernetes/kubelet.conf). Reset it first.'
}
s3_apply() {
zk_joined() (
[ -e /etc/kubernetes/kubelet.conf ] || exit 1
[ "$(zk_ca_hash)" = sha256:db1105ebb5b6312930253d9f477808d624f5da1669db979d75e6f5b2cbb99c01 ] && grep -qF https://api.blog.m4d3bug.com:6443 /etc/kubernetes/kubelet.conf ||
  zk_conflict 'This node belongs to another cluster (see /etc/kubernetes/kubelet.conf). Reset it first.'
)
zk_joined && zk_rc=0 || zk_rc=$?
[ "$zk_rc" -ne 65 ] || exit 65
if [ "$zk_rc" -ne 0 ]; then
  zk_again=
  [ ! -e "$ZK_HOME/done/join-begun" ] || zk_again=yes
  if [ "$zk_again" ] && { [ -e /etc/kubernetes/pki/ca.crt ] ||
    [ -e /etc/kubernetes/bootstrap-kubelet.conf ]; }; then
    echo 'clearing what an interrupted attempt left'
    kubeadm reset -f --cri-socket unix:///run/containerd/containerd.sock
  fi
  umask 077
  zk_folder "$ZK_HOME/done"
  zk_folder "$ZK_SECRETS"
  : >"$ZK_HOME/done/join-begun"
  zk_f=$ZK_SECRETS/join.yaml
  trap 'rm -f "$zk_f"' EXIT
  trap 'exit 143' HUP INT TERM
  zk_content cat >"$zk_f"
  { kubeadm join --config "$zk_f" 2>&1 && zk_rc=0 || zk_rc=$?; echo "$zk_rc" >"$ZK_DIR/join.code"; } |
    tee "$ZK_DIR/join.log"
  if [ "$(cat "$ZK_DIR/join.code")" -ne 0 ]; then
    if grep -qF 'already exists in the cluster' "$ZK_DIR/join.log"; then
      [ ! "$zk_again" ] || { echo 'The cluster still counts this node'\''s former attempt as Ready; that passes in a minute.'; exit 1; }
      rm -f "$ZK_HOME/done/join-begun"
      zk_conflict 'The cluster remembers this node from before. On master: kubectl delete node node2. Then run again.'
    fi
    ! grep -qE 'preflight checks failed|are pinned$|failed to verify JWS' "$ZK_DIR/join.log" || zk_conflict 'Another attempt would end in the same way.'
    exit 1
  fi
fi
rm -f /etc/kubernetes/bootstrap-kubelet.conf
}

# 4. The kubelet runs
#    It starts the pods of this node, and tells the control plane that the node is alive.
s4_check() {
! zk_is_pending kubelet &&
  zk_enabled kubelet.service &&
  zk_active kubelet.service
}
s4_apply() {
zk_note_unit kubelet.service
systemctl daemon-reload
systemctl enable kubelet.service
if zk_is_pending kubelet; then systemctl restart kubelet.service; else systemctl start kubelet.service; fi
zk_settled kubelet
}

zk_begin
zk_step 1 patches-folder 120 0 5 check
zk_step 2 kubelet-patch 120 0 5 check
zk_step 3 join 1500 8 15 check
zk_step 4 kubelet-running 180 0 5 check
zk_end 0

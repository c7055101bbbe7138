#!/bin/sh
# zkwizard: Verify (phase verify) on node1
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

zk_active() { # unit
  systemctl is-active --quiet "$1"
}

zk_answer() { # address...: those that answer a ping, all asked at once
  for zk_a in "$@"; do
    { ping -n -q -c 2 -W 3 "$zk_a" >/dev/null 2>&1 && printf '%s\n' "$zk_a" || :; } &
  done
  wait
}

zk_dns() { # server name: its IPv4 addresses, asked by UDP with whatever can ask here
  if command -v dig >/dev/null; then
    dig +short +time=3 +tries=2 "@$1" "$2" A
  elif command -v nslookup >/dev/null; then
    nslookup "$2" "$1" | sed -n '/^Name/,$s/^Address[^:]*: *\([0-9.]*\)$/\1/p'
  elif command -v python3 >/dev/null; then
    python3 -c '
import socket, sys
ask = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ask.settimeout(4)
labels = b"".join(bytes([len(part)]) + part.encode() for part in sys.argv[2].split("."))
ask.sendto(b"zk\1\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1", (sys.argv[1], 53))
answer = ask.recv(2048)
if answer[:2] == b"zk" and answer[6:8] != b"\0\0": print(socket.inet_ntoa(answer[-4:]))
' "$1" "$2"
  else
    perl -MSocket -e '
socket(S, PF_INET, SOCK_DGRAM, 0) or die $!;
alarm 4;
my $name = join "", map { chr(length) . $_ } split /[.]/, $ARGV[1];
my $ask = "zk" . pack("n5", 256, 1, 0, 0, 0) . $name . pack("Cnn", 0, 1, 1);
send(S, $ask, 0, pack_sockaddr_in(53, inet_aton($ARGV[0]))) or die $!;
recv(S, my $answer, 2048, 0);
print inet_ntoa(substr($answer, -4)), "\n" if substr($answer, 0, 2) eq "zk" && unpack("n", substr($answer, 6, 2));
' "$1" "$2"
  fi
}

# 1. Kubelet and names agree on the overlay addresses
#    One address per node, everywhere: node-ip, the hosts file, the API server's name.
s1_check() {
zk_active kubelet.service &&
  grep -qE -- '--node-ip=10.9.8.65( |"|$)' /var/lib/kubelet/kubeadm-flags.env &&
  grep -w 10.9.8.65 /etc/hosts | grep -qwF node1.m4d3bug.com &&
  [ "$(getent ahostsv4 master.m4d3bug.com | awk '{ print $1; exit }')" = 10.9.8.118 ] &&
  [ "$(getent ahostsv4 node2.m4d3bug.com | awk '{ print $1; exit }')" = 10.9.8.129 ] &&
  [ "$(getent ahostsv4 api.blog.m4d3bug.com | awk '{ print $1; exit }')" = 10.9.8.118 ]
}
s1_apply() {
zk_holds() (
set -eu
zk_active kubelet.service &&
  grep -qE -- '--node-ip=10.9.8.65( |"|$)' /var/lib/kubelet/kubeadm-flags.env &&
  grep -w 10.9.8.65 /etc/hosts | grep -qwF node1.m4d3bug.com &&
  [ "$(getent ahostsv4 master.m4d3bug.com | awk '{ print $1; exit }')" = 10.9.8.118 ] &&
  [ "$(getent ahostsv4 node2.m4d3bug.com | awk '{ print $1; exit }')" = 10.9.8.129 ] &&
  [ "$(getent ahostsv4 api.blog.m4d3bug.com | awk '{ print $1; exit }')" = 10.9.8.118 ]
)
zk_late=$(( $(date +%s) + 45 ))
until zk_holds >/dev/null 2>&1; do
  [ ! -e "$ZK_DIR/stop" ] || exit 143
  if [ "$(date +%s)" -ge "$zk_late" ]; then
set +e
cat /var/lib/kubelet/kubeadm-flags.env /etc/hosts
exit 1
  fi
  sleep 2
done
}
s1_verify() {
:
}

# 2. Every other node's pod network answers
#    The packets go through flannel inside the overlay, as those of pods do.
s2_check() {
zk_nets=$(printf '%s\n' 'master 10.244.0.0/24
node1 10.244.1.0/24
node2 10.244.2.0/24' | sed -nE 's,^(master|node2) (.*)/.*,\2,p') &&
  [ "$(zk_answer $zk_nets | wc -l)" -eq 2 ]
}
s2_apply() {
zk_holds() (
set -eu
zk_nets=$(printf '%s\n' 'master 10.244.0.0/24
node1 10.244.1.0/24
node2 10.244.2.0/24' | sed -nE 's,^(master|node2) (.*)/.*,\2,p') &&
  [ "$(zk_answer $zk_nets | wc -l)" -eq 2 ]
)
zk_late=$(( $(date +%s) + 165 ))
until zk_holds >/dev/null 2>&1; do
  [ ! -e "$ZK_DIR/stop" ] || exit 143
  if [ "$(date +%s)" -ge "$zk_late" ]; then
set +e
ip route
ip -d link show flannel.1
exit 1
  fi
  sleep 2
done
}
s2_verify() {
:
}

# 3. A service's address answers
#    kube-proxy can be Running while every one of its rules fails.
s3_check() {
curl -fsS -o /dev/null --cacert /etc/kubernetes/pki/ca.crt --max-time 10 https://10.96.0.1/livez
}
s3_apply() {
zk_holds() (
set -eu
curl -fsS -o /dev/null --cacert /etc/kubernetes/pki/ca.crt --max-time 10 https://10.96.0.1/livez
)
zk_late=$(( $(date +%s) + 165 ))
until zk_holds >/dev/null 2>&1; do
  [ ! -e "$ZK_DIR/stop" ] || exit 143
  if [ "$(date +%s)" -ge "$zk_late" ]; then
set +e
curl -fsS -o /dev/null --cacert /etc/kubernetes/pki/ca.crt --max-time 10 -v https://10.96.0.1/livez
exit 1
  fi
  sleep 2
done
}
s3_verify() {
:
}

# 4. The cluster's DNS answers
#    A question by UDP to a pod, which for most nodes is on another node.
s4_check() {
zk_dns 10.96.0.10 kubernetes.default.svc.cluster.local | grep -qxF 10.96.0.1
}
s4_apply() {
zk_holds() (
set -eu
zk_dns 10.96.0.10 kubernetes.default.svc.cluster.local | grep -qxF 10.96.0.1
)
zk_late=$(( $(date +%s) + 165 ))
until zk_holds >/dev/null 2>&1; do
  [ ! -e "$ZK_DIR/stop" ] || exit 143
  if [ "$(date +%s)" -ge "$zk_late" ]; then
set +e
zk_dns 10.96.0.10 kubernetes.default.svc.cluster.local
exit 1
  fi
  sleep 2
done
}
s4_verify() {
:
}

zk_begin
zk_step 1 one-address 60 0 5 verify
zk_step 2 pods-reachable 180 0 5 verify
zk_step 3 service-address 180 0 5 verify
zk_step 4 dns 180 0 5 verify
zk_end 0

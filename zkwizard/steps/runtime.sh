# What every program is made of. A program holds only the functions that its steps use.
# POSIX sh: dash and busybox ash run it. Each part of a step has a subshell of its own (see zk_part). A process
# costs a node more than everything else here: where the shell itself can do something, it does.

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

zk_secret() { # name: print a secret, from its root-only file
  cat "$ZK_SECRETS/$1"
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

zk_is_pending() { # what: is a restart due?
  [ -e "$ZK_HOME/pending/$1" ]
}

zk_settled() { # what: the restart is done
  rm -f "$ZK_HOME/pending/$1"
}

zk_block_less() { # path name: the file without the marked block
  sed "/^# BEGIN zkwizard $2\$/,/^# END zkwizard $2\$/d" "$1"
}

zk_block() { # name: stdin between the marks
  printf '# BEGIN zkwizard %s\n' "$1"
  cat
  printf '# END zkwizard %s\n' "$1"
}

zk_block_same() { # path name: is the block in the file what stdin says?
  [ -f "$1" ] || return 1
  zk_want=$(zk_block "$2")
  [ "$(sed -n "/^# BEGIN zkwizard $2\$/,/^# END zkwizard $2\$/p" "$1")" = "$zk_want" ]
}

zk_block_put() { # path name: write the block, at its place at the end
  zk_mode=644
  [ ! -e "$1" ] || zk_mode=$(stat -Lc %a "$1")
  # awk 1 ends a last line that lacks its newline, which sed leaves as it is
  { [ ! -e "$1" ] || zk_block_less "$1" "$2" | awk 1; zk_block "$2"; } | zk_put "$1" "$zk_mode"
  zk_forget block "$2$(zk_real "$1")"
  zk_note block "$2$(zk_real "$1")" "$(zk_block_sum "$1" "$2")"
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

zk_enabled() { # unit
  systemctl is-enabled --quiet "$1" 2>/dev/null
}

zk_note_unit() { # unit: remember whether it was enabled and active
  zk_note unit "$1" "$(systemctl is-enabled "$1" 2>/dev/null || :) $(systemctl is-active "$1" 2>/dev/null || :)"
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

zk_note_holds() { # package...: remember which of them were held before
  for zk_p in "$@"; do
    if apt-mark showhold "$zk_p" | grep -qx "$zk_p"; then zk_note hold "$zk_p" held; else zk_note hold "$zk_p" free; fi
  done
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

zk_zt_path() { # member: direct or relayed, as this node reaches it now, or unknown
  zk_z=$(zerotier-cli peers -j 2>/dev/null | zk_zt_part address "$1")
  case $zk_z in
  '') echo unknown ;;
  *'"tunneled": true'*) echo relayed ;;
  *'"active": true'*) echo direct ;;
  *) echo relayed ;;
  esac
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

zk_through_proxy() { # url: does it answer through the proxy that stdin configures? if not, say why
  zk_c=$(curl -K - -sS -D "$ZK_DIR/headers" -o /dev/null -w '%{http_connect} %{http_code}' --connect-timeout 15 --max-time 45 -- "$1") &&
    zk_rc=0 || zk_rc=$?
  case "$zk_rc $zk_c" in
  *407*) zk_c="it refuses the user or the password (407)" ;;
  '56 401 '*) zk_c="it refuses the user or the password (401)" ;;
  '0 000 401')
    ! grep -qi '^docker-distribution-api-version:' "$ZK_DIR/headers" || return 0
    zk_c="it refuses the user or the password (401, which is not a registry's)"
    ;;
  '0 '*' 401' | '0 '*' 2'?? | '0 '*' 3'??) return 0 ;;
  '0 '*) zk_c="answer $zk_c (of the proxy, of the registry) instead of 200 or 401" ;;
  '5 '*) zk_c="the proxy's name is unknown" ;;
  '7 '*) zk_c="the proxy refuses the connection, or can't be reached" ;;
  '28 '*) zk_c="no answer in time" ;;
  *) zk_c="curl ended with $zk_c, code $zk_rc" ;;
  esac
  printf '%s: %s\n' "$1" "$zk_c"
  return 1
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

zk_package_version() { # package: its installed version, with the package manager that is here
  if command -v dpkg-query >/dev/null; then zk_deb_version "$1"; else rpm -q --qf '%{VERSION}-%{RELEASE}' "$1"; fi
}

zk_kubectl() { # arguments: kubectl as the administrator, on a control plane
  kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=30s "$@"
}

zk_ca_hash() { # hash of the cluster CA's public key, as kubeadm join pins it (RFC 7469)
  zk_h=$(mktemp -d "$ZK_DIR/ca.XXXXXX") &&
    openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt -out "$zk_h/pem" &&
    openssl pkey -pubin -in "$zk_h/pem" -outform DER -out "$zk_h/der" &&
    printf 'sha256:%s\n' "$(sha256sum <"$zk_h/der" | cut -d' ' -f1)" &&
    rm -r "$zk_h"
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

zk_done_forget() { # name...: they are no longer done
  for zk_o in "$@"; do rm -rf "$ZK_HOME/done/$zk_o"; done
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

zk_deb_missing() { # package...: those that are not installed
  for zk_p in "$@"; do
    [ -n "$(zk_deb_version "$zk_p")" ] || printf '%s\n' "$zk_p"
  done
}

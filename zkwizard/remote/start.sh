# Receive a program and its secrets, and start it detached, unless it is there already; follow.sh comes next.
# Given: run, phase, id, mark, cluster, operator, program_bytes, secrets (name:bytes …), restart, take_over.
incoming=$home/incoming/$id
trap 'rm -rf "$incoming"' EXIT

receive() { # file bytes: from the channel
  : >"$1" || exit 1
  [ "$2" -eq 0 ] || dd bs="$2" count=1 iflag=fullblock of="$1" status=none
  [ "$(wc -c <"$1")" -eq "$2" ] || exit 1
}

refuse() { # why
  say refused "$1"
  show_claim | while read -r line; do say "holder $line"; done
  say end
  exit 0
}

detach() { # word…: run it in the background, in a session of its own that does not end with this login
  # logind ends everything of a login with it where KillUserProcesses is set, but not another scope
  if [ -S /run/systemd/private ]; then
    systemd-run --scope --quiet --collect --unit="zkwizard-$id" --description="zkwizard, phase $phase" \
      sh -c 'setsid "$@" 2>&1 &' sh "$@" 2>/dev/null && return
  fi
  setsid "$@" 2>&1 &
}

launch='
  read -r boot </proc/sys/kernel/random/boot_id
  read -r stat </proc/self/stat
  set -- ${stat##*) }
  umask 077
  printf "%s %s %s %s\n" "$boot" "$$" "${20}" "$ZK_JOB" >"$ZK_DIR/pid.new" && mv "$ZK_DIR/pid.new" "$ZK_DIR/pid" &&
    exec sh "$ZK_PROGRAM" 9>&-'

mkdir -p "$incoming/secrets" || exit 1
receive "$incoming/program" "$program_bytes"
for secret in $secrets; do receive "$incoming/secrets/${secret%:*}" "${secret##*:}"; done
[ -n "$secrets" ] || : >"$incoming/open" # others may read what it prints
printf '%s\n' "$mark" >"$incoming/nonce"
: >"$incoming/log"
# Room on the disk that the program gives back when it is full, to be able to say so.
dd if=/dev/zero of="$incoming/reserve" bs=65536 count=1 status=none || exit 1

lock
sweep
dir=$home/runs/$run/$phase
if claimed && [ "$claim_run" = "$run" ] && [ "$claim_alive" = 1 ] && [ "$claim_phase" != "$phase" ]; then
  refuse overlap
fi
hold "$phase"
[ -z "$why" ] || refuse "$why"

if [ -d "$dir" ] && [ ! -s "$dir/pid" ]; then rm -rf "$dir"; fi # cut off before it was launched
if [ -n "$restart" ] && [ -d "$dir" ] && ! alive "$dir" && ! grep -q " $id\$" "$dir/pid"; then
  read -r _ _ _ former <"$dir/pid"
  if [ -e "$dir/busy" ] && [ -n "$(carriers "$former")" ]; then refuse busy; fi
  n=1
  while [ -e "$dir.$n" ]; do n=$((n + 1)); done
  mv "$dir" "$dir.$n" || exit 1
fi
if [ ! -d "$dir" ]; then
  mkdir -p "${dir%/*}" && mv "$incoming" "$dir" || exit 1
  (
    detach env -i HOME=/root PATH="$PATH" LC_ALL="$LC_ALL" ZK_HOME="$home" ZK_DIR="$dir" \
      ZK_PROGRAM="$dir/program" ZK_SECRETS="$dir/secrets" ZK_RUN="$run" ZK_PHASE="$phase" ZK_JOB="$id" \
      sh -c "$launch" </dev/null >>"$dir/log"
  )
  exec 9>&-
  lock
fi
exec 9>&-
trap - EXIT
[ ! -d "$incoming" ] || rm -rf "$incoming"
say taken

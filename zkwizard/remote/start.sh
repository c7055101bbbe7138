# Receive a program and its secrets, and start it detached, unless it is there already; follow.sh comes next.
# Given: run, phase, id, mark, cluster, operator, program_bytes, secrets (name:bytes …), restart, take_over,
# final.
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
printf '%s\n' "$mark" >"$incoming/nonce"
: >"$incoming/log"

lock
sweep
dir=$home/runs/$run/$phase since=
if claimed; then
  if [ "$claim_run" = "$run" ]; then
    since=$claim_since
    if [ "$claim_alive" = 1 ] && [ "$claim_phase" != "$phase" ]; then refuse overlap; fi
  elif [ "$claim_alive" = 1 ]; then
    refuse working
  elif [ -z "$take_over" ]; then
    refuse idle
  fi
fi
[ -n "$since" ] || since=$(date +%s)
printf '%s\n' "$run" "$phase" "$since" "$cluster" "$operator" >"$home/claim.new" &&
  mv "$home/claim.new" "$home/claim" || exit 1

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
    env -i HOME=/root PATH="$PATH" LC_ALL="$LC_ALL" ZK_HOME="$home" ZK_DIR="$dir" ZK_PROGRAM="$dir/program" \
      ZK_SECRETS="$dir/secrets" ZK_RUN="$run" ZK_PHASE="$phase" ZK_JOB="$id" ZK_FINAL="$final" \
      setsid sh -c "$launch" </dev/null >>"$dir/log" 2>&1 &
  )
  exec 9>&-
  lock
fi
exec 9>&-
trap - EXIT
[ ! -d "$incoming" ] || rm -rf "$incoming"
say taken

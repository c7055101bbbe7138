# Start a program detached, unless it is there already; follow.sh comes next. Given: run, phase, id, mark, cluster,
# operator, program, sealed (yes where there are secrets), restart, take_over; and keep_secrets, which stores them.
# Of several that follow each other all have the same chain, the id of the first; one alone has none.
store() { # name text: write a file of the job, or say why that is not possible
  printf %s "$2" 2>/dev/null >"$dir/$1" && return
  printf %s "$2" | dd of="$dir/$1" status=none
  rm -rf "$dir"
  exit 1
}

refuse() { # why
  say refused "$1"
  show_claim | while read -r line; do say "holder $line"; done
  say end
  printf '\036%s over\n' "$nonce"
  exit 0
}

detach() { # word...: run it in the background, in a session of its own that does not end with this login
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
  printf "%s %s %s %s\n" "$boot" "$$" "${20}" "$ZK_JOB" >"$ZK_DIR/pid" && exec sh "$ZK_PROGRAM" 8>&- 9>&-'

goes_on() { # may the next one start? Not after a stop, a new login of the run, or ten seconds without a sign of life
  read -r first 2>/dev/null <"$home/runs/chain" && [ "$first" = "$chain" ] || return 1
  read -r heard 2>/dev/null <"$home/runs/heard" && read -r up _ </proc/uptime || return 1
  [ "$((${up%.*} - heard))" -le 10 ]
}

lock
sweep
dir=$home/runs/$run/$phase
if claimed && [ "$claim_run" = "$run" ] && [ "$claim_alive" = 1 ] && [ "$claim_phase" != "$phase" ]; then
  if [ ! -s "$dir/pid" ] || [ -n "$restart" ]; then refuse overlap; fi # the log of one that is over may be read
fi
if [ -n "$chain" ] && [ "$id" != "$chain" ]; then goes_on || exit 0; fi
hold "$phase"
[ -z "$why" ] || refuse "$why"
if [ -z "$chain" ]; then
  break_chain
elif [ "$id" = "$chain" ]; then
  { printf '%s\n' "$chain" >"$home/runs/chain"; } 2>/dev/null
  hear
fi

if [ -d "$dir" ] && [ ! -s "$dir/pid" ]; then rm -rf "$dir"; fi # cut off before it was launched
if [ -n "$restart" ] && [ -d "$dir" ] && ! alive "$dir"; then
  read -r _ _ _ former <"$dir/pid"
  if [ "$former" != "$id" ]; then
    if [ -e "$dir/busy" ] && [ -n "$(carriers "$former")" ]; then refuse busy; fi
    n=1
    while [ -e "$dir.$n" ]; do n=$((n + 1)); done
    mv "$dir" "$dir.$n" || exit 1
  fi
fi
if [ ! -d "$dir" ]; then
  mkdir -p "$dir${sealed:+/secrets}" || exit 1
  # Room on the disk that the program gives back when it is full, to be able to say so.
  room=' '
  while [ "${#room}" -lt 65536 ]; do room=$room$room; done
  store reserve "$room"
  store program "$program"
  store nonce "$mark
"
  if [ -n "$sealed" ]; then keep_secrets; else store open ''; fi # open: others may read what it prints
  # The job has the lock until it can be recognised; until then it also has this pipe, whose end is waited for.
  launched=$(
    detach env -i HOME=/root PATH="$PATH" LC_ALL="$LC_ALL" ZK_HOME="$home" ZK_DIR="$dir" \
      ZK_PROGRAM="$dir/program" ZK_SECRETS="$dir/secrets" ZK_RUN="$run" ZK_PHASE="$phase" ZK_JOB="$id" \
      sh -c "$launch" </dev/null 8>&1 >>"$dir/log"
  )
fi
exec 9>&-
say taken

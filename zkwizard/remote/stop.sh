# Stop a run's job: gently, after its step; or now, with all its processes. Given: run, mode.
# Prints what had to be waited for, or is being waited for.
everyone() { # pids: those that carry the job's id, and those of its session
  carriers "$job"
  [ -n "$session" ] || return 0
  for entry in /proc/[0-9]*/stat; do
    { read -r stat <"$entry"; } 2>/dev/null || continue
    # shellcheck disable=SC2086
    set -- ${stat%% *} ${stat##*) }
    if [ "$5" = "$session" ] && [ "$2" != Z ]; then printf '%s ' "$1"; fi
  done
}

gone() { # signal tenths: send it, and wait until all are gone
  # shellcheck disable=SC2046
  kill "-$1" $(everyone) 2>/dev/null
  for _ in $(seq "$2"); do
    [ -n "$(everyone)" ] || return 0
    sleep 0.1
  done
  return 1
}

lock
break_chain
exec 9>&-
read -r now </proc/sys/kernel/random/boot_id
for folder in "$home/runs/$run"/*; do
  [ -s "$folder/pid" ] && read -r boot session _ job <"$folder/pid" && [ "$boot" = "$now" ] || continue
  alive "$folder" || session='' # killed alone: its children may be at work
  [ -n "$(everyone)" ] || continue
  : >"$folder/stop"
  if [ -e "$folder/busy" ]; then cat "$folder/busy"; fi 2>/dev/null
  [ "$mode" = now ] || continue
  while [ -e "$folder/busy" ] && [ -n "$(everyone)" ]; do sleep 0.2; done
  [ -z "$(everyone)" ] || gone TERM 3 || gone KILL 3 || gone KILL 5 || {
    printf 'processes %sdo not end\n' "$(everyone)" >&2
    exit 75
  }
  rm -rf "$folder/secrets" "$folder/reserve"
done

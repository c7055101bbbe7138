# Print a job's log from a byte on until the job ends, and say how it ended. Given: run, phase, offset.
# Standard output is the log, every byte once, and then a mark; words are on the other stream. Lines that come in
# are answered, which shows that the link and the node are there; the end of them ends everything here but the job.
# A reader (watch.sh) leaves everything as it is.
dir=$home/runs/$run/$phase
exec 3<&0
tail='' watch='' how=gone status=
if alive "$dir"; then
  if [ -z "${pids-}" ]; then
    pids=unknown
    if tail --pid=$$ -c 1 /dev/null 2>/dev/null; then pids=known; fi
  fi
  set --
  if [ "$pids" = known ]; then set -- --pid="$pid" -s 0.04; fi
  tail -c "+$((offset + 1))" -f "$@" "$dir/log" </dev/null 2>/dev/null 3<&- &
  tail=$!
  if [ "$pids" = unknown ]; then
    {
      while alive "$dir"; do sleep 1; done
      sleep 0.5
      kill "$tail"
    } </dev/null >/dev/null 2>&1 3<&- &
    watch=$!
  fi
fi
{
  while read -r _; do
    say here
    [ -z "${chain-}" ] || hear
    # tail would wait for ever for a job that ended and that nobody reaped
    [ -z "$tail" ] || alive "$dir" || { sleep 0.5 && kill "$tail"; } 2>/dev/null
  done
  kill -TERM 0
} <&3 >/dev/null &
answers=$!
if [ -n "$tail" ]; then
  wait "$tail" || how=again # it was ended, and may not have printed all of it
  [ -z "$watch" ] || kill "$watch" 2>/dev/null
elif [ -r "$dir/log" ]; then
  tail -c "+$((offset + 1))" "$dir/log"
fi

if [ "$how" = again ] || alive "$dir"; then
  how=again
else
  printf '\036%s over\n' "$nonce"
  if [ -z "${reader-}" ] && [ -d "$dir/secrets" ]; then rm -rf "$dir/secrets" "$dir/reserve"; fi
  if [ -r "$dir/status" ] && read -r status <"$dir/status"; then how=ended; fi
fi
kill "$answers"
say "$how" "$status"

# Print a job's log from a byte on until the job ends, and say how it ended. Given: run, phase, offset.
# Standard output is the log, every byte once; words are on the other stream. Lines that come in are
# answered, which shows that the link and the node are there; the end of them ends everything here but the job.
# A reader (watch.sh) leaves everything as it is.
dir=$home/runs/$run/$phase
exec 3<&0
{
  while read -r _; do say here; done
  kill -TERM 0
} <&3 >/dev/null &
answers=$!

if alive "$dir"; then
  set --
  if tail --pid=$$ -c 1 /dev/null 2>/dev/null; then set -- --pid="$pid" -s 0.04; fi
  tail -c "+$((offset + 1))" -f "$@" "$dir/log" </dev/null 2>/dev/null 3<&- &
  tail=$!
  { # where nobody reaps the job, or tail knows no --pid, it would wait for ever
    while alive "$dir"; do sleep 1; done
    sleep 0.5
    kill "$tail"
  } </dev/null >/dev/null 2>&1 3<&- &
  watch=$!
  wait "$tail"
  kill "$watch" 2>/dev/null
elif [ -r "$dir/log" ]; then
  tail -c "+$((offset + 1))" "$dir/log"
fi

size=0
if [ -r "$dir/log" ]; then size=$(($(wc -c <"$dir/log"))); fi
if alive "$dir"; then
  say again
else
  if [ -z "${reader-}" ] && [ -d "$dir/secrets" ]; then rm -rf "$dir/secrets" "$dir/reserve"; fi
  how=gone status=
  if [ -r "$dir/status" ] && read -r status <"$dir/status" && read -r mark <"$dir/nonce"; then
    end=$(printf '\036%s end %s' "$mark" "$status")
    if tail -c 65536 "$dir/log" | grep -qF "$end"; then how=ended; fi
  fi
  say "$how" "$size" "$status"
fi
kill "$answers"

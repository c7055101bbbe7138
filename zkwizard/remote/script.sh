# Run a small text and say how it ended, on both streams. Given: nonce, text.
# Closing the channel ends all of it: sshd itself would leave it running.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
export PATH LC_ALL
exec 3<&0
{
  while read -r _; do :; done
  trap '' TERM
  kill -TERM 0
  sleep 0.3
  kill -KILL 0
} <&3 >/dev/null 2>&1 &
watch=$!
(eval "$text") </dev/null 3<&-
status=$?
printf '\036%s end %s\n' "$nonce" "$status" >&2
printf '\036%s end %s\n' "$nonce" "$status"
kill "$watch"

# Say who holds the node, and which of that run's jobs the reader does not know yet; changes nothing here.
# Given: run (as the reader knows it, empty for none), known (ids of jobs), turns (half seconds to wait for news).
# Prints the claim in six lines, empty ones where nobody holds it, then a line for each job of the run that
# does or, as the reader knows it, did:
#   phase id alive open nonce size age sha256 step...
# open: no secret was given to it, and no password rests here that what it calls might print.
is_known() { # job folder: an attempt that was moved aside, one that is not launched yet, or known to the reader
  case ${1##*/} in *.*) return 0 ;; esac
  { read -r _ _ _ job <"$1/pid"; } 2>/dev/null || return 0
  case " $known " in *" $job "*) return 0 ;; esac
  return 1
}

news() { # is there anything that the reader does not know?
  claimed || { [ -n "$run" ]; return; }
  [ "$claim_run" = "$run" ] || return 0
  for entry in "$home/runs/$run"/*; do
    is_known "$entry" || return 0
  done
  return 1
}

until news || [ "$turns" -le 0 ]; do
  sleep 0.5
  turns=$((turns - 1))
done
if claimed; then
  run=$claim_run
  show_claim
else
  printf '\n\n\n\n\n\n'
fi
[ -n "$run" ] || exit 0
resting=
if grep -qs '://[^/]*@' "$home/curlrc"; then resting=yes; fi
ls -tr "$home/runs/$run" 2>/dev/null | while read -r phase; do
  dir=$home/runs/$run/$phase
  ! is_known "$dir" || continue
  alive=0 open=0 age=0 mark='' sum=''
  if alive "$dir"; then alive=1; fi
  if [ -e "$dir/open" ] && [ -z "$resting" ]; then open=1; fi
  { read -r mark <"$dir/nonce" && size=$(wc -c <"$dir/log") && sum=$(sha256sum <"$dir/program"); } 2>/dev/null || continue
  if begun=$(stat -c %Y "$dir/pid"); then age=$(($(date +%s) - begun)); fi
  steps=$(sed -n "s/^zk_step [0-9]* '\{0,1\}\([A-Za-z0-9._-]*\)'\{0,1\} .*/\1/p" "$dir/program")
  # shellcheck disable=SC2086
  echo "$phase" "$job" "$alive" "$open" "$mark" "$((size))" "$age" "${sum%% *}" $steps
done

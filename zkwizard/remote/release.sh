# Give the node back. Given: run.
lock
sweep
if claimed && [ "$claim_run" = "$run" ]; then
  if [ "$claim_alive" = 1 ]; then
    printf '%s\n' "$claim_phase"
    exit 75
  fi
  rm -f "$home/claim"
fi

# Give the node back and remove what zkwizard keeps of its runs there. Receipts of what is not put back stay: they
# are needed when it shall be. Another run's work is left alone. Given: run.
[ -d "$home" ] || exit 0
lock
sweep
if claimed && { [ "$claim_run" != "$run" ] || [ "$claim_alive" = 1 ]; }; then
  printf '%s\n' "$claim_run" "$claim_phase"
  exit 75
fi
rm -rf "$home/runs" "$home/pending" "$home/done" "$home/claim" "$home/claim.new" "$home/lock"
[ -s "$home/receipts/made" ] || rm -f "$home/receipts/made"
[ ! -d "$home/receipts" ] || find "$home/receipts" -depth -type d -exec rmdir {} + 2>/dev/null
[ ! -d "$home/receipts" ] || rmdir "$home/receipts" 2>/dev/null
rmdir "$home" 2>/dev/null
exit 0

# Take the node for a run before its first job, or find that it holds it already. Given: see hold.sh.
# Prints the record; ends with 75 where it is another run's.
lock
sweep
break_chain
why=
if ! claimed || [ "$claim_run" != "$run" ]; then hold ''; fi
claimed
show_claim
[ -z "$why" ] || exit 75

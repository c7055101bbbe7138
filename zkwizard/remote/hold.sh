# Taking the node. Given: run, cluster, operator, take_over.
hold() { # phase: take the node for the run; where another run holds it, `why` says how
  why='' since='' same=''
  if claimed; then
    if [ "$claim_run" = "$run" ]; then
      since=$claim_since
      [ "$claim_cluster $claim_operator" != "$cluster $operator" ] || same=yes
    elif [ "$claim_alive" = 1 ]; then
      why=working
    elif [ -z "$take_over" ]; then
      why=idle
    fi
    [ -z "$why" ] || return 0
  fi
  { printf '%s\n' "$1" >"$home/runs/phase"; } 2>/dev/null # for people: which one was the last
  [ -z "$same" ] || return 0
  [ -n "$since" ] || since=$(date +%s)
  record=$(printf '%s\n' "$run" "$1" "$since" "$cluster" "$operator")
  # a shell's own printf says "I/O error" where dd says that the disk is full
  { printf '%s\n' "$record" >"$home/claim.new"; } 2>/dev/null ||
    printf '%s\n' "$record" | dd of="$home/claim.new" status=none || exit 1
  mv "$home/claim.new" "$home/claim" || exit 1
}

# Taking the node. Given: run, cluster, operator, take_over.
hold() { # phase: take the node for the run; where another run holds it, `why` says how
  why='' since=''
  if claimed; then
    if [ "$claim_run" = "$run" ]; then
      since=$claim_since
    elif [ "$claim_alive" = 1 ]; then
      why=working
    elif [ -z "$take_over" ]; then
      why=idle
    fi
    [ -z "$why" ] || return 0
  fi
  [ -n "$since" ] || since=$(date +%s)
  printf '%s\n' "$run" "$1" "$since" "$cluster" "$operator" >"$home/claim.new" &&
    mv "$home/claim.new" "$home/claim" || exit 1
}

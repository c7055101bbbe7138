# What every text that runs as root begins with. Given: nonce, home. POSIX sh: dash and busybox ash run it.
umask 077
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
export PATH LC_ALL

say() { # words: tell zkwizard, beside what is printed
  printf '\036%s %s\n' "$nonce" "$*" >&2
}

lock() { # one at a time on this node; a job that is being launched holds the lock until it can be recognised
  { [ -d "$home/runs" ] || mkdir -p "$home/runs"; } && exec 9>>"$home/lock" && flock 9 || exit 70
}

hear() { # the other side is there
  { read -r up _ </proc/uptime && printf '%s\n' "${up%.*}" >"$home/runs/heard"; } 2>/dev/null
}

break_chain() { # nothing that waits for the job at work may start after it
  [ ! -e "$home/runs/chain" ] || : >"$home/runs/chain"
}

alive() { # job folder: is it at work? By boot, pid and start time, as pids are used again
  [ -s "$1/pid" ] && read -r boot pid start job <"$1/pid" || return 1
  [ -n "${now-}" ] || read -r now </proc/sys/kernel/random/boot_id
  [ "$boot" = "$now" ] && { read -r stat <"/proc/$pid/stat"; } 2>/dev/null || return 1
  # shellcheck disable=SC2086
  set -- ${stat##*) }
  [ "$1" != Z ] && [ "${20}" = "$start" ]
}

carriers() { # job id: its processes, by what they carry in their environment, also in sessions of their own
  for entry in $(grep -slzxF "ZK_JOB=$1" /proc/[0-9]*/environ); do
    entry=${entry#/proc/}
    printf '%s ' "${entry%/environ}"
  done
}

working() { # run: which of its jobs is at work?
  for folder in "$home/runs/$1"/*; do
    if alive "$folder"; then return 0; fi
  done
  return 1
}

sweep() { # remove the secrets, and the room kept on the disk, that killed programs left
  for secrets in "$home"/runs/*/*/secrets; do
    [ ! -d "$secrets" ] || alive "${secrets%/secrets}" || rm -rf "$secrets" "${secrets%/secrets}/reserve"
  done
}

claimed() { # who holds this node?
  [ -s "$home/claim" ] || return 1
  {
    read -r claim_run
    read -r claim_phase
    read -r claim_since
    read -r claim_cluster
    read -r claim_operator
  } <"$home/claim"
  if [ -r "$home/runs/phase" ]; then read -r claim_phase <"$home/runs/phase"; fi
  claim_alive=0
  if working "$claim_run"; then claim_alive=1 claim_phase=${folder##*/}; fi
}

show_claim() { # the record in lines
  printf '%s\n' "$claim_run" "$claim_phase" "$claim_since" "$claim_cluster" "$claim_operator" "$claim_alive"
}

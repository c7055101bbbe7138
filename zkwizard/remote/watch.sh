# Before follow.sh, for a reader who changes nothing: find the job by its id, also where it was moved aside.
# Given: run, phase, id.
reader=yes found=
for dir in "$home/runs/$run/$phase" "$home/runs/$run/$phase".*; do
  { read -r _ _ _ job <"$dir/pid"; } 2>/dev/null || continue
  if [ "$job" = "$id" ]; then found=${dir##*/}; fi
done
if [ -z "$found" ]; then
  printf '\036%s over\n' "$nonce"
  say gone
  exit 0
fi
phase=$found

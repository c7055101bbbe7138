# Become root, then wait for one message: "<bytes>\n<script>". Runs as whoever logged in.
# Given: nonce. What a login shell printed before is told apart by the nonce in the answers.
PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C
export PATH LC_ALL
ready='printf "\036%s ready\n" "$1"; printf "\036%s ready\n" "$1" >&2
  IFS= read -r n && eval "$(dd bs="$n" count=1 iflag=fullblock 2>/dev/null)"'

me=
while read -r key _ value _; do
  [ "$key" != Uid: ] || me=$value
done </proc/self/status
if [ "${me:-$(id -u)}" = 0 ]; then
  set -- "$nonce"
  eval "$ready"
elif ! command -v sudo >/dev/null 2>&1; then
  printf '\036%s no-sudo\n' "$nonce"
elif printf '\036%s sudo\n' "$nonce" && said=$(sudo -n true 2>&1); then
  exec sudo -n sh -c "$ready" sh "$nonce"
elif [ "${said#*have a tty}" != "$said" ]; then
  printf '%s\n' "$said" >&2
else
  # Without a password rule sudo would not read the line, and the root shell would: hence the test above.
  printf '\036%s password\n' "$nonce"
  exec sudo -k -S -p '' sh -c "$ready" sh "$nonce"
fi

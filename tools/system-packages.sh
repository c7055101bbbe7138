#!/bin/sh
# Installs what the practice nodes and the tests call and this machine lacks, on Debian and Ubuntu.
# None of these packages starts a service. Without root it says what is missing.
set -eu
missing=
want() { # command package
  command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
PATH=$PATH:/usr/sbin:/sbin
want ping iputils-ping
want ip iproute2
want ss iproute2
want unshare util-linux
want iptables iptables
want openssl openssl
want ps procps
want cmp diffutils
want nft nftables
want systemd-nspawn systemd-container
want mmdebstrap mmdebstrap
want apt-ftparchive apt-utils
want gpg gnupg
want tinyproxy tinyproxy-bin
want setpriv util-linux
want ssh openssh-client
want tmux tmux
python3 -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "please install:$missing" >&2
  exit 1
fi
echo "installing$missing"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null

# Make this mount namespace a node of its own, then become its sshd (pid 1 of a pid namespace).
# Given: node (folder with etc/, home/, config), packages (unpacked Debian packages), sudo, busybox (yes or nothing).
set -eu
mount -t tmpfs -o mode=755 node "$node/mnt"
mkdir "$node/mnt/etc" "$node/mnt/etc.work" "$node/mnt/lib" "$node/mnt/lib.work"
cp -a "$node/etc/." "$node/mnt/etc/"
chown -R 0:0 "$node/mnt/etc"
chmod 600 "$node/mnt/etc/shadow"
chmod 440 "$node/mnt/etc/sudoers"
mount -t overlay etc -o "lowerdir=/etc,upperdir=$node/mnt/etc,workdir=$node/mnt/etc.work" /etc
mount -t overlay lib -o "lowerdir=/var/lib,upperdir=$node/mnt/lib,workdir=$node/mnt/lib.work" /var/lib
mount -t overlay usr -o "lowerdir=$packages/usr:/usr" /usr
[ -n "$sudo" ] || mount --bind /dev/null /usr/bin/sudo
for name in ${busybox:+dash head tail grep wc find setsid seq mktemp env cat tr cut}; do
  mount --bind /usr/bin/busybox "/usr/bin/$name"
done
mount -t tmpfs -o mode=755 run /run
mount -t tmpfs -o mode=755 home /home
mkdir -p /run/sshd
cp -a "$node/home/." /home/
while IFS=: read -r name _ id _; do
  [ ! -d "/home/$name" ] || chown -R "$id:$id" "/home/$name"
done </etc/passwd
mount -t tmpfs -o mode=700 root /root
cp -a /home/root/. /root/
exec /usr/sbin/sshd -D -e -f "$node/config"

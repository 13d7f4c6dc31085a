# What a container's first process is before it is systemd: mounts what a container has, and goes in.
# $1: the root. $2: "own" for a network of its own, else this system's.
set -eu
root=$1
if [ "$2" = own ]; then
    ip link set lo up
    ip link add eth0 type veth peer name far # a way out that leads to no one
    ip address add 192.0.2.2/24 dev eth0
    ip link set far up
    ip link set eth0 up
    ip route add default via 192.0.2.1
fi
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys" # this system's settings are not the box's
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sys "$root/sys"
mount -t cgroup2 cgroup "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 dev "$root/dev"
for each in null zero full random urandom tty; do
    touch "$root/dev/$each"
    mount --bind "/dev/$each" "$root/dev/$each"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 pts "$root/dev/pts"
mount -t tmpfs shm "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=755 run "$root/run"
hostname box
mkdir -p "$root/mnt/outside"
cd "$root"
pivot_root . mnt/outside
umount -l /mnt/outside
# No clock, module or device of this system is the box's to change.
exec setpriv --bounding-set -sys_module,-sys_time,-mknod --inh-caps -sys_module,-sys_time,-mknod \
    env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin /sbin/init --log-target=journal

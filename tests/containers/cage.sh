#!/bin/sh
# Starts Docker's daemon in mount and network namespaces of its own; nothing of the machine is changed.
#
#   cage.sh ROOT WORK
#
# ROOT is a file system with Docker in it, WORK has all data of the daemon, under the path that it has here. Run as
# `unshare --mount --net cage.sh ...`.
set -eu

root=$1
work=$2

mount --make-rprivate /
ip link set lo up
mount --bind "$root" "$root"
mkdir -p "$root$work"
mount --bind "$work" "$root$work"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mkdir -p "$root/.machine"
cd "$root"
pivot_root . .machine
cd /
umount -l /.machine
exec env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin dockerd --storage-driver overlay2 \
  --exec-opt native.cgroupdriver=cgroupfs --data-root "$work/data" --exec-root "$work/exec" \
  --pidfile "$work/dockerd.pid" --host "unix://$work/docker.sock"

"""A disk in a file, whose writes QEMU notes, and a box that starts from it as the image does.

QEMU's storage daemon serves the file over FUSE, and Linux mounts what is on it through a loop
device: each write and flush of Linux's ext4 comes to QEMU in its order, and into a log (writes.py).
What is written lies in a file of its own above the disk; the disk stays as it was for the next box.
"""

from __future__ import annotations

import contextlib
import random
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.hwlab.box import writes
from tests.hwlab.box.container import Box, until

MB = 1 << 20
FREE_MB, STATE_MB = 1024, 1024
"""FREE_MB: what the root keeps free, for an update beside the version that runs."""
# As the image's start mounts them; its own script does the rest. A loop device goes with its mount.
_MOUNT = """
first=$(losetup --find --show --sizelimit {root} {file})
state=$(losetup --find --show --offset {root} {file})
trap 'losetup --detach "$first" "$state"' EXIT
mount -t ext4 -o ro,noatime "$first" "$root"
mkdir -p /dev/disk && mount -t tmpfs disk /dev/disk && mkdir /dev/disk/by-partlabel
ln -s "$state" /dev/disk/by-partlabel/roomctl-state
rootmnt=$root sh "$root/etc/initramfs-tools/scripts/init-bottom/roomctl"
grep -q " $root/state ext4 " /proc/mounts
losetup --detach "$first" "$state"
trap - EXIT
"""


@dataclass(frozen=True)
class Disk:
    """A root file system of `root` bytes, then the state's, in a file or in layers of files."""

    file: Path
    root: int

    def on(self, file: Path) -> Disk:
        return Disk(file, self.root)


def made(layers: Sequence[Path], file: Path) -> Disk:
    """Make a disk with the files of layers (the topmost first) as its root, and an empty state."""
    root = file.with_suffix(".root")
    root.mkdir(parents=True)
    below = ":".join(map(str, layers))
    _run("mount", "-t", "overlay", "-o", f"ro,lowerdir={below}", "box", str(root))
    try:
        used_mb = int(_run("du", "-sxm", str(root)).split()[0])
        root_mb = used_mb * 11 // 10 + FREE_MB
        with file.open("wb") as disk:
            disk.truncate((root_mb + STATE_MB) * MB)
        plain = ["mkfs.ext4", "-q", "-F", "-m", "0", "-E"]
        _run(*plain, "offset=0", "-d", str(root), str(file), f"{root_mb}m")
        _run(*plain, f"offset={root_mb * MB}", str(file), f"{STATE_MB}m")
    finally:
        _run("umount", str(root))
    return Disk(file, root_mb * MB)


@contextlib.contextmanager
def served(
    disk: Disk, above: Path, around: Mapping[str, str], log: Path | None = None
) -> Iterator[Disk]:
    """Serve a disk; what is written goes into the file `above`, and in its order into `log`.

    `around` is the environment in which QEMU's programs run.
    """
    form = "qcow2" if disk.file.suffix == ".qcow2" else "raw"
    line = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(disk.file), "-F", form, str(above)]
    _run(*line, around=around)
    file = above.with_suffix(".disk")
    file.touch()
    nodes = [f"qcow2,node-name=disk,file.driver=file,file.filename={above}"]
    if log is not None:
        log.touch()
        noted = "blklogwrites,node-name=noted,file=disk,log.driver=file"
        nodes.append(f"{noted},log.filename={log}")
    name = "disk" if log is None else "noted"
    program = shutil.which("qemu-storage-daemon", path=around["PATH"])
    assert program is not None
    line = [program, *(word for node in nodes for word in ("--blockdev", node))]
    line += ["--export", f"fuse,id=disk,node-name={name},mountpoint={file},writable=on"]
    daemon = subprocess.Popen(line, env=dict(around), stdin=subprocess.DEVNULL)
    try:
        until(lambda: daemon.poll() is not None or file.stat().st_size > 0, "the disk", str)
        assert daemon.poll() is None, "QEMU's storage daemon has ended"
        yield disk.on(file)
        until(lambda: not _run("losetup", "--associated", str(file)), "its loop devices", str)
    finally:
        daemon.terminate()
        daemon.wait()
        file.unlink()


def cut(
    disk: Disk,
    above: Path,
    around: Mapping[str, str],
    log: Path,
    done: Sequence[writes.Write],
    chance: random.Random,
) -> Disk:
    """Return the disk as a cut after the writes `done` leaves it, in a file above it."""
    with served(disk, above, around) as now:
        writes.cut(log, done, now.file, 0, chance)
    return disk.on(above)


class DiskBox(Box):
    """A box that starts from a disk: its root read-only, its state over /etc, /var and /home."""

    def __init__(self, disk: Disk, folder: Path) -> None:
        super().__init__([], folder)
        self._disk = disk

    def _mounts(self) -> str:
        return _MOUNT.format(root=self._disk.root, file=shlex.quote(str(self._disk.file)))


def _run(*line: str, around: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(line, env=around, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(line)}\n{done.stdout}{done.stderr}"
    return done.stdout

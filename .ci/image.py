"""Makes the image: a disk of Debian 13 with the package on it, to be written to a box's own disk.

    image.py                 build/image/roomctl_VERSION_ARCH.img for this machine
    image.py --arch arm64    for another, whose programs are run by binfmt_misc (qemu-user-static)
    image.py --deb FILE      of this package; else it is made first

Needs root, Debian's mirror, and of Debian's packages: mmdebstrap fdisk dosfstools mtools e2fsprogs.
No loop device: each file system is written into its place in the file. deploy/image/root is laid
over Debian's files. How the box starts from it: docs/install.md; why so: docs/design.md.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import runpy
import shutil
import subprocess
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
OURS = TREE / "deploy" / "image"
TO = TREE / "build" / "image"
DEBIAN = "trixie"
COMPONENTS = "main,non-free-firmware"
PACKAGES = (
    *("systemd-sysv", "systemd-repart", "systemd-resolved", "systemd-timesyncd", "libbpf1"),
    *("dbus", "kmod", "initramfs-tools", "zstd", "e2fsprogs", "dosfstools", "wpasupplicant"),
    *("wireless-regdb", "openssh-server", "sudo", "ca-certificates", "iproute2", "procps", "less"),
    *("systemd-boot-efi", "firmware-iwlwifi", "firmware-realtek", "firmware-sof-signed"),
)
KERNEL = {"amd64": ("linux-image-amd64",), "arm64": ("linux-image-arm64", "raspi-firmware")}
LOADER = {"amd64": "x64", "arm64": "aa64"}
ROOT_TYPE = {
    "amd64": "4f68bce3-e8cd-4db1-96e7-fbcaf984b709",
    "arm64": "b921b045-1df0-41c3-af44-4c6f280d3fae",
}
"""Of a root partition, by the Discoverable Partitions Specification."""
MB = 1 << 20
BOOT_MB, STATE_MB, FREE_MB = 256, 512, 1024
"""FREE_MB: what the root keeps free, for an update beside the version that runs."""
COMMAND_LINE = "root=PARTLABEL=roomctl-root ro quiet net.ifnames=0 systemd.gpt_auto=no"
CONSOLES = "console=ttyS0,115200 console=tty0"
FINISH = """
useradd --create-home --shell /bin/bash --password '*' admin
mkdir -p /state /boot/firmware /var/log/journal
ln -sf /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
echo roomctl > /etc/hostname
printf '127.0.0.1 localhost\\n127.0.1.1 roomctl\\n' > /etc/hosts
chmod 440 /etc/sudoers.d/roomctl-image
chown -R root: /etc/sudoers.d
# The database of what the root has belongs to the root, and not to the state over it.
mv /var/lib/dpkg /usr/lib/dpkg-database && ln -s /usr/lib/dpkg-database /var/lib/dpkg
systemctl disable ssh wpa_supplicant
systemctl enable systemd-networkd systemd-resolved systemd-timesyncd roomctl-laid
systemctl mask systemd-networkd-wait-online
# The kernel that starts lies on the boot partition: another one comes with another image.
apt-mark hold $(dpkg-query -W -f '${Package} ${db:Status-Status}\\n' 'linux-image-*' |
    sed -n 's/ installed$//p') >&2
update-initramfs -u >&2
# Each box makes its own.
rm -f /etc/ssh/ssh_host_* /var/lib/dbus/machine-id /var/lib/systemd/random-seed
: > /etc/machine-id
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*.log /var/log/apt
"""


def main(arguments: Sequence[str]) -> int:
    """Make the image; print its file."""
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    deb = runpy.run_path(str(TREE / ".ci" / "deb.py"))
    asked.add_argument("--arch", choices=sorted(KERNEL), default=deb["machine"]())
    asked.add_argument("--to", type=Path, default=TO)
    asked.add_argument("--deb", type=Path, help="the package; else it is made first")
    asked.add_argument("--mirror", help="of Debian; else deb.debian.org")
    asked.add_argument("--keep", type=Path, default=TO / "debian", help="where Debian is kept")
    wanted = asked.parse_args(arguments)
    if os.geteuid() != 0:
        raise SystemExit("image: root alone makes a Debian; try: sudo make image")
    needs = ("mmdebstrap", "sfdisk", "mkfs.vfat", "mcopy", "mkfs.ext4")
    lacking = [one for one in needs if shutil.which(one) is None]
    if lacking:
        raise SystemExit(
            f"image: {', '.join(lacking)} not found; "
            "try: sudo apt install mmdebstrap fdisk dosfstools mtools e2fsprogs"
        )
    os.environ["SOURCE_DATE_EPOCH"] = deb["git"]("log", "-1", "--format=%ct").strip()
    package = wanted.deb or deb["build"](wanted.arch, deb["TO"], deb["TO"] / "wheels")
    print(build(package.resolve(), wanted.arch, wanted.to, wanted.keep, wanted.mirror))
    return 0


def build(package: Path, arch: str, to: Path, keep: Path, mirror: str | None) -> Path:
    """Make the image of a package; return its file."""
    version, depends = (
        run("dpkg-deb", "--field", str(package), name).strip() for name in ("Version", "Depends")
    )
    to.mkdir(parents=True, exist_ok=True)
    base, root = debian(arch, depends, keep, mirror), to / f"root-{arch}"
    shutil.rmtree(root, ignore_errors=True)
    run("cp", "-a", "--reflink=auto", str(base), str(root))
    shutil.copy(package, root / "roomctl.deb")
    inside(root, "dpkg --install /roomctl.deb >&2 && rm /roomctl.deb")
    for file in sorted((OURS / "root").rglob("*")):
        if file.is_file() and file.suffix != ".pyc":
            place = root / file.relative_to(OURS / "root")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
            place.chmod(0o755 if os.access(file, os.X_OK) else 0o644)
    inside(root, FINISH)
    image = pack(root, arch, sha256(package.read_bytes()), to / f"roomctl_{version}_{arch}.img")
    shutil.rmtree(root)
    return image


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def debian(arch: str, depends: str, keep: Path, mirror: str | None) -> Path:
    """Return the folder of a Debian with all that the package names; made once for each list."""
    names = re.sub(r"\([^)]*\)|\|[^,]*| ", "", depends).split(",")
    include = ",".join([*names, *PACKAGES, *KERNEL[arch]])
    recipe, folder = sha256(f"{include} {COMPONENTS}".encode()), keep / arch
    if (folder / "recipe").exists() and (folder / "recipe").read_text() == recipe:
        return folder / "root"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    line = ["unshare", "--mount", "mmdebstrap", "--mode=root", "--variant=minbase"]
    line += [f"--architectures={arch}", f"--components={COMPONENTS}", f"--include={include}"]
    line += ["--aptopt=APT::Install-Recommends false", DEBIAN, str(folder / "root")]
    run(*line, *([mirror] if mirror else []))
    (folder / "recipe").write_text(recipe)
    return folder / "root"


def inside(root: Path, script: str) -> None:
    """Run a shell script in the root, which has no network and starts no unit."""
    mounts = (
        'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount -t tmpfs run "$0/run"'
    )
    enter = f'{mounts} && exec chroot "$0" sh -ec "$1"'
    around = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
    around |= {"DEBIAN_FRONTEND": "noninteractive", "SOURCE_DATE_EPOCH": date()}
    line = ["unshare", "--mount", "--net", "--propagation=private", "sh", "-ec", enter]
    run("env", "-i", *(f"{key}={value}" for key, value in around.items()), *line, str(root), script)


def pack(root: Path, arch: str, seed: str, file: Path) -> Path:
    """Write the disk: boot partition (FAT), root and state (ext4), each where it belongs."""
    identity = [
        str(uuid.UUID(sha256(f"{seed} {name}".encode())[:32]))
        for name in ("disk", "boot", "root", "state")
    ]
    boot = root.with_name(f"boot-{arch}")
    shutil.rmtree(boot, ignore_errors=True)
    lay_boot(root, arch, boot)
    new = f"@{date()}"
    run("find", str(root), str(boot), "-newermt", new, "-exec", "touch", "-hd", new, "{}", "+")
    used_mb = int(run("du", "-sxm", str(root)).split()[0])
    sizes = (BOOT_MB, used_mb * 11 // 10 + FREE_MB, STATE_MB)
    starts = (1, 1 + sizes[0], 1 + sizes[0] + sizes[1])
    image = file.with_suffix(".new")
    image.unlink(missing_ok=True)
    with image.open("wb") as disk:
        disk.truncate((sum(sizes) + 2) * MB)
    types = ("uefi", ROOT_TYPE[arch], "linux")
    table = ["label: gpt", f"label-id: {identity[0]}"]
    for start, size, kind, name, one in zip(
        starts, sizes, types, ("boot", "root", "state"), identity[1:], strict=True
    ):
        table.append(
            f"start={start}MiB, size={size}MiB, type={kind}, name=roomctl-{name}, uuid={one}"
        )
    run("sfdisk", "--quiet", str(image), stdin="\n".join([*table, ""]))
    fat = ["mkfs.vfat", "-F", "32", "-s", "2", "-n", "ROOMCTL", "--invariant", "-i", seed[:8]]
    run(*fat, "--offset", str(starts[0] * MB // 512), str(image), str(sizes[0] * 1024))
    parts = sorted(map(str, boot.iterdir()))
    run("mcopy", "-s", "-m", "-i", f"{image}@@{starts[0] * MB}", *parts, "::")
    empty = root.with_name(f"state-{arch}")
    empty.mkdir(exist_ok=True)
    os.utime(empty, (int(date()), int(date())))
    for place, start, size, one in (
        (root, starts[1], sizes[1], identity[2]),
        (empty, starts[2], sizes[2], identity[3]),
    ):
        extended = f"offset={start * MB},hash_seed={one},lazy_itable_init=1"
        line = ["mkfs.ext4", "-q", "-F", "-m", "0", "-U", one, "-E", extended, "-d", str(place)]
        run(*line, str(image), f"{size * 1024}k")
    shutil.rmtree(boot)
    empty.rmdir()
    image.replace(file)
    return file


def lay_boot(root: Path, arch: str, boot: Path) -> None:
    """Lay what firmware reads into a folder: a PC's by UEFI, a Raspberry Pi's by its own files."""
    (boot / "EFI/BOOT").mkdir(parents=True)
    (boot / "loader/entries").mkdir(parents=True)
    (kernel,), (first,) = (
        list((root / "boot").glob(f"{name}-*")) for name in ("vmlinuz", "initrd.img")
    )
    shutil.copy(kernel, boot / "vmlinuz")
    shutil.copy(first, boot / "initrd.img")
    loader = f"systemd-boot{LOADER[arch]}.efi"
    shutil.copy(
        root / "usr/lib/systemd/boot/efi" / loader,
        boot / f"EFI/BOOT/BOOT{LOADER[arch].upper()}.EFI",
    )
    (boot / "loader/loader.conf").write_text("timeout 0\neditor no\n")
    entry = [
        "title roomctl",
        "linux /vmlinuz",
        "initrd /initrd.img",
        f"options {COMMAND_LINE} {CONSOLES}",
        "",
    ]
    (boot / "loader/entries/roomctl.conf").write_text("\n".join(entry))
    firmware = root / "usr/lib/raspi-firmware"
    if firmware.is_dir():
        shutil.copytree(firmware, boot, dirs_exist_ok=True)
        for tree in sorted((root / "usr/lib").glob("linux-image-*/broadcom/bcm27*.dtb")):
            shutil.copy(tree, boot)
        (boot / "config.txt").write_text(
            "arm_64bit=1\nkernel=vmlinuz\ninitramfs initrd.img followkernel\n"
        )
        (boot / "cmdline.txt").write_text(f"{COMMAND_LINE} console=tty1\n")


def date() -> str:
    """Return the date of everything in the image, in seconds: the commit's."""
    return os.environ["SOURCE_DATE_EPOCH"]


def run(*line: str, stdin: str = "") -> str:
    """Run a program; what it printed. SystemExit with its words if it fails."""
    done = subprocess.run(line, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"image: {line[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A blank Debian in a folder, by debootstrap, with the packages that the documents name.

Built once for each release and kept in the virtual environment. apt's lists and packages of this
system are used; nothing of the system is changed. Needs root.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.hwlab.box import documented
from tests.hwlab.lab import kernel
from tests.hwlab.lab.packages import Packages, Unavailable

FOLDER = Path(sys.prefix) / "box"
RELEASES = {"12": "bookworm", "13": "trixie"}
USER = "admin"
"""Who types the documents' commands: an ordinary user who may use sudo."""
BLANK = (
    *("systemd-sysv", "dbus", "libpam-systemd", "udev", "kmod", "sudo", "ca-certificates"),
    *("iproute2", "procps", "systemd-timesyncd"),
)
"""What an installed Debian has of itself, beyond what debootstrap takes as the least."""
EXTRA = ("libbpf1", "pulseaudio-utils")
"""What the lab adds: systemd needs the one for DeviceAllow=, tests look at sound by the other."""
LIMIT_S = 1800
_HERE = Path(__file__).resolve()


def root(release: str, say: Callable[[str], None]) -> Path:
    """Return the folder of Debian `release` ("12", "13"); built first if need be.

    Raises Unavailable if it cannot be had on this system.
    """
    if os.geteuid() != 0:
        raise Unavailable("a Debian root is made by root alone")
    apt = [line for line in documented.installation(release) if documented.is_apt(line)]
    folder = FOLDER / release
    made, recipe = folder / "root", _recipe(apt)
    kept = folder / "recipe"
    if not kept.exists() or kept.read_text(encoding="ascii") != recipe:
        say(f"box: making Debian {release}, once")
        try:
            _build(RELEASES[release], folder, apt)
        except Unavailable as error:
            say(f"box: once more, for {error}")  # an archive may not answer
            _build(RELEASES[release], folder, apt)
        kept.write_text(recipe, encoding="ascii")
    return made


def _build(codename: str, folder: Path, apt: Sequence[str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    made, scratch = folder / "root", folder / "scratch"
    packages = Packages(scratch / "apt")
    packages.unpack(packages.missing(["debootstrap"]), scratch / "tools")
    around = kernel.tools(scratch / "tools")
    unpacked = scratch / "tools" / "usr" / "share" / "debootstrap"
    if unpacked.is_dir():
        around["DEBOOTSTRAP_DIR"] = str(unpacked)
    archive, security = _archives()
    program = shutil.which("debootstrap", path=around["PATH"])
    if program is None:
        raise Unavailable("no debootstrap")
    _run(
        [
            program,
            "--variant=minbase",
            f"--include={','.join(BLANK)}",
            codename,
            str(made),
            archive,
        ],
        around,
    )
    lines = [f"deb {archive} {codename} main", f"deb {archive} {codename}-updates main"]
    lines += [f"deb {security} {codename}-security main"] if security else []
    (made / "etc/apt/sources.list").write_text("\n".join([*lines, ""]), encoding="utf-8")
    (made / "etc/apt/apt.conf.d/00lab").write_text(_apt_settings(), encoding="utf-8")
    _adopt_network(made)
    (made / "etc/hostname").write_text("box\n", encoding="ascii")
    (made / "etc/hosts").write_text("127.0.0.1 localhost\n127.0.1.1 box\n", encoding="ascii")
    inside(made, f"useradd --create-home --shell /bin/bash {USER}")
    (made / "etc/sudoers.d").mkdir(exist_ok=True)
    (made / "etc/sudoers.d/lab").write_text(f"{USER} ALL=(ALL) NOPASSWD: ALL\n", encoding="ascii")
    inside(made, "apt-get update -qq")
    inside(made, f"apt-get install -qq --no-install-recommends {' '.join(EXTRA)}")
    for line in apt:
        inside(made, f"cd /home/{USER} && runuser -u {USER} -- sh -c {shlex.quote(line)}")
    inside(made, "apt-get clean")
    shutil.rmtree(scratch)


def _archives() -> tuple[str, str | None]:
    """Return the addresses of Debian's archive and its security updates, as apt here has them."""
    line = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    said = subprocess.run(line, capture_output=True, text=True, check=True).stdout.split()
    found = [one for one in said if one.startswith(("http:", "https:"))]
    plain = next((one for one in found if "security" not in one and "debian" in one), None)
    if plain is None:
        raise Unavailable("apt knows no archive of Debian here")
    return plain, next((one for one in found if "security" in one), None)


def _apt_settings() -> str:
    """Return how packages are fetched here, and that nobody is asked."""
    said = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    kept = [line for line in said.splitlines() if re.match(r"Acquire::[^:]+(::Proxy)? ", line)]
    return "\n".join([*kept, 'APT::Get::Assume-Yes "true";', 'Dpkg::Use-Pty "0";', ""])


def _adopt_network(made: Path) -> None:
    """Give the root this system's way to PyPI: its certificates, and pip's index."""
    settings = ["[global]"]
    bundle = Path("/etc/ssl/certs/ca-certificates.crt")
    if bundle.exists():
        shutil.copy(bundle, made / "etc/lab-certificates.crt")
        settings.append("cert = /etc/lab-certificates.crt")
    line = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    index = subprocess.run(line, capture_output=True, text=True, check=False).stdout.strip()
    settings += [f"index-url = {index}"] if index else []
    (made / "etc/pip.conf").write_text("\n".join([*settings, ""]), encoding="utf-8")


def inside(made: Path, command: str) -> str:
    """Run a shell command in the root, not booted, with this system's network."""
    script = (
        'mount --bind "$0" "$0" && mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev"'
        ' && cp --dereference /etc/resolv.conf "$0/etc/resolv.conf" && exec chroot "$0" sh -c "$1"'
    )
    line = ["unshare", "--mount", "--propagation=private", "sh", "-c", script, str(made), command]
    around = {"PATH": _PATH, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    return _run(line, around)


_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _run(line: Sequence[str], around: Mapping[str, str]) -> str:
    said = subprocess.run(
        line,
        env=dict(around),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    if said.returncode:
        raise Unavailable(f"{line[0]} failed:\n{said.stdout[-2000:]}{said.stderr[-2000:]}")
    return said.stdout


def _recipe(apt: Sequence[str]) -> str:
    """Return what changes when the root must be built anew."""
    return hashlib.sha256(_HERE.read_bytes() + "\n".join(apt).encode()).hexdigest()

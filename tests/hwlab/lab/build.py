"""The lab's parts, fetched and built once, then kept in a folder of the virtual environment.

Knows no test. What is kept is used as it is, without a network, until the lists below change.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

from tests.hwlab.lab import initramfs, kernel, machine
from tests.hwlab.lab.packages import Packages, Unavailable

HERE = Path(__file__).resolve().parent
TREE = HERE.parents[2]
TOOLS = (
    "qemu-system-x86",
    "qemu-utils",
    "busybox-static",
    "kmod",
    "udev",
    "libusb-1.0-0",
    "alsa-utils",
    "v4l-utils",
)
_FIRST_MODULES = ("9pnet_virtio", "9p", "overlay", "configfs")


def parts(folder: Path, say: Callable[[str], None]) -> machine.Parts:
    """Return what a machine is made of, building it in `folder` first if need be.

    Raises Unavailable if it cannot be had on this system.
    """
    if platform.machine() != "x86_64":
        raise Unavailable(f"the lab emulates a PC and is made on one, not on {platform.machine()}")
    recipe, ready = _recipe(), folder / "ready"
    if not ready.exists() or ready.read_text(encoding="ascii").split()[0] != recipe:
        shutil.rmtree(folder, ignore_errors=True)
        built = _build(folder, say)
        ready.write_text(f"{recipe} {built.release}", encoding="ascii")
    tools = folder / "tools"
    made = kernel.Kernel(folder / "kernel", ready.read_text(encoding="ascii").split()[1])
    environment = machine.environment(tools, kernel.tools(tools))
    return machine.Parts(made.image, folder / "initramfs", made.all_modules, tools, environment)


def _build(folder: Path, say: Callable[[str], None]) -> kernel.Kernel:
    scratch, tools = folder / "scratch", folder / "tools"
    scratch.mkdir(parents=True)
    packages = Packages(scratch / "apt")
    release = kernel.release(packages, "amd64")
    say(f"hwlab: fetching Linux {release} and an emulator for it, once")
    packages.unpack(packages.missing(TOOLS), tools)
    made = kernel.fetch(packages, release, folder / "kernel", scratch)
    kernel.index(made, kernel.tools(tools))
    _fetch_lgpio(tools)
    modules = list(made.needed_by(*_FIRST_MODULES))
    first = initramfs.archive((HERE / "init").read_bytes(), _busybox(tools), modules)
    (folder / "initramfs").write_bytes(first)
    shutil.rmtree(scratch)
    return made


def _busybox(tools: Path) -> bytes:
    unpacked = tools / "usr" / "bin" / "busybox"
    return (unpacked if unpacked.exists() else Path("/usr/bin/busybox")).read_bytes()


def _fetch_lgpio(tools: Path) -> None:
    """Install what the `gpio` extra names where only the guest looks; nothing on Python 3.13."""
    project = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [each for each in project["optional-dependencies"]["gpio"] if "lgpio" in each]
    target = tools / "opt" / "lgpio"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", f"--target={target}", *wanted]
    if subprocess.run(command, check=False).returncode:
        raise Unavailable("pip could not fetch lgpio")
    target.mkdir(parents=True, exist_ok=True)


def _recipe() -> str:
    """Return what changes when the parts must be built anew."""
    files = [HERE / name for name in ("build.py", "init", "initramfs.py", "kernel.py")]
    digest = hashlib.sha256(sys.version.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()

"""One virtual machine: started, watched, and its result. Knows no test and no package.

Pure software emulation with one virtual CPU. It needs no rights and is the same everywhere; with
two CPUs on a loaded host real-time sound was lost (11 of 20 recordings; with one, 0 of 32). Its
clock counts instructions, 4 ns each, which is about what an idle host can do: on a busy one the
machine takes longer and notices nothing, where it failed before (no turn for the kernel's timer,
presses of one device that came half a second apart).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.hwlab.lab.packages import Unavailable

START_LIMIT_S = 120  # it takes 4 on an idle machine
RUN_LIMIT_S = 1800  # it takes 240
_LOOK_S = 0.2
_KERNEL = "console=ttyS0 quiet loglevel=1 panic=-1 no_timer_check"


@dataclass(frozen=True)
class Parts:
    """What a machine is made of: folders and files of the host."""

    kernel: Path
    initramfs: Path
    modules: Path
    tools: Path
    environment: dict[str, str]
    root: Path = Path("/")
    layer: Path | None = None  # what lies over the root inside; None: the tools
    hardware: tuple[str, ...] = ()  # more of the emulator's words


@dataclass(frozen=True)
class Ended:
    """How it ended: the exit status of what ran inside, None if it died before it had one.

    `said` is what it printed.
    """

    started: bool
    status: int | None
    took_s: float
    first_test_s: float | None
    said: str


def run(parts: Parts, lab: Path, start: Path, files: Mapping[str, str]) -> Ended:
    """Run the script `start` in a machine.

    `lab` is made anew with `files` in it, and is the folder that both sides write.
    """
    empty(lab)
    console = lab / "console.log"
    for name, text in files.items():
        (lab / name).write_text(text, encoding="utf-8")
    began, at = time.monotonic(), time.time()
    with console.open("wb") as log:
        emulator = subprocess.Popen(
            _command(parts, lab, start),
            env=parts.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _watch(emulator, lab, began)
        finally:
            emulator.kill()
            emulator.wait()
    said, first = _text(lab / "status"), lab / "first-test"
    return Ended(
        (lab / "started").exists(),
        int(said) if said else None,
        time.monotonic() - began,
        first.stat().st_mtime - at if first.exists() else None,
        console.read_text(encoding="utf-8", errors="replace").strip(),
    )


def empty(folder: Path) -> None:
    """Make `folder`, or have nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _text(file: Path) -> str:
    return file.read_text(encoding="ascii").strip() if file.exists() else ""


def _watch(emulator: subprocess.Popen[bytes], lab: Path, began: float) -> None:
    while emulator.poll() is None:
        passed = time.monotonic() - began
        limit = RUN_LIMIT_S if (lab / "started").exists() else START_LIMIT_S
        if passed > limit:
            return
        time.sleep(_LOOK_S)


def _command(parts: Parts, lab: Path, start: Path) -> list[str]:
    program = shutil.which("qemu-system-x86_64", path=parts.environment["PATH"])
    if program is None:
        raise Unavailable("no qemu-system-x86_64 was found among what was unpacked")
    firmware = [path for name in ("qemu", "seabios") for path in _shared(parts.tools, name)]
    shares = {
        "host": parts.root,
        "tools": parts.layer or parts.tools,
        "modules": parts.modules,
        "lab": lab,
    }
    return [
        program,
        *(part for folder in firmware for part in ("-L", str(folder))),
        *("-accel", "tcg,thread=single", "-icount", "shift=2,sleep=on,align=off"),
        *("-cpu", "max", "-smp", "1", "-m", "2048", "-rtc", "clock=vm"),
        *("-nodefaults", "-display", "none", "-nic", "none", "-no-reboot", "-serial", "stdio"),
        *("-kernel", str(parts.kernel), "-initrd", str(parts.initramfs)),
        *("-append", f"{_KERNEL} lab.start={start}"),
        *parts.hardware,
        *(part for tag, path in shares.items() for part in _share(tag, path)),
    ]


def _share(tag: str, path: Path) -> list[str]:
    readonly = "" if tag == "lab" else ",readonly=on"
    local = f"local,id={tag},path={path},security_model=none,multidevs=remap{readonly}"
    return ["-fsdev", local, "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]


def _shared(tools: Path, name: str) -> list[Path]:
    folder = tools / "usr" / "share" / name
    return [folder] if folder.is_dir() else []


def environment(tools: Path, base: dict[str, str]) -> dict[str, str]:
    """Return `base` with the place of the emulator's own modules, if it was unpacked."""
    found = sorted((tools / "usr" / "lib").glob("*/qemu"))
    return {**base, **({"QEMU_MODULE_DIR": os.fspath(found[0])} if found else {})}

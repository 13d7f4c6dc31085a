"""A box that starts from a disk, under a real firmware: QEMU with UEFI. Knows no room.

What is done in it is done over its network, by SSH and https, as from a desk. Its clock counts
instructions, so that nothing in it is late because this machine is busy; see lab/machine.py.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.hwlab.box.container import Ran, until

BOOT_S = 1800  # ends a hang; an emulated start takes two minutes
_SSH = (
    *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
    *("-o", "LogLevel=ERROR", "-o", "BatchMode=yes", "-o", "ConnectTimeout=60"),
)
FIRST = 1 << 20  # where the boot partition begins


class Machine:
    """A PC with one disk, a display, and a network whose ports are opened to this machine alone."""

    def __init__(self, disk: Path, firmware: Path, around: Mapping[str, str]) -> None:
        """`firmware`: the folder of OVMF; `around`: the environment in which QEMU runs."""
        self.disk, self._firmware, self._around = disk, firmware, dict(around)
        self.console = disk.with_suffix(".console")
        self._variables = disk.with_suffix(".variables")
        self._process: subprocess.Popen[bytes] | None = None
        self._key = disk.with_suffix(".key")
        self.ports = (0, 0)
        self.log: Path | None = None  # where QEMU notes what it writes; see writes.py
        if not self._key.exists():
            line = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self._key)]
            subprocess.run(line, check=True)

    @property
    def public_key(self) -> str:
        return self._key.with_suffix(".key.pub").read_text(encoding="ascii")

    def lay(self, files: Mapping[str, bytes]) -> None:
        """Copy files to the boot partition, as a PC does that the disk was plugged into."""
        scratch = self.disk.with_suffix(".lay")
        for name, data in files.items():
            scratch.write_bytes(data)
            self._mtools("mcopy", "-o", str(scratch), f"::{name}")

    def laid(self, name: str) -> bytes | None:
        """Return a file of the boot partition."""
        ran = self._mtools("mtype", f"::{name}", check=False)
        return ran.stdout if ran.returncode == 0 else None

    def _mtools(
        self, program: str, *words: str, check: bool = True
    ) -> subprocess.CompletedProcess[bytes]:
        line = [program, "-i", f"{self.disk}@@{FIRST}", *words]
        around = {**self._around, "MTOOLS_SKIP_CHECK": "1"}
        return subprocess.run(line, env=around, capture_output=True, check=check)

    def start(self, clock: str = "utc") -> None:
        """Switch it on; `clock`: what the battery's clock says, such as 1970-01-01T00:00:00."""
        if not self._variables.exists():
            shutil.copy(self._firmware / "OVMF_VARS_4M.fd", self._variables)
        self.ports = (free(), free())
        forward = ",".join(
            f"hostfwd=tcp:127.0.0.1:{near}-:{far}"
            for near, far in zip(self.ports, (22, 8080), strict=True)
        )
        program = shutil.which("qemu-system-x86_64", path=self._around["PATH"])
        assert program is not None
        tools = Path(program).parents[1] / "share"
        places = [word for name in ("qemu", "seabios") for word in ("-L", str(tools / name))]
        code = f"if=pflash,format=raw,readonly=on,file={self._firmware}/OVMF_CODE_4M.fd"
        line = [
            *(program, *places, "-machine", "q35", "-cpu", "max", "-smp", "1", "-m", "2048"),
            *("-accel", "tcg,thread=single", "-icount", "shift=2,sleep=on,align=off"),
            *("-nodefaults", "-display", "none", "-device", "VGA"),
            *("-rtc", f"base={clock},clock=vm"),
            *("-serial", f"file:{self.console}", "-device", "virtio-rng-pci"),
            *("-nic", f"user,model=virtio-net-pci,{forward}"),
            *("-drive", code, "-drive", f"if=pflash,format=raw,file={self._variables}"),
            *("-blockdev", f"raw,node-name=disk,file.driver=file,file.filename={self.disk}"),
            *self._logged(),
            *("-device", f"virtio-blk-pci,drive={'logged' if self.log else 'disk'}"),
        ]
        self._process = subprocess.Popen(line, env=self._around, stdin=subprocess.DEVNULL)

    def _logged(self) -> list[str]:
        if self.log is None:
            return []
        self.log.touch()
        form = "blklogwrites,node-name=logged,file=disk,log.driver=file"
        return ["-blockdev", f"{form},log.filename={self.log}"]

    def cut(self) -> None:
        """Take its power away: nothing in it is asked, or told."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def run(self, command: str, limit_s: float = 900) -> Ran:
        """Run a command as the box's admin, over SSH; -1: nobody lets us in."""
        line = ["ssh", *_SSH, "-i", str(self._key), "-p", str(self.ports[0]), "admin@127.0.0.1"]
        try:
            done = subprocess.run(
                [*line, command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Ran(-1, "")
        return Ran(-1 if done.returncode == 255 else done.returncode, done.stdout)

    def do(self, command: str, limit_s: float = 900) -> str:
        ran = self.run(command, limit_s)
        assert ran.status == 0, f"{command}: {ran.status}\n{ran.said}\n{self.told()}"
        return ran.said

    def until_up(self) -> None:
        """Wait until it lets its admin in."""
        until(lambda: self.run("true", 120).status == 0, "SSH", self.told, BOOT_S)

    def until_said(self, words: str) -> None:
        """Wait for words on the serial line."""
        until(lambda: words in self.told(), words, self.told, BOOT_S)

    def told(self) -> str:
        if not self.console.exists():
            return ""
        return self.console.read_text(encoding="utf-8", errors="replace")[-6000:]


def free() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def copied(image: Path, disk: Path, size: int) -> Path:
    """Write an image to a disk of `size` bytes."""
    disk.parent.mkdir(parents=True, exist_ok=True)
    line: Sequence[str] = ["cp", "--reflink=auto", "--sparse=always", str(image), str(disk)]
    subprocess.run(line, check=True)
    os.truncate(disk, size)
    return disk

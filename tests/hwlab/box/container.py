"""A box in namespaces of its own, with systemd as its first process. Knows no room.

What it writes goes into a layer above the root that it is given, so that roots are shared and a
reboot finds what was written.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.hwlab.box.debian import USER, Unavailable

LIMIT_S = 120  # ends a hang; a start takes two seconds
_BOOT = Path(__file__).with_name("boot.sh")
_SPACES = ("--pid", "--mount", "--ipc", "--uts", "--fork", "--kill-child")
# Its own control group is the root of what it sees: two boxes share no slice.
_ENTER = """
mount -t cgroup2 cgroup "$2/groups" && mkdir "$2/groups/$4" && echo 0 > "$2/groups/$4/cgroup.procs"
umount "$2/groups" && export root="$2/root" && eval "$1"
exec unshare --cgroup sh -e "$0" "$2/root" "$3"
"""
_LEAVE = """
mount -t cgroup2 cgroup "$1/groups" && find "$1/groups/$2" -depth -type d -exec rmdir {} +
"""
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


_numbers = itertools.count(1)


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    status: int
    said: str


class Box:
    """A Debian that boots from `layers` (the topmost first) and writes into `folder`."""

    def __init__(self, layers: Sequence[Path], folder: Path, *, network: str = "own") -> None:
        """`network`: "own" leads nowhere, "outside" is this system's."""
        self._layers, self._folder, self._network = layers, folder, network
        self.release = layers[-1].parent.name if layers else "13"  # or "12"
        self._process: subprocess.Popen[bytes] | None = None
        self._group = f"roomctl-box-{os.getpid()}-{next(_numbers)}"
        self.written = folder / "written"

    def start(self) -> None:
        """Boot, and wait until systemd says that it has done all that it starts by itself."""
        for name in ("written", "work", "root", "groups"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        own = ("--net",) if self._network == "own" else ()
        line = ["unshare", *_SPACES, *own, "--propagation=private", "sh", "-ec", _ENTER]
        line += [str(_BOOT), self._mounts(), str(self._folder), self._network, self._group]
        with (self._folder / "boot.log").open("ab") as log:
            self._process = subprocess.Popen(
                line, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        until(self._is_up, f"systemd in {self._folder}", self._told)
        if self._network != "own":
            self.run("cat > /etc/resolv.conf", stdin=Path("/etc/resolv.conf").read_text())

    def _mounts(self) -> str:
        """Return the shell commands that mount the box's root at "$root"."""
        below = ":".join(map(str, self._layers))
        options = f"lowerdir={below},upperdir={self.written},workdir={self._folder}/work"
        return f'mount -t overlay -o {shlex.quote(options)} box "$root"'

    def _is_up(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise Unavailable(f"the box did not start: {self._told()}")
        said = self.run("systemctl is-system-running --wait").said.split()
        return bool(said) and said[-1] in {"running", "degraded"}

    def _told(self) -> str:
        return (self._folder / "boot.log").read_text(errors="replace")[-2000:]

    @property
    def first(self) -> int | None:
        """The number, outside, of the box's first process."""
        process = self._process
        if process is None:
            return None
        with contextlib.suppress(OSError):
            found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            return int(found[0]) if found else None
        return None

    @property
    def files(self) -> Path:
        """The box's root, as the box sees it; what is beneath its layers may not be touched."""
        return Path(f"/proc/{self.first}/root")

    def run(
        self, command: str, *, user: str = "root", stdin: str = "", limit_s: float = 600
    ) -> Ran:
        """Run a shell command in the box, as a user with a home."""
        if self.first is None:
            return Ran(-1, "")
        said = subprocess.run(
            self.line(command, user),
            input=stdin,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit_s,
            check=False,
        )
        return Ran(said.returncode, said.stdout)

    def line(self, command: str, user: str = "root") -> list[str]:
        """Return the words, for this system, that run a shell command in the box."""
        home = "/root" if user == "root" else f"/home/{user}"
        line = ["nsenter", f"--target={self.first}", "--all", "--root", "--wd"]
        line += ["env", "-i", f"PATH={_PATH}", f"HOME={home}", f"USER={user}", "LANG=C.UTF-8"]
        if user != "root":  # without a session of PAM: the journal is the room's
            line += ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]
        return [*line, "sh", "-c", f"cd {home} && {command}"]

    def do(self, command: str, *, user: str = USER, limit_s: float = 600) -> str:
        """Run a command that must succeed, as the person at the box; return what it printed."""
        ran = self.run(command, user=user, limit_s=limit_s)
        assert ran.status == 0, f"{command}: exit status {ran.status}\n{ran.said}"
        return ran.said

    def reboot(self) -> None:
        """Have the box reboot as it does by itself, and wait until it is up again."""
        assert self._process is not None
        self.run("systemctl reboot")
        self._process.wait(LIMIT_S)
        self._leave()
        self.start()

    def cut(self) -> None:
        """Have everything in the box end at once, and switch it on again; no write is lost."""
        self.kill()
        self.start()

    def kill(self) -> None:
        """Have everything in the box end at once."""
        if self._process is None:
            return
        if (first := self.first) is not None:
            os.kill(first, signal.SIGKILL)
        self._process.wait(LIMIT_S)
        self._process = None
        self._leave()

    def stop(self) -> None:
        """Shut down; kill what does not."""
        if self._process is None:
            return
        if (first := self.first) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(first, signal.SIGRTMIN + 4)  # systemd(1): poweroff
        try:
            self._process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self._leave()

    def _leave(self) -> None:
        line = ["unshare", "--mount", "--propagation=private", "sh", "-c", _LEAVE, "sh"]
        subprocess.run([*line, str(self._folder), self._group], check=False)

    def remove(self) -> None:
        """Forget what the box wrote."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextlib.contextmanager
def booted(
    layers: Sequence[Path], folder: Path, *, network: str = "own", keep: bool = False
) -> Iterator[Box]:
    """Run a box for as long as the block lasts."""
    box = Box(layers, folder, network=network)
    try:
        box.start()
        yield box
    finally:
        box.stop() if keep else box.remove()


def until(
    fact: Callable[[], bool], words: str, why: Callable[[], str], limit_s: float = LIMIT_S
) -> None:
    """Wait for something of the box; AssertionError with `why` if it does not come."""
    ending = time.monotonic() + limit_s
    while not fact():
        assert time.monotonic() < ending, f"waited {limit_s:.0f} s for {words}: {why()}"
        time.sleep(0.2)

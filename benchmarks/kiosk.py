"""A browser on a display that nobody sees, started by roomctl or bare, and what it holds.

Stands on the tests' own rig: labwc without a screen, the process behind `roomctl screen`, `serve`.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.calls.served import Served
from tests.kiosk.agency import UID, USER, Agency
from tests.kiosk.compositor import Compositor

CHROMIUM = "/usr/bin/chromium"
FILES = Path("/usr/lib/chromium")
ROOM = """
[room]
display_name = "Bench"
[screen]
url = "unix:{socket}"
waiting_browser = "{waiting}"
[meeting]
platforms = "{platforms}"
{usual}
[meeting.hosts]
{hosts}
"""


@contextlib.contextmanager
def room(
    platforms: dict[str, str], hosts: dict[str, str], waits_for: tuple[str, str] | None = None
) -> Iterator[tuple[Served, Path]]:
    """Run a room with these platform files and hosts, and its kiosk; also the kiosk's folder.

    `waits_for`: a browser waits for that platform's meetings, such as the one at that link.
    """
    with contextlib.ExitStack() as done:
        folder = Path(done.enter_context(tempfile.TemporaryDirectory(prefix="roomctl-bench-")))
        own = folder / "platforms"
        own.mkdir()
        for key, text in platforms.items():
            (own / f"{key}.toml").write_text(text, encoding="utf-8")
        display, agency = Compositor(1), Agency()
        done.callback(display.close)
        done.callback(agency.close)
        agency.start(mode="kiosk", surroundings=display.environment)
        named = "\n".join(f'{key} = ["{host}"]' for key, host in hosts.items())
        waiting, usual = "off", ""
        if waits_for is not None:
            key, link = waits_for
            waiting, usual = "on", f'platform = "{key}"\n[meeting.new.{key}]\nroom_link = "{link}"'
        words = {"platforms": own, "hosts": named, "waiting": waiting, "usual": usual}
        served = Served(folder, ROOM.format(socket=agency.socket, **words)).start()
        done.callback(served.close)
        served.has_screen()
        yield served, display.place


@contextlib.contextmanager
def bare(url: str, display: Compositor, *flags: str) -> Iterator[tuple[int, Path]]:
    """Run `chromium --kiosk URL` with a fresh profile; the pid of its first process, and that."""
    with tempfile.TemporaryDirectory(prefix="bare-", dir="/dev/shm") as profile:
        os.chown(profile, UID, -1)
        line = [CHROMIUM, "--kiosk", "--ozone-platform=wayland", f"--user-data-dir={profile}"]
        around = {**display.environment, "HOME": profile}
        user = {"user": UID, "group": pwd.getpwnam(USER).pw_gid, "extra_groups": []} if USER else {}
        process = subprocess.Popen(
            [*line, "--no-first-run", *flags, url],
            env=around,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **user,
        )
        try:
            yield process.pid, Path(profile)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            _until_gone(process.pid)


def forget() -> None:
    """Have the kernel forget Chromium's files, but what another program holds just now."""
    os.sync()
    for path in FILES.rglob("*"):
        if path.is_file() and not path.is_symlink():
            handle = os.open(path, os.O_RDONLY)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)


def pss_mb(leader: int) -> tuple[float, int]:
    """Return what the processes of a session hold together (PSS, MB of 1024 kB), and how many.

    Raises LookupError if there is none: then nothing was measured.
    """
    held, count = 0.0, 0
    for pid in _members(leader):
        with contextlib.suppress(OSError):
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            held += next(int(row.split()[1]) for row in rollup.splitlines() if row[:4] == "Pss:")
            count += 1
    if not count:
        raise LookupError(f"session {leader} has ended")
    return held / 1024, count


def cpu_s(leader: int) -> float:
    """Return how long the threads of a session have run so far."""
    total = 0
    for pid in _members(leader):
        for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError):
                total += int(thread.read_text().split()[0])
    return total / 1e9


def began(leader: int) -> float:
    """Return when a process began, to 10 ms (monotonic seconds)."""
    ticks = int(Path(f"/proc/{leader}/stat").read_text().rpartition(")")[2].split()[19])
    up_s = time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic() - up_s + ticks / os.sysconf("SC_CLK_TCK")


def profile_of(leader: int) -> Path:
    """Return the profile of a session's browser."""
    for pid in _members(leader):
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            for word in words:
                if word.startswith(b"--user-data-dir="):
                    return Path(os.fsdecode(word.partition(b"=")[2]))
    raise LookupError(f"session {leader} has no browser")


def locked(profile: Path) -> float:
    """Return when a browser took a profile for its own (monotonic seconds)."""
    return time.monotonic() - time.time() + (profile / "SingletonLock").lstat().st_mtime


def meeting_in(place: Path, *windows: str) -> int:
    """Return the first process of the browser whose window has one of these names."""
    named = [f"={window}\0".encode() for window in windows]
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
            ours = f"--user-data-dir={place}/".encode() in words
            if ours and any(window in words for window in named):
                return os.getsid(int(entry.name))
    raise LookupError("no meeting is shown")


def _members(leader: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and os.getsid(int(entry.name)) == leader:
                found.append(int(entry.name))
    return found


def _until_gone(leader: int) -> None:
    end = time.monotonic() + 5
    while _members(leader) and time.monotonic() < end:
        time.sleep(0.02)

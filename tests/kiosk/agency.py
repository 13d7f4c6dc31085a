"""The real process behind `roomctl screen`, and a daemon's end of its socket, for tests."""

import asyncio
import contextlib
import itertools
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import deque
from pathlib import Path

from roomctl.screen.protocol import (
    PAGE_OVER,
    AskAll,
    DisplayState,
    MeetingPage,
    MessageReader,
    PicturePart,
    TouchResult,
    encode,
)

USER = "nobody" if os.geteuid() == 0 else None
UID = pwd.getpwnam(USER).pw_uid if USER else os.getuid()

START_S = 60.0
LIMIT_S = 60.0  # a browser that starts while others do may take half a minute
_numbers = itertools.count(1)


class Agency:
    """One agent process in a folder that its user can write."""

    def __init__(self, user=USER):
        self.user = user
        self.uid = pwd.getpwnam(user).pw_uid if user else os.getuid()
        self.place = Path(tempfile.mkdtemp(prefix="roomctl-test-"))
        if user:
            os.chown(self.place, self.uid, -1)
        self.socket = self.place / "screen.sock"
        self.log = self.place / "log"
        self.process = None

    def start(
        self,
        *,
        user=None,
        allowed_uid=None,
        mode="headless",
        media="fake",
        sound=None,
        surroundings=None,
        policy=None,
        panel=False,
        readable=False,
        program="roomctl.kiosk",
        sound_alone=False,
        walled=False,
    ):
        """Start it; `sound` is the address of a sound server, None: there is none.

        `surroundings` are those of a compositor; without, there is no display. `policy` is a folder
        that stands at /etc/chromium for it, and for nobody else. `readable`: it starts Python
        itself, and has to be able to read it. `program` is the module that is run. `sound_alone`
        and `walled` are --sound and --walled.
        """
        options = {
            "socket": str(self.socket),
            "mode": mode,
            "media": media,
            "user": self.user if user is None else user or None,
        }
        options |= {"panel": panel, "sound": sound_alone, "walled": walled}
        words = json.dumps({**options, "allowed_uid": allowed_uid})
        environment = {
            **os.environ,
            "XDG_RUNTIME_DIR": str(self.place),
            "PULSE_SERVER": sound or f"unix:{self.place}/no-sound",
            "PULSE_COOKIE": str(self.place / "cookie"),
        }
        for display in ("DISPLAY", "WAYLAND_DISPLAY"):
            environment.pop(display, None)
        environment.update(surroundings or {})
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *_with(policy),
                    *(_reading() if readable else ()),
                    sys.executable,
                    "-W",
                    "error",
                    "-m",
                    program,
                    words,
                ],
                env=environment,
                stdin=subprocess.DEVNULL,
                stderr=log,
            )
        return self

    def end(self, number=signal.SIGTERM):
        """Signal the process; return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=LIMIT_S)

    def close(self):
        if self.process is not None:
            self.end(signal.SIGTERM)
        shutil.rmtree(self.place)

    def browser(self):
        """(pid, command line) of the browser that this agent started, or None."""
        for pid, words in commands(self.uid):
            if _parent(pid) == self.process.pid and "--headless=new" in words:
                return pid, words
        return None

    def processes(self):
        """The same for the browser and all its children, which share its session."""
        leader, _ = self.browser()
        return {pid: words for pid, words in commands(UID) if session(pid) == leader}

    @contextlib.asynccontextmanager
    async def daemon(self, last=DisplayState):
        """A connection that has asked for everything, as a daemon does, and heard the `last`."""
        async with asyncio.timeout(START_S):
            while True:
                with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                    reader, writer = await asyncio.open_unix_connection(self.socket)
                    break
                if self.process.poll() is not None:
                    raise AssertionError(self.log.read_text())
                await asyncio.sleep(0.02)
        daemon = Daemon(reader, writer)
        daemon.say(AskAll())
        try:
            await daemon.until(lambda message: isinstance(message, last))
            yield daemon
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


class Daemon:
    """What the daemon says and hears."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer
        self._lines = MessageReader()
        self._came = deque()
        self.heard = []

    def say(self, order):
        self._writer.write(encode(order))

    async def until(self, fact, limit_s=LIMIT_S):
        """Read until a message makes `fact` true; return it. What came with it is read next."""
        async with asyncio.timeout(limit_s):
            while True:
                while self._came:
                    message = self._came.popleft()
                    self.heard.append(message)
                    if fact(message):
                        return message
                data = await self._reader.read(65536)
                if not data:
                    raise EOFError
                self._came += self._lines.feed(data)

    async def page(self, fact, limit_s=LIMIT_S):
        def wanted(message):
            return isinstance(message, MeetingPage) and (
                fact(message) or message.phase in PAGE_OVER
            )

        return await self.until(wanted, limit_s)

    async def touch(self, kind, *what, limit_s=LIMIT_S):
        """Have the page touched, or looked at; return why not, or None."""
        order = kind(next(_numbers), *what)
        self.say(order)

        def answers(message):
            return isinstance(message, TouchResult | PicturePart) and message.number == order.number

        answer = await self.until(answers, limit_s)
        return answer.refusal if isinstance(answer, TouchResult) else None


def _with(policy):
    """Return what starts a program that has the folder `policy` at /etc/chromium (root alone)."""
    if policy is None:
        return []
    script = f'mount --bind {policy} /etc/chromium && exec "$0" "$@"'
    return ["unshare", "--mount", "sh", "-c", script]


def _reading():
    """Return what starts a program for whose user this Python can be read, wherever it stands."""
    base = Path(sys.base_prefix)
    if USER is None or all(path.stat().st_mode & 0o005 == 0o005 for path in (base, *base.parents)):
        return []
    top = Path("/", base.parts[1])
    script = (
        f"mount --bind {base} /mnt && mount -t tmpfs -o mode=755 tmpfs {top} && mkdir -p {base}"
        f' && mount --bind /mnt {base} && exec "$0" "$@"'
    )
    return ["unshare", "--mount", "sh", "-c", script]


def commands(uid):
    """(pid, argv) of every living process of `uid`."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if entry.stat().st_uid == uid and words[0]:
                    yield int(entry.name), [os.fsdecode(word) for word in words]


def session(pid):
    with contextlib.suppress(OSError):
        return os.getsid(pid)
    return None


def descends(pid, ancestor):
    """Whether a process was started by another, or by one that it started."""
    while pid not in (None, 0, 1, ancestor):
        pid = _parent(pid)
    return pid == ancestor


def _parent(pid):
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return None

"""A program that this process starts and ends: its own group, its last words, its end.

Knows neither what the program is nor what it is for.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
from collections.abc import Mapping, Sequence

TERMINATE_S = 0.7
STDERR_KEPT = 4096


class Process:
    """One running program, leader of its own process group; dies with this process."""

    def __init__(
        self, line: Sequence[str], environment: Mapping[str, str], ends: Sequence[int] = ()
    ) -> None:
        """Start it with `ends` as its descriptors 3, 4 …, which are closed here; OSError if not."""
        err_read, err_write = high_pipe()
        try:
            self.pid = _spawn([*_leash(), *line], dict(environment), [err_write, *ends])
        except OSError:
            os.close(err_read)
            raise
        finally:
            for end in (err_write, *ends):
                os.close(end)
        self.gone: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._stderr = _Tail(err_read)
        self._watch()

    @property
    def last_words(self) -> str:
        """The end of what it wrote to its standard error."""
        return self._stderr.text()

    async def stop(self) -> None:
        """End the program: SIGTERM, 0.7 s, SIGKILL, each to the whole group."""
        if not self.gone.done():
            self._signal(signal.SIGTERM)
            await asyncio.wait((self.gone,), timeout=TERMINATE_S)
        await self.kill()

    async def kill(self) -> None:
        """End what has nothing to tell any more: SIGKILL to the whole group."""
        self._signal(signal.SIGKILL)
        await asyncio.wait((self.gone,), timeout=TERMINATE_S)
        self._stderr.close()

    def _signal(self, number: signal.Signals) -> None:
        # The group outlives its leader while any member lives, and its number is not reused then.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        handle = os.pidfd_open(self.pid)

        def ended() -> None:
            loop.remove_reader(handle)
            os.close(handle)
            _, status = os.waitpid(self.pid, 0)
            if not self.gone.done():
                self.gone.set_result(os.waitstatus_to_exitcode(status))

        loop.add_reader(handle, ended)


class _Tail:
    """The last few kilobytes that a process wrote to its standard error."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle
        self._kept = b""
        os.set_blocking(handle, False)
        asyncio.get_running_loop().add_reader(handle, self._read)

    def text(self) -> str:
        self._read()
        return self._kept.decode(errors="replace")

    def close(self) -> None:
        if self._handle is not None:
            asyncio.get_running_loop().remove_reader(self._handle)
            os.close(self._handle)
            self._handle = None

    def _read(self) -> None:
        if self._handle is None:
            return
        try:
            data = os.read(self._handle, 65536)
        except BlockingIOError:
            return
        if data:
            self._kept = (self._kept + data)[-STDERR_KEPT:]
        else:
            self.close()


def _leash() -> list[str]:
    """Have the kernel kill the browser if we die without a chance to do it (util-linux)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def high_pipe() -> tuple[int, int]:
    """Return a pipe whose numbers cannot be those that the child gets (0-4)."""
    ends = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return high[0], high[1]


def _spawn(line: list[str], env: dict[str, str], handles: list[int]) -> int:
    """Start `line` in a new session with `handles` as its descriptors 2, 3, 4."""
    actions: list[tuple[int, ...] | tuple[int, int, str, int, int]] = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
    ]
    actions += [(os.POSIX_SPAWN_DUP2, handle, 2 + n) for n, handle in enumerate(handles)]
    # Python ignores SIGPIPE, and a child would inherit that.
    return os.posix_spawn(
        line[0], line, env, file_actions=actions, setsid=True, setsigdef=[signal.SIGPIPE]
    )

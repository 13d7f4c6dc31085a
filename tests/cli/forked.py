"""`roomctl` as a process of its own that has its modules by now: forked, not started.

What a command is given and what comes of it is real: words, environment, files, signals, exit
status. Only the third of a second in which Python imports is paid once, by the process that this
module is when it is run. It ends when whoever started it does.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import pkgutil
import resource
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

MESSAGE = 65536
LOADED = ("roomctl.cli", "roomctl.api", "roomctl.room", "roomctl.simulator")


def run(
    words: Sequence[str], env: Mapping[str, str], given: bytes, limit_s: float
) -> tuple[int, bytes, bytes]:
    """Run `roomctl` with these words to its end; return its status and what it printed."""
    with begun(words, env, given) as ended:
        return ended(limit_s)


@contextlib.contextmanager
def begun(
    words: Sequence[str], env: Mapping[str, str], given: bytes = b""
) -> Iterator[Callable[[float], tuple[int, bytes, bytes]]]:
    """Run `roomctl` beside other things; what this gives waits so long, and says what came of it.

    It is killed if it still runs as the block ends.
    """
    with TemporaryFile() as stdin, TemporaryFile() as out, TemporaryFile() as err:
        stdin.write(given)
        stdin.seek(0)
        command = Command(words, env, (stdin, out, err))

        def ended(limit_s: float) -> tuple[int, bytes, bytes]:
            try:
                status = command.wait(limit_s)
            except subprocess.TimeoutExpired:
                raise TimeoutError(f"{words}: has not ended within {limit_s:g} s") from None
            return status, _all(out), _all(err)

        try:
            yield ended
        finally:
            command.kill()


class Command:
    """`roomctl` with some words, as it runs: what is asked of a `subprocess.Popen`."""

    def __init__(
        self,
        words: Sequence[str],
        env: Mapping[str, str],
        streams: Sequence[IO[bytes]],
        files: int | None = None,
    ) -> None:
        """`streams` are its stdin, stdout and stderr; `files`, how many it may have open."""
        asked = {"words": list(words), "env": dict(env), "cwd": str(Path.cwd()), "files": files}
        said = json.dumps(asked).encode()
        assert len(said) < MESSAGE
        self._told, writing = os.pipe()
        socket.send_fds(_parent(), [said], [*(one.fileno() for one in streams), writing])
        os.close(writing)
        self.returncode: int | None = None
        self.pid = self._number()

    def poll(self) -> int | None:
        """Return its exit status; None: it runs."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self.returncode = self._number()
            os.close(self._told)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Return its exit status; subprocess.TimeoutExpired if it does not end in time."""
        if self.returncode is None:
            select.select([self._told], [], [], timeout)
        if (status := self.poll()) is None:
            raise subprocess.TimeoutExpired("roomctl", timeout)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once, and wait until it has."""
        self.send_signal(signal.SIGKILL)
        self.wait(60)

    def _number(self) -> int:
        """Read one number, which ends with its line."""
        digits = b""
        while (one := os.read(self._told, 1)) not in (b"", b"\n"):
            digits += one
        return int(digits)


def _all(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


@functools.cache
def _parent() -> socket.socket:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", __name__, str(there.fileno())],
        pass_fds=[there.fileno()],
        stdin=subprocess.DEVNULL,
    )
    there.close()

    def end() -> None:
        here.close()
        process.wait()

    atexit.register(end)
    return here


def _serve(requests: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks what became of who waits
    while True:
        said, files, _, _ = socket.recv_fds(requests, MESSAGE, 4)
        if not said:
            return
        if os.fork() == 0:
            requests.close()
            _watch(json.loads(said), files)
        for file in files:
            os.close(file)


def _watch(asked: dict, files: list[int]) -> None:
    """Begin a command and tell how it ends, in the process between."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *streams, telling = files
    pid = os.fork()
    if pid == 0:
        os.close(telling)
        _run(asked, streams)
    for file in streams:
        os.close(file)
    os.write(telling, f"{pid}\n".encode())
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.write(telling, f"{status}\n".encode())
    os._exit(0)


def _run(asked: dict, streams: list[int]) -> None:
    from roomctl.cli import main

    for number, file in enumerate(streams):
        os.dup2(file, number)
        os.close(file)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    if asked["files"] is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (asked["files"],) * 2)
    sys.stdout.reconfigure(line_buffering=True)
    sys.argv = ["roomctl", *asked["words"]]
    sys.modules["__main__"].__package__ = None  # else typer takes its name for the program's
    main()
    sys.exit()


def _load() -> None:
    for name in LOADED:
        for one in pkgutil.iter_modules(importlib.import_module(name).__path__, f"{name}."):
            importlib.import_module(one.name)


if __name__ == "__main__":
    _load()
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as asked_by:
        _serve(asked_by)

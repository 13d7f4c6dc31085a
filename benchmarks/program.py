"""The programs that are measured: started, asked, weighed and ended from outside."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]
LIMIT_S = 30.0
_ASK_AGAIN_S = 0.002


class Program:
    """A server that was just started on `port`, and the process it runs in."""

    def __init__(
        self, name: str, process: subprocess.Popen[str], port: int, started: float
    ) -> None:
        self.name, self.process, self.port, self.started = name, process, port, started

    def line(self) -> str:
        """Wait for the next line that it prints."""
        assert self.process.stdout is not None
        if not (line := self.process.stdout.readline()):
            raise RuntimeError(f"{self.name} ended with {self.process.wait(LIMIT_S)}")
        return line.rstrip("\n")

    def answered(self) -> float:
        """Wait until GET /healthz is 200; return the seconds since it was started."""
        end = self.started + LIMIT_S
        while time.monotonic() < end:
            if self._healthy():
                return time.monotonic() - self.started
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}")
            time.sleep(_ASK_AGAIN_S)
        raise TimeoutError(f"{self.name}: no answer within {LIMIT_S:g} s")

    def ready(self) -> float:
        """Wait until it tells where it is; return the seconds since it was started."""
        self.line()
        return time.monotonic() - self.started

    def _healthy(self) -> bool:
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_S)
        with contextlib.closing(asking), contextlib.suppress(OSError):
            asking.request("GET", "/healthz")
            return asking.getresponse().status == 200
        return False

    def cpu_s(self) -> float:
        """Return how long its threads have run so far."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    def memory_mb(self) -> tuple[float, float]:
        """Return what it holds (RSS), and its share of it (PSS), in MB of 1024 kB."""
        found = {}
        rollup = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        for line in rollup.splitlines()[1:]:
            name, kilobytes, *_ = line.split()
            found[name.rstrip(":")] = int(kilobytes) / 1024
        return found["Rss"], found["Pss"]


@contextlib.contextmanager
def run(words: Sequence[str], port: int) -> Iterator[Program]:
    """Run `python -m WORDS` in folders of its own during the block."""
    with tempfile.TemporaryDirectory(prefix="roomctl-bench-") as folder:
        places = dict.fromkeys(("STATE_DIRECTORY", "RUNTIME_DIRECTORY", "HOME"), folder)
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=TREE,
            env={**os.environ, **places},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield Program(" ".join(words), process, port, started)
        finally:
            process.terminate()
            process.communicate(timeout=LIMIT_S)


@contextlib.contextmanager
def simulated_room() -> Iterator[Program]:
    """Run the demo room: a camera, a speakerphone, a sensor and a screen, all simulated."""
    port = free_port()
    words = ("roomctl", "simulate", "--screen", "simulated", "--no-open", "--json")
    with run((*words, "--port", str(port)), port) as program:
        yield program


@contextlib.contextmanager
def bare(*arguments: str) -> Iterator[Program]:
    """Run the bare program."""
    port = free_port()
    with run(("benchmarks.bare", str(port), *arguments), port) as program:
        yield program


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

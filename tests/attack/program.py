"""The program under attack: a process of its own, with its own folders, on a real socket.

`make attack` starts it; in the suite it is forked, which saves half a second of importing each.
"""

import contextlib
import json
import os
import re
import shlex
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import httpx

from tests.cli import forked
from tests.held_port import HeldPort

TREE = Path(__file__).resolve().parents[2]
LIMIT_S = 60.0  # for what takes two seconds on an idle machine
_ASK_AGAIN_S = 0.05
_TLS = ssl.create_default_context()  # unused, and slow to make for each client

ROOM = """
[room]
display_name = "Attacked"
timezone = "Asia/Shanghai"
[screen]
mode = "simulated"
[camera.front]
url = "sim:"
profile = "sony_srg300h"
[occupancy.ceiling]
url = "sim:"
[meeting]
platform = "jitsi"
"""

SERVE = ("serve",)
SIMULATE = ("simulate", "--screen", "simulated", "--no-open")


class Program:
    """`roomctl serve`, or `simulate`, during a block.

        with Program(folder) as program:
            assert program.ask("GET", "/api/v1/room").status_code == 200

    `words` is SERVE (its devices simulated by `sim:`; its state in `program.state`, which stays
    when it is started again in the same folder) or SIMULATE (speakerphone and the simulated
    hardware's page too; its state is forgotten). `room` is a room.toml without `[api]`, `files` is
    how many it may have open, `env` is added to the environment, `url` is how phones reach it. The
    block begins when the room answers, and ends with SIGTERM.
    """

    is_forked: ClassVar[bool] = True

    def __init__(
        self,
        folder: Path,
        *,
        words: Sequence[str] = SERVE,
        room: str = ROOM,
        env: Mapping[str, str] | None = None,
        files: int | None = None,
        url: str | None = None,
    ) -> None:
        self.folder, self.state = folder, folder / "state"
        self._held = HeldPort()
        self.host, self.port = "127.0.0.1", self._held.number
        self.base = f"http://{self.host}:{self.port}"
        self._words, self._room = tuple(words), room
        self._url = "" if url is None else f'url = "{url}"\n'
        self._env, self._files = dict(env or {}), files
        self._log = folder / "log"
        self._token: str | None = None
        self.process: subprocess.Popen[bytes] | forked.Command

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill() if kind else self.stop()

    def start(self) -> None:
        """Start it, again if it has ended, and wait until it answers; RuntimeError if it ends."""
        self.launch()
        try:
            self.until(lambda: self._healthy() and "/docs " in self.log)
        except BaseException:
            self.kill()
            raise

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        self._token = None
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "room.toml"
        file.write_text(
            f'{self._room}\n[api]\nlisten = "{self.host}:{self.port}"\n{self._url}', "utf-8"
        )
        where = ("--config", str(file)) if self._words[0] == "serve" else (str(file),)
        words = (*self._words, *where)
        places = {
            "STATE_DIRECTORY": str(self.state),
            "RUNTIME_DIRECTORY": str(self.folder / "run"),
            "HOME": str(self.folder),
            "PYTHONUNBUFFERED": "1",
        }
        around = {**os.environ, **places, **self._env}
        with self._log.open("wb") as log, Path(os.devnull).open("rb") as nothing:
            if self.is_forked:
                self.process = forked.Command(words, around, (nothing, log, log), self._files)
            else:
                line = shlex.join([sys.executable, "-m", "roomctl", *words])
                limit = "" if self._files is None else f"ulimit -n {self._files} && "
                self.process = subprocess.Popen(
                    ["sh", "-c", f"{limit}exec {line}"],
                    cwd=TREE,
                    env=around,
                    stdin=nothing,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )

    @property
    def log(self) -> str:
        """What it has printed since it was started."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def links(self) -> dict[str, str]:
        """The pairing links that it printed: "panel", "screen", and of a simulation "simulator"."""
        return dict(re.findall(r"^(panel|screen|simulator) +(http\S+)$", self.log, re.MULTILINE))

    @property
    def token(self) -> str:
        """A token that may do what facilities staff may."""
        if self._token is None:
            address = json.loads((self.folder / "run" / "api.json").read_text(encoding="utf-8"))
            self._token = str(address["token"])
        return self._token

    def client(self, *, timeout_s: float = LIMIT_S) -> httpx.Client:
        """Return a client without a token, to be closed."""
        return httpx.Client(base_url=self.base, timeout=timeout_s, trust_env=False, verify=_TLS)

    def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Ask with the token, and wait for the answer."""
        with self.client() as client:
            head = {"Authorization": f"Bearer {self.token}"}
            return client.request(method, path, json=body, headers=head)

    @contextlib.contextmanager
    def paired(self, role: str = "panel") -> Iterator[httpx.Client]:
        """Have a client with the cookie of a browser just paired as `role`, a key of `links`."""
        if role in ("panel", "screen"):
            offered = self.ask("POST", "/api/v1/pairings", {"role": role}).json()["path"]
        else:
            offered = self.links[role]  # the simulator's link is printed, and works once
        with self.client() as client:
            answer = client.post("/api/v1/pair", json={"token": offered.partition("#pair=")[2]})
            assert answer.status_code < 300, f"pairing as {role}: {answer.text}"
            yield client

    def room(self) -> dict[str, Any]:
        """Return the room document."""
        document: dict[str, Any] = self.ask("GET", "/api/v1/room").json()
        return document

    def issues(self) -> dict[str, list[dict[str, Any]]]:
        """Return what the room says is wrong, by code."""
        found: dict[str, list[dict[str, Any]]] = {}
        for issue in self.room()["issues"]:
            found.setdefault(issue["code"], []).append(issue)
        return found

    def until(self, holds: Callable[[], object], limit_s: float = LIMIT_S) -> None:
        """Wait until something holds; AssertionError after `limit_s`, RuntimeError if it ends."""
        end = time.monotonic() + limit_s
        while not holds():
            if self.process.poll() is not None:
                raise RuntimeError(f"it ended with {self.process.returncode}: {self.log[-500:]}")
            assert time.monotonic() < end, f"waited {limit_s:g} s; it said: {self.log[-500:]}"
            time.sleep(_ASK_AGAIN_S)

    def memory_mb(self) -> float:
        """Return what it holds in memory (RSS)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
        assert found, "it has ended"
        return int(found[1]) / 1024

    def descriptors(self) -> int:
        """Return how many files and sockets it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self, within_s: float = LIMIT_S) -> int:
        """Send SIGTERM; return the exit status, AssertionError if it lives `within_s` longer."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"it did not end within {within_s:g} s of SIGTERM") from None

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        self.process.kill()
        self.process.wait(LIMIT_S)

    def _healthy(self) -> bool:
        with contextlib.suppress(httpx.TransportError), self.client(timeout_s=5.0) as client:
            return client.get("/healthz").status_code == 200
        return False

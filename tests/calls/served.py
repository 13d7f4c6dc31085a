"""`roomctl serve` in a process of its own, and a panel that is paired with it."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time

import httpx

from tests.held_port import HeldPort

END_S = 60.0
PATIENCE_S = 90.0  # of a test, on a machine that has much else to do


class Served:
    """A daemon that can be killed and started again: port, token and panel stay the same."""

    def __init__(self, folder, toml, *words, program="roomctl"):
        """`folder` is its own; `toml` is its room.toml but for [api]; `words` for `serve`.

        `program` is the module that is run.
        """
        self._held = HeldPort()
        self.origin = f"http://127.0.0.1:{self._held.number}"
        self._folder, self._words, self._program = folder, words, program
        self._file = folder / "room.toml"
        listen = self.origin.removeprefix("http://")
        self._file.write_text(f'{toml}\n[api]\nlisten = "{listen}"\n', encoding="utf-8")
        self.log = folder / "log"
        self.process = None
        self._panel = None

    def start(self):
        """Start it, and wait until it answers; pair the panel if none is yet."""
        around = {
            **os.environ,
            "STATE_DIRECTORY": str(self._folder),
            "XDG_RUNTIME_DIR": str(self._folder),
        }
        line = [sys.executable, "-W", "error", "-m", self._program, "serve", "--config"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*line, str(self._file), *self._words],
                env=around,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        said = self.process.stdout.readline()
        assert said, self.log.read_text()
        if self._panel is None:  # only the first start prints a link
            pairing = re.search("pair=(.+)", said)
            client = httpx.Client(base_url=self.origin, trust_env=False, timeout=60)
            client.headers["Origin"] = self.origin
            token = {"token": pairing[1]}
            client.post("/api/v1/pair", json=token).raise_for_status()
            self._panel = client
        return self

    def end(self, number=signal.SIGTERM):
        """Signal the process; return its exit status."""
        self.process.send_signal(number)
        status = self.process.wait(END_S)
        self.process.stdout.close()
        return status

    def close(self):
        if self.process is not None and self.process.poll() is None:
            assert self.end() == 0, self.log.read_text()
        if self._panel is not None:
            self._panel.close()

    def room(self):
        """The room's document."""
        return self._panel.get("/api/v1/room").raise_for_status().json()

    def meeting(self):
        return self.room()["meeting"]

    def documents(self, limit_s=PATIENCE_S):
        """Yield the room's document as it is, and anew with each change, for so long."""
        end, room = time.monotonic() + limit_s, {}
        with self._panel.stream("GET", "/api/v1/events", params={"pulse_s": 1}) as told:
            for line in told.raise_for_status().iter_lines():
                if line.startswith("data: "):
                    room |= json.loads(line.removeprefix("data: "))
                    yield room
                if time.monotonic() > end:
                    return

    def document_when(self, what, holds, limit_s=PATIENCE_S):
        """Wait until something holds of the room's document; return it."""
        room = {}
        with contextlib.closing(self.documents(limit_s)) as documents:
            for room in documents:
                if holds(room):
                    return room
        stands = {key: room.get(key) for key in ("meeting", "walkthrough", "audio")}
        raise AssertionError(f"never: {what}: {stands}\n{self.log.read_text()[-4000:]}")

    def until(self, what, holds, limit_s=PATIENCE_S):
        """Wait until something holds of the meeting; return how it stands then."""
        return self.document_when(what, lambda room: holds(room["meeting"]), limit_s)["meeting"]

    def has_screen(self, limit_s=PATIENCE_S):
        """Wait until the screen process has answered."""
        screen = {"name": "screen", "status": "online"}.items()
        self.document_when(
            "a screen", lambda room: any(screen <= one.items() for one in room["devices"]), limit_s
        )

    def cookies(self):
        """The panel's session, for a browser that shall be this panel."""
        return [
            {"name": one.name, "value": one.value, "url": self.origin}
            for one in self._panel.cookies.jar
        ]

    def command(self, kind, **args):
        """Have the panel ask for something, and wait until it is done."""
        answer = self._asked(kind, args)
        assert answer.status_code == 200, f"{answer.text}\n{self.log.read_text()[-4000:]}"
        return json.loads(answer.text)

    def told(self, kind, **args):
        """Have the panel ask for something; return why it was refused, or None."""
        answer = self._asked(kind, args)
        return None if answer.status_code == 200 else answer.text

    def _asked(self, kind, args):
        body = {"type": kind, "args": args}
        return self._panel.post("/api/v1/commands", params={"wait_s": 20}, json=body)

    def picture(self):
        """What the panel is shown of the room's display."""
        return self._panel.get("/api/v1/screen/picture").raise_for_status().content

"""What the stories share: a simulated room in a process of its own, and people's browsers."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

LIMIT_S = 60.0  # of what takes a few seconds on an idle machine
MEETING = "roomctl-meeting-"  # how the folders of its browsers begin
CHROMIUM = shutil.which("chromium")
ROOM = """
[room]
display_name = "Bamboo"
timezone = "Asia/Shanghai"
language = "en"
display_on_s = 1.0
[screen]
mode = "headless"
media = "fake"
[camera.front]
url = "serial:/dev/roomctl-front?baud=9600"
profile = "sony_srg300h"
presets = { 1 = "Table" }
[speakerphone.table]
url = "usb:0b0e:2456?port=1-1.4"
[occupancy.ceiling]
url = "gpio:17"
vacancy_delay_s = 1.0
"""


@dataclass
class Running:
    """A simulated room in a process of its own."""

    process: subprocess.Popen[str]
    panel: str
    far_side: str  # the simulator page, under the key that scripts know
    api: str
    token: str
    ports: dict[str, str]

    @functools.cached_property
    def client(self) -> httpx.Client:
        """A client with the API token; each new one would cost what ten requests do."""
        headers = {"Authorization": f"Bearer {self.token}"}
        anew = httpx.Limits(max_keepalive_connections=0)  # the room may just be closing an idle one
        return httpx.Client(
            base_url=self.api, headers=headers, trust_env=False, timeout=LIMIT_S, limits=anew
        )

    def room(self) -> dict:
        return self.client.get("/api/v1/room").raise_for_status().json()

    def until(self, what: str, holds: Callable[[dict], bool], limit_s: float = LIMIT_S) -> dict:
        """Ask the room until something holds; fail with what it says instead."""
        end = time.monotonic() + limit_s
        while not holds(document := self.room()):
            if time.monotonic() > end:
                shown = {key: document[key] for key in ("meeting", "occupancy", "panel", "issues")}
                pytest.fail(f"{what}: not within {limit_s:g} s: {shown} {document['cameras']}")
            time.sleep(0.05)
        return document

    def act(self, device: str, action: str) -> None:
        """Do something to the simulated hardware."""
        body = {"device": device, "action": action}
        self.client.post("/api/v1/simulator", json=body).raise_for_status()

    def until_simulator(self, what: str, device: str, key: str, value: object) -> None:
        """Ask the simulated hardware until it is as it should be."""
        end = time.monotonic() + LIMIT_S
        while True:
            answer = self.client.get("/api/v1/simulator")
            ends = {end["name"]: end["state"] for end in answer.json()["devices"]}
            if ends[device][key] == value:
                return
            assert time.monotonic() < end, f"{what}: {ends[device]}"
            time.sleep(0.05)


@contextlib.contextmanager
def simulated(
    folder: Path, *words: str, surroundings: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Run `roomctl simulate` on ROOM with further words; end it as Ctrl-C does."""
    file = folder / "room.toml"
    file.write_text(ROOM, encoding="utf-8")
    command = [sys.executable, "-m", "roomctl", "simulate", str(file)]
    command += ["--port", "0", "--json", "--no-open", *words]
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder), **(surroundings or {})}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    try:
        running = Running(process, **json.loads(process.stdout.readline()))
        with running.client:
            yield running
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(LIMIT_S) == 0, "Ctrl-C ends the room cleanly"
        process.stdout.close()


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Run the browser that people look at panel and simulator with."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]  # our own pages only; the screen differs
        people = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield people
        people.close()


def needed(tools: Mapping[str, str]) -> None:
    """Skip a test whose tools (name and Debian package) are missing; fail it in CI."""
    lacking = sorted({package for tool, package in tools.items() if shutil.which(tool) is None})
    if lacking:
        why = f"needs {', '.join(lacking)}: sudo apt install {' '.join(lacking)}"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)


def browsers(room: Running) -> dict[Path, str]:
    """The browsers that show the room's meeting now: command lines by process."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = command_line(folder)
            if MEETING in words and room.process.pid in _ancestors(folder):
                found[folder] = words
    return found


def command_line(process: Path) -> str:
    """What a process was begun with; nothing once it has ended."""
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _ancestors(process: Path) -> Iterator[int]:
    """Yield the numbers of whoever began a process, and who began that."""
    while process.name != "0":
        parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        yield parent
        process = process.with_name(str(parent))


def profiles(browsers: Mapping[Path, str]) -> set[Path]:
    """The profile folders of meetings that browsers were begun with."""
    lines = " ".join(browsers.values())
    return {Path(one) for one in re.findall(rf"--user-data-dir=(\S*{MEETING}\S*)", lines)}


def gone(left: Callable[[], Collection[object]], what: str) -> None:
    """Wait until nothing is left; how soon that is, `make soak` tells."""
    end = time.monotonic() + LIMIT_S
    while found := left():
        assert time.monotonic() < end, f"{what}: {found}"
        time.sleep(0.05)

"""`camera describe`: a profile written from what a camera answers, on a real or a simulated one.

The camera is asked on its own port, so no room may hold that.
"""

from __future__ import annotations

import asyncio
import sys
import tomllib
from pathlib import Path
from typing import Any

from roomctl.camera.lines import on_a_line
from roomctl.camera.profile import CameraTable
from roomctl.camera.tools.describe import ask, profile_text
from roomctl.cli.drill import load, refuse_if_held, until_interrupted
from roomctl.cli.options import named
from roomctl.clock import SystemClock
from roomctl.config import Config
from roomctl.errors import RoomctlError
from roomctl.simulator import Simulator


def describe(name: str, path: Path, *, simulated: bool) -> str:
    """Return the profile of the camera `name` of the room.toml at `path`, as TOML.

    `simulated`: its simulated camera is asked; without a file, that of the demo room. What it is
    asked is told on stderr. Raises KeyboardInterrupt if that was interrupted.
    """
    config = load(path, simulated=simulated)
    tables = config.every(CameraTable)
    name = name.removeprefix("camera.")
    if name not in tables:
        there_are = ", ".join(sorted(tables)) or "none"
        raise RoomctlError(f"describe: no camera {name!r}; there is: {there_are}")
    if not on_a_line(url := tables[name].url):
        why = f"says itself what it can do ({url.partition(':')[0]}:), and needs no profile"
        raise RoomctlError(f"camera.{name}: {why}")
    if not simulated:
        refuse_if_held(f"camera.{name}", url, "its questions")
    with named(path):
        profile = asyncio.run(_described(name, config, simulated=simulated))
    if profile is None:
        raise KeyboardInterrupt
    return profile


def told(name: str, profile: str) -> dict[str, Any]:
    """Return a profile for programs: what it says, and its text with what it cannot tell."""
    return {"camera": name, "profile": tomllib.loads(profile), "text": profile}


async def _described(name: str, config: Config, *, simulated: bool) -> str | None:
    clock = SystemClock()
    only = "" if simulated else "sim:"
    simulator = Simulator(config, clock, with_screen=False, only=only)
    try:
        asking = ask(name, config.every(CameraTable), simulator.connect, clock, _say)
        answers = await until_interrupted(asking, "the camera was only asked, and is released")
    finally:
        await simulator.close()
    return None if answers is None else profile_text(answers, clock.now().wall.date())


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()

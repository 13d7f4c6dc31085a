"""`drill`: proving a device of a room, on the real one or on the simulated one.

Here: what can be drilled, the drill of a camera, and how each ends.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roomctl import app
from roomctl import config as configuration
from roomctl.camera.tools import trace
from roomctl.camera.tools.drill import CameraDrill, DrillOptions, drilled
from roomctl.cli import drill_speakerphone
from roomctl.cli.ask import address_file
from roomctl.cli.options import named
from roomctl.clock import SystemClock
from roomctl.config import CameraTable, Config
from roomctl.drill import Step
from roomctl.errors import RoomctlError
from roomctl.ports.holders import holder_of_node
from roomctl.room.cameras import PresetNames
from roomctl.simulator import DEMO, Simulator
from roomctl.store import Settings

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class DrillRequest:
    """What the command line asked for; `device` None: only say what could be drilled.

    `presets` and `power` are for a camera, `yes` for a speakerphone: nobody is there to look.
    """

    device: str | None
    config: Path
    simulated: bool
    presets: bool
    power: bool
    trace: Path | None
    yes: bool = False


def load(wanted: DrillRequest) -> Config:
    """Return the room's config; with nothing but --simulated, the demo room's."""
    demo = wanted.simulated and not wanted.config.exists()
    if not demo and not wanted.config.exists():
        why = "there is no such file; name your room.toml with --config, or try --simulated"
        raise RoomctlError(f"{wanted.config}: {why}")
    return app.load(DEMO if demo else wanted.config)


def listed(config: Config) -> list[dict[str, str]]:
    """Return what could be drilled."""
    urls = {f"camera.{name}": table.url for name, table in config.camera.items()}
    urls |= {f"speakerphone.{name}": table.url for name, table in config.speakerphone.items()}
    return [{"name": name, "url": url} for name, url in urls.items()]


def list_words(found: list[dict[str, str]]) -> str:
    """Tell a person what could be drilled."""
    if not found:
        nothing = "nothing to drill: room.toml names no camera and no speakerphone"
        return f"{nothing}; `roomctl probe` lists what is there"
    rows = [f"{each['name']:<20} {each['url']}" for each in found]
    return "\n".join([*rows, f"Drill one: roomctl drill {found[0]['name']}"])


def words(step: Step) -> str:
    """Tell a person how a step ended."""
    return f"{step.name:<14} {step.result:<8} {step.words}"


def record(step: Step) -> dict[str, Any]:
    """Return a step for programs."""
    result, numbers = step.result.value, dict(step.numbers)
    return {"step": step.name, "result": result, "words": step.words, "numbers": numbers}


def run(wanted: DrillRequest, config: Config, say: Callable[[Step], None]) -> int:
    """Drill the device; return the exit status: 0, 1 if a step failed, 130 if interrupted."""
    device = wanted.device or ""
    if _is_speakerphone(device, config):
        simulated = wanted.simulated
        drilling = drill_speakerphone.run(
            device, config, say, simulated=simulated, unattended=wanted.yes
        )
        with named(wanted.config):
            return asyncio.run(_until_interrupted(drilling, "its lights are put out"))
    name = drilled(device, config.camera)
    table = config.camera[name]
    if not wanted.simulated:
        _refuse_if_held(name, table)
    settings = Settings.of_another_program(configuration.state_path())
    names = PresetNames(config.camera, settings, SystemClock(), lambda: None)
    options = DrillOptions(wanted.presets, frozenset(names.of(name)), wanted.power)
    with named(wanted.config):
        return asyncio.run(_drill(name, wanted, config, options, say))


def _is_speakerphone(device: str, config: Config) -> bool:
    if device.startswith("speakerphone."):
        return True
    return device in config.speakerphone and device not in config.camera


async def _until_interrupted(drilling: Coroutine[Any, Any, bool], then: str) -> int:
    """Wait for a drill; interrupted, have it end, and say what it does `then`."""
    stop, task = asyncio.ensure_future(on_signals().wait()), asyncio.ensure_future(drilling)
    try:
        await asyncio.wait((task, stop), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return 0 if task.result() else 1
        sys.stderr.write(f"interrupted: {then}\n")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return INTERRUPTED
    finally:
        stop.cancel()


async def _drill(
    name: str,
    wanted: DrillRequest,
    config: Config,
    options: DrillOptions,
    say: Callable[[Step], None],
) -> int:
    clock = SystemClock()
    only = "" if wanted.simulated else "sim:"
    simulator = Simulator(config, clock, with_screen=False, only=only)
    drill = CameraDrill(name, config.camera, simulator.connect, clock, say)
    try:
        return await _until_interrupted(drill.run(options), "the camera is stopped and put back")
    finally:
        await simulator.close()
        if wanted.trace is not None:
            _keep(wanted.trace, name, config.camera[name], drill)


def _keep(path: Path, name: str, table: CameraTable, drill: CameraDrill) -> None:
    """Write down what was said on the line."""
    facts = {"camera": name} | ({"profile": table.profile} if table.profile else {})
    written = trace.lines(drill.trace, SystemClock().now(), facts)
    path.write_text("".join(f"{line}\n" for line in written), encoding="utf-8")


def _refuse_if_held(name: str, table: CameraTable) -> None:
    """Raise if a program of this user holds the port; only say so where several may use it."""
    scheme, _, rest = table.url.partition(":")
    node = Path(rest.partition("?")[0])
    if scheme == "v4l2":
        why = "is a USB camera (v4l2:); the drill is for cameras on a line, and speaks VISCA"
        raise RoomctlError(f"camera.{name}: {why}")
    if scheme == "serial" and rest.startswith("/") and (holder := holder_of_node(node)):
        why = f"{node} is held by {holder}; stop it for the drill, and start it again afterwards"
        raise RoomctlError(f"camera.{name}: {why}")
    if scheme not in ("serial", "sim") and Path(address_file()).exists():
        sys.stderr.write(
            "a room runs here: stop it for the drill, for it may move this camera too\n"
        )


def on_signals() -> asyncio.Event:
    """Return an event that SIGINT, SIGTERM or a closed terminal sets."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    return stop

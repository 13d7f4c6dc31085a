"""The commands for proving a device, and for reading what was said on a camera's line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from roomctl.cli.options import Config, Json, Verbose, dump, end, log
from roomctl.errors import RoomctlError

if TYPE_CHECKING:
    from roomctl.drill import Step


def drill(
    device: Annotated[
        str | None,
        typer.Argument(help="Such as camera.front, speakerphone.table; default: list them."),
    ] = None,
    config: Config = Path("/etc/roomctl/room.toml"),
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Drill the simulated device instead.")
    ] = False,
    presets: Annotated[
        bool, typer.Option("--presets", help="A camera: overwrite the last preset without name.")
    ] = False,
    power: Annotated[
        bool, typer.Option("--power", help="A camera: to standby and on again first.")
    ] = False,
    trace: Annotated[
        Path | None, typer.Option(help="Write what was said on a camera's line into this file.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Nobody is there to look, press or speak.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Prove a device, step by step, with numbers; afterwards it is as it was found.

    A camera moves a little. A speakerphone's lights go on and off, and muted has to be silence.

    It needs the device's port for itself: stop the room first. Ctrl-C stops it and puts it back.
    """
    from roomctl.cli import drill as drills

    log(verbose, quietly=True)
    wanted = drills.DrillRequest(device, config, simulated, presets, power, trace, yes)
    room = drills.load(wanted)
    if device is None:
        found = drills.listed(room)
        typer.echo(dump(found) if as_json else drills.list_words(found))
        return
    steps: list[dict[str, Any]] = []

    def say(step: Step) -> None:
        steps.append(drills.record(step))
        if not as_json:
            typer.echo(drills.words(step))

    status = drills.run(wanted, room, say)
    if as_json:
        typer.echo(dump({"device": device, "passed": status == 0, "steps": steps}))
    end(status)


def visca(
    frames: Annotated[
        list[str],
        typer.Argument(metavar="HEX...", help="Frames or VISCA-over-IP datagrams; - reads lines."),
    ] = [],  # noqa: B006 - typer takes no tuple
    trace: Annotated[
        Path | None, typer.Option(help="A trace, of `serve --trace` or from the API.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what VISCA frames mean: one line, or with --json one object, for each. Opens no port.

    After a TAB may stand the inquiry that a frame answers; without it an answer stays `data`.

    Names are subject first, as zoom_tele or pan_tilt_absolute; an inquiry and its answer share one.

    Numbers are the raw ones of the wire, with its signs; a bit is true or false.
    """
    from roomctl.camera.tools.trace import as_object, in_words
    from roomctl.cli import visca as lines

    if not frames and trace is None:
        raise RoomctlError("visca: no bytes given; write a frame in hex, - for stdin, or --trace")
    with lines.until_nobody_reads():
        for found in lines.read(frames, sys.stdin.buffer):
            typer.echo(json.dumps(as_object(found)) if as_json else in_words(found))
        for record, meant in lines.trace(trace) if trace else ():
            seen = (
                lines.trace_object(record, meant) if as_json else lines.trace_words(record, meant)
            )
            typer.echo(json.dumps(seen) if as_json else seen)


def pjlink(
    lines: Annotated[
        list[str],
        typer.Argument(metavar="LINE...", help="Lines, with or without their end; - reads lines."),
    ] = [],  # noqa: B006 - typer takes no tuple
    as_json: Json = False,
) -> None:
    """Say what lines of PJLink mean: one line, or with --json one object, for each. Opens no port.

    After a TAB may stand the request that a line answers; an answer to another one is an error.

    Class 1 and 2, over TCP and UDP; numbers have their units in their names, as width_px.
    """
    from roomctl.cli import pjlink as said
    from roomctl.cli.visca import until_nobody_reads
    from roomctl.display.pjlink import as_object, spoken

    if not lines:
        raise RoomctlError("pjlink: no line given; write one such as '%1POWR ?', or - for stdin")
    with until_nobody_reads():
        for found in said.meanings(lines, sys.stdin.buffer):
            text = json.dumps(as_object(found), ensure_ascii=False) if as_json else spoken(found)
            typer.echo(text)

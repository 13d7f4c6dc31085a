"""Commands that say what a text, a frame or a line means, as a room reads it; they open nothing.

What they do stands beside, one module per subject. Annotations are no text here, as in `main`.
"""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from roomctl.cli.options import Json, end
from roomctl.errors import RoomctlError

app = typer.Typer()


@app.command(epilog="Example: roomctl link '#腾讯会议：123-456-789'")
def link(
    text: Annotated[
        str | None, typer.Argument(help="A link, or an invitation's text; - reads stdin.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="A room.toml, for its [meeting].")
    ] = None,
    show_secrets: Annotated[
        bool, typer.Option("--show-secrets", help="Print passcodes and tokens.")
    ] = False,
    lines: Annotated[
        bool, typer.Option("--lines", help="Read a JSON string or object of fields in each line.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read an invitation, and say whether this room may open it.

    It names the meeting. The exit status is 1 if the room refuses it.

    With --lines, stdin holds one invitation in each line as JSON: a string, or an object of
    calendar fields (DESCRIPTION, LOCATION, URL, ...); it prints one line for each.
    """
    from roomctl.cli.link import reader

    room = reader(config)
    if lines:
        if as_json:
            for record in room.records(sys.stdin.buffer, show_secrets):
                typer.echo(json.dumps(record))  # ASCII: U+2028 in a passcode would end the line
        else:
            for said in room.explained(sys.stdin.buffer, show_secrets):
                typer.echo(said)
        return
    if text is None:
        raise RoomctlError("link: nothing to read; paste the invitation in quotes, or - for stdin")
    invitation = room.read(sys.stdin.read() if text == "-" else text)
    if as_json:
        typer.echo(json.dumps(invitation.record(show_secrets)))
    else:
        typer.echo(invitation.words(show_secrets, room.language))
    end(1 if invitation.parsed.refused else 0)


@app.command(epilog="Example: roomctl agenda room.ics --at 2026-11-26 --zone Asia/Shanghai --json")
def agenda(
    calendar: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE|URL]",
            help="An iCalendar file, an address, caldav:, graph: or google:; - reads stdin.",
        ),
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="The day: an ISO date or time; default: today.")
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(help="The room's time zone, IANA's or Windows' name; default: this box's."),
    ] = None,
    room: Annotated[
        str | None, typer.Option(help="The room's address among the guests of a booking.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="A room.toml; without FILE|URL its own calendar."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Read one day of a calendar as a room does.

    With --json a list of objects, or {"error": ...} and exit status 1.
    """
    from roomctl.cli.agenda import CalendarQuery, day

    try:
        found = day(CalendarQuery(calendar, at, zone, room, config))
        said = json.dumps(found.records()) if as_json else "\n".join(found.words())
    except RoomctlError as error:
        if not as_json:
            raise
        typer.echo(json.dumps({"error": str(error)}))
        raise typer.Exit(1) from None
    if found.left_out:
        sys.stderr.write(f"roomctl: {found.left_out}\n")
    typer.echo(said)


@app.command(epilog="Example: roomctl visca --json '81 01 06 04 FF' '90 41 FF'")
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
    """Explain VISCA frames. Opens no port.

    It prints one line for each, or one object with --json.

    After a frame and a TAB you may write the inquiry that it answers; without it an answer stays
    `data`.

    Names begin with the subject, as zoom_tele or pan_tilt_absolute; an inquiry and its answer have
    the same name.

    Numbers are raw, as on the wire, with their signs; a bit is true or false.
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


@app.command(epilog="Example: roomctl hid /sys/class/hidraw/hidraw0/device/report_descriptor")
def hid(
    descriptor: Annotated[
        list[str],
        typer.Argument(metavar="HEX|FILE|-", help="A report descriptor; - reads hex."),
    ],
    as_json: Json = False,
) -> None:
    """Explain a HID report descriptor.

    It says where each control is in the reports. No device is opened.

    A file holds the bytes, or hex, or what hid-recorder, usbhid-dump, xxd, hexdump -C or od -t x1
    printed.

    Bits count inside the payload, without the report ID, which is 0 if reports have none.
    """
    from roomctl.cli import hid as descriptors

    try:
        layout = descriptors.read(descriptor, sys.stdin.buffer)
    except (RoomctlError, OSError) as error:
        if not as_json:
            raise
        typer.echo(json.dumps({"error": str(error)}))
        raise typer.Exit(1) from error
    typer.echo(json.dumps(descriptors.record(layout)) if as_json else descriptors.words(layout))


@app.command(epilog="Example: roomctl pjlink --json '%1POWR ?' '%1LAMP=1234 1'")
def pjlink(
    lines: Annotated[
        list[str],
        typer.Argument(metavar="LINE...", help="Lines, with or without their end; - reads lines."),
    ] = [],  # noqa: B006 - typer takes no tuple
    as_json: Json = False,
) -> None:
    """Explain lines of PJLink. Opens no port.

    It prints one line for each, or one object with --json.

    After a line and a TAB you may write the request that it answers; an answer to another request
    is an error.

    Class 1 and 2, over TCP and UDP; names of numbers end with the unit, as width_px.
    """
    from roomctl.cli import pjlink as said
    from roomctl.cli.visca import until_nobody_reads
    from roomctl.display.pjlink import as_object, in_words

    if not lines:
        raise RoomctlError("pjlink: no line given; write one such as '%1POWR ?', or - for stdin")
    with until_nobody_reads():
        for found in said.meanings(lines, sys.stdin.buffer):
            text = json.dumps(as_object(found), ensure_ascii=False) if as_json else in_words(found)
            typer.echo(text)


@app.command(epilog="Example: roomctl aw --json '#PTS9950' 'OID:AW-UE100'")
def aw(
    lines: Annotated[
        list[str],
        typer.Argument(metavar="LINE...", help="Lines, or a notice in hex; - reads lines."),
    ] = [],  # noqa: B006 - typer takes no tuple
    as_json: Json = False,
) -> None:
    """Explain lines of a Panasonic camera.

    It prints one line for each, or one object with --json. No port is opened.

    After a line and a TAB you may write the request that it answers; an answer to another request
    is an error.

    Without it, `OAF:1` is read as a command, and `s06` as an answer to any command that it fits.

    Degrees count right and up; speeds are -49 to 49; presets count from 1, as people do.
    """
    from roomctl.camera.aw.message import as_object, spoken
    from roomctl.cli import aw as said
    from roomctl.cli.visca import until_nobody_reads

    if not lines:
        raise RoomctlError("aw: no line given; write one such as '#APC', or - for stdin")
    with until_nobody_reads():
        for found in said.meanings(lines, sys.stdin.buffer):
            typer.echo(json.dumps(as_object(found)) if as_json else spoken(found))

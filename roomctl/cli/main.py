"""The commands and their words; what they do stands beside, one module per subject."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from roomctl import __version__
from roomctl.errors import RoomctlError

app = typer.Typer(
    help="A meeting-room controller that belongs to no meeting vendor.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog="Try it without hardware: roomctl simulate",
)

Config = Annotated[Path, typer.Option("--config", "-c", help="The room's room.toml.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Url = Annotated[str | None, typer.Option(help="The room's API; default: the room on this box.")]
Token = Annotated[str | None, typer.Option(help="API token; default: $ROOMCTL_TOKEN.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log every frame.")]


def main() -> None:
    """Run the command line; an error is one sentence on stderr and exit status 1."""
    try:
        app()
    except RoomctlError as error:
        sys.stderr.write(f"roomctl: {error}\n")
        sys.exit(1)
    except OSError as error:  # a disk that is full, a folder of another user's
        with contextlib.suppress(OSError):
            sys.stdout.close()  # what could not be written is not tried again at the exit
        where = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"roomctl: {where}{error.strerror or error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        typer.echo(f"roomctl {__version__}")
        raise typer.Exit


@app.command(epilog="Example: roomctl serve --config /etc/roomctl/room.toml")
def serve(
    config: Config = Path("/etc/roomctl/room.toml"),
    trace: Annotated[
        Path | None, typer.Option(help="Record every port's bytes into this folder.")
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Run a room on its real hardware."""
    from roomctl.cli import server

    _log(verbose)
    _end(server.serve(config, trace, typer.echo))


@app.command(epilog="Example: roomctl simulate room.toml --wire --json")
def simulate(
    config: Annotated[
        Path | None, typer.Argument(help="A room.toml; default: a demo room.")
    ] = None,
    listen: Annotated[
        str | None, typer.Option(help="HOST:PORT; default: the file's, port 0 picks one.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Only the port.")] = None,
    screen: Annotated[
        str, typer.Option(help="auto, headless, kiosk or simulated: who shows the meeting.")
    ] = "auto",
    wire: Annotated[
        bool, typer.Option("--wire", help="Offer the simulated hardware to other programs.")
    ] = False,
    open_panel: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the panel in a browser.")
    ] = True,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Run a room whose hardware is simulated; everything else is real."""
    from roomctl.cli import simulation

    _log(verbose)
    options = simulation.Options(config, listen, port, screen, wire, open_panel, as_json)
    _end(simulation.simulate(options, typer.echo))


@app.command(epilog="Example: roomctl screen --socket /run/roomctl/screen.sock --mode kiosk")
def screen(
    socket: Annotated[Path, typer.Option(help="Where the room's daemon connects.")],
    mode: Annotated[str, typer.Option(help="kiosk, headless or simulated.")] = "kiosk",
    media: Annotated[str, typer.Option(help="real, or fake: a test picture and tone.")] = "real",
    user: Annotated[
        str | None, typer.Option(help="Become this user first, when started as root.")
    ] = None,
    allow_uid: Annotated[
        int | None, typer.Option(help="The daemon's user id, if it is neither root nor mine.")
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Own the room's display: the browser that shows the meeting. Runs as an ordinary user."""
    from roomctl.cli import display

    _log(verbose)
    _end(display.run(socket, mode, media, user, allow_uid))


@app.command(epilog="Example: roomctl status --json")
def status(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Say how the room is."""
    from roomctl.cli import ask

    document = ask.room(url, token)
    typer.echo(_dump(document) if as_json else ask.words(document))


@app.command(epilog="Example: roomctl join 'https://meet.jit.si/BambooRoom'")
def join(
    link: Annotated[str, typer.Argument(help="A link, or an invitation's text; - reads stdin.")],
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Join a meeting on the room's screen."""
    from roomctl.cli import ask

    text = sys.stdin.read() if link == "-" else link
    if not text.strip():
        raise RoomctlError("join: no link given; paste the invitation's link, or its text")
    _answer(ask.command(url, token, "meeting.join", {"link": text}), as_json)


@app.command(epilog="Example: roomctl leave")
def leave(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Leave the meeting."""
    from roomctl.cli import ask

    _answer(ask.command(url, token, "meeting.leave", {}), as_json)


@app.command(epilog="Example: roomctl mute    (unmuting is done in the room, on its panel)")
def mute(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Mute the room's microphone. A remote client may mute, never unmute."""
    from roomctl.cli import ask

    _answer(ask.command(url, token, "audio.mute", {"on": True}), as_json)


@app.command(epilog="Example: roomctl pair    (open the link on the panel to be)")
def pair(
    role: Annotated[str, typer.Option(help="panel, or screen: the room's display.")] = "panel",
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Print a link that turns one browser into a panel of the room."""
    from roomctl.cli import ask

    offered = ask.pairing(url, token, role)
    typer.echo(_dump(offered) if as_json else f"{offered['link']}\nIt works once, for 15 minutes.")


@app.command(epilog="Example: roomctl check room.toml")
def check(
    files: Annotated[list[Path], typer.Argument(help="room.toml files or device profiles.")],
    as_json: Json = False,
) -> None:
    """Check configuration and profile files without touching any device."""
    from roomctl.cli import inspect

    findings = [inspect.check(path) for path in files]
    if as_json:
        typer.echo(_dump(findings))
    else:
        for finding in findings:
            typer.echo(inspect.check_words(finding))
    if any(finding["error"] for finding in findings):
        raise typer.Exit(1)


@app.command(epilog="Example: roomctl probe")
def probe(as_json: Json = False) -> None:
    """List what is plugged in, with the room.toml lines for it. Opens nothing."""
    from roomctl.cli import inspect

    found = inspect.probe()
    typer.echo(_dump(found) if as_json else inspect.probe_words(found))


@app.command(epilog="Example: roomctl link '#腾讯会议：123-456-789'")
def link(
    text: Annotated[str, typer.Argument(help="A link, or an invitation's text; - reads stdin.")],
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="A room.toml, for its [meeting].")
    ] = None,
    show_secrets: Annotated[
        bool, typer.Option("--show-secrets", help="Print passcodes and tokens.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read an invitation: which meeting it is, and whether this room may open it."""
    from roomctl.cli import inspect

    invitation = inspect.link(sys.stdin.read() if text == "-" else text, config)
    if as_json:
        typer.echo(_dump(invitation.record(show_secrets)))
    else:
        typer.echo(invitation.words(show_secrets))


@app.command(epilog="Example: roomctl visca --json '81 01 06 04 FF' '90 41 FF'")
def visca(
    frames: Annotated[
        list[str],
        typer.Argument(metavar="HEX...", help="Frames or VISCA-over-IP datagrams; - reads lines."),
    ],
    as_json: Json = False,
) -> None:
    """Say what VISCA frames mean: one line, or with --json one object, for each. Opens nothing.

    After a TAB may stand the inquiry that a frame answers; without it an answer stays `data`.

    Names are subject first, as zoom_tele or pan_tilt_absolute; an inquiry and its answer share one.

    Numbers are the raw ones of the wire, with its signs; a bit is true or false.
    """
    from roomctl.cli import visca as lines

    for found in lines.read(frames, sys.stdin.buffer):
        typer.echo(json.dumps(lines.record(found)) if as_json else lines.words(found))


def _answer(record: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(_dump(record))
    elif record.get("status") == "done":
        typer.echo("done")
    else:
        typer.echo(f"{record.get('status')}: it goes on; see `roomctl status`")


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _end(status: int) -> None:
    if status:
        raise typer.Exit(status)


def _log(verbose: bool) -> None:
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    for chatty in ("uvicorn.error", "uvicorn.access", "websockets", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)

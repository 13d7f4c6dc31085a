"""The commands and their words; what they do stands beside, one module per subject.

Annotations are no text here: typer would read that of every command anew for the one that is run.
"""

import contextlib
import copy
import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.models import CommandInfo

from roomctl.cli import (
    access,
    alerting,
    ask,
    audit,
    broker,
    configuring,
    migrate,
    reading,
    secret,
    told,
)
from roomctl.cli.language import language, say, spoken, translated, word
from roomctl.cli.options import Config, Json, Token, Url, Verbose, dump, end, log
from roomctl.cli.start import starting
from roomctl.errors import FileError, RoomctlError
from roomctl.mistakes import located

if TYPE_CHECKING:
    from roomctl.drill import Step

app = typer.Typer(
    help="A meeting-room controller that belongs to no meeting vendor.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # it takes [camera] for its own
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Try it without hardware: roomctl simulate",
)


def command(words: Sequence[str] = ()) -> Any:  # noqa: ANN401 - of typer's own library
    """Return the command line, with its help in the locale's language.

    Where `words` begin with a command, it alone is made: a room keeps it as long as it runs.
    """
    made = typer.main.get_command(_only(words[0]) if words else app)
    if language() == "zh-CN":
        from roomctl.cli.chinese import in_chinese

        in_chinese(made)
    return made


def _only(name: str) -> typer.Typer:
    """Return the command line with the command of that name alone; with all, if there is none."""
    found = [one for one in app.registered_commands if _name(one) == name]
    if not found:
        return app
    alone = copy.copy(app)
    alone.registered_commands, alone.registered_groups = found, []
    return alone


def _name(one: CommandInfo) -> str:
    return str(one.name or getattr(one.callback, "__name__", ""))


def main() -> None:
    """Run the command line; an error is one sentence on stderr and exit status 1."""
    try:
        status = command(sys.argv[1:])(standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except RoomctlError as error:
        more = ""
        if isinstance(error, FileError):
            more = say("more", file=error.file) if error.others else ""
            error = located(error)
        sys.stderr.write(f"roomctl: {spoken(error)}{more}\n")
        sys.exit(1)
    except OSError as error:  # a disk that is full, a folder of another user's
        with contextlib.suppress(OSError):
            sys.stdout.close()  # what could not be written is not tried again at the exit
        where = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"roomctl: {where}{translated(error.strerror or str(error))}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except typer.Abort:
        sys.stderr.write("\n")
        sys.exit(1)
    except Exception as error:
        if not hasattr(error, "format_message"):  # of typer's library, wherever it has it from
            raise
        from roomctl.cli.chinese import complain

        sys.exit(complain(error))


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from roomctl.cli.version import build_line
        from roomctl.version import build_info

        typer.echo(build_line(build_info()))
        raise typer.Exit


@app.command("version", epilog="Example: roomctl version --json")
def which_build(as_json: Json = False) -> None:
    """Print version, commit, and the commit's date.

    A source tree without git has neither commit nor date: they are unknown.
    """
    from roomctl.cli.version import build_table
    from roomctl.version import build_info

    found = build_info()
    typer.echo(dump(found.as_object()) if as_json else build_table(found))


@app.command(epilog="Example: roomctl serve --config /etc/roomctl/room.toml")
def serve(
    config: Config = Path("/etc/roomctl/room.toml"),
    trace: Annotated[
        Path | None, typer.Option(help="Record every port's bytes into this folder.")
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Run a room on its real hardware."""
    with starting():
        from roomctl.cli import server

        log(verbose)
        end(server.serve(config, trace, typer.echo))


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
    day: Annotated[
        bool, typer.Option("--day", help="Play a standard day's 200 starts, and end.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Which day --day plays.")] = 1,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Run a room on simulated hardware; all else is real."""
    if day:
        from roomctl.cli import day as standard

        figures = standard.played(seed)
        typer.echo(dump(figures) if as_json else standard.words(figures))
        return
    with starting():
        from roomctl.cli import simulation

        log(verbose)
        options = simulation.Options(config, listen, port, screen, wire, open_panel, as_json)
        end(simulation.simulate(options, typer.echo))


@app.command(epilog="Example: roomctl screen --mode kiosk --socket /run/roomctl-screen/screen.sock")
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
    panel: Annotated[
        bool, typer.Option("--panel", help="Show only the touch panel, as a separate user.")
    ] = False,
    sound: Annotated[
        bool, typer.Option("--sound", help="Own only the room's sound, behind a wall.")
    ] = False,
    walled: Annotated[
        bool, typer.Option("--walled", help="Leave the sound to `roomctl screen --sound`.")
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Own the display and the browser of meetings.

    It runs as an ordinary user; the daemon connects to its socket.
    """
    from roomctl.cli import display

    log(verbose)
    parts = {"panel": panel, "sound": sound, "walled": walled}
    end(display.run(socket, mode, media, user, allow_uid, verbose, parts))


@app.command(epilog="Example: roomctl status --json")
def status(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Show the room's status; exit status 1 unless it is ready."""
    document = ask.room(url, token)
    typer.echo(dump(document) if as_json else told.words(document))
    end(0 if told.is_ready(document) else 1)


@app.command(epilog="Example: roomctl ledger --json")
def ledger(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """List the releases of bookings."""
    found = ask.access(url, token, "GET", "ledger")
    if as_json:
        typer.echo(dump(found))
    else:
        typer.echo(told.ledger_words(found, told.zone_of(ask.room(url, token))))


@app.command(epilog="Example: roomctl issues --json")
def issues(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """List what is wrong, and what to do about it.

    A condition that does not hold is listed too if no issue explains it. The exit status is 1 if
    anything is listed.
    """
    found, document = ask.access(url, token, "GET", "issues"), ask.room(url, token)
    unmet = told.unexplained(document, found)
    listed = [*map(told.as_issue, unmet), *found]
    zone = told.zone_of(document)
    typer.echo(dump(listed) if as_json else told.issue_words(found, unmet, zone))
    end(1 if listed else 0)


@app.command(epilog="Example: roomctl devices")
def devices(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """List the devices: model, firmware, whether they answer."""
    found = ask.access(url, token, "GET", "info")["inventory"]
    typer.echo(dump(found) if as_json else told.device_words(found))


@app.command(epilog="Example: roomctl update --at 03:00")
def update(
    check: Annotated[bool, typer.Option("--check", help="Only look for a newer version.")] = False,
    at: Annotated[
        str | None,
        typer.Option(metavar="HH:MM", help="Install it not before this time, and do not wait."),
    ] = None,
    cancel: Annotated[bool, typer.Option("--cancel", help="Cancel the update that waits.")] = False,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="URL|FOLDER", help="Where to get versions from now on."),
    ] = None,
    channel: Annotated[str | None, typer.Option(help="stable or beta, from now on.")] = None,
    key: Annotated[
        Path | None,
        typer.Option(help="The key that signs there, as gpg exports it; default: the package's."),
    ] = None,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Install the newest version, once the room is free.

    It goes back to the old version if the room gets worse. The exit status is 1 if no newer
    version was installed.
    """
    from roomctl.cli import updating

    if source is not None or channel is not None or key is not None:
        updating.set_source(source, channel, key)
    wanted = updating.UpdateRequest(check, at, cancel, url, token)
    found = updating.run(wanted, (lambda line: None) if as_json else _at_once)
    if as_json:
        typer.echo(dump(found))
    end(updating.status(found, wanted))


@app.command(epilog="Example: roomctl watch --json | jq .data.meeting")
def watch(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Follow what happens in the room, until Ctrl-C.

    With --json a line is an event of the API: first the whole room, then sections that changed.
    """
    ask.follow(url, token, _at_once, as_json=as_json)


def _at_once(line: str) -> None:
    """Print a line to whoever waits for it, be it a pipe."""
    typer.echo(line)
    sys.stdout.flush()


def _types(incomplete: str) -> list[tuple[str, str]]:
    from roomctl.cli import do

    every = do.commands().items()
    return [
        (name, one.doc.partition("\n")[0]) for name, one in every if name.startswith(incomplete)
    ]


def _keys(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    from roomctl.cli import do

    kind, given = ctx.params.get("kind"), ctx.params.get("given") or []
    return list(do.completions(kind or "", given, incomplete))


@app.command("do", epilog="Example: roomctl do camera.recall camera=front preset=1")
def do_command(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="TYPE", help="A command; default: list them.", autocompletion=_types
        ),
    ] = None,
    given: Annotated[
        list[str],
        typer.Argument(metavar="KEY=VALUE...", help="What it takes.", autocompletion=_keys),
    ] = [],  # noqa: B006 - typer takes no tuple
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Send the room any command of its API.

    `roomctl --install-completion` makes the shell complete commands and keys.
    """
    from roomctl.cli import do

    if kind is None:
        typer.echo(dump(do.listed()) if as_json else do.list_words())
        return
    args = do.arguments(kind, given)
    if kind == "selftest.run" and not as_json:
        from roomctl.cli import selftest

        end(selftest.run(url, token, args, typer.echo))
        return
    _answer(ask.command(url, token, kind, args), as_json)


@app.command(epilog="Example: roomctl join 'https://meet.jit.si/BambooRoom'")
def join(
    link: Annotated[str, typer.Argument(help="A link, or an invitation's text; - reads stdin.")],
    wait: Annotated[
        bool | None,
        typer.Option(
            "--wait/--no-wait",
            help="Wait for the call, and show its progress; default: on a terminal.",
        ),
    ] = None,
    limit_s: Annotated[
        float, typer.Option("--limit", min=0, help="Seconds to wait at most.")
    ] = 120.0,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Join a meeting on the room's screen.

    After waiting, the exit status is 0 in the call, 3 if it failed, was left or was replaced, and
    4 if it still waits for somebody. Ctrl-C ends the wait, not the call.
    """
    from roomctl.cli import joining

    text = sys.stdin.read() if link == "-" else link
    if not text.strip():
        raise RoomctlError("join: no link given; paste the invitation's link, or its text")
    if not (sys.stdout.isatty() if wait is None else wait):
        record = joining.join(url, token, text)
        _answer(record if as_json else {**record, "result": None}, as_json)
        return
    tell = partial(typer.echo, err=True) if as_json else _at_once
    record, status = joining.join_and_wait(url, token, text, tell, limit_s)
    if as_json:
        typer.echo(dump(record))
    end(status)


@app.command(epilog="Example: roomctl leave")
def leave(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Leave the meeting."""
    _answer(ask.command(url, token, "meeting.leave", {}), as_json)


@app.command(epilog="Example: roomctl mute    (unmuting is done in the room, on its panel)")
def mute(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Mute the microphone; unmute it in the room itself."""
    _answer(ask.command(url, token, "audio.mute", {"on": True}), as_json)


@app.command(epilog="Example: roomctl pair    (open the link on the panel to be)")
def pair(
    role: Annotated[str, typer.Option(help="panel, door (the sign outside), or screen.")] = "panel",
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Print a link that makes one browser a panel."""
    offered = ask.pairing(url, token, role)
    if as_json:
        typer.echo(dump(offered))
        return
    typer.echo(offered["link"])
    typer.echo(say("pairs", minutes=f"{offered['good_for_s'] / 60:.0f}"))
    if sys.stdout.isatty():
        from roomctl.api.phone import printed

        typer.echo(printed(offered["link"]))


@app.command(epilog="Example: roomctl check room.toml")
def check(
    files: Annotated[list[Path], typer.Argument(help="room.toml files or device profiles.")],
    as_json: Json = False,
) -> None:
    """Check room.toml and profiles; touches no device.

    It lists every mistake with its line. The exit status is 1 if there is one.
    """
    from roomctl.cli import inspect

    findings = [inspect.check(path) for path in files]
    if as_json:
        typer.echo(dump(findings))
    else:
        for finding in findings:
            typer.echo(inspect.check_words(finding))
    if any(finding["error"] for finding in findings):
        raise typer.Exit(1)


@app.command(epilog="Example: roomctl probe --network")
def probe(
    ask: Annotated[
        bool, typer.Option("--ask", help="Also open serial ports, and ask what is there.")
    ] = False,
    network: Annotated[bool, typer.Option("--network", help="Also search the network.")] = False,
    interface: Annotated[
        list[str],
        typer.Option(metavar="NAME", help="Search only on this network interface; repeatable."),
    ] = [],  # noqa: B006 - typer takes no tuple
    limit_s: Annotated[
        float,
        typer.Option("--timeout", min=2, max=60, help="Seconds that the search takes."),
    ] = 4.0,
    as_json: Json = False,
) -> None:
    """List what is plugged in, as lines for room.toml.

    It opens no port without --ask, and sends nothing without --network. That finds cameras
    (ONVIF, Sony, NDI, Axis) and projectors (PJLink class 2), and asks each what it is.
    """
    from roomctl.cli import inspect

    searches = inspect.NetworkSearch(tuple(interface), limit_s) if network or interface else None
    found = inspect.probe(ask=ask, network=searches)
    typer.echo(dump(found) if as_json else inspect.probe_words(found))


@app.command(epilog="Example: roomctl init --name Bamboo --platform tencent --yes")
def init(
    config: Config = Path("/etc/roomctl/room.toml"),
    name: Annotated[str | None, typer.Option(help="What people call the room.")] = None,
    panel_language: Annotated[
        str | None, typer.Option("--language", help="The panel's: en or zh-CN.")
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="Such as Asia/Shanghai.")] = None,
    platform: Annotated[str | None, typer.Option(help="Of new meetings; '' for none.")] = None,
    calendar: Annotated[str | None, typer.Option(help="Its url; '' for none.")] = None,
    listen: Annotated[str | None, typer.Option(help="HOST:PORT for panels and phones.")] = None,
    screen: Annotated[str | None, typer.Option(help="kiosk, headless or none.")] = None,
    wall: Annotated[
        str | None, typer.Option(help="For the microphone: on, auto or off; on enables its unit.")
    ] = None,
    network: Annotated[
        bool | None,
        typer.Option("--network/--no-network", help="Search the network for devices, too."),
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(help='Answers in a file, such as name = "Bamboo"; the rest as with --yes.'),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: accept what is proposed.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite an existing file; a copy is kept.")
    ] = False,
    enable: Annotated[
        bool, typer.Option("--enable/--no-enable", help="As root: start the units, too.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Set up a room: probe, ask, write its file, start it.

    It checks the file before it writes it. It waits until the room is ready; exit status 1 if it
    is not. Run again, it changes the answers that you give, or asks for each; the rest stays.
    """
    from roomctl.cli import init as setting_up

    answered = (name, panel_language, timezone, platform, calendar, listen, screen, wall)
    searched = None if network is None else "yes" if network else "no"
    given = setting_up.InitAnswers(*answered, searched)
    wishes = given if answers is None else setting_up.answers_of(answers).overruled(given)
    again = config.exists() and not force and wishes != setting_up.InitAnswers()
    asks = None if yes or answers or again else setting_up.terminal(typer.prompt)
    wanted = setting_up.InitRequest(config, wishes, asks, force, enable, as_json)
    done = setting_up.run(wanted, typer.echo)
    if as_json:
        typer.echo(dump(done))
    end(1 if done["ready"] is False else 0)


State = Annotated[
    Path | None,
    typer.Option(
        "--state", help="Where the room keeps its state; default: the service's for a file in /etc."
    ),
]


@app.command("export", epilog="Example: roomctl export bamboo.tar")
def export_room(
    file: Annotated[Path, typer.Argument(help="The archive to write.")],
    config: Config = Path("/etc/roomctl/room.toml"),
    state: State = None,
    as_json: Json = False,
) -> None:
    """Write a room into a file, without its secrets.

    The file has room.toml, changes made on panels, the room's id, pictures of presets, and
    profiles and platforms beside room.toml. It has no tokens, paired browsers, PIN or secrets.
    """
    from roomctl.cli import moving

    said = moving.export_to(file, config, state)
    typer.echo(dump(said) if as_json else moving.export_words(said))


@app.command("import", epilog="Example: roomctl import bamboo.tar --check")
def import_room(
    file: Annotated[Path, typer.Argument(help="A file from `roomctl export`.")],
    config: Config = Path("/etc/roomctl/room.toml"),
    state: State = None,
    check_only: Annotated[
        bool, typer.Option("--check", help="Say what would be written, and write nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite existing files; copies are kept.")
    ] = False,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Make this box the room of an export.

    Afterwards pair browsers, make tokens and store secrets again.

    With --room, a running room imports it and restarts; its secrets must be there already.
    """
    from roomctl.cli import moving

    if url is not None:
        said = moving.import_afar(file, url, token, check=check_only, force=force)
    else:
        said = moving.import_from(file, config, state, check=check_only, force=force)
    typer.echo(dump(said) if as_json else moving.import_words(said))


@app.command(epilog="Example: roomctl doctor")
def doctor(
    config: Config = Path("/etc/roomctl/room.toml"),
    state: State = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="As root: run the safe commands, and check again.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say what is wrong with this box, and what to type.

    It checks the configuration, permissions, systemd, the disk, the clock, the display's programs,
    the network and the running room. It changes nothing without --fix, which starts units and sets
    permissions, and installs nothing. Exit status 1 if something fails.
    """
    from roomctl.cli import doctor as looks

    def look() -> list[looks.BoxFinding]:
        box, found = looks.view(config, state)
        return [*found, *looks.examined(box)]

    found = looks.fix(look, partial(typer.echo, err=True)) if fix else look()
    said = looks.record(found)
    typer.echo(dump(said) if as_json else looks.words(found))
    end(0 if said["ok"] else 1)


@app.command(epilog="Example: roomctl drill camera.front --config room.toml")
def drill(
    device: Annotated[
        str | None,
        typer.Argument(help="Such as camera.front, display.wall; default: list them."),
    ] = None,
    config: Config = Path("/etc/roomctl/room.toml"),
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Drill the simulated device instead.")
    ] = False,
    presets: Annotated[
        bool, typer.Option("--presets", help="Camera: overwrite the last preset without a name.")
    ] = False,
    power: Annotated[
        bool, typer.Option("--power", help="Camera or display: switch it off and on.")
    ] = False,
    trace: Annotated[
        Path | None, typer.Option(help="Write the traffic of a camera's line into this file.")
    ] = None,
    yes: Annotated[
        bool,
        typer.Option("--yes", "-y", help="Leave out what needs a person to look, press or speak."),
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Test a device step by step, and measure it.

    Afterwards the device is as it was before.

    A camera moves a little. A speakerphone's lights go on and off, and its muted microphone must
    be silent.

    A display is only asked for its state, unless --power allows more.

    The drill needs the device's port: stop the room first. Ctrl-C stops the device and puts it
    back.
    """
    from roomctl.cli import drill as drills

    log(verbose, quietly=True)
    asked = {"presets": presets, "power": power}
    allowed = frozenset(word for word, is_so in asked.items() if is_so)
    wanted = drills.DrillRequest(device, config, simulated, allowed, trace, yes)
    room = drills.load(config, simulated=simulated)
    if device is None:
        found = drills.listed(room)
        typer.echo(dump(found) if as_json else drills.list_words(found))
        return
    steps: list[dict[str, Any]] = []

    def say(step: "Step") -> None:
        steps.append(drills.record(step))
        if not as_json:
            typer.echo(drills.words(step))

    status = drills.run(wanted, room, say)
    if as_json:
        typer.echo(dump({"device": device, "passed": status == 0, "steps": steps}))
    end(status)


camera = typer.Typer(no_args_is_help=True, help="VISCA cameras of a room.")
speakerphone = typer.Typer(no_args_is_help=True, help="USB speakerphones on this box.")
walkthrough = typer.Typer(
    no_args_is_help=True, help="Walkthroughs: how the room passes meeting pages."
)
occupancy = typer.Typer(no_args_is_help=True, help="Measure how well presence is detected.")
app.add_typer(reading.app)
app.add_typer(occupancy, name="occupancy")
app.add_typer(camera, name="camera")
app.add_typer(speakerphone, name="speakerphone")
app.add_typer(walkthrough, name="walkthrough")
app.add_typer(access.token_app, name="token")
app.add_typer(access.session_app, name="session")
app.add_typer(access.pin_app, name="pin")
app.add_typer(access.person_app, name="person")
app.add_typer(audit.audit_app, name="audit")
app.add_typer(configuring.config_app, name="config")
app.add_typer(migrate.migrate_app, name="migrate")
app.add_typer(broker.mqtt_app, name="mqtt")
app.add_typer(alerting.alert_app, name="alert")
app.add_typer(secret.secret_app, name="secret")


class Sensors(StrEnum):
    """Which kinds of sensors of the laboratory are used."""

    PIR = "pir"
    PIR_SOUND = "pir+sound"
    PIR_SOUND_LIGHT = "pir+sound+light"


@occupancy.command("eval", epilog="Example: roomctl occupancy eval uci864.csv --leave-one-day-out")
def occupancy_eval(
    file: Annotated[Path, typer.Argument(help="Labelled samples, as CSV of the UCI 864 format.")],
    sensors: Annotated[
        Sensors, typer.Option(help="Kinds of sensors to use.")
    ] = Sensors.PIR_SOUND_LIGHT,
    leave_one_day_out: Annotated[
        bool, typer.Option("--leave-one-day-out", help="Learn from all other days of FILE.")
    ] = False,
    fit: Annotated[
        Path | None, typer.Option(help="Learn from this CSV, or take this .toml; else as shipped.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Test presence detection on labelled samples.

    For comparison, it also tests a plain hold time and a Bayes filter without memory.
    """
    from roomctl.cli import occupancy as figures

    if leave_one_day_out and fit is not None:
        raise RoomctlError("occupancy eval: --leave-one-day-out learns from FILE; leave out --fit")
    found = figures.eval_file(file, sensors.value, fit, leave_one_day_out)
    typer.echo(dump(found) if as_json else figures.words(found))


@occupancy.command("simulate", epilog="Example: roomctl occupancy simulate --weeks 20")
def occupancy_simulate(
    weeks: Annotated[int, typer.Option(min=1, max=100_000, help="How many.")] = 10,
    seed: Annotated[int, typer.Option(help="The same seed gives the same weeks.")] = 1,
    as_json: Json = False,
) -> None:
    """Test presence detection on simulated weeks of a room.

    They have meetings, people who sit still, and sensors with faults.
    """
    from roomctl.cli import occupancy as figures

    found = figures.simulate(weeks, seed)
    typer.echo(dump(found) if as_json else figures.words(found))


@walkthrough.command(
    "look", epilog="Example: roomctl walkthrough look --lines --json < cases.jsonl"
)
def walkthrough_look(
    lines: Annotated[
        bool, typer.Option("--lines", help="Read a JSON object in each line of stdin.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say where a room would press on a picture of a page.

    It was shown the control once, on another picture.

    Each line is an object with teach (PNG), at (x and y), look (PNG), and teach_also: more
    pictures of the page as it was shown. A PNG is its bytes in base64, or the path of a file.

    For each line it prints press, x and y; or press is null, and why says what is wrong.
    """
    from roomctl.cli import walkthrough as pictures
    from roomctl.cli.visca import until_nobody_reads

    if not lines:
        raise RoomctlError("walkthrough look: give --lines, and on stdin a JSON object a line")
    with until_nobody_reads():
        for found in pictures.answers(sys.stdin.buffer):
            typer.echo(json.dumps(found) if as_json else pictures.words(found))


WalkthroughName = Annotated[str, typer.Argument(help="As `roomctl walkthrough list` names it.")]


@walkthrough.command("list", epilog="Example: roomctl walkthrough list --json")
def walkthrough_list(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """List the walkthroughs, with tries and misses."""
    from roomctl.cli import shown

    found = shown.listed(url, token)
    typer.echo(dump(found) if as_json else shown.list_words(found))


@walkthrough.command("show", epilog="Example: roomctl walkthrough show zoom-1 --pictures /tmp")
def walkthrough_show(
    name: WalkthroughName,
    pictures: Annotated[
        Path | None, typer.Option(help="Write its pictures into this folder.")
    ] = None,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Say step by step what the room does on a page."""
    from roomctl.cli import shown

    found = shown.one(url, token, name)
    typer.echo(dump(found) if as_json else shown.words(found))
    for place in shown.pictures(url, token, found, pictures) if pictures else ():
        typer.echo(str(place), err=as_json)


@walkthrough.command("export", epilog="Example: roomctl walkthrough export zoom-1 > zoom-1.toml")
def walkthrough_export(
    name: WalkthroughName, url: Url = None, token: Token = None, as_json: Json = False
) -> None:
    """Write a walkthrough as a file, for rooms like this one."""
    from roomctl.cli import shown

    text = shown.exported(url, token, name).decode("utf-8")
    typer.echo(dump({"name": name, "file": text}) if as_json else text, nl=as_json)


@walkthrough.command("import", epilog="Example: roomctl walkthrough import zoom-1.toml")
def walkthrough_import(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Files from `export`, or a folder."),
    ],
    name: Annotated[str | None, typer.Option(help="Its name here; default: as FILE.")] = None,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Import walkthroughs that another room was shown."""
    from roomctl.cli import shown

    meant = shown.files_of(files)
    if len(files) == 1 and meant == files:
        found = shown.brought(url, token, files[0], name)
        typer.echo(dump(found) if as_json else shown.words(found))
        return
    if name is not None:
        raise RoomctlError("walkthrough import: --name is for one file; leave it out")
    kept, refused = shown.brought_all(url, token, meant)
    if kept or as_json:
        typer.echo(dump(kept) if as_json else shown.list_words(kept))
    if refused:
        raise RoomctlError("\n".join(refused))


@walkthrough.command(
    "trust", epilog="Example: roomctl walkthrough trust bamboo sha256:4be1... (64 digits)"
)
def walkthrough_trust(
    room: Annotated[str, typer.Argument(help="The other room's id.")],
    fingerprint: Annotated[
        str, typer.Argument(help="Fingerprint of its new key: sha256: and 64 digits.")
    ],
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Accept files that another room signs with a new key."""
    from roomctl.cli import shown

    shown.trust(url, token, room, fingerprint)
    typer.echo(dump({"room": room, "fingerprint": fingerprint}) if as_json else say("done"))


@walkthrough.command("forget", epilog="Example: roomctl walkthrough forget zoom-1")
def walkthrough_forget(
    name: WalkthroughName, url: Url = None, token: Token = None, as_json: Json = False
) -> None:
    """Forget a walkthrough."""
    from roomctl.cli import shown

    shown.forget(url, token, name)
    typer.echo(dump({"forgotten": name}) if as_json else say("done"))


@camera.command("describe", epilog="Example: roomctl camera describe front > acme_ptz20.toml")
def camera_describe(
    name: Annotated[str, typer.Argument(help="As in room.toml, such as front.")],
    config: Config = Path("/etc/roomctl/room.toml"),
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Ask the simulated camera instead.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a profile from a camera's answers.

    Complete it and send it in.

    The camera is stopped, then only asked, for at most two and a half minutes: it is not moved or
    set.

    Keys that it gave no answer to are comments.

    It needs the camera's port: stop the room first.
    """
    from roomctl.cli import camera as descriptions

    log(verbose=False, quietly=True)
    profile = descriptions.describe(name, config, simulated=simulated)
    typer.echo(dump(descriptions.told(name, profile)) if as_json else profile, nl=as_json)


@speakerphone.command(
    "release", epilog="In a systemd unit: ExecStopPost=-/usr/bin/roomctl speakerphone release"
)
def speakerphone_release(as_json: Json = False) -> None:
    """Give devices back to their driver after roomctl was killed.

    Devices that a running program holds stay with it. The next start does the same, or a replug.
    """
    from roomctl.ports.usb import DeviceFilter, libusb, reattach

    mended = reattach(DeviceFilter("usb:auto", None, None, None), libusb)
    typer.echo(dump({"given_back": mended}) if as_json else given_back(mended))


def given_back(mended: list[str]) -> str:
    """Say what was given back, a line each."""
    return "\n".join(f"given back to usbhid: {name}" for name in mended) or "nothing to give back"


@speakerphone.command(
    "describe", epilog="Example: roomctl speakerphone describe --listen 10 > speakerphone.txt"
)
def speakerphone_describe(
    name: Annotated[
        str | None, typer.Argument(help="As in room.toml, or a url; default: the first one.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="A room.toml; then no running room is asked."),
    ] = None,
    listen: Annotated[
        float, typer.Option(min=0, max=60, help="Seconds in which to press its keys.")
    ] = 0.5,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Print all that is known about a speakerphone, never audio.

    You can paste it into an issue.

    A room that runs here holds the device and is asked; else the device is opened for a moment.

    With --json it is also a test: a file in tests/speakerphone/pasted.
    """
    from roomctl.cli import speakerphone as descriptions

    log(verbose=False, quietly=True)
    wanted = descriptions.DescribeRequest(name, config, listen, url, token)
    found = descriptions.describe(wanted)
    typer.echo(dump(found) if as_json else descriptions.text(found))
    if "error" in found:
        raise typer.Exit(1)


def _answer(record: dict[str, Any], as_json: bool) -> None:
    status = str(record.get("status"))
    if as_json:
        typer.echo(dump(record))
    elif status == "done":
        typer.echo(say("done"))
        for name, value in (record.get("result") or {}).items():
            typer.echo(f"  {name}  {value}")
    else:
        typer.echo(say("goes_on", status=word("status", status)))

"""`roomctl init`: a room.toml for this box, out of what is plugged in and what a person answers.

A question is answered by its flag, else by whoever sits there, else (`--yes`) as it is proposed.
With `network` the network is searched, too. What answers there may be another room's: a device is
proposed if it is the only one of its kind, and answers when it is asked itself.
Each answer is judged by the reader of room.toml itself, and nothing is written before all of it is
sound. Of a file that is there already only the answers that are given again are changed (`--force`
writes it anew); it is kept under its date. Then the room is started, and waited for until it is
ready, or says what it lacks.
"""

from __future__ import annotations

import asyncio
import contextlib
import grp
import itertools
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from json import dumps as quoted
from pathlib import Path
from typing import Any

import typer

from roomctl import app
from roomctl import config as configuration
from roomctl.api.phone import printed
from roomctl.cli import ask, told
from roomctl.cli.inspect import NetworkSearch, as_plugged
from roomctl.cli.language import language, say, translated
from roomctl.cli.toml_edit import with_key, with_table, without_table
from roomctl.errors import FileError, RoomctlError
from roomctl.frozen import frozen
from roomctl.installed import add_folders, add_udev_rules, add_units, add_users, copy
from roomctl.kiosk.audio.vault import wall_lacks
from roomctl.meeting.platform import load_platforms
from roomctl.ports.inventory import PluggedDevice, inventory
from roomctl.ports.permission import NodeDenied, forbidden, myself, person
from roomctl.search import FoundDevice
from roomctl.search.found import hosts_of
from roomctl.search.run import LIMIT_S
from roomctl.store.disk import write_whole

SERVICE_USER = "roomctl"
KIOSK, SCREEN, SOUND = "roomctl-kiosk", "roomctl-screen", "roomctl-audio"
SOUND_RULE = "72-roomctl-audio.rules"
SCREEN_SOCKET = "unix:/run/roomctl-screen/screen.sock"
UNITS = (Path("/etc/systemd/system"), Path("/usr/lib/systemd/system"), Path("/lib/systemd/system"))
RULES = (Path("/etc/udev/rules.d"), Path("/usr/lib/udev/rules.d"))
WALLED = Path("/etc/systemd/system/multi-user.target.wants") / f"{SOUND}.service"
"""What SOUND_RULE looks for: the unit is enabled."""
ENABLE_S = 90.0
READY_S = 180.0  # a Pi's first start, with a browser and a certificate to make
WITHOUT_DISPLAY = frozenset({"platform_ready", "ready"})
"""What a room is never said to be that has no display: it opens no meeting."""

_NAMES: Mapping[str, Sequence[str]] = {
    "camera": ("front", "back"),
    "speakerphone": ("table", "wall"),
    "controller": ("pad",),
    "display": ("wall",),
}
_ZONES = Path("/usr/share/zoneinfo")

Say = Callable[[str], None]
Ask = Callable[[str, str], str]
"""Asks a question that has a proposal; returns the answer. EOFError: nobody answers any more."""


@frozen
class InitAnswers:
    """What a room is to be; None: not said, so it is asked, or taken as it is proposed."""

    name: str | None = None
    language: str | None = None
    timezone: str | None = None
    platform: str | None = None
    calendar: str | None = None
    listen: str | None = None
    screen: str | None = None
    wall: str | None = None
    network: str | None = None  # yes: search it; no key of room.toml

    def overruled(self, by: InitAnswers) -> InitAnswers:
        """Return these wishes, with those of `by` where it has any."""
        return replace(
            self, **{key: value for key, value in asdict(by).items() if value is not None}
        )


@frozen
class InitRequest:
    """What `roomctl init` was told; `ask` is None where nobody is to be asked."""

    file: Path
    wishes: InitAnswers
    ask: Ask | None
    force: bool
    enable: bool
    as_json: bool


QUESTIONS = {
    "name": "room.display_name",
    "language": "room.language",
    "timezone": "room.timezone",
    "platform": "meeting.platform",
    "calendar": "calendar.url",
    "listen": "api.listen",
    "screen": "screen.mode",
    "wall": "audio.wall",
}
"""What is asked, in this order, and the key of room.toml that it becomes."""
ANSWERS = (*QUESTIONS, "network")
"""What a file of answers may say."""


@frozen
class NamedDevice:
    """A device that the room is to have, by its name in room.toml; `proposed`: unless refused."""

    name: str
    found: PluggedDevice
    proposed: bool = True


def proposed(found: Sequence[PluggedDevice], *, walls: bool = False) -> InitAnswers:
    """Return what is proposed on this box; a room with a display lets phones and panels in.

    `walls`: the box can keep a microphone behind a wall.
    """
    shows = shutil.which("chromium") or shutil.which("chromium-browser")
    return InitAnswers(
        name=socket.gethostname().partition(".")[0].replace("-", " ").title() or "Meeting room",
        language=language(),
        timezone=_zone(),
        platform="",
        calendar="",
        listen="0.0.0.0:8080" if shows else "127.0.0.1:8080",
        screen="kiosk" if shows else "none",
        wall="on" if shows and walls else "auto",
    )


def _zone(link: Path = Path("/etc/localtime"), file: Path = Path("/etc/timezone")) -> str:
    """Return the time zone of this box; UTC, or China's in Chinese, if it does not say."""
    with contextlib.suppress(OSError, ValueError):
        name = str(link.resolve().relative_to(_ZONES.resolve()))
        if name not in ("UTC", "Etc/UTC", "Universal", "Zulu"):
            return name
    with contextlib.suppress(OSError):
        if name := file.read_text(encoding="ascii", errors="replace").strip():
            return name
    return "Asia/Shanghai" if language() == "zh-CN" else "UTC"


def of_network(
    found: Sequence[FoundDevice], known: Collection[str] = ()
) -> tuple[list[PluggedDevice], set[str]]:
    """Return those that a room can use, and the urls that are not proposed; `known`: hosts."""
    usable = [one for one in found if one.urls and one.in_network and one.host not in known]
    count = Counter(one.kind for one in usable)
    unsure = {one.urls[0] for one in usable if count[one.kind] > 1 or not one.verified}
    return [as_plugged(one) for one in usable], unsure


def named(
    found: Sequence[PluggedDevice],
    taken: Collection[tuple[str, str]] = (),
    unsure: Collection[str] = (),
) -> list[NamedDevice]:
    """Give each device a name for room.toml that is not taken: the first camera is in front.

    `unsure`: the urls that are not proposed.
    """
    used, given = set(taken), []
    for one in found:
        first = _NAMES.get(one.kind, ())
        more = (f"{one.kind}{number}" for number in itertools.count(len(first) + 1))
        names = itertools.chain(first, more)
        name = next(name for name in names if (one.kind, name) not in used)
        used.add((one.kind, name))
        given.append(NamedDevice(name, one, one.url not in unsure))
    return given


def written(wishes: InitAnswers, devices: Sequence[NamedDevice], *, as_service: bool) -> str:
    """Return the room.toml."""
    room = {"display_name": wishes.name, "timezone": wishes.timezone, "language": wishes.language}
    blocks = [_table("room", {**room, "phone": _phone(wishes)})]
    if wishes.screen and wishes.screen != "none":
        socket_url = SCREEN_SOCKET if as_service else None
        blocks.append(_table("screen", {"mode": wishes.screen, "url": socket_url}))
    if wishes.wall and wishes.wall != "auto":
        blocks.append(_table("audio", {"wall": wishes.wall}))
    blocks += map(_device, devices)
    if wishes.platform:
        blocks.append(_table("meeting", {"platform": wishes.platform}))
    if wishes.calendar:
        blocks.append(_table("calendar", {"url": wishes.calendar}))
    blocks.append(_table("api", {"listen": wishes.listen}))
    return "\n".join(blocks)


def _device(one: NamedDevice) -> str:
    values = {"url": one.found.url, "profile": one.found.profile}
    table = _table(f"{one.found.kind}.{one.name}", values)
    return f"# {_plain(one.found.what)}\n{table}"


def _phone(wishes: InitAnswers) -> str | None:
    """Return "on" for a room whose display shows a code that reaches it."""
    if not wishes.screen or wishes.screen == "none":
        return None
    return None if (wishes.listen or "").startswith(("127.", "localhost", "[::1]")) else "on"


def _plain(text: str) -> str:
    """Return what a device calls itself as one line, whatever it says."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:120]


def _table(name: str, values: Mapping[str, str | None]) -> str:
    given = {key: quoted(value, ensure_ascii=False) for key, value in values.items() if value}
    return "\n".join([f"[{name}]", *(f"{key} = {value}" for key, value in given.items()), ""])


def answered(
    wishes: InitAnswers,
    devices: Sequence[NamedDevice],
    ask: Ask | None,
    tell: Say,
    *,
    as_service: bool,
    there: InitAnswers | None = None,
    walls: bool = False,
) -> tuple[InitAnswers, list[NamedDevice]]:
    """Return what the room is to be, and its devices; `ask` is None where nobody sits.

    `there`: what the room is now; that is proposed, then. `walls`: the box can keep a microphone
    behind a wall. A mistaken answer is told, and asked for again; FileError for a mistaken flag.
    """
    sure = there or proposed([one.found for one in devices], walls=walls)
    kept = [one for one in devices if (one.proposed if ask is None else _wanted(one, ask))]
    so_far = sure
    for name, key in QUESTIONS.items():
        given = getattr(wishes, name)
        if name == "wall" and so_far.screen != "kiosk" and given is None:
            given = sure.wall if there else "auto"  # no programs to keep it from
        asked = given is None and ask is not None
        while True:
            answer = given
            if answer is None and ask is not None:
                answer = ask(_question(name), getattr(sure, name) or "")
            tried = so_far if answer is None else replace(so_far, **{name: answer.strip()})
            same = there is not None and getattr(tried, name) == getattr(there, name)
            text = written(tried, kept, as_service=as_service)
            found = None if same else _mistake(text, key)  # what stays is judged with its file
            if found is None:
                so_far = tried
                break
            if not asked:
                raise FileError(f"--{name}", "", found.why)
            tell(f"  {translated(found.why)}")
    return so_far, kept


def _question(name: str) -> str:
    if name != "platform":
        return say(f"init.{name}")
    return say("init.platform", names=", ".join(load_platforms({}).by_key))


def _wanted(one: NamedDevice, ask: Ask) -> bool:
    question = say("init.device", what=_plain(one.found.what), name=f"{one.found.kind}.{one.name}")
    return _says_yes(ask, question, say("init.yes" if one.proposed else "init.no"))


def _says_yes(ask: Ask, question: str, proposal: str) -> bool:
    answer = ask(question, proposal).strip() or proposal
    return not answer.lower().startswith(("n", "否", "不"))


def _mistake(text: str, key: str) -> FileError | None:
    """Return what is wrong with a key, or with the table that it is alone in."""
    table = key.partition(".")[0]
    for one in app.mistakes(text, "room.toml"):
        if one.key == key or (one.key.partition(".")[0] == table):
            return one
    return None


def refuse(path: Path) -> None:
    """Raise RoomctlError where nothing can be written."""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not os.access(folder, os.W_OK):
        raise RoomctlError(f"{path}: you may not write it; try `{_as_root()}`")


def answers_of(path: Path) -> InitAnswers:
    """Return the answers of a file: TOML, with the names of the questions; FileError."""
    data = configuration.read(configuration.text_of(path), str(path))
    for key, value in data.items():
        if key not in ANSWERS:
            raise FileError(
                str(path), key, f"is not a question; the questions are {', '.join(ANSWERS)}"
            )
        if not isinstance(value, str):
            raise FileError(str(path), key, "must be a text in double quotes")
        if key == "network" and value not in ("yes", "no"):
            raise FileError(str(path), key, 'must be "yes" or "no"')
    return InitAnswers(**data)


def present(data: Mapping[str, Any]) -> InitAnswers:
    """Return what a room.toml answers; "" and none for what it leaves out."""
    found: dict[str, str] = {}
    for name, key in QUESTIONS.items():
        table, _, field = key.partition(".")
        value = data.get(table, {}).get(field)
        found[name] = value if isinstance(value, str) else ""
    if not found["screen"]:
        found["screen"] = "kiosk" if "screen" in data else "none"
    found["wall"] = found["wall"] or "auto"
    return InitAnswers(**found)


def rewritten(
    text: str,
    before: InitAnswers,
    after: InitAnswers,
    added: Sequence[NamedDevice],
    *,
    as_service: bool,
) -> str:
    """Return a room.toml in which the answers that differ are changed, and devices are added."""
    for name, key in QUESTIONS.items():
        value = getattr(after, name)
        if value == getattr(before, name) or name == "screen":
            continue
        table, _, field = key.partition(".")
        text = with_key(text, table, field, value or None)
    if after.screen != before.screen:
        if after.screen == "none":
            text = without_table(text, "screen")
        else:
            text = with_key(text, "screen", "mode", after.screen)
            if as_service and "url" not in tomllib.loads(text)["screen"]:
                text = with_key(text, "screen", "url", SCREEN_SOCKET)
    if (phone := _phone(after)) and phone != _phone(before):
        text = with_key(text, "room", "phone", phone)
    for one in added:
        text = with_table(text, _device(one))
    return text


def unknown(
    data: Mapping[str, Any], found: Sequence[PluggedDevice], unsure: Collection[str] = ()
) -> list[NamedDevice]:
    """Return the devices that were found and not in a room.toml, under names that are free."""
    tables = {one.kind: data.get(one.kind, {}) for one in found}
    urls = {url.partition("?")[0] for url in urls_of(data)}
    new = [one for one in found if one.url.partition("?")[0] not in urls]
    taken = {(kind, name) for kind, named_ones in tables.items() for name in named_ones}
    return named(new, taken, unsure)


def urls_of(data: Mapping[str, Any]) -> list[str]:
    """Return the urls of all devices of a room.toml."""
    kinds = (data.get(kind.name) for kind in app.KINDS)
    tables = (table for kind in kinds if isinstance(kind, dict) for table in kind.values())
    return [str(table["url"]) for table in tables if isinstance(table, dict) and "url" in table]


def _as_root() -> str:
    return shlex.join(["sudo", shutil.which("roomctl") or "roomctl", *sys.argv[1:]])


def write(path: Path, text: str) -> Path | None:
    """Write the file as a whole, for its owner and the service's group; return the copy kept."""
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    copy = None
    if path.exists():
        copy = path.with_name(f"{path.name}.{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}")
        shutil.copy2(path, copy)
    write_whole(path, text.encode())
    path.chmod(0o640)
    with contextlib.suppress(KeyError, PermissionError):
        if os.getuid() == 0:
            os.chown(path, 0, grp.getgrnam(SERVICE_USER).gr_gid)
    return copy


def unusable(devices: Sequence[NamedDevice], *, as_service: bool) -> list[NodeDenied]:
    """Return what the room's user may not open, each with the command that lets him."""
    who = (person(SERVICE_USER) if as_service else None) or myself()
    found = (forbidden(one.found.url, who) for one in devices)
    return [one for one in found if one is not None]


def units(wishes: InitAnswers) -> tuple[str, ...]:
    """Return the units of such a room."""
    if wishes.screen != "kiosk":
        return (SERVICE_USER,)
    return (SERVICE_USER, KIOSK, SCREEN, *((SOUND,) if wishes.wall == "on" else ()))


def commands(wishes: InitAnswers, *, again: bool = False) -> list[str]:
    """Return what starts the units, now and at every boot: to be typed, in this order."""
    typed = (f"sudo {shlex.join(line)}" for line in starting(wishes, again=again))
    return [*installing(units(wishes)), *typed]


def installing(
    wished: Sequence[str], folders: Sequence[Path] = UNITS, rules: Sequence[Path] = RULES
) -> list[str]:
    """Return what installs these units, where one is missing: to be typed, in this order."""
    lines = []
    if any(not any((folder / f"{unit}.service").exists() for folder in folders) for unit in wished):
        if KIOSK in wished:
            lines.append(copy("chromium/roomctl.json", "/etc/chromium/policies/managed"))
        lines += [add_users(), add_folders(), add_units()]
    if SOUND in wished and not any((folder / SOUND_RULE).exists() for folder in rules):
        lines.append(add_udev_rules(SOUND_RULE))
    return lines


def starting(wishes: InitAnswers, *, again: bool = False, walled: Path = WALLED) -> list[list[str]]:
    """Return what starts the units, now and at every boot.

    `again`: the daemon reads its file once more, and a display that is gone from it ends. The sound
    cards change their owner while no display runs: its session has a right to them till it ends.
    """
    wished = units(wishes)
    shows = [one for one in (KIOSK, SCREEN) if one in wished]
    lines = []
    if again and not shows:
        lines.append(["systemctl", "disable", "--now", KIOSK, SCREEN])
    moves = SOUND in wished if not walled.exists() else wishes.wall == "off"
    if moves:
        if again and shows:
            lines.append(["systemctl", "stop", *shows])
            if kiosk := person("kiosk"):
                lines.append(["systemctl", "stop", f"user@{kiosk.uid}.service"])
        how = "enable" if SOUND in wished else "disable"
        lines.append(["systemctl", how, "--now", SOUND])
        lines.append(["udevadm", "trigger", "--settle", "--subsystem-match=sound"])
    if again:
        lines.append(["systemctl", "restart", SERVICE_USER])
    return [*lines, ["systemctl", "enable", "--now", SERVICE_USER, *shows]]


def enable(wishes: InitAnswers, *, again: bool = False) -> str:
    """Start the units, now and at every boot; return what the system says against it, or ""."""
    for line in starting(wishes, again=again):
        if why := _refusal(line):
            return why
    return ""


def _refusal(line: Sequence[str]) -> str:
    """Return what a command of root's says against it, or ""."""
    try:
        done = subprocess.run(  # noqa: S603 - names of our own units
            line, capture_output=True, text=True, check=False, timeout=ENABLE_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.returncode == 0 else done.stderr.strip() or f"status {done.returncode}"


def terminal(prompt: Callable[..., str]) -> Ask:
    """Return what asks a person at this terminal; RoomctlError if nobody is there."""
    if not sys.stdin.isatty():
        why = "cannot ask without a terminal; give --yes, and options for other answers"
        raise RoomctlError(f"init: {why}")

    def ask(question: str, proposal: str) -> str:
        return prompt(question, default=proposal, show_default=bool(proposal))

    return ask


def run(wanted: InitRequest, tell: Say) -> dict[str, object]:
    """Set the room up, and say what was done and what is left to do; return that, for programs."""
    refuse(wanted.file)
    say_so: Say = _nothing if wanted.as_json else tell
    as_service = wanted.file.absolute().is_relative_to("/etc")
    old = None
    if wanted.file.exists() and not wanted.force:
        old = configuration.text_of(wanted.file)
    data = {} if old is None else configuration.read(old, str(wanted.file))
    there = None if old is None else present(data)
    ask = wanted.ask
    try:
        devices = _devices(wanted, data, say_so)
        wishes, kept = answered(
            *(wanted.wishes, devices, ask, say_so),
            as_service=as_service,
            there=there,
            # Proposed to a person who reads the question, and never taken by itself.
            walls=as_service and ask is not None and asyncio.run(wall_lacks()) == "",
        )
    except (typer.Abort, EOFError, KeyboardInterrupt) as error:
        raise RoomctlError("init: stopped; nothing is written") from error
    if old is None or there is None:
        text = written(wishes, kept, as_service=as_service)
    else:
        searched = wanted.wishes.network == "yes"
        network = {one.found.url for one in devices} if searched else set()
        kept = kept if ask is not None else [one for one in kept if one.found.url in network]
        text = rewritten(old, there, wishes, kept, as_service=as_service)
    if found := app.mistakes(text, str(wanted.file)):
        raise found[0]
    copy = None
    if text == old:
        say_so(say("init.unchanged", file=wanted.file))
    else:
        copy = write(wanted.file, text)
        say_so(say("init.written", file=wanted.file))
    if copy is not None:
        say_so(say("init.kept", file=copy))
    closed = unusable(kept, as_service=as_service)
    who = SERVICE_USER if as_service and person(SERVICE_USER) else myself().name
    for one in closed:
        say_so(say("init.forbidden", node=one.node, user=who, is_now=one.is_now))
        say_so(f"  {one.command}")
    if SOUND in units(wishes) and as_service:
        say_so(say("init.walled"))
    started = _start(wanted, wishes, say_so, as_service=as_service, again=copy is not None)
    lacks = until_ready(wishes, say_so) if started else None
    link = _panel_link(say_so) if started else None
    if started:
        say_so(say("init.ready" if not lacks else "init.lacks", room=wishes.name))
        for line in lacks or ():
            say_so(f"  ! {line}")
    return {
        "file": str(wanted.file),
        "kept": None if copy is None else str(copy),
        "devices": {f"{one.found.kind}.{one.name}": one.found.url for one in kept},
        "forbidden": [{"node": one.node, "command": one.command} for one in closed],
        "started": started,
        "ready": None if lacks is None else not lacks,
        "lacks": lacks,
        "commands": commands(wishes) if as_service and not started else [],
        "panel": link,
    }


def _devices(wanted: InitRequest, data: Mapping[str, Any], tell: Say) -> list[NamedDevice]:
    """Return what is plugged in and not in the file `data` yet, and what the network has."""
    here = inventory()
    search = wanted.wishes.network
    if search is None and wanted.ask is not None:
        wished = _says_yes(wanted.ask, say("init.network"), say("init.no"))
        search = "yes" if wished else "no"
    there: list[PluggedDevice] = []
    unsure: set[str] = set()
    if search == "yes":
        tell(say("init.searching", seconds=f"{LIMIT_S:g}"))
        try:
            there, unsure = of_network(NetworkSearch().carried_out(), hosts_of(urls_of(data)))
        except RoomctlError as error:
            tell(f"  {translated(str(error))}")
    devices = unknown(data, [*here, *there], unsure)
    _tell_found(devices, tell)
    if unsure and wanted.ask is None:
        tell(say("init.unsure"))
    return devices


def until_ready(wishes: InitAnswers, tell: Say) -> list[str]:
    """Wait until the room is ready, telling what it waits for; return what it lacks at the end."""
    tell(say("init.waiting", seconds=f"{READY_S:g}"))
    begun, told = time.monotonic(), None
    while True:
        lacks = lacking(wishes.screen or "none")
        if lacks != told and lacks:
            tell(f"  {time.monotonic() - begun:>4.0f} s  {'; '.join(lacks)}")
        told = lacks
        if not lacks or time.monotonic() - begun > READY_S:
            return lacks
        try:
            time.sleep(1.0)
        except KeyboardInterrupt:
            return lacks


def lacking(screen: str) -> list[str]:
    """Return why the room that runs here is not ready, each with what to do; [] if it is."""
    try:
        document = ask.room(None, None)
        issues = ask.access(None, None, "GET", "issues")
    except RoomctlError as error:
        return [translated(str(error))]
    hopeless = WITHOUT_DISPLAY if screen == "none" else frozenset({"ready"})
    unmet = [one for one in document["conditions"] if one["status"] is not True]
    if not [one for one in unmet if one["type"] not in hopeless]:
        return []
    serious = [one for one in issues if one["severity"] == "error"]
    lines = [f"{told.issue_text(one)} {told.step_text(one)}".strip() for one in serious]
    lines += [told.condition_words(one) for one in told.unexplained(document, issues)]
    return lines or [told.condition_words(one) for one in unmet if one["type"] not in hopeless]


def _nothing(line: str) -> None:
    """Say nothing."""


def _tell_found(devices: Sequence[NamedDevice], tell: Say) -> None:
    if not devices:
        tell(say("nothing_found"))
        return
    tell(say("init.found"))
    for one in devices:
        tell(f"  {one.found.kind}.{one.name}  {one.found.url}  {_plain(one.found.what)}")


def _start(
    wanted: InitRequest, wishes: InitAnswers, tell: Say, *, as_service: bool, again: bool
) -> bool:
    """Start the units, or say what does; whether the room runs now. `again`: its file changed."""
    if not as_service:  # the units read the file in /etc alone
        tell(say("init.here", file=wanted.file))
        tell(say("init.then", sudo=""))
        return False
    wished, lines = units(wishes), commands(wishes, again=again)
    installed, systemd = not installing(wished), Path("/run/systemd/system").is_dir()
    if wanted.enable and os.getuid() == 0 and installed and systemd:
        why = enable(wishes, again=again)
        if not why:
            tell(say("init.started", units=" ".join(wished)))
            return True
        tell(say("init.not_started", why=why))
        lines = [f"sudo systemctl status {wished[0]}", *lines]
    else:
        tell(say("init.to_start"))
    for line in lines:
        tell(f"  {line}")
    tell(say("init.then", sudo="sudo "))
    return False


def _panel_link(tell: Say) -> str | None:
    """Show the link and the code that make a panel; None: the room does not answer."""
    try:
        link = str(ask.pairing(None, None, "panel")["link"])
    except RoomctlError:
        tell(say("init.then", sudo="sudo "))
        return None
    tell(say("init.panel"))
    tell(link)
    tell(printed(link))
    return link

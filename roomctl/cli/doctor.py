"""`roomctl doctor`: what is wrong with this box, and the command that mends it.

Changes nothing, but by `--fix`: then the safe commands are typed for the person.

Each look is a function of what there is (`BoxView`) that yields findings; all run side by side, and
one that takes longer than its time is a finding itself. A new look is a line in `LOOKS`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from roomctl import app
from roomctl import config as configuration
from roomctl.api.certificate import RENEW_DAYS, read
from roomctl.api.phone import own_address
from roomctl.byom.profile import ByomTable
from roomctl.camera.profile import CameraTable
from roomctl.cli import ask, told
from roomctl.cli.init import KIOSK, SCREEN, SERVICE_USER, SOUND, SOUND_RULE, UNITS, WALLED
from roomctl.cli.language import language, say, translated
from roomctl.cli.moving import state_folder
from roomctl.cli.told import wide
from roomctl.cli.version import build_line
from roomctl.clock import SystemClock
from roomctl.config import Config
from roomctl.errors import FileError, RoomctlError
from roomctl.frozen import frozen
from roomctl.installed import add_udev_rules, add_units, add_users, pip
from roomctl.memory import free_mb
from roomctl.ports.permission import BoxUser, forbidden, myself, node_of, person
from roomctl.screen.profile import WALL_SOCKET, ScreenTable, screen_of
from roomctl.version import build_info

LIMIT_S = 5.0
LOW_BYTES = 200 << 20  # free on the disk; an update takes about that
FULL_BYTES = 1 << 20
NET_S = 3.0
FIX_S = 90.0  # for one command; a unit may take as long to start

Verdict = Literal["ok", "warn", "fail"]


@frozen
class BoxFinding:
    """One line: how something is, in words, and what to type if it is not well."""

    verdict: Verdict
    subject: str
    words: str
    command: str = ""
    safe: bool = False
    """`--fix` may type it: it fetches nothing, undoes no choice, and does no harm twice."""


@frozen
class BoxView:
    """What is looked at. `config` is None where room.toml cannot be read, or is mistaken."""

    file: Path
    state: Path
    config: Config | None
    as_service: bool
    who: BoxUser
    urls: Mapping[str, str] = field(default_factory=dict)
    etc: Path = Path("/etc")
    run: Path = Path("/run")
    proc: Path = Path("/proc")


_WATCHDOG = (
    "sudo install -d /etc/systemd/system.conf.d && "
    "printf '[Manager]\\nRuntimeWatchdogSec=14\\n' "  # a Pi's counts to 15 s
    "| sudo tee /etc/systemd/system.conf.d/watchdog.conf && sudo systemctl daemon-reexec"
)
Look = Callable[[BoxView], Iterator[BoxFinding]]


def view(file: Path, state: Path | None) -> tuple[BoxView, list[BoxFinding]]:
    """Read the configuration; return what there is to be looked at, and what is wrong with it."""
    as_service = file.absolute().is_relative_to("/etc")
    who = (person(SERVICE_USER) if as_service else None) or myself()
    folder = state_folder(file, state)
    found = [*_configuration(file)]
    config: Config | None = None
    urls: Mapping[str, str] = {}
    if not any(one.verdict == "fail" for one in found):
        with contextlib.suppress(RoomctlError, OSError):
            config = app.load(file)
            urls = _urls(config)
    return BoxView(file, folder, config, as_service, who, urls), found


def _urls(config: Config) -> Mapping[str, str]:
    urls = {
        kind if table.single else f"{kind}.{name}": url
        for kind in config.kinds
        for name, table in config.tables(kind).items()
        if isinstance(url := getattr(table, "url", None), str)
    }
    switch = _switch(config)
    if switch is not None and switch.plugged is not None:
        urls["byom.plugged"] = switch.plugged
    return urls


def _switch(config: Config | None) -> ByomTable | None:
    """Return what room.toml says of the switch that gives a laptop the room's devices."""
    return next(iter(config.every(ByomTable).values()), None) if config is not None else None


def _configuration(file: Path) -> Iterator[BoxFinding]:
    try:
        text = configuration.text_of(file)
    except FileError as error:
        folder = next(parent for parent in file.absolute().parents if parent.exists())
        if os.access(folder, os.X_OK) and not file.exists():
            words = say("doctor.no_file", file=file)
            yield BoxFinding("fail", "config", words, "sudo roomctl init")
        else:
            why = translated(error.why)
            yield BoxFinding("fail", "config", f"{file}: {why}", "sudo roomctl doctor")
        return
    mistakes = app.mistakes(text, str(file))
    for one in mistakes:
        where = f"{one.file}:{one.line}" if one.line else one.file
        words = f"{where}: {one.key}: {translated(one.why)}"
        yield BoxFinding("fail", "config", words, f"sudoedit {file}; sudo roomctl check {file}")
    if not mistakes:
        yield BoxFinding("ok", "config", say("good", file=file, kind="room"))
        for key in configuration.plain_secrets(app.parse(text, str(file))):
            words = say("doctor.plain_secret", where=key)
            yield BoxFinding("warn", "config", words, "sudo -u roomctl roomctl secret set NAME")


def devices(box: BoxView) -> Iterator[BoxFinding]:
    """Whether what room.toml names is plugged in, and may be used."""
    for name, url in box.urls.items():
        node = node_of(url)
        gone = node is None and url.startswith("usb:") and url != "usb:auto"
        if gone or (node is not None and not node.exists()):
            yield BoxFinding("fail", name, say("doctor.not_plugged", url=url), "roomctl probe")
        elif closed := forbidden(url, box.who):
            words = say(
                "doctor.forbidden", node=closed.node, user=box.who.name, is_now=closed.is_now
            )
            yield BoxFinding("fail", name, words, closed.command)
        elif node is not None:
            yield BoxFinding("ok", name, say("doctor.usable", node=node, user=box.who.name))


def laptop_switch(box: BoxView) -> Iterator[BoxFinding]:
    """On which line or wire the laptop switch is, and whether it answers the room that runs."""
    table = _switch(box.config)
    if table is None:
        return
    way = table.line if table.by_line else "wire"
    yield BoxFinding(
        "ok", "byom", say(f"doctor.switch_{way}", url=table.url, profile=table.profile)
    )
    with contextlib.suppress(RoomctlError):  # `running` tells
        yield from switch_said(ask.room(None, None))


def switch_said(document: Mapping[str, Any]) -> Iterator[BoxFinding]:
    """Where the laptop switch that answers stands, as the room's document has it."""
    for device in document["devices"]:
        if device["name"] != "byom" or device["status"] != "online":
            continue  # a silent one is an issue of the room: `running` tells
        entry = document["byom"]
        says = entry["holder"] if entry["reads_back"] else "nothing"
        yield BoxFinding("ok", "byom", say(f"doctor.switch_{says}"))


def rules(box: BoxView) -> Iterator[BoxFinding]:
    """Whether the udev rules are there that such devices want, and the libraries."""
    schemes = {url.partition(":")[0] for url in box.urls.values()}
    wanted = {
        "serial": "60-roomctl.rules",
        "usb": "60-roomctl-speakerphone.rules",
        "hidraw": "60-roomctl-speakerphone.rules",
        "evdev": "60-roomctl-controller.rules",
    }
    sound = {SOUND_RULE} if _walled(box) else set()
    for rule in sorted(sound | {wanted[scheme] for scheme in schemes & wanted.keys()}):
        places = (box.etc / "udev/rules.d" / rule, Path("/usr/lib/udev/rules.d") / rule)
        if any(place.exists() for place in places):
            yield BoxFinding("ok", "udev", say("doctor.there", what=rule))
        else:
            verdict: Verdict = "fail" if rule in sound else "warn"  # programs go around the wall
            words = say("doctor.missing", what=rule)
            yield BoxFinding(verdict, "udev", words, add_udev_rules(rule), safe=True)
    for scheme, library in (("gpio", "gpiozero"), ("gpiod", "gpiod")):
        if scheme in schemes and not _has_module(library):
            line = pip("install", f"roomctl[{scheme}]")
            yield BoxFinding("fail", scheme, say("doctor.missing", what=library), line)
    if _streams(box) and not _has_module("av"):
        line = pip("install", "roomctl[video]")
        yield BoxFinding("warn", "video", say("doctor.missing", what="PyAV"), line)


def _streams(box: BoxView) -> bool:
    """Whether a camera's picture is a stream, which is decoded here."""
    tables = {} if box.config is None else box.config.every(CameraTable)
    return any((table.video or "").startswith(("rtsp:", "onvif")) for table in tables.values())


def _walled(box: BoxView) -> bool:
    """Whether the microphone shall be behind a wall: by room.toml, or as its unit is enabled."""
    wall = "off" if box.config is None else box.config.audio.wall
    enabled = box.etc / WALLED.relative_to("/etc")
    return wall == "on" or (wall == "auto" and enabled.is_symlink())


def _has_module(name: str) -> bool:
    return find_spec(name) is not None


def service(box: BoxView) -> Iterator[BoxFinding]:
    """Whether systemd runs the room, at every boot, and watches it."""
    if not (box.run / "systemd/system").is_dir():
        yield BoxFinding("warn", "systemd", say("doctor.no_systemd"))
        return
    if not box.as_service:
        return
    if person(SERVICE_USER) is None:
        words = say("doctor.no_user", user=SERVICE_USER)
        yield BoxFinding("fail", "systemd", words, add_users(), safe=True)
    screen = screen_of(box.config) if box.config is not None else None
    kiosk = (KIOSK, SCREEN) if screen and screen.mode == "kiosk" else ()
    for unit in (SERVICE_USER, *kiosk, *((SOUND,) if _walled(box) else ())):
        yield from _unit(unit)
    if not Path("/dev/watchdog").exists():
        return
    said = _shown("--property=RuntimeWatchdogUSec")
    if said.get("RuntimeWatchdogUSec", "0") in ("0", "infinity"):
        yield BoxFinding("warn", "watchdog", say("doctor.no_watchdog"), _WATCHDOG, safe=True)
    else:
        yield BoxFinding("ok", "watchdog", say("doctor.watchdog"))


def _unit(unit: str) -> Iterator[BoxFinding]:
    if not any((folder / f"{unit}.service").exists() for folder in UNITS):
        words = say("doctor.missing", what=f"{unit}.service")
        yield BoxFinding("fail", "systemd", words, add_units(), safe=True)
        return
    keys = "ActiveState,UnitFileState,WatchdogUSec,NRestarts,Result"
    said = _shown(f"{unit}.service", f"--property={keys}")
    if said.get("UnitFileState") not in ("enabled", "static"):
        line = f"sudo systemctl enable {unit}"
        yield BoxFinding("warn", "systemd", say("doctor.not_enabled", unit=unit), line, safe=True)
    if said.get("ActiveState") != "active":
        line = f"sudo systemctl start {unit}; sudo journalctl -u {unit} -n 50"
        words = say("doctor.not_active", unit=unit, state=said.get("ActiveState", "?"))
        yield BoxFinding("fail", "systemd", words, line, safe=True)
    else:
        yield BoxFinding("ok", "systemd", say("doctor.active", unit=unit))
    if (restarts := said.get("NRestarts", "0")) not in ("0", ""):
        words = say("doctor.restarts", unit=unit, count=restarts)
        yield BoxFinding("warn", "systemd", words, f"sudo journalctl -u {unit} -p warning -n 100")


def _shown(*words: str) -> dict[str, str]:
    """Return what `systemctl show` says, by property."""
    try:
        done = subprocess.run(  # noqa: S603 - words of our own
            ["systemctl", "show", *words],  # noqa: S607 - the box's own path
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S - 1,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    lines = (line.partition("=") for line in done.stdout.splitlines())
    return {key: value for key, _, value in lines}


def storage(box: BoxView) -> Iterator[BoxFinding]:
    """Whether the state folder takes writes, is private, and has room."""
    folder = box.state
    place = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    about = os.statvfs(place)
    free = about.f_bavail * about.f_frsize
    if about.f_flag & os.ST_RDONLY:
        line = "sudo mount -o remount,rw /"
        yield BoxFinding("fail", "storage", say("doctor.read_only", folder=place), line)
    elif free < LOW_BYTES:
        words = say("doctor.full", folder=place, free=free >> 20)
        verdict: Verdict = "fail" if free < FULL_BYTES else "warn"
        yield BoxFinding(verdict, "storage", words, "sudo apt clean; df -h")
    else:
        yield BoxFinding("ok", "storage", say("doctor.free", folder=place, free=free >> 20))
    if folder.exists() and folder.stat().st_mode & 0o077:
        words = say("doctor.open_folder", folder=folder)
        yield BoxFinding("warn", "storage", words, f"sudo chmod 700 {folder}", safe=True)


def clock(box: BoxView) -> Iterator[BoxFinding]:
    """Whether the clock is known to be right."""
    if SystemClock().now().synced:
        yield BoxFinding("ok", "clock", say("doctor.synced"))
    else:
        known = any(Path("/usr/lib/systemd/ntp-units.d").glob("*.list"))
        bring = "" if known else "sudo apt install systemd-timesyncd && "
        line = f"{bring}sudo timedatectl set-ntp true; timedatectl"
        yield BoxFinding("warn", "clock", say("doctor.unsynced"), line, safe=known)


def screen(box: BoxView) -> Iterator[BoxFinding]:
    """Whether the programs are there that show a meeting on this box."""
    table = screen_of(box.config) if box.config is not None else None
    if table is None or table.mode == "simulated":
        return
    programs: list[tuple[tuple[str, ...], Verdict, str]] = [
        (("chromium", "chromium-browser", "google-chrome"), "fail", "chromium")
    ]
    if table.mode == "kiosk":
        programs += [
            (("labwc",), "fail", "labwc"),
            (("wlopm",), "warn", "wlopm"),
            (("grim",), "warn", "grim"),
            (("pipewire-pulse", "pulseaudio"), "fail", "pipewire-pulse wireplumber"),
        ]
    for names, verdict, package in programs:
        found = next(filter(None, map(shutil.which, names)), None)
        if found:
            yield BoxFinding("ok", "screen", say("doctor.there", what=found))
        elif _archive_has(package.split()[0]):
            line = f"sudo apt install {package}"
            yield BoxFinding(verdict, "screen", say("doctor.missing", what=names[0]), line)
        else:
            yield BoxFinding(verdict, "screen", say("doctor.no_package", what=names[0]))
    if table.mode == "kiosk":
        key = "doctor.reads" if shutil.which("tesseract") else "doctor.reads_not"
        yield BoxFinding("ok", "screen", say(key))
    yield _waiting_browser(table, free_mb(box.proc / "meminfo"))
    if box.config is not None:
        yield _wall(box.config.audio.wall, Path(table.sound_url.removeprefix("unix:")))
    if language() == "zh-CN" and not _has_chinese_font():
        line = "sudo apt install fonts-noto-cjk"
        yield BoxFinding("warn", "screen", say("doctor.no_font"), line)


def _wall(chosen: str, place: Path) -> BoxFinding:
    """Say whether the microphone is behind a wall, as room.toml wishes and the room has it."""
    how = "off" if chosen == "off" else _wall_of_room() or _wall_at(place)
    look = f"sudo systemctl status {SOUND}; sudo journalctl -u {SOUND} -n 50"
    found: dict[str, tuple[Verdict, str]] = {
        "away": ("fail" if chosen == "on" else "warn", look),
        "stranger": ("fail", look),
        "hidden": ("warn", "sudo roomctl doctor"),
    }
    if how == "none" and chosen == "on":
        how, found["missing"] = "missing", ("fail", f"sudo systemctl enable --now {SOUND}")
    verdict, command = found.get(how, ("ok", ""))
    words = say(f"doctor.wall_{how}", chosen=chosen, socket=place)
    return BoxFinding(verdict, "sound", words, command)


def _wall_of_room() -> str:
    """Return what the room that runs here says of its wall: stands, away, none; "": none runs."""
    with contextlib.suppress(RoomctlError):
        return str(ask.room(None, None)["audio"]["wall"])
    return ""


def _wall_at(place: Path) -> str:
    """Return what keeps a wall at this socket: stands, away (a dead one), none; a stranger."""
    if not place.exists():
        return "none"
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(NET_S)
            line.connect(str(place))
            said = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    except PermissionError:
        return "hidden"
    except OSError:
        return "away"
    _, uid, _ = struct.unpack("3i", said)
    keeper = person(SOUND) if place == Path(WALL_SOCKET) else None
    return "stands" if keeper is None or uid == keeper.uid else "stranger"


def _waiting_browser(table: ScreenTable, free: int) -> BoxFinding:
    """Say whether a browser waits for whoever may soon join, and why it does or does not."""
    least = table.waiting_least_mb
    how = "off" if least is None else "on" if free >= least else "memory"
    words = say(f"doctor.waiting_{how}", free=free, least=least, chosen=table.waiting_browser)
    return BoxFinding("ok", "screen", words)


def _archive_has(package: str) -> bool:
    """Whether apt can install it; Debian 12 has no labwc and no wlopm."""
    try:
        line = ["apt-cache", "show", package]
        done = subprocess.run(line, capture_output=True, check=False, timeout=LIMIT_S)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return True  # no apt, or one that does not say: the command's own words will tell
    return done.returncode == 0


def _has_chinese_font() -> bool:
    return any(Path("/usr/share/fonts").rglob("*CJK*")) or any(
        Path("/usr/share/fonts").rglob("wqy*")
    )


def network(box: BoxView) -> Iterator[BoxFinding]:
    """Whether this box has an address, and the calendar's host a name and an open door."""
    address = own_address()
    if address is None:
        yield BoxFinding("fail", "network", say("doctor.no_network"), "ip addr; nmcli device")
    else:
        yield BoxFinding("ok", "network", say("doctor.address", address=address))
    url = box.config.calendar.url if box.config is not None else None
    host = "" if url is None else _host(url.reveal())
    if not host:
        return
    name, port = host.rpartition(":")[::2]
    try:
        with socket.create_connection((name, int(port)), NET_S):
            yield BoxFinding("ok", "calendar", say("doctor.reached", host=host))
    except socket.gaierror:
        line = f"resolvectl query {name}"
        yield BoxFinding("fail", "calendar", say("doctor.no_name", host=name), line)
    except OSError as error:
        words = say("doctor.not_reached", host=host, why=error.strerror or error)
        yield BoxFinding("fail", "calendar", words, f"timeout 5 bash -c '</dev/tcp/{name}/{port}'")


def _host(url: str) -> str:
    """Return host:port of a calendar's address; "" for one that is a file."""
    scheme, _, rest = url.partition(":")
    inner = url if rest.startswith("//") else rest
    found = urlsplit(inner)
    if not found.hostname:
        return {"graph": "graph.microsoft.com:443", "google": "www.googleapis.com:443"}.get(
            scheme, ""
        )
    port = found.port or (80 if found.scheme == "http" else 443)
    return f"{found.hostname}:{port}"


def certificate(box: BoxView) -> Iterator[BoxFinding]:
    """Whether the certificate of the API is good for another month; a box's own is renewed."""
    if box.config is None or not box.config.api.encrypted:
        return
    theirs = box.config.api.tls_certificate
    file = Path(theirs) if theirs is not None else box.state / "tls" / "certificate.pem"
    if theirs is None and not file.exists():
        yield BoxFinding("ok", "certificate", say("doctor.no_certificate"))
        return
    ends, now = read(file).ends, SystemClock().now().wall
    words, line = say("doctor.ends", file=file, day=f"{ends:%F}"), f"openssl x509 -text -in {file}"
    left = (ends - now).days
    verdict: Verdict = "fail" if ends <= now else "warn" if left < RENEW_DAYS else "ok"
    yield BoxFinding(verdict, "certificate", words, line)


def alerts(box: BoxView) -> Iterator[BoxFinding]:
    """Whom the room would tell, and by what that nobody has tried with its vendor."""
    for name, table in (box.config.alert if box.config is not None else {}).items():
        address = table.address
        if address.is_mail:
            words = say("doctor.alert_mail", host=address.host, sender=address.sender)
            yield BoxFinding("ok", f"alert.{name}", words)
        else:
            words = say("doctor.alert_untried", service=address.service, host=address.host)
            yield BoxFinding("warn", f"alert.{name}", words, f"roomctl alert test {name}")


def running(box: BoxView) -> Iterator[BoxFinding]:
    """Whether the room that runs here is ready, and what it says is wrong."""
    try:
        document = ask.room(None, None)
    except ask.RoomUnreachable:
        line = "sudo systemctl start roomctl" if box.as_service else f"roomctl serve -c {box.file}"
        yield BoxFinding("warn", "room", say("doctor.no_room"), line)
        return
    except RoomctlError as error:
        yield BoxFinding("warn", "room", translated(str(error)), "sudo roomctl doctor")
        return
    issues = ask.access(None, None, "GET", "issues")
    status = "sudo roomctl status" if box.as_service else "roomctl status"
    for one in told.unexplained(document, issues):
        yield BoxFinding("fail", "room", told.condition_words(one), status)
    for issue in issues:
        verdict: Verdict = {"error": "fail", "warning": "warn"}.get(issue["severity"], "ok")  # type: ignore[assignment] # a closed set
        lines = (told.issue_text(issue), told.step_text(issue))
        yield BoxFinding(verdict, "room", " ".join(filter(None, lines)))
    for one in document["conditions"]:
        if one["status"] is None and one["type"] != "ready":  # it starts, say
            yield BoxFinding("warn", "room", told.condition_words(one), status)
    if told.is_ready(document):
        yield BoxFinding("ok", "room", say("ready", room=document["identity"]["display_name"]))


def plug_ins(box: BoxView) -> Iterator[BoxFinding]:
    """Whether every plug-in that is installed here can be used; those of this room are."""
    for error in app.every_plugin()[1] if box.config is not None else ():
        yield BoxFinding("warn", "plug-ins", translated(str(error)))


def versions(box: BoxView) -> Iterator[BoxFinding]:
    """Say what runs here."""
    python = ".".join(map(str, sys.version_info[:3]))
    yield BoxFinding("ok", "version", f"{build_line(build_info())}, Python {python}")


LOOKS: tuple[Look, ...] = (
    devices,
    laptop_switch,
    rules,
    service,
    storage,
    clock,
    screen,
    network,
    certificate,
    alerts,
    running,
    plug_ins,
    versions,
)


def examined(
    box: BoxView, looks: Sequence[Look] = LOOKS, limit_s: float = LIMIT_S
) -> list[BoxFinding]:
    """Look at everything side by side; what takes longer than `limit_s` is told, and left alone."""
    found: dict[str, list[BoxFinding]] = {}

    def looked(look: Look) -> None:
        try:
            found[look.__name__] = list(look(box))
        except Exception as error:  # one look that fails must not hide the others
            words = say("doctor.failed", why=f"{type(error).__name__}: {error}")
            found[look.__name__] = [BoxFinding("warn", look.__name__, words)]

    # Daemons: a name server that never answers must not keep the program.
    threads = [threading.Thread(target=looked, args=(look,), daemon=True) for look in looks]
    for thread in threads:
        thread.start()
    ending = SystemClock().mono_s() + limit_s
    for thread in threads:
        thread.join(max(0.0, ending - SystemClock().mono_s()))
    late = say("doctor.late", seconds=f"{limit_s:g}")
    return [
        one
        for look in looks
        for one in found.get(look.__name__, [BoxFinding("warn", look.__name__, late)])
    ]


def fix(
    look: Callable[[], Sequence[BoxFinding]], tell: Callable[[str], None]
) -> Sequence[BoxFinding]:
    """Type what is safe, again and again as long as that mends something; return what is left.

    RoomctlError where the person is not root: half of it would fail.
    """
    if os.geteuid() != 0:
        raise RoomctlError("doctor: --fix changes the box; try `sudo roomctl doctor --fix`")
    typed: set[str] = set()
    while True:
        found = look()
        wrong = (one for one in found if one.safe and one.verdict != "ok")
        lines = [line for line in dict.fromkeys(one.command for one in wrong) if line not in typed]
        if not lines:
            return found
        for line in lines:
            typed.add(line)
            why = _typed(line)
            key = "doctor.typed_in_vain" if why else "doctor.typed"
            tell(say(key, line=line, why=why))


def _typed(line: str) -> str:
    """Run a command of `doctor` as root; return what it says against it, or ""."""
    shell = ["sh", "-c", line.replace("sudo ", "")]  # a box may have no sudo
    try:
        done = subprocess.run(  # noqa: S603 - commands of our own
            shell,
            capture_output=True,
            text=True,
            check=False,
            timeout=FIX_S,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.returncode == 0 else done.stderr.strip() or f"status {done.returncode}"


def words(findings: Sequence[BoxFinding]) -> str:
    """Tell a line for each, with what to type below it, and the sum."""
    lines = []
    for one in findings:
        mark = wide(say(f"doctor.{one.verdict}"), 6)
        lines.append(f"{mark}{wide(one.subject, 20)} {one.words}")
        if one.command and one.verdict != "ok":
            lines.append(f"{'':<27}{one.command}")
    warn, fail = (sum(one.verdict == verdict for one in findings) for verdict in ("warn", "fail"))
    return "\n".join([*lines, say("doctor.sum", warn=warn, fail=fail)])


def record(findings: Sequence[BoxFinding]) -> dict[str, Any]:
    """Return the findings for programs."""
    checks = [
        {
            "verdict": one.verdict,
            "subject": one.subject,
            "words": one.words,
            "command": one.command or None,
        }
        for one in findings
    ]
    return {"ok": not any(one.verdict == "fail" for one in findings), "checks": checks}

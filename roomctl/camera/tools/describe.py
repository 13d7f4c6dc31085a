"""A camera profile as far as the camera itself can tell: what it is asked, and what that is worth.

Only questions are asked, after the stop with which every port is opened: nothing is moved, and
nothing set. A fact that no answer tells is a commented key, or, where a profile must have one, a
cautious value that `gaps` owns up to. Knows no wire and no file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from roomctl.camera.camera import Camera
from roomctl.camera.lines import lines
from roomctl.camera.profile import CameraProfile, CameraTable, known_to
from roomctl.clock import Clock
from roomctl.device import Status
from roomctl.errors import DeviceError, NoReply, PortReason, Refused, RoomctlError
from roomctl.profile import pick
from roomctl.visca import codec
from roomctl.visca.message import PositionLayout, Version, read_version
from roomctl.wire import Connect

ONLINE_S = 20.0  # every speed is tried, and a camera that was just powered boots
ANSWER_S = 10.0  # one that is left unanswered is asked again by then, and given up
LIMIT_S = 120.0  # for all questions; a camera that answers takes two seconds

QUESTIONS = (
    "version",
    "power",
    "pan_tilt_position",
    "pan_tilt_max_speed",
    "pan_tilt_status",
    "zoom",
    "focus",
    "focus_mode",
    "exposure_mode",
    "white_balance_mode",
    "ir_receive",
    "tracking",
    "menu",
    "preset",
    "backlight",
    "flip",
    "mirror",
)
BLOCKS = (
    "lens_block",
    "camera_block",
    "other_block",
    "enlargement_block",
    "block_4",
    "block_5",
)
_UNKNOWN = "not_understood"
_FASTEST = 0x18


@dataclass(slots=True)
class CameraAnswers:
    """What a camera said: data by question, the code of each refusal, and what it left unanswered.

    `left`: what it was not asked any more, for it took too long.
    `baud`: the speed it answers at; None: it is on no serial line. `knows` are the profiles that
    there are already, and `likely` the one that a room gives it.
    """

    knows: Mapping[str, CameraProfile]
    likely: CameraProfile
    baud: int | None
    data: dict[str, bytes] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    silent: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def version(self) -> Version | None:
        """Who it says it is; None: it does not, or in a form of its own."""
        return read_version(self.data["version"]) if "version" in self.data else None

    def said(self, question: str) -> str:
        """Return what came of a question, for a person."""
        if question in self.data:
            return self.data[question].hex(" ").upper()
        refusal = self.refused.get(question)
        return f"refused ({refusal})" if refusal else "no answer"


async def ask(
    name: str,
    tables: Mapping[str, CameraTable],
    connect: Connect,
    clock: Clock,
    say: Callable[[str], None] = lambda line: None,
) -> CameraAnswers:
    """Ask the camera `name` all questions, on its own port, within `ONLINE_S` and `LIMIT_S`.

    `tables`: the [camera.NAME] of the room, for those that share its line. `say` gets a line for
    each step. Raises RoomctlError if it does not answer, or is in standby, where a camera refuses
    what it would answer otherwise.
    """
    sets_nothing = {"flip": None, "mirror": None, "preset_speed_pct": None}
    together = {
        n: table.model_copy(update=sets_nothing)
        for n, table in tables.items()
        if table.url == tables[name].url
    }
    news = asyncio.Event()
    (line,) = lines(together, connect, clock, news.set)
    running = asyncio.ensure_future(line.run())
    try:
        camera = line.cameras[name]
        say(f"camera.{name}: looked for on {line.url}, for {ONLINE_S:g} s at most")
        await _online(camera, news)
        answers = CameraAnswers(known_to(tables), camera.profile, line.baud)
        await _ask_all(camera, answers, say)
        return answers
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _online(camera: Camera, news: asyncio.Event) -> None:
    hopeless = set(PortReason) - {PortReason.CLOSED}
    try:
        async with asyncio.timeout(ONLINE_S):
            while camera.health.status is not Status.ONLINE:
                if camera.health.reason in hopeless:
                    break
                news.clear()
                await news.wait()
    except TimeoutError:
        pass
    if camera.health.status is not Status.ONLINE:
        why = camera.health.detail or f"no answer within {ONLINE_S:g} s"
        raise RoomctlError(f"camera.{camera.name}: {why}")
    if camera.state.power is False:
        why = "is in standby, and would refuse most questions; switch it on"
        raise RoomctlError(f"camera.{camera.name}: {why}")


async def _ask_all(camera: Camera, answers: CameraAnswers, say: Callable[[str], None]) -> None:
    questions = (*QUESTIONS, *BLOCKS)
    try:
        async with asyncio.timeout(LIMIT_S):
            for at, question in enumerate(questions, 1):
                await _ask(camera, question, answers)
                say(f"{at:>2} of {len(questions)}  {question:<20} {answers.said(question)}")
    except TimeoutError:
        known = {*answers.data, *answers.refused, *answers.silent}
        answers.left += [question for question in questions if question not in known]
        say(f"{LIMIT_S:g} s are over; {len(answers.left)} questions are left out")


async def _ask(camera: Camera, question: str, answers: CameraAnswers) -> None:
    frame = codec.body("inquiry", question, {}).hex()
    try:
        async with asyncio.timeout(ANSWER_S):
            said = await camera.raw(frame)
    except Refused as error:
        answers.refused[question] = error.code
    except (NoReply, TimeoutError):
        answers.silent.append(question)
    except DeviceError as error:
        raise RoomctlError(f"{error}; asked {question}") from error
    else:
        answers.data[question] = bytes.fromhex(said or "")


# What the answers are worth.


def profile_text(answers: CameraAnswers, day: date) -> str:
    """Return a profile, as TOML, with what was answered on `day`."""
    parts = [
        _identity(answers, day),
        _conversation(answers),
        _picture(answers),
        _pan_tilt(answers),
        _zoom_and_focus(answers),
        _PRESETS,
        _heard(answers),
    ]
    return "\n".join(part for part in parts if part)


_PRESETS = """\
[presets]
first = 0  # a guess: the number on the wire of the preset that people call 1
count = 6  # as many as any camera has
# reserved = [5]
"""


def _identity(answers: CameraAnswers, day: date) -> str:
    version = answers.version
    who = version.identity if version else "of unknown make"
    firmware = f"ROM {version.rom:04x}" if version else "not told"
    gaps = ["its maker and model in words", "whether it takes two commands at a time, and Cancel"]
    if "pan_tilt_position" in answers.data:
        gaps.append("its degrees, end stops, and which way it counts")
    gaps.append("how many presets there are, and how they are numbered")
    if "zoom" in answers.data:
        gaps.append("the tele end of the zoom (the usual one is used)")
    listed = "".join(f'  "{gap}",\n' for gap in gaps)
    return f"""\
# Written by `roomctl camera describe`; lines with # are not known. Every key is in
# firmware_profiles/example.toml.
name = "VISCA camera {who}"
{_match(answers)}
source = "roomctl camera describe, {day.isoformat()}: answers of {who}, firmware {firmware}"
verified = "trace"
firmware = "{firmware}"
gaps = [
{listed}]
"""


def _match(answers: CameraAnswers) -> str:
    version = answers.version
    if version is None:
        said = answers.data.get("version", b"").hex(" ").upper()
        return (
            f"match = []  # its version answer: {said or 'nothing'}; name this profile in room.toml"
        )
    match = f'["{version.identity}"]'
    taken = pick(answers.knows, version.identity)
    if taken is None:
        return f"match = {match}"
    why = f"{taken}.toml has this one: take it, and that file's name, to replace it"
    return f"# match = {match}  # {why}\nmatch = []"


def _conversation(answers: CameraAnswers) -> str:
    version = answers.version
    sockets = version.sockets if version else 0
    known = 1 <= sockets <= 2
    if answers.baud is None:
        bauds = "bauds = []  # serial speeds: it was asked over a network"
    else:
        bauds = f"bauds = [{answers.baud}]  # the speed it answers at; add what its switch offers"
    return "\n".join(
        (
            _layout(answers),
            f"sockets = {sockets}" if known else "# sockets = 2",
            "max_inflight = 1  # with care; 2 where it takes a second command",
            "# cancel = true",
            bauds,
            "# quirks = []",
            "",
        )
    )


def _layout(answers: CameraAnswers) -> str:
    """Return the layout: the likely one of those whose position is as long as the answer."""
    if "pan_tilt_position" not in answers.data:
        lacks = answers.refused.get("pan_tilt_position") == _UNKNOWN
        why = "does not know" if lacks else "did not answer"
        head = "pan_tilt = false" if lacks else "# pan_tilt = false"
        return f'layout = "A"  # a guess: it {why} the question for its position\n{head}'
    size = len(answers.data["pan_tilt_position"])
    fit = [one for one in PositionLayout if one.pan_nibbles + one.tilt_nibbles == size]
    if not fit:
        return f'layout = "A"  # a guess: its position has {size} nibbles, which no layout has'
    fit.sort(key=lambda one: (one.name != answers.likely.layout, one.fixed))
    names = " or ".join(one.name for one in fit[1:])
    return f'layout = "{fit[0].name}"  # or {names}: a position has {size} nibbles'


def _picture(answers: CameraAnswers) -> str:
    rows = []
    for question, key in (("exposure_mode", "exposure"), ("white_balance_mode", "white_balance")):
        if question in answers.data:
            now = answers.data[question].hex().upper()
            rows.append(f'# {key} = ["auto"]  # it has modes, and is in {now} now')
    if "ir_receive" in answers.data:
        rows.append("ir_receive = true")
    if "tracking" in answers.data:
        rows.append('tracking = "sony"')
    for key in ("backlight", "flip", "mirror"):
        if key in answers.data:  # some tell what no command sets, as Axis' cameras do
            now = answers.data[key].hex().upper()
            rows.append(f"# {key} = true  # it tells, and is at {now}; does a command set it?")
    return "\n".join((*rows, "")) if rows else ""


def _pan_tilt(answers: CameraAnswers) -> str:
    position = answers.data.get("pan_tilt_position")
    if position is None:
        return ""
    rows = []
    for axis, way in (("pan", "right"), ("tilt", "up")):
        rows.append(f"# [{axis}]  # now at {position.hex(' ').upper()} (pan, then tilt)")
        rows += ["# units_per_degree =", "# min_deg =", "# max_deg =", f'# positive = "{way}"', ""]
    speeds = answers.data.get("pan_tilt_max_speed", b"")
    for at, axis in enumerate(("pan", "tilt")):
        fastest = speeds[at] if len(speeds) == len(("pan", "tilt")) else 0
        known = 1 <= fastest <= _FASTEST
        rows += [f"[{axis}_speed]", f"max = 0x{fastest:02x}"] if known else [f"# [{axis}_speed]"]
        rows += ["# deg_per_s = []", ""]
    return "\n".join(rows)


def _zoom_and_focus(answers: CameraAnswers) -> str:
    rows = []
    if "zoom" in answers.data:
        now = answers.data["zoom"].hex(" ").upper()
        rows += ["[zoom]", f"# wide = 0  # now at {now}", "# tele = 0x4000", ""]
    else:
        rows += ["# [zoom]  # it did not report its zoom position", ""]
    if {"focus", "focus_mode"} <= answers.data.keys():
        now = answers.data["focus"].hex(" ").upper()
        rows += ["[focus]", f"# far = 0x1000  # now at {now}", "# near = 0xF000", ""]
    else:
        rows += ["# [focus]", ""]
    return "\n".join(rows)


def _heard(answers: CameraAnswers) -> str:
    """Return every answer as a comment, for whoever reads on."""
    told = [f"#   {name:<20} {data.hex(' ').upper()}" for name, data in answers.data.items()]
    refused = [f"{name} ({code})" for name, code in answers.refused.items()]
    return "\n".join(
        (
            "# What it answered, without 50 and FF:",
            *told,
            f"# It refused: {', '.join(refused) or 'nothing'}.",
            f"# It left unanswered: {', '.join(answers.silent) or 'nothing'}.",
            *([f"# It took too long to ask: {', '.join(answers.left)}."] if answers.left else []),
            "",
        )
    )

"""A camera that speaks VISCA: what people ask for as messages, and what it answers in their units.

Knows no port, no clock and no bytes. Degrees count right and up on every model.

Half a push of a stick is half the top speed in degrees per second on every model whose speeds are
known (`deg_per_s`), although their bytes are far from linear: byte 0C of 18 is 43 % of the top
speed of an SRG-300H and 7 % of that of an FR7. Where they are not known, the bytes are taken for
linear. A speed byte is never 00 and never beyond the model's.

Modes are coded as in Sony's command lists (SRG-300H, BRC-X400).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping

from roomctl.camera.profile import (
    CameraProfile,
    FocusRange,
    PtzAxis,
    SpeedTable,
    TallyLamps,
    ZoomRange,
    recognised,
    under_ceiling,
)
from roomctl.camera.protocol import (
    DEAD_ZONE,
    NOTHING_BELIEVED,
    STANDBY,
    AssumedState,
    CameraRequest,
    CameraState,
    MenuKey,
    Part,
    Reading,
    must_be_one_of,
    must_have,
)
from roomctl.errors import Refused, Unsupported
from roomctl.motion import MoveRefusal, Outcome
from roomctl.visca import codec
from roomctl.visca.connection import Connection, Events
from roomctl.visca.frames import END, LONGEST, SHORTEST, BadFrame
from roomctl.visca.message import (
    Absolute,
    Command,
    Drive,
    Focus,
    FocusDrive,
    FocusTo,
    Home,
    Inquiry,
    Message,
    Pan,
    Power,
    Preset,
    PresetAction,
    Raw,
    Relative,
    Tilt,
    Version,
    Zoom,
    ZoomDrive,
    ZoomTo,
)
from roomctl.visca.model import CameraModel
from roomctl.visca.poller import Readback
from roomctl.visca.request import AxisGroup, Request

FOCUS_ACTS = ("auto", "manual", "one_push", "infinity")
EXPOSURE: Mapping[str, int] = {
    "auto": 0x00,
    "manual": 0x03,
    "shutter": 0x0A,
    "iris": 0x0B,
    "bright": 0x0D,
}
WHITE_BALANCE: Mapping[str, int] = {
    "auto": 0x00,
    "indoor": 0x01,
    "outdoor": 0x02,
    "one_push": 0x03,
    "atw": 0x04,
    "manual": 0x05,
}
_FOCUS: Mapping[str, Command] = {
    "auto": Command("focus_mode", (("auto", 1),)),
    "manual": Command("focus_mode", (("auto", 0),)),
    "one_push": Command("focus_one_push"),
    "infinity": Command("focus_infinity"),
}
_READINGS: Mapping[Inquiry, Reading] = {
    Inquiry.POSITION: "position",
    Inquiry.ZOOM: "zoom",
    Inquiry.POWER: "power",
    Inquiry.FOCUS: "focus",
    Inquiry.FOCUS_MODE: "focus",
    Inquiry.EXPOSURE_MODE: "exposure",
    Inquiry.WHITE_BALANCE_MODE: "white_balance",
    Inquiry.BACKLIGHT: "backlight",
    Inquiry.EXPOSURE_COMPENSATION: "exposure_compensation",
    Inquiry.EXPOSURE_COMPENSATION_ON: "exposure_compensation",
    Inquiry.FLIP: "flip",
    Inquiry.MIRROR: "mirror",
    Inquiry.MENU: "menu",
    Inquiry.IR_RECEIVE: "ir_receive",
    Inquiry.TRACKING: "tracking",
}
_MENU_TOGGLE = Preset(PresetAction.RECALL, 0x5F)  # PTZOptics: opens or closes the menu
_MENU_SPEED = 0x0E
_MENU_WAYS: Mapping[str, tuple[Pan, Tilt]] = {
    "up": (Pan.STILL, Tilt.UP),
    "down": (Pan.STILL, Tilt.DOWN),
    "left": (Pan.LEFT, Tilt.STILL),
    "right": (Pan.RIGHT, Tilt.STILL),
}
_TRACKING = {"sony": "tracking", "ptzoptics": "tracking_ptzoptics", "oem": "tracking_oem"}
_LAMP_ON, _LAMP_OFF = 2, 3  # PTZOptics; 1 flashes
_PANS = {-1: Pan.LEFT, 0: Pan.STILL, 1: Pan.RIGHT}
_TILTS = {-1: Tilt.DOWN, 0: Tilt.STILL, 1: Tilt.UP}


Recognise = Callable[[Version | None], CameraProfile]
"""Returns the profile of a camera that says this of itself; `generic` where none fits."""


def connection(
    name: str,
    address: int,
    events: Events,
    fixed: CameraProfile | None = None,
    recognise: Recognise = recognised,
) -> Connection:
    """Return a conversation with a camera; `fixed` None: it is recognised by what it says."""
    if fixed is not None:
        return Connection(name, address, events, fixed.model)

    def model(version: Version | None) -> CameraModel:
        return recognise(version).model

    return Connection(name, address, events, model(None), model)


class ViscaProtocol:
    """One VISCA camera, as a `CameraProtocol`; `ceiling`: it hangs upside down."""

    self_described = False

    def __init__(
        self,
        name: str,
        address: int,
        events: Events,
        fixed: CameraProfile | None = None,
        recognise: Recognise = recognised,
        *,
        ceiling: bool = False,
    ) -> None:
        self.name, self.address = name, address
        self.connection = connection(name, address, events, fixed, recognise)
        self._fixed, self._recognise, self._ceiling = fixed, recognise, ceiling
        self._recall_speed: int | None = None
        self._speeds_told: set[int] = set()

    @property
    def profile(self) -> CameraProfile:
        """What is known of its model; `generic` until it has said who it is."""
        known = self._fixed or self._recognise(self.connection.seen.version)
        return under_ceiling(known) if self._ceiling else known

    @property
    def modes(self) -> dict[str, tuple[str, ...]]:
        return self.profile.modes

    @property
    def abilities(self) -> tuple[str, ...]:
        return self.profile.abilities

    @property
    def ready(self) -> bool:
        return self.connection.ready

    @property
    def placed(self) -> bool:
        seen = self.connection.seen.pan is not None
        return seen or self.profile.pan is None or "position" in self.unread

    @property
    def moving(self) -> bool:
        return self.connection.seen.moving

    @property
    def stopping(self) -> bool:
        return self.connection.stopping

    @property
    def settle_s(self) -> float | None:
        # Without an ACK the completion tells only that it was heard, not that it is there.
        timing = self.profile.timing
        return timing.move_s if self.profile.has("no-ack") else timing.settle_s

    @property
    def rom(self) -> int | None:
        version = self.connection.seen.version
        return version.rom if version else None

    @property
    def unknown_model(self) -> str | None:
        version = self.connection.seen.version
        if self._fixed is not None or self._recognise(version) is not self._recognise(None):
            return None
        return f"{version.identity} {version.rom:04x}" if version else "unreadable"

    @property
    def refusal(self) -> MoveRefusal | None:
        return self.connection.refusal

    @property
    def unread(self) -> frozenset[Reading]:
        """What it does not say, of what its model is known to say in people's units."""
        asked = {_READINGS[each] for each in self.connection.unread if each in _READINGS}
        return frozenset(asked - self._untold)

    @property
    def _untold(self) -> set[Reading]:
        """What cannot be told of such a camera, whatever it answers."""
        profile = self.profile
        untold: set[Reading] = set()
        untold |= {"position"} if profile.pan is None else set()
        untold |= {"zoom"} if profile.zoom is None else set()
        return untold | ({"power"} if profile.has("no-power") else set())

    def read_since(self, reading: Reading, at: float) -> bool:
        if reading in self._untold:
            return True
        asked = [each for each, name in _READINGS.items() if name == reading]
        return all(self.connection.read_since(each, at) for each in asked)

    def state(self, believed: AssumedState) -> CameraState:
        return described(self.profile, self.connection.seen, believed)

    # Moves that run until told otherwise.

    def drive(
        self, pan: float, tilt: float, zoom: float, focus: float, until: float, now: float
    ) -> None:
        """Move until `until`, unless renewed; each push from -1 to 1.

        Refused "standby"; it is asked again whether it is, for a person may have switched it on.
        """
        profile = self.profile
        if self.connection.seen.power is False:
            self.connection.ask(Inquiry.POWER)
            raise Refused(self.name, "standby", STANDBY)
        must_have(self.name, profile.zoom or not zoom, "zoom")
        must_have(self.name, profile.focus or not focus, "focus that can be driven")
        moves = {
            AxisGroup.PAN_TILT: pan_tilt_drive(profile, pan, tilt),
            AxisGroup.ZOOM: zoom_drive(profile, zoom),
            AxisGroup.FOCUS: focus_drive(profile, focus),
        }
        self.connection.drive(moves, until, now)

    def stop(self, now: float) -> None:
        self.connection.stop(now)

    def submit(self, command: object, ended: Callable[[Outcome], None], now: float) -> None:
        """Have a message said; its time limit is the connection's."""
        if not isinstance(command, Message):
            raise TypeError(f"{command!r} is not a VISCA message")
        self.connection.submit(Request(command, ended), now)

    def forget(self) -> None:
        self._recall_speed = None
        self.connection.forget()

    # What people ask for, as messages.

    def home(self) -> CameraRequest:
        must_have(self.name, self.profile.pan_tilt, "pan and tilt")
        return CameraRequest((Home(),))

    def goto(
        self, pan_deg: float | None, tilt_deg: float | None, zoom_pct: float | None, speed: float
    ) -> CameraRequest:
        """Go to an angle and a zoom; None: as it is now, which must be known for an angle."""
        journey = _Travel(self.name, self.profile, self.connection.seen)
        if pan_deg is not None or tilt_deg is not None:
            journey.to_angle(pan_deg, tilt_deg, speed)
        if zoom_pct is not None:
            journey.to_zoom(zoom_pct)
        return journey.request

    def relative(self, pan_deg: float, tilt_deg: float, speed: float) -> CameraRequest:
        """Go so far from here; a step of less than one unit is none."""
        journey = _Travel(self.name, self.profile, self.connection.seen)
        journey.by_angle(pan_deg, tilt_deg, speed)
        return journey.request

    def recall(self, number: int) -> CameraRequest:
        """Go to a preset; where each has a speed of its own, that is told first, once."""
        recall = Preset(PresetAction.RECALL, number)
        if self._recall_speed is None or number in self._speeds_told:
            return CameraRequest((recall,))
        self._speeds_told.add(number)
        fields = (("preset", number), ("speed", self._recall_speed))
        return CameraRequest((Command("preset_speed", fields), recall), together=True)

    def store(self, number: int) -> CameraRequest:
        return CameraRequest((Preset(PresetAction.SET, number),))

    def delete(self, number: int) -> CameraRequest:
        return CameraRequest((Preset(PresetAction.CLEAR, number),))

    def preset_speed(self, part: float) -> CameraRequest:
        """Go to presets at a part of the top speed from now on."""
        kind = must_have(self.name, self.profile.preset_speed, "speed of its own for presets")
        step = kind.step(part)
        match kind.form:
            case "each":
                self._recall_speed = step
                self._speeds_told.clear()
                return CameraRequest(())
            case "ptzoptics":
                return CameraRequest((Command("preset_speed_ptzoptics", (("speed", step),)),))
        common = Command("preset_speed_common", (("speed", step),))
        return CameraRequest((common, Command("preset_speed_source", (("mode", 2),))))

    def flip(self, on: bool) -> CameraRequest:
        must_have(self.name, self.profile.flip, "command that turns its picture upside down")
        return CameraRequest((Command("flip", (("on", int(on)),)),))

    def mirror(self, on: bool) -> CameraRequest:
        must_have(self.name, self.profile.mirror, "command that mirrors its picture")
        return CameraRequest((Command("mirror", (("on", int(on)),)),))

    def power(self, on: bool) -> CameraRequest:
        must_have(self.name, not self.profile.has("no-power"), "power command")
        return CameraRequest((Power(on),))

    def focus(self, act: str) -> CameraRequest:
        must_have(self.name, self.profile.focus, "focus that can be driven")
        must_be_one_of(self.name, act, FOCUS_ACTS, "focus")
        return CameraRequest((_FOCUS[act],))

    def focus_to(self, pct: float) -> CameraRequest:
        reach = must_have(self.name, self.profile.focus, "focus that can be driven")
        manual = self.connection.seen.settings.get(Inquiry.FOCUS_MODE) == 0
        place = FocusTo(reach.position(pct))
        return CameraRequest((place,) if manual else (_FOCUS["manual"], place))

    def exposure(self, mode: str) -> CameraRequest:
        must_be_one_of(self.name, mode, self.profile.exposure, "exposure mode")
        return CameraRequest((Command("exposure_mode", (("mode", EXPOSURE[mode]),)),))

    def white_balance(self, mode: str) -> CameraRequest:
        """Choose a mode; "one_push" is to be pushed, too."""
        must_be_one_of(self.name, mode, self.profile.white_balance, "white balance")
        chosen = Command("white_balance_mode", (("mode", WHITE_BALANCE[mode]),))
        push = (Command("white_balance_trigger"),) if mode == "one_push" else ()
        return CameraRequest((chosen, *push))

    def backlight(self, on: bool) -> CameraRequest:
        must_have(self.name, self.profile.backlight, "backlight compensation")
        return CameraRequest((Command("backlight", (("on", int(on)),)),))

    def exposure_compensation(self, steps: int) -> CameraRequest:
        """Expose so many steps brighter; 0 switches the compensation off."""
        has = must_have(self.name, self.profile.exposure_compensation, "exposure compensation")
        must_be_one_of(self.name, str(steps), map(str, has.steps), "exposure compensation")
        on = Command("exposure_compensation_on", (("on", int(steps != 0)),))
        level = Command("exposure_compensation_direct", (("value", has.none + steps),))
        return CameraRequest((on, level) if steps else (on,))

    def menu(self, on: bool) -> CameraRequest:
        """Open or close its menu; Refused "not_executable" if one that toggles does not say."""
        form = must_have(self.name, self.profile.menu, "menu that a command opens or closes")
        if form == "close":
            must_have(self.name, not on, "menu that a command opens; use its remote")
            return CameraRequest((Command("menu", (("on", 0),)),))
        is_open = self._menu_open()
        if is_open is None:
            raise Refused(self.name, "not_executable", "does not say whether its menu is open")
        return CameraRequest(() if is_open == on else (_MENU_TOGGLE,))

    def menu_key(self, key: MenuKey, until: float, now: float) -> CameraRequest:
        """Press a key of its menu; an arrow is a drive that ends at `until`.

        Refused "menu_closed" if it is not open, for the camera itself would move then.
        """
        keys = self.profile.modes["menu"]
        must_have(self.name, keys, "keys for its menu")
        must_be_one_of(self.name, key, keys, "menu key")
        if not self._menu_open():
            raise Refused(self.name, "menu_closed", "its menu is not open; open it first")
        if key not in _MENU_WAYS:
            return CameraRequest((Command(f"menu_{key}"),))
        way = Drive(_MENU_SPEED, _MENU_SPEED, *_MENU_WAYS[key])
        self.connection.drive({AxisGroup.PAN_TILT: way}, until, now)
        return CameraRequest(())

    def _menu_open(self) -> bool | None:
        return _fact(self.connection.seen.settings.get(Inquiry.MENU))

    def ir_receive(self, on: bool) -> CameraRequest:
        must_have(self.name, self.profile.ir_receive, "lock for its remote")
        return CameraRequest((Command("ir_receive", (("on", int(on)),)),))

    def tally(self, light: str | None) -> CameraRequest:
        """Put the others out, then light one; None: no lamp."""
        tally = must_have(self.name, self.profile.tally, "tally lamp")
        if light is not None:
            must_be_one_of(self.name, light, tally.lights, "tally lamp")
        commands = [_lamp(tally, other, False) for other in tally.lights if other != light]
        return CameraRequest(tuple(commands if light is None else [*commands, _lamp(tally, light)]))

    def tracking(self, on: bool) -> CameraRequest:
        family = must_have(self.name, self.profile.tracking, "tracking")
        return CameraRequest((Command(_TRACKING[family], (("on", int(on)),)),))

    def raw(self, frame: str) -> CameraRequest:
        """Send a frame that no list of ours needs to know; Refused "raw_frame" says why not."""
        try:
            return CameraRequest((Raw(checked(frame, self.address)),))
        except ValueError as error:
            raise Refused(self.name, "raw_frame", f"not sent: the frame {error}") from None

    def stream_address(self) -> CameraRequest:
        raise Unsupported(self.name, "address of a picture to tell")

    snapshot_address = stream_address


def _lamp(tally: TallyLamps, light: str, on: bool = True) -> Command:
    if tally.form == "ptzoptics":
        return Command("tally_ptzoptics", (("mode", _LAMP_ON if on else _LAMP_OFF),))
    return Command(f"tally_{light}", (("on", int(on)),))


# From a push to speed bytes.


def speed_byte(speeds: SpeedTable, push: float) -> int:
    """Return the speed byte for a push of -1 to 1 (clamped); its sign means nothing here."""
    part = min(abs(push), 1.0)
    known = speeds.deg_per_s[: speeds.max]
    if not known:
        return max(1, round(part * speeds.max))
    wanted = part * known[-1]
    above = bisect_left(known, wanted)  # a slower one is taken if both are as near
    if above and wanted - known[above - 1] <= known[above] - wanted:
        above = bisect_left(known, known[above - 1])
    return 1 + above


def pan_tilt_drive(profile: CameraProfile, pan: float, tilt: float) -> Drive | None:
    """Return the drive for pushes to the right and up; None: at rest."""
    ways = (_way(pan), _way(tilt))
    if ways == (0, 0):
        return None
    return Drive(
        speed_byte(profile.pan_speed, pan),
        speed_byte(profile.tilt_speed, tilt),
        _PANS[ways[0]],
        _TILTS[ways[1]],
    )


def zoom_drive(profile: CameraProfile, push: float) -> ZoomDrive | None:
    """Return the drive for a push towards tele; None: at rest, or it has no zoom."""
    way, reach = _way(push), profile.zoom
    if way == 0 or reach is None:
        return None
    return ZoomDrive(Zoom.TELE if way > 0 else Zoom.WIDE, _step(reach, push))


def focus_drive(profile: CameraProfile, push: float) -> FocusDrive | None:
    """Return the drive for a push towards near; None: at rest, or its focus is not driven."""
    way, reach = _way(push), profile.focus
    if way == 0 or reach is None:
        return None
    return FocusDrive(Focus.NEAR if way > 0 else Focus.FAR, _step(reach, push))


def _way(push: float) -> int:
    return 0 if abs(push) < DEAD_ZONE else 1 if push > 0 else -1


def _step(reach: ZoomRange | FocusRange, push: float) -> int:
    steps = reach.speed_max - reach.speed_min + 1
    return reach.speed_min + max(1, round(min(abs(push), 1.0) * steps)) - 1


# From degrees and per cent to the camera's own units, and what had to be clamped.


class _Travel:
    """What is to be said to get somewhere: `messages`, and which parts were `clamped`."""

    def __init__(self, camera: str, profile: CameraProfile, seen: Readback) -> None:
        self.messages: list[Message] = []
        self.clamped: list[Part] = []
        self._camera, self._profile, self._seen = camera, profile, seen

    @property
    def request(self) -> CameraRequest:
        return CameraRequest(tuple(self.messages), tuple(self.clamped), together=True)

    def to_angle(self, pan_deg: float | None, tilt_deg: float | None, speed: float) -> None:
        """Go to an angle; None: as it is now, which must be known then."""
        pan, tilt = self._axes()
        places = (
            self._place("pan", pan, pan_deg, self._seen.pan),
            self._place("tilt", tilt, tilt_deg, self._seen.tilt),
        )
        self.messages.append(Absolute(*self._speeds(speed), *places))

    def by_angle(self, pan_deg: float, tilt_deg: float, speed: float) -> None:
        """Go so far from here; a step of less than one unit is none."""
        pan, tilt = self._axes()
        steps = (
            self._step("pan", pan, pan_deg, self._seen.pan),
            self._step("tilt", tilt, tilt_deg, self._seen.tilt),
        )
        if any(steps):
            self.messages.append(Relative(*self._speeds(speed), *steps))

    def to_zoom(self, pct: float) -> None:
        """Zoom to 0 (wide) to 100 (tele)."""
        reach: ZoomRange | None = self._profile.zoom
        if reach is None:
            raise Unsupported(self._camera, "zoom")
        self._note("zoom", not 0 <= pct <= 100)
        self.messages.append(ZoomTo(reach.position(pct)))

    def _axes(self) -> tuple[PtzAxis, PtzAxis]:
        pan, tilt = self._profile.pan, self._profile.tilt
        if pan is None or tilt is None:
            raise Unsupported(self._camera, "positions in degrees: its profile does not know them")
        return pan, tilt

    def _speeds(self, speed: float) -> tuple[int, int]:
        return speed_byte(self._profile.pan_speed, speed), speed_byte(
            self._profile.tilt_speed, speed
        )

    def _place(self, part: Part, axis: PtzAxis, degrees: float | None, now: int | None) -> int:
        if degrees is not None:
            self._note(part, not axis.min_deg <= degrees <= axis.max_deg)
            return axis.units(degrees)
        if now is None:
            why = f"does not report its position; give {part}_deg too"
            raise Refused(self._camera, "position_unknown", why)
        return now

    def _step(self, part: Part, axis: PtzAxis, degrees: float, now: int | None) -> int:
        if now is None:
            return round(axis.sign * degrees * axis.units_per_degree)
        target = axis.degrees(now) + degrees
        self._note(part, degrees != 0 and not axis.min_deg <= target <= axis.max_deg)
        return axis.units(target) - now if degrees else 0

    def _note(self, part: Part, clamped: bool) -> None:
        if clamped:
            self.clamped.append(part)


# What it has said, in people's units and words.


def described(
    profile: CameraProfile,
    seen: Readback,
    believed: AssumedState = NOTHING_BELIEVED,
) -> CameraState:
    """Return the state of a camera that has said `seen`.

    Whether it follows people is `believed` of those that cannot be asked: all but Sony's.
    """
    pan, tilt, zoom, focus = profile.pan, profile.tilt, profile.zoom, profile.focus
    told = seen.settings
    tracks = _fact(told.get(Inquiry.TRACKING))
    at_focus, automatic = told.get(Inquiry.FOCUS), told.get(Inquiry.FOCUS_MODE)
    return CameraState(
        power=seen.power,
        pan_deg=pan.degrees(seen.pan) if pan and seen.pan is not None else None,
        tilt_deg=tilt.degrees(seen.tilt) if tilt and seen.tilt is not None else None,
        zoom_pct=zoom.percent(seen.zoom) if zoom and seen.zoom is not None else None,
        moving=seen.moving,
        focus=None if automatic is None else "auto" if automatic else "manual",
        focus_pct=focus.percent(at_focus) if focus and at_focus is not None else None,
        exposure=mode_of(EXPOSURE, told.get(Inquiry.EXPOSURE_MODE)),
        white_balance=mode_of(WHITE_BALANCE, told.get(Inquiry.WHITE_BALANCE_MODE)),
        backlight=_fact(told.get(Inquiry.BACKLIGHT)),
        exposure_compensation=_compensation(profile, told),
        flip=_fact(told.get(Inquiry.FLIP)),
        mirror=_fact(told.get(Inquiry.MIRROR)),
        menu=_fact(told.get(Inquiry.MENU)) if profile.menu else None,
        ir_receive=_fact(told.get(Inquiry.IR_RECEIVE)),
        tally=believed.tally,
        tracking=tracks if profile.tracking == "sony" else believed.tracking,
        preset=believed.preset,
        model=profile.name if seen.version else None,
        firmware=f"{seen.version.rom:04x}" if seen.version else None,
    )


def _compensation(profile: CameraProfile, told: Mapping[Inquiry, int]) -> int | None:
    """Return how many steps brighter it exposes; None: it does not say."""
    on = told.get(Inquiry.EXPOSURE_COMPENSATION_ON)
    level, has = told.get(Inquiry.EXPOSURE_COMPENSATION), profile.exposure_compensation
    if has is None or on is None or level is None:
        return None
    return level - has.none if on else 0


def _fact(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def mode_of(codes: Mapping[str, int], code: int | None) -> str | None:
    """Return the mode that a code of the wire means; None: not known, or no mode of ours."""
    return next((mode for mode, value in codes.items() if value == code), None)


# A frame that somebody typed. Vendors have commands that no list of ours knows, so an unknown one
# may pass; what could run away, renumber a chain, or pull the rug from under the conversation may
# not, in whatever form.

_RUNS_ON = frozenset(
    (
        *("zoom_tele", "zoom_wide", "zoom_tele_variable", "zoom_wide_variable"),
        *("zoom_fine_tele", "zoom_fine_wide"),
        *("digital_zoom_tele_variable", "digital_zoom_wide_variable"),
        *("focus_far", "focus_near", "focus_far_variable", "focus_near_variable"),
    )
)
# Forms of moves that no list has, such as a drive with speed 00: nobody knows what they would do.
_MOVES = ("010601", "010602", "010603", "010407", "010408", "017e0417")
_LINE = {"if_clear": "it empties the camera's sockets", "cancel": "it cancels what others asked"}
_STILL = 3


def checked(text: str, address: int) -> bytes:
    """Return the bytes between header and FF of a typed frame for camera `address`.

    `text`: hex digits, blanks as you like, with header and FF or without both. ValueError says in
    plain words why it is not sent.
    """
    body = _body(_bytes_of(text), address)
    _refuse_harm(body)
    return body


def _bytes_of(text: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise ValueError("is not hex digits, two for each byte, such as 81 09 04 47 FF") from None
    if not data:
        raise ValueError("is empty")
    return data


def _body(data: bytes, address: int) -> bytes:
    if data[0] >= 0x80:
        header = 0x80 | address
        if data[0] == 0x88:
            raise ValueError("is a broadcast; a frame goes to one camera")
        if data[0] != header:
            raise ValueError(
                f"begins with {data[0]:02X}; this camera's frames do with {header:02X}"
            )
        if data[-1] != END:
            raise ValueError("has no FF at its end")
        data = data[1:-1]
    if END in data:
        raise ValueError("has an FF in its middle; one frame at a time")
    if not SHORTEST - 2 <= len(data) <= LONGEST - 2:
        raise ValueError(f"has {len(data)} bytes between header and FF; 1 to {LONGEST - 2} fit")
    return data


def _refuse_harm(body: bytes) -> None:
    if body[0] == 0x30:
        raise ValueError("sets addresses; that is the line's business")
    if body[0] not in (0x01, 0x09, 0x0A) and body[0] >> 4 != 0x2:
        raise ValueError(f"begins with {body[0]:02X}; commands do with 01 or 0A, inquiries with 09")
    said = codec.decode(bytes((0x81, *body, END)))
    if isinstance(said, BadFrame):
        if body.hex().startswith(_MOVES):
            raise ValueError("is a move of no known form; is a speed 00?")
        return
    if said.name in _LINE:
        raise ValueError(f"is {said.name}: {_LINE[said.name]}")
    ways = (said.fields.get("pan_direction"), said.fields.get("tilt_direction"))
    if said.name in _RUNS_ON or (said.name == "pan_tilt_drive" and ways != (_STILL, _STILL)):
        raise ValueError(f"is {said.name}, which runs until told otherwise; use camera.drive")

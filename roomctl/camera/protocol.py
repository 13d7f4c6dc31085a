"""What one make of camera speaks, as the `Camera` sees it: VISCA, USB controls, AW or ONVIF.

Knows no port, no clock and no bytes. A new make is one class with this shape; one that says itself
what it is begins as `SelfDescribed`. It says what a model can do, turns what people ask for into
requests, and hands those to a conversation of its own; the `Camera` waits for them. Degrees count
right and up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, Literal, NoReturn, Protocol, TypeVar

from roomctl.camera.profile import CameraProfile
from roomctl.errors import PortError, PortReason, Unsupported
from roomctl.frozen import frozen
from roomctl.motion import MoveRefusal, Outcome, PolledMotion

T = TypeVar("T")

DEAD_ZONE = 0.02  # of a push from -1 to 1: a joystick at rest is not quite 0
STANDBY = "is in standby; switch it on first"

Part = Literal["pan", "tilt", "zoom"]
Reading = Literal[
    "position",
    "zoom",
    "power",
    "focus",
    "exposure",
    "white_balance",
    "backlight",
    "exposure_compensation",
    "flip",
    "mirror",
    "menu",
    "ir_receive",
    "tracking",
]
"""What a camera is asked about itself again and again."""
MenuKey = Literal["up", "down", "left", "right", "enter", "back"]


@frozen
class CameraState:
    """What a camera is known to be doing; None: not known. Degrees count right and up.

    `zoom_pct`: 0 wide to 100 tele. `focus_pct`: 0 far to 100 near. `ir_receive`: whether it obeys
    its infrared remote. `exposure_compensation`: steps brighter (0: none). `flip`, `mirror`:
    whether it turns its picture upside down, or left to right. `menu`: whether its menu is open.
    `firmware`: the ROM version in hex, as it answers.
    """

    power: bool | None = None
    pan_deg: float | None = None
    tilt_deg: float | None = None
    zoom_pct: float | None = None
    moving: bool = False
    focus: Literal["auto", "manual"] | None = None
    focus_pct: float | None = None
    exposure: str | None = None
    white_balance: str | None = None
    backlight: bool | None = None
    exposure_compensation: int | None = None
    flip: bool | None = None
    mirror: bool | None = None
    menu: bool | None = None
    ir_receive: bool | None = None
    tally: str | None = None
    tracking: bool | None = None
    preset: int | None = None
    model: str | None = None
    firmware: str | None = None


@frozen
class MoveResult:
    """Where a move ended, as read back (None: it does not say), and what had to be clamped."""

    pan_deg: float | None
    tilt_deg: float | None
    zoom_pct: float | None
    clamped: tuple[Part, ...] = ()


@frozen
class AssumedState:
    """What no camera tells, so that it is taken to be as it was told last.

    The preset it was sent to, the lamp that was lit ("off": none), whether it follows people.
    """

    preset: int | None = None
    tally: str | None = None
    tracking: bool | None = None


NOTHING_BELIEVED = AssumedState()


@frozen
class CameraRequest:
    """Commands that together do what was asked; what a command is, its protocol alone knows.

    `together`: all are handed over at once; else each waits for the end of the one before.
    """

    commands: tuple[object, ...]
    clamped: tuple[Part, ...] = ()
    together: bool = False


class CameraProtocol(Protocol):
    """The conversation with one camera, from the opening of its port until it is lost.

    What a model does not have is Unsupported; a value that nobody knows is Refused.

    `ready`: it has answered, and may be used. `placed`: it has said where it stands, or does not.
    `self_described`: what it can do is known only once it has answered. `settle_s`: how long
    to wait after a move until it is seen to stand; None: the end of a move says that.
    `unknown_model`: what a camera that no profile knows said of itself. `refusal`: why one that
    answers does not move. `unread`: what it should say of itself, and does not: what it said of
    that before is told no more.
    """

    self_described: bool

    @property
    def profile(self) -> CameraProfile: ...
    @property
    def abilities(self) -> tuple[str, ...]: ...
    @property
    def modes(self) -> dict[str, tuple[str, ...]]: ...
    @property
    def ready(self) -> bool: ...
    @property
    def placed(self) -> bool: ...
    @property
    def moving(self) -> bool: ...
    @property
    def stopping(self) -> bool: ...
    @property
    def settle_s(self) -> float | None: ...
    @property
    def rom(self) -> int | None: ...
    @property
    def unknown_model(self) -> str | None: ...
    @property
    def refusal(self) -> MoveRefusal | None: ...
    @property
    def unread(self) -> frozenset[Reading]: ...
    def read_since(self, reading: Reading, at: float) -> bool:
        """Whether it has said that since `at`, or never does."""
        ...

    def state(self, believed: AssumedState) -> CameraState: ...

    def drive(
        self, pan: float, tilt: float, zoom: float, focus: float, until: float, now: float
    ) -> None: ...
    def stop(self, now: float) -> None: ...
    def submit(self, command: object, ended: Callable[[Outcome], None], now: float) -> None: ...
    def forget(self) -> None: ...

    def home(self) -> CameraRequest: ...
    def goto(
        self, pan_deg: float | None, tilt_deg: float | None, zoom_pct: float | None, speed: float
    ) -> CameraRequest: ...
    def relative(self, pan_deg: float, tilt_deg: float, speed: float) -> CameraRequest: ...
    def recall(self, number: int) -> CameraRequest: ...
    def store(self, number: int) -> CameraRequest: ...
    def delete(self, number: int) -> CameraRequest: ...
    def preset_speed(self, part: float) -> CameraRequest: ...
    def flip(self, on: bool) -> CameraRequest: ...
    def mirror(self, on: bool) -> CameraRequest: ...
    def power(self, on: bool) -> CameraRequest: ...
    def focus(self, act: str) -> CameraRequest: ...
    def focus_to(self, pct: float) -> CameraRequest: ...
    def exposure(self, mode: str) -> CameraRequest: ...
    def white_balance(self, mode: str) -> CameraRequest: ...
    def backlight(self, on: bool) -> CameraRequest: ...
    def exposure_compensation(self, steps: int) -> CameraRequest: ...
    def menu(self, on: bool) -> CameraRequest: ...
    def menu_key(self, key: MenuKey, until: float, now: float) -> CameraRequest: ...
    def ir_receive(self, on: bool) -> CameraRequest: ...
    def tally(self, light: str | None) -> CameraRequest: ...
    def tracking(self, on: bool) -> CameraRequest: ...
    def raw(self, frame: str) -> CameraRequest: ...
    def stream_address(self) -> CameraRequest:
        """Ask where its stream is, for a picture; likewise where it makes single ones."""
        ...

    def snapshot_address(self) -> CameraRequest: ...


class CameraConnection(Protocol):
    """What a connection of any kind knows of its camera, and can always be told."""

    @property
    def ready(self) -> bool: ...
    @property
    def moving(self) -> bool: ...
    @property
    def motion(self) -> PolledMotion[Any, Any, Any]: ...
    @property
    def unread(self) -> frozenset[Reading]: ...
    def stop(self, now: float) -> None: ...
    def forget(self) -> None: ...


C = TypeVar("C", bound=CameraConnection)


class SelfDescribed(Generic[C]):
    """What the protocols of cameras share that say themselves what they are.

    Each brings its `connection`, and what its cameras have; of what is left here they have nothing.
    """

    self_described = True
    settle_s: float | None = None  # a move is over when it was seen to stand
    rom: int | None = None
    unknown_model: str | None = None

    def __init__(self, name: str, connection: C) -> None:
        self.name, self.connection = name, connection

    @property
    def ready(self) -> bool:
        return self.connection.ready

    @property
    def placed(self) -> bool:
        return True  # it is ready once it has said that, if it ever does

    @property
    def moving(self) -> bool:
        return self.connection.moving

    @property
    def stopping(self) -> bool:
        return self.connection.motion.stopping

    @property
    def refusal(self) -> MoveRefusal | None:
        return self.connection.motion.refusal

    @property
    def unread(self) -> frozenset[Reading]:
        return self.connection.unread

    def read_since(self, reading: Reading, at: float) -> bool:
        return reading not in self.unread  # a move is over when it was seen to stand

    def stop(self, now: float) -> None:
        self.connection.stop(now)

    def forget(self) -> None:
        self.connection.forget()

    def recall(self, number: int) -> CameraRequest:
        self._has_no("presets of its own")

    def store(self, number: int) -> CameraRequest:
        self._has_no("presets of its own")

    def delete(self, number: int) -> CameraRequest:
        self._has_no("presets that can be deleted")

    def preset_speed(self, part: float) -> CameraRequest:
        self._has_no("speed of its own for presets")

    def flip(self, on: bool) -> CameraRequest:
        self._has_no("command that turns its picture upside down")

    def mirror(self, on: bool) -> CameraRequest:
        self._has_no("command that mirrors its picture")

    def power(self, on: bool) -> CameraRequest:
        self._has_no("power command")

    def focus(self, act: str) -> CameraRequest:
        self._has_no("focus that can be driven")

    def focus_to(self, pct: float) -> CameraRequest:
        self._has_no("focus that can be driven")

    def exposure(self, mode: str) -> CameraRequest:
        self._has_no("exposure modes")

    def white_balance(self, mode: str) -> CameraRequest:
        self._has_no("white balances")

    def backlight(self, on: bool) -> CameraRequest:
        self._has_no("backlight compensation")

    def exposure_compensation(self, steps: int) -> CameraRequest:
        self._has_no("exposure compensation")

    def menu(self, on: bool) -> CameraRequest:
        self._has_no("menu that a command opens or closes")

    def menu_key(self, key: MenuKey, until: float, now: float) -> CameraRequest:
        self._has_no("keys for its menu")

    def ir_receive(self, on: bool) -> CameraRequest:
        self._has_no("lock for its remote")

    def tally(self, light: str | None) -> CameraRequest:
        self._has_no("tally lamp")

    def tracking(self, on: bool) -> CameraRequest:
        self._has_no("tracking")

    def raw(self, frame: str) -> CameraRequest:
        self._has_no("frames to send: it is not a VISCA camera")

    def stream_address(self) -> CameraRequest:
        self._has_no("address of a picture to tell")

    def snapshot_address(self) -> CameraRequest:
        self._has_no("address of a picture to tell")

    def _has_no(self, what: str) -> NoReturn:
        raise Unsupported(self.name, what)


class ProtocolEvents(Protocol):
    """Whom a conversation tells what happens: that it answered, fell silent, or is otherwise."""

    def answered(self) -> None: ...
    def silent(self, detail: str) -> None: ...
    def changed(self) -> None: ...


class LoginRefused(PortError):
    """The camera wants another user and password, or wants them in another way."""

    def __init__(self, url: str, why: str, reason: PortReason = PortReason.REFUSED) -> None:
        super().__init__(url, why, reason)


def must_have(camera: str, has: T | None, what: str) -> T:
    """Return what its profile has; Unsupported if that is nothing."""
    if not has:
        raise Unsupported(camera, what)
    return has


def must_be_one_of(camera: str, word: str, words: Iterable[str], what: str) -> None:
    """Raise Unsupported, naming those there are, unless `word` is one of them."""
    known = ", ".join(words := tuple(words))
    if word not in words:
        raise Unsupported(camera, f"{what} {word!r}; it has {known}" if known else what)

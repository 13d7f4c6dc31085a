"""A line with simulated cameras at its other end, in invented time."""

from collections.abc import Sequence

from roomctl.camera.profile import CameraProfile, recognised, shipped
from roomctl.camera.visca import connection
from roomctl.motion import Outcome
from roomctl.visca.bus import Bus
from roomctl.visca.connection import Connection
from roomctl.visca.message import Drive, FocusDrive, Message, Pan, Tilt, Zoom, ZoomDrive
from roomctl.visca.request import AxisGroup, Request
from roomctl.visca.sim import SimCamera, SimLine
from roomctl.wire import Virtual

RIGHT = Drive(0x10, 0x10, Pan.RIGHT, Tilt.STILL)
LEFT = Drive(0x10, 0x10, Pan.LEFT, Tilt.STILL)
TELE = ZoomDrive(Zoom.TELE, 3)
STOP = "060118170303"


class Heard:
    """What a conversation told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def answered(self) -> None:
        self.told.append("answered")

    def silent(self, detail: str) -> None:
        self.told.append(detail)

    def changed(self) -> None:
        """Nothing to note: the tests look at what has been seen."""


class Rig(Virtual):
    """One to seven cameras of one model, started unless told otherwise."""

    def __init__(
        self,
        model: str | CameraProfile = "sony_srg300h",
        addresses: Sequence[int] = (1,),
        *,
        baud: int | None = 9600,
        start: bool = True,
    ) -> None:
        profile = shipped()[model] if isinstance(model, str) else model
        fixed = None if profile.match and isinstance(model, str) else profile
        self._fixed = fixed
        self.events = [Heard() for _ in addresses]
        self.talks = [
            connection(f"camera{address}", address, events, fixed)
            for address, events in zip(addresses, self.events, strict=True)
        ]
        self.cameras = [SimCamera(profile, address) for address in addresses]
        self.line, self.sim = Bus(self.talks, baud), SimLine(self.cameras, baud)
        super().__init__(self.line, self.sim)
        if start:
            self.run(2.0)

    @property
    def profile(self) -> CameraProfile:
        """Return what the first camera was recognised as, or is said to be."""
        return self._fixed or recognised(self.talk.seen.version)

    @property
    def talk(self) -> Connection:
        return self.talks[0]

    @property
    def camera(self) -> SimCamera:
        return self.cameras[0]

    def drive(
        self,
        move: Drive | None,
        zoom: ZoomDrive | None = None,
        focus: FocusDrive | None = None,
        lease_s: float = 0.3,
    ) -> None:
        wanted = {AxisGroup.PAN_TILT: move, AxisGroup.ZOOM: zoom, AxisGroup.FOCUS: focus}
        self.talk.drive(wanted, self.now + lease_s, self.now)
        self.settle()

    def stop(self) -> None:
        self.talk.stop(self.now)
        self.settle()

    def submit(self, message: Message) -> list[Outcome]:
        """Submit a command; the list fills with its outcome."""
        outcomes: list[Outcome] = []
        self.talk.submit(Request(message, outcomes.append), self.now)
        self.settle()
        return outcomes

    def heard_since(self, at: float) -> list[str]:
        """Return what the cameras were told after `at`, without polls."""
        return [f[:-2] for when, f in self.sim.heard if when > at and not f[2:].startswith("09")]

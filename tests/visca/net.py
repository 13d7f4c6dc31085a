"""One camera behind a network that may be bad, in invented time."""

from roomctl.camera.profile import CameraProfile, shipped
from roomctl.camera.visca import connection
from roomctl.motion import Outcome
from roomctl.visca.bus import Bus
from roomctl.visca.ip import OverIp
from roomctl.visca.message import (
    Drive,
    Message,
    Preset,
    PresetAction,
    Relative,
)
from roomctl.visca.request import AxisGroup, Request
from roomctl.visca.sim import SimCamera, SimIp
from roomctl.wire import Virtual
from tests.visca.rig import TELE, Heard

RESET = "020000010000000001"
STORE_1 = Preset(PresetAction.SET, 0)
STEP = Relative(0x18, 0x14, 512, 0)  # 10 degrees right on an SRG-300H
LIMIT_S = 60.0


class Net(Virtual):
    """One camera behind a network, started; `sent` is what the driver wrote, in hex."""

    def __init__(
        self, model: str | CameraProfile = "sony_srg300h", seed: int = 1, start: bool = True
    ) -> None:
        profile = shipped()[model] if isinstance(model, str) else model
        self.events = Heard()
        fixed = profile if profile.sequence == "fixed" else None
        self.talk = connection("camera", 1, self.events, fixed)
        self.camera = SimCamera(profile)
        self.sim = SimIp(self.camera, seed)
        self.driver = Recorded(Bus([self.talk], None))
        super().__init__(self.driver, self.sim)
        if start:
            self.run(2.0)

    def bad(self, *, loss: float = 0.2, duplicate: float = 0.0, reorder: float = 0.0) -> None:
        self.sim.loss, self.sim.duplicate, self.sim.reorder = loss, duplicate, reorder

    def submit(self, message: Message) -> list[Outcome]:
        outcomes: list[Outcome] = []
        self.talk.submit(Request(message, outcomes.append), self.now)
        self.settle()
        return outcomes

    def drive(self, move: Drive) -> None:
        wanted = {AxisGroup.PAN_TILT: move, AxisGroup.ZOOM: TELE}
        self.talk.drive(wanted, self.now + 0.3, self.now)
        self.settle()

    def taken(self, part: str) -> int:
        """Return how often the camera took a message with `part` in it."""
        return sum(part in message for _, message in self.sim.heard)


class Recorded(OverIp):
    """The driver's end, with what it wrote."""

    def __init__(self, line: Bus) -> None:
        super().__init__(line)
        self.wrote: list[str] = []

    def outbox(self, now: float) -> bytes | None:
        data = super().outbox(now)
        if data is not None:
            self.wrote.append(data.hex())
        return data


def after(net: Net, at: int) -> list[str]:
    """Return what was written from there on, without polls."""
    return [datagram for datagram in net.driver.wrote[at:] if datagram[:4] != "0110"]

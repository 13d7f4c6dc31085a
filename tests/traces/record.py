"""Records the traces of this folder whose camera is simulated: `python -m tests.traces.record`.

They are data: they are recorded again only when the simulated camera is meant to behave
differently. A trace from a real camera is put beside them by hand, with `# ends:` for what it must
end with.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from roomctl.camera.profile import shipped
from roomctl.camera.tools.trace import lines, parse
from roomctl.camera.visca import connection
from roomctl.clock import Moment
from roomctl.motion import Outcome
from roomctl.visca.bus import Bus
from roomctl.visca.ip import OverIp
from roomctl.visca.message import Home, Preset, PresetAction, Relative
from roomctl.visca.request import AxisGroup, Request
from roomctl.visca.sim import SimCamera, SimIp, SimLine
from roomctl.wire import Chunk, Machine, Record, Ring, Virtual
from tests.camera.replay import replay
from tests.visca.rig import LEFT, RIGHT, TELE, Heard

HERE = Path(__file__).parent
EXPECTED = ("ready", "power", "pan_deg", "tilt_deg", "zoom_pct", "moving", "commands")
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Tapped:
    """A machine whose words, and what it hears, go into a ring."""

    def __init__(self, machine: Machine, ring: Ring) -> None:
        self._machine, self._ring = machine, ring
        self.tick, self.due = machine.tick, machine.due
        self.sent, self.failed = machine.sent, machine.failed

    def receive(self, chunk: Chunk) -> None:
        self._ring.note(Record(chunk.at, "in", chunk.data))
        self._machine.receive(chunk)

    def outbox(self, now: float) -> bytes | None:
        if (data := self._machine.outbox(now)) is not None:
            self._ring.note(Record(now, "out", data))
        return data


class Scene:
    """One camera and its line, and what happens to them."""

    def __init__(self, model: str, url: str, baud: int | None = None, *, named: bool = False):
        self.facts = {"camera": "front"} | ({"profile": model} if named else {})
        self.url, self.baud, self.ring = url, baud, Ring()
        self.outcomes: list[Outcome] = []
        self.camera = SimCamera(shipped()[model])
        self.camera.boot_s = 2.0
        self.over_ip = url.startswith("visca-ip")
        self.far = SimIp(self.camera) if self.over_ip else SimLine([self.camera], baud)
        self.now = 0.0
        self.open()

    def open(self) -> None:
        self.ring.note(Record(self.now, "open", note=self.url))
        self.talk = connection("front", 1, Heard(), shipped().get(self.facts.get("profile")))
        line = Bus([self.talk], self.baud)
        near = Tapped(OverIp(line) if self.over_ip else line, self.ring)
        self.room = Virtual(near, self.far, now=self.now)

    def lose(self, why: str) -> None:
        self.talk.forget()
        self.ring.note(Record(self.now, "lost", note=why))

    def run(self, seconds: float) -> None:
        self.room.run(seconds)
        self.now = self.room.now

    def drive(self, move: object, zoom: object = None, seconds: float = 0.5) -> None:
        wanted = {AxisGroup.PAN_TILT: move, AxisGroup.ZOOM: zoom}
        self.talk.drive(wanted, self.now + seconds, self.now)
        self.run(seconds + 1.5)

    def submit(self, message: object, seconds: float) -> None:
        self.talk.submit(Request(message, self.outcomes.append), self.now)
        self.run(seconds)


def power_cycle() -> Scene:
    """The mains plug is pulled during a recall; the camera boots and is used again."""
    scene = Scene("sony_srg300h", "serial:/dev/ttyUSB0?baud=9600", 9600)
    scene.camera.presets[2] = (100.0, 10.0, 0x1000)
    scene.run(2)
    scene.drive(RIGHT)
    scene.submit(Preset(PresetAction.RECALL, 2), 0.5)
    scene.camera.power_cycle()
    scene.run(8)
    scene.drive(LEFT, TELE)
    scene.run(6)
    return scene


def garbled() -> Scene:
    """One byte of a reply is damaged: of an answer, of an ACK, of a completion."""
    scene = Scene("sony_brc300", "serial:/dev/ttyUSB0?baud=9600", 9600)
    scene.run(2)
    scene.camera.garble_next = True
    scene.drive(RIGHT)
    scene.camera.garble_next = True
    scene.submit(Home(), 4)
    scene.camera.garble_next = True
    scene.run(6)
    return scene


def unplugged() -> Scene:
    """The connection breaks while the camera is driven, and is opened again."""
    scene = Scene("ptzoptics_g2", "tcp://192.0.2.7:5678", named=True)
    scene.run(2)
    scene.talk.drive({AxisGroup.PAN_TILT: RIGHT}, scene.now + 60, scene.now)
    scene.run(0.4)
    scene.lose("the other end hung up")
    scene.now += 3.0
    scene.open()
    scene.run(3)
    scene.submit(Home(), 4)
    return scene


def lossy() -> Scene:
    """A tenth of the datagrams are lost, some come twice; a relative move must run once at most."""
    scene = Scene("sony_brcx400", "visca-ip://192.0.2.8")
    scene.run(2)
    scene.far.loss, scene.far.duplicate = 0.1, 0.1
    for _ in range(4):
        scene.submit(Relative(0x10, 0x10, 200, 0), 4)
    scene.drive(LEFT)
    scene.far.loss = scene.far.duplicate = 0.0
    scene.run(6)
    return scene


SCENES: tuple[Callable[[], Scene], ...] = (power_cycle, garbled, unplugged, lossy)


def record(scenes: Iterable[Callable[[], Scene]] = SCENES) -> None:
    for play in scenes:
        scene = play()
        now = Moment(scene.now, NINE, synced=True)
        text = "\n".join(lines(scene.ring.records(), now, scene.facts)) + "\n"
        facts = replay(parse(text)).facts()
        ends = "; ".join(f"{name}={facts[name]}" for name in EXPECTED)
        said = f"# {play.__doc__}\n# ends: {ends}\n"
        (HERE / f"{play.__name__}.trace").write_text(said + text, encoding="utf-8")


if __name__ == "__main__":
    record()

"""The conversation with an AW camera: what is said when, and that it always comes to a stop."""

import itertools
import random

import pytest

from roomctl.camera.aw.connection import (
    CAM_PACE_S,
    PTZ_PACE_S,
    SLOW_PACE_S,
    STOPS,
    AwConnection,
    AwRequest,
)
from roomctl.camera.aw.message import command_of
from roomctl.camera.protocol import LoginRefused
from roomctl.camera.sim.aw import SimAw
from roomctl.camera.sim.host import HEARD
from roomctl.motion import MoveRefusal, Outcome, RequestEnd
from roomctl.ports.http import HttpAnswer, HttpRequest
from roomctl.wire import Chunk, Virtual

RIGHT, LEFT, TELE = "#PTS9950", "#PTS0150", "#Z99"


class Events:
    def __init__(self) -> None:
        self.silences: list[str] = []
        self.changes = 0

    def answered(self) -> None:
        pass

    def silent(self, detail: str) -> None:
        self.silences.append(detail)

    def changed(self) -> None:
        self.changes += 1


class Desk:
    """A connection and a simulated camera, in invented time."""

    def __init__(self, model: str = "AW-UE100") -> None:
        self.events, self.camera = Events(), SimAw(model)
        self.connection = AwConnection(self.events, "aw://camera")
        self.room = Virtual(self.connection, self.camera)
        self.room.run(2.0)

    @property
    def now(self) -> float:
        return self.room.now

    def drive(self, command: str = RIGHT, lease_s: float = 60.0) -> None:
        group = "zoom" if command.startswith("#Z") else "pan_tilt"
        self.connection.drive({group: command}, self.now + lease_s, self.now)

    def stop(self) -> None:
        self.connection.stop(self.now)

    def heard(self, since: float = 0.0) -> list[tuple[float, str]]:
        return [(round(at - since, 3), what) for at, what in self.camera.heard if at >= since]

    def moving(self) -> bool:
        self.camera.tick(self.now)
        return self.camera.moving


def asked(data: bytes) -> str:
    return command_of(HttpRequest.decode(data).target) or ""


def test_it_is_stopped_before_it_is_asked_anything_and_not_too_soon() -> None:
    heard = Desk().heard()
    assert heard[:4] == [(0.0, "#PTS5050"), (0.13, "#Z50"), (0.26, "#F50"), (0.26, "QID")]


def test_a_press_moves_it_and_a_release_stops_it() -> None:
    desk = Desk()
    desk.drive()
    desk.room.run(1.0)
    assert desk.camera.pan_deg > 30
    assert desk.connection.moving
    desk.stop()
    desk.room.run(0.0)
    assert not desk.moving()
    desk.room.run(1.0)
    assert not desk.connection.moving


def test_a_lease_that_ends_stops_it() -> None:
    desk = Desk()
    desk.drive(lease_s=0.3)
    desk.room.run(0.301)
    assert not desk.moving()


@pytest.mark.parametrize("since_poll_s", [0.0, 0.01, 0.03, 0.05, 0.5])
def test_a_stop_is_said_at_once_whatever_is_on_its_way(since_poll_s: float) -> None:
    desk = Desk()
    desk.drive()
    desk.room.run(0.5)
    desk.camera.delay_s = 0.9  # from now on every answer is late
    before = len(desk.camera.heard)
    while len(desk.camera.heard) == before:
        desk.room.run(0.001)
    desk.room.run(since_poll_s)
    at = desk.now
    desk.stop()
    desk.room.settle()
    assert (0.0, "#PTS5050") in desk.heard(at)
    assert not desk.moving()


def test_a_stop_that_is_lost_is_said_again_until_it_is_answered() -> None:
    desk = Desk()
    desk.drive()
    desk.room.run(0.5)
    desk.camera.loses, at = 3, desk.now
    desk.stop()
    desk.room.run(0.05)
    assert desk.moving()
    assert desk.connection.motion.stopping
    desk.room.run(1.5)
    stops = [when for when, what in desk.heard(at) if what == "#PTS5050"]
    assert len(stops) >= 3
    assert not desk.moving()
    assert not desk.connection.motion.stopping


def test_a_stop_that_is_answered_and_not_done_is_said_again() -> None:
    desk = Desk()
    desk.drive()
    desk.room.run(0.5)
    desk.camera.deaf_stops = 2  # the first, and the one behind it that came not too soon
    desk.stop()
    desk.room.run(0.5)
    assert desk.moving()
    desk.room.run(1.5)
    assert not desk.moving()
    assert not desk.connection.moving


def test_a_head_that_somebody_else_moves_is_not_fought_for_ever() -> None:
    desk = Desk()
    desk.drive(TELE)
    desk.room.run(0.3)
    desk.camera.deaf_stops = 1000
    desk.camera.zoom.go(desk.camera.zoom.high, 5.0, desk.now)
    at = desk.now
    desk.stop()
    desk.room.run(60.0)
    assert len([what for _, what in desk.heard(at) if what == "#Z50"]) <= 8


def test_a_camera_that_goes_on_after_every_stop_is_told_of_until_it_stands() -> None:
    desk = Desk()
    desk.camera.deaf_stops = 1000
    desk.drive("#PTS5250")  # slowly: it is a minute on its way
    desk.room.run(0.5)
    assert desk.connection.motion.refusal is None
    told, at = desk.events.changes, desk.now
    desk.stop()
    desk.room.run(8.0)
    assert desk.moving()
    assert desk.connection.motion.refusal is MoveRefusal.STILL_MOVES
    assert desk.events.changes > told
    assert len([what for _, what in desk.heard(at) if what == "#PTS5050"]) >= 5
    desk.stop()
    desk.room.run(0.5)
    assert desk.connection.motion.refusal is MoveRefusal.STILL_MOVES  # it was not seen to stand
    desk.camera.deaf_stops = 0
    desk.stop()
    desk.room.run(1.0)
    assert not desk.moving()
    assert desk.connection.motion.refusal is None


def test_a_stop_that_a_drive_could_come_behind_counts_for_nothing() -> None:
    """The drive's packets are late: it reaches the camera behind the stop, and is answered last."""
    connection, now = Desk().connection, 2.0
    connection.drive({"pan_tilt": RIGHT}, now + 60, now)
    drive = connection.outbox(now)
    assert drive is not None
    assert asked(drive) == RIGHT
    connection.sent(now)
    connection.stop(now + 0.1)
    stop = connection.outbox(now + 0.1)
    assert stop is not None
    assert asked(stop) == "#PTS5050"
    connection.sent(now + 0.1)
    number = HttpRequest.decode(stop).number
    connection.receive(Chunk(HttpAnswer(number, 200, b"pTS5050").encode(), now + 0.11))
    assert connection.motion.stopping
    number = HttpRequest.decode(drive).number
    connection.receive(Chunk(HttpAnswer(number, 200, RIGHT[1:].encode()).encode(), now + 0.3))
    connection.tick(now + 0.3)
    again = connection.outbox(now + 0.3)
    assert again is not None
    assert asked(again) == "#PTS5050"


@pytest.mark.parametrize(("model", "pace_s"), [("AW-UE100", PTZ_PACE_S), ("AW-HE42", SLOW_PACE_S)])
def test_nothing_but_the_first_stop_comes_sooner_than_the_vendor_allows(
    model: str, pace_s: float
) -> None:
    desk = Desk(model)
    at = desk.now
    for n in range(100):  # a stick that is pushed about, 100 times a second
        desk.drive(f"#PTS{51 + n % 40}50")
        desk.room.run(0.01)
    moves = [when for when, what in desk.heard(at) if what.startswith("#")]
    gaps = [b - a for a, b in itertools.pairwise(moves)]
    assert min(gaps) >= pace_s - 0.001
    done = [what for _, what in desk.heard(at) if what.startswith("#PTS")]
    assert len(done) >= 0.9 / pace_s - 1  # and nothing else is said meanwhile

    for mode in "0459":
        desk.connection.submit(AwRequest((f"OAW:{mode}",), lambda outcome: None), desk.now)
    at = desk.now
    desk.room.run(5.0)
    picture = [when for when, what in desk.heard(at) if not what.startswith("#")]
    assert min(b - a for a, b in itertools.pairwise(picture)) >= CAM_PACE_S - 0.001


def test_the_newest_push_is_what_is_said() -> None:
    desk = Desk()
    at = desk.now
    for command in (RIGHT, "#PTS7050", LEFT):
        desk.drive(command)
    desk.room.run(0.2)
    assert [what for _, what in desk.heard(at) if what.startswith("#PTS")] == [LEFT]


def test_a_press_waits_for_no_unanswered_question() -> None:
    desk = Desk()
    desk.room.run(5.0)
    desk.camera.loses = 1
    while desk.camera.loses:
        desk.room.run(0.1)
    at = desk.now
    desk.drive()
    desk.room.run(0.05)
    assert desk.moving()
    assert next(what for _, what in desk.heard(at)) == RIGHT


def test_a_drive_that_is_refused_is_no_move() -> None:
    desk = Desk()
    desk.camera.on = False
    desk.drive()
    desk.room.run(0.5)
    assert not desk.connection.moving


def test_a_drive_that_is_refused_does_not_let_an_older_one_run_on() -> None:
    desk = Desk()
    desk.drive(lease_s=0.3)
    desk.room.run(0.1)
    desk.drive("#PTS99", lease_s=0.3)  # too short: it is refused, and the older one goes on
    desk.room.run(0.1)
    assert desk.moving()
    desk.room.run(0.21)
    assert not desk.moving()


def test_a_press_that_was_let_go_of_while_it_was_written_can_be_pressed_again() -> None:
    desk = Desk()
    desk.drive()
    frame = desk.connection.outbox(desk.now)
    assert frame is not None
    desk.stop()  # while the port still writes
    desk.connection.sent(desk.now)
    desk.camera.receive(Chunk(frame, desk.now))
    desk.room.run(2.0)
    assert not desk.moving()
    desk.drive()
    desk.room.run(0.1)
    assert desk.moving()


def test_the_late_answer_to_a_stop_is_not_taken_for_that_of_a_later_one() -> None:
    connection, now = Desk().connection, 2.0
    written: dict[str, int] = {}

    def write(at: float) -> None:
        while (frame := connection.outbox(at)) is not None:
            written[asked(frame)] = HttpRequest.decode(frame).number
            connection.sent(at)

    def answer(number: int, said: str, at: float) -> None:
        connection.receive(Chunk(HttpAnswer(number, 200, said.encode()).encode(), at))

    connection.drive({"pan_tilt": RIGHT}, now + 60, now)
    write(now)
    answer(written[RIGHT], RIGHT[1:], now + 0.01)
    connection.stop(now + 0.2)
    write(now + 0.2)
    earlier = written.pop("#PTS5050")
    connection.drive({"pan_tilt": LEFT}, now + 60, now + 0.25)
    write(now + 0.25)
    answer(written[LEFT], LEFT[1:], now + 0.26)
    connection.stop(now + 0.4)
    answer(earlier, "pTS5050", now + 0.4)
    write(now + 0.4)
    assert "#PTS5050" in written


class Ends:
    def __init__(self) -> None:
        self.outcome: Outcome | None = None

    def __call__(self, outcome: Outcome) -> None:
        assert self.outcome is None
        self.outcome = outcome


def goto(desk: Desk, *commands: str, **places: int) -> Ends:
    ends = Ends()
    request = AwRequest(commands, ends, moves=("pan_tilt",), places=places)
    desk.connection.submit(request, desk.now)
    return ends


def test_a_move_is_over_when_it_was_seen_to_stand_there() -> None:
    desk = Desk()
    ends = goto(desk, "#APC90008000", pan=0x9000, tilt=0x8000)
    desk.room.run(0.3)
    assert ends.outcome is None
    desk.room.run(2.0)
    assert ends.outcome == Outcome(RequestEnd.DONE)
    assert not desk.moving()


def test_a_move_that_does_not_arrive_says_so() -> None:
    desk = Desk()
    ends = goto(desk, "#APC90008000", pan=0xB000, tilt=0x8000)
    desk.room.run(5.0)
    assert ends.outcome is not None
    assert (ends.outcome.end, ends.outcome.why) == (
        RequestEnd.REFUSED,
        "is at another position than it was sent to",
    )


def test_a_recall_that_is_answered_only_when_it_has_arrived_can_be_stopped() -> None:
    desk = Desk()
    desk.camera.holds_recall = True
    desk.camera.presets[4] = (0x2D09, 0x8000, 0x555)
    ends = goto(desk, "#R04")
    desk.room.run(1.0)
    assert desk.moving()
    assert ends.outcome is None
    desk.stop()
    desk.room.settle()
    assert not desk.moving()
    assert ends.outcome == Outcome(RequestEnd.STOPPED)


@pytest.mark.parametrize("since_poll_s", [0.0, 0.01, 0.03])
def test_the_stop_of_a_goto_waits_for_no_pace(since_poll_s: float) -> None:
    desk = Desk("AW-HE42")
    goto(desk, "#APCD0008000", pan=0xD000, tilt=0x8000)
    desk.room.run(0.6)
    before = len(desk.camera.heard)
    while len(desk.camera.heard) == before:
        desk.room.run(0.001)
    desk.room.run(since_poll_s)
    at = desk.now
    desk.stop()
    desk.room.settle()
    assert (0.0, "#PTS5050") in desk.heard(at)
    assert not desk.moving()


def test_a_press_during_a_recall_stops_the_rest_of_it() -> None:
    desk = Desk()
    desk.camera.presets[4] = (0x2D09, 0x8000, 0xFFF)
    ends = Ends()
    moves = ("pan_tilt", "zoom", "focus")
    desk.connection.submit(AwRequest(("#R04",), ends, moves=moves), desk.now)
    desk.room.run(0.5)
    desk.drive()
    desk.room.run(0.3)
    assert ends.outcome == Outcome(RequestEnd.REPLACED)
    assert not desk.camera.zoom.moving(desk.now)
    assert desk.camera.pan.moving(desk.now)


def test_a_press_soon_after_a_release_waits_for_the_stop_alone() -> None:
    desk = Desk("AW-HE42")
    desk.drive()
    desk.room.run(0.5)
    desk.stop()
    desk.room.run(0.05)
    at = desk.now
    desk.drive(LEFT)
    desk.room.run(1.0)
    said = [when for when, what in desk.heard(at) if what == LEFT]
    assert said[0] <= 2 * SLOW_PACE_S
    assert {"#Z50", "#F50"} <= {what for _, what in desk.heard(at)}  # and those are not forgotten


def test_a_goto_stops_what_is_driven_first() -> None:
    desk = Desk()
    desk.drive(TELE)
    desk.room.run(0.2)
    at = desk.now
    goto(desk, "#APC90008000", pan=0x9000, tilt=0x8000)
    desk.room.run(0.5)
    heard = [what for _, what in desk.heard(at)]
    assert heard.index("#Z50") < heard.index("#APC90008000")


def test_a_camera_that_says_nothing_more_is_told_of_and_stopped_when_it_is_back() -> None:
    desk = Desk()
    desk.drive()
    desk.room.run(0.5)
    desk.camera.silent = True
    desk.room.run(10.0)
    assert desk.events.silences == ["no answer"]
    assert not desk.connection.ready
    at, before = desk.now, len(desk.camera.heard)
    desk.room.run(60.0)
    assert len(desk.camera.heard) - before <= 200  # it is not hammered
    desk.camera.silent = False
    at = desk.now
    desk.room.run(2.0)
    assert desk.connection.ready
    assert not desk.moving()
    heard = [what for _, what in desk.heard(at)]
    assert heard[0] in STOPS.values()
    assert heard.index("QID") > 0


def test_a_wrong_login_is_no_silence() -> None:
    connection = AwConnection(Events(), "aw://camera")
    data = connection.outbox(0.0)
    assert data is not None
    connection.sent(0.0)
    connection.receive(Chunk(HttpAnswer(HttpRequest.decode(data).number, 401).encode(), 0.0))
    with pytest.raises(LoginRefused, match="set them in its table"):
        connection.tick(0.0)


@pytest.mark.parametrize("data", [b"", b"x", b"1 200\n", b"1 0\n", b"1 999\nno", b"1 200\npTS\xff"])
def test_whatever_comes_for_an_answer_is_survived(data: bytes) -> None:
    connection = AwConnection(Events(), "aw://camera")
    assert connection.outbox(0.0) is not None
    connection.sent(0.0)
    connection.receive(Chunk(data, 0.0))
    connection.tick(0.1)
    assert connection.motion.stopping


class Lossy:
    """A camera of whose requests and answers some are lost; `now` and then one comes late."""

    def __init__(self, camera: SimAw, chance: random.Random, loss: float) -> None:
        self.camera, self._chance, self._loss = camera, chance, loss
        self.tick, self.due = camera.tick, camera.due
        self.sent, self.failed = camera.sent, camera.failed

    def receive(self, chunk: Chunk) -> None:
        if self._chance.random() >= self._loss:
            self.camera.delay_s = self._chance.choice((0.0, 0.002, 0.01, 0.05, 0.3))
            self.camera.receive(chunk)

    def outbox(self, now: float) -> bytes | None:
        while (data := self.camera.outbox(now)) is not None:
            if self._chance.random() >= self._loss:
                return data
            self.camera.sent(now)
        return None


def test_it_never_runs_away_however_much_is_lost() -> None:
    """A tenth of all requests, and of all answers, is lost; what is lost is made good soon."""
    worst_s, quick = 0.0, 0
    for seed in range(300):
        chance = random.Random(seed)
        desk = Desk()
        desk.room = Virtual(desk.connection, Lossy(desk.camera, chance, 0.1), now=desk.now)
        for _ in range(chance.randrange(1, 6)):
            desk.drive(chance.choice((RIGHT, LEFT, TELE, "#PTS5099")))
            desk.room.run(chance.random())
        desk.stop()
        began = desk.now
        while desk.moving() and desk.now < began + 10:
            desk.room.run(0.01)
        took_s = desk.now - began
        assert not desk.moving(), seed
        worst_s, quick = max(worst_s, took_s), quick + (took_s <= 0.02)
        desk.room.run(2.0)
        assert not desk.moving(), seed
    assert worst_s <= 1.5
    assert quick >= 250


def test_a_simulated_camera_keeps_only_what_it_was_asked_lately() -> None:
    camera = SimAw()
    camera.silent = True
    for at in range(HEARD + 5):
        request = HttpRequest(at, "/cgi-bin/aw_ptz?cmd=%23O&res=1", 1.0)
        camera.receive(Chunk(request.encode(), float(at)))
    assert [at for at, _ in camera.heard] == list(map(float, range(5, HEARD + 5)))


def test_a_camera_that_loses_power_while_it_answers_ends_nothing() -> None:
    camera = SimAw()
    camera.receive(Chunk(HttpRequest(1, "/cgi-bin/aw_ptz?cmd=%23O&res=1", 1.0).encode(), 0.0))
    assert camera.outbox(0.0) is not None
    camera.lose_power()
    camera.sent(0.0)
    assert camera.outbox(9.0) is None

"""The conversation with an ONVIF camera: found, driven for a time, and always brought to a stop."""

import base64
import contextlib
import random
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.camera.onvif import message as soap
from roomctl.camera.onvif.connection import TIMEOUT_S, OnvifConnection, OnvifRequest
from roomctl.camera.onvif.protocol import numbered
from roomctl.camera.protocol import LoginRefused
from roomctl.camera.sim.onvif import SimOnvif
from roomctl.motion import MoveRefusal, Outcome, RequestEnd
from roomctl.ports.http import HttpAnswer, HttpRequest
from roomctl.wire import Chunk, Virtual

LOGIN = ("admin", "pa<ss>&wörd")


class Events:
    def __init__(self) -> None:
        self.silences: list[str] = []

    def answered(self) -> None:
        pass

    def silent(self, detail: str) -> None:
        self.silences.append(detail)

    def changed(self) -> None:
        pass


class Desk:
    """A connection and a simulated camera, in invented time."""

    def __init__(
        self, camera: SimOnvif | None = None, login: tuple[str, str] = ("", ""), run_s: float = 2.0
    ) -> None:
        self.events, self.camera = Events(), camera or SimOnvif()
        self.connection = OnvifConnection(self.events, "onvif://camera", login)
        self.room = Virtual(self.connection, self.camera)
        self.room.run(run_s)

    @property
    def now(self) -> float:
        return self.room.now

    def drive(self, pan: float = 1.0, zoom: float = 0.0, lease_s: float = 60.0) -> None:
        self.connection.drive(pan, 0.0, zoom, self.now + lease_s, self.now)

    def stop(self) -> None:
        self.connection.stop(self.now)

    def heard(self, since: float = 0.0) -> list[str]:
        return [what for at, what in self.camera.heard if at >= since]

    def moving(self) -> bool:
        self.camera.tick(self.now)
        return self.camera.moving


def test_it_is_found_and_stopped_before_it_is_used() -> None:
    desk = Desk()
    assert desk.heard()[:6] == [
        "GetSystemDateAndTime",
        "GetServices",
        "GetDeviceInformation",
        "GetProfiles",
        "Stop",
        "GetNodes",
    ]
    connection = desk.connection
    assert (connection.ready, connection.profile) == (True, "moving")
    assert (connection.seen.model, connection.seen.most_presets) == ("Simulated PTZ", 16)
    desk.room.run(2.0)
    assert not connection.moving


def test_a_drive_is_renewed_while_it_is_held_and_stopped_when_it_is_let_go() -> None:
    desk = Desk()
    desk.drive(0.5)
    desk.room.run(3.0)
    assert desk.moving()
    assert desk.heard(2.0).count("ContinuousMove") == 8  # each 0.4 s
    assert desk.camera.place[0] == pytest.approx(0.5, abs=0.01)
    desk.stop()
    desk.room.settle()
    assert not desk.moving()
    desk.room.run(2.0)
    assert not desk.connection.moving


def test_a_camera_that_nobody_reaches_any_more_ends_the_drive_itself() -> None:
    desk = Desk()
    desk.drive()
    desk.room.run(0.5)
    desk.camera.silent = True
    desk.room.run(TIMEOUT_S + 0.5)
    assert not desk.moving()


def test_a_lease_that_ends_stops_it() -> None:
    desk = Desk()
    desk.drive(lease_s=0.3)
    desk.room.run(0.301)
    assert not desk.moving()


def test_a_camera_that_takes_no_time_is_driven_without() -> None:
    desk = Desk()
    desk.camera.refuses_timeout = True
    desk.drive()
    desk.room.run(1.0)
    assert desk.moving()
    assert desk.heard(2.0).count("ContinuousMove") == 2
    desk.stop()
    desk.room.settle()
    assert not desk.moving()


def test_a_camera_that_knows_no_stop_is_told_to_move_at_speed_0() -> None:
    camera = SimOnvif()
    camera.knows_no_stop = True
    desk = Desk(camera)
    desk.drive()
    desk.room.run(1.0)
    desk.stop()
    desk.room.settle()
    assert not desk.moving()
    assert desk.connection.ready


@pytest.mark.parametrize("late_s", [0.0, 0.9])
def test_a_stop_waits_for_nothing(late_s: float) -> None:
    desk = Desk()
    desk.drive()
    desk.room.run(0.5)
    desk.camera.delay_s = late_s
    desk.room.run(0.3)
    desk.stop()
    desk.room.settle()
    assert not desk.moving()


def test_a_stop_that_is_lost_is_said_again() -> None:
    desk = Desk()
    desk.camera.ignores_timeout = True
    desk.drive()
    desk.room.run(0.5)
    desk.camera.loses = 2
    desk.stop()
    desk.room.run(0.1)
    assert desk.moving()
    desk.room.run(1.0)
    assert not desk.moving()


def test_a_stop_that_is_answered_and_not_done_is_said_in_another_way() -> None:
    desk = Desk()
    desk.camera.ignores_timeout = True
    desk.drive(0.3)
    desk.room.run(0.5)
    desk.camera.deaf_stops, at = 1, desk.now
    desk.stop()
    desk.room.run(3.0)
    assert not desk.moving()
    assert "ContinuousMove" in desk.heard(at)


def test_a_camera_that_goes_on_after_every_stop_is_told_of_until_it_stands() -> None:
    desk = Desk()
    desk.camera.ignores_timeout, desk.camera.deaf_stops = True, 1000
    desk.drive(0.05)
    desk.room.run(0.5)
    assert desk.connection.motion.refusal is None
    desk.stop()
    desk.room.run(20.0)
    assert desk.moving()
    assert desk.connection.motion.refusal is MoveRefusal.STILL_MOVES
    desk.camera.deaf_stops = 0
    desk.stop()
    desk.room.run(2.0)
    assert not desk.moving()
    assert desk.connection.motion.refusal is None


def test_a_camera_that_refuses_to_be_driven_says_so_until_it_moves() -> None:
    desk = Desk()
    desk.camera.refuses_moves = True
    desk.drive()
    desk.room.run(0.5)
    assert not desk.connection.moving
    assert desk.connection.motion.refusal is MoveRefusal.NOT_EXECUTABLE
    desk.camera.refuses_moves = False
    desk.drive()
    desk.room.run(0.5)
    assert desk.moving()
    assert desk.connection.motion.refusal is None


def test_a_push_that_comes_while_another_is_being_written_is_said() -> None:
    connection, now = Desk().connection, 2.0
    connection.drive(1.0, 0.0, 0.0, now + 60, now)
    first = connection.outbox(now)
    assert first is not None
    connection.drive(-1.0, 0.0, 0.0, now + 60, now)  # the port still writes
    connection.sent(now)
    number = HttpRequest.decode(first).number
    answer = soap.envelope("<ContinuousMoveResponse/>")
    connection.receive(Chunk(HttpAnswer(number, 200, answer).encode(), now + 0.01))
    second = connection.outbox(now + 0.06)
    assert second is not None
    assert b'x="-1' in HttpRequest.decode(second).body


def test_a_goto_ends_when_it_stands() -> None:
    desk = Desk()
    outcomes: list[Outcome] = []
    body = soap.zoom_to("moving", 0.5)
    desk.connection.submit(OnvifRequest(body, outcomes.append, moves=True), desk.now)
    desk.room.run(0.5)
    assert outcomes == []
    desk.room.run(4.0)
    assert outcomes == [Outcome(RequestEnd.DONE)]
    assert desk.camera.place[2] == pytest.approx(0.5)

    desk.connection.submit(
        OnvifRequest(soap.goto_preset("moving", "x"), outcomes.append, moves=True), desk.now
    )
    desk.room.run(1.0)
    assert outcomes[1].end is RequestEnd.REFUSED
    assert "ter:NoToken" in outcomes[1].why


@pytest.mark.parametrize("trap", ["false_address", "fixed_first", "tells_little"])
def test_a_camera_that_says_odd_things_of_itself_is_driven_all_the_same(trap: str) -> None:
    camera = SimOnvif()
    setattr(camera, trap, True)
    desk = Desk(camera)
    assert (desk.connection.ready, desk.connection.profile) == (True, "moving")
    desk.drive()
    desk.room.run(0.5)
    assert desk.moving()
    desk.stop()
    desk.room.run(1.0)
    assert not desk.moving()


def test_a_login_is_proven_by_the_cameras_own_clock() -> None:
    camera = SimOnvif(LOGIN)
    camera.clock_off_s = 3600.0  # nobody has set it
    desk = Desk(camera, LOGIN)
    assert desk.connection.ready
    desk.drive()
    desk.room.run(1.0)
    assert desk.moving()
    desk.room.run(3600.0)
    desk.camera.clock_off_s += 600  # somebody has set it
    for _ in range(2):
        desk.drive(-1.0)
        desk.room.run(0.5)
    assert desk.moving()


def test_a_camera_that_says_its_time_to_nobody_is_told_that_of_this_box() -> None:
    camera = SimOnvif(LOGIN)
    camera.guards_clock, camera.clock_off_s = True, 15.0
    connection = OnvifConnection(Events(), "onvif://camera", LOGIN, (camera.clock, 15.0))
    Virtual(connection, camera).run(3.0)
    assert connection.ready


def test_a_camera_that_declares_not_all_its_prefixes_is_understood() -> None:
    camera = SimOnvif()
    camera.declares = False
    camera.presets["7"] = ("Door & window", (0.0, 0.0, 0.0))
    desk = Desk(camera)
    assert desk.connection.ready
    assert desk.connection.presets == {"7": "Door & window"}
    desk.drive()
    desk.room.run(0.5)
    desk.stop()
    desk.room.run(1.0)
    assert not desk.moving()
    assert desk.connection.seen.pan == pytest.approx(camera.place[0], abs=0.001)


@pytest.mark.parametrize("login", [("", ""), ("admin", "wrong")])
def test_a_wrong_login_is_told_after_two_attempts(login: tuple[str, str]) -> None:
    camera = SimOnvif(LOGIN)
    with pytest.raises(LoginRefused, match="ONVIF user"):
        Desk(camera, login)
    assert len([what for _, what in camera.heard if what != "GetSystemDateAndTime"]) <= 2


def test_the_digest_is_that_of_the_specification() -> None:
    """ONVIF Application Programmer's Guide 1.0, 6.1.1.3."""
    made = soap.token(
        "user",
        "userpassword",
        base64.b64decode("LKqI6G/AikKCQrN0zqZFlg=="),
        datetime(2010, 9, 16, 7, 50, 45, tzinfo=UTC),
    )
    assert made.digest == "tuOSpGlFlIXsozq4HFNeeGeFLEI="


def test_a_camera_that_says_nothing_more_is_told_of_and_found_again() -> None:
    desk = Desk()
    desk.camera.ignores_timeout = True
    desk.drive(0.1)
    desk.room.run(0.5)
    desk.camera.silent = True
    desk.room.run(15.0)
    assert len(desk.events.silences) == 1
    assert not desk.connection.ready
    before = len(desk.camera.heard)
    desk.room.run(60.0)
    assert len(desk.camera.heard) - before <= 130
    desk.camera.silent = False
    desk.room.run(3.0)
    assert desk.connection.ready
    assert not desk.moving()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"<html>Not Found</html>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
        b"<s:Envelope/>",
        soap.envelope(""),
        soap.envelope("<GetProfilesResponse/>"),
    ],
)
def test_a_host_that_is_no_camera_is_not_hammered(body: bytes) -> None:
    connection, now, asked = OnvifConnection(Events(), "onvif://camera"), 0.0, 0
    while now < 30:
        while (data := connection.outbox(now)) is not None:
            connection.sent(now)
            asked += 1
            answer = HttpAnswer(HttpRequest.decode(data).number, 200, body)
            connection.receive(Chunk(answer.encode(), now))
            assert asked < 100
        connection.tick(now)
        now = max(connection.due() or now + 1, now + 0.001)
    assert not connection.ready
    assert asked >= 4


INSIDE = "<s:Envelope xmlns:s='a'><s:Body>{}</s:Body></s:Envelope>"
DTD = "<!DOCTYPE x [<!ENTITY a 'b'>]>" + INSIDE.format("<x>&a;</x>")

SAYS = "<?xml version='1.0' encoding='{}'?>"


def small(inside: str) -> bytes:
    return INSIDE.format(inside).encode()


HOSTILE = {
    "a DTD in UTF-16": DTD.encode("utf-16"),
    "a DTD in UTF-16 without its mark": DTD.encode("utf-16-le"),
    "a DTD in UTF-16 that says so": f"<?xml version='1.0' encoding='utf-16'?>{DTD}".encode(
        "utf-16"
    ),
    "a DTD in UTF-16 that says UTF-8": f"<?xml version='1.0' encoding='utf-8'?>{DTD}".encode(
        "utf-16"
    ),
    "a DTD behind a mark": b"\xef\xbb\xbf" + DTD.encode(),
    "a DTD between comments": b"<!-- <![CDATA[ -->" + DTD.encode(),
    "a DTD without entities": b"<!DOCTYPE x>" + small("<x/>"),
    "an entity that nobody declared": small("<x>&a;</x>"),
    "UTF-16": INSIDE.format("<x/>").encode("utf-16"),
    "UTF-32": INSIDE.format("<x/>").encode("utf-32"),
    "bytes that are no UTF-8": b"<?xml version='1.0' encoding='latin-1'?>" + small("<x>") + b"\xe9",
    "many elements": small("<x>" + "<y/>" * 50_000 + "</x>"),
    "many elements in elements": small("<x>" * 20_000 + "</x>" * 20_000),
    "few too many in elements": small("<x>" * 40 + "</x>" * 40),
    "many attributes": small("<x " + " ".join(f"a{n}='1'" for n in range(20_000)) + "/>"),
    "many prefixes": small("<x " + " ".join(f"xmlns:a{n}='1'" for n in range(10_000)) + "/>"),
    "a tag without end": small("<x a='" + ">" * 60_000),
    "much text": small("<x>" + "y" * soap.LARGEST + "</x>"),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_no_camera_sends_is_not_read(data: bytes) -> None:
    events = 0

    def count(*_: object) -> None:
        nonlocal events
        events += 1

    sys.setprofile(count)
    try:
        with pytest.raises(ValueError, match=r"is not XML|has"):
            soap.body_of(data)
    finally:
        sys.setprofile(None)
    assert events < 20 * soap.MOST_ELEMENTS, "it is read on and on"


WORK = 12_000  # calls and returns in one turn of the loop: 2 ms; a whole answer is up to 35 000


def most_work(connection: OnvifConnection, answer: HttpAnswer, now: float) -> int:
    """Give an answer, and return the most that one turn of the loop had to do for it."""
    events, turns = 0, []

    def count(*_: object) -> None:
        nonlocal events
        events += 1

    sys.setprofile(count)
    try:
        connection.receive(Chunk(answer.encode(), now))
        turns.append(events)
        while (due := connection.due()) is not None and due <= now:
            events = 0
            connection.tick(now)
            turns.append(events)
    finally:
        sys.setprofile(None)
    return max(turns)


LONG = {
    "presets": "<Preset token='a{0}'><Name>{0}</Name></Preset>",
    "services": "<Service><a/></Service>",
    "attributes": "<Service a='' b='' c='' d=''/>",
}


@pytest.mark.parametrize("inside", LONG.values(), ids=LONG.keys())
def test_a_long_answer_is_read_in_many_turns_of_the_loop(inside: str) -> None:
    connection, now, most, asked = OnvifConnection(Events(), "onvif://camera"), 0.0, 0, 0
    body = small("<r>" + "".join(map(inside.format, range(950))) + "</r>")
    while now < 30:
        connection.tick(now)
        while (data := connection.outbox(now)) is not None:
            connection.sent(now)
            asked += 1
            answer = HttpAnswer(HttpRequest.decode(data).number, 200, body)
            most = max(most, most_work(connection, answer, now))
        now += 1.0
    assert asked >= 4
    assert 0 < most < WORK


def test_a_long_answer_counts_once_it_is_read() -> None:
    connection = OnvifConnection(Events(), "onvif://camera")
    connection.tick(0.0)
    asked = connection.outbox(0.0)
    assert asked is not None
    connection.sent(0.0)
    clock = "".join(
        f"<{part}>{''.join(f'<{k}>{v}</{k}>' for k, v in values.items())}</{part}>"
        for part, values in (
            ("Time", {"Hour": 12, "Minute": 0, "Second": 0}),
            ("Date", {"Year": 2026, "Month": 5, "Day": 4}),
        )
    )
    found = f"<r><SystemDateAndTime><UTCDateTime>{clock}</UTCDateTime></SystemDateAndTime></r>"
    body = small(found + " " * 60_000)
    answer = HttpAnswer(HttpRequest.decode(asked).number, 200, body)
    connection.receive(Chunk(answer.encode(), 0.0))
    assert connection.outbox(0.0) is None, "the next question does not wait for the answer"
    turns = 0
    while connection.outbox(0.0) is None:
        assert connection.due() == 0.0
        connection.tick(0.0)
        turns += 1
    assert turns == len(body) // soap.PIECE


def test_what_declares_another_encoding_and_is_utf_8_is_read() -> None:
    data = b"<?xml version='1.0' encoding='iso-8859-1'?>" + small("<x>\u7af9</x>")
    found = soap.body_of(data)
    assert not isinstance(found, soap.SoapFault)
    assert found.text == "\u7af9"


def test_hundreds_of_presets_and_prefixes_that_nobody_declared_are_read() -> None:
    each = "<tptz:Preset token='{0}'><tt:Name>P {0}</tt:Name><tt:A><b x='1'/></tt:A></tptz:Preset>"
    found = soap.body_of(small("<r>" + "".join(map(each.format, range(600))) + "</r>"))
    assert not isinstance(found, soap.SoapFault)
    listed = [soap.text(one, "Name") for one in soap.every(found, "Preset")]
    assert (len(listed), listed[-1]) == (600, "P 599")


@given(st.binary(max_size=400))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert soap.body_of(data) is not None


def test_a_digest_is_taken_out_of_what_is_kept_and_a_head_without_end_costs_nothing() -> None:
    login = soap.token(*LOGIN, b"nonce", datetime(2026, 1, 1, tzinfo=UTC))
    assert soap.without_digest(soap.envelope("<a/>", login)) == soap.envelope("<a/>")
    endless = b"<s:Header>" * 200_000  # hours, if each is looked for an end of
    assert soap.without_digest(endless) == endless


def test_presets_are_counted_by_their_names_their_tokens_or_their_place() -> None:
    assert numbered({"a": "Door", "b": "2", "c": "Preset 7"}) == {1: "a", 2: "b", 7: "c"}
    assert numbered({"1": "Door", "2": "Table"}) == {1: "1", 2: "2"}
    assert numbered({"P000": "3", "P001": "3"}) == {3: "P000", 1: "P001"}
    assert numbered({}) == {}


class Lossy:
    """A camera of whose requests and answers some are lost."""

    def __init__(self, camera: SimOnvif, chance: random.Random, loss: float) -> None:
        self.camera, self._chance, self._loss = camera, chance, loss
        self.tick, self.due = camera.tick, camera.due
        self.sent, self.failed = camera.sent, camera.failed

    def receive(self, chunk: Chunk) -> None:
        if self._chance.random() >= self._loss:
            self.camera.delay_s = self._chance.choice((0.0, 0.01, 0.05, 0.3))
            self.camera.receive(chunk)

    def outbox(self, now: float) -> bytes | None:
        while (data := self.camera.outbox(now)) is not None:
            if self._chance.random() >= self._loss:
                return data
            self.camera.sent(now)
        return None


@pytest.mark.parametrize("fault", ["ignores_timeout", "refuses_timeout", "knows_no_stop"])
def test_it_never_runs_away_however_much_is_lost(fault: str) -> None:
    worst_s = 0.0
    for seed in range(60):
        chance, camera = random.Random(seed), SimOnvif()
        setattr(camera, fault, True)
        desk = Desk(camera, run_s=4.0)
        desk.room = Virtual(desk.connection, Lossy(camera, chance, 0.1), now=desk.now)
        for _ in range(chance.randrange(1, 5)):
            desk.drive(chance.choice((0.2, -0.2)), chance.choice((0.0, 0.3)))
            desk.room.run(chance.random())
        desk.stop()
        began = desk.now
        while desk.moving() and desk.now < began + 10:
            desk.room.run(0.01)
        worst_s = max(worst_s, desk.now - began)
        assert not desk.moving(), seed
        desk.room.run(2.0)
        assert not desk.moving(), seed
    assert worst_s <= 2.0

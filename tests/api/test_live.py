"""A panel's socket: what it shows, what it takes, and that a lost one lets go of the camera."""

import asyncio
import contextlib
import itertools
import json
from datetime import timedelta

import pytest
import websockets
from starlette.websockets import WebSocket

from roomctl.api import live
from roomctl.api.beats import AGAIN_S, GAP_S
from roomctl.api.events import Encoding
from roomctl.api.schema import LIVE
from roomctl.booking import Booking
from roomctl.roles import Role
from roomctl.room import Source
from tests.api.rig import JITSI, LIMIT_S, eventually

pytestmark = pytest.mark.real

SLOWLY = 0.02  # a push with which a camera is under way for long


@pytest.fixture
async def panel(alive):
    panel = await alive.panel()
    yield panel
    await panel.socket.close()


async def test_a_panel_is_told_who_speaks_and_then_the_whole_room(alive, panel):
    hello, snapshot = panel.heard
    known = {"type", "boot_id", "ui_version", "server_time", "language", "phone", "may", "staff"}
    assert set(hello) == known | {"sign_in", "kinds"}
    assert hello["sign_in"] is False
    assert hello["kinds"] == []
    assert (hello["boot_id"], hello["language"]) == ("b007b007", "en")
    assert snapshot["rev"] == snapshot["room"]["rev"]
    assert snapshot["room"]["identity"]["display_name"] == "Bamboo"


async def test_patches_are_consecutive_and_make_the_rooms_own_document(alive, panel):
    for pct in (10, 20, 30):
        await panel.say(
            type="command",
            id=f"volume-{pct}",
            command={"type": "audio.volume", "args": {"pct": pct}},
        )
        await panel.until(lambda room, pct=pct: room["audio"]["volume_pct"] == pct)
    async with alive.program() as client:
        document = (await client.get("/api/v1/room")).json()
    await panel.until(lambda room: room["rev"] >= document["rev"])
    assert panel.room == document or panel.room["rev"] > document["rev"]


async def test_a_panel_that_asks_gets_the_whole_room_and_patches_go_on_from_there(panel):
    await panel.say(type="snapshot")
    await panel.next("snapshot")
    await panel.say(type="command", id="v", command={"type": "audio.volume", "args": {"pct": 12}})
    assert panel.room["audio"]["volume_pct"] != 12
    await panel.until(lambda room: room["audio"]["volume_pct"] == 12)


async def test_commands_are_acknowledged_with_what_became_of_them(alive, panel):
    done = await panel.command("1", "camera.recall", camera="front", preset=1)
    assert done == {"type": "ack", "id": "1", "status": "done", "error": None}
    refused = await panel.command("2", "camera.home", camera="none")
    assert (refused["status"], refused["error"]["code"]) == ("refused", "unknown_device")
    invalid = await panel.command("3", "camera.home", camera="front", x=1)
    assert (invalid["status"], invalid["error"]["code"]) == ("refused", "invalid")
    assert invalid["error"]["params"]["where"] == "camera.home.args.x"
    unknown = await panel.command("4", "room.explode")
    assert (unknown["status"], unknown["error"]["code"]) == ("refused", "invalid")
    reused = await panel.command("1", "room.wake")
    assert (reused["status"], reused["error"]["code"]) == ("refused", "id_reused")
    again = await panel.command("1", "camera.recall", camera="front", preset=1)
    assert again["status"] == "done"


async def test_a_panel_joins_unmutes_and_leaves(alive, panel):
    assert (await panel.command("1", "meeting.join", booking="sim-now"))["status"] == "done"
    await panel.until(lambda room: room["meeting"]["state"] == "in_call")
    assert (await panel.command("2", "audio.mute", on=True))["status"] == "done"
    assert alive.screen.muted
    assert (await panel.command("3", "audio.mute", on=False))["status"] == "done"
    assert not alive.screen.muted
    assert JITSI.rpartition("/")[2] == panel.room["meeting"]["number"]


async def test_a_panel_that_listens_is_told_the_level_until_it_no_longer_does(alive, panel):
    await panel.say(type="listen", on=True)
    for _ in range(3):
        assert (await panel.next("level"))["pct"] == alive.screen.level_pct
    await panel.say(type="listen", on=False)

    async def hear_on():
        for _ in range(20):
            await panel.next("level", limit_s=0.5)

    with pytest.raises(TimeoutError):
        await hear_on()


async def test_the_test_sound_is_acknowledged_with_what_became_of_it(panel):
    done = await panel.command("1", "audio.test")
    assert (done["status"], done["result"]["verdict"]) == ("done", "heard")


async def test_the_ledger_says_which_panels_were_there_when_a_release_was_announced(alive, panel):
    moment = alive.room.clock.now().wall
    booking = Booking("a", "Review", "", moment, moment + timedelta(hours=1))
    alive.room.bookings.ledger.warned(booking, alive.room.automation.lookers, ())
    [entry] = alive.room.bookings.ledger.entries()
    [name] = entry.warned
    assert name.startswith("panel ")
    await panel.socket.close()
    await eventually(lambda: alive.room.automation.lookers == ())


async def test_a_ping_is_answered_with_its_own_time(panel):
    await panel.say(type="ping", t=12.5)
    pong = await panel.next("pong")
    assert pong["t"] == 12.5
    assert pong["server_time"].endswith("+00:00")


async def test_a_panel_hears_a_beat_so_that_it_knows_when_it_is_stale(panel):
    await panel.next("beat")
    await panel.next("beat")


@pytest.fixture
def long_lease(monkeypatch):
    """No hold ends by its lease: what stops a camera is something else."""
    monkeypatch.setattr(live, "LEASE_S", 3600.0)


async def stops_short(alive):
    """Wait until the camera stands still, before the end of its way, where it does so anyway."""
    await eventually(lambda: not alive.end_state()["moving"])
    assert abs(alive.end_state()["pan_deg"]) < 160


@pytest.mark.usefixtures("long_lease")
async def test_a_held_pad_moves_the_camera_and_a_released_one_stops_it(alive, panel):
    await panel.hold("a", 1, pan=SLOWLY)
    await eventually(lambda: alive.end_state()["moving"])
    assert alive.end_state()["pan_deg"] >= 0
    await panel.say(type="release", hold="a")
    await stops_short(alive)


async def moves_through(alive, panel, press):
    """Whether the camera moves on through six beats of a press, 0.1 s apart and more."""
    for seq in range(6):
        await panel.hold(f"press{press}", seq, tilt=0.1 if press % 2 else -0.1)
        try:
            await eventually(lambda: alive.end_state()["moving"], 1.0)
        except TimeoutError:
            return False
        try:
            await eventually(lambda: not alive.end_state()["moving"], 0.1)
        except TimeoutError:
            continue
        return False
    return True


async def test_beats_keep_the_camera_moving_longer_than_one_lease(alive, panel):
    for press in range(20):  # a machine that is late with a beat has let go of that press
        began = alive.clock.mono_s()
        if await moves_through(alive, panel, press):
            break
    else:
        pytest.fail("no press moved the camera through six beats")
    assert alive.clock.mono_s() - began > 0.5
    await eventually(lambda: not alive.end_state()["moving"])


async def test_a_command_that_found_something_out_is_acknowledged_with_it(alive, panel):
    done = await panel.command("1", "camera.goto", camera="front", pan_deg=1.0, tilt_deg=95.0)
    assert (done["status"], done["result"]["clamped"]) == ("done", ["tilt"])


async def test_a_held_pad_drives_the_focus_too_unless_it_is_automatic(alive, panel):
    await panel.until(lambda room: room["cameras"][0]["focus"] == "auto")
    await panel.hold("a", 1, focus=1.0)
    assert (await panel.next("error", hold="a"))["error"]["code"] == "focus_auto"
    await panel.say(type="release", hold="a")
    await panel.command("1", "camera.focus", camera="front", mode="manual")
    await panel.until(lambda room: room["cameras"][0]["focus"] == "manual")
    before = alive.camera.focus_pct
    await panel.hold("b", 1, focus=1.0)
    await eventually(lambda: alive.end_state() and alive.camera.focus_pct > before)
    await panel.say(type="release", hold="b")


@pytest.mark.parametrize("role", [Role.PANEL, Role.GUEST])
async def test_a_phone_has_a_lease_of_its_own(alive, role, monkeypatch):
    monkeypatch.setattr(live, "PHONE_LEASE_S", 60.0)  # how long it is: tests/room/test_cameras.py
    await alive.simulator.act("occupancy.ceiling", "walk_in", {})
    await alive.until(lambda document: document.occupancy.state == "occupied")
    token = alive.tokens.offer_pairing(role)
    panel = await alive.panel(token=token)
    await panel.hold("a", 1, pan=0.1)
    with pytest.raises(TimeoutError):
        await panel.next("error", limit_s=0.38)
    await panel.hold("a", 2, pan=0.1)
    if role is Role.PANEL:
        assert (await panel.next("error", hold="a"))["error"]["code"] == "hold_ended"
    else:
        with pytest.raises(TimeoutError):
            await panel.next("error", limit_s=0.2)
        await panel.say(type="release", hold="a")
    await panel.socket.close()


async def test_an_expired_hold_never_moves_the_camera_again(alive, panel):
    await panel.hold("a", 1, pan=0.2)
    await eventually(lambda: alive.end_state()["moving"])
    await eventually(lambda: not alive.end_state()["moving"])
    where = alive.end_state()["pan_deg"]
    await panel.hold("a", 2, pan=0.2)
    refused = await panel.next("error", hold="a")
    assert refused["error"]["code"] == "hold_ended"
    assert alive.end_state()["pan_deg"] == where


async def test_a_released_hold_whose_beat_comes_late_does_not_move_the_camera(alive, panel):
    await panel.hold("a", 1, pan=0.2)
    await panel.say(type="release", hold="a")
    await panel.hold("a", 2, pan=0.2)
    assert (await panel.next("error", hold="a"))["error"]["code"] == "hold_ended"
    await eventually(lambda: not alive.end_state()["moving"])


@pytest.mark.usefixtures("long_lease")
async def test_a_second_panel_cannot_take_a_camera_that_is_held(alive, panel):
    second = await alive.panel()
    await panel.hold("a", 1, pan=0.2)
    await eventually(lambda: alive.end_state()["moving"])
    await second.hold("b", 1, pan=-1.0)
    await second.say(type="release", hold="a")
    assert (await second.next("error", hold="b"))["error"]["code"] == "hold_ended"
    await panel.hold("a", 2, pan=0.2)
    assert alive.end_state()["moving"]
    await second.hold("c", 1, pan=-1.0, camera="back")
    await eventually(lambda: alive.end_state("camera.back")["moving"])
    await second.socket.close()


@pytest.mark.usefixtures("long_lease")
@pytest.mark.parametrize("how", ["closed", "cut"])
async def test_a_socket_that_goes_away_stops_its_camera(alive, how):
    panel = await alive.panel()
    await panel.hold("a", 1, pan=SLOWLY)
    await eventually(lambda: alive.end_state()["moving"])
    if how == "closed":
        await panel.socket.close()
    else:
        panel.socket.transport.abort()
    await stops_short(alive)


GARBAGE = [
    "",
    "{",
    "null",
    "[" * 60_000,
    '{"type": "hold"}',
    '{"type": "explode"}',
    '{"type": "ping", "t": NaN}',
    '{"type": "ping", "t": 1e999}',
    '{"type": "command", "id": "\\ud800", "command": {}}',
    '{"type": "command", "id": "x", "command": {"type": ["room.wake"]}}',
    '{"type": "hold", "hold": "a", "seq": -1, "camera": "front", "pan": 9, "tilt": 0, "zoom": 0}',
    '{"type": "hold", "hold": "a", "seq": 1, "camera": "none", "pan": 0, "tilt": 0, "zoom": 0}',
]


async def test_garbage_is_answered_and_the_panel_goes_on(panel):
    for number, text in enumerate(GARBAGE):
        await panel.socket.send(text)
        await panel.say(type="ping", t=number)
        await panel.next("pong", t=number)
    said_no = [m for m in panel.heard if m["type"] in ("error", "ack")]
    assert len(said_no) == len(GARBAGE)


@pytest.mark.usefixtures("long_lease")
@pytest.mark.parametrize(
    ("frame", "code"), [(b"\x00\xff", 1003), ("x" * (64 * 1024 + 1), 1009)], ids=["binary", "large"]
)
async def test_a_frame_that_no_panel_sends_ends_its_own_socket_only(alive, panel, frame, code):
    bad = await alive.panel()
    await bad.hold("a", 1, pan=SLOWLY)
    await eventually(lambda: alive.end_state()["moving"])
    await bad.socket.send(frame)
    async with asyncio.timeout(LIMIT_S):
        await bad.socket.wait_closed()
    assert bad.socket.close_code == code
    await stops_short(alive)
    await panel.say(type="ping", t=1)
    await panel.next("pong")


async def test_twenty_panels_see_the_same_patches(alive):
    panels = await asyncio.gather(*(alive.panel() for _ in range(20)))
    await panels[0].say(
        type="command", id="v", command={"type": "audio.volume", "args": {"pct": 77}}
    )
    await asyncio.gather(
        *(panel.until(lambda room: room["audio"]["volume_pct"] == 77) for panel in panels)
    )
    patches = [{m["rev"]: m["set"] for m in p.heard if m["type"] == "patch"} for p in panels]
    newest = min(max(seen) for seen in patches)
    assert len({json.dumps(seen[newest], sort_keys=True) for seen in patches}) == 1
    await asyncio.gather(*(panel.socket.close() for panel in panels))


async def test_a_panel_that_does_not_read_is_cut_off_with_the_reason(alive, caplog):
    """The room goes on changing, and nothing of it can be written."""
    said = asyncio.Queue()
    said.put_nowait({"type": "websocket.connect"})
    closed = []

    async def send(message):
        if message["type"] == "websocket.close":
            closed.append((message["code"], message["reason"]))
        elif message["type"] == "websocket.send":
            await asyncio.Event().wait()

    slow = WebSocket({"type": "websocket"}, said.get, send)
    await slow.accept()
    source = Source(Role.PANEL, "slow")
    ours = live.Live(slow, alive.room, Encoding(alive.room), lambda: (source,), dict)
    running = asyncio.ensure_future(ours.run())
    try:
        for pct in range(live.OUTGOING + 10):
            alive.room.submit("audio.volume", {"pct": pct % 100}, Source("admin", "test"))
            await alive.until(lambda document, pct=pct: document.audio.volume_pct == pct % 100)
        await eventually(lambda: closed)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert closed == [(1013, "does not keep up")]
    assert caplog.text.count("does not keep up") == 1


async def test_who_asks_again_and_again_for_the_whole_room_gets_it_now_and_then(alive, panel):
    began, asked = alive.clock.mono_s(), 150
    assert asked < live.MESSAGES.burst
    before = len(panel.heard)
    for _ in range(asked):
        await panel.say(type="snapshot")
    await panel.say(type="ping", t=1)
    await panel.next("pong")
    got = [message["type"] for message in panel.heard[before:]].count("snapshot")
    assert got <= 2 + (alive.clock.mono_s() - began) / live.SNAPSHOT_S
    await panel.next("snapshot")  # the last who asked is answered, too


async def test_who_says_more_than_any_panel_does_is_cut_off_and_others_go_on(alive, panel):
    flooding = await alive.panel()
    await flooding.hold("a", 1, pan=0.2)
    await eventually(lambda: alive.end_state()["moving"])
    with contextlib.suppress(websockets.ConnectionClosed):
        async with asyncio.timeout(LIMIT_S):
            while True:
                await flooding.say(type="listen", on=True)
    await flooding.socket.wait_closed()
    assert flooding.socket.close_code == live.TOO_MANY
    assert flooding.socket.close_reason == "more than 100 messages a second"
    await eventually(lambda: not alive.end_state()["moving"])
    await panel.say(type="ping", t=1)
    await panel.next("pong")


async def test_a_stick_that_reports_again_and_again_steers_and_is_not_cut_off(alive, panel):
    """More beats than a panel may say messages; the last one counts, and the lease is renewed."""
    beats = 2500
    assert beats > 10 * live.MESSAGES.burst
    for seq in range(beats):
        way = 1 if alive.camera.pan_deg < 0 else -1  # never to the end, however long it takes
        await panel.hold("stick", seq, pan=way * (SLOWLY + (seq % 7) / 100))
        await asyncio.sleep(0.001)
    hold = "stick"
    async with asyncio.timeout(LIMIT_S):
        while not alive.end_state()["moving"]:  # a machine that stood still let the lease lapse
            hold = f"stick-{beats}"
            for _ in range(50):
                beats += 1
                way = 1 if alive.camera.pan_deg < 0 else -1
                await panel.hold(hold, beats, pan=way * SLOWLY)
                await asyncio.sleep(0.01)
    await panel.hold(hold, beats + 1, pan=-1.0)
    turned_at = alive.camera.pan_deg
    await eventually(lambda: alive.camera.pan_deg < turned_at)
    await panel.say(type="release", hold=hold)
    await eventually(lambda: not alive.end_state()["moving"])
    await panel.say(type="ping", t=1)
    await panel.next("pong")
    errors = [message["error"]["code"] for message in panel.heard if message["type"] == "error"]
    assert {*errors} <= ({"hold_ended"} if hold != "stick" else set())


@pytest.mark.parametrize(
    "beat",
    [
        lambda n: {"hold": f"press-{n}", "camera": "front"},
        lambda n: {"hold": "stick", "camera": "front", "x": 1},
        lambda n: {"hold": "stick", "camera": "c" * 60_000},
    ],
    ids=["each of another hold", "garbled", "huge"],
)
async def test_beats_that_no_stick_says_are_messages(alive, panel, beat):
    flooding = await alive.panel()
    with contextlib.suppress(websockets.ConnectionClosed):
        async with asyncio.timeout(LIMIT_S):
            for n in itertools.count():
                await flooding.say(type="hold", seq=n, pan=0, tilt=0, zoom=0, **beat(n))
    await flooding.socket.wait_closed()
    assert flooding.socket.close_code == live.TOO_MANY
    await panel.say(type="ping", t=1)
    await panel.next("pong")


@pytest.mark.parametrize(
    ("role", "camera", "code"),
    [(Role.PANEL, "none", "unknown_device"), (Role.SCREEN, "front", "not_allowed")],
)
async def test_a_stick_that_may_steer_nothing_is_told_so_now_and_then(alive, role, camera, code):
    stick, beats = await alive.panel(role=role), 2000
    began = alive.clock.mono_s()
    for seq in range(beats):
        await stick.hold("stick", seq, pan=0.5, camera=camera)
        await asyncio.sleep(0.001)
    await stick.say(type="ping", t=1)
    await stick.next("pong")
    told = [message["error"]["code"] for message in stick.heard if message["type"] == "error"]
    assert set(told) == {code}
    assert len(told) <= 2 + (alive.clock.mono_s() - began) / AGAIN_S
    assert not alive.end_state()["moving"]


async def test_a_beat_that_waits_moves_nothing_once_its_socket_is_gone(alive, monkeypatch):
    cameras, gone, late = alive.room.cameras, asyncio.Event(), []
    drop, hold = cameras.drop, cameras.hold

    def dropped(holder):
        drop(holder)
        gone.set()

    def held(*args):
        if gone.is_set():
            late.append(args)
        hold(*args)

    monkeypatch.setattr(cameras, "drop", dropped)
    monkeypatch.setattr(cameras, "hold", held)
    stick = await alive.panel()
    for n in range(20):
        await stick.hold(f"press-{n}", 1, pan=SLOWLY)
    await stick.socket.close()
    async with asyncio.timeout(LIMIT_S):
        await gone.wait()
    await asyncio.sleep(4 * GAP_S)
    assert late == []
    await eventually(lambda: not alive.end_state()["moving"])


async def test_a_revision_is_made_into_json_once_for_all(alive):
    encoding = Encoding(alive.room)
    rev, document = encoding.document()
    with alive.room.watch() as changes:
        assert encoding.document()[1] is document or alive.room.document.rev > rev
        alive.room.submit("audio.volume", {"pct": 33}, Source("admin", "test"))
        async with asyncio.timeout(LIMIT_S):
            change = await changes.get()
    assert encoding.sections(change) is encoding.sections(change)
    rev, document = encoding.document()
    assert json.loads(document)["rev"] == rev >= change.rev


async def test_a_panel_may_not_pile_up_commands(alive, panel):
    alive.camera.silent = True
    for number in range(live.PENDING_COMMANDS + 1):
        await panel.say(
            type="command",
            id=str(number),
            command={"type": "camera.store", "args": {"camera": "front", "preset": number % 6 + 1}},
        )
    refused = await panel.next("ack", id=str(live.PENDING_COMMANDS))
    assert refused["error"]["code"] == "busy"


WRITES = [
    {"type": "command", "id": "x", "command": {"type": "room.standby", "args": {}}},
    {"type": "hold", "hold": "a", "seq": 1, "camera": "front", "pan": 1, "tilt": 0, "zoom": 0},
    {"type": "release", "hold": "a"},
]


async def test_the_rooms_display_may_look_and_do_nothing(alive):
    screen = await alive.panel(role=Role.SCREEN)
    for message in WRITES:
        await screen.say(**message)
        kind = "ack" if message["type"] == "command" else "error"
        assert (await screen.next(kind))["error"]["code"] == "not_allowed"
    await screen.say(type="snapshot")
    await screen.next("snapshot")
    assert alive.room.document.panel.awake
    assert not alive.end_state()["moving"]
    await screen.socket.close()


def test_every_message_a_socket_takes_is_one_that_this_page_has_judged():
    known = {"command", "hold", "release", "listen", "snapshot", "ping"}
    assert set(LIVE.json_schema()["discriminator"]["mapping"]) == known


async def test_a_phone_whose_visit_is_over_is_cut_off_in_the_middle_of_it(alive):
    for sends in (True, False):
        token = alive.tokens.offer_pairing(Role.GUEST, 60, 2.0)
        phone = await alive.panel(token=token)
        if sends:
            await phone.hold("a", 1, pan=0.2)
        async with asyncio.timeout(LIMIT_S):
            await phone.socket.wait_closed()
        assert phone.socket.close_code == 4401
        await eventually(lambda: not alive.end_state()["moving"])

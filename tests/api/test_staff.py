"""The staff PIN: set, tried, given for a while, lost again; and what wrong ones cost."""

import asyncio
import json
import stat

import pytest
import websockets
from argon2 import PasswordHasher

from roomctl.api.staff import Staff, keep_pin, refuse_weak
from roomctl.api.tries import FREE, FREE_OF_ALL, LONGEST_S, delay_s
from roomctl.clock import VirtualClock
from roomctl.command import Source
from roomctl.errors import Refused
from roomctl.roles import Role
from roomctl.store import Store
from tests.api import rig
from tests.invented import START

PIN, WRONG = "271828", "314159"
PANEL, OTHER = Source(Role.PANEL, "panel 0a0a0a0a"), Source(Role.PANEL, "panel 0b0b0b0b")
MINUTES = 10
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PIN)  # many are tried


class Desk:
    """Staff of one room in invented time, and what was noted of them."""

    def __init__(self, folder):
        self.folder, self.clock, self.noted = folder, VirtualClock(START), []
        Store(folder).write("pin", {"hash": QUICK})
        self.restart()

    def restart(self):
        def note(source, command, arguments, result):
            self.noted.append((source.name, command, dict(arguments), result))

        self.staff = Staff(Store(self.folder), self.clock, Role.TECHNICIAN, MINUTES, note)

    async def wrong(self, panel=PANEL):
        """Enter a wrong PIN as soon as one is looked at."""
        self.clock.advance(max(0.0, self.staff.wait_s(panel.name)))
        with pytest.raises(Refused) as refused:
            await self.staff.enter(panel, WRONG)
        assert refused.value.code == "wrong_pin"

    def role(self, panel=PANEL):
        source = self.staff.role_of(panel)
        return source and source.role


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


async def test_the_right_pin_makes_its_panel_staff_for_a_while_and_no_other(desk):
    state = await desk.staff.enter(PANEL, PIN)
    assert (state.role, state.ends_in_s) == (Role.TECHNICIAN, MINUTES * 60)
    assert (desk.role(), desk.role(OTHER)) == (Role.TECHNICIAN, None)
    desk.clock.advance(MINUTES * 60 - 1)
    assert desk.role() == Role.TECHNICIAN
    desk.clock.advance(1)
    assert desk.role() is None
    assert desk.noted == [("staff at panel 0a0a0a0a", "staff.end", {"how": "time"}, "done")]


async def test_a_phone_is_no_panel_whatever_it_is_called(desk):
    await desk.staff.enter(PANEL, PIN)
    assert desk.staff.role_of(Source(Role.GUEST, PANEL.name)) is None
    assert not desk.staff.state(Source(Role.GUEST, "guest 0a0a0a0a")).pin


async def test_a_restart_takes_the_rights_and_keeps_the_pin(desk):
    await desk.staff.enter(PANEL, PIN)
    desk.restart()
    assert desk.role() is None
    assert desk.staff.is_set


async def test_another_pin_ends_what_the_old_one_gave(desk):
    await desk.staff.enter(PANEL, PIN)
    await desk.staff.set_pin("161803")
    assert desk.role() is None
    await desk.wrong()
    with pytest.raises(Refused, match="that is not the PIN"):
        await desk.staff.enter(PANEL, PIN)
    assert (await desk.staff.enter(PANEL, "161803")).role == Role.TECHNICIAN


async def test_without_a_pin_nobody_is_let_in(desk):
    await desk.staff.set_pin(None)
    with pytest.raises(Refused, match="no PIN is set"):
        await desk.staff.enter(PANEL, PIN)
    assert not desk.staff.is_set


NO_PIN = ("", "12345", "1234567890123", "27182x", "٢٧١٨٢٨")
GUESSED = ("111111", "123456", "987654", "890123")


@pytest.mark.parametrize("pin", [*NO_PIN, *GUESSED])
def test_what_is_no_pin_or_is_tried_first_is_refused(pin):
    with pytest.raises(Refused):
        refuse_weak(pin)


@pytest.mark.parametrize("pin", ["121212", "123123", "112211"])
def test_a_pattern_is_refused(pin):
    with pytest.raises(Refused, match="too easy to guess"):
        refuse_weak(pin)


def test_the_delay_grows_and_has_an_end():
    delays = [delay_s(wrong, FREE) for wrong in range(FREE + 12)]
    assert delays[: FREE + 1] == [0.0] * (FREE + 1)
    assert delays[FREE + 1 :][:8] == [4, 8, 16, 32, 64, 128, 256, 512]
    assert delay_s(10**9, FREE) == LONGEST_S


async def test_who_has_to_wait_is_not_looked_at_and_does_not_wait_longer_for_trying(desk):
    for _ in range(FREE + 1):
        await desk.wrong()
    wait_s = desk.staff.wait_s(PANEL.name)
    assert wait_s == 4.0
    for pin in (PIN, WRONG) * 20:
        with pytest.raises(Refused) as refused:
            await desk.staff.enter(PANEL, pin)
        assert refused.value.code == "pin_wait"
    assert desk.staff.wait_s(PANEL.name) == wait_s
    desk.clock.advance(wait_s)
    assert (await desk.staff.enter(PANEL, PIN)).role == Role.TECHNICIAN


async def test_a_guest_who_tries_for_hours_keeps_staff_out_for_a_quarter_of_an_hour(desk):
    for _ in range(30):
        await desk.wrong()
        assert desk.staff.wait_s(PANEL.name) <= LONGEST_S
    desk.clock.advance(LONGEST_S)
    assert (await desk.staff.enter(PANEL, PIN)).role == Role.TECHNICIAN
    assert desk.staff.wait_s(PANEL.name) <= 0


async def test_another_panel_waits_only_after_many_wrong_ones(desk):
    for _ in range(FREE_OF_ALL):
        await desk.wrong()
        assert desk.staff.wait_s(OTHER.name) <= 0
    await desk.wrong()
    assert 0 < desk.staff.wait_s(OTHER.name) <= LONGEST_S


async def test_the_delay_outlives_a_restart_and_begins_anew(desk):
    for _ in range(FREE + 3):
        await desk.wrong()
    desk.clock.advance(15)
    desk.restart()
    assert desk.staff.wait_s(PANEL.name) == 16.0


async def test_a_try_is_written_down_before_it_is_looked_at(desk, tmp_path):
    looking = asyncio.create_task(desk.staff.enter(PANEL, PIN))
    while not (tmp_path / "pin_failures.json").exists():
        await asyncio.sleep(0)
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    assert json.loads((tmp_path / "pin_failures.json").read_text()) == {PANEL.name: 1, "": 1}


async def test_a_day_without_a_wrong_one_forgets_them(desk):
    for _ in range(FREE + 8):
        await desk.wrong()
    desk.clock.advance(24 * 3600)
    assert desk.staff.wait_s(PANEL.name) <= 0
    for _ in range(FREE):
        await desk.wrong()
        assert desk.staff.wait_s(PANEL.name) <= 0


async def test_a_disk_that_takes_no_writes_keeps_no_staff_out(desk, tmp_path):
    (tmp_path / "pin_failures.json").mkdir()
    await desk.wrong()
    assert (await desk.staff.enter(PANEL, PIN)).role == Role.TECHNICIAN


async def test_many_who_try_at_once_are_looked_at_one_by_one(desk):
    answers = await asyncio.gather(
        *(desk.staff.enter(PANEL, WRONG) for _ in range(40)), return_exceptions=True
    )
    codes = [answer.code for answer in answers]
    assert codes.count("wrong_pin") == FREE + 1
    assert codes.count("pin_wait") == 40 - FREE - 1


def test_a_hash_is_kept_that_its_owner_alone_can_read(tmp_path):
    keep_pin(Store(tmp_path), PIN)
    path = tmp_path / "pin.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["hash"].startswith("$argon2id$v=19$m=32768,t=3,p=1$")
    assert PIN not in path.read_text()


async def test_a_damaged_hash_is_nobodys_pin(desk, tmp_path):
    (tmp_path / "pin.json").write_text('{"hash": "$argon2id$v=19$m=1,t=1,p=1$AAAA$AAAA"}')
    desk.restart()
    await desk.wrong()


# Over the API


@pytest.fixture
def staffed(tmp_path):
    """A room with a PIN whose devices do not run."""
    keep_pin(Store(tmp_path), PIN)
    return rig.House(tmp_path, clock=VirtualClock(START), keep=True)


async def test_a_panel_may_what_staff_may_until_it_gives_that_up(staffed):
    async with staffed.in_process(headers=await staffed.panel_headers()) as panel:
        assert (await panel.get("/api/v1/log")).status_code == 403
        entered = await panel.post("/api/v1/staff", json={"pin": PIN})
        assert entered.json() == {"pin": True, "role": "technician", "ends_in_s": 600, "wait_s": 0}
        assert (await panel.get("/api/v1/log")).status_code == 200
        assert (await panel.get("/api/v1/tokens")).status_code == 403
        assert (await panel.delete("/api/v1/staff")).status_code == 204
        assert (await panel.get("/api/v1/log")).status_code == 403
        assert (await panel.get("/api/v1/staff")).json()["role"] is None


async def test_what_staff_do_at_a_panel_is_in_the_audit_as_theirs_and_no_pin_is(staffed):
    async with staffed.in_process(headers=await staffed.panel_headers()) as panel:
        await panel.post("/api/v1/staff", json={"pin": WRONG})
        await panel.post("/api/v1/staff", json={"pin": PIN})
        await panel.delete("/api/v1/use?from=2026-11-24T00:00:00Z&to=2026-11-25T00:00:00Z")
        await panel.delete("/api/v1/staff")
    [*entries] = await staffed.room.audit.entries(None, None, 100)
    told = [(one.event.role, one.event.command, one.event.result) for one in entries]
    assert told == [
        ("panel", "POST /api/v1/staff", "refused: wrong_pin"),
        ("panel", "POST /api/v1/staff", "done"),
        ("technician", "DELETE /api/v1/use", "done"),
        ("panel", "DELETE /api/v1/staff", "done"),
    ]
    assert not any(pin in repr(entries) for pin in (PIN, WRONG))


async def test_wrong_pins_are_answered_alike_and_then_with_how_long_to_wait(staffed):
    async with staffed.in_process(headers=await staffed.panel_headers()) as panel:
        for pin in (*["999999", "271829", "2", "x" * 64][: FREE + 1],):
            answer = await panel.post("/api/v1/staff", json={"pin": pin})
            assert (answer.status_code, answer.json()["code"]) == (403, "wrong_pin")
            assert answer.json()["detail"] == "room: that is not the PIN"
        answer = await panel.post("/api/v1/staff", json={"pin": PIN})
        assert (answer.status_code, answer.json()["code"]) == (429, "pin_wait")
        assert (await panel.get("/api/v1/staff")).json()["wait_s"] == 4.0
    async with staffed.in_process(headers=rig.BEARER) as admin:
        assert (await admin.delete("/api/v1/pin/failures")).status_code == 204
    async with staffed.in_process(headers=await staffed.panel_headers()) as panel:
        assert (await panel.post("/api/v1/staff", json={"pin": PIN})).status_code == 200


@pytest.mark.parametrize("pin", [271828, "", "2" * 65, None])
async def test_what_is_no_pin_is_no_try_and_is_not_repeated(staffed, pin):
    async with staffed.in_process(headers=await staffed.panel_headers()) as panel:
        answer = await panel.post("/api/v1/staff", json={"pin": pin})
        assert answer.status_code == 422
        assert "27182" not in answer.text
        assert (await panel.get("/api/v1/staff")).json()["wait_s"] == 0


@pytest.mark.parametrize("role", [Role.GUEST, Role.SCREEN])
async def test_no_phone_and_no_display_tries_a_pin(staffed, role):
    async with staffed.in_process(headers=await staffed.panel_headers(role)) as browser:
        answer = await browser.post("/api/v1/staff", json={"pin": PIN})
        assert (answer.status_code, answer.json()["code"]) == (403, "in_room_only")


async def test_a_page_of_another_origin_enters_no_pin(staffed):
    headers = {**await staffed.panel_headers(), "Origin": "https://evil.example"}
    async with staffed.in_process(headers=headers) as page:
        answer = await page.post("/api/v1/staff", json={"pin": PIN})
        assert (answer.status_code, answer.json()["code"]) == (403, "origin")


async def test_an_admin_sets_and_clears_the_pin(staffed):
    async with staffed.in_process(headers=rig.BEARER) as admin:
        assert (await admin.put("/api/v1/pin", json={"pin": "123456"})).json()["code"] == "weak_pin"
        assert (await admin.put("/api/v1/pin", json={"pin": "161803"})).status_code == 204
        assert (await admin.get("/api/v1/pin")).json() == {"set": True}
        assert (await admin.delete("/api/v1/pin")).status_code == 204
        assert (await admin.get("/api/v1/pin")).json() == {"set": False}


# Over the panel's socket


@pytest.fixture
async def room(tmp_path):
    keep_pin(Store(tmp_path), PIN)
    async with rig.running(tmp_path) as house:
        yield house


@pytest.mark.real
async def test_a_panels_socket_learns_at_once_what_a_pin_gave_and_standby_takes_it(room):
    headers = await room.panel_headers()
    url = f"{room.base.replace('http', 'ws')}/api/v1/live"
    async with (
        websockets.connect(url, additional_headers=headers) as socket,
        room.in_process(headers=headers) as browser,
    ):
        panel = rig.Panel(socket)
        hello = await panel.next("hello")
        assert hello["staff"] == {"pin": True, "role": None, "ends_in_s": None}
        assert "camera.raw" not in hello["may"]
        await browser.post("/api/v1/staff", json={"pin": PIN})
        hello = await panel.next("hello")
        assert hello["staff"]["role"] == "technician"
        assert {"camera.raw", "audio.unmute"} <= {*hello["may"]}
        ack = await panel.command("1", "camera.raw", camera="front", frame="090400")
        assert ack["status"] == "done"
        await browser.post("/api/v1/commands", json={"type": "room.standby"})
        assert (await panel.next("hello"))["staff"]["role"] is None
        assert (await browser.get("/api/v1/log")).status_code == 403

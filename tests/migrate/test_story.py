"""The seed's story: a vendor says that it leaves, a room moves in stages, and can go back.

A room is started anew after each revision, as a supervisor would, on the day that it is then.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from roomctl import app
from roomctl.booking import Booking
from roomctl.meeting.leaving import ExitStage
from roomctl.migrate import ExitPlan, ExitRequest, RoomFile, make_plan
from roomctl.migrate.migration import JoinProof, Migration
from roomctl.migrate.verdict import Verdict
from roomctl.room import Dependencies
from roomctl.simulator import Simulator
from roomctl.store import AppliedConfigs, Store
from tests.examples import chosen
from tests.invented import START, LoopClock, invented
from tests.room.rig import Calendar, House

SHANGHAI = ZoneInfo("Asia/Shanghai")
ROOM = """# 会议室“竹” — the file of a person, with a remark
[room]
display_name = "竹 Bamboo"
timezone = "Asia/Shanghai"
language = "zh-CN"
help = "{old} hotline 8888"
[screen]
mode = "simulated"
url = "unix:/run/screen.sock"
[meeting]
platform = "{old}"
signed_in = ["{old}"]
favourites = {{ "周会" = "{link}" }}
[meeting.new.{old}]
room_link = "{link}"
"""

ZOOM = "https://acme.zoom.us/j/{n:011d}?pwd=QUJD.1"
TEAMS = "https://teams.microsoft.com/meet/1234567890123?p=AbCdEf"
MOVES = {  # from, to, a link of the leaving one, the standing link on the new one
    "zoom-quanshi": (ZOOM, "https://n.qsh1.cn/d/Room01"),
    "zoom-tencent": (ZOOM, "https://meeting.tencent.com/p/1234567890"),
    "zoom-dingtalk": (ZOOM, "https://meeting.dingtalk.com/j/AbCdEf12345"),
    "zoom-webex": (ZOOM, "https://acme.webex.com/meet/bamboo"),
    "zoom-teams": (ZOOM, TEAMS),
    "zoom-goto": (ZOOM, "https://meet.goto.com/123456789"),
    "skype_business-teams": ("https://meet.lync.com/contoso/wang.fang/A{n:07d}", TEAMS),
    "chime-jitsi": ("https://chime.aws/{n:010d}", "https://meet.jit.si/BambooRoom"),
}
DIFFERENT = ("zoom-tencent", "zoom-teams", "skype_business-teams", "chime-jitsi")
DAYS = {
    "zoom": (date(2020, 8, 1), date(2020, 8, 3), date(2020, 8, 20), date(2020, 8, 24)),
    "skype_business": (date(2021, 7, 1), date(2021, 7, 5), date(2021, 7, 28), date(2021, 7, 29)),
    "chime": (date(2026, 1, 5), date(2026, 1, 12), date(2026, 2, 17), date(2026, 2, 18)),
}


class Box:
    """A room's disk: room.toml, what was applied, and the days on which it is started."""

    def __init__(self, folder: Path, text: str, bookings: list[Booking]) -> None:
        self.file, self.store = folder / "room.toml", Store(folder / "state")
        self.file.write_text(text, encoding="utf-8")
        self.bookings = bookings

    @property
    def configs(self) -> AppliedConfigs:
        return AppliedConfigs(self.store, self.file)

    def migration(self) -> Migration:
        return Migration(self.configs)

    def text(self) -> str:
        return self.migration().text()

    @contextlib.asynccontextmanager
    async def running(self, day: date) -> AsyncIterator[House]:
        """Start the room at nine in the morning of a day, with the configuration that counts."""
        clock = LoopClock()
        clock.jumped = at(day) - START - timedelta(seconds=clock.mono_s())
        config = app.parse(self.text(), "room.toml")
        simulator = Simulator(config, clock)
        dependencies = Dependencies(
            simulator.connect, clock, Calendar(self.bookings), store=self.store
        )
        room = app.room(config, dependencies)
        house = House(room, simulator, asyncio.create_task(room.run()))
        try:
            await house.until(lambda: house.room.ready)
            yield house
        finally:
            await house.stop()
            await simulator.close()


async def opened(house: House, platform: str) -> str | None:
    """Wait until a page of the platform is on the display; return its host."""
    await house.until(
        lambda: house.document.meeting.platform == platform and house.document.meeting.shown
    )
    return house.document.meeting.host


def at(day: date) -> datetime:
    return datetime.combine(day, time(9), SHANGHAI).astimezone(UTC)


def booked(link: str, first: date) -> list[Booking]:
    """Three hundred bookings: singles of forty people, a weekly series, some elsewhere."""
    made = []
    for n in range(300):
        start = at(first) + timedelta(days=n // 6, hours=n % 6)
        text = link.format(n=20_000_000 + n) if n % 3 else "https://meet.jit.si/Elsewhere"
        text = "" if n % 10 == 0 else text
        uid = "series" if n % 30 == 1 else f"single{n}"
        fields = {"LOCATION": text, "DESCRIPTION": "议程：预算；café"}
        made.append(
            Booking(
                f"{uid}/{start.isoformat()}",
                f"评审 {n}",
                f"王芳{n % 40}",
                start,
                start + timedelta(minutes=50),
                fields,
            )
        )
    return made


def planned(box: Box, old: str, new: str, link: str, today: date) -> ExitPlan:
    room = RoomFile("room.toml", box.text(), app.parse(box.text(), "room.toml"))
    return make_plan(room, ExitRequest(old, new, room_link=link), box.bookings, at(today))


@pytest.mark.parametrize("move", chosen(MOVES, *DIFFERENT))
@invented
async def test_a_room_moves_when_its_vendor_leaves_and_goes_back_to_the_byte(
    tmp_path: Path, move: str
) -> None:
    (old, new), (link, standing) = move.split("-"), MOVES[move]
    first, notice, moved, after = DAYS[old]
    text = ROOM.format(old=old, link=link.format(n=91_234_567_8))
    box = Box(tmp_path, text, booked(link, first))
    before = hashlib.sha256(box.file.read_bytes()).hexdigest()

    async with box.running(first) as house:  # as ever
        assert (await house.ask("meeting.new")).status == "done"
        await opened(house, old)
        assert house.document.leaving == ()

    plan = planned(box, old, new, standing, notice)
    assert plan.departure.days[ExitStage.DEFAULT] == moved
    assert sum(one.leaving for one in plan.bookings) > 100
    kinds = {one.kind for one in plan.artefacts}
    assert {"default_platform", "room_link", "favourite", "signed_in", "firewall_name"} <= kinds
    assert any("王芳" in letter.text and letter.language == "zh-CN" for letter in plan.letters)
    assert box.text() == text, "a plan changes nothing"
    await box.migration().keep(plan, "staff")

    stage, written = await box.migration().to_apply(None, leave_behind=False)
    assert stage is ExitStage.DUAL
    await box.migration().apply(stage, written, "staff", at(notice))

    async with box.running(notice) as house:  # both: new ones on the new one, the old one joins
        assert (await house.ask("meeting.new")).status == "done"
        host = await opened(house, new)
        assert host == urlsplit(standing).hostname
        assert (await house.ask("meeting.new", platform=old)).status == "done"
        [entry] = house.document.leaving
        assert (entry.stage, entry.cards) == ("dual", True)
        assert (await house.ask("meeting.cards_seen", platform=old)).status == "done"
        await house.until(lambda: not house.document.leaving[0].cards)
    await box.migration().prove(JoinProof(at(notice), "staff", host, "person"))

    for expected in (ExitStage.DEFAULT, ExitStage.JOIN_ONLY):
        stage, written = await box.migration().to_apply(None, leave_behind=False)
        assert stage is expected
        await box.migration().apply(stage, written, "staff", at(notice))

    async with box.running(moved - timedelta(days=1)) as house:  # written, and not yet due
        assert house.room.config.meeting.platform == old
        [entry] = house.document.leaving
        assert (entry.stage, entry.next_stage, entry.next_on) == ("dual", "default", str(moved))
        assert (entry.in_days, entry.counting) == (1, True)

    async with box.running(after) as house:
        guest = link.format(n=77_777_77)
        assert (await house.ask("meeting.join", link=guest)).status == "done"
        await opened(house, old)  # somebody else's meeting is still joined
        assert (await house.ask("meeting.leave")).status == "done"
        assert (await house.ask("meeting.new")).status == "done"
        assert await opened(house, new) == urlsplit(standing).hostname
        assert house.document.meeting.state != "failed"

    number = await box.migration().roll_back(None, "staff", at(after))
    assert number == 0
    assert hashlib.sha256(box.text().encode()).hexdigest() == before
    assert hashlib.sha256(box.file.read_bytes()).hexdigest() == before
    assert box.migration().plan is None
    async with box.running(after) as house:
        assert (await house.ask("meeting.new")).status == "done"
        await opened(house, old)


def test_the_plan_counts_the_bookings_that_die_when_a_service_ends(tmp_path: Path) -> None:
    link = "https://chime.aws/{n:010d}"
    text = ROOM.format(old="chime", link=link.format(n=1))
    box = Box(tmp_path, text, booked(link, date(2026, 2, 1)))
    plan = planned(box, "chime", "jitsi", "https://meet.jit.si/BambooRoom", date(2026, 2, 1))
    assert plan.count(Verdict.DEAD) > 100
    dead = [one.booking.start for one in plan.bookings if one.verdict is Verdict.DEAD]
    assert min(dead).astimezone(SHANGHAI).date() == date(2026, 2, 20)


@invented
async def test_the_end_is_counted_down_by_its_own_days_in_every_stage(
    tmp_path: Path,
) -> None:
    text = ROOM.format(old="zoom", link=ZOOM.format(n=1))
    days = "dual = 2020-08-03\ndefault = 2020-08-20\njoin_only = 2020-08-23\nended = 2020-08-30\n"
    text += f'[meeting.new.quanshi]\nroom_link = "{MOVES["zoom-quanshi"][1]}"\n'
    box = Box(tmp_path, f'{text}[meeting.leaving.zoom]\nto = "quanshi"\n{days}', [])
    expected = {  # day: (next stage, the day of the end, whether that is near)
        date(2020, 8, 4): ("default", "2020-08-30", False),
        date(2020, 8, 16): ("default", "2020-08-30", True),
        date(2020, 8, 24): ("ended", "2020-08-30", True),
        date(2020, 8, 30): (None, None, False),
    }
    for day, said in expected.items():
        async with box.running(day) as house:
            [entry] = house.document.leaving
            assert (entry.next_stage, entry.ends_on, entry.ends_soon) == said

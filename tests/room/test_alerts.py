"""People are told what is wrong: once, in words, when it is time. In invented time."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.alert_address import MAIL, ROBOTS
from roomctl.app import mistakes, parse
from roomctl.clock import Moment
from roomctl.config import AlertTable
from roomctl.errors import Refused, RoomctlError
from roomctl.kind import IssueEntry
from roomctl.room.alert_words import (
    LISTED,
    LONGEST,
    AlertMessage,
    AlertPlace,
    IssueWords,
    issue_words,
    message,
    plain,
)
from roomctl.room.alerts import (
    AGAIN_S,
    FAILING,
    HOUR_S,
    LAST_RETRY_S,
    OVER_S,
    TEST_EVERY_S,
    AlertBook,
    AlertRefused,
    Alerts,
)
from roomctl.room.document import DeviceEntry, IdentityEntry, RoomDocument
from roomctl.room.issues import rated
from roomctl.store import Store
from roomctl.words import Language, panel_texts
from tests.examples import examples
from tests.invented import START, LoopClock, invented
from tests.room.rig import CAMERA, NO_DEVICE, begun, living
from tests.room.test_issues import CODES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "alerts.md"
KEY = "693a91f6-7abc-4bc4-97a0-0ec2d1f5aaaa"
DESK = f'[alert.desk]\nurl = "wecom:{KEY}"\n'
ROOM = f'[room]\ndisplay_name = "Bamboo"\n{CAMERA}'
CANARY = "Canary7f3a"
UTC_PLACE = AlertPlace("Bamboo", "Bamboo, Tower A", ZoneInfo("UTC"), "https://b/facilities", "en")


class People:
    """What was told to whom, and when; `wrong` is raised, `slow` hangs."""

    def __init__(self) -> None:
        self.told: list[AlertMessage] = []
        self.tries: list[float] = []
        self.wrong: Exception | None = None
        self.slow = False

    async def send(self, table: AlertTable, told: AlertMessage, at: datetime) -> None:
        self.tries.append(asyncio.get_running_loop().time())
        if self.slow:
            await asyncio.sleep(3600)
        if self.wrong is not None:
            raise self.wrong
        self.told.append(told)

    @property
    def titles(self) -> list[str]:
        return [one.title for one in self.told]


def table(more: str = "") -> AlertTable:
    return parse(DESK + more, "room.toml").alert["desk"]


def at(now_s: float, *, synced: bool = True) -> Moment:
    return Moment(now_s, START + timedelta(seconds=now_s), synced)


def book(more: str = "", zone: str = "UTC") -> AlertBook:
    return AlertBook(table(more), ZoneInfo(zone))


def told(one: AlertBook, now_s: float) -> tuple[tuple[str, ...], ...] | None:
    """Have what is to be told taken; return it."""
    news = one.news(at(now_s))
    if news is None:
        return None
    keys = (*news.opened, *news.still, *news.over)
    one.arrived(news, {key: IssueWords(key, "", START) for key in keys}, at(now_s))
    return news.opened, news.still, news.over


# The page about it.


def test_the_page_has_an_example_that_works_every_key_and_every_service() -> None:
    page = PAGE.read_text(encoding="utf-8")
    [example] = re.findall(r"```toml\n(.*?)```", page, re.S)
    assert mistakes(example, "room.toml") == []
    keys, services = (re.findall(rf"^\| `{form}", page, re.M) for form in (r"(\w+)` \|", r"(\w+):"))
    assert keys == [*AlertTable.model_fields]
    assert services == [*MAIL, *ROBOTS]
    untried = [one for one in services if re.search(rf"^\| `{one}:.*untried", page, re.M)]
    assert untried == [*ROBOTS]


# The book: what is told when.


def test_an_issue_that_lasts_is_told_once_again_after_a_day_and_once_when_it_is_over() -> None:
    one = book()
    one.see(["a:x"], at(0))
    assert told(one, 59) is None
    assert told(one, 60) == (("a:x",), (), ())
    assert told(one, 60 + AGAIN_S - 1) is None
    assert told(one, 60 + AGAIN_S) == ((), ("a:x",), ())
    one.see([], at(100_000))
    assert told(one, 100_000 + OVER_S - 1) is None
    assert told(one, 100_000 + OVER_S) == ((), (), ("a:x",))
    assert told(one, 10 * AGAIN_S) is None
    assert one.next_s(at(10 * AGAIN_S)) is None


def test_what_flickers_is_told_once_and_not_over_before_it_is() -> None:
    one = book()
    found = []
    for now_s in range(0, 600, 30):
        one.see(["a:x"] if now_s % 60 == 0 else [], at(now_s))
        found.append(told(one, now_s))
    assert [each for each in found if each is not None] == [(("a:x",), (), ())]


def test_what_is_over_before_its_time_is_neither_told_nor_counted() -> None:
    one = book()
    one.see(["a:x"], at(0))
    one.see([], at(30))
    assert told(one, 1000) is None
    assert one.missed == 0


def test_what_came_and_went_in_quiet_hours_is_a_number_in_the_next_message() -> None:
    one = book('quiet = "08:00-10:00"')  # it is 09:00
    one.see(["a:x", "b:x"], at(0))
    assert told(one, 600) is None
    one.see(["a:x"], at(700))
    assert told(one, 3599) is None
    news = one.news(at(3600))
    assert news is not None
    assert (news.opened, news.missed) == (("a:x",), 1)
    told(one, 3600)
    assert one.missed == 0


@pytest.mark.parametrize(
    ("zone", "quiet", "held_s"),
    [
        ("UTC", "08:00-10:00", 3600),
        ("Asia/Shanghai", "16:00-18:00", 3600),
        ("UTC", "20:00-09:30", 1800),  # the end lies on the next day
        ("UTC", "09:00-08:59", 86_340),
        ("UTC", "10:00-11:00", 0),
    ],
)
def test_quiet_hours_are_the_rooms_and_end_when_they_say(
    zone: str, quiet: str, held_s: float
) -> None:
    one = book(f'quiet = "{quiet}"\nafter_s = 0', zone)
    one.see(["a:x"], at(0))
    assert one.next_s(at(0)) == held_s
    assert told(one, max(0, held_s - 1)) == (None if held_s else (("a:x",), (), ()))
    assert held_s == 0 or told(one, held_s) == (("a:x",), (), ())


def test_an_hour_that_is_not_proven_keeps_nobody_quiet() -> None:
    one = book('quiet = "00:00-23:59"\nafter_s = 0')
    one.see(["a:x"], at(0))
    assert one.news(at(0, synced=False)) is not None
    assert one.news(at(0)) is None


def test_an_hour_has_so_many_messages_and_what_was_held_back_comes_with_the_next() -> None:
    one = book("most_per_hour = 2\nafter_s = 0")
    for number in range(5):
        one.see([f"{each}:x" for each in range(number + 1)], at(number))
        told(one, number)
    assert len(one.sent) == 2
    assert one.next_s(at(5)) == HOUR_S
    one.see([f"{each}:x" for each in (0, 1, 3, 4)], at(10))
    news = one.news(at(HOUR_S))
    assert news is not None
    assert (news.opened, news.missed) == (("3:x", "4:x"), 1)


def test_a_try_that_failed_is_made_again_ever_later_and_a_refusal_late_at_once() -> None:
    one, now_s, waits = book("after_s = 0"), 0.0, []
    one.see(["a:x"], at(0))
    for _ in range(10):
        assert one.news(at(now_s)) is not None
        one.failed(at(now_s), 0.0, refused=False)
        waits.append(one.due_s - now_s)
        now_s = one.due_s
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, LAST_RETRY_S, LAST_RETRY_S]
    other = book("after_s = 0")
    other.failed(at(0), 0.0, refused=True)
    assert other.failures >= FAILING
    assert other.due_s == LAST_RETRY_S


def test_what_is_told_is_chosen_by_gravity_and_code() -> None:
    def wants(more: str, code: str, **params: Any) -> bool:
        return book(more).wants(rated(IssueEntry(code, "camera.front", params, START)))

    assert wants("", "device.offline")
    assert not wants("", "camera.advisory")  # info
    assert wants('severity = "info"', "camera.advisory")
    assert not wants('severity = "error"', "calendar.stale")
    assert wants('codes = ["camera.*"]', "camera.busy")
    assert not wants('codes = ["camera.*"]', "device.offline")
    assert not wants('ignore = ["device.offline"]', "device.offline")
    assert not wants('codes = ["device.*"]\nignore = ["device.*"]', "device.offline")


@settings(max_examples=examples(300), deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.5, 5000.0), st.sets(st.sampled_from("abcdef")), st.booleans()),
        max_size=40,
    )
)
def test_whatever_happens_an_hour_has_no_more_messages_and_over_follows_told(
    happened: list[tuple[float, set[str], bool]],
) -> None:
    one, now_s = book("most_per_hour = 3\nafter_s = 30"), 0.0
    sent: list[float] = []
    known: set[str] = set()
    for pause_s, there, works in happened:
        now_s += pause_s
        one.see(sorted(there), at(now_s))
        news = one.news(at(now_s))
        if news is None:
            continue
        if not works:
            one.failed(at(now_s), 0.0, refused=False)
            continue
        keys = (*news.opened, *news.still, *news.over)
        assert len(set(keys)) == len(keys)
        assert set(news.over) <= known
        assert set(news.still) <= known
        assert not set(news.opened) & known
        known = (known | {*news.opened}) - {*news.over}
        one.arrived(news, {key: IssueWords(key, "", START) for key in keys}, at(now_s))
        sent.append(now_s)
        assert sum(each > now_s - HOUR_S for each in sent) <= 3


# The words.


def devices(*titles: str) -> tuple[DeviceEntry, ...]:
    return tuple(
        DeviceEntry(f"camera.{at}", "camera", "online", None, None, START, {"zh": one, "en": one})
        for at, one in enumerate(titles)
    )


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("code", [one for one in CODES if one != "more"])
def test_no_issue_tells_what_a_meeting_is_about_or_what_a_server_said(
    code: str, language: Language
) -> None:
    """Every parameter of every issue is a canary, but those of which the room knows the words."""
    names = {"title", "detail", "link", "who", "series", "organizer", "commands", "privacy"}
    names |= {"outside", "url", "passcode", "token", "number", "reason", "platform", "change"}
    params = dict.fromkeys(names, CANARY)
    issue = rated(IssueEntry(code, f"{CANARY}-uid", params, START))
    words = issue_words(issue, (), language)
    assert CANARY not in words.what + words.todo
    assert "{" not in words.what + words.todo
    assert words.what


def test_a_device_is_called_as_people_call_it_and_otherwise_by_its_kind() -> None:
    issue = rated(IssueEntry("device.offline", "camera.1", {"reason": "missing"}, START))
    assert issue_words(issue, devices("Lectern", "Wall"), "en").what == "Wall: not working"
    untitled = tuple(replace(one, title=None) for one in devices("", ""))
    assert issue_words(issue, untitled, "en").what == "Camera 2: not working"
    assert issue_words(issue, untitled, "zh-CN").what == "摄像机 2不可用"
    assert issue_words(issue, (), "en").todo == panel_texts("en")["offline.missing"]


def test_a_sentence_that_needs_what_is_not_told_is_left_out() -> None:
    params = {"age_min": 20, "key": "calendar.url", "detail": CANARY}
    words = issue_words(rated(IssueEntry("calendar.stale", "calendar", params, START)), (), "en")
    assert words.what == "The bookings were read 20 min ago"
    assert words.todo == "What was read last is still shown."


@pytest.mark.parametrize(
    "text",
    [
        *('<at user_id="all">all</at>', "@all", "a\r\nBcc: x@y", "\u202ereversed", "x" * 9999),
        "\ud800half",
    ],
)
def test_what_somebody_else_wrote_is_one_short_line_that_pages_nobody(text: str) -> None:
    shown = plain(text)
    assert len(shown) <= LONGEST
    assert not {"<", ">", "@", "\n", "\r", "\u202e", "\ud800"} & {*shown}


def test_a_message_says_room_issue_since_when_what_to_try_and_where_to_look() -> None:
    one = book("after_s = 0")
    one.see(["device.offline:camera.front"], at(0))
    news = one.news(at(0))
    assert news is not None
    issue = rated(IssueEntry("device.offline", "camera.front", {"reason": "missing"}, START))
    found = message(news, {issue.id: issue_words(issue, (), "en")}, UTC_PLACE)
    assert found.title == "Bamboo: Camera: not working"
    assert found.lines == (
        "Camera: not working",
        "since 2026-11-25 09:00",
        panel_texts("en")["offline.missing"],
        "",
        "Bamboo, Tower A. Times in UTC.",
        "Look: https://b/facilities",
    )
    chinese = message(
        news,
        {issue.id: issue_words(issue, (), "zh-CN")},
        replace(UTC_PLACE, zone=ZoneInfo("Asia/Shanghai"), language="zh-CN"),
    )
    assert chinese.title == "Bamboo：摄像机不可用"
    assert "始于 2026-11-25 17:00" in chinese.lines


def test_a_message_of_many_issues_lists_some_and_counts_the_others() -> None:
    one = book("after_s = 0")
    one.see([f"a:{each}" for each in range(LISTED + 5)], at(0))
    one.missed = 3
    news = one.news(at(0))
    assert news is not None
    found = message(news, {key: IssueWords(key, "", START) for key in news.opened}, UTC_PLACE)
    assert found.title.endswith(f"and {LISTED + 4} more")
    assert "Not listed here: 5 more" in found.lines
    assert "Held back, and over by now: 3" in found.lines


# The part, in a room.


@invented
async def test_a_camera_that_is_unplugged_is_told_and_told_to_be_back() -> None:
    there = People()
    async with living(ROOM + DESK, send=there.send) as house:
        await house.act("camera.front", "unplug")
        await house.until(lambda: there.told, 120.0)
        await house.act("camera.front", "plug")
        await house.until(lambda: len(there.told) == 2, 300.0)
        await house.always(lambda: len(there.told) == 2, 3600.0)
    assert there.titles == ["Bamboo: Camera: not working", "Bamboo: Over: Camera: not working"]


@invented
async def test_a_receiver_that_takes_nothing_is_an_issue_and_is_told_what_is_so_then() -> None:
    there = People()
    there.wrong = RoomctlError("qyapi.weixin.qq.com: no answer within 10 s")
    async with living(ROOM + DESK, send=there.send) as house:
        await house.act("camera.front", "unplug")
        await house.until(lambda: ("alert.failing", "alert.desk") in house.issues, 300.0)
        [issue] = [one for one in house.document.issues if one.code == "alert.failing"]
        assert issue.params == {"name": "desk", "host": "qyapi.weixin.qq.com"}
        await house.act("camera.front", "plug")
        await house.always(lambda: not there.told, 7200.0)
        there.wrong = None
        await house.act("camera.front", "unplug")
        await house.until(lambda: there.told, LAST_RETRY_S + 120)
        await house.until(lambda: "alert.failing" not in str(house.issues))
    assert there.titles == ["Bamboo: Camera: not working"]
    assert "Held back, and over by now: 1" in there.told[0].lines


@invented
async def test_a_receiver_that_does_not_work_is_told_to_another_and_never_to_itself() -> None:
    there, other = People(), People()

    async def send(table: AlertTable, told: AlertMessage, when: datetime) -> None:
        await (there if table.address.service == "wecom" else other).send(table, told, when)

    there.wrong = AlertRefused("no such key")
    two = '[alert.mail]\nurl = "smtps://a%40b.example@b.example?to=c@d.example"\npassword = "x"\n'
    async with living(ROOM + DESK + two, send=send) as house:
        await house.act("camera.front", "unplug")
        await house.until(lambda: len(other.told) == 2, 3600.0)
    assert other.titles[-1] == "Bamboo: Alerts do not reach desk"


@invented
async def test_a_receiver_that_hangs_holds_up_neither_another_one_nor_the_end() -> None:
    there, other = People(), People()
    there.slow = True

    async def send(table: AlertTable, told: AlertMessage, when: datetime) -> None:
        await (there if table.address.service == "wecom" else other).send(table, told, when)

    two = '[alert.other]\nurl = "dingtalk:0123456789abcdef"\n'
    async with begun(ROOM + DESK + two, send=send) as house:
        await house.until(lambda: house.room.ready)
        await house.act("camera.front", "unplug")
        await house.until(lambda: other.told, 300.0)
        before = house.room.clock.mono_s()
        await house.stop()
        assert house.room.clock.mono_s() - before < 5.0


@invented
async def test_a_fault_of_ours_in_the_sending_is_a_try_that_failed() -> None:
    there = People()
    there.wrong = KeyError("a fault")
    async with living(ROOM + DESK, send=there.send) as house:
        await house.act("camera.front", "unplug")
        await house.until(lambda: there.tries, 300.0)
        there.wrong = None
        await house.until(lambda: there.told, 300.0)


@invented
async def test_what_was_told_is_not_told_anew_after_a_restart(tmp_path: Path) -> None:
    there = People()
    async with living(ROOM + DESK, send=there.send, store=Store(tmp_path)) as house:
        await house.act("camera.front", "unplug")
        await house.until((tmp_path / "alerts.json").exists, 120.0)  # or a power cut forgets it
        assert len(there.told) == 1
        simulator = house.simulator
    kept = (tmp_path / "alerts.json").read_text()
    assert KEY not in kept
    async with begun(ROOM + DESK, send=there.send, store=Store(tmp_path), on=simulator) as house:
        await house.always(lambda: len(there.told) == 1, 1800.0)
        await house.act("camera.front", "plug")
        await house.until(lambda: len(there.told) == 2, 300.0)
    assert there.titles[1] == "Bamboo: Over: Camera: not working"
    async with begun(ROOM + DESK, send=there.send, store=Store(tmp_path)) as house:
        await house.always(lambda: len(there.told) == 2, 1800.0)


@pytest.mark.parametrize(
    "kept", ["", "{", "[]", '{"receivers": 7}', '{"receivers": {"a": {"told": {"x": {}}}}}']
)
@invented
async def test_a_damaged_file_is_set_aside_and_the_room_starts(tmp_path: Path, kept: str) -> None:
    (tmp_path / "alerts.json").write_text(kept)
    there = People()
    async with begun(ROOM + DESK, send=there.send, store=Store(tmp_path)) as house:
        await house.act("camera.front", "unplug")
        await house.until(lambda: there.told, 300.0)


@invented
async def test_a_test_message_arrives_or_says_why_not_and_comes_in_no_flood() -> None:
    there = People()
    async with living(NO_DEVICE + DESK, send=there.send) as house:
        found = await house.room.alerts.test("desk")
        assert (found.arrived, found.service, found.why) == (True, "wecom", None)
        assert there.titles == ["Bamboo: Test: alerts of this room arrive here"]
        with pytest.raises(Refused) as refused:
            await house.room.alerts.test("desk")
        assert refused.value.code == "too_often"
        await asyncio.sleep(TEST_EVERY_S)
        there.wrong = AlertRefused("qyapi.weixin.qq.com: does not know this key")
        found = await house.room.alerts.test("desk")
        assert (found.arrived, found.why) == (False, str(there.wrong))
        await asyncio.sleep(TEST_EVERY_S)
        there.wrong = ValueError(KEY)
        found = await house.room.alerts.test("desk")
        assert not found.arrived
        assert KEY not in str(found)
        with pytest.raises(Refused) as refused:
            await house.room.alerts.test("nobody")
        assert refused.value.code == "unknown_alert"


@invented
async def test_a_subject_that_is_no_text_stops_nobody(tmp_path: Path) -> None:
    there, config = People(), parse(NO_DEVICE + DESK, "room.toml")
    alerts = Alerts(lambda: config, there.send, Store(tmp_path), LoopClock(), lambda: None)
    document = RoomDocument(IdentityEntry("bamboo", "Bamboo", "", "", None, "UTC", "en", ""))
    odd = IssueEntry("device.offline", "\ud800", {}, START)
    running = asyncio.create_task(alerts.run())
    alerts.happened(replace(document, issues=(odd,)))
    await asyncio.sleep(600.0)
    await alerts.close()
    assert not running.done()
    running.cancel()
    assert len(there.told) == 1
    json.dumps(there.told[0].text).encode()

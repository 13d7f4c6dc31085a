"""What happens is told to each receiver, in order, until it is taken: in invented time."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from roomctl.api.redaction import secrets_of
from roomctl.app import mistakes, parse
from roomctl.clock import Moment
from roomctl.config import WebhookEvent, WebhookTable
from roomctl.errors import RoomctlError
from roomctl.kind import IssueEntry
from roomctl.room.document import IdentityEntry, RoomDocument
from roomctl.room.webhooks import (
    FIRST_RETRY_S,
    LAST_RETRY_S,
    MOST,
    OLDEST_S,
    REFUSALS,
    EventRefused,
    Outbox,
    Webhooks,
)
from roomctl.store import Store
from tests.invented import START, LoopClock, invented
from tests.room.rig import NO_CAMERA, ONLY_SCREEN, PANEL, living

PAGE = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"
SECRET = "a-secret-of-one-receiver"
HOOK = f"""
[[webhook]]
url = "https://{{host}}/hook"
secret = "{SECRET}"
events = [{{events}}]
"""
CALLS = '"call.joined", "call.left"'
JITSI = "https://meet.jit.si/DesignReview"


def hook(host: str = "one.example.org", events: str = CALLS) -> str:
    return HOOK.format(host=host, events=events)


class Receivers:
    """What receivers were told, by host; those in `gone` take nothing, those in `slow` hang."""

    def __init__(self) -> None:
        self.told: dict[str, list[dict[str, Any]]] = {}
        self.tries: list[float] = []
        self.gone: set[str] = set()
        self.slow: set[str] = set()

    async def post(self, table: WebhookTable, event_id: str, body: bytes, at: object) -> None:
        self.tries.append(asyncio.get_running_loop().time())
        if table.host in self.slow:
            await asyncio.sleep(3600)
        if table.host in self.gone:
            raise RoomctlError(f"{table.host}: answered HTTP 503; a receiver answers 2xx")
        event = json.loads(body)
        assert event["id"] == event_id
        self.told.setdefault(table.host, []).append(event)

    def types(self, host: str = "one.example.org") -> list[str]:
        return [event["type"] for event in self.told.get(host, [])]


async def call_made(house: Any) -> None:
    await house.ask("meeting.join", PANEL, link=JITSI)
    await house.until(lambda: house.document.meeting.state == "in_call", limit_s=60.0)
    await house.ask("meeting.leave", PANEL)
    await house.until(lambda: house.document.meeting.state in ("idle", "ended"), limit_s=60.0)


@invented
async def test_a_call_is_told_as_a_cloud_event_without_what_it_is_about() -> None:
    there = Receivers()
    async with living(NO_CAMERA + hook(), post=there.post) as house:
        await call_made(house)
        await house.until(lambda: len(there.types()) == 2)
    joined, left = there.told["one.example.org"]
    assert [joined["type"], left["type"]] == ["roomctl.call.joined", "roomctl.call.left"]
    assert joined["specversion"] == "1.0"
    assert joined["source"] == f"/rooms/{house.document.identity.id}"
    assert joined["data"] == {"platform": "jitsi"}
    assert joined["id"] != left["id"]
    assert "DesignReview" not in str(there.told)


@invented
async def test_what_waits_for_a_receiver_outlives_another_configuration_without_it() -> None:
    there = Receivers()
    there.gone.add("one.example.org")
    async with living(NO_CAMERA + hook(), post=there.post) as house:
        await call_made(house)
        await house.until(lambda: bool(there.tries))
        await house.room.reconfigure(parse(NO_CAMERA, "room.toml"), None)
        there.gone.clear()
        await asyncio.sleep(600.0)
        assert there.types() == []
        await house.room.reconfigure(parse(NO_CAMERA + hook(), "room.toml"), None)
        await house.until(lambda: len(there.types()) == 2)
    assert there.types() == ["roomctl.call.joined", "roomctl.call.left"]


@invented
async def test_each_receiver_hears_only_of_what_it_wants() -> None:
    there = Receivers()
    text = NO_CAMERA + hook() + hook("two.example.org", '"condition.changed"')
    async with living(text, post=there.post) as house:
        await call_made(house)
        await house.until(lambda: len(there.types()) == 2)
    assert set(there.types()) == {"roomctl.call.joined", "roomctl.call.left"}
    assert set(there.types("two.example.org")) == {"roomctl.condition.changed"}


@invented
async def test_an_event_that_is_refused_for_good_does_not_hold_up_those_behind_it(
    tmp_path: Path,
) -> None:
    there, refused = Receivers(), []

    async def post(table: WebhookTable, event_id: str, body: bytes, at: object) -> None:
        if json.loads(body)["type"] == "roomctl.call.joined":
            refused.append(event_id)
            raise EventRefused(f"{table.host}: answered HTTP 422")
        await there.post(table, event_id, body, at)

    async with living(ONLY_SCREEN + hook(), post=post, store=Store(tmp_path)) as house:
        await call_made(house)
        await house.until(lambda: there.types() == ["roomctl.call.left"], 30.0)
        assert len(refused) == REFUSALS
        assert len(set(refused)) == 1
        [issue] = [one for one in house.document.issues if one.code == "webhook.refused"]
        assert issue.params == {"host": "one.example.org", "count": 1}
        await call_made(house)
        await house.until(lambda: len(there.types()) == 2, 30.0)
        await house.until(lambda: "webhook.refused" not in str(house.issues), 2 * 3600.0)
    kept = json.loads((tmp_path / "webhooks.json").read_text())
    aside = [one for events in str(kept).split("refused") for one in [events]][-1]
    assert aside.count("roomctl.call.joined") == 2


@invented
async def test_one_that_is_refused_once_and_then_taken_is_not_left_out() -> None:
    there, faults = Receivers(), [EventRefused("busy deploying")] * (REFUSALS - 1)

    async def post(table: WebhookTable, event_id: str, body: bytes, at: object) -> None:
        if faults:
            raise faults.pop()
        await there.post(table, event_id, body, at)

    async with living(NO_CAMERA + hook(), post=post) as house:
        await call_made(house)
        await house.until(lambda: len(there.types()) == 2, 30.0)
    assert there.types() == ["roomctl.call.joined", "roomctl.call.left"]
    assert "webhook.refused" not in str(house.issues)


@invented
async def test_a_slow_receiver_delays_neither_another_one_nor_the_room() -> None:
    there = Receivers()
    there.slow.add("one.example.org")
    async with living(NO_CAMERA + hook() + hook("two.example.org"), post=there.post) as house:
        await call_made(house)
        await house.until(lambda: len(there.types("two.example.org")) == 2)
    assert there.types() == []


@invented
async def test_a_fault_of_ours_in_the_sending_is_a_try_that_failed_and_the_room_goes_on() -> None:
    faults = [KeyError("a fault"), ZeroDivisionError("another")]
    there = Receivers()

    async def post(table: WebhookTable, event_id: str, body: bytes, at: object) -> None:
        if faults:
            raise faults.pop()
        await there.post(table, event_id, body, at)

    async with living(NO_CAMERA + hook(), post=post) as house:
        await call_made(house)
        await house.until(lambda: len(there.types()) == 2)
    assert there.types() == ["roomctl.call.joined", "roomctl.call.left"]


@invented
async def test_a_subject_that_is_no_text_stops_nobody(tmp_path: Path) -> None:
    there, tables = Receivers(), parse(hook(events='"issue.opened"'), "room.toml").webhook
    hooks = Webhooks(tables, there.post, Store(tmp_path), LoopClock(), lambda: None)
    before = RoomDocument(IdentityEntry("bamboo", "Bamboo", "", "", None, "UTC", "en", ""))
    odd = IssueEntry("device.offline", "\ud800", {}, START)
    running = asyncio.create_task(hooks.run())
    there.gone.add("one.example.org")
    hooks.happened(before, replace(before, issues=(odd,)))
    await asyncio.sleep(60.0)
    there.gone.clear()
    await asyncio.sleep(600.0)
    await hooks.close()
    assert not running.done()
    running.cancel()
    assert there.told["one.example.org"][0]["subject"] == "\ud800"


@invented
async def test_what_is_not_taken_is_tried_again_ever_later_and_says_so_meanwhile() -> None:
    there = Receivers()
    there.gone.add("one.example.org")
    async with living(NO_CAMERA + hook(), post=there.post) as house:
        await call_made(house)
        codes = lambda: {one.code for one in house.document.issues}  # noqa: E731
        await house.until(lambda: "webhook.failing" in codes())
        await house.until(lambda: len(there.tries) == 16, limit_s=2 * 3600.0)
        pauses = [b - a for a, b in zip(there.tries, there.tries[1:], strict=False)]
        for number, pause_s in enumerate(pauses):
            longest = min(LAST_RETRY_S, FIRST_RETRY_S * 2**number)
            assert longest / 2 <= pause_s <= longest + 0.01
        there.gone.clear()
        await house.until(lambda: len(there.types()) == 2, limit_s=LAST_RETRY_S + 1)
        await house.until(lambda: "webhook.failing" not in codes())
    assert there.types() == ["roomctl.call.joined", "roomctl.call.left"]


@invented
async def test_what_waits_outlives_a_restart_with_its_id_and_is_told_once(tmp_path: Path) -> None:
    there = Receivers()
    there.gone.add("one.example.org")
    async with living(NO_CAMERA + hook(), store=Store(tmp_path), post=there.post) as house:
        await call_made(house)
    kept = (tmp_path / "webhooks.json").read_text()
    assert SECRET not in kept
    assert "one.example.org" not in kept
    there.gone.clear()
    async with living(NO_CAMERA + hook(), store=Store(tmp_path), post=there.post) as house:
        await house.until(lambda: len(there.types()) == 2)
        told = there.told["one.example.org"]
        assert {one["id"] for one in told} == set(_ids(json.loads(kept)))
    async with living(NO_CAMERA + hook(), store=Store(tmp_path), post=there.post) as house:
        await house.always(lambda: len(there.types()) == 2, 60.0)


def _ids(kept: dict[str, Any]) -> list[str]:
    return [one["id"] for events in kept["waiting"].values() for one in events]


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"waiting": 7}', '{"waiting": {"a": [{}]}}'])
@invented
async def test_a_damaged_outbox_is_set_aside_and_the_room_starts(tmp_path: Path, kept: str) -> None:
    (tmp_path / "webhooks.json").write_text(kept)
    there = Receivers()
    async with living(NO_CAMERA + hook(), store=Store(tmp_path), post=there.post) as house:
        await call_made(house)
        await house.until(lambda: len(there.types()) == 2)


def at(now_s: float) -> Moment:
    return Moment(now_s, START + timedelta(seconds=now_s), True)


def test_an_outbox_that_is_full_loses_the_oldest_and_counts_them() -> None:
    outbox = Outbox()
    for number in range(MOST + 3):
        outbox.add({"id": str(number)}, float(number), at(float(number)))
    assert len(outbox) == MOST
    assert outbox.head == {"id": "3"}
    assert outbox.lost == 3


def test_an_event_that_nobody_took_for_a_day_is_lost() -> None:
    outbox = Outbox()
    outbox.add({"id": "old"}, 0.0, at(0.0))
    outbox.add({"id": "new"}, 10.0, at(10.0))
    outbox.expire(at(OLDEST_S + 1))
    assert outbox.events == [{"id": "new"}]
    assert outbox.lost == 1


def test_an_event_that_was_lost_while_it_was_sent_takes_no_other_one_along() -> None:
    outbox = Outbox()
    outbox.add({"id": "first"}, 0.0, at(0.0))
    sent = outbox.head
    assert sent
    for number in range(MOST):
        outbox.add({"id": str(number)}, 1.0, at(1.0))
    outbox.arrived(sent)
    assert outbox.head == {"id": "0"}


BAD = {
    "http": ('url = "http://one.example.org"', "plain_http"),
    "a user": ('url = "https://me:pass@one.example.org"', "a user"),
    "another scheme": ('url = "file:///etc/passwd"', "https://"),
    "no host": ('url = "https:///hook"', "https://"),
    "a line break": ('url = "https://one.example.org/\\r\\nX: y"', "https://"),
    "no port": ('url = "https://one.example.org:99999"', "ort"),
}


@pytest.mark.parametrize(("url", "why"), BAD.values(), ids=BAD)
def test_a_url_that_would_never_do_is_a_mistake_of_room_toml(url: str, why: str) -> None:
    text = hook().replace('url = "https://one.example.org/hook"', url)
    found = mistakes(text, "room.toml")
    assert len(found) == 1
    assert why in str(found[0])


@pytest.mark.parametrize("secret", ["too-short", "whsec_!!!!!!!!!!!!!!!!", "x" * 300])
def test_a_secret_that_will_not_do_is_refused_and_not_printed(secret: str) -> None:
    found = mistakes(hook().replace(SECRET, secret), "room.toml")
    assert found
    assert secret not in str(found)
    assert secret not in "".join(map(str, found))


def test_a_secret_that_is_no_text_is_not_printed_either() -> None:
    text = "[camera.front]\nurl = 'aw:10.0.0.1'\npassword = 1234567890\n"
    for found in mistakes(hook().replace(f'"{SECRET}"', "1234567890") + text, "room.toml"):
        assert "1234567890" not in str(found)


def test_an_event_that_there_is_not_and_a_url_that_comes_twice_are_mistakes() -> None:
    assert "call.joined" in str(mistakes(hook(events='"call.joind"'), "room.toml")[0])
    assert "twice" in str(mistakes(hook() + hook(), "room.toml")[0])


def test_the_page_about_webhooks_has_an_example_that_works_and_every_event() -> None:
    page = PAGE.read_text(encoding="utf-8")
    [example] = re.findall(r"```toml\n(.*?)```", page, re.S)
    assert mistakes(example, "room.toml") == []
    assert tuple(re.findall(r"^\| `(\w+\.\w+)` \|", page, re.M)) == get_args(WebhookEvent)


@invented
async def test_every_event_has_the_data_that_the_page_says() -> None:
    page, there = PAGE.read_text(encoding="utf-8"), Receivers()
    rows = re.findall(r"^\| `(\w+\.\w+)` \| .* \| (.*) \|", page, re.M)
    every = ", ".join(f'"{event}"' for event in get_args(WebhookEvent))
    async with living(NO_CAMERA + hook(events=every), post=there.post) as house:
        await call_made(house)
        await house.until(lambda: "roomctl.call.left" in there.types())
    wanted = {f"roomctl.{event}": set(re.findall(r"`(\w+)`", data)) for event, data in rows}
    for event in there.told["one.example.org"]:
        assert set(event["data"]) == wanted[event["type"]]


def test_the_secret_and_the_path_are_among_what_nobody_is_shown() -> None:
    config = parse(hook().replace("/hook", "/hook/0123456789abcdef"), "room.toml")
    assert {SECRET, "hook/0123456789abcdef"} <= secrets_of(config)
    assert SECRET not in repr(config)
    assert SECRET not in config.model_dump_json()

"""A room's calendar at Google, on the emulator that others wrote (@emulators/google).

It gives an event an id of its own, forgets a room's private notes, and lists, makes and deletes.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from subprocess import PIPE

import httpx
import pytest

from roomctl.booking.change import Conflict, Written, ref_of
from roomctl.booking.google import GoogleCalendar
from roomctl.booking.online import Token
from tests.booking.test_online import (
    ROOM,
    SHANGHAI,
    key,  # noqa: F401 - a fixture
    listed,
    reserve,
)
from tests.held_port import HeldPort
from tests.node_packages import bring

pytestmark = pytest.mark.real

TOKEN = "of-the-test"


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    brought, held = bring("calendars"), HeldPort()
    script = Path(__file__).with_name("google_emulator.mjs")
    command = [brought["node"], str(script), brought["folder"], str(held.number), ROOM, TOKEN]
    with subprocess.Popen(command, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n"
        yield f"http://127.0.0.1:{held.number}"
        process.kill()


@pytest.fixture
async def feed(emulator: str, key: str) -> AsyncIterator[GoogleCalendar]:  # noqa: F811
    hosts = (f"{emulator}/oauth2/token", emulator)
    made = GoogleCalendar(f"google:{ROOM}", SHANGHAI, key=key, title="Booked", hosts=hosts)
    made.token = Token(TOKEN, float("inf"))
    yield made
    for each in events(emulator):
        call(emulator, "DELETE", f"/{each['id']}")
    await made.close()


def call(emulator: str, method: str, path: str = "", **body: object) -> httpx.Response:
    url = f"{emulator}/calendar/v3/calendars/{ROOM}/events{path}"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return httpx.request(method, url, headers=headers, json=body or None, trust_env=False)


def events(emulator: str) -> list[dict[str, str]]:
    return json.loads(call(emulator, "GET").text)["items"]


async def test_a_booking_is_known_by_the_id_that_the_server_gave(
    feed: GoogleCalendar, emulator: str
) -> None:
    made = await feed.write(reserve())
    (event,) = events(emulator)
    assert event["id"] != reserve().id
    (found,) = await listed(feed)
    assert (made, found.title) == (Written(ref_of(found)), "Booked")
    assert found.start == reserve().start


async def test_a_time_that_somebody_else_has_is_not_booked(
    feed: GoogleCalendar, emulator: str
) -> None:
    start, end = ({"dateTime": at.isoformat()} for at in (reserve().start, reserve().end))
    call(emulator, "POST", summary="theirs", start=start, end=end)
    assert await feed.write(reserve()) == Conflict("taken")
    assert [each["summary"] for each in events(emulator)] == ["theirs"]

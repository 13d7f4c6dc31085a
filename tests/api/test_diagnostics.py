"""What helps from afar: log and bundle, bounded, and without a secret in them."""

import asyncio
import io
import json
import logging
import zipfile

import pytest

from roomctl.api import diagnostics
from roomctl.api.recent_log import LINES, LONGEST, RecentLog
from roomctl.version import build_info
from tests.api import rig
from tests.api.rig import BEARER, ROOM

pytestmark = pytest.mark.real

CANARY = "canary7531"
SECRETS = {
    "wifi": f"guest / {CANARY}wifi",
    "display password": f"{CANARY}pj",
    "calendar user": f"{CANARY}user",
    "calendar password": f"{CANARY}cal",
    "calendar path": f"{CANARY}path",
    "favourite": f"{CANARY}fav",
    "room link": f"{CANARY}link",
    "meeting title": f"{CANARY}title",
}
WHO = f"{SECRETS['calendar user']}:{SECRETS['calendar password']}"
MORE = f"""
[display.wall]
url = "tcp://192.0.2.7:4352"
profile = "pjlink"
password = "{SECRETS["display password"]}"

[calendar]
url = "https://{WHO}@cal.example/{SECRETS["calendar path"]}/"
"""
RANDOM = 'random = "https://meet.jit.si"'
TEXT = (
    ROOM.replace("[screen]", f'wifi = "{SECRETS["wifi"]}"\n\n[screen]', 1)
    .replace("Stand-up", f'Board = "https://meet.jit.si/{SECRETS["favourite"]}"\nStand-up')
    .replace(RANDOM, f'room_link = "https://meet.jit.si/{SECRETS["room link"]}"')
    + MORE
)


def unpacked(data):
    with zipfile.ZipFile(io.BytesIO(data)) as bundle:
        assert bundle.testzip() is None
        return {name: bundle.read(name).decode() for name in bundle.namelist()}


async def test_a_bundle_has_all_that_helps(alive, program):
    answer = await program.get("/api/v1/diagnostics")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith('attachment; filename="roomctl-')
    files = unpacked(answer.content)
    assert set(files) == {
        "info.json",
        "config.json",
        "room.json",
        "issues.json",
        "liveness.json",
        "settings.json",
        "traces/camera-front.trace",
        "traces/camera-back.trace",
        "speakerphones/table.json",
        "log.txt",
    }
    assert json.loads(files["config.json"])["camera"]["front"]["profile"] == "sony_srg300h"
    room = json.loads(files["room.json"])
    assert room["identity"]["display_name"] == "Bamboo"
    assert [one["type"] for one in room["conditions"]][-1] == "ready"
    assert room["bookings"]
    assert {one["title"] for one in room["bookings"]} <= {"…", None}
    assert json.loads(files["info.json"])["inventory"]
    assert json.loads(files["info.json"]).items() >= build_info().as_object().items()
    assert "81090400ff" in files["traces/camera-front.trace"]


async def test_no_secret_of_the_room_is_in_log_or_bundle(tmp_path):
    with RecentLog().listening() as log:
        house = rig.House(tmp_path, text=TEXT, log=log)
        async with rig.awake(house, lambda document: document.bookings):
            token = house.tokens.offer_pairing(rig.Role.PANEL)
            shown = " ".join(SECRETS.values())
            noisy = logging.getLogger("roomctl.test")
            noisy.warning("somebody logged %s and Bearer %s", shown, rig.ADMIN)
            noisy.warning("http://127.0.0.1/#pair=%s", token)
            args = {"link": f"https://meet.jit.si/{SECRETS['meeting title']}?pwd={CANARY}pwd"}
            async with house.in_process(headers=BEARER) as client:
                await client.post("/api/v1/commands", json={"type": "meeting.join", "args": args})
                await house.until(lambda document: document.meeting.state == "in_call")
                files = unpacked((await client.get("/api/v1/diagnostics")).content)
                files["the log"] = (await client.get("/api/v1/log?lines=2000")).text
    told = set(SECRETS.values()) - {SECRETS["meeting title"]}
    for name, text in files.items():
        for secret in (*told, f"{CANARY}pwd", rig.ADMIN, token):
            assert secret not in text, (name, secret)
        if name not in ("log.txt", "the log"):  # what a title is the log cannot know
            assert CANARY not in text, name
    assert "somebody logged" in files["log.txt"]


async def test_the_log_is_plain_text_and_as_long_as_asked_for(house):
    with house.log.listening():
        for number in range(5):
            logging.getLogger("roomctl.test").warning("line %d", number)
    async with house.in_process(headers=BEARER) as client:
        answer = await client.get("/api/v1/log?lines=2")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert [line.split(" ", 1)[1] for line in answer.text.splitlines()] == [
            "WARNING roomctl.test: line 3",
            "WARNING roomctl.test: line 4",
        ]
        for wrong in ("0", "-1", str(LINES + 1), "all"):
            assert (await client.get(f"/api/v1/log?lines={wrong}")).status_code == 422


def test_the_log_keeps_so_many_lines_and_no_endless_one():
    with RecentLog().listening() as log:
        for _ in range(LINES + 10):
            logging.getLogger("roomctl.test").warning("x" * (2 * LONGEST))
    assert len(log.lines()) == LINES
    assert {len(line) for line in log.lines()} == {LONGEST}


async def test_one_bundle_is_made_at_a_time(alive, program):
    answers = await asyncio.gather(*(program.get("/api/v1/diagnostics") for _ in range(3)))
    assert sorted(one.status_code for one in answers) == [200, 429, 429]
    assert (await program.get("/api/v1/diagnostics")).status_code == 200


def test_a_bundle_has_a_limit_and_says_what_was_left_out(house):
    endless = {f"{number}.txt": lambda: ("x" * 999 + "\n") * 9000 for number in range(20)}
    data = diagnostics._packed(endless, diagnostics.Redaction(), (), house.room.now())
    files = unpacked(data)
    assert sum(map(len, files.values())) <= diagnostics.LARGEST_BUNDLE + 1000
    assert files["left-out.txt"].splitlines()[0] == "16.txt"


async def test_who_may_not_see_it_gets_neither(house):
    async with house.in_process(headers=await house.panel_headers()) as panel:
        for path in ("/api/v1/log", "/api/v1/diagnostics"):
            assert (await panel.get(path)).status_code == 403

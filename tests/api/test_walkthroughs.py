"""Walkthroughs over the API: a file out of one room into another, and files that are none."""

import base64
import zlib
from dataclasses import replace

import pytest

from roomctl.api.guard import LARGEST_BODY
from roomctl.meeting.walkthrough import (
    LARGEST_FILE,
    fingerprint,
    for_others,
    read_walkthrough,
    written,
)
from roomctl.store.signers import Signers
from tests.api import rig
from tests.meeting.test_walkthrough import END, FULL, NAMED, chunk, head

PLACE = "/api/v1/walkthroughs"
FILE = written(replace(NAMED, tries=3, misses=1, missed="changed")).decode()


@pytest.fixture
async def alive(tmp_path):
    """A room that runs; its app is called without a socket."""
    async with rig.awake(rig.House(tmp_path)) as house:
        yield house


async def put(program, name="zoom-1", file=FILE, **more):
    return await program.put(f"{PLACE}/{name}", json={"file": file, **more})


async def test_a_file_is_kept_listed_shown_exported_without_its_record_and_forgotten(program):
    brought = await put(program)
    assert brought.status_code == 200
    (one,) = (await program.get(PLACE)).json()
    assert one == (await program.get(f"{PLACE}/zoom-1")).json()
    assert (one["name"], one["tries"], one["named"]) == ("zoom-1", 0, ["lobby"])
    assert [step["does"] for step in one["steps"]] == [
        ["type {name}", 'text a "b" \\ 会', "key enter"],
        [],
    ]
    picture = await program.get(f"{PLACE}/zoom-1/steps/2/pictures/2")
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["cache-control"] == "no-store"
    assert picture.content == FULL.steps[1].looks[1].patch
    file = await program.get(f"{PLACE}/zoom-1/file")
    assert read_walkthrough("zoom-1", file.content) == NAMED
    assert (await program.delete(f"{PLACE}/zoom-1")).status_code == 204
    assert (await program.get(PLACE)).json() == []
    assert (await program.delete(f"{PLACE}/zoom-1")).status_code == 404


@pytest.mark.parametrize("path", ["steps/3/pictures/1", "steps/1/pictures/2"])
async def test_a_picture_that_is_not_there_is_not_found(program, path):
    await put(program)
    assert (await program.get(f"{PLACE}/zoom-1/{path}")).status_code == 404


@pytest.mark.parametrize(
    ("name", "file", "status"),
    [
        ("draft", FILE, 409),
        ("Zoom", FILE, 422),
        ("..%2F..%2Fetc", FILE, 400),
        ("%2e%2e", FILE, 400),
        ("x" * 65, FILE, 422),
        ("zoom-1", "", 409),
        ("zoom-1", "platform = 1", 409),
        ("zoom-1", FILE.replace('platform = "zoom"', 'platform = "nobody"'), 409),
        ("zoom-1", FILE.replace('"type {name}"', '"run rm"'), 409),
        ("zoom-1", "[" * 100_000, 409),
        ("zoom-1", "x" * (LARGEST_FILE + 1), 422),
        ("zoom-1", "x" * (LARGEST_FILE * 2), 413),
    ],
    ids=[
        "draft",
        "capital",
        "way_out",
        "dots",
        "long_name",
        "empty",
        "other",
        "platform",
        "act",
        "deep",
        "too_long",
        "far_too_long",
    ],
)
async def test_what_is_no_walkthrough_of_this_room_is_refused_and_nothing_is_kept(
    program, house_files, name, file, status
):
    answer = await put(program, name, file)
    assert answer.status_code == status, answer.text[:400]
    assert len(answer.content) < 4096
    assert (await program.get(PLACE)).json() == []
    assert house_files() == []


BOMBS = {
    "pixels": head(240, 96) + chunk(b"IDAT", zlib.compress(bytes(40_000_000))) + END,
    "size": head(60_000, 60_000) + chunk(b"IDAT", zlib.compress(bytes(1000))) + END,
    "text": head(240, 96) + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**6))) + END,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
async def test_a_picture_that_would_be_huge_is_refused_unread(program, bomb):
    patch = base64.b64encode(FULL.steps[0].looks[0].patch).decode()
    answer = await put(program, file=FILE.replace(patch, base64.b64encode(bomb).decode()))
    assert (answer.status_code, answer.json()["code"]) == (409, "not_a_walkthrough")
    assert (await program.get(PLACE)).json() == []


async def test_a_body_that_is_large_is_read_of_a_walkthrough_alone(program):
    large = "x" * (LARGEST_BODY + 1)
    assert (await put(program, file=large)).status_code == 409
    assert (await program.post("/api/v1/commands", json={"type": large})).status_code == 413
    async with program.stream("GET", PLACE) as answer:
        assert answer.status_code == 200


async def test_a_stranger_may_not_send_a_large_file(alive):
    async with alive.in_process() as stranger:
        answer = await stranger.put(f"{PLACE}/zoom-1", json={"file": "x" * LARGEST_BODY * 2})
    assert answer.status_code == 413


async def test_a_field_that_nobody_knows_is_refused(program):
    assert (await put(program, more=1)).status_code == 422


REED, SIGNERS = "reed", "/api/v1/walkthrough-signers"


async def test_a_file_says_whose_it_was_and_another_key_takes_staffs_word(program):
    first, second = Signers(None), Signers(None)
    file, other = (
        for_others(NAMED, REED, "Reed", one.public(), one.sign).decode() for one in (first, second)
    )
    brought = (await put(program, file=file)).json()
    assert (brought["by_room"], brought["room_id"]) == ("Reed", REED)
    assert brought["fingerprint"] == fingerprint(first.public())
    assert (await program.get(f"{PLACE}/zoom-1/file")).text == file, "it is handed on as it came"
    refused = await put(program, file=other)
    assert (refused.status_code, refused.json()["code"]) == (409, "other_key")
    key = {"room": REED, "fingerprint": fingerprint(second.public())}
    assert (await program.put(SIGNERS, json=key)).status_code == 204
    assert (await put(program, file=other)).json()["fingerprint"] == key["fingerprint"]


@pytest.mark.parametrize(
    "body",
    [{"room": "", "fingerprint": "sha256:" + "0" * 64}, {"room": "r", "fingerprint": "sha256:0"}],
)
async def test_a_key_that_is_none_is_trusted_for_no_room(program, body):
    assert (await program.put(SIGNERS, json=body)).status_code == 422


async def test_a_forged_file_is_refused_and_nothing_of_it_is_kept(program, house_files):
    by = Signers(None)
    file = for_others(NAMED, REED, "Reed", by.public(), by.sign).decode()
    for forged in (file.replace('"key enter"', '"key tab"'), file.partition("[signature]")[0]):
        answer = await put(program, file=forged)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_a_walkthrough")
        assert "'Reed'" in answer.json()["detail"]
    assert (await program.get(PLACE)).json() == []
    assert house_files() == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{PLACE}/zoom-1", '{"file": "\\ud800"}'),
        (SIGNERS, '{"room": "\\ud800", "fingerprint": "sha256:%s"}' % ("0" * 64)),
    ],
)
async def test_half_a_character_is_refused(program, path, body):
    answer = await program.put(path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (409, 422), answer.text[:300]


@pytest.fixture
def house_files(tmp_path):
    """The walkthroughs' files that the room has."""
    return lambda: [path.name for path in tmp_path.rglob("walkthrough-*")]

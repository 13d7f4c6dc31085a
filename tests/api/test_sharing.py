"""How a laptop is shown: the meeting's code, the cable's picture, and what is none."""

import os

import pytest

from roomctl.config import ShareTable
from roomctl.errors import ConfigError
from roomctl.roles import Role
from roomctl.room.sharing import LARGEST_PICTURE, Sharing
from tests.api import rig

pytestmark = pytest.mark.real

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def picture(folder, name="cable.png"):
    return Sharing(ShareTable(picture=name), folder).picture()


def test_a_picture_is_read_and_only_a_picture(tmp_path):
    assert picture(tmp_path) is None
    (tmp_path / "cable.png").write_bytes(PNG)
    assert picture(tmp_path) == (PNG, "image/png")
    for wrong in (b"", b"<svg onload='x()'/>", b"RIFF1234WAVE", PNG + bytes(LARGEST_PICTURE)):
        (tmp_path / "cable.png").write_bytes(wrong)
        assert picture(tmp_path) is None
    assert Sharing(ShareTable(), tmp_path).picture() is None


def test_neither_a_link_nor_a_pipe_is_read_as_a_picture(tmp_path):
    (tmp_path / "secret").write_bytes(PNG)
    (tmp_path / "cable.png").symlink_to(tmp_path / "secret")
    assert picture(tmp_path) is None
    (tmp_path / "cable.png").unlink()
    os.mkfifo(tmp_path / "cable.png")
    assert picture(tmp_path) is None


@pytest.mark.parametrize(
    "line",
    [
        'picture = "/etc/passwd"',
        'picture = "../cable.png"',
        'picture = "cable.svg"',
        'cable = ["a", "b", "c", "d", "e"]',
        'cable = [""]',
        'cable = [{zh = "线"}]',
        'input = "HDMI 2"',
        f'cable = ["{"x" * 121}"]',
    ],
)
def test_what_cannot_be_shown_is_refused_by_its_key(line):
    from roomctl.app import parse

    with pytest.raises(ConfigError, match="share"):
        parse(f"{rig.ROOM}\n[share]\n{line}\n", "room.toml")


async def test_the_rooms_words_stand_in_the_document_by_language(tmp_path):
    said = '[share]\ncable = ["Plug it in", {zh = "插上", en = "Plug"}]\n'
    async with rig.running(tmp_path, text=f"{rig.ROOM}\n{said}") as house:
        both = ({"zh": "Plug it in", "en": "Plug it in"}, {"zh": "插上", "en": "Plug"})
        assert house.room.document.share.cable == both


async def test_the_meetings_code_is_for_the_rooms_panel_while_there_is_a_call(alive):
    async with alive.in_process(headers=await alive.panel_headers()) as client:
        assert (await client.get("/api/v1/meeting/code")).status_code == 204
        joining = {"type": "meeting.join", "args": {"link": "https://meet.jit.si/Bamboo"}}
        await client.post("/api/v1/commands?wait_s=10", json=joining)
        answer = await client.get("/api/v1/meeting/code")
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.headers["cache-control"] == "no-store"
    async with alive.in_process(headers=await alive.panel_headers(Role.GUEST)) as client:
        assert (await client.get("/api/v1/meeting/code")).status_code == 403

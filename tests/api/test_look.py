"""The brand's pictures over HTTP: for whoever may see the room, kept by their version, inert."""

import pytest

from roomctl.roles import Role
from tests.api import rig

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
async def branded(tmp_path):
    """A room with a logo and no wallpaper; its app is called without a socket."""
    (tmp_path / "logo.svg").write_bytes(SVG)
    text = rig.ROOM + '\n[look]\nlogo = "logo.svg"\n'
    (tmp_path / "room.toml").write_text(text)
    house = rig.House(tmp_path, text=text, config_file=tmp_path / "room.toml")
    async with rig.awake(house) as branded:
        yield branded


async def test_a_logo_is_where_the_document_says_and_may_be_kept(branded):
    async with branded.in_process(headers=await branded.panel_headers(Role.SCREEN)) as client:
        path = (await client.get("/api/v1/room")).json()["look"]["logo"]
        kept, by_name = await client.get(path), await client.get("/api/v1/look/logo?v=other")
    assert kept.content == by_name.content == SVG
    assert kept.headers["content-type"] == "image/svg+xml"
    assert kept.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert by_name.headers["cache-control"] == "no-store"


async def test_a_picture_that_is_opened_by_itself_runs_nothing(branded):
    async with branded.in_process(headers=await branded.panel_headers(Role.PANEL)) as client:
        answer = await client.get("/api/v1/look/logo")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "status"),
    [("wallpaper", 404), ("room.toml", 422), ("..%2froom.toml", 400), ("logo?v=1&x=2", 422)],
)
async def test_nothing_else_is_read(branded, path, status):
    async with branded.in_process(headers=await branded.panel_headers(Role.PANEL)) as client:
        assert (await client.get(f"/api/v1/look/{path}")).status_code == status


async def test_whoever_is_not_let_in_sees_no_logo(branded):
    async with branded.in_process() as client:
        assert (await client.get("/api/v1/look/logo")).status_code == 401

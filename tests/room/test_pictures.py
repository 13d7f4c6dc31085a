"""Pictures of presets, and which camera's picture a meeting sees."""

import asyncio
from pathlib import Path

import pytest

from roomctl.app import parse
from roomctl.clock import SystemClock
from roomctl.errors import PortError, PortReason, Refused
from roomctl.room.cameras import picture_of
from roomctl.room.document import CameraEntry
from roomctl.room.pictures import Picture, Pictures, take_picture
from roomctl.wire import Port, pair
from tests.invented import LoopClock, invented
from tests.room.rig import BAMBOO, House, living

FILMED = BAMBOO.replace("presets =", 'video = "usb-cam-video-index0"\npresets =')
USB = """
[camera.front]
url = "v4l2:/dev/video7"
presets = { 1 = "Table", 2 = "Door" }
"""
PNG = b"\x89PNG\r\n\x1a\n and so on"


def front(house: House) -> CameraEntry:
    return house.document.cameras[0]


def path_of(house: House, preset: int) -> str | None:
    return next(each.picture for each in front(house).presets if each.number == preset)


@invented
async def test_a_stored_preset_has_a_picture() -> None:
    async with living(FILMED) as house:
        assert path_of(house, 2) is None

        assert (await house.ask("camera.store", camera="front", preset=2)).status == "done"
        await house.until(lambda: path_of(house, 2) is not None)

        found = await house.room.cameras.picture("front", 2)
        assert found.media_type == "image/png"
        assert path_of(house, 1) is None


@invented
async def test_pictures_of_two_places_differ() -> None:
    async with living(FILMED) as house:
        await house.ask("camera.store", camera="front", preset=1)
        await house.until(lambda: path_of(house, 1) is not None)
        await house.ask("camera.goto", camera="front", pan_deg=30.0, tilt_deg=5.0, zoom_pct=50.0)
        await house.ask("camera.store", camera="front", preset=2)
        await house.until(lambda: path_of(house, 2) is not None)

        table, board = [await house.room.cameras.picture("front", preset) for preset in (1, 2)]

        assert table.data != board.data


@invented
async def test_a_preset_stored_anew_has_another_picture_under_another_path() -> None:
    async with living(FILMED) as house:
        await house.ask("camera.store", camera="front", preset=1)
        await house.until(lambda: path_of(house, 1) is not None)
        first, path = await house.room.cameras.picture("front", 1), path_of(house, 1)
        await house.ask("camera.goto", camera="front", pan_deg=-50.0, tilt_deg=10.0)

        await house.ask("camera.store", camera="front", preset=1)
        await house.until(lambda: path_of(house, 1) not in (None, path))

        assert (await house.room.cameras.picture("front", 1)).data != first.data


@invented
async def test_no_picture_is_taken_in_a_call_and_the_old_one_is_gone() -> None:
    async with living(FILMED) as house:
        await house.ask("camera.store", camera="front", preset=1)
        await house.until(lambda: path_of(house, 1) is not None)
        await house.join()

        await house.ask("camera.store", camera="front", preset=1)

        await house.until(lambda: path_of(house, 1) is None)
        await house.always(lambda: path_of(house, 1) is None, 5.0)
        with pytest.raises(Refused, match="no picture"):
            await house.room.cameras.picture("front", 1)


@invented
async def test_a_refused_store_leaves_the_picture() -> None:
    async with living(FILMED) as house:
        await house.ask("camera.store", camera="front", preset=1)
        await house.until(lambda: path_of(house, 1) is not None)
        await house.act("camera.front", "unplug")
        await house.until(lambda: house.device("camera.front").status == "offline")

        assert (await house.ask("camera.store", camera="front", preset=1)).status == "refused"

        assert (await house.room.cameras.picture("front", 1)).data


@invented
async def test_a_camera_without_a_video_device_has_no_pictures() -> None:
    async with living() as house:
        await house.ask("camera.store", camera="front", preset=1)

        await house.always(lambda: path_of(house, 1) is None, 5.0)
        assert front(house).picture == "unknown"


@invented
async def test_a_usb_camera_is_its_own_video_device() -> None:
    async with living(USB) as house:
        assert front(house).picture == "meeting"
        await house.ask("camera.goto", camera="front", pan_deg=30.0, tilt_deg=6.0, zoom_pct=40.0)

        await house.ask("camera.store", camera="front", preset=2)

        await house.until(lambda: path_of(house, 2) is not None)


@pytest.mark.parametrize(
    ("text", "camera"),
    [(FILMED, "/dev/v4l/by-id/usb-cam-video-index0"), (BAMBOO, None)],
    ids=["named", "not named"],
)
def test_the_browser_is_told_which_camera_the_meeting_sees(text: str, camera: str | None) -> None:
    @invented
    async def join() -> None:
        async with living(text) as house:
            await house.join()
            assert house.screen.order is not None
            assert house.screen.order.camera == camera

    join()


@invented
async def test_a_picture_that_a_port_never_gives_is_given_up() -> None:
    clock = LoopClock()

    async def connect(name: str, url: str) -> Port:
        return pair(url, clock)[0]

    with pytest.raises(PortError, match="no picture within 5 s"):
        await take_picture(connect, "front", "/dev/video0")


async def refused(reason: PortReason) -> Exception:
    async def connect(name: str, url: str) -> Port:
        raise PortError(url, "is in use by another program", reason)

    with pytest.raises((Refused, PortError)) as caught:
        await take_picture(connect, "front", "/dev/video0")
    return caught.value


async def test_a_video_device_in_use_is_a_refusal() -> None:
    busy, missing = await refused(PortReason.BUSY), await refused(PortReason.MISSING)

    assert isinstance(busy, Refused)
    assert busy.code == "busy"
    assert isinstance(missing, PortError)


@pytest.mark.parametrize(
    "data", [b"<html>", b"\xff\xd8\xff" + bytes(1 << 20)], ids=["html", "large"]
)
async def test_what_is_no_small_picture_is_not_kept(data: bytes) -> None:
    async def connect(name: str, url: str) -> Port:
        near, far = pair(url, SystemClock())
        await far.write(data)
        return near

    with pytest.raises(PortError, match="are no picture"):
        await take_picture(connect, "front", "/dev/video0")


class Album:
    """Pictures in a folder, of a camera that shows what it is told to."""

    def __init__(self, folder: Path) -> None:
        self.shows = PNG
        tables = parse(FILMED, "room.toml").camera
        self.clock = SystemClock()
        self.pictures = Pictures(tables, self._connect, self.clock, lambda: None, folder)

    async def _connect(self, name: str, url: str) -> Port:
        assert url == "picture:/dev/v4l/by-id/usb-cam-video-index0"
        near, far = pair(url, self.clock)
        await far.write(self.shows)
        return near


async def test_pictures_survive_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    await Album(folder).pictures.renew("front", 3, in_use=lambda: False)

    again = Album(folder).pictures

    assert list(again.of("front")) == [3]
    assert await again.read("front", 3) == Picture(PNG, "image/png")
    assert [path.stat().st_mode & 0o77 for path in folder.iterdir()] == [0]


async def test_a_preset_has_one_file_whatever_happens(tmp_path: Path) -> None:
    album = Album(tmp_path)
    for end in (b"1", b"2", b"3"):
        album.shows = PNG + end
        await asyncio.gather(
            *(album.pictures.renew("front", 3, in_use=lambda: False) for _ in range(3))
        )

    assert len(list(tmp_path.iterdir())) == 1
    assert (await album.pictures.read("front", 3)).data == PNG + b"3"

    album.shows = b"broken"
    await album.pictures.renew("front", 3, in_use=lambda: False)
    assert list(tmp_path.iterdir()) == []
    assert album.pictures.of("front") == {}


async def test_a_disk_that_refuses_costs_the_picture_only(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("a file where the folder should be")
    album = Album(tmp_path / "pictures")

    await album.pictures.renew("front", 3, in_use=lambda: False)

    assert album.pictures.of("front") == {}


@pytest.mark.parametrize(
    ("tables", "seen"),
    [
        ({"a": "", "b": ""}, ["unknown", "unknown"]),
        ({"a": "", "b": "usb-b"}, ["other", "meeting"]),
        ({"a": "usb-a", "b": "/dev/video1"}, ["meeting", "other"]),
    ],
    ids=["none", "second", "both"],
)
def test_a_meeting_sees_the_first_camera_with_a_video_device(
    tables: dict[str, str], seen: list[str]
) -> None:
    text = "".join(
        f'[camera.{name}]\nurl = "serial:/dev/tty{name}"\n'
        + (f'video = "{video}"\n' if video else "")
        for name, video in tables.items()
    )
    config = parse(text, "room.toml")

    assert [picture_of(name, config) for name in tables] == seen

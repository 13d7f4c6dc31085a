"""Pictures of presets, and which camera's picture a meeting sees."""

import asyncio
from pathlib import Path

import pytest

from roomctl.app import parse
from roomctl.camera.profile import CameraTable
from roomctl.clock import SystemClock
from roomctl.errors import PortError, PortReason, Refused
from roomctl.room.cameras import picture_of
from roomctl.room.document import CameraEntry
from roomctl.room.pictures import CameraVideo, Picture, Pictures, take_picture
from roomctl.simulator.simulator import SimulatedPictures
from roomctl.wire import Connect, Port, pair
from tests.invented import LoopClock, invented
from tests.room.rig import BAMBOO, PHONE_AND_SENSOR, STAFF, House, living, simulated

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
async def test_a_recalled_preset_has_a_new_picture_after_an_hour_but_not_in_a_call() -> None:
    async with living(FILMED.replace(PHONE_AND_SENSOR, "")) as house:
        await house.ask("camera.store", camera="front", preset=1)
        await house.until(lambda: path_of(house, 1) is not None)
        path = path_of(house, 1)

        async def recalled() -> str | None:
            assert (await house.ask("camera.recall", camera="front", preset=1)).status == "done"
            await asyncio.sleep(5)
            return path_of(house, 1)

        await asyncio.sleep(60)
        assert await recalled() == path
        await asyncio.sleep(3640)
        await house.join()
        assert await recalled() == path

        await house.ask("meeting.leave", STAFF)
        await house.until(lambda: house.document.meeting.state == "ended")
        assert await recalled() not in (path, None)


@invented
async def test_a_preset_without_a_picture_has_one_once_it_was_recalled() -> None:
    async with living(FILMED) as house:
        await house.ask("camera.recall", camera="front", preset=2)
        await house.until(lambda: path_of(house, 2) is not None)

        assert (await house.room.cameras.picture("front", 2)).media_type == "image/png"


@invented
async def test_a_deleted_preset_leaves_no_picture_and_no_name_behind() -> None:
    async with living(FILMED) as house:
        await house.ask("camera.store", camera="front", preset=3, name="Board")
        await house.until(lambda: 3 in {each.number for each in front(house).presets})
        await house.until(lambda: path_of(house, 3) is not None)

        deleted = await house.ask("camera.delete_preset", camera="front", preset=3)

        assert deleted.status == "done"
        await house.until(lambda: 3 not in {each.number for each in front(house).presets})
        with pytest.raises(Refused, match="no picture of preset 3"):
            await house.room.cameras.picture("front", 3)


@invented
async def test_a_deleted_preset_that_room_toml_names_keeps_that_name() -> None:
    async with living(FILMED) as house:
        await house.ask("camera.store", camera="front", preset=1, name="Stage")
        await house.until(lambda: path_of(house, 1) is not None)
        await house.ask("camera.delete_preset", camera="front", preset=1)
        await house.until(lambda: path_of(house, 1) is None)
        assert next(each.name for each in front(house).presets if each.number == 1) == "Table"


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
        await take_picture(filmed_by(connect))


def filmed_by(connect: Connect, video: str = "/dev/video0") -> CameraVideo:
    text = f'[camera.front]\nurl = "tcp://192.0.2.1:5678"\nvideo = "{video}"\n'
    return CameraVideo("front", parse(text, "room.toml").every(CameraTable)["front"], connect, none)


async def none() -> list[str]:
    return []


async def refused(reason: PortReason) -> Exception:
    async def connect(name: str, url: str) -> Port:
        raise PortError(url, "is in use by another program", reason)

    with pytest.raises((Refused, PortError)) as caught:
        await take_picture(filmed_by(connect))
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
        await take_picture(filmed_by(connect))


class Album:
    """Pictures in a folder, of a camera that shows what it is told to."""

    def __init__(self, folder: Path) -> None:
        self.shows = PNG
        table = parse(FILMED, "room.toml").every(CameraTable)["front"]
        videos = {"front": CameraVideo("front", table, self._connect, none)}
        self.clock = SystemClock()
        self.pictures = Pictures(videos, self.clock, lambda: None, folder)

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


def push(house: House, seq: int, hold: str = "finger") -> None:
    house.room.hold(hold, seq, "panel", "front", (0.5, 0.0, 0.0, 0.0))


async def refusal(house: House) -> str:
    with pytest.raises(Refused) as caught:
        await house.room.cameras.look("front")
    return caught.value.code


@invented
async def test_a_camera_is_seen_while_it_is_steered_and_three_seconds_longer() -> None:
    async with living(FILMED) as house:
        assert await refusal(house) == "not_steered"
        push(house, 1)
        first = await house.room.cameras.look("front")
        await house.always(lambda: True, 0.25)
        push(house, 2)
        second = await house.room.cameras.look("front")
        assert first.media_type == "image/png"
        assert first.data != second.data
        await house.always(lambda: True, 2.5)
        await house.room.cameras.look("front")
        await house.always(lambda: True, 0.6)
        assert await refusal(house) == "not_steered"


@invented
async def test_whoever_looks_gets_ten_pictures_a_second_at_most_and_eight_at_once() -> None:
    async with living(FILMED) as house:
        push(house, 1)
        begun, looks = house.room.clock.mono_s(), 0
        while house.room.clock.mono_s() < begun + 2:
            await asyncio.gather(*(house.room.cameras.look("front") for _ in range(8)))
            looks += 1
        assert 10 < looks <= 21
        every = [house.room.cameras.look("front") for _ in range(9)]
        ended = await asyncio.gather(*every, return_exceptions=True)
        assert [one.code for one in ended if isinstance(one, Refused)] == ["busy"]


class Streams:
    """The simulated hardware, and how many ports stream pictures."""

    def __init__(self, refuses: PortReason | None = None) -> None:
        self.simulator, self.refuses = simulated(FILMED), refuses
        self.open: set[Port] = set()

    async def connect(self, name: str, url: str) -> Port:
        if url.startswith("pictures:") and self.refuses is not None:
            raise PortError(url, "no", self.refuses)
        port = await self.simulator.connect(name, url)
        if isinstance(port, SimulatedPictures):
            self.open.add(port)
        return port

    @property
    def count(self) -> int:
        return sum(isinstance(port, SimulatedPictures) and port.is_open for port in self.open)


@invented
async def test_a_meeting_finds_the_device_free_and_nobody_sees_it_beside_it() -> None:
    streams = Streams()
    async with living(FILMED, on=streams.simulator, connect=streams.connect) as house:
        push(house, 1)
        await house.room.cameras.look("front")
        assert streams.count == 1
        assert (await house.ask("meeting.join", link="https://meet.jit.si/Bamboo")).status == "done"
        push(house, 2)
        await house.until(lambda: streams.count == 0, limit_s=1)
        push(house, 3)
        assert await refusal(house) == "in_call"


@invented
async def test_a_stream_that_nobody_looks_at_any_more_is_closed() -> None:
    streams = Streams()
    async with living(FILMED, on=streams.simulator, connect=streams.connect) as house:
        push(house, 1)
        await house.room.cameras.look("front")
        await house.until(lambda: streams.count == 0, limit_s=4)
        push(house, 1, "another")
        await house.room.cameras.look("front")
        assert streams.count == 1
    assert streams.count == 0  # the room is gone


class SlowlyClosed:
    """A port that takes a second to let go of its device."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self.identity, self.read, self.write = port.identity, port.read, port.write

    async def close(self) -> None:
        await asyncio.sleep(1.0)
        await self._port.close()


@invented
async def test_whoever_looks_while_a_stream_is_closed_gets_the_next_one() -> None:
    simulator = simulated(FILMED)

    async def connect(name: str, url: str) -> Port:
        port = await simulator.connect(name, url)
        return SlowlyClosed(port) if url.startswith("pictures:") else port

    async with living(FILMED, on=simulator, connect=connect) as house:
        push(house, 1)
        await house.room.cameras.look("front")
        await asyncio.sleep(2.5)  # nobody has looked for two seconds: it is being closed
        push(house, 1, "another")
        assert (await house.room.cameras.look("front")).data.startswith(b"\x89PNG")


@invented
async def test_a_preset_that_is_stored_while_the_camera_is_seen_has_its_picture() -> None:
    async with living(FILMED) as house:
        push(house, 1)
        await house.room.cameras.look("front")
        assert (await house.ask("camera.store", camera="front", preset=2)).status == "done"
        await house.until(lambda: path_of(house, 2) is not None, limit_s=3)


@invented
@pytest.mark.parametrize(
    ("reason", "code"), [(PortReason.BUSY, "busy"), (PortReason.MISSING, "no_picture")]
)
async def test_a_device_that_another_program_has_is_busy_and_one_that_is_gone_has_no_picture(
    reason: PortReason, code: str
) -> None:
    streams = Streams(reason)
    async with living(FILMED, on=streams.simulator, connect=streams.connect) as house:
        push(house, 1)
        assert await refusal(house) == code


@invented
async def test_a_camera_without_a_video_device_shows_nothing() -> None:
    async with living() as house:
        push(house, 1)
        assert await refusal(house) == "no_picture"

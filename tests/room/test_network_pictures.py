"""Pictures of cameras on the network: while a meeting runs, after failures, and kept ready."""

import asyncio
from typing import Any

import pytest

from roomctl import ports
from roomctl.errors import PortError, PortReason, Refused
from roomctl.room.pictures import NETWORK, take_picture
from roomctl.wire import Port
from tests.invented import invented
from tests.ports.rtsp import RtspCamera
from tests.room.rig import BAMBOO, STAFF, House, living, simulated
from tests.room.test_pictures import (
    Streams,
    filmed_by,
    path_of,
    push,
    refusal,
)

LIMIT_S = 60.0
STREAM = "rtsp://192.0.2.10/stream2"
FILMED = BAMBOO.replace("presets =", f'video = "{STREAM}"\npresets =')
GUARDED = FILMED.replace("presets =", 'user = "me"\npassword = "open"\npresets =')


class Network(Streams):
    """Cameras whose pictures come over the network, or do not: `refuses` says why."""

    def __init__(self, text: str = FILMED, refuses: PortReason | None = None) -> None:
        super().__init__(refuses)
        self.simulator = simulated(text)
        self.opened: list[str] = []

    async def connect(self, name: str, url: str) -> Port:
        if url.startswith("picture"):
            self.opened.append(url)
        return await super().connect(name, url)


@invented
async def test_a_camera_on_the_network_is_seen_in_a_call_too() -> None:
    async with living(FILMED) as house:
        await house.join()
        push(house, 1)
        assert (await house.room.cameras.look("front")).media_type == "image/png"


@invented
async def test_a_preset_stored_in_a_call_has_a_picture_if_the_camera_is_on_the_network() -> None:
    async with living(FILMED) as house:
        await house.join()
        assert (await house.ask("camera.store", camera="front", preset=2)).status == "done"
        await house.until(lambda: path_of(house, 2) is not None)


@invented
async def test_a_meeting_is_not_given_a_camera_that_is_on_the_network() -> None:
    async with living(FILMED) as house:
        assert house.document.cameras[0].picture == "unknown"
        await house.join()
        assert house.screen.order is not None
        assert house.screen.order.camera is None


@invented
async def test_it_is_not_seen_unless_somebody_steers_it() -> None:
    async with living(FILMED) as house:
        assert await refusal(house) == "not_steered"


@invented
async def test_a_stream_is_kept_ready_for_ten_seconds_and_then_closed() -> None:
    streams = Network()
    async with living(FILMED, on=streams.simulator, connect=streams.connect) as house:
        push(house, 1)
        await house.room.cameras.look("front")
        await asyncio.sleep(NETWORK.looked_s - 1)
        push(house, 1, "another")
        await house.room.cameras.look("front")
        assert len(streams.opened) == 1
        await house.until(lambda: streams.count == 0, limit_s=NETWORK.looked_s + 1)


@invented
async def test_the_login_goes_to_the_port_and_into_no_error() -> None:
    streams = Network(GUARDED)
    async with living(GUARDED, on=streams.simulator, connect=streams.connect) as house:
        push(house, 1)
        await house.room.cameras.look("front")
    assert streams.opened == ["pictures:rtsp://me:open@192.0.2.10/stream2"]

    async def refuses(name: str, url: str) -> Port:
        raise PortError(url, "no", PortReason.MISSING)

    with pytest.raises(PortError) as caught:
        await take_picture(filmed_by(refuses, STREAM))
    assert "open" not in str(caught.value)


async def looks(house: House, streams: Network, seconds: int) -> int:
    """Steer and look ten times a second; return how often the camera was asked."""
    before = len(streams.opened)
    for seq in range(seconds * 10):
        push(house, seq + 1)
        with pytest.raises(Refused):
            await house.room.cameras.look("front")
        await asyncio.sleep(0.1)
    return len(streams.opened) - before


@invented
async def test_a_camera_that_gives_no_picture_is_asked_less_and_less_often() -> None:
    streams = Network(refuses=PortReason.MISSING)
    async with living(FILMED, on=streams.simulator, connect=streams.connect) as house:
        assert await looks(house, streams, 60) <= 7  # after 1, 2, 4, 8, 16 and 32 s
        assert await refusal(house) == "video_missing"
        streams.refuses = None
        await asyncio.sleep(NETWORK.most_s)
        push(house, 1, "again")
        await house.room.cameras.look("front")


@invented
async def test_a_camera_that_refuses_the_login_is_asked_once_a_minute() -> None:
    streams = Network(refuses=PortReason.REFUSED)
    async with living(FILMED, on=streams.simulator, connect=streams.connect) as house:
        assert await looks(house, streams, 50) == 1
        assert await refusal(house) == "video_refused"


ONVIF = """
[camera.front]
url = "onvif://192.0.2.21"
video = "onvif"
user = "me"
password = "open"
presets = { 1 = "Table", 2 = "Door" }
"""
AW = """
[camera.front]
url = "aw://192.0.2.20"
video = "aw"
presets = { 1 = "Table", 2 = "Door" }
"""


@invented
async def test_an_onvif_camera_says_where_its_stream_is_and_is_asked_there_at_its_own_host() -> (
    None
):
    streams = Network(ONVIF)
    async with living(ONVIF, on=streams.simulator, connect=streams.connect) as house:
        await house.until(lambda: house.device("camera.front").status == "online")
        push(house, 1)
        await house.room.cameras.look("front")
        assert streams.opened == ["pictures:rtsp://me:open@192.0.2.21/simulated"]


@invented
async def test_an_onvif_camera_whose_stream_cannot_be_shown_gives_its_snapshot() -> None:
    streams = Network(ONVIF)
    connect = streams.connect

    async def no_stream(name: str, url: str) -> Port:
        if "rtsp" in url:
            streams.opened.append(url)
            raise PortError(url, "needs PyAV", PortReason.UNSUPPORTED)
        return await connect(name, url)

    async with living(ONVIF, on=streams.simulator, connect=no_stream) as house:
        await house.until(lambda: house.device("camera.front").status == "online")
        push(house, 1)
        await house.room.cameras.look("front")
        assert streams.opened[1:] == ["pictures:http://me:open@192.0.2.21/onvif/snapshot.png"]


@invented
async def test_an_aw_camera_is_asked_for_its_jpeg() -> None:
    streams = Network(AW)
    async with living(AW, on=streams.simulator, connect=streams.connect) as house:
        await house.until(lambda: house.device("camera.front").status == "online")
        push(house, 1)
        await house.room.cameras.look("front")
        path = "/cgi-bin/camera?resolution=640&quality=1"
        assert streams.opened == [f"pictures:http://192.0.2.20{path}"]
        assert (await house.ask("camera.store", STAFF, camera="front", preset=2)).status == "done"
        await house.until(lambda: path_of(house, 2) is not None)


@pytest.mark.real
async def test_a_room_shows_what_a_real_server_streams_while_a_meeting_runs() -> None:
    with RtspCamera() as camera:
        text = FILMED.replace(STREAM, camera.url)
        simulator = simulated(text)

        async def connect(name: str, url: str) -> Port:
            open_port = ports.connect if url.startswith("picture") else simulator.connect
            return await open_port(name, url)

        async with living(text, on=simulator, connect=connect) as house:
            await house.join()
            push(house, 1)
            seen = await house.room.cameras.look("front")
            assert seen.media_type == "image/jpeg"
            assert (await house.ask("camera.store", camera="front", preset=2)).status == "done"
            await house.until(lambda: path_of(house, 2) is not None)
            kept = await house.room.cameras.picture("front", 2)
            assert kept.media_type == "image/jpeg"


class Textured(RtspCamera):
    """A camera in front of a room: `luma` is what it shows, left to right and from above."""

    room = bytes(
        (60 + 150 * ((x // 80 * 5 + y // 60 * 3) % 7 > 2)) * (360 + y) // 720
        for y in range(360)
        for x in range(640)
    )
    luma = room

    def picture(self) -> Any:
        made = super().picture()
        made.planes[0].update(self.luma)
        return made


@pytest.mark.real
async def test_what_is_wrong_with_the_picture_at_a_preset_is_an_issue_until_it_is_right() -> None:
    with Textured() as camera:
        text = FILMED.replace(STREAM, camera.url)
        simulator = simulated(text)

        async def connect(name: str, url: str) -> Port:
            real = url.startswith(("picture", "grey:"))
            return await (ports.connect if real else simulator.connect)(name, url)

        async with living(text, on=simulator, connect=connect) as house:

            def issues() -> set[str]:
                told = house.issues
                return {code for code, _ in told if code.startswith("camera.picture")}

            async def recalled(luma: bytes) -> None:
                camera.luma = luma
                recall = await house.ask("camera.recall", camera="front", preset=1)
                assert recall.status == "done"

            assert (await house.ask("camera.store", camera="front", preset=1)).status == "done"
            await house.until(lambda: path_of(house, 1) is not None, limit_s=LIMIT_S)
            path = path_of(house, 1)
            for luma, code in (
                (bytes((16,)) * 640 * 360, "black"),
                (bytes((90,)) * 640 * 360, "covered"),
                (camera.room[::-1], "upside_down"),
            ):
                await recalled(luma)
                told = {f"camera.picture_{code}"}
                await house.until(lambda told=told: issues() == told, limit_s=LIMIT_S)
            await recalled(camera.room)
            await house.until(lambda: issues() == set(), limit_s=LIMIT_S)
            assert path_of(house, 1) == path

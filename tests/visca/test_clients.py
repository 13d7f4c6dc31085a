"""Clients that others wrote drive the simulated camera: what it shows is judged by them too.

`pyvisca` on a pty, `visca-over-ip` over UDP, both as published. Their own errors are listed here as
tests: each asserts that the error is still there, so that a mended release is noticed.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from importlib.metadata import version
from typing import ParamSpec, TypeVar

import pytest
from pyvisca.visca import PTZ
from visca_over_ip import Camera as OverIpClient
from visca_over_ip.exceptions import ViscaException

from roomctl.camera.profile import FocusRange, shipped
from roomctl.simulator.wires import offer
from roomctl.visca.sim import SimCamera, SimIp, SimLine
from tests.steady import SteadyClock

pytestmark = pytest.mark.real

P = ParamSpec("P")
T = TypeVar("T")

LIMIT_S = 60.0
WITH_FOCUS = {
    "focus": FocusRange(),
    "exposure": ("auto", "manual"),
    "white_balance": ("auto", "manual"),
}


class Seat:
    """A camera that a client sits at, with whatever carries its bytes."""

    def __init__(self, camera: SimCamera, far: SimLine | SimIp) -> None:
        self.camera, self.far, self.clock = camera, far, SteadyClock()
        self._heard = 0

    async def do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a client beside the loop; what it does there takes at most LIMIT_S."""
        self._heard = len(self.far.heard)
        working = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
        await self.until(working.done)
        return await working

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until that can be seen at the camera."""
        async with asyncio.timeout(LIMIT_S):
            while not true():
                await asyncio.sleep(0.005)
                self.far.tick(self.clock.mono_s())

    async def at_rest(self) -> None:
        """Wait until the camera has done what it was told last: a short way is soon gone."""
        await self.until(lambda: any(map(is_command, self.far.heard[self._heard :])))
        await self.until(lambda: self.far.due() is None and not self.camera.moving)

    async def quiet(self) -> None:
        """Wait until the camera has said all that it wants to say."""
        await self.until(lambda: self.far.due() is None)

    def told(self, frame: str) -> int:
        """Return how often the camera was told that."""
        return [heard for _, heard in self.far.heard].count(frame)

    @property
    def pan(self) -> int:
        """Where it looks, in its own units."""
        return round(self.camera.pan_deg * 51.2)

    @property
    def tilt(self) -> int:
        return round(self.camera.tilt_deg * 51.2)


def is_command(heard: tuple[float, str]) -> bool:
    """Whether what was heard is no question."""
    return heard[1][2:4] == "01"


class Serial(Seat):
    """With `pyvisca` on a pty."""

    client: PTZ


class Network(Seat):
    """With `visca-over-ip` on a UDP port."""

    client: OverIpClient


@pytest.fixture
def model() -> str:
    return "sony_srg300h"


@pytest.fixture
async def serial(model: str) -> AsyncIterator[Serial]:
    camera = SimCamera(shipped()[model].model_copy(update=WITH_FOCUS))
    camera.boot_s = 0.1
    line = SimLine([camera], 9600)
    seat = Serial(camera, line)
    wire = await offer("serial", lambda: line, seat.clock)
    seat.client = PTZ(wire.path)
    try:
        yield seat
    finally:
        seat.client.close()
        await wire.close()


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    camera = SimCamera(shipped()["sony_srg300h"].model_copy(update=WITH_FOCUS))
    far = SimIp(camera)
    seat = Network(camera, far)
    wire = await offer("visca-ip", lambda: far, seat.clock)
    host, _, port = wire.path.rpartition(":")
    seat.client = await seat.do(OverIpClient, host, int(port))
    for line in (seat.client._cmd_sock, seat.client._inq_sock):
        line.settimeout(2)  # its own 0.1 s is short where others have the processor
    try:
        yield seat
    finally:
        seat.client.close_connection()
        await wire.close()


def mended(client: str, what: str) -> str:
    """Return what a known error's test says once the error is gone."""
    return f"{client} {version(client)} seems to be mended: {what}; take it off this list"


# pyvisca


async def test_pyvisca_switches_the_camera(serial: Serial) -> None:
    await serial.do(serial.client.power, 0)
    await serial.until(lambda: not serial.camera.power)
    await serial.quiet()
    assert await serial.do(serial.client.get_power) == 0
    await serial.do(serial.client.power, 1)
    await serial.until(lambda: serial.camera.power)


async def test_pyvisca_drives_and_stops_the_camera(serial: Serial) -> None:
    await serial.do(serial.client.right_up, 10, 10)
    await serial.until(lambda: serial.camera.pan_deg > 1 and serial.camera.tilt_deg > 1)
    await serial.do(serial.client.stop)
    await serial.until(lambda: not serial.camera.moving)
    await serial.quiet()
    assert await serial.do(serial.client.get_pan) == serial.pan
    assert await serial.do(serial.client.get_tilt) == serial.tilt


async def test_pyvisca_zooms_and_stops(serial: Serial) -> None:
    await serial.do(serial.client.zoom_in, 7)
    await serial.until(lambda: serial.camera.zoom_pct > 5)
    await serial.do(serial.client.zoom_stop)
    await serial.until(lambda: not serial.camera.moving)
    assert 5 < serial.camera.zoom_pct < 60
    await serial.do(serial.client.set_zoom, 0x2000)
    await serial.at_rest()
    await serial.quiet()
    assert serial.camera.zoom_pct == pytest.approx(50)
    assert await serial.do(serial.client.get_zoom) == 0x2000


async def test_pyvisca_stores_and_recalls_a_preset(serial: Serial) -> None:
    serial.camera.body.pan.go(10, 1e9, 0)
    await serial.do(serial.client.preset_set, 3)
    await serial.until(lambda: serial.camera.presets)
    await serial.do(serial.client.home)
    await serial.until(lambda: serial.camera.pan_deg == 0)
    await serial.do(serial.client.preset_recall, 3)
    await serial.until(lambda: serial.camera.pan_deg == pytest.approx(10))


async def test_pyvisca_sends_the_camera_to_a_place(serial: Serial) -> None:
    await serial.do(serial.client.set_pan, 500, 0x18)
    await serial.at_rest()
    assert serial.pan == 500
    await serial.do(serial.client.set_pan_rel, 100, 0x18)
    await serial.at_rest()
    assert serial.pan == 600


async def test_pyvisca_changes_the_picture(serial: Serial) -> None:
    values = serial.camera.body.values
    for change, value in (
        (serial.client.white_balance_auto, "white_balance_mode"),
        (serial.client.exposure_full_auto, "exposure_mode"),
    ):
        values[value] = 5
        await serial.do(change)
        await serial.until(lambda value=value: values[value] == 0)
    gain = values["gain"]
    await serial.do(serial.client.gain_up)
    await serial.until(lambda: values["gain"] == gain + 1)


async def test_known_error_pyvisca_is_off_by_one_left_of_the_middle(serial: Serial) -> None:
    await serial.do(serial.client.set_pan, -500, 0x18)
    await serial.at_rest()
    assert serial.pan == -501, mended("pyvisca", "negative positions are off by one")
    await serial.quiet()
    read = await serial.do(serial.client.get_pan)
    assert read == 0x10000 - 501, mended("pyvisca", "it reads positions without sign")


async def test_known_error_pyvisca_goes_too_far_left_and_down(serial: Serial) -> None:
    await serial.do(serial.client.relative_position, 18, 17, 0x100, 0x100, -1, -1)
    await serial.at_rest()
    assert serial.pan == -0x104, mended("pyvisca", "relative moves to the left are 4 off")
    assert serial.tilt == -0x124, mended("pyvisca", "relative moves down are 36 off")


async def test_known_error_pyvisca_takes_an_ack_for_the_answer(serial: Serial) -> None:
    serial.camera.delay_s = 0.3
    await serial.do(serial.client.right, 5)
    power = await serial.do(serial.client.get_power)
    assert power == -1, mended("pyvisca", "an ACK is no longer read as an answer")


async def test_known_error_pyvisca_waits_for_ever_for_a_silent_camera(serial: Serial) -> None:
    serial.camera.silent = True
    waiting = asyncio.ensure_future(asyncio.to_thread(serial.client.get_power))
    done, _ = await asyncio.wait([waiting], timeout=0.5)
    serial.camera.silent = False
    await serial.do(serial.client.home)  # its ACK ends the wait
    await asyncio.wait_for(waiting, LIMIT_S)
    assert not done, mended("pyvisca", "it no longer waits for ever")


@pytest.mark.parametrize("model", ["sony_evi_hd7v"])
async def test_known_error_pyvisca_stops_with_a_speed_that_most_cameras_lack(
    serial: Serial,
) -> None:
    await serial.do(serial.client.left_up, 5, 5)
    await serial.until(lambda: serial.camera.moving)
    await serial.do(serial.client.stop)
    await serial.until(lambda: serial.told("8101060115150303ff"))
    await serial.do(serial.client.get_power)  # the camera has taken what came before
    assert serial.camera.moving, mended("pyvisca", "its stop has a tilt speed up to 14 hex")


async def test_known_error_pyvisca_cancels_nothing(serial: Serial) -> None:
    serial.camera.body.pan.go(170, 1e9, 0)
    await serial.do(serial.client.home)
    await serial.until(lambda: serial.camera.moving)
    await serial.do(serial.client.cancel)
    await serial.until(lambda: serial.told("81010001ff"))
    assert serial.camera.moving, mended("pyvisca", "cancel is no longer an IF_Clear")


async def test_known_error_pyvisca_cannot_zoom_faster_than_7(serial: Serial) -> None:
    with pytest.raises(TypeError):
        await serial.do(serial.client.zoom_in, 8)


# visca-over-ip


async def test_visca_over_ip_drives_the_camera(network: Network) -> None:
    await network.do(network.client.pantilt, 10, -10)
    await network.until(lambda: network.camera.pan_deg > 1 and network.camera.tilt_deg > 1)
    await network.do(network.client.pantilt_home)
    await network.until(lambda: network.camera.pan_deg == network.camera.tilt_deg == 0)
    assert await network.do(network.client.get_pantilt_position) == (0, 0)


async def test_visca_over_ip_switches_the_camera(network: Network) -> None:
    await network.do(network.client.set_power, False)
    assert not network.camera.power


async def test_visca_over_ip_zooms_and_stops(network: Network) -> None:
    await network.do(network.client.zoom, 7)
    await network.until(lambda: network.camera.zoom_pct > 5)
    await network.do(network.client.zoom, 0)
    await network.until(lambda: not network.camera.moving)
    assert 5 < network.camera.zoom_pct < 60
    await network.do(network.client.zoom_to, 0.5)
    await network.at_rest()
    assert await network.do(network.client.get_zoom_position) == 0x2000
    assert network.camera.zoom_pct == pytest.approx(50)


async def test_visca_over_ip_sends_the_camera_to_a_place(network: Network) -> None:
    await network.do(network.client.pantilt, 0x18, 0x17, -500, 100)
    await network.at_rest()
    assert (network.pan, network.tilt) == (-500, 100)
    assert await network.do(network.client.get_pantilt_position) == (-500, 100)


async def test_visca_over_ip_stores_and_recalls_a_preset(network: Network) -> None:
    network.camera.body.pan.go(10, 1e9, 0)
    await network.do(network.client.save_preset, 3)
    await network.do(network.client.pantilt_home)
    await network.until(lambda: network.camera.pan_deg == 0)
    await network.do(network.client.recall_preset, 3)
    await network.until(lambda: network.camera.pan_deg == pytest.approx(10))


async def test_visca_over_ip_focuses_by_hand_only(network: Network) -> None:
    assert await network.do(network.client.get_focus_mode) == "auto"
    with pytest.raises(ViscaException, match="not executable"):
        await network.do(network.client.manual_focus, 7)
    await network.do(network.client.set_focus_mode, "manual")
    await network.do(network.client.manual_focus, 7)
    await network.until(lambda: network.camera.focus_pct > 60)
    await network.do(network.client.manual_focus, 0)
    assert await network.do(network.client.get_focus_mode) == "manual"


async def test_visca_over_ip_changes_the_picture(network: Network) -> None:
    values = network.camera.body.values
    await network.do(network.client.autoexposure_mode, "manual")
    await network.do(network.client.white_balance_mode, "manual")
    await network.do(network.client.increase_iris)
    await network.do(network.client.backlight, True)
    changed = ("exposure_mode", "white_balance_mode", "iris", "backlight")
    assert [values[name] for name in changed] == [3, 5, 0xC, 2]


async def test_known_error_visca_over_ip_cannot_stop(network: Network) -> None:
    await network.do(network.client.pantilt, 10, 0x10)
    await network.until(lambda: network.camera.moving)
    with pytest.raises(ViscaException, match="Syntax error"):
        await network.do(network.client.pantilt, 0, 0)
    assert network.camera.moving, mended("visca-over-ip", "its stop has no speed 00 any more")


async def test_known_error_visca_over_ip_cannot_pan_alone(network: Network) -> None:
    with pytest.raises(ViscaException, match="Syntax error"):
        await network.do(network.client.pantilt, 10, 0)


async def test_known_error_visca_over_ip_tilts_down_for_up(network: Network) -> None:
    await network.do(network.client.pantilt, 10, 10)
    await network.until(lambda: network.camera.moving)
    await network.until(lambda: abs(network.camera.tilt_deg) > 1)
    assert network.camera.tilt_deg < 0, mended("visca-over-ip", "positive tilts up, as documented")


async def test_known_error_visca_over_ip_takes_a_lost_move_for_a_done_one(
    network: Network,
) -> None:
    network.far.loss = 1.0
    await network.do(network.client.pantilt_home)  # no exception, and it was said once
    network.far.loss = 0.0
    assert network.told("81010604ff") == 0, mended("visca-over-ip", "it says a lost move again")


async def test_known_error_visca_over_ip_says_again_what_was_refused(network: Network) -> None:
    with pytest.raises(ViscaException, match="not executable"):
        await network.do(network.client.manual_focus, 7)
    assert network.told("8101040837ff") == 5, mended("visca-over-ip", "a refusal is one")


async def test_known_error_visca_over_ip_switches_four_times(network: Network) -> None:
    await network.do(network.client.set_power, True)
    assert network.told("8101040002ff") >= 4, mended("visca-over-ip", "it switches once")


async def test_known_error_visca_over_ip_takes_red_for_blue(network: Network) -> None:
    values = network.camera.body.values
    red, blue = values["red_gain"], values["blue_gain"]
    await network.do(network.client.decrease_blue_gain)
    assert (values["red_gain"], values["blue_gain"]) == (red - 1, blue), mended(
        "visca-over-ip", "blue gain down is no longer red gain down"
    )


@pytest.mark.parametrize(
    ("call", "value", "why"),
    [
        ("set_gain", 5, "direct values in one byte instead of two nibbles"),
        ("set_shutter", 5, "direct values in one byte instead of two nibbles"),
        ("set_autofocus_interval", 5, "seconds in one byte instead of two nibbles"),
        ("info_display", True, "7E 08 18 instead of 7E 01 18"),
    ],
)
async def test_known_error_visca_over_ip_writes_what_no_list_has(
    network: Network, call: str, value: int, why: str
) -> None:
    arguments = (value, value) if call == "set_autofocus_interval" else (value,)
    try:
        await network.do(getattr(network.client, call), *arguments)
    except ViscaException as error:
        refusal = str(error)
    else:
        refusal = ""
    assert "Syntax error" in refusal, mended("visca-over-ip", f"no more {why}")

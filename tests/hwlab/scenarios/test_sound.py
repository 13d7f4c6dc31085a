"""The room's mute all the way: a real sound server, the kernel's mixer, and the device itself."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from roomctl.kiosk.audio.mixer import Mixer
from roomctl.screen.protocol import CaptureSwitch, PreferDevice, SoundState
from roomctl.wire import in_thread
from tests.hwlab.devices.speakerphone import UsbSpeakerphone
from tests.hwlab.devices.usbip import Plugged, until
from tests.hwlab.scenarios.conftest import Plug, card, run

SOCKET = Path("/run/lab-pulse")
LIMIT_S = 60.0
_ROOM = f"""
load-module module-native-protocol-unix socket={SOCKET} auth-anonymous=1
load-module module-udev-detect
"""


@pytest.fixture
def server(vhci: None, udevd: None, tmp_path: Path) -> Iterator[str]:
    """Run PulseAudio on the cards that udev tells it of."""
    if shutil.which("pulseaudio") is None:
        why = "needs pulseaudio (see .ci/browser)"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    script = tmp_path / "room.pa"
    script.write_text(_ROOM, encoding="ascii")
    command = ["pulseaudio", "-n", "-F", str(script), "--exit-idle-time=-1", "--daemonize=no"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as daemon:
        until(SOCKET.exists, "the sound server to listen")
        yield f"unix:{SOCKET}"
        daemon.kill()
    SOCKET.unlink(missing_ok=True)


@asynccontextmanager
async def mixer(server: str, told: list[SoundState], use: Plugged) -> AsyncIterator[Mixer]:
    made = Mixer(told.append, server)
    made.use(PreferDevice(use.path, 0x0B0E, 0x2456))
    running = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def said(told: list[SoundState], muted: bool, switch: CaptureSwitch) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not told or (told[-1].muted, told[-1].switch) != (muted, switch):
            await asyncio.sleep(0.02)


async def test_muted_is_reported_once_the_device_itself_was_silenced(
    plug: Plug, server: str
) -> None:
    device = UsbSpeakerphone()
    plugged = await in_thread(plug, device)
    told: list[SoundState] = []
    async with mixer(server, told, plugged) as room:
        await in_thread(_until_there, server, 1)
        for muted, switch in (
            (True, CaptureSwitch.OFF),
            (False, CaptureSwitch.ON),
            (True, CaptureSwitch.OFF),
        ):
            room.mute(muted)
            await said(told, muted, switch)
            assert device.microphone_muted is muted


async def test_a_switch_that_another_program_turns_on_is_turned_off_again(
    plug: Plug, server: str
) -> None:
    device = UsbSpeakerphone()
    plugged = await in_thread(plug, device)
    told: list[SoundState] = []
    async with mixer(server, told, plugged) as room:
        await in_thread(_until_there, server, 1)
        room.mute(True)
        await said(told, True, CaptureSwitch.OFF)
        asked, before = len(device.requests), len(told)
        await in_thread(run, "amixer", "-q", "-c", card(plugged.sysfs), "sset", "Mic", "cap")
        await in_thread(until, lambda: len(device.requests) > asked + 1, "both writes", LIMIT_S)
        await in_thread(until, lambda: device.microphone_muted, "muted again", LIMIT_S)
        await said(told, True, CaptureSwitch.OFF)
        assert any(one.silent is False for one in told[before:])  # meanwhile it was open


async def test_of_two_devices_of_one_model_the_one_in_the_named_socket_is_open(
    plug: Plug, server: str
) -> None:
    devices = [UsbSpeakerphone(), UsbSpeakerphone()]
    sockets = [await in_thread(plug, device) for device in devices]
    for chosen in (0, 1):
        told: list[SoundState] = []
        async with mixer(server, told, sockets[chosen]) as room:
            await in_thread(_until_there, server, 2)
            room.mute(True)
            await said(told, True, CaptureSwitch.OFF)
            room.mute(False)
            await said(told, False, CaptureSwitch.ON)
            open_ = [not device.microphone_muted for device in devices]
            assert open_ == [chosen == 0, chosen == 1]


def _until_there(server: str, count: int) -> None:
    """Wait until the sound server has so many microphones."""

    def there() -> bool:
        lines = run("pactl", "-s", server, "list", "short", "sources").splitlines()
        return sum("alsa_input" in line for line in lines) == count

    until(there, f"{count} microphones", LIMIT_S)

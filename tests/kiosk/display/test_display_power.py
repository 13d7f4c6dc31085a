"""The display's power: a television by CEC, else its output, and what is said to be on."""

import asyncio
import contextlib

import pytest

from roomctl.kiosk.display.cec import Television, TelevisionPower
from roomctl.kiosk.display.display_power import DisplayPower, TelevisionTiming
from roomctl.screen.protocol import DisplayState
from tests.kiosk.television import Set

pytestmark = pytest.mark.real

OUTPUT = "HDMI-A-1"
PATIENT = TelevisionTiming(obeys_s=60, again_s=0.01, look_s=60)
IMPATIENT = TelevisionTiming(obeys_s=0.05, again_s=0.01, look_s=60)
CURIOUS = TelevisionTiming(obeys_s=60, again_s=0.01, look_s=0.02)
# As wlopm 0.1: all is off while another wlopm has hold of the outputs.
WLOPM = f"""#!/bin/sh
case "$1" in
--on | --off) echo "${{1#--}}" >"$0.state" ;;
--json)
    if /bin/mkdir "$0.held" 2>&-; then
        /bin/sleep 0.05
        read -r now <"$0.state"
    else
        now=off
    fi
    /bin/rmdir "$0.held"
    echo '[{{"output": "{OUTPUT}", "power-mode": "'"$now"'"}}]'
    ;;
esac
"""

impatient = pytest.mark.parametrize("room", [IMPATIENT], indirect=True)


class Room:
    """A compositor's output, and a Lamp that has said `told`."""

    def __init__(self, folder, pace):
        self._state = folder / "wlopm.state"
        self._state.write_text("on\n")
        self.told = []
        self.power = DisplayPower(self.told.append, pace)

    @property
    def output(self):
        return self._state.read_text().strip()

    def with_television(self, kernel, name="/dev/cec0", folder=None):
        where = [folder] if folder else []
        self.power.television = Television(name, kernel.open, *where)
        return kernel

    async def after(self, on):
        """Order, or only look (None); return what is said then."""
        count = len(self.told)
        self.power.look() if on is None else self.power.switch(on)
        async with asyncio.timeout(60):
            while len(self.told) == count:
                await asyncio.sleep(0.005)
        return self.told[-1].on


@pytest.fixture
async def room(tmp_path, monkeypatch, request):
    program = tmp_path / "wlopm"
    program.write_text(WLOPM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    made = Room(tmp_path, getattr(request, "param", PATIENT))
    running = asyncio.create_task(made.power.run())
    yield made
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_without_a_television_the_output_is_switched(room):
    assert await room.after(False) is False
    assert room.output == "off"
    assert await room.after(True) is True
    assert room.output == "on"


async def test_no_output_is_dark_for_two_that_look_at_once(room):
    known, on = await asyncio.gather(room.power.outputs(), room.after(None))
    assert (known, on) == ({OUTPUT: True}, True)


async def test_no_output_is_dark_for_a_program_of_others_that_has_hold_of_it(room, tmp_path):
    (tmp_path / "wlopm.held").mkdir()
    assert await room.after(None) is True


async def test_a_television_goes_to_standby_and_its_output_stays_lit(room):
    tv = room.with_television(Set(power=TelevisionPower.ON))
    assert await room.after(False) is False
    assert (tv.power, room.output) == (TelevisionPower.STANDBY, "on")


async def test_a_television_is_on_when_it_has_said_so(room):
    tv = room.with_television(Set(slow=3))
    assert await room.after(True) is True
    assert (tv.power, tv.shows) == (TelevisionPower.ON, tv.place)


@impatient
async def test_one_that_takes_the_order_and_stays_in_standby_is_not_said_to_be_on(room):
    room.with_television(Set(stubborn=True))
    assert await room.after(True) is False


@impatient
async def test_one_that_stays_on_is_said_to_be_on(room):
    room.with_television(Set(power=TelevisionPower.ON, stubborn=True))
    assert await room.after(False) is True


async def test_one_that_says_nothing_has_its_output_switched_off(room):
    room.with_television(Set(answers=False))
    assert await room.after(False) is False
    assert room.output == "off"


async def test_one_that_says_nothing_is_never_said_to_be_on(room):
    room.with_television(Set(answers=False))
    assert await room.after(True) is None
    assert room.output == "on"


@impatient
async def test_one_that_takes_orders_and_does_not_say_how_it_is_is_not_known(room):
    tv = room.with_television(Set(mute=True))
    assert await room.after(True) is None
    assert tv.power is TelevisionPower.ON
    assert await room.after(False) is False
    assert room.output == "off"


async def test_a_monitor_that_never_spoke_cec_is_known_by_its_output(room, tmp_path):
    (tmp_path / "cec0").touch()
    room.with_television(Set(answers=False), "auto", tmp_path)
    assert await room.after(True) is True
    assert await room.after(False) is False


async def test_an_output_that_went_dark_is_lit_again_when_the_television_is_back(room):
    tv = room.with_television(Set(answers=False))
    await room.after(False)
    tv.answers = True
    assert await room.after(True) is True
    assert (tv.power, room.output) == (TelevisionPower.ON, "on")


async def test_a_newer_order_is_not_kept_waiting_by_a_slow_television(room):
    tv = room.with_television(Set(slow=10**9))
    room.power.switch(True)
    async with asyncio.timeout(60):
        while tv.power is not TelevisionPower.TO_ON:
            await asyncio.sleep(0.005)
        room.power.switch(False)
        while DisplayState(False) not in room.told:
            await asyncio.sleep(0.005)
    assert tv.power is TelevisionPower.STANDBY
    assert DisplayState(True) not in room.told


@pytest.mark.parametrize("room", [CURIOUS], indirect=True)
async def test_what_somebody_did_with_its_remote_control_is_noticed(room):
    tv = room.with_television(Set(power=TelevisionPower.ON))
    assert await room.after(None) is True
    tv.power = TelevisionPower.STANDBY
    async with asyncio.timeout(60):
        while room.told[-1] != DisplayState(False):
            await asyncio.sleep(0.005)
    assert room.told == [DisplayState(True), DisplayState(False)]

"""The driver in invented time, against the simulated device behind an in-memory USB port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from roomctl.clock import VirtualClock
from roomctl.device import Status
from roomctl.errors import PortClosed, PortError, PortMissing, PortReason, ProfileError
from roomctl.speakerphone import Speakerphone, speakerphones
from roomctl.speakerphone.profile import SpeakerphoneTable, load_profiles
from roomctl.speakerphone.sim import SPEAK_810, Model, SimSpeakerphone
from roomctl.wire import Chunk, Identity, Port, pair, pump
from tests.invented import START, LoopClock, always, invented, until
from tests.speakerphone.devices import BLACKWIRE, H540, POWERCONF
from tests.speakerphone.test_profile import SHIPPED

URL = "usb:0b0e:2456"
CLOCK = LoopClock()


class Plugged:
    """The near end of a wire, as the USB port would be: with an identity, and able to STALL."""

    def __init__(self, port: Port, sim: SimSpeakerphone) -> None:
        self._port, self._sim = port, sim
        model = sim.model
        self.identity = Identity(
            url=URL,
            vid=model.vid,
            pid=model.pid,
            product=model.product,
            report_descriptor=model.descriptor,
        )

    async def read(self) -> Chunk:
        return await self._port.read()

    async def write(self, data: bytes) -> None:
        if (why := self._sim.refusal(data)) is not None:
            raise PortError(URL, why)
        await self._port.write(data)

    async def close(self) -> None:
        await self._port.close()


class Table:
    """A USB socket with a simulated device in it, and the driver of the room."""

    def __init__(self, model: Model = SPEAK_810, profiles: Path = SHIPPED) -> None:
        self.sim = SimSpeakerphone(model)
        self.identity: Callable[[Identity], Identity] = lambda identity: identity
        self.present = True
        self.instead: tuple[str, ...] = ()
        self.presses: list[str] = []
        self.changes = 0
        self.touched = asyncio.Event()
        self._far: Port | None = None
        self._powered: list[asyncio.Task[None]] = []
        self.phone = Speakerphone(
            "table",
            URL,
            self._connect,
            CLOCK,
            self._changed,
            self.presses.append,
            load_profiles(profiles),
        )

    def press_mute(self) -> None:
        self.sim.press_mute()
        self.touched.set()

    def press_hook(self) -> None:
        self.sim.press_hook()
        self.touched.set()

    async def unplug(self) -> None:
        self.present = False
        self.sim.unplugged()
        assert self._far is not None
        await self._far.close()

    async def until(self, fact: Callable[[], bool]) -> None:
        await until(fact, 5)

    async def close(self) -> None:
        for task in self._powered:
            task.cancel()
        await asyncio.gather(*self._powered, return_exceptions=True)

    async def _connect(self, name: str, url: str) -> Port:
        if not self.present:
            raise PortMissing(url, "is not plugged in", self.instead)
        near, self._far = pair(url, CLOCK)
        self._powered.append(asyncio.create_task(self._power(self._far)))
        plugged = Plugged(near, self.sim)
        plugged.identity = self.identity(plugged.identity)
        return plugged

    async def _power(self, far: Port) -> None:
        with suppress(PortClosed):
            await pump(far, self.sim, self.touched, CLOCK)

    def _changed(self) -> None:
        self.changes += 1


@asynccontextmanager
async def running(table: Table) -> AsyncIterator[Speakerphone]:
    task = asyncio.create_task(table.phone.run())
    try:
        yield table.phone
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await table.close()


@asynccontextmanager
async def online(table: Table) -> AsyncIterator[Speakerphone]:
    async with running(table) as phone:
        await table.until(lambda: phone.health.status is Status.ONLINE)
        yield phone


@invented
async def test_a_device_is_online_once_its_leds_were_written() -> None:
    table = Table()
    async with online(table) as phone:
        state = phone.state
        assert (state.model, state.profile) == ("Jabra SPEAK 810", "jabra-speak-810")
        assert (state.vid, state.pid) == (0x0B0E, 0x2456)
        assert (state.has_mute_led, state.has_hook, state.led_muted) == (True, True, False)


@invented
async def test_show_returns_with_the_leds_lit() -> None:
    table = Table()
    async with online(table) as phone:
        await phone.write_leds(muted=True, off_hook=True)
        assert phone.state.led_muted is True
        await table.until(lambda: table.sim.led_muted and table.sim.led_off_hook)
        await table.until(lambda: phone.state.off_hook is True)  # the device confirms
        assert table.presses == []


@invented
async def test_a_press_reaches_the_room_and_changes_nothing_by_itself() -> None:
    table = Table()
    async with online(table) as phone:
        table.press_mute()
        await table.until(lambda: table.presses == ["mute"])
        assert (phone.state.last_press, phone.state.led_muted) == ("mute", False)
        await phone.write_leds(muted=True, off_hook=False)
        await table.until(lambda: table.sim.led_muted)
        table.press_mute()
        await table.until(lambda: table.presses == ["mute", "mute"])


@invented
async def test_the_call_button_is_a_press_of_its_own() -> None:
    table = Table()
    async with online(table) as phone:
        table.press_hook()
        await table.until(lambda: table.presses == ["hook_off"])
        await phone.write_leds(muted=False, off_hook=True)
        await table.until(lambda: table.sim.led_off_hook)
        table.press_hook()
        await table.until(lambda: table.presses == ["hook_off", "hook_on"])


@invented
async def test_a_refused_write_raises_and_is_made_good_as_soon_as_it_can_be() -> None:
    table = Table()
    async with online(table) as phone:
        table.sim.faults.stalled = True
        with pytest.raises(PortError, match="refused it"):
            await phone.write_leds(muted=True, off_hook=True)
        assert phone.state.led_muted is None
        assert phone.health.status is Status.ONLINE  # once is not yet a broken device
        table.sim.faults.stalled = False
        await table.until(lambda: phone.state.led_muted is True)
        await table.until(lambda: table.sim.led_muted and table.sim.led_off_hook)


@invented
async def test_a_device_that_keeps_refusing_is_offline_until_it_does_not() -> None:
    table = Table()
    table.sim.faults.stalled = True
    async with running(table) as phone:
        await table.until(lambda: phone.health.status is Status.OFFLINE)
        assert phone.health.reason == "io"
        assert "LEDs cannot be written" in (phone.health.detail or "")
        table.sim.faults.stalled = False
        await table.until(lambda: phone.health.status is Status.ONLINE)


@invented
async def test_unplugged_in_a_call_it_comes_back_with_the_right_leds() -> None:
    table = Table(BLACKWIRE)
    async with online(table) as phone:
        await phone.write_leds(muted=True, off_hook=True)
        await table.unplug()
        await table.until(lambda: phone.health.status is Status.OFFLINE)
        assert (phone.state.led_muted, phone.state.off_hook) == (None, None)
        with pytest.raises(PortClosed, match="table is not connected"):
            await phone.write_leds(muted=True, off_hook=True)
        table.present = True
        await table.until(lambda: table.sim.led_muted and table.sim.led_off_hook)
        await table.until(lambda: phone.state.led_muted is True)
        assert table.presses == []


@invented
async def test_a_wish_made_while_it_was_gone_is_fulfilled_when_it_is_back() -> None:
    table = Table()
    async with online(table) as phone:
        await phone.write_leds(muted=True, off_hook=True)
        await table.unplug()
        await table.until(lambda: phone.health.status is Status.OFFLINE)
        with pytest.raises(PortClosed):
            await phone.write_leds(muted=False, off_hook=False)
        table.present = True
        await table.until(lambda: phone.state.led_muted is False)
        await table.until(lambda: not table.sim.led_off_hook)


@invented
async def test_a_hundred_wishes_at_once_are_written_one_after_the_other() -> None:
    table = Table()
    async with online(table) as phone:
        await asyncio.gather(
            *(phone.write_leds(turn % 2 == 0, off_hook=True) for turn in range(101))
        )
        await table.until(lambda: table.sim.led_muted and table.sim.led_off_hook)
        assert table.sim.ignored == 0


@invented
async def test_a_device_without_leds_is_online_and_claims_no_led() -> None:
    table = Table(H540)
    async with online(table) as phone:
        await phone.write_leds(muted=True, off_hook=True)
        assert (phone.state.has_mute_led, phone.state.led_muted) == (False, None)


@invented
async def test_a_microphone_that_needs_off_hook_is_said_to_be_gated_until_it_is() -> None:
    table = Table(POWERCONF)
    async with online(table) as phone:
        assert phone.state.mic_gated
        await phone.write_leds(muted=False, off_hook=True)
        assert not phone.state.mic_gated


@invented
async def test_a_device_whose_firmware_is_written_is_said_to_be_updating_until_it_is_back() -> None:
    table = Table()
    async with online(table) as phone:
        await phone.write_leds(muted=True, off_hook=True)
        table.instead = ("1d6b:0002", "0b0e:0971")
        await table.unplug()
        await table.until(lambda: phone.health.reason == "updating")
        assert "its firmware is being updated (0b0e:0971 is plugged in)" in (
            phone.health.detail or ""
        )
        table.instead, table.present = (), True
        await table.until(lambda: phone.state.led_muted is True)
        assert phone.health.status is Status.ONLINE


@invented
async def test_another_models_update_is_no_excuse_for_a_device_that_is_gone() -> None:
    table = Table()
    async with online(table) as phone:
        table.instead = ("0b0e:0421",)
        await table.unplug()
        await table.until(lambda: phone.health.reason == "missing")


@invented
async def test_a_room_that_starts_during_an_update_says_so() -> None:
    table = Table()
    table.present, table.instead = False, ("0b0e:0971",)
    async with running(table) as phone:
        await table.until(lambda: phone.health.reason == "updating")


@invented
async def test_what_a_device_is_and_what_is_known_of_its_firmware_is_told() -> None:
    table = Table(replace(SPEAK_810, pid=0x0420))
    table.identity = lambda identity: replace(
        identity, bcd_device=0x0213, serial_number="0042", port_path="1-1.4"
    )
    async with online(table) as phone:
        state = phone.state
        assert (state.bcd_device, state.serial_number, state.port_path) == (0x0213, "0042", "1-1.4")
        assert ["before 2.14" in advisory.what for advisory in state.advisories] == [True]


@pytest.mark.parametrize("model", [SPEAK_810, POWERCONF, BLACKWIRE], ids=lambda m: m.product)
@invented
async def test_without_any_profile_everything_else_still_works(
    model: Model, tmp_path: Path
) -> None:
    table = Table(model, tmp_path)
    async with online(table) as phone:
        assert phone.state.profile == "generic"
        await phone.write_leds(muted=True, off_hook=True)
        await table.until(lambda: table.sim.led_muted and table.sim.led_off_hook)
        table.press_mute()
        await table.until(lambda: table.presses == ["mute"])
        await table.unplug()
        await table.until(lambda: phone.health.status is Status.OFFLINE)
        table.present = True
        await table.until(lambda: table.sim.led_muted and table.sim.led_off_hook)


@invented
async def test_at_rest_the_leds_are_out() -> None:
    table = Table()
    async with online(table) as phone:
        await phone.write_leds(muted=True, off_hook=True)
        await phone.make_safe()
        await table.until(lambda: not table.sim.led_muted and not table.sim.led_off_hook)


@invented
async def test_rest_without_a_device_ends_quietly() -> None:
    await Table().phone.make_safe()


@pytest.mark.parametrize(
    ("descriptor", "says"),
    [(None, "gives no report descriptor"), (b"\xc0", "End Collection without a Collection")],
)
@invented
async def test_a_device_that_cannot_be_understood_is_unsupported(
    descriptor: bytes | None, says: str
) -> None:
    table = Table()
    table.identity = lambda identity: replace(identity, report_descriptor=descriptor)
    async with running(table) as phone:
        await table.until(lambda: phone.health.status is Status.OFFLINE)
        assert phone.health.reason == "unsupported"
        assert says in (phone.health.detail or "")


async def _nowhere(name: str, url: str) -> Port:
    raise PortError(url, "is not plugged in", PortReason.MISSING)


def test_the_configured_speakerphones_stand_in_their_order() -> None:
    tables = {"table": SpeakerphoneTable(url=URL), "wall": SpeakerphoneTable(url="usb:auto")}
    phones = speakerphones(tables, _nowhere, VirtualClock(START), lambda: None, lambda press: None)
    assert [(phone.name, phone.url) for phone in phones] == [("table", URL), ("wall", "usb:auto")]


def test_a_profile_that_is_not_there_is_refused_before_the_room_starts() -> None:
    tables = {"table": SpeakerphoneTable(url=URL, profile="speak-9000")}
    with pytest.raises(ProfileError, match="speak-9000"):
        speakerphones(tables, _nowhere, VirtualClock(START), lambda: None, lambda press: None)


class ChosenPuck:
    """A port that `auto` opened; `better` is set once another device would be chosen."""

    def __init__(self, port_path: str = "1-2") -> None:
        descriptor = SPEAK_810.descriptor
        self.identity = Identity("usb:auto", report_descriptor=descriptor, port_path=port_path)
        self.better, self.closed = asyncio.Event(), asyncio.Event()

    async def read(self) -> Chunk:
        await self.closed.wait()
        raise PortClosed("usb:auto", "the port is closed")

    async def write(self, data: bytes) -> None: ...

    async def close(self) -> None:
        self.closed.set()

    async def outdone(self, but: Collection[str] = ()) -> str:
        await self.better.wait()
        if "1-4" in but:
            await asyncio.Event().wait()
        return "1-4"


@invented
async def test_a_better_device_takes_its_place_but_not_in_a_call() -> None:
    opened: list[ChosenPuck] = []

    async def connect(name: str, url: str) -> Port:
        opened.append(ChosenPuck())
        return opened[-1]

    phone = Speakerphone("table", "usb:auto", connect, LoopClock(), lambda: None, lambda key: None)
    task = asyncio.create_task(phone.run())
    await until(lambda: bool(opened) and phone.health.status is Status.ONLINE, 3.0)
    await phone.write_leds(muted=False, off_hook=True)
    opened[0].better.set()
    await always(lambda: not opened[0].closed.is_set(), 10.0, lambda: "closed in a call")
    await phone.write_leds(muted=False, off_hook=False)
    await until(lambda: len(opened) == 2, 3.0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert opened[1].closed.is_set()


@invented
@pytest.mark.parametrize(("place", "opened_in_all"), [("1-4", 4), ("1-2", 2)])
async def test_a_better_device_that_was_taken_is_taken_again_and_one_that_was_not_is_left(
    place: str, opened_in_all: int
) -> None:
    """`place`: where the device is plugged in that is opened in place of the one at 1-2."""
    places, opened = iter(("1-2", place, "1-2", place)), list[ChosenPuck]()

    async def connect(name: str, url: str) -> Port:
        opened.append(ChosenPuck(next(places)))
        return opened[-1]

    phone = Speakerphone("table", "usb:auto", connect, LoopClock(), lambda: None, lambda key: None)
    task = asyncio.create_task(phone.run())
    await until(lambda: len(opened) == 1, 3.0)
    opened[0].better.set()
    await until(lambda: len(opened) == 2, 3.0)
    if opened_in_all == 4:
        await opened[1].close()  # it is unplugged, and the other one is all there is
        await until(lambda: len(opened) == 3, 30.0)
        opened[2].better.set()
        await until(lambda: len(opened) == 4, 30.0)
    else:
        opened[1].better.set()
        await always(lambda: len(opened) == 2, 10.0, lambda: "tried again where it led to nothing")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len(opened) == opened_in_all

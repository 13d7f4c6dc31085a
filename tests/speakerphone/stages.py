"""Where scenarios are played: behind a wire in memory, and on a USB bus as strict as libusb."""

from __future__ import annotations

import asyncio
import errno
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from roomctl.clock import Clock, Moment
from roomctl.device import Status
from roomctl.errors import PortClosed, PortError, PortMissing
from roomctl.ports.address import parse
from roomctl.ports.usb import open_port
from roomctl.speakerphone import Speakerphone
from roomctl.speakerphone.profile import GENERIC, SpeakerphoneProfile
from roomctl.speakerphone.sim import Model, SimSpeakerphone
from roomctl.wire import Chunk, Identity, Port, pair, pump
from tests.invented import LoopClock
from tests.ports.usb_bus import Bus, Gadget, failure, hid, sound
from tests.speakerphone.stage import Stage
from tests.speakerphone.test_over_usb import PluggedIn
from tests.steady import SteadyClock, SteadyPort

_TICK_S = 0.002


class NearEnd:
    """The room's end of a wire in memory: with an identity, and able to refuse."""

    def __init__(self, port: Port, device: SimSpeakerphone, place: str) -> None:
        self._port, self._device, model = port, device, device.model
        self.identity = Identity(
            url=port.identity.url,
            vid=model.vid,
            pid=model.pid,
            bcd_device=0x0123,
            port_path=place,
            product=model.product,
            report_descriptor=model.descriptor,
        )

    async def read(self) -> Chunk:
        return await self._port.read()

    async def write(self, data: bytes) -> None:
        if (why := self._device.refusal(data)) is not None:
            raise PortError(self.identity.url, why)
        await self._port.write(data)

    async def close(self) -> None:
        await self._port.close()


class Sleeper:
    """A clock of a box that may sleep: only its wall clock goes on then."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self.slept_s = clock, 0.0

    def mono_s(self) -> float:
        return self._clock.mono_s()

    def now(self) -> Moment:
        now = self._clock.now()
        return replace(now, wall=now.wall + timedelta(seconds=self.slept_s))


class Running(Stage):
    """A stage whose driver runs from `open` to `close`."""

    def __init__(
        self, model: Model, clock: Clock, profiles: Mapping[str, SpeakerphoneProfile]
    ) -> None:
        super().__init__(model)
        self.clock = Sleeper(clock)
        self.phone = Speakerphone(
            "table",
            f"usb:{model.ids}",
            self.connect,
            self.clock,
            lambda: None,
            self.pressed,
            profiles,
        )

    async def connect(self, name: str, url: str) -> Port:
        raise NotImplementedError

    async def open(self) -> None:
        self._task = asyncio.create_task(self.phone.run())
        await self.until(lambda: self.phone.health.status is not Status.STARTING, 5)

    async def close(self) -> None:
        await asyncio.gather(*self._answering)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def pass_s(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def suspend(self, seconds: float) -> None:
        self.clock.slept_s += seconds


class InMemory(Running):
    """In invented time: what the Simulator does, without a room around it."""

    window_s = 2.5
    echoes_s = (0.0, 0.05, 0.1, 0.3, 1.0, 2.0, 2.45)

    def __init__(
        self, model: Model, profiles: Mapping[str, SpeakerphoneProfile] | None = None
    ) -> None:
        super().__init__(model, LoopClock(), profiles or {"generic": GENERIC})
        self._plugged, self._place = True, 4
        self._touched = asyncio.Event()
        self._far: Port | None = None
        self._powered: list[asyncio.Task[None]] = []

    async def connect(self, name: str, url: str) -> Port:
        if not self._plugged:
            raise PortMissing(url, "is not plugged in")
        near, self._far = pair(url, self.clock)
        self._powered.append(asyncio.create_task(self._power(self._far)))
        return NearEnd(near, self.device, f"1-1.{self._place}")

    async def touch(self, key: Callable[[], None]) -> None:
        key()
        self._touched.set()

    async def unplug(self) -> None:
        self._plugged = False
        if self._far is not None:
            await self._far.close()
        await asyncio.gather(*self._powered)
        self.device.unplugged()

    async def plug(self) -> None:
        self._plugged, self._place = True, self._place % 7 + 1

    async def close(self) -> None:
        await super().close()
        for task in self._powered:
            task.cancel()
        await asyncio.gather(*self._powered, return_exceptions=True)

    async def _power(self, far: Port) -> None:
        with suppress(PortClosed):
            await pump(far, self.device, self._touched, self.clock)


class _Inhabited(Bus):
    """A bus on which the device answers for itself; `lock` is held whenever it is touched."""

    def __init__(self, gadget: Gadget, device: SimSpeakerphone, clock: Clock) -> None:
        super().__init__(gadget)
        self.device, self.clock = device, clock
        self.numbered = device.model.descriptor.find(b"\x85") >= 0
        self.lock = threading.Lock()

    def _take(self, gadget: Gadget, way: str, where: int, data: bytes) -> int:
        kind = 2 if way == "OUT" else where >> 8
        frame = bytes((kind,)) + (data if self.numbered else b"\0" + data)
        with self.lock:
            faults = self.device.faults
            if faults.times_out:
                raise failure(errno.ETIMEDOUT)
            gadget.short_by = int(faults.short)
            if self.device.refusal(frame) is not None and not faults.short:
                raise failure(errno.EPIPE)
            self.device.receive(Chunk(frame, self.clock.mono_s()))
        return super()._take(gadget, way, where, data)


class OnABus(Running):
    """In real time, through pyusb: the windows are shorter, or a run would take minutes.

    The second report of a press may come late, because others have the processor.
    """

    window_s = 0.7
    echoes_s = (0.2,)

    def __init__(self, model: Model, *, out: bool = False) -> None:
        quick = GENERIC.model_copy(update={"echo_ms": 700, "repeat_ms": 700, "double_ms": 160})
        self.steady = SteadyClock()  # a machine that stands still makes no echo late
        super().__init__(model, self.steady, {"generic": quick})
        self.phone.write_limit_s *= 10  # of real time
        self.faults.repeat_s = self.window_s
        self._out = out
        self.gadget = self._gadget(5, 4)
        self.bus = _Inhabited(self.gadget, self.device, self.clock)

    async def connect(self, name: str, url: str) -> Port:
        port = await open_port(parse(url), lambda: self.bus, lambda: PluggedIn(self.bus))
        return SteadyPort(port, self.steady)

    async def open(self) -> None:
        self._living = asyncio.create_task(self._live())
        await super().open()

    async def close(self) -> None:
        await super().close()
        self._living.cancel()
        await asyncio.gather(self._living, return_exceptions=True)

    async def pass_s(self, seconds: float) -> None:
        await self.steady.pass_s(seconds)

    async def touch(self, key: Callable[[], None]) -> None:
        with self.bus.lock:
            key()

    async def unplug(self) -> None:
        self.gadget.unplug()
        with self.bus.lock:
            self.device.unplugged()
        self.bus.gadgets = []

    async def plug(self) -> None:
        self.gadget = self._gadget(self.gadget.address + 1, self.gadget.ports[-1] % 7 + 1)
        self.bus.gadgets = [self.gadget]

    def _gadget(self, address: int, socket: int) -> Gadget:
        interfaces = [*sound(), hid(3, self.model.descriptor, out=self._out)]
        ids = (self.model.vid, self.model.pid)
        return Gadget(*ids, interfaces, ports=(1, socket), address=address)

    async def _live(self) -> None:
        """Let the device do what it does in time, and say what it has to say."""
        while True:
            with self.bus.lock:
                now = self.clock.mono_s()
                self.device.tick(now)
                while (frame := self.device.outbox(now)) is not None:
                    self.gadget.say(frame[1:] if self.bus.numbered else frame[2:])
            await asyncio.sleep(_TICK_S)

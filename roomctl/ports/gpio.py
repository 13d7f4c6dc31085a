"""One line of a Raspberry Pi's header, by gpiozero: `gpio:17?pull=down&active=high`.

Knows no sensor. An input tells its level: a chunk is b"0" or b"1". Every edge is a chunk, stamped
in the library's callback, and the level is read again every second: the kernel drops edges when its
buffer of 16 is full, and gpiozero swallows an edge that follows a lost one (gpiozero issue 1039). A
level that changed without an edge is told at once, and with the next one comes b"!": an edge was
lost; what gpiozero swallowed is no second loss. Edges that nobody reads are dropped oldest first;
the newest level always arrives. In a storm (50 chunks within a second) edges are handed over
together, 20 times a second, so that whoever reads has time for something else.

With `direction=out` the line is an output: b"0" and b"1" set it, it begins inactive, and is
inactive again when the port is closed.

`pull` is down, up or none; `active=low` inverts the wire, so that b"1" always means active. What
cannot be meant by a URL, whatever the board, is refused without the library: `roomctl check` asks
`line_of`.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.metadata
import os
import tempfile
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Protocol, TypeVar

from roomctl.config import runtime_path
from roomctl.errors import PortClosed, PortError, PortReason, RestartNeeded
from roomctl.installed import pip
from roomctl.ports.address import Address, parse
from roomctl.ports.blocking import BlockingCalls, open_in_thread
from roomctl.wire import Chunk, Identity

T = TypeVar("T")

HEADER = range(28)  # GPIO0-27 stand on every Raspberry Pi's 40-pin header
COMPUTE = range(46)  # a compute module has more
_PULLED_UP = (2, 3)  # by resistors on the board: they are I2C
LOOK_EVERY_S = 1.0
_MOST_WAITING = 64  # edges
_STORM, _STORM_S = 50, 1.0  # so many chunks in so short a time
_TOGETHER_S = 0.05
_LATE_S = 0.05  # an edge may come so much later than the level was read
_CLOSE_LIMIT_S = 1.0
_OLDEST_GPIOZERO = (2, 0, 1)  # older ones prefer RPi.GPIO, which cannot drive a Pi 5
_LEVELS = {False: b"0", True: b"1"}
_one_at_a_time = threading.Lock()  # gpiozero's default factory is one for the process
# Factories whose chip has gone. lgpio's thread then says "read error 19" thousands of times a
# second until the process ends (0.2.2.0), and what it holds is never the chip that comes back.
_spent: weakref.WeakSet[object] = weakref.WeakSet()


def line_of(url: str) -> str:
    """Return which line a `gpio:` URL names, as "GPIO17"; PortError if it cannot be meant."""
    return f"GPIO{line_number(parse(url))}"


def line_number(address: Address) -> int:
    """Return the number of the GPIO; PortError says what cannot be meant."""
    pin = address.place
    if not (pin.isascii() and pin.isdecimal()):
        raise address.refuse("is not gpio:NUMBER, such as gpio:17 (the GPIO's, not the header's)")
    found = int(pin)
    if found not in COMPUTE:
        last = f"0-{HEADER[-1]} (a compute module: 0-{COMPUTE[-1]})"
        raise address.refuse(f"there is no GPIO{pin}; a Raspberry Pi has {last}")
    address.only(("pull", "active", "direction"))
    out = address.choice("direction", "in", ("in", "out")) == "out"
    pull = address.choice("pull", "down", ("down", "up", "none"))
    address.choice("active", "high", ("high", "low"))
    if found in _PULLED_UP and pull == "down" and not out:
        raise address.refuse(f"GPIO{pin} has a fixed pull-up; write pull=up")
    return found


def input_of(url: str) -> str:
    """Return which line a URL names; PortError for one that cannot be an input's."""
    address = parse(url)
    if address.options.get("direction") == "out":
        raise address.refuse("is an output")
    return line_of(url)


class DigitalInput(Protocol):
    """The part of gpiozero's DigitalInputDevice that a port uses."""

    is_active: bool
    when_activated: Callable[[], None] | None
    when_deactivated: Callable[[], None] | None

    def close(self) -> None: ...


class DigitalOutput(Protocol):
    """The part of gpiozero's DigitalOutputDevice that a port uses."""

    def on(self) -> None: ...
    def off(self) -> None: ...
    def close(self) -> None: ...


async def open_port(address: Address) -> GpioPort | GpioOutput:
    """Claim the line; raise PortError with one sentence on what is missing or who holds it.

    Spent: a line of this process could not be read any more, so none can until there is a new one.
    """
    pin = line_number(address)
    low = address.choice("active", "high", ("high", "low")) == "low"
    if address.choice("direction", "in", ("in", "out")) == "out":
        line = await open_in_thread(lambda: _output(address, pin, low), lambda late: late.close())
        return GpioOutput(line, Identity(url=address.url, path=f"GPIO{pin}"))
    pull = address.choice("pull", "down", ("down", "up", "none"))
    inverted = low != (pull == "up")
    device = await open_in_thread(lambda: _open(address, pin, pull), lambda late: late.close())
    return GpioPort(device, Identity(url=address.url, path=f"GPIO{pin}"), inverted)


class GpioPort:
    """An input line that tells its level at once, at every edge and every second."""

    def __init__(self, device: DigitalInput, identity: Identity, inverted: bool) -> None:
        self.identity = identity
        self._device, self._inverted = device, inverted
        self._factory = importlib.import_module("gpiozero").Device.pin_factory
        self._loop = asyncio.get_running_loop()
        self._blocking = BlockingCalls()
        self._came: deque[Chunk] = deque(maxlen=_MOST_WAITING)
        self._news = asyncio.Event()
        self._handing_over = False
        self._look_at = 0.0
        self._looked_at = 0.0
        self._last: bool | None = None
        self._signalled: bool | None = None  # the level of the last edge, which gpiozero goes by
        self._missed = False  # the level has changed, and no edge has come for that yet
        self._handed: deque[float] = deque(maxlen=_STORM)
        self._closing: asyncio.Task[None] | None = None
        self._gone: str | None = None
        device.when_activated, device.when_deactivated = self._activated, self._deactivated

    async def read(self) -> Chunk:
        while True:
            self._refuse_if_gone()
            if self._came:
                return await self._take()
            self._news.clear()
            try:
                async with asyncio.timeout(max(0.0, self._look_at - time.monotonic())):
                    await self._news.wait()
            except TimeoutError:
                return await self._look()

    async def _take(self) -> Chunk:
        """Take the oldest edge; in a storm wait a little, and take all that there are."""
        now = time.monotonic()
        storm = len(self._handed) == _STORM and now - self._handed[0] < _STORM_S
        self._handed.append(now)
        if not storm:
            return self._came.popleft()
        await asyncio.sleep(_TOGETHER_S)
        self._refuse_if_gone()
        chunks = [self._came.popleft() for _ in range(len(self._came))]
        return Chunk(b"".join(chunk.data for chunk in chunks), chunks[-1].at)

    async def write(self, data: bytes) -> None:
        self._refuse_if_gone()
        raise PortError(self.identity.url, "is an input", PortReason.UNSUPPORTED)

    async def close(self) -> None:
        if self._closing is None:
            self._gone = self._gone or "the port is closed"
            self._news.set()
            self._closing = asyncio.ensure_future(self._shut())
        await asyncio.shield(self._closing)

    async def _shut(self) -> None:
        await self._blocking.ended(_CLOSE_LIMIT_S)
        # A chip that vanished makes lgpio raise its own `error`, which is a plain Exception.
        with contextlib.suppress(Exception):
            await self._blocking.run(self._device.close)

    async def _look(self) -> Chunk:
        at = time.monotonic()
        try:
            active = await self._blocking.run(lambda: self._device.is_active)
        except Exception as error:  # lgpio's own `error` is a plain Exception
            self._gone = self._gone or f"the line cannot be read any more ({error})"
            _spent.add(self._factory)
            raise PortClosed(self.identity.url, self._gone) from error
        self._look_at = at + LOOK_EVERY_S
        level = active != self._inverted
        missed, self._missed = self._missed, False
        if self._last is None:
            self._signalled = level
        elif not self._came and level != self._last and level != self._signalled:
            self._missed, self._looked_at = True, time.monotonic()
        self._last = level
        return Chunk(b"!" * missed + _LEVELS[level], at)

    def _activated(self) -> None:
        self._edge(not self._inverted)

    def _deactivated(self) -> None:
        self._edge(self._inverted)

    def _edge(self, level: bool) -> None:
        """Hand one edge over from the library's thread, which serves every pin: stay short."""
        if self._missed and time.monotonic() < self._looked_at + _LATE_S:
            self._missed = False  # it was late, not lost
        self._last = self._signalled = level
        self._came.append(Chunk(_LEVELS[level], time.monotonic()))
        if not self._handing_over:
            self._handing_over = True
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._handed_over)

    def _handed_over(self) -> None:
        # Before set(): an edge that comes in between then asks for another hand-over.
        self._handing_over = False
        self._news.set()

    def _refuse_if_gone(self) -> None:
        if self._gone is not None:
            raise PortClosed(self.identity.url, self._gone)


class GpioOutput:
    """An output line, that is set; nothing is ever read of it."""

    def __init__(self, device: DigitalOutput, identity: Identity) -> None:
        self.identity = identity
        self._device, self._blocking = device, BlockingCalls()
        self._gone: str | None = None
        self._ended = asyncio.Event()
        self._closing: asyncio.Task[None] | None = None

    async def read(self) -> Chunk:
        await self._ended.wait()
        raise PortClosed(self.identity.url, self._gone or "the port is closed")

    async def write(self, data: bytes) -> None:
        if self._gone is not None:
            raise PortClosed(self.identity.url, self._gone)
        try:
            await self._blocking.run(self._device.on if data[-1:] == b"1" else self._device.off)
        except Exception as error:  # lgpio's own `error` is a plain Exception
            self._end(f"the line cannot be set any more ({error})")
            _spent.add(importlib.import_module("gpiozero").Device.pin_factory)
            raise PortClosed(self.identity.url, self._gone or "") from error

    async def close(self) -> None:
        if self._closing is None:
            self._end("the port is closed")
            self._closing = asyncio.ensure_future(self._shut())
        await asyncio.shield(self._closing)

    def _end(self, why: str) -> None:
        self._gone = self._gone or why
        self._ended.set()

    async def _shut(self) -> None:
        await self._blocking.ended(_CLOSE_LIMIT_S)
        for last in (self._device.off, self._device.close):
            with contextlib.suppress(Exception):  # of a chip that has gone
                await self._blocking.run(last)


def _open(address: Address, pin: int, pull: str) -> DigitalInput:
    # pull_up=True and False bring their own active state; None needs one.
    bias = {"down": (False, None), "up": (True, None), "none": (None, True)}
    pull_up, active_state = bias[pull]

    def made(gpiozero: ModuleType) -> DigitalInput:
        device: DigitalInput = gpiozero.DigitalInputDevice(
            pin, pull_up=pull_up, active_state=active_state
        )
        return device

    return _claimed(address, pin, made)


def _output(address: Address, pin: int, low: bool) -> DigitalOutput:
    def made(gpiozero: ModuleType) -> DigitalOutput:
        device: DigitalOutput = gpiozero.DigitalOutputDevice(
            pin, active_high=not low, initial_value=False
        )
        return device

    return _claimed(address, pin, made)


def _claimed(address: Address, pin: int, make: Callable[[ModuleType], T]) -> T:
    with _one_at_a_time:
        gpiozero = _gpiozero(address)
        if gpiozero.Device.pin_factory in _spent:
            raise RestartNeeded(
                f"{address.url}: its chip has gone; this process ends, and is restarted"
            )
        if gpiozero.Device.pin_factory is None:
            gpiozero.Device.pin_factory = _lgpio_factory(address, gpiozero)
        try:
            device = make(gpiozero)
        except Exception as error:  # lgpio's own `error` is a plain Exception
            refused = _open_error(address, gpiozero, pin, error)
        else:
            return device
        # Not from inside: the library's traceback would keep the half-made device, and thereby the
        # line, until it is collected.
        raise refused


def _gpiozero(address: Address) -> ModuleType:
    try:
        gpiozero = importlib.import_module("gpiozero")
        version = importlib.metadata.version("gpiozero")
    except ImportError as error:
        why = f"gpiozero is not installed; `{pip('install', 'roomctl[gpio]')}`"
        raise address.refuse(why + _ON_313) from error
    numbers = tuple(int(part) for part in version.split(".")[:3] if part.isdecimal())
    if numbers < _OLDEST_GPIOZERO:
        raise address.refuse(
            f"gpiozero {version} is too old, it cannot drive every Pi; "
            f"`{pip('install', 'gpiozero>=2.0.1')}`"
        )
    return gpiozero


_ON_313 = (
    " (PyPI has no lgpio for Python 3.13 or newer: on Raspberry Pi OS `sudo apt install"
    " python3-lgpio`, with the virtual environment made by --system-site-packages; elsewhere write"
    " gpiod: for gpio:)"
)


def _lgpio_factory(address: Address, gpiozero: ModuleType) -> object:
    """Return gpiozero's lgpio factory, the only one that drives every Pi; no fallback is tried."""
    _give_lgpio_a_folder()
    try:
        lgpio = importlib.import_module("lgpio")
    except ImportError as error:
        why = f"lgpio is not installed; `{pip('install', 'lgpio')}`"
        raise address.refuse(why + _ON_313) from error
    except OSError as error:  # its FIFO, made in LG_WD at import
        why = f"lgpio cannot write its FIFO ({error}); set LG_WD to a writable folder"
        raise PortError(address.url, why, PortReason.PERMISSION) from error
    if not hasattr(lgpio, "gpiochip_open"):
        # lgpio 0.0.0.2 holds an empty module, and is what pip picks where no wheel fits
        raise address.refuse(
            f"this lgpio is an empty package; `{pip('uninstall', 'lgpio')}`" + _ON_313
        )
    try:
        factory: object = importlib.import_module("gpiozero.pins.lgpio").LGPIOFactory()
    except Exception as error:  # lgpio's own `error` is a plain Exception
        raise _open_error(address, gpiozero, None, error) from error
    return factory


def _give_lgpio_a_folder() -> None:
    """Set LG_WD unless it is set: lgpio makes a FIFO there, else in the current directory, or dies.

    Under systemd the current directory is `/`, where it cannot (lg issues 12 and 22).
    """
    folder = runtime_path()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        folder = Path(tempfile.gettempdir())
    os.environ.setdefault("LG_WD", str(folder))


def _open_error(
    address: Address, gpiozero: ModuleType, pin: int | None, error: Exception
) -> PortError:
    """Say in one sentence why a line or the whole chip cannot be used, and what to try."""
    text = str(error).strip("'")
    if isinstance(error, gpiozero.GPIOPinInUse) or "busy" in text.lower():
        why = f"GPIO{pin} is in use by another program or overlay (SPI, 1-Wire); `gpioinfo` tells"
        return PortError(address.url, why, PortReason.BUSY)
    if isinstance(error, gpiozero.PinUnknownPi):
        return address.refuse(
            "this board does not say which Raspberry Pi it is; on another board write it like "
            "gpiod:gpiochip0/17; on a Pi, ProcSubset=pid in a systemd unit hides it, use "
            "ProcSubset=all"
        )
    if isinstance(error, gpiozero.PinFixedPull):
        return address.refuse(f"GPIO{pin} has a fixed pull-up; write pull=up")
    if isinstance(error, gpiozero.PinInvalidPin) or "not permitted" in text.lower():
        return address.refuse(f"this board has no GPIO{pin}; `gpioinfo` lists those it has")
    if "gpiochip" in text:
        chips = sorted(Path("/dev").glob("gpiochip*"))
        if not chips:
            why = "there is no /dev/gpiochip*: this machine has no pins, or lacks their driver; "
            why += "is it a Raspberry Pi? elsewhere take a sensor on a serial line ('ld2410')"
            return PortError(address.url, why, PortReason.MISSING)
        why = f"no permission for {chips[0]}; `sudo usermod -aG gpio $USER`, then log in again"
        return PortError(address.url, why, PortReason.PERMISSION)
    return PortError(address.url, f"the line cannot be opened ({text})", PortReason.IO)

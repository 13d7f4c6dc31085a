"""The HID interface of a USB device by pyusb: `usb:0b0e:2456`, `usb:auto`. Knows no usage.

A frame is report type (1 input, 2 output, 3 feature), report ID (0 if reports are not numbered)
and payload. Input reports come from the interrupt IN endpoint. An output report goes to the
interrupt OUT endpoint where the interface has one (some devices STALL SET_REPORT then), else by
SET_REPORT: 0x21, 0x09, type << 8 | ID, interface (HID 1.11, 7.2.2).
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import time
from collections.abc import Callable

import usb.core

from roomctl.errors import PortClosed, PortError
from roomctl.ports.address import Address
from roomctl.ports.blocking import Blocking, open_in_thread
from roomctl.ports.hotplug import News, open_when_there
from roomctl.ports.usb_device import is_numbered, libusb, wanted
from roomctl.ports.usb_interface import Backend, Claimed, give_back, open_interface
from roomctl.ports.usb_refusal import FAILURES, REFUSALS, not_done
from roomctl.wire import Chunk, Identity

_log = logging.getLogger(__name__)

INPUT, OUTPUT = 1, 2
_READ_MS = 200  # how long a close may have to wait for a read
_WRITE_MS = 300
_CLOSE_LIMIT_S = 0.6


async def open_port(
    address: Address, backend: Backend = libusb, news: Callable[[], News] | None = None
) -> UsbPort:
    """Open `usb:VID:PID` or `usb:auto`, `?port=1-1.4` or `?serial=…`; raise PortError.

    Of several that fit, the first by port path that is free is taken. One that is missing is given
    a second to be plugged in.
    """
    asked = wanted(address)

    async def open_() -> tuple[Claimed, Identity]:
        return await open_in_thread(
            lambda: open_interface(asked, backend), lambda opened: give_back(opened[0])
        )

    return UsbPort(*await open_when_there(open_, news))


class UsbPort:
    """An open HID interface; a chunk is one report."""

    def __init__(self, claimed: Claimed, identity: Identity) -> None:
        self.identity = identity
        self._claimed = claimed
        self._numbered = is_numbered(claimed.descriptor)
        self._blocking = Blocking()
        self._writer = asyncio.Lock()
        self._reading: asyncio.Task[Chunk] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._gone: str | None = None

    async def read(self) -> Chunk:
        """Wait for an input report; a cancelled read loses none, the next one gets it."""
        self._refuse_if_gone()
        if self._reading is None:
            self._reading = self._blocking.start(self._wait_for_report)
        reading = self._reading
        try:
            return await asyncio.shield(reading)
        finally:
            if reading.done():
                self._reading = None

    async def write(self, data: bytes) -> None:
        """Write one frame; a STALL, a short write and a time-out (0.3 s) are PortErrors."""
        async with self._writer:
            self._refuse_if_gone()
            await self._blocking.run(self._put, data)

    async def close(self) -> None:
        """Give the interface back to the kernel; returns within 0.6 s whatever the device does."""
        if self._closing is None:
            self._gone = self._gone or "the port is closed"
            self._closing = asyncio.ensure_future(self._shut())
        await asyncio.wait({self._closing}, timeout=_CLOSE_LIMIT_S)

    async def _shut(self) -> None:
        # The handle must not be closed under a transfer: libusb would crash.
        while not await self._blocking.ended(_CLOSE_LIMIT_S):
            _log.warning("%s: a transfer does not end; still waiting", self.identity.url)
        await self._blocking.run(give_back, self._claimed)

    def _wait_for_report(self) -> Chunk:
        claimed = self._claimed
        while self._gone is None:
            try:
                data = bytes(
                    claimed.device.read(claimed.endpoint_in, claimed.packet_bytes, _READ_MS)
                )
            except usb.core.USBTimeoutError:
                continue
            except FAILURES as error:
                number = getattr(error, "errno", None)
                if number == errno.EINTR:
                    continue
                if number == errno.EPIPE:
                    with contextlib.suppress(*REFUSALS):
                        claimed.device.clear_halt(claimed.endpoint_in)
                raise self._failed("reading", error, _READ_MS) from error
            if data:
                head = bytes((INPUT,)) if self._numbered else bytes((INPUT, 0))
                return Chunk(head + data, time.monotonic())
        raise PortClosed(self.identity.url, self._gone)

    def _put(self, frame: bytes) -> None:
        kind, report_id = frame[0], frame[1]
        wire = frame[1:] if report_id else frame[2:]
        claimed, device = self._claimed, self._claimed.device
        try:
            if kind == OUTPUT and claimed.endpoint_out is not None:
                written = device.write(claimed.endpoint_out, wire, _WRITE_MS)
            else:
                setup = (0x21, 0x09, kind << 8 | report_id, claimed.interface)
                written = device.ctrl_transfer(*setup, wire, _WRITE_MS)
        except FAILURES as error:
            raise self._failed(f"writing report {report_id}", error, _WRITE_MS) from error
        if written != len(wire):
            why = f"short write: {written} of {len(wire)} bytes of report {report_id}"
            raise PortError(self.identity.url, why)

    def _failed(self, doing: str, error: Exception, limit_ms: int) -> PortError:
        failure = not_done(self.identity.url, doing, error, limit_ms / 1000)
        if isinstance(failure, PortClosed):
            self._gone = self._gone or failure.why
            return PortClosed(self.identity.url, self._gone)
        return failure

    def _refuse_if_gone(self) -> None:
        if self._gone is not None:
            raise PortClosed(self.identity.url, self._gone)

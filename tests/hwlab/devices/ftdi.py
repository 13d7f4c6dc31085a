"""An FTDI serial adapter (FT232R) with something at the end of its line.

Its speed is what the driver set by the chip's divisor, and what came in is held until 62 bytes are
together or the latency timer has run out, as the chip does (FTDI application note 232B-04). The
requests are those of the kernel's drivers/usb/serial/ftdi_sio.h. Knows no protocol of the line.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol

from roomctl.wire import Chunk, Machine
from tests.hwlab.devices.standard import Described, configuration, endpoint, interface
from tests.hwlab.devices.usbip import Setup, Stall

_IN, _OUT = 1, 2
_STATUS = bytes((0x01, 0x60))  # before every packet: no modem line, transmitter empty
_MOST = 62
_EIGHTHS = (0, 4, 2, 1, 3, 5, 6, 7)  # what the three high bits of a divisor add to it
_CLOCK_HZ = 24_000_000
_SPEEDS = (2400, 4800, 9600, 19200, 38400, 57600, 115200)  # a line takes 3 % more or less
_IDLE_S = 0.04  # how often it says that nothing came; a real one does at every latency


class Far(Machine, Protocol):
    """What is at the end of the line; it is told at which speed the adapter talks."""

    def spoken_at(self, baud: int) -> None: ...


class Ftdi:
    """One adapter; `baud` and `latency_ms` are what the driver has set."""

    def __init__(self, far: Far, serial_number: str = "A50285BI") -> None:
        parts = [
            interface(0, (0xFF, 0xFF, 0xFF), 2),
            endpoint(0x80 | _IN, 2, 64, 0),
            endpoint(_OUT, 2, 64, 0),
        ]
        self._about = Described(
            0x0403,
            0x6001,
            0x0600,
            "FT232R USB UART",
            configuration(1, parts),
            serial_number,
            "FTDI",
        )
        self.speed = self._about.speed
        self.baud, self.latency_ms = 9600, 16
        self._far = far
        self._lock = threading.Lock()
        self._held = bytearray()
        self._said_at = 0.0

    def control(self, setup: Setup, data: bytes) -> bytes:
        if setup.kind >> 5 & 3 == 0:
            return self._about.standard(setup)
        match setup.request:
            case 0x03:
                self._set_baud(setup.value | (setup.index & 1) << 16)
            case 0x09:
                self.latency_ms = setup.value
            case 0x0A:
                return bytes((self.latency_ms,))
            case 0x05:  # modem status
                return _STATUS
            case 0x90:  # its EEPROM is empty
                return b"\xff\xff"
            case 0x00 | 0x01 | 0x02 | 0x04 | 0x06 | 0x07:
                pass  # reset, modem lines, flow control, framing, event and error characters
            case _:
                raise Stall
        return b""

    def sent(self, endpoint: int, data: bytes) -> None:
        with self._lock:
            self._far.receive(Chunk(data, time.monotonic()))

    def says(self, endpoint: int, now: float) -> bytes | None:
        with self._lock:
            self._far.tick(now)
            while (data := self._far.outbox(now)) is not None:
                self._held += data
                self._far.sent(now)
        wait_s = self.latency_ms / 1000 if self._held else _IDLE_S
        if len(self._held) < _MOST and now < self._said_at + wait_s:
            return None
        packet, self._held = self._held[:_MOST], self._held[_MOST:]
        self._said_at = now
        return _STATUS + bytes(packet)

    def packet(self, endpoint: int, length: int) -> bytes:
        raise Stall

    def _set_baud(self, divisor: int) -> None:
        eighths = (divisor & 0x3FFF) << 3 | _EIGHTHS[divisor >> 14 & 7]
        exact = _CLOCK_HZ / max(eighths, 8)
        self.baud = min(_SPEEDS, key=lambda baud: abs(baud - exact))
        self._far.spoken_at(self.baud)

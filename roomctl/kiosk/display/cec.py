"""The television at the other end of an HDMI cable: woken, sent to standby, and asked how it is.

HDMI-CEC 1.3a, supplement 1, by the ioctls of `linux/cec.h` (Linux 4.10 and later). What was ordered
proves nothing: only the television's own answer tells whether it is on. The adapter is opened for a
question and closed after it, so that others can use it. Knows no compositor and no loop: every call
blocks, a transmission with an answer for a second or two, and raises OSError.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import logging
import os
from collections.abc import Callable
from ctypes import c_char, c_uint8, c_uint16, c_uint32, c_uint64
from enum import Enum
from pathlib import Path
from typing import TypeVar

from roomctl.frozen import frozen

Ioctl = Callable[[int, int, ctypes.Structure], object]

TELEVISION, BROADCAST = 0, 15  # logical addresses
NOWHERE = 0xFFFF  # the physical address while no display is connected
LOG_ADDRS, TRANSMIT = 1 << 1, 1 << 2  # of an adapter's capabilities
SENT = 1 << 0  # of tx_status
ANSWERED, REFUSED = 1 << 0, 1 << 2  # of rx_status
_ANSWER_MS = 1000  # CEC 1.3a, 9.2: an answer comes within a second
_PLAYBACK_TYPE, _PLAYBACK_PRIMARY, _PLAYBACK_ALL = 3, 4, 0x10
_VERSION_1_4 = 5
_NO_VENDOR = 0xFFFF_FFFF
_NAME = b"roomctl"
_WRITE, _READ = 1, 2


class CapsStruct(ctypes.Structure):
    """cec_caps."""

    _fields_ = (
        ("driver", c_char * 32),
        ("name", c_char * 32),
        ("available_log_addrs", c_uint32),
        ("capabilities", c_uint32),
        ("version", c_uint32),
    )


class AddressStruct(ctypes.Structure):
    """A physical address: four hexadecimal digits, 1.0.0.0 is the display's first socket."""

    _fields_ = (("value", c_uint16),)


class LogAddrsStruct(ctypes.Structure):
    """cec_log_addrs."""

    _fields_ = (
        ("log_addr", c_uint8 * 4),
        ("log_addr_mask", c_uint16),
        ("cec_version", c_uint8),
        ("num_log_addrs", c_uint8),
        ("vendor_id", c_uint32),
        ("flags", c_uint32),
        ("osd_name", c_char * 15),
        ("primary_device_type", c_uint8 * 4),
        ("log_addr_type", c_uint8 * 4),
        ("all_device_types", c_uint8 * 4),
        ("features", c_uint8 * 12 * 4),
    )


class MessageStruct(ctypes.Structure):
    """cec_msg: what is sent, and after the call the answer in its place."""

    _fields_ = (
        ("tx_ts", c_uint64),
        ("rx_ts", c_uint64),
        ("len", c_uint32),
        ("timeout", c_uint32),
        ("sequence", c_uint32),
        ("flags", c_uint32),
        ("msg", c_uint8 * 16),
        ("reply", c_uint8),
        ("rx_status", c_uint8),
        ("tx_status", c_uint8),
        ("tx_arb_lost_cnt", c_uint8),
        ("tx_nack_cnt", c_uint8),
        ("tx_low_drive_cnt", c_uint8),
        ("tx_error_cnt", c_uint8),
    )


def _number(direction: int, number: int, argument: type[ctypes.Structure]) -> int:
    return direction << 30 | ctypes.sizeof(argument) << 16 | ord("a") << 8 | number


G_CAPS = _number(_READ | _WRITE, 0, CapsStruct)
G_PHYS_ADDR = _number(_READ, 1, AddressStruct)
G_LOG_ADDRS = _number(_READ, 3, LogAddrsStruct)
S_LOG_ADDRS = _number(_READ | _WRITE, 4, LogAddrsStruct)
TRANSMIT_MESSAGE = _number(_READ | _WRITE, 5, MessageStruct)


@frozen
class CecReply:
    """What became of a frame: whether somebody took it, and the operands of the answer."""

    taken: bool
    answer: bytes | None = None


class Adapter:
    """One open adapter."""

    def __init__(self, handle: int, ioctl: Ioctl = fcntl.ioctl) -> None:
        self._handle, self._ioctl = handle, ioctl

    @classmethod
    def open(cls, path: str, ioctl: Ioctl = fcntl.ioctl) -> Adapter:
        """Open `path`; other programs may have it open, too."""
        return cls(os.open(path, os.O_RDWR | os.O_CLOEXEC), ioctl)

    def close(self) -> None:
        os.close(self._handle)

    def can_send(self) -> bool:
        found = CapsStruct()
        self._ask(G_CAPS, found)
        return bool(found.capabilities & TRANSMIT)

    def place(self) -> int:
        """Return its physical address: where on the display it is, or NOWHERE."""
        found = AddressStruct()
        self._ask(G_PHYS_ADDR, found)
        return int(found.value)

    def claim(self) -> int | None:
        """Return its logical address, taking that of a player if it has none; None: none is free.

        What another program has claimed is used as it is.
        """
        found = LogAddrsStruct()
        self._ask(G_LOG_ADDRS, found)
        if not found.num_log_addrs:
            found = LogAddrsStruct(
                cec_version=_VERSION_1_4, num_log_addrs=1, vendor_id=_NO_VENDOR, osd_name=_NAME
            )
            found.primary_device_type[0] = _PLAYBACK_PRIMARY
            found.log_addr_type[0] = _PLAYBACK_TYPE
            found.all_device_types[0] = _PLAYBACK_ALL
            try:
                self._ask(S_LOG_ADDRS, found)
            except OSError as error:
                if error.errno != errno.EBUSY:
                    raise
                self._ask(G_LOG_ADDRS, found)  # somebody was faster
        return int(found.log_addr[0]) if found.log_addr_mask else None

    def send(self, mine: int, to: int, *content: int, answer: int = 0) -> CecReply:
        """Send an opcode with its operands; `answer` is the opcode to wait for, 0 none."""
        frame = bytes((mine << 4 | to, *content))
        message = MessageStruct(len=len(frame), reply=answer, timeout=_ANSWER_MS if answer else 0)
        message.msg[: len(frame)] = frame
        self._ask(TRANSMIT_MESSAGE, message)
        taken = bool(message.tx_status & SENT)
        if not answer or not taken or not message.rx_status & ANSWERED:
            return CecReply(taken)
        refused = message.rx_status & REFUSED
        return CecReply(taken, None if refused else bytes(message.msg[2 : message.len]))

    def _ask(self, number: int, argument: ctypes.Structure) -> None:
        self._ioctl(self._handle, number, argument)


_log = logging.getLogger(__name__)

T = TypeVar("T")

AUTO = "auto"
DEVICES = Path("/dev")
_IMAGE_VIEW_ON, _STANDBY, _ACTIVE_SOURCE = 0x04, 0x36, 0x82
_GIVE_POWER_STATUS, _REPORT_POWER_STATUS = 0x8F, 0x90
_MEANT = {
    errno.ENOENT: "is not there",
    errno.EACCES: "may not be opened; `sudo usermod -aG video $USER`, then log in again",
    errno.EBUSY: "is held by another program",
    errno.ENOTTY: "is not a CEC adapter",
}


class TelevisionPower(Enum):
    """How a television says that it is ("Report Power Status")."""

    ON = 0
    STANDBY = 1
    TO_ON = 2
    TO_STANDBY = 3


class Television:
    """The television at adapter `name`: a path, or "auto" for the one that has a display.

    `met` is whether it has ever said how it is.
    """

    def __init__(
        self,
        name: str,
        opened: Callable[[str], Adapter] = Adapter.open,
        devices: Path = DEVICES,
    ) -> None:
        self.met = False
        self._name, self._opened, self._devices = name, opened, devices
        self._complained = ""

    @property
    def expected(self) -> bool:
        """Whether it must answer: it has done so before, or somebody wrote where it is."""
        return self.met or self._name != AUTO

    def switch(self, on: bool) -> bool:
        """Tell it to wake up and show this box, or to go to standby; whether it took that."""
        return bool(self._ask(_Line.wake if on else _Line.standby))

    def power(self) -> TelevisionPower | None:
        """Return how it says that it is; None if it does not say."""
        status = self._ask(_Line.power)
        self.met = self.met or status is not None
        return status

    def _ask(self, act: Callable[[_Line], T]) -> T | None:
        """Do `act` on the adapter; None if there is none, no display at it, or it fails."""
        path = self._path()
        if path is None:
            return None
        try:
            adapter = self._opened(path)
            try:
                line = _line(adapter)
                said = None if line is None else act(line)
            finally:
                adapter.close()
        except OSError as error:
            self._failed(path, error)
            return None
        self._complained = ""
        return said

    def _path(self) -> str | None:
        if self._name != AUTO:
            return self._name
        found = sorted(str(each) for each in self._devices.glob("cec[0-9]*"))
        with_display = [each for each in found if self._has_display(each)]
        if len(with_display) > 1:
            names = " and ".join(with_display)
            self._complain(f"{names} have a display each; name one: [screen] cec in room.toml")
        return with_display[0] if len(with_display) == 1 else None

    def _has_display(self, path: str) -> bool:
        try:
            adapter = self._opened(path)
        except OSError as error:
            self._failed(path, error)
            return False
        try:
            return adapter.can_send() and adapter.place() != NOWHERE
        except OSError:
            return False
        finally:
            adapter.close()

    def _failed(self, path: str, error: OSError) -> None:
        self._complain(f"{path} {_MEANT.get(error.errno or 0, f'failed ({error.strerror})')}")

    def _complain(self, why: str) -> None:
        if why != self._complained:
            self._complained = why
            _log.warning("screen: no CEC: %s", why)


@frozen
class _Line:
    """An adapter with both of its addresses."""

    adapter: Adapter
    mine: int
    place: int

    def wake(self) -> bool:
        woken = self.adapter.send(self.mine, TELEVISION, _IMAGE_VIEW_ON).taken
        self.adapter.send(self.mine, BROADCAST, _ACTIVE_SOURCE, *divmod(self.place, 256))
        return woken

    def standby(self) -> bool:
        return self.adapter.send(self.mine, TELEVISION, _STANDBY).taken

    def power(self) -> TelevisionPower | None:
        heard = self.adapter.send(
            self.mine, TELEVISION, _GIVE_POWER_STATUS, answer=_REPORT_POWER_STATUS
        )
        try:
            return TelevisionPower(heard.answer[0]) if heard.answer else None
        except ValueError:
            return None


def _line(adapter: Adapter) -> _Line | None:
    """Return the adapter with its addresses; None if it cannot send, or nothing is connected."""
    if not adapter.can_send() or (place := adapter.place()) == NOWHERE:
        return None
    mine = adapter.claim()
    return None if mine is None else _Line(adapter, mine, place)

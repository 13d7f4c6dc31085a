"""A stand-in for the kernel's side of a CEC adapter, with a television at the other end."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass, field

from roomctl.kiosk.display import cec as cec
from roomctl.kiosk.display.cec import TelevisionPower

NACK = 1 << 2
REPORT = 0x90


@dataclass
class Set:
    """One adapter in socket 1; `answers` whether the television is there and speaks CEC.

    `slow` is how many questions it takes to wake up, `stubborn` whether it ignores orders that it
    has taken, `mute` whether it does not know the question for its power. `refusals` holds an
    errno by ioctl number; 0 is the opening.
    """

    power: TelevisionPower = TelevisionPower.STANDBY
    answers: bool = True
    slow: int = 0
    stubborn: bool = False
    mute: bool = False
    place: int = 0x1000
    claimed: int | None = None
    capabilities: int = cec.TRANSMIT | cec.LOG_ADDRS
    refusals: dict[int, int] = field(default_factory=dict)
    shows: int | None = None
    heard: list[bytes] = field(default_factory=list)
    claims: int = 0
    open_now: int = 0

    def open(self, path: str) -> Adapter:
        self._refuse(0)
        self.open_now += 1
        return Adapter(os.open("/dev/null", os.O_RDWR), self)

    def ioctl(self, handle: int, number: int, argument: ctypes.Structure) -> int:
        self._refuse(number)
        match argument:
            case cec.CapsStruct():
                argument.capabilities = self.capabilities
            case cec.AddressStruct():
                argument.value = self.place
            case cec.LogAddrsStruct() if number == cec.S_LOG_ADDRS:
                assert argument.log_addr_type[0] == 3
                self.claims += 1
                self.claimed = 4
                self._claimed(argument)
            case cec.LogAddrsStruct():
                self._claimed(argument)
            case cec.MessageStruct():
                self._sent(argument)
        return 0

    def _refuse(self, number: int) -> None:
        if number in self.refusals:
            raise OSError(self.refusals[number], os.strerror(self.refusals[number]))

    def _claimed(self, found: cec.LogAddrsStruct) -> None:
        if self.claimed is not None:
            found.num_log_addrs, found.log_addr_mask = 1, 1 << self.claimed
            found.log_addr[0] = self.claimed

    def _sent(self, message: cec.MessageStruct) -> None:
        frame = bytes(message.msg[: message.len])
        self.heard.append(frame)
        if not self.answers:
            message.tx_status = NACK
            return
        message.tx_status = cec.SENT
        self._obey(frame)
        if message.reply == REPORT:
            self._report(message)

    def _obey(self, frame: bytes) -> None:
        if self.stubborn:
            return
        match frame[1]:
            case 0x04:
                self.power = TelevisionPower.TO_ON if self.slow else TelevisionPower.ON
            case 0x36:
                self.power = TelevisionPower.STANDBY
            case 0x82:
                self.shows = int.from_bytes(frame[2:4], "big")

    def _report(self, message: cec.MessageStruct) -> None:
        if self.mute:
            message.rx_status = cec.ANSWERED | cec.REFUSED
            return
        if self.power is TelevisionPower.TO_ON:
            self.slow -= 1
            self.power = TelevisionPower.TO_ON if self.slow > 0 else TelevisionPower.ON
        message.rx_status = cec.ANSWERED
        message.len = 3
        message.msg[:3] = bytes((0x04, REPORT, self.power.value))


class Adapter(cec.Adapter):
    """An adapter that says when it is closed."""

    def __init__(self, handle: int, kernel: Set) -> None:
        super().__init__(handle, kernel.ioctl)
        self._kernel = kernel

    def close(self) -> None:
        self._kernel.open_now -= 1
        super().close()

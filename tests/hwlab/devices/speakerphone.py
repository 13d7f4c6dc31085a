"""A USB speakerphone: sound both ways (USB Audio 1.0) and the HID interface of a simulated model.

Interface 0 is its mixer, 1 the loudspeaker (mono, 16 bits, 16 kHz), 2 the microphone, 3 the
buttons and LEDs, whose report descriptor is that of a real device; some have a 4, with volume keys.
What the microphone hears is a counting tone, never silence; muted at the device (feature unit) it
is.
"""

from __future__ import annotations

import struct
import threading
import time
from collections import deque
from collections.abc import Callable

from roomctl.speakerphone.hid import read_descriptor
from roomctl.speakerphone.sim import SPEAK_810, Model, SimSpeakerphone
from roomctl.wire import Chunk
from tests.hwlab.devices.standard import (
    Described,
    configuration,
    described,
    endpoint,
    interface,
)
from tests.hwlab.devices.usbip import Setup, Short, Silence, Stall

HID_INTERFACE, HID_IN, HID_OUT = 3, 3, 4
KEYS_INTERFACE, KEYS_IN = 4, 5
# Consumer keys of an interface of their own, without report IDs: volume up, volume down
VOLUME_KEYS = bytes.fromhex("050c0901a101150025017501950209e909ea810295068103c0")
LOUDSPEAKER, MICROPHONE = 1, 2
RATE_HZ = 16_000
_PACKET_BYTES = 2 * RATE_HZ // 1000
_AUDIO_CONTROL, _AUDIO_STREAMING = (1, 1, 0), (1, 2, 0)
_SPEAKER_UNIT, _MICROPHONE_UNIT = 2, 5
_TONE_SAMPLES = 8000
_TONE = struct.pack(f"<{_TONE_SAMPLES}h", *range(1, _TONE_SAMPLES + 1)) * 2
_VOLUME_RANGE = {0x82: -48 * 256, 0x83: 0, 0x84: 256}  # dB / 256


class UsbSpeakerphone:
    """One device. `sim` has its LEDs, buttons, faults; `written` is what reached its HID.

    `out_endpoint` says whether it takes output reports there; then it refuses SET_REPORT. A `sim`
    that is given outlives an unplug, as a device does. `volume_keys`: it has a second HID
    interface.
    """

    def __init__(
        self,
        model: Model = SPEAK_810,
        *,
        bcd_device: int = 0x0123,
        serial_number: str | None = "0042",
        out_endpoint: bool = False,
        sim: SimSpeakerphone | None = None,
        volume_keys: bool = False,
    ) -> None:
        numbered = {control.report_id for control in read_descriptor(model.descriptor).controls()}
        self._numbered = numbered != {0}
        self._out = out_endpoint
        self.sim = sim or SimSpeakerphone(model)
        self.written: list[bytes] = []
        self.requests: list[Setup] = []
        self.played_bytes = 0
        self.mutes = {_SPEAKER_UNIT: False, _MICROPHONE_UNIT: False}
        self._volumes = {_SPEAKER_UNIT: 0, _MICROPHONE_UNIT: 0}
        self._heard = 0
        self._lock = threading.RLock()
        self._about = Described(
            model.vid,
            model.pid,
            bcd_device,
            model.product,
            _configuration(len(model.descriptor), out_endpoint, volume_keys),
            serial_number,
            reports={HID_INTERFACE: model.descriptor, KEYS_INTERFACE: VOLUME_KEYS},
        )
        self._keys: deque[bytes] = deque()
        self.speed = self._about.speed

    @property
    def microphone_muted(self) -> bool:
        """Whether the device itself sends silence, because the host's capture switch is off."""
        return self.mutes[_MICROPHONE_UNIT]

    def lit(self) -> tuple[bool, bool]:
        """Tell whether the LEDs for muted and for off-hook are lit."""
        with self._lock:
            return self.sim.led_muted, self.sim.led_off_hook

    def touch(self, key: Callable[[], None]) -> None:
        """Have a finger do something to the device, while nothing else does."""
        with self._lock:
            key()

    def press_mute(self) -> None:
        self.touch(self.sim.press_mute)

    def press_volume_up(self) -> None:
        """Press and let go of a key of the second interface."""
        with self._lock:
            self._keys += [b"\x01", b"\x00"]

    def stall(self, on: bool) -> None:
        """Refuse every output report, or no longer."""
        with self._lock:
            self.sim.faults.stalled = on

    def control(self, setup: Setup, data: bytes) -> bytes:
        kind = setup.kind >> 5 & 3
        if kind == 0:
            return self._about.standard(setup)
        self.requests.append(setup)
        if kind == 1 and setup.index & 0xFF == KEYS_INTERFACE and setup.request == 0x0A:
            return b""  # SET_IDLE
        if kind == 1 and setup.index & 0xFF == HID_INTERFACE:
            return self._hid(setup, data)
        if kind == 1 and setup.kind & 0x1F == 1:
            return self._unit(setup, data)
        raise Stall  # the rate of an endpoint cannot be set: there is one

    def sent(self, endpoint: int, data: bytes) -> None:
        if endpoint == LOUDSPEAKER:
            self.played_bytes += len(data)
        elif endpoint == HID_OUT:
            self._report(2, data)

    def says(self, endpoint: int, now: float) -> bytes | None:
        with self._lock:
            if endpoint == KEYS_IN:
                return self._keys.popleft() if self._keys else None
            self.sim.tick(now)
            frame = self.sim.outbox(now)
        return None if frame is None else frame[1 if self._numbered else 2 :]

    def packet(self, endpoint: int, length: int) -> bytes:
        samples = min(length, _PACKET_BYTES) // 2
        first, self._heard = self._heard, self._heard + samples
        if self.microphone_muted:
            return bytes(2 * samples)
        at = 2 * (first % _TONE_SAMPLES)
        return _TONE[at : at + 2 * samples]

    def _hid(self, setup: Setup, data: bytes) -> bytes:
        match setup.request:
            case 0x09 if setup.value >> 8 == 2 and self._out:
                raise Stall
            case 0x09:
                self._report(setup.value >> 8, data)
                return b""
            case 0x0A:
                return b""  # SET_IDLE
        raise Stall  # GET_REPORT hangs some devices; this one refuses it

    def _report(self, kind: int, data: bytes) -> None:
        frame = bytes((kind,)) + (data if self._numbered else b"\0" + data)
        with self._lock:
            if self.sim.faults.times_out:
                raise Silence
            if self.sim.faults.short:
                raise Short(len(data) - 1)
            if self.sim.refusal(frame) is not None:
                raise Stall
            self.written.append(frame)
            self.sim.receive(Chunk(frame, time.monotonic()))

    def _unit(self, setup: Setup, data: bytes) -> bytes:
        unit, control = setup.index >> 8, setup.value >> 8
        if unit not in self.mutes:
            raise Stall
        match control, setup.request:  # SET_CUR 01, GET_CUR 81, GET_MIN, MAX and RES
            case 1, 0x01:
                self.mutes[unit] = bool(data[0])
                return b""
            case 1, 0x81:
                return bytes((self.mutes[unit],))
            case 2, 0x01:
                self._volumes[unit] = int.from_bytes(data, "little", signed=True)
                return b""
            case 2, 0x81:
                return struct.pack("<h", self._volumes[unit])
            case 2, request if request in _VOLUME_RANGE:
                return struct.pack("<h", _VOLUME_RANGE[request])
        raise Stall


def _configuration(report_bytes: int, out_endpoint: bool, volume_keys: bool) -> bytes:
    units = [
        described(0x24, 2, 1, 0x01, 0x01, 0, 1, 0, 0, 0, 0),  # input: USB streaming
        described(0x24, 6, _SPEAKER_UNIT, 1, 1, 0x03, 0, 0),  # its mute and volume
        described(0x24, 3, 3, 0x01, 0x03, 0, _SPEAKER_UNIT, 0),  # output: loudspeaker
        described(0x24, 2, 4, 0x01, 0x02, 0, 1, 0, 0, 0, 0),  # input: microphone
        described(0x24, 6, _MICROPHONE_UNIT, 4, 1, 0x03, 0, 0),
        described(0x24, 3, 6, 0x01, 0x01, 0, _MICROPHONE_UNIT, 0),  # output: USB streaming
    ]
    total = (10 + sum(map(len, units))).to_bytes(2, "little")
    out = [endpoint(HID_OUT, 3, 64, 10)] if out_endpoint else []
    parts = [
        interface(0, _AUDIO_CONTROL, 0),
        described(0x24, 1, 0x00, 0x01, *total, 2, 1, 2),
        *units,
        *_streaming(1, 1, LOUDSPEAKER, 0x09),
        *_streaming(2, 6, 0x80 | MICROPHONE, 0x05),
        interface(HID_INTERFACE, (3, 0, 0), 1 + len(out)),
        described(0x21, 0x11, 0x01, 0, 1, 0x22, *report_bytes.to_bytes(2, "little")),
        endpoint(0x80 | HID_IN, 3, 64, 10),
        *out,
    ]
    if volume_keys:
        length = len(VOLUME_KEYS).to_bytes(2, "little")
        parts += [
            interface(KEYS_INTERFACE, (3, 0, 0), 1),
            described(0x21, 0x11, 0x01, 0, 1, 0x22, *length),
            endpoint(0x80 | KEYS_IN, 3, 64, 10),
        ]
    return configuration(5 if volume_keys else 4, parts)


def _streaming(number: int, terminal: int, address: int, kind: int) -> list[bytes]:
    rate = RATE_HZ.to_bytes(3, "little")
    return [
        interface(number, _AUDIO_STREAMING, 0),
        interface(number, _AUDIO_STREAMING, 1, alternate=1),
        described(0x24, 1, terminal, 1, 0x01, 0x00),  # PCM
        described(0x24, 2, 1, 1, 2, 16, 1, *rate),
        struct.pack("<BBBBHBBB", 9, 5, address, kind, _PACKET_BYTES, 1, 0, 0),
        described(0x25, 1, 0, 0, 0, 0),
    ]

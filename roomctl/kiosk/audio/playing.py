"""Plays a few samples on one sink, by libpulse's simple API. Knows no room; every call blocks.

libpulse-simple comes with libpulse (Debian: libpulse0), which the connection needs anyway.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_uint8, c_uint32, c_void_p

_PLAYBACK, _S16LE = 1, 3  # PA_STREAM_PLAYBACK, PA_SAMPLE_S16LE
_AS_THE_SERVER_LIKES = 2**32 - 1
_LATENCY_S = 0.1


class _Spec(ctypes.Structure):
    """pa_sample_spec."""

    _fields_ = (("format", c_int), ("rate", c_uint32), ("channels", c_uint8))


class _Buffer(ctypes.Structure):
    """pa_buffer_attr."""

    _fields_ = tuple(
        (name, c_uint32) for name in ("maxlength", "tlength", "prebuf", "minreq", "fragsize")
    )


def play(server: str | None, sink: str, samples: bytes, rate: int) -> None:
    """Play mono 16 bit little-endian samples, and return once they were heard.

    Raises OSError if there is no libpulse, no server or no such sink.
    """
    pulse = _library()
    wanted = [_AS_THE_SERVER_LIKES] * 5
    wanted[1] = round(2 * rate * _LATENCY_S)
    error = c_int()
    stream = pulse.pa_simple_new(
        server.encode() if server else None,
        b"roomctl",
        _PLAYBACK,
        sink.encode(),
        b"test sound",
        ctypes.byref(_Spec(_S16LE, rate, 1)),
        None,
        ctypes.byref(_Buffer(*wanted)),
        ctypes.byref(error),
    )
    if not stream:
        raise OSError(error.value, f"the test sound cannot be played on {sink}")
    try:
        written = pulse.pa_simple_write(stream, samples, len(samples), ctypes.byref(error))
        if written < 0 or pulse.pa_simple_drain(stream, ctypes.byref(error)) < 0:
            raise OSError(error.value, f"the test sound was cut off on {sink}")
    finally:
        pulse.pa_simple_free(stream)


def _library() -> ctypes.CDLL:
    pulse = ctypes.CDLL("libpulse-simple.so.0")
    pulse.pa_simple_new.restype = c_void_p
    pulse.pa_simple_new.argtypes = (
        *(c_char_p, c_char_p, c_int, c_char_p, c_char_p),
        *(POINTER(_Spec), c_void_p, POINTER(_Buffer), POINTER(c_int)),
    )
    pulse.pa_simple_write.argtypes = (c_void_p, c_char_p, c_size_t, POINTER(c_int))
    pulse.pa_simple_drain.argtypes = (c_void_p, POINTER(c_int))
    pulse.pa_simple_free.argtypes = (c_void_p,)
    pulse.pa_simple_free.restype = None
    return pulse

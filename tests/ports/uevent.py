"""A message as udevd sends it (systemd, src/libsystemd/sd-device/device-monitor.c), for root only.

| bytes | what |
|---|---|
| 0 | "libudev" and a zero |
| 8 | 0xfeedcafe, big endian |
| 12 | length of this header, offset and length of the properties: machine order |
| 24 | MurmurHash2 of subsystem and of device type, big endian, by which the kernel filters |
| 32 | bloom filter of the tags |
"""

import socket
import struct

_MULTIPLIER = 0x5BD1E995
_WORD = 0xFFFFFFFF
_UEVENT, _UDEV_GROUP = 15, 2


def murmur(text: bytes) -> int:
    value = len(text)
    whole = len(text) // 4 * 4
    for (word,) in struct.iter_unpack("<I", text[:whole]):
        mixed = word * _MULTIPLIER & _WORD
        mixed = (mixed ^ mixed >> 24) * _MULTIPLIER & _WORD
        value = value * _MULTIPLIER & _WORD ^ mixed
    if rest := text[whole:]:
        value = (value ^ int.from_bytes(rest, "little")) * _MULTIPLIER & _WORD
    value = (value ^ value >> 13) * _MULTIPLIER & _WORD
    return value ^ value >> 15


def message(action: str, subsystem: str, kind: str) -> bytes:
    facts = {
        "ACTION": action,
        "DEVPATH": "/devices/virtual/mem/null",  # one that every machine has
        "SUBSYSTEM": subsystem,
        "DEVTYPE": kind,
        "SEQNUM": "1",
    }
    body = b"".join(f"{key}={value}".encode() + b"\0" for key, value in facts.items())
    head = b"libudev\0" + struct.pack(">I", 0xFEEDCAFE) + struct.pack("=III", 40, 40, len(body))
    hashes = struct.pack(">II", murmur(subsystem.encode()), murmur(kind.encode()))
    return head + hashes + bytes(8) + body


def say(action: str, subsystem: str, kind: str) -> None:
    """Send it to everybody who listens to udev; PermissionError unless root."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _UEVENT) as out:
        out.bind((0, 0))
        out.sendto(message(action, subsystem, kind), (0, _UDEV_GROUP))

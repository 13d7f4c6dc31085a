"""Sony VISCA over IP in words: a datagram's header, and what its payload says.

Knows no port and no clock; sequence numbers are kept by `ip`. Bytes: type (2), length (2),
sequence (4), payload. The length is not believed: an AVer camera always says 9.

| type    | payload                                                                      |
|---------|------------------------------------------------------------------------------|
| `01 00` | command; some senders put inquiries here too                                 |
| `01 10` | inquiry                                                                      |
| `01 11` | reply                                                                        |
| `01 20` | device setting: IF_Clear                                                     |
| `02 00` | control: `01` reset, `0F 01` bad sequence number, `0F 02` bad message type   |
| `02 01` | control reply, as control                                                    |

Sources: Sony SRG-300H manual p.31; BRC-X400 command list p.10-13.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from roomctl.camera.frames import BROADCAST, BadFrame
from roomctl.camera.lexicon import words
from roomctl.camera.lexicon.words import Kind, Said

HEADER = 8
_KINDS: dict[bytes, Sequence[Kind]] = {
    b"\x01\x00": ("command", "inquiry"),
    b"\x01\x10": ("inquiry",),
    b"\x01\x11": ("reply",),
    b"\x01\x20": ("command",),
}
_CONTROL = {
    (b"\x02\x00", b"\x01"): "reset",
    (b"\x02\x01", b"\x01"): "reset_reply",
    (b"\x02\x00", b"\x0f\x01"): "sequence_error",
    (b"\x02\x01", b"\x0f\x01"): "sequence_error",
    (b"\x02\x00", b"\x0f\x02"): "message_type_error",
    (b"\x02\x01", b"\x0f\x02"): "message_type_error",
}
_TYPES: dict[Kind, bytes] = {
    "command": b"\x01\x00",
    "inquiry": b"\x01\x10",
    "reply": b"\x01\x11",
}


def decode(data: bytes, inquiry: bytes | None = None) -> Said | BadFrame:
    """Say what a frame or a datagram means; a datagram's fields have `seq` too."""
    if inquiry is not None and _has_header(inquiry):
        inquiry = inquiry[HEADER:]
    if not _has_header(data):
        return words.decode(data, inquiry)
    kind, payload = data[:2], data[HEADER:]
    seq = int.from_bytes(data[4:HEADER], "big")
    if kind not in _KINDS:
        name = _CONTROL.get((kind, payload))
        if name is None:
            return BadFrame(data, "unknown control message")
        return Said("network", name, {"seq": seq}, address=0)
    said = words.decode(payload, inquiry)
    if isinstance(said, BadFrame):
        return BadFrame(data, said.why)
    if said.kind not in _KINDS[kind] or said.address == BROADCAST:
        return BadFrame(data, f"{said.name} does not belong into type {kind.hex(' ')}")
    return replace(said, fields={**said.fields, "seq": seq})


def _has_header(data: bytes) -> bool:
    return len(data) > HEADER and (data[:2] in _KINDS or data[0] == 0x02)


def encode(said: Said) -> bytes:
    """Return the datagram for `said`, whose fields have `seq`; ValueError as lexicon's `encode`."""
    fields = dict(said.fields)
    seq = int(fields.pop("seq")).to_bytes(4, "big")
    if said.kind == "network":
        for (kind, payload), name in _CONTROL.items():
            if name == said.name:
                return kind + len(payload).to_bytes(2, "big") + seq + payload
        raise ValueError(f"{said.name} does not exist over IP")
    payload = words.encode(replace(said, fields=fields))
    return _TYPES[said.kind] + len(payload).to_bytes(2, "big") + seq + payload

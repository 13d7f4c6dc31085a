"""Sony's setup protocol, by which cameras with VISCA over IP are found: UDP 52380. Pure, both ends.

    02 "ENQ:network" FF 03      to everybody: who is there?
    02 "MAC:…" FF "MODEL:…" FF "SOFTVERSION:…" FF "IPADR:…" FF "MASK:…" FF
       "GATEWAY:…" FF "NAME:…" FF "WRITE:on" FF 03      from each camera, to everybody

Older cameras have no GATEWAY. MODEL is the network board's. A message that begins with MAC and
without MODEL is a request to change an address; this program sends none, and reads none.

Sources: Sony BRC-X400 command list p.41; Sony SRG-120DH technical manual p.33.
Knows no port and no clock.
"""

from __future__ import annotations

from collections.abc import Mapping

PORT = 52380  # the inquiry goes there, and the answers come there
_BEGIN, _END, _UNIT_END = b"\x02", b"\x03", b"\xff"
_MOST_UNITS, _LONGEST_UNIT = 16, 64
INQUIRY = _BEGIN + b"ENQ:network" + _UNIT_END + _END
_NEEDED = ("MAC", "MODEL", "IPADR")


def inquiry_reply(units: Mapping[str, str]) -> bytes:
    """Return a camera's answer."""
    text = b"".join(f"{key}:{value}".encode("ascii") + _UNIT_END for key, value in units.items())
    return _BEGIN + text + _END


def read_inquiry_reply(data: bytes) -> Mapping[str, str] | None:
    """Return what a camera says, by its words; None: it is no answer to the inquiry."""
    if not (data.startswith(_BEGIN) and data.endswith(_UNIT_END + _END)):
        return None
    units = data[1:-2].split(_UNIT_END)
    if len(units) > _MOST_UNITS or any(len(one) > _LONGEST_UNIT for one in units):
        return None
    try:
        pairs = [one.decode("ascii").partition(":") for one in units]
    except UnicodeDecodeError:
        return None
    found = {key: value.strip() for key, _, value in pairs}
    return found if all(found.get(key) for key in _NEEDED) else None

"""What simulated cameras answer to a search on the network. Pure: a datagram in, the answer out."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from roomctl.camera.onvif.discovery import (
    GROUP,
    NEWER,
    PORT,
    TRANSMITTER,
    ProbeMatch,
    asked,
    probe_matches,
)
from roomctl.camera.onvif.message import ENTRY
from roomctl.ports.search import Question
from roomctl.visca import setup

Answer = Callable[[bytes], bytes | None]
_SCOPES = ("type/ptz", "hardware/PTZ", "Profile/Streaming")


def onvif_answer(name: str, address: str) -> tuple[Question, Answer]:
    """Return what is heard, and how a camera with its service at `address` answers a Probe."""
    device = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, address)}"
    scopes = tuple(f"onvif://www.onvif.org/{one}" for one in (*_SCOPES, f"name/{name}"))
    types = (f"dn:{TRANSMITTER}", f"tds:{NEWER}")
    match = ProbeMatch(types, scopes, (f"http://{address}{ENTRY}",))

    def answer(data: bytes) -> bytes | None:
        message = asked(data)
        return None if message is None else probe_matches(message, device, match)

    return Question(b"", PORT, GROUP), answer


def sony_answer(name: str, host: str) -> tuple[Question, Answer]:
    """Return what is heard, and how a Sony camera at `host` answers its setup protocol."""
    number = uuid.uuid5(uuid.NAMESPACE_URL, host).bytes[:4].hex("-")
    units = {
        "MAC": f"02-00-{number}",
        "MODEL": "IPCARD",
        "SOFTVERSION": "1.00.00",
        "IPADR": host,
        "MASK": "255.0.0.0",
        "GATEWAY": host,
        "NAME": re.sub("[^A-Za-z0-9 ]", "", name)[:8].upper() or "CAM1",
        "WRITE": "off",
    }
    reply = setup.inquiry_reply(units)
    heard = Question(b"", setup.PORT, answered_to=setup.PORT)
    return heard, lambda data: reply if data == setup.INQUIRY else None

"""A frame that somebody typed: what may pass, and why the rest may not.

Pure. Vendors have commands that no list of ours knows, so an unknown one may pass; what could run
away, renumber a chain, or pull the rug from under the session may not, in whatever form.
"""

from __future__ import annotations

from roomctl.visca import codec
from roomctl.visca.frames import END, LONGEST, SHORTEST, BadFrame

_RUNS_ON = frozenset(
    (
        *("zoom_tele", "zoom_wide", "zoom_tele_variable", "zoom_wide_variable"),
        *("zoom_fine_tele", "zoom_fine_wide"),
        *("digital_zoom_tele_variable", "digital_zoom_wide_variable"),
        *("focus_far", "focus_near", "focus_far_variable", "focus_near_variable"),
    )
)
# Forms of moves that no list has, such as a drive with speed 00: nobody knows what they would do.
_MOVES = ("010601", "010602", "010603", "010407", "010408", "017e0417")
_LINE = {"if_clear": "it empties the camera's sockets", "cancel": "it cancels what others asked"}
_STILL = 3


def checked(text: str, address: int) -> bytes:
    """Return the bytes between header and FF of a typed frame for camera `address`.

    `text`: hex digits, blanks as you like, with header and FF or without both. ValueError says in
    plain words why it is not sent.
    """
    body = _body(_bytes_of(text), address)
    _refuse_harm(body)
    return body


def _bytes_of(text: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise ValueError("is not hex digits, two for each byte, such as 81 09 04 47 FF") from None
    if not data:
        raise ValueError("is empty")
    return data


def _body(data: bytes, address: int) -> bytes:
    if data[0] >= 0x80:
        header = 0x80 | address
        if data[0] == 0x88:
            raise ValueError("is a broadcast; a frame goes to one camera")
        if data[0] != header:
            raise ValueError(
                f"begins with {data[0]:02X}; this camera's frames do with {header:02X}"
            )
        if data[-1] != END:
            raise ValueError("has no FF at its end")
        data = data[1:-1]
    if END in data:
        raise ValueError("has an FF in its middle; one frame at a time")
    if not SHORTEST - 2 <= len(data) <= LONGEST - 2:
        raise ValueError(f"has {len(data)} bytes between header and FF; 1 to {LONGEST - 2} fit")
    return data


def _refuse_harm(body: bytes) -> None:
    if body[0] == 0x30:
        raise ValueError("sets addresses; that is the line's business")
    if body[0] not in (0x01, 0x09, 0x0A) and body[0] >> 4 != 0x2:
        raise ValueError(f"begins with {body[0]:02X}; commands do with 01 or 0A, inquiries with 09")
    said = codec.decode(bytes((0x81, *body, END)))
    if isinstance(said, BadFrame):
        if body.hex().startswith(_MOVES):
            raise ValueError("is a move of no known form; is a speed 00?")
        return
    if said.name in _LINE:
        raise ValueError(f"is {said.name}: {_LINE[said.name]}")
    ways = (said.fields.get("pan_direction"), said.fields.get("tilt_direction"))
    if said.name in _RUNS_ON or (said.name == "pan_tilt_drive" and ways != (_STILL, _STILL)):
        raise ValueError(f"is {said.name}, which runs until told otherwise; use camera.drive")

"""When a simulated camera cannot do what it is asked: the mode table, standby, an open menu.

Knows no bytes, no socket and no clock. A command's kind is a row of the mode table, or "zoom",
"focus", "power", "menu", or "" for all that is always executable.
"""

from __future__ import annotations

from roomctl.camera.sim.body import Body
from roomctl.camera.sim.settings import has

# May a command run while the camera is about something? Sony EVI-HD7V manual p.18 and EVI-D80/D90
# p.20: y yes, n no, 7 on an EVI-HD7V only. Columns: zoom or focus to a place, drive, absolute,
# relative, home, reset, recall.
_BUSY = ("to_place", "drive", "absolute", "relative", "home", "reset", "recall")
_MODE_TABLE = {
    "drive": "yynnnnn",
    "stop": "yynnnnn",
    "absolute": "y7ynnnn",
    "relative": "ynnnnnn",
    "home": "ynnnynn",
    "reset": "ynnnnnn",
    "recall": "n7nnnny",
    "preset": "nnnnnnn",
}
_D80 = {"0001:050c", "0001:050d"}


def refused(body: Body, kind: str, now: float) -> bool:
    """Whether the camera cannot do a command of this kind now, whatever its sockets hold."""
    if not body.power or now < body.ready_at:
        return kind != "power" or now < body.ready_at
    if now < body.absorbed_until:
        return True
    if body.values["menu"] == 2 and kind in (*_MODE_TABLE, "zoom"):
        # Sony SRG-300H: no drive while the menu is open; elsewhere it moves in the menu
        return kind != "stop" and (kind != "drive" or has(body.profile, "sony"))
    if kind == "zoom" and body.profile.layout == "F" and body.focus_goes(now):
        return True  # FR7, AM7: no zoom while the focus goes to a place
    return body.profile.has("stop-needs-cancel") and _forbidden(body, kind, now)


def _forbidden(body: Body, kind: str, now: float) -> bool:
    row = _MODE_TABLE.get(kind)
    busy = {body.doing(now), "to_place" if body.goes_to_place(now) else ""} - {""}
    allowed = "y" if _D80 & set(body.profile.match) else "y7"
    return row is not None and any(row[_BUSY.index(about)] not in allowed for about in busy)

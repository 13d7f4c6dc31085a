"""`simulate --day`: a standard day's starts, through a real room on simulated devices."""

from __future__ import annotations

from typing import Any

from roomctl import app
from roomctl.cli.language import say
from roomctl.meeting.first_try import MODES, WHYS
from roomctl.simulator import day

ROOM = """
[room]
display_name = "Standard day"
[screen]
mode = "simulated"
[camera.front]
url = "serial:/dev/roomctl-front"
profile = "sony_srg300h"
[speakerphone.table]
url = "usb:0b0e:2456"
[occupancy.ceiling]
url = "gpio:17"
[meeting]
platform = "jitsi"
"""


def played(seed: int, *, shown: bool = False) -> dict[str, Any]:
    """Play a standard day; return its figures. `shown`: see `day.play`."""
    config = app.parse(ROOM, "standard day")
    return day.play(config, lambda outside: app.room(config, outside), seed, shown=shown)


def words(figures: dict[str, Any]) -> str:
    """Tell a day's figures, as a table."""
    rows = [("", "starts", "first try", *WHYS[1:], "median s", "worst s")]
    rows += [_row(mode, figures["modes"][mode]) for mode in MODES]
    rows += [_row(f"  {key}", one) for key, one in figures["platforms"].items()]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    head = say("day", seed=figures["seed"], starts=figures["starts"])
    return "\n".join([head, *(_line(row, widths) for row in rows), say("day_note")])


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = zip(row[1:], widths[1:], strict=True)
    return row[0].ljust(widths[0]) + "".join(cell.rjust(width + 2) for cell, width in cells)


def _row(name: str, one: dict[str, Any]) -> tuple[str, ...]:
    share = "-" if one["share"] is None else f"{100 * one['share']:.1f} %"
    seconds = ("-" if one[key] is None else str(one[key]) for key in ("median_s", "worst_s"))
    return (name, str(one["starts"]), share, *(str(one[why]) for why in WHYS[1:]), *seconds)

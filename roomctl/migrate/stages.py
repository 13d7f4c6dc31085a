"""The stages of an exit: their days, and a room.toml with them written in. Pure.

What is written is one block at the file's end, between two marks; all else stays to the byte:

    # >>> roomctl migrate
    [meeting.leaving.zoom]
    to = "quanshi"
    dual = 2020-08-03
    …
    # <<< roomctl migrate
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, timedelta

from roomctl.errors import Refused
from roomctl.meeting.leaving import ExitStage, PlatformExit
from roomctl.meeting.platform import ExitPhase, Platform

BEFORE_THE_VENDOR = timedelta(days=3)  # the default moves so long before the vendor's own day

_IN_CHINA = ("Asia/Shanghai", "Asia/Urumqi", "Asia/Chongqing", "Asia/Harbin", "PRC")
_BEGIN, _END = "# >>> roomctl migrate", "# <<< roomctl migrate"
_BLOCK = re.compile(rf"\n?{_BEGIN}\n.*?{_END}\n", re.DOTALL)


def vendor_phases(platform: Platform, region: str) -> Mapping[str, ExitPhase]:
    """Return the phases of a platform that touch a region, by their names."""
    touching = [one for one in platform.phase if one.region in ("", region)]
    return {one.name: one for one in sorted(touching, key=lambda one: one.date)}


def region_of(zone: str) -> str:
    """Return the region of vendors' phases that a room is in, by its time zone."""
    return "cn" if zone in _IN_CHINA else "global"


def schedule(
    platform: Platform, region: str, today: date, on: date | None, ends: date | None
) -> Mapping[ExitStage, date]:
    """Return the day of each stage; a platform without an end has none for `ended`.

    `on`: when the default moves; None: three days before the vendor's own day. `ends`: from when on
    the room refuses its links; None: when the vendor says, for all of its hosts (an end of some
    hosts alone is refused by the platform's file). Refused says which day is impossible.
    """
    phases = vendor_phases(platform, region)
    if ends is None and "ended" in phases and not phases["ended"].hosts:
        ends = max(phases["ended"].date, today)
    sales = [phases[name].date for name in ("no_new_sales", "join_only", "ended") if name in phases]
    vendor = min(sales, default=ends)
    if on is None and vendor is None:
        why = f"{platform.key}: its file has no end date; say when to move"
        raise Refused("migrate", "no_date", f"{why}: --on DATE")
    if on is None:
        assert vendor is not None  # noqa: S101 - looked at above
        on = max(today, vendor - BEFORE_THE_VENDOR)
    for name, day in (("--on", on), ("--end", ends)):
        if day is not None and day < today:
            why = f"{name} {day}: is in the past, today is {today}; name a day from today on"
            raise Refused("migrate", "date_in_past", why)
    if ends is not None and ends < on:
        why = f"--end {ends}: is before the default moves on {on}"
        raise Refused("migrate", "date_order", why)
    join_only = max(on, min(sales)) if sales else on
    if ends is not None:
        join_only = min(join_only, ends)
    days = {ExitStage.DUAL: today, ExitStage.DEFAULT: on, ExitStage.JOIN_ONLY: join_only}
    return days if ends is None else {**days, ExitStage.ENDED: ends}


def written(text: str, departure: PlatformExit, room_link: str | None = None) -> str:
    """Return a room.toml with an exit written into it, in place of what was written before.

    `room_link`: the standing meeting that starts on the new platform, unless the file names one.
    """
    bare = without(text)
    lines = [f"\n{_BEGIN}"]
    if room_link is not None:
        lines += [f"[meeting.new.{departure.to}]", f"room_link = {_quoted(room_link)}"]
    lines += [f"[meeting.leaving.{departure.platform}]", f"to = {_quoted(departure.to)}"]
    days = sorted(departure.days.items(), key=lambda pair: pair[0].number)
    lines += [f"{stage} = {day.isoformat()}" for stage, day in days]
    return bare + ("" if bare.endswith("\n") else "\n") + "\n".join([*lines, _END, ""])


def without(text: str) -> str:
    """Return a room.toml without the block of an exit."""
    return _BLOCK.sub("", text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

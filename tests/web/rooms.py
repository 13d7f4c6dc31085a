"""Rooms to show on the panel: at rest, in a call, with something broken."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from roomctl.app import parse
from roomctl.clock import VirtualClock
from roomctl.room.document import PlatformEntry
from roomctl.room.meeting import CallControl

Room = dict[str, Any]


def _at(minutes: int) -> str:
    start = datetime.now(UTC).replace(second=0, microsecond=0)
    return (start + timedelta(minutes=minutes)).isoformat()


def _from_now(seconds: int) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def booking(key: str, title: str | None, start: int, **more: Any) -> Room:
    """Return a booking that starts `start` minutes from now and lasts 45."""
    entry = {"id": key, "title": title, "organizer": "Li Na", "platform": "tencent"}
    when = {"start": _at(start), "end": _at(start + 45), "join": "later", "refused": None}
    entry["status"] = "booked"
    return {**entry, **when, **more}


def device(name: str, status: str = "online", reason: str | None = None) -> Room:
    kind = name.split(".")[0]
    return {
        "name": name,
        "kind": kind,
        "status": status,
        "reason": reason,
        "detail": None,
        "since": _at(-90),
    }


def camera(name: str, **more: Any) -> Room:
    named = enumerate(("Table", "Whiteboard", "Door", "Speaker"), 1)
    return {
        "name": name,
        "label": "Sony SRG-300H",
        "power": True,
        "pan_deg": 12.0,
        "tilt_deg": -4.0,
        "zoom_pct": 30.0,
        "moving": False,
        "preset": 1,
        "presets": [{"number": number, "name": text, "picture": None} for number, text in named],
        "can": [
            *("drive", "zoom", "home", "recall", "store", "power", "goto", "focus"),
            *("exposure", "white_balance", "tracking", "ir_receive", "tally"),
            *("backlight", "exposure_compensation", "menu", "delete_preset"),
        ],
        "focus": "auto",
        "exposure": "auto",
        "white_balance": "auto",
        "backlight": False,
        "exposure_compensation": 0,
        "flip": False,
        "mirror": False,
        "menu": False,
        "tracking": False,
        "ir_receive": True,
        "tally": "off",
        "modes": {
            "exposure": ["auto", "manual", "shutter", "iris", "bright"],
            "white_balance": ["auto", "indoor", "outdoor", "one_push", "atw", "manual"],
            "tally": ["red", "green"],
            "exposure_compensation": [str(step) for step in range(-7, 8)],
            "menu": ["up", "down", "left", "right", "enter", "back"],
        },
        "picture": "meeting",
        **more,
    }


def platform(key: str, zh: str, en: str, digits: tuple[int, ...] = (9,), **more: Any) -> Room:
    """Return a platform whose numbers have so many digits, and open there."""
    written = {"digits": list(digits), "usual": list(digits), "groups": [], "code": "", "named": ""}
    entry = {"key": key, "name": {"zh": zh, "en": en}, "new": False, "default": False, **written}
    joined = {"number": "opens", "by_number": True, "passcode_needed": False}
    return {**entry, **joined, **more}


def speakerphone(name: str, **more: Any) -> Room:
    return {
        "name": name,
        "label": "Jabra SPEAK 810",
        "port_path": "1-1.4",
        "online": True,
        "used": name == "table",
        "mic_gated": False,
        **more,
    }


def reason(code: str, **params: Any) -> Room:
    return {"code": code, "params": params}


def notice(act: str, in_s: int, subject: str = "") -> Room:
    """Return something that the room will do by itself in `in_s` seconds."""
    return {"act": act, "subject": subject, "at": _from_now(in_s)}


def deed(number: int, act: str, *reasons: Room, undo: bool = False, ago_s: int = 100) -> Room:
    """Return something that the room did by itself."""
    subject = "front" if act.startswith("camera") else "a" if act == "release" else ""
    what = {"number": number, "act": act, "subject": subject}
    return {**what, "at": _from_now(-ago_s), "reasons": list(reasons), "undo": undo}


IDLE_MEETING: Room = {
    "state": "idle",
    "platform": None,
    "title": None,
    "host": None,
    "number": None,
    "since": None,
    "failure": None,
    "evidence": "none",
    "shown": False,
    "remote_control": False,
    "covered": False,
    "can_press_join": False,
    "can_enter_passcode": False,
    "dial": [],
    "fallback": None,
}


def display(name: str, **changes: Any) -> dict[str, Any]:
    """Return what a projector says of itself; by default it is on."""
    return {
        "name": name,
        "label": "Epson EB-L200F",
        "power": "on",
        "requested_on": None,
        "input": "HDMI 1",
        "inputs": ["HDMI 1", "HDMI 2"],
        "picture_muted": False,
        "lamp_hours": [1234],
        **changes,
    }


def at_rest(language: str = "en") -> Room:
    """Return a room with everything working and a booking that can be joined."""
    return {
        "identity": {
            "id": "bamboo",
            "display_name": "Bamboo" if language == "en" else "竹厅会议室",
            "building": "North Tower" if language == "en" else "北楼",
            "floor_label": "3F",
            "capacity": 8,
            "timezone": "Asia/Shanghai",
            "language": language,
            "help": "8000",
        },
        "phase": "ready",
        "devices": [
            device("camera.front"),
            device("speakerphone.table"),
            device("occupancy.ceiling"),
            device("screen"),
        ],
        "cameras": [camera("front")],
        "meeting": dict(IDLE_MEETING),
        "bookings": [
            booking("a", "Quarterly design review", -3, join="now", status="used"),
            booking("b", "Hiring sync", 60, platform="teams"),
            booking("c", "供应商评审会议", 120),
            booking("d", "Board preparation", 180, join="none", refused="host_link"),
        ],
        "platforms": [
            platform("tencent", "腾讯会议", "Tencent Meeting", new=True),
            platform(
                "zoom", "Zoom", "Zoom", (9, 10, 11), usual=[10, 11], groups=["3-3-4", "3-4-4"]
            ),
            platform("teams", "Teams", "Microsoft Teams", (12, 13), passcode_needed=True),
            platform("quanshi", "全时云会议", "Quanshi", (12,), groups=["3-3-3-3"]),
        ],
        "favourites": [{"name": "Weekly all-hands", "platform": "quanshi"}],
        "occupancy": {
            "state": "occupied",
            "probability": 0.97,
            "reasons": [reason("pir", sensor="ceiling", ago_s=40), reason("touch", ago_s=120)],
            "since": _at(-5),
            "healthy": 2,
            "configured": 2,
            "door": None,
        },
        "automation": {"notices": [], "acts": []},
        "audio": {
            "mute": "muted",
            "volume_pct": 45,
            "gain_pct": 80,
            "talking_while_muted": False,
            "talk_hint": True,
            "available": True,
            "requested": "muted",
            "requested_by": "speakerphone",
            "requested_by_name": "table",
            "reason": "",
            "since": _at(-4),
            "switch": "off",
            "meeting_muted": None,
            "listening": False,
            "last_heard": {
                "at": _at(-40),
                "by": "tone",
                "microphone": "Jabra SPEAK 510 USB",
                "loudspeaker": "Jabra SPEAK 510 USB",
            },
            "speakerphones": [speakerphone("table")],
        },
        "panel": {"awake": True},
        "message": None,
        "share": {"cable": [], "usb": [], "picture": None, "display": None, "input": None},
        "maintenance": {"restart_waits": False, "selftest": None},
        "conditions": [],
        "issues": [],
    }


def everywhere(language: str = "en", toml: str = "") -> Room:
    """Return a room at rest that may join every platform, as the room itself tells them.

    `toml` is put into its [meeting].
    """
    text = f'[room]\nid = "bamboo"\n[meeting]\nplatform = "tencent"\n{toml}'
    calls = CallControl(
        parse(text, "room.toml"), None, VirtualClock(datetime.now(UTC)), lambda: None
    )
    entries: list[Room] = _PLATFORMS.dump_python(calls.platform_entries, mode="json")
    return at_rest(language) | {"platforms": entries}


_PLATFORMS = TypeAdapter(tuple[PlatformEntry, ...])


def booked(language: str = "en", state: str = "awaited", **more: Any) -> Room:
    """Return a room whose word comes from its bookings, some of them tentative or private."""
    room = at_rest(language)
    room["bookings"] = [
        booking("a", "Quarterly design review", -3, join="now", tentative=True),
        booking("b", None, 60, platform="teams", private=True, organizer=None),
        booking("c", "供应商评审会议", 120, tentative=True),
        booking("d", None, 180, private=False, platform=None, join="none"),
    ]
    room["occupancy"].update(state="vacant", probability=0.02, reasons=[])
    if state == "available":
        room["bookings"] = room["bookings"][1:]
    about = {"until": _at(42), "booking": "a", "release_at": _at(7), **more}
    room["availability"] = {"state": state, **about}
    return room


def message(text: str) -> dict[str, Any]:
    """Return what facilities staff tell, for an hour."""
    who = {"requested_by": "operate", "requested_by_name": "token desk"}
    return {"text": text, "at": _at(-1), "until": _at(60), **who}


def in_call(language: str = "en") -> Room:
    """Return a room that is in a meeting, with two cameras."""
    room = at_rest(language)
    room["cameras"].append(camera("ceiling", preset=None, picture="other"))
    room["devices"].append(device("camera.ceiling"))
    room["audio"].update(
        mute="open", requested="open", requested_by="panel", switch="on", meeting_muted=False
    )
    room["audio"]["listening"] = True
    room["meeting"] = {
        **IDLE_MEETING,
        "state": "in_call",
        "platform": "tencent",
        "title": "Quarterly design review",
        "host": "meeting.tencent.com",
        "number": "123456789",
        "since": _at(-2),
        "evidence": "media",
        "shown": True,
        "remote_control": True,
    }
    framed = deed(1, "camera_join", reason("joined"))
    room["automation"] = {"notices": [], "acts": [framed]}
    return room


def shared(language: str = "en") -> Room:
    """Return a room in a call that says how a laptop is shown in it."""
    room = in_call(language)
    said = (
        ("从桌上拉出灰色连接线。", "Pull the grey cable out of the table."),
        ("插入笔记本的 USB-C 接口。", "Plug it into your laptop’s USB-C port."),
    )
    steps = [{"zh": zh, "en": en} for zh, en in said]
    usb = [{"zh": "插入黑色 USB 线。", "en": "Plug in the black USB cable."}]
    where = {"display": "wall", "input": "HDMI 2"}
    room["share"] = {"cable": steps, "usb": usb, "picture": "/api/v1/share/picture", **where}
    room["displays"] = [display("wall")]
    room["devices"].append(device("display.wall"))
    return room


def byom(**more: Any) -> Room:
    """Return what is said of a switch; by default the room has its devices."""
    names = {"camera": "HD Pro Webcam C920", "speakerphone": "Jabra SPEAK 810"}
    devices = ["camera.front", "speakerphone.table"]
    who = {"holder": "room", "since": _at(-4), "requested": None, "late": False, "lent": False}
    asked = {"requested_by": "", "requested_by_name": "", "reads_back": True, "plugged": None}
    return {**who, **asked, "devices": devices, **names, **more}


def switched(language: str = "en", **more: Any) -> Room:
    """Return a room at rest with a switch that can give its devices to a laptop."""
    return at_rest(language) | {"byom": byom(**more)}


def at_a_laptop(language: str = "en", **more: Any) -> Room:
    """Return a room whose camera and speakerphone a laptop has."""
    room = switched(language, **{"holder": "laptop", "lent": True, **more})
    room["devices"][:2] = [
        device("camera.front", "offline", "laptop"),
        device("speakerphone.table", "offline", "laptop"),
    ]
    room["audio"].update(mute="unknown", reason="laptop", switch="none", gain_pct=None)
    room["audio"]["speakerphones"] = [speakerphone("table", online=False, used=False)]
    return room


def at_a_wall(language: str = "en", state: str = "failed", **more: Any) -> Room:
    """Return a room whose meeting's page stands on the display and does not let it in."""
    meeting = {
        "state": state,
        "failure": "passcode_needed" if state == "failed" else None,
        "evidence": "none",
        "platform": "zoom",
        "number": "91234567890",
        "dial": ["91234567890@zoomcrc.com", "162.255.37.11##91234567890"],
        "fallback": {"platform": "tencent", "way": "link"},
        **more,
    }
    return with_meeting(in_call(language), **meeting)


def interrupted(language: str = "en") -> Room:
    """Return a room whose meeting was cut, its page gone, before the next one that is booked."""
    room = at_rest(language)
    room["bookings"][0] = booking("a", "Quarterly design review", 4, join="now")
    cut = {"state": "failed", "failure": "crashed", "rejoin": True, "title": "Weekly numbers"}
    room["meeting"].update(**cut, platform="zoom", number="91234567890", since=_at(-3))
    room["issues"] = [issue("meeting.failed", "meeting", reason="crashed")]
    return room


def walking(language: str = "en", state: str = "offered", **more: Any) -> Room:
    """Return a room at a plain page that it was, is or may be shown how to pass."""
    room = at_a_wall(language, "unknown", dial=[], fallback=None)
    entry = {
        "state": state,
        "step": None,
        "steps": None,
        "reason": None,
        "name": None,
        "by_room": None,
    }
    room["walkthrough"] = {**entry, **more}
    return room


def broken(language: str = "en") -> Room:
    """Return a room at rest whose camera does not answer and whose last meeting failed."""
    room = at_rest(language)
    room["devices"][0] = device("camera.front", "offline", "no_reply")
    room["issues"] = [
        issue("device.offline", "camera.front", reason="no_reply"),
        issue("meeting.failed", "meeting", reason="passcode_wrong"),
    ]
    return room


def by_itself(language: str = "en") -> Room:
    """Return a room that will do something, has done something, and has a sensor that is broken."""
    room = at_rest(language)
    done = [
        deed(1, "wake", reason("occupied"), reason("pir", sensor="ceiling", ago_s=0), ago_s=900),
        deed(2, "release", reason("no_show"), undo=True),
        deed(3, "camera_standby", reason("unused")),
    ]
    room["automation"] = {"notices": [notice("release", 300)], "acts": done}
    room["issues"] = [issue("occupancy.stuck_low", "occupancy.ceiling")]
    room["bookings"][0]["status"] = "released"
    return room


def with_meeting(room: Room, **more: Any) -> Room:
    changed = deepcopy(room)
    changed["meeting"].update(more)
    return changed


def moving(language: str = "en", in_days: int = 12, **more: Any) -> Room:
    """Return a room that nobody has, and whose Zoom ends in so many days of its own."""
    room = booked(language, "available", booking=None, release_at=None)
    return room | {"leaving": [move(in_days=in_days, **more)]}


def moved(language: str = "en") -> Room:
    """Return a room that has moved to another platform, and nobody has read yet what changed."""
    return moving(language, stage="join_only", since=_day(-1), cards=True)


def ended(language: str = "en", **more: Any) -> Room:
    """Return a room whose next booking is on a platform that has ended there."""
    room = at_rest(language)
    over = {"platform": "zoom", "join": "none", "refused": "service_ended", **more}
    room["bookings"] = [booking("a", "Quarterly design review", -3, **over)]
    room["occupancy"]["configured"] = 0
    gone = {"stage": "ended", "since": _day(-2), "next_stage": None, "next_on": None}
    return room | {"leaving": [move(**gone, in_days=None, counting=False)]}


def move(in_days: int | None = 12, **more: Any) -> Room:
    """Return that the room leaves Zoom, which ends in so many days."""
    entry = {"platform": "zoom", "to": "tencent", "stage": "join_only", "since": _day(-40)}
    to_come = {"next_stage": "ended", "next_on": _day(in_days or 0), "in_days": in_days}
    found = {**entry, **to_come, "counting": True, "cards": False, **more}
    last = found["next_stage"] == "ended"
    ends = {"ends_on": found["next_on"] if last else None, "ends_soon": last and found["counting"]}
    return {**ends, **found}


def _day(days: int) -> str:
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    return (today + timedelta(days=days)).isoformat()


def issue(code: str, subject: str, **params: Any) -> Room:
    return {"code": code, "subject": subject, "params": params, "since": _at(-1)}

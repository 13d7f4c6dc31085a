"""Whether a room is ready, and what it lacks: a closed set of conditions, judged in one place.

    condition       does not hold when                                       reasons
    reachable       the room's loop or a device's task hangs                 stalled
    devices_present a device that is needed does not answer                  device_offline
    audio_ready     nobody would hear, or be heard                           speakerphone_offline,
                                                                             screen_offline,
                                                                             no_sound_server,
                                                                             no_microphone,
                                                                             no_loudspeaker,
                                                                             gain_zero,
                                                                             volume_zero,
                                                                             mute_unproven,
                                                                             laptop
    video_ready     a camera or a display cannot do its work                 camera_offline,
                                                                             display_offline,
                                                                             camera_refuses,
                                                                             display_fault,
                                                                             laptop
    platform_ready  no meeting could be opened                               no_screen,
                                                                             screen_offline,
                                                                             no_platform,
                                                                             platform_not_allowed,
                                                                             platform_ended
    calendar_fresh  the bookings may be out of date                          calendar_stale
    config_applied  room.toml is not what the room runs                      config_changed,
                                                                             config_unreadable
    storage_sound   the disk takes no writes, or something on it was damaged storage_full, …
    ready           one of those does not hold                               that one's

A loudspeaker that people turn down to 0 in their call is an issue at once, and keeps the room from
being ready when the call is over: until then they hear what they want to hear. An audio_ready that
holds says since when that is known ("heard"): by which microphone and loudspeaker, and when.

What cannot be judged yet is unknown ("starting", "not_read_yet"); what a room does not have is no
trouble ("not_configured"). While a laptop has the room's camera and microphone nothing is wrong
with them, and the room is ready for no meeting of its own ("laptop"). Knows no clock, no device and
no part: values in, values out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field
from typing import Literal

from roomctl.clock import Moment
from roomctl.frozen import frozen
from roomctl.kind import IssueEntry
from roomctl.room.document import AudioEntry, ConditionEntry, ConditionType, DeviceEntry

CalendarState = Literal["none", "unread", "fresh", "stale"]
ConfigState = Literal["applied", "changed", "unreadable"]
PlatformState = Literal["usable", "none", "not_allowed", "ended"]

_SILENT = ("no_microphone", "no_loudspeaker", "gain_zero", "volume_zero")
_CAMERA_REFUSES = ("camera.busy", "camera.menu_open", "camera.not_executable")


@frozen
class RoomFacts:
    """What a room's parts say. `devices`: those that are needed; `starting`: they have time yet.

    `stalled` says who hangs; `lent` which devices a laptop has. `platform` is the one for new
    meetings, and `platform_state` whether it can be used; without one "usable": links have
    platforms of their own.
    """

    starting: bool = False
    stalled: str | None = None
    lent: tuple[str, ...] = ()
    devices: tuple[DeviceEntry, ...] = ()
    audio: AudioEntry = field(default_factory=AudioEntry)
    platform: str | None = None
    platform_state: PlatformState = "usable"
    calendar: CalendarState = "none"
    config: ConfigState = "applied"
    issues: tuple[IssueEntry, ...] = ()


@frozen
class _Verdict:
    """Whether a condition holds (None: unknown), why, and whom it concerns."""

    status: bool | None = True
    reason: str | None = None
    subjects: tuple[str, ...] = ()


_HOLDS, _NONE = _Verdict(), _Verdict(True, "not_configured")


def judge(
    facts: RoomFacts, before: Iterable[ConditionEntry], now: Moment
) -> tuple[ConditionEntry, ...]:
    """Return all conditions, Ready last; one that is as it was `before` is so since then."""
    found = {kind: judged(facts) for kind, judged in _JUDGED.items()}
    found["ready"] = _ready(found.values())
    known = {entry.type: entry for entry in before}
    return tuple(_entry(kind, one, known.get(kind), now) for kind, one in found.items())


def is_ready(conditions: Iterable[ConditionEntry]) -> bool:
    """Whether a room is known to be ready."""
    return any(one.type == "ready" and one.status is True for one in conditions)


def _ready(found: Iterable[_Verdict]) -> _Verdict:
    """Take what does not hold first, then what is unknown."""
    verdicts = tuple(found)
    for status in (False, None):
        unmet = [one for one in verdicts if one.status is status]
        if unmet:
            subjects = dict.fromkeys(name for one in unmet for name in one.subjects)
            return _Verdict(status, unmet[0].reason, tuple(subjects))
    return _HOLDS


def _entry(
    kind: ConditionType, found: _Verdict, old: ConditionEntry | None, now: Moment
) -> ConditionEntry:
    message = ", ".join(found.subjects)
    since, proven = now.wall, now.synced
    if old is not None and old.status is found.status:
        since, proven = old.since, old.since_proven
    return ConditionEntry(kind, found.status, found.reason, message, since, proven)


def _reachable(facts: RoomFacts) -> _Verdict:
    return _HOLDS if facts.stalled is None else _Verdict(False, "stalled", (facts.stalled,))


def _devices_present(facts: RoomFacts) -> _Verdict:
    return _answering(facts, facts.devices, "device_offline")


def _audio_ready(facts: RoomFacts) -> _Verdict:
    if lent := _lent(facts, "speakerphone"):
        return _Verdict(False, "laptop", lent)
    phones, screens = _of(facts, "speakerphone"), _of(facts, "screen")
    if not phones and not screens:
        return _NONE
    if phones and (silent := _answering(facts, phones, "speakerphone_offline")) is not _HOLDS:
        return silent
    if (away := _answering(facts, screens, "screen_offline")) is not _HOLDS:
        return away
    if screens and not facts.audio.available:
        return _Verdict(None if facts.starting else False, "no_sound_server", ("screen",))
    for code in _SILENT:
        if (silent := _troubled(facts, (f"audio.{code}",), code)) is not _HOLDS:
            return silent
    if screens and facts.audio.mute == "unknown":
        return _Verdict(None, "mute_unproven", ("audio",))
    if (last := facts.audio.last_heard) is not None:
        when = last.at.isoformat(timespec="seconds")
        return _Verdict(True, "heard", (last.microphone, last.loudspeaker, when))
    return _HOLDS


def _video_ready(facts: RoomFacts) -> _Verdict:
    if lent := _lent(facts, "camera"):
        return _Verdict(False, "laptop", lent)
    cameras, displays = _of(facts, "camera"), _of(facts, "display")
    if not cameras and not displays:
        return _NONE
    verdicts = (
        _answering(facts, cameras, "camera_offline"),
        _answering(facts, displays, "display_offline"),
        _troubled(facts, _CAMERA_REFUSES, "camera_refuses"),
        _troubled(facts, ("display.fault",), "display_fault"),
    )
    return _ready(verdicts)


def _platform_ready(facts: RoomFacts) -> _Verdict:
    screens = tuple(one for one in _of(facts, "screen") if one.name != "screen.sound")
    if not screens:
        return _Verdict(False, "no_screen", ("screen",))
    if (away := _answering(facts, screens, "screen_offline")) is not _HOLDS:
        return away
    platform = (facts.platform or "meeting",)
    match facts.platform_state:
        case "usable":
            return _HOLDS
        case "none":
            return _Verdict(False, "no_platform", ("meeting",))
        case "not_allowed":
            return _Verdict(False, "platform_not_allowed", platform)
        case "ended":
            return _Verdict(False, "platform_ended", platform)


def _calendar_fresh(facts: RoomFacts) -> _Verdict:
    match facts.calendar:
        case "none":
            return _NONE
        case "unread":
            return _Verdict(None, "not_read_yet", ("calendar",))
        case "fresh":
            return _HOLDS
        case "stale":
            return _Verdict(False, "calendar_stale", ("calendar",))


def _config_applied(facts: RoomFacts) -> _Verdict:
    if facts.config == "applied":
        return _HOLDS
    return _Verdict(False, f"config_{facts.config}", ("room.toml",))


def _storage_sound(facts: RoomFacts) -> _Verdict:
    for one in facts.issues:
        if one.code.startswith("storage."):
            return _Verdict(False, one.code.replace(".", "_"), (one.subject,))
    return _HOLDS


_JUDGED: dict[ConditionType, Callable[[RoomFacts], _Verdict]] = {
    "reachable": _reachable,
    "devices_present": _devices_present,
    "audio_ready": _audio_ready,
    "video_ready": _video_ready,
    "platform_ready": _platform_ready,
    "calendar_fresh": _calendar_fresh,
    "config_applied": _config_applied,
    "storage_sound": _storage_sound,
}


def _lent(facts: RoomFacts, kind: str) -> tuple[str, ...]:
    return tuple(name for name in facts.lent if name.partition(".")[0] == kind)


def _of(facts: RoomFacts, kind: str) -> tuple[DeviceEntry, ...]:
    return tuple(one for one in facts.devices if one.kind == kind)


def _answering(facts: RoomFacts, devices: Iterable[DeviceEntry], reason: str) -> _Verdict:
    """Judge whether all of some devices answer; one that starts may take its time, not for ever."""
    silent = [one for one in devices if one.status != "online"]
    late = tuple(one.name for one in silent if one.status == "offline" or not facts.starting)
    if late:
        return _Verdict(False, reason, late)
    return _Verdict(None, "starting", tuple(one.name for one in silent)) if silent else _HOLDS


def _troubled(facts: RoomFacts, codes: tuple[str, ...], reason: str) -> _Verdict:
    found = (one for one in facts.issues if one.code in codes and not one.params.get("in_call"))
    subjects = tuple(one.subject for one in found)
    return _Verdict(False, reason, subjects) if subjects else _HOLDS

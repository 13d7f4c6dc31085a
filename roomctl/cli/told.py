"""What a room says of itself, for a person: how it is, what is wrong, what its devices are."""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from roomctl.cli.language import language, say, translated, word
from roomctl.words import counted, filled, panel_texts, variant

if TYPE_CHECKING:
    from roomctl.feature import Feature

Document = Mapping[str, Any]


def is_ready(document: Document) -> bool:
    """Whether the room says that it is ready: every device proven, and no condition unmet."""
    return all(one["status"] for one in document["conditions"] if one["type"] == "ready")


def words(document: Document) -> str:
    """Tell how the room is, what is wrong, and what it is booked for next."""
    lines = [_title(document)]
    for name, value in facts(document).items():
        lines.append(f"  {wide(name, 18 if '.' in name or name == 'screen' else 11)} {value}")
    lines += [f"  ! {text}" for text in issues(document).values()]
    if any(device["reason"] == "missing" for device in document["devices"]):
        lines.append(say("probe"))
    return "\n".join(lines)


def _title(document: Document) -> str:
    room = document["identity"]["display_name"]
    if is_ready(document):
        return say(document["phase"], room=room)
    unmet = [one for one in document["conditions"] if not one["status"]][-1]
    why = word("reason", unmet["reason"] or "")
    return say("not_ready", room=room, what=unmet["message"], why=why)


def _microphone(audio: Document) -> str:
    """Return what is so of the microphone; an open one may be heard by nobody."""
    if audio["mute"] != "open":
        return str(audio["mute"])
    heard = {True: "open", False: "idle", None: "unsure"}
    return heard[audio.get("listening")]


def facts(document: Document) -> dict[str, str]:
    """Return what is so now, by what it is about."""
    meeting = document["meeting"]
    call = word("call", meeting["state"])
    if meeting["platform"]:
        call += f" ({meeting['platform']}, {meeting['title'] or meeting['host']})"
    if meeting["failure"]:
        call += f": {_failure(meeting['failure'])}"
    found = {
        say("times"): zone_of(document).key,
        say("meeting"): call,
        say("microphone"): word("mute", _microphone(document["audio"])),
        say("occupancy"): word("presence", document["occupancy"]["state"]),
        say("next"): _next_booking(document) or say("no_booking"),
    }
    if (wall := document["audio"].get("wall", "none")) != "none":
        found[say("sound")] = word("wall", wall)
    if waiting := meeting.get("waiting"):
        found[say("waiting")] = word("waiting", waiting)
    for mode in ("assisted", "plain"):
        if (count := document.get("starts", {}).get(mode, {})).get("starts"):
            found[say(f"first_try_{mode}")] = _share(count)
    for device in document["devices"]:
        found[device["name"]] = ", ".join(filter(None, (_device(device), _state(device, document))))
    if pin := document["identity"].get("fingerprint"):
        found[say("fingerprint")] = pin
    return found


def ledger_words(found: Sequence[Mapping[str, Any]], zone: ZoneInfo | None = None) -> str:
    """Tell what releasing bookings has come to, a line each, the newest last."""
    lines = [_ledger_line(one, zone) for one in found]
    return "\n".join([*zone_words(zone), *lines]) if lines else say("ledger_none")


def _ledger_line(one: Mapping[str, Any], zone: ZoneInfo | None) -> str:
    at, start = (datetime.fromisoformat(one[key]).astimezone(zone) for key in ("at", "start"))
    outcome = word("ledger", one["outcome"])
    who = f" ({one['author']})" if one["author"] else ""
    given = f" {one['given_back_min']} min" if one["given_back_min"] else ""
    name = one["title"] or one["booking"]
    sensors = " ".join(one["sensors"])
    line = f"{one['number']:>5}  {at:%Y-%m-%d %H:%M}  {start:%H:%M}  {wide(name, 32)} "
    return f"{line}{outcome}{who}{given}  {sensors}".rstrip()


def _share(count: Mapping[str, int]) -> str:
    """Return how many of this month's meetings began at the first touch and at once."""
    starts, good = count["starts"], count["first_try"]
    return say("first_try", share=f"{100 * good / starts:.0f} %", good=good, starts=starts)


def _failure(failure: str) -> str:
    """Return why a call failed; in Chinese in the panel's sentence."""
    if language() == "en":
        return failure.replace("_", " ")
    return panel_texts(language()).get(f"failure.{failure}", failure)


def _device(device: Mapping[str, Any]) -> str:
    """Return whether a device can be used; its detail is a technician's, and English."""
    status, reason = device["status"], device["reason"]
    why = device["detail"] or reason
    if reason and language() != "en":
        advice = panel_texts(language()).get(f"offline.{reason}")
        why = f"{advice}（{why}）" if advice else why
    if not reason:
        return word("device", status)
    return say("offline", why=why) if status == "offline" else f"{word('device', status)}: {why}"


def _state(device: Mapping[str, Any], document: Document) -> str:
    """Return what a plug-in's device says of itself, in its words; "" for roomctl's own kinds."""
    kind = device["name"].partition(".")[0]
    entries = document.get(kind)
    if not isinstance(entries, list) or device["status"] != "online":
        return ""  # the sections of roomctl's own kinds are called otherwise
    own = device["name"].removeprefix(f"{kind}.")
    units = {one.name: one.unit for one in _features(kind)}
    texts = panel_texts(language())
    return ", ".join(
        f"{texts.get(f'state.{kind}.{key}', key)}: {_value(kind, key, value)} {unit}".rstrip()
        for entry in entries
        if entry["name"] == own
        for key, value in entry.items()
        if (unit := units.get(key)) is not None and value is not None
    )


def _value(kind: str, key: str, value: object) -> str:
    """Return a value of a plug-in's state as people read it."""
    if isinstance(value, bool):
        return say("yes" if value else "no")
    return panel_texts(language()).get(f"value.{kind}.{key}.{value}", str(value))


def _features(kind: str) -> Sequence[Feature]:
    """Return what a plug-in declares of its state; its words are learned."""
    from roomctl import plugins  # few rooms have one
    from roomctl.feature import features_of

    if kind in plugins.installed():
        with contextlib.suppress(plugins.PluginError):  # `roomctl doctor` says why
            entry = plugins.load(kind).entry
            return () if entry is None else features_of(entry)
    return ()


def _next_booking(document: Document) -> str | None:
    zone = zone_of(document)
    now = datetime.now(UTC)
    for booking in document["bookings"]:
        start, end = (datetime.fromisoformat(booking[at]) for at in ("start", "end"))
        if end > now and booking["status"] != "released":
            hours = f"{start.astimezone(zone):%H:%M}-{end.astimezone(zone):%H:%M}"
            return f"{hours} {booking['title'] or say('booked')}"
    return None


def issues(document: Document) -> dict[str, str]:
    """Return what is wrong, as the panel says it; an offline device is among the devices."""
    return {
        f"{issue['code']} {issue['subject']}": issue_text(issue)
        for issue in document["issues"]
        if issue["code"] != "device.offline"
    }


def condition_words(condition: Mapping[str, Any]) -> str:
    """Tell which condition does not hold, of whom, and why."""
    name = word("condition", condition["type"])
    why = word("reason", condition["reason"] or "")
    whose = condition["message"]
    return say("condition", name=f"{name} ({whose})" if whose else name, why=why)


def issue_text(issue: Mapping[str, Any]) -> str:
    """Return what is wrong, as the panel says it; a device by its name in room.toml."""
    found = _filled(f"issue.{variant(issue['code'], issue['params'])}", issue)
    return found or f"{issue['subject']}: {issue['code']}"


def step_text(issue: Mapping[str, Any]) -> str:
    """Return what to do about it, and what was told of the cause; "" where nobody knows."""
    step = _filled(issue["next_step"], issue)
    detail = translated(str(issue["params"].get("detail") or ""))
    return step if detail in step else f"{step} ({detail})".strip()


def _filled(key: str, issue: Mapping[str, Any]) -> str:
    """Return a text of the panel with an issue's parameters in it; "" if there is none."""
    texts = panel_texts(language())
    if key and key not in texts:
        _features(issue["code"].partition(".")[0])  # with them come its words
    return filled(texts.get(key, ""), _values(issue))


def _values(issue: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the panel's texts name, of an issue."""
    texts, params = panel_texts(language()), issue["params"]
    about = params.get("about")
    return {
        "device": issue["subject"],
        "code": issue["code"],
        **counted(params),
        **params,
        "about": texts.get(f"report.about.{about}", about),
        "detail": translated(str(params.get("detail") or "")),
        "title": params.get("title") or texts["call.untitled"],
    }


def unexplained(document: Document, listed: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the conditions that do not hold and that no issue is about: no sound server, say."""
    subjects = {issue["subject"] for issue in listed}
    return [
        one
        for one in document["conditions"]
        if one["status"] is False
        and one["type"] != "ready"
        and not subjects.intersection(one["message"].split(", "))
    ]


def as_issue(condition: Mapping[str, Any]) -> dict[str, Any]:
    """Return a condition that does not hold in the form of an issue, for programs."""
    code = f"condition.{condition['type']}"
    return {
        "id": f"{code}:{condition['message']}",
        "code": code,
        "subject": condition["message"],
        "severity": "error",
        "since": condition["since"],
        "params": {"reason": condition["reason"]},
        "next_step": "",
    }


def issue_words(
    listed: Sequence[Mapping[str, Any]],
    unmet: Sequence[Mapping[str, Any]] = (),
    zone: ZoneInfo | None = None,
) -> str:
    """Tell what is wrong, since when, and what to do about it; and which conditions do not hold."""
    if not listed and not unmet:
        return say("no_issue")
    lines = zone_words(zone)
    lines += [f"{instant(one['since'], zone)}  {condition_words(one)}" for one in unmet]
    for issue in listed:
        lines.append(f"{instant(issue['since'], zone)}  {issue_text(issue)}")
        if step := step_text(issue):
            lines.append(f"                  {step}")
    return "\n".join(lines)


def device_words(inventory: Sequence[Mapping[str, Any]]) -> str:
    """Tell what each device is, as it says it, and whether it can be used."""
    lines = []
    for one in inventory:
        known = [
            one["model"] or one["profile"] or "",
            say("firmware", version=one["firmware"]) if one["firmware"] else "",
            say("serial", number=one["serial_number"]) if one["serial_number"] else "",
        ]
        told = ", ".join(filter(None, known))
        lines.append(f"{one['name']:<20} {wide(word('device', one['status']), 9)} {told}".rstrip())
        lines += [f"{'':<20} ! {advisory}" for advisory in one["advisories"]]
    return "\n".join(lines) or say("no_device")


def news(before: Document, after: Document) -> Iterator[str]:
    """Yield what has changed, a line each; a booking that is over is no news of its own."""
    then, now = facts(before), facts(after)
    for name, value in now.items():
        if then.get(name) != value:
            yield f"{name}  {value}"
    were, are = issues(before), issues(after)
    yield from (f"! {text}" for key, text in are.items() if were.get(key) != text)
    yield from (say("gone", what=text) for key, text in were.items() if key not in are)


def zone_of(document: Document) -> ZoneInfo:
    """Return the room's time zone, in which all times are told; UTC where this box has it not."""
    try:
        return ZoneInfo(document["identity"]["timezone"])
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def instant(at: str, zone: ZoneInfo | None = None, form: str = "%Y-%m-%d %H:%M") -> str:
    """Return an instant of the API in a zone; None: this box's."""
    return f"{datetime.fromisoformat(at).astimezone(zone):{form}}"


def zone_words(zone: ZoneInfo | None) -> list[str]:
    """Return the line that names the zone of the times below it."""
    return [] if zone is None else [say("times_in", zone=zone.key)]


def wide(text: str, columns: int) -> str:
    """Fill a text up to so many columns of a terminal."""
    return text + " " * (columns - columns_of(text))


def columns_of(text: str) -> int:
    """Return how many columns of a terminal a text takes: a Chinese sign takes two."""
    return len(text) + sum(unicodedata.east_asian_width(sign) in "WF" for sign in text)

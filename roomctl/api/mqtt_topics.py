"""What a room publishes by MQTT: its state, and what Home Assistant is to know of it.

    state/ready_reason        a word             why it is not: camera_offline
    state/conditions          JSON               by name: status, reason, message, since
    state/ready               ON, OFF            everything that meetings need is there
    state/occupied            ON, OFF            somebody is there
    state/people              number             that are counted
    state/co2_ppm             number             of the worst air that is measured
    state/muted               ON, OFF            ON only when silence was read back
    state/volume_pct          number             of the loudspeaker
    state/in_call             ON, OFF            the room is in a meeting
    state/meeting             a word             the state of the call, such as lobby
    state/display_on          ON, OFF            the room's displays
    state/issues              number             of what is wrong now
    state/issues_list         JSON               {"issues": [...]}: code, subject, severity, since
    state/next_booking        an instant         when the next booking begins, ISO 8601
    state/booking             JSON               {"now": ..., "next": ...}: start, end, platform
    state/identity            JSON               id, names, capacity, version, commit, date
    state/versions            JSON               roomctl's build; of each device model and firmware
    state/device/KIND[/NAME]  a word             online, offline, starting
    state/camera/NAME/preset  a number, a name   where the camera stands
    state/display/NAME/power  ON, OFF
    state/output/NAME/on      ON, OFF
    state/KIND/NAME/FIELD     ON, OFF, a number, a word   what a plug-in's kind says of a device

"None" is what nobody knows, or there is not: Home Assistant shows *unknown*. No topic has a link,
a person or a passcode; titles of bookings stand in `state/booking` if room.toml wants that, those
of private bookings never. Pure; knows no broker.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from roomctl.device import Nameplate
from roomctl.feature import Feature, KindControl, controls_of, features_of
from roomctl.frozen import frozen
from roomctl.kind import Kind
from roomctl.meeting.call import MEETING
from roomctl.room.conditions import is_ready
from roomctl.room.document import BookingEntry, CameraEntry, PresetEntry, RoomDocument
from roomctl.room.issues import rated
from roomctl.version import BuildInfo
from roomctl.words import Language, kind_words

UNKNOWN = "None"
DISCOVERY = "homeassistant"
MOST_ISSUES = 50  # of a list that is published
_IN_TOPICS = re.compile(r"[+#/\x00]")
_UNSAFE = re.compile(r"[^A-Za-z0-9-]")

Messages = dict[str, str]
"""What a broker is to keep, by topic."""


def topic_of(prefix: str, room_id: str) -> str:
    """Return what a room's topics begin with; what has a meaning in a topic is replaced."""
    return f"{prefix}/{_IN_TOPICS.sub('_', room_id)}"


def states(
    document: RoomDocument,
    build: BuildInfo,
    now: datetime,
    *,
    titles: bool,
    plates: Mapping[str, Nameplate] | None = None,
    kinds: Sequence[Kind] = (),
) -> Messages:
    """Return the state of a room, by topic under `state/`, in the order of publishing.

    `plates`: what each device says it is; `kinds` are those that plug-ins bring.
    """
    occupancy, audio = document.occupancy, document.audio
    present, following = _bookings(document, now)
    issues = [rated(one) for one in document.issues]
    bookings = {"now": _booking(present, titles), "next": _booking(following, titles)}
    return {
        "ready_reason": _reason(document),
        "conditions": _json(_conditions(document)),
        "ready": _flag(is_ready(document.conditions)),
        "occupied": _flag(_occupied(occupancy.state)),
        "people": _said(occupancy.people),
        "co2_ppm": _said(occupancy.co2_ppm),
        "muted": _flag({"muted": True, "open": False}.get(audio.mute)),
        "volume_pct": _said(audio.volume_pct),
        "in_call": _flag(document.meeting.state in MEETING),
        "meeting": document.meeting.state,
        "display_on": _flag(document.panel.display_on),
        "issues": str(len(issues)),
        "issues_list": _json(
            {
                "issues": [
                    {
                        "code": one.code,
                        "subject": one.subject,
                        "severity": one.severity,
                        "since": one.since.isoformat(),
                    }
                    for one in issues[:MOST_ISSUES]
                ]
            }
        ),
        "next_booking": UNKNOWN if following is None else following.start.isoformat(),
        "booking": _json(bookings),
        "identity": _json(_identity(document, build)),
        "versions": _json(_versions(build, plates or {})),
        **dict(_devices(document)),
        **dict(_kind_states(document, kinds)),
    }


def _reason(document: RoomDocument) -> str:
    ready = next((one for one in document.conditions if one.type == "ready"), None)
    return (ready.reason if ready is not None else None) or UNKNOWN


def _conditions(document: RoomDocument) -> dict[str, object]:
    return {
        one.type: {
            "status": one.status,
            "reason": one.reason,
            "message": one.message,
            "since": one.since.isoformat(),
        }
        for one in document.conditions
    }


def _versions(build: BuildInfo, plates: Mapping[str, Nameplate]) -> dict[str, object]:
    devices = {
        name: {"model": one.model, "firmware": one.firmware, "profile": one.profile}
        for name, one in sorted(plates.items())
    }
    return {"roomctl": build.as_object(), "devices": devices}


def _occupied(state: str) -> bool | None:
    return {"occupied": True, "vacating": True, "vacant": False}.get(state)


def _bookings(
    document: RoomDocument, now: datetime
) -> tuple[BookingEntry | None, BookingEntry | None]:
    """Return the booking that is under way, and the next one."""
    left = [one for one in document.bookings if one.status != "released" and one.end > now]
    first = sorted(left, key=lambda one: one.start)
    begun = [one for one in first if one.start <= now]
    later = [one for one in first if one.start > now]
    return (begun[-1] if begun else None), (later[0] if later else None)


def _booking(entry: BookingEntry | None, titles: bool) -> dict[str, object] | None:
    if entry is None:
        return None
    span = {"start": entry.start.isoformat(), "end": entry.end.isoformat()}
    title = {"title": entry.title} if titles and not entry.private else {}
    return {**span, "platform": entry.platform, **title}


def _identity(document: RoomDocument, build: BuildInfo) -> dict[str, object]:
    one = document.identity
    place = {"building": one.building, "floor_label": one.floor_label, "capacity": one.capacity}
    return {"id": one.id, "display_name": one.display_name, **place, **build.as_object()}


def _devices(document: RoomDocument) -> Iterator[tuple[str, str]]:
    for device in document.devices:
        yield f"device/{device.name.replace('.', '/', 1)}", device.status
    for camera in document.cameras:
        yield f"camera/{camera.name}/preset", _preset_shown(camera)
    for name, power in _powers(document):
        yield f"display/{name}/power", _flag({"on": True, "off": False}.get(power))
    for output in getattr(document, "outputs", ()):
        yield f"output/{output.name}/on", _flag(output.on)


def _kind_states(document: RoomDocument, kinds: Sequence[Kind]) -> Iterator[tuple[str, str]]:
    for kind, features, entry in _entries(document, kinds):
        for field in features:
            value = getattr(entry, field.name)
            said = _flag(value) if field.form == "switch" else _said(value)
            yield f"{kind.name}/{entry.name}/{field.name}", said


def _entries(
    document: RoomDocument, kinds: Sequence[Kind]
) -> Iterator[tuple[Kind, tuple[Feature, ...], Any]]:
    """Yield what the document says of each device that a plug-in brings, and its fields."""
    for kind in kinds:
        if kind.entry is not None:
            features = features_of(kind.entry)
            yield from ((kind, features, one) for one in getattr(document, kind.section))


def _powers(document: RoomDocument) -> Iterator[tuple[str, str]]:
    """Yield the displays with what each says of its power."""
    for display in getattr(document, "displays", ()):
        yield display.name, str(display.power)


def _preset_shown(camera: CameraEntry) -> str:
    known = (one for one in camera.presets if one.number == camera.preset)
    return next(map(_option, known), UNKNOWN)


def _option(preset: PresetEntry) -> str:
    return f"{preset.number} {preset.name}".strip()


def _flag(value: bool | None) -> str:
    return UNKNOWN if value is None else "ON" if value else "OFF"


def _said(value: float | str | None) -> str:
    return UNKNOWN if value is None else str(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


@frozen
class Entity:
    """Something that Home Assistant shows of the room: its component, key, and configuration."""

    component: str
    key: str
    config: Mapping[str, Any]


_NAMES = {
    "ready": ("Ready", "就绪"),
    "occupied": ("Occupied", "有人"),
    "people": ("People", "人数"),
    "co2_ppm": ("CO₂", "二氧化碳"),
    "muted": ("Microphone muted", "麦克风已静音"),
    "in_call": ("In a call", "会议中"),
    "meeting": ("Meeting", "会议状态"),
    "display_on": ("Display", "显示屏"),
    "issues": ("Issues", "问题数"),
    "next_booking": ("Next booking", "下一个预订"),
    "mute": ("Mute", "静音"),
    "leave": ("Leave the meeting", "离开会议"),
    "standby": ("Standby", "待机"),
    "wake": ("Wake", "唤醒"),
    "volume": ("Volume", "音量"),
    "preset": ("preset", "预置位"),
}
"""What an entity is called: in English, in Chinese."""


def home_assistant(
    document: RoomDocument,
    base: str,
    version: str,
    url: str | None,
    may: Collection[str],
    kinds: Sequence[Kind] = (),
) -> Messages:
    """Return the discovery configuration of each entity, by topic, as Home Assistant reads it.

    `base` is what the room's topics begin with; `may` names the commands that somebody may give
    over this broker: there is nothing to press for any other. `url`: where the panel is.
    """
    node = node_of(document.identity.id)
    shared = {
        "availability_topic": f"{base}/availability",
        "device": _device(document, version, url),
        "origin": {"name": "roomctl", "sw_version": version},
        "qos": 1,
    }
    return {
        f"{DISCOVERY}/{one.component}/{node}/{one.key}/config": _json(
            {**shared, "unique_id": f"{node}_{one.key}", **one.config}
        )
        for one in (*_entities(document, base, may), *_kind_entities(document, base, may, kinds))
    }


def node_of(room_id: str) -> str:
    """Return the room's id in the letters that a discovery topic may have; two stay two."""
    return "roomctl_" + _UNSAFE.sub(lambda found: f"_{ord(found[0]):x}_", room_id)


def _device(document: RoomDocument, version: str, url: str | None) -> dict[str, object]:
    one = document.identity
    place = " ".join(filter(None, (one.building, one.floor_label)))
    return {
        "identifiers": [one.id],
        "name": one.display_name,
        "manufacturer": "roomctl",
        "model": "meeting room",
        "sw_version": version,
        **({"suggested_area": place} if place else {}),
        **({"configuration_url": url} if url else {}),
    }


def _entities(document: RoomDocument, base: str, may: Collection[str]) -> Iterator[Entity]:
    chinese = document.identity.language == "zh-CN"
    yield from _readings(document, base, chinese)
    yield from _presses(base, may, chinese)
    if "audio.volume" in may and document.audio.available:
        yield _volume(base, chinese)
    for camera in document.cameras:
        if "camera.recall" in may and camera.presets:
            yield _preset(camera, base, chinese)
    for name, _ in _powers(document):
        if "display.power" in may:
            yield _power(name, base)


def _name(key: str, chinese: bool) -> str:
    return _NAMES[key][chinese]


def _readings(document: RoomDocument, base: str, chinese: bool) -> Iterator[Entity]:
    occupancy = document.occupancy
    fitting: dict[str, tuple[str, dict[str, Any]]] = {
        "ready": ("binary_sensor", {"icon": "mdi:check-circle"}),
        "muted": ("binary_sensor", {"icon": "mdi:microphone-off"}),
        "in_call": ("binary_sensor", {"device_class": "running"}),
        "display_on": ("binary_sensor", {"device_class": "power"}),
        "meeting": ("sensor", {"icon": "mdi:video"}),
        "issues": ("sensor", {"json_attributes_topic": f"{base}/state/issues_list"}),
        "next_booking": (
            "sensor",
            {"device_class": "timestamp", "json_attributes_topic": f"{base}/state/booking"},
        ),
    }
    if occupancy.configured:
        fitting["occupied"] = ("binary_sensor", {"device_class": "occupancy"})
    if occupancy.people is not None:
        fitting["people"] = ("sensor", {"state_class": "measurement"})
    if occupancy.co2_ppm is not None:
        air = {"device_class": "carbon_dioxide", "unit_of_measurement": "ppm"}
        fitting["co2_ppm"] = ("sensor", {**air, "state_class": "measurement"})
    for key, (component, more) in fitting.items():
        named = {"name": _name(key, chinese), "state_topic": f"{base}/state/{key}"}
        yield Entity(component, key, {**named, **more})
    for device in document.devices:
        topic = f"{base}/state/device/{device.name.replace('.', '/', 1)}"
        config = {"name": device.name, "state_topic": topic, "device_class": "connectivity"}
        said = {"payload_on": "online", "payload_off": "offline"}
        key = f"device-{device.name.replace('.', '-', 1)}"
        category = {"entity_category": "diagnostic"}
        yield Entity("binary_sensor", key, {**config, **said, **category})


_PRESSES: Mapping[str, tuple[str, dict[str, Any]]] = {
    "mute": ("audio.mute", {"on": True}),
    "leave": ("meeting.leave", {}),
    "standby": ("room.standby", {}),
    "wake": ("room.wake", {}),
}


def _presses(base: str, may: Collection[str], chinese: bool) -> Iterator[Entity]:
    for key, (command, args) in _PRESSES.items():
        if command in may:
            config = {"name": _name(key, chinese), "command_topic": f"{base}/command/{command}"}
            yield Entity("button", key, {**config, "payload_press": _json(args)})


def _volume(base: str, chinese: bool) -> Entity:
    config = {
        "name": _name("volume", chinese),
        "state_topic": f"{base}/state/volume_pct",
        "command_topic": f"{base}/command/audio.volume",
        "command_template": '{"pct": {{ value | int }}}',
        "unit_of_measurement": "%",
        "min": 0,
        "max": 100,
    }
    return Entity("number", "volume", config)


def _preset(camera: CameraEntry, base: str, chinese: bool) -> Entity:
    """Return a choice of presets; a template reads the number alone, for people choose the name."""
    config = {
        "name": f"{camera.label or camera.name} {_name('preset', chinese)}",
        "state_topic": f"{base}/state/camera/{camera.name}/preset",
        "command_topic": f"{base}/command/camera.recall",
        "command_template": (
            f'{{"camera": "{camera.name}", "preset": {{{{ value.split(" ")[0] | int }}}}}}'
        ),
        "options": [_option(one) for one in camera.presets],
    }
    return Entity("select", f"camera-{camera.name}-preset", config)


def _power(name: str, base: str) -> Entity:
    config = {
        "name": name,
        "state_topic": f"{base}/state/display/{name}/power",
        "command_topic": f"{base}/command/display.power",
        "payload_on": _json({"display": name, "on": True}),
        "payload_off": _json({"display": name, "on": False}),
        "state_on": "ON",
        "state_off": "OFF",
    }
    return Entity("switch", f"display-{name}-power", config)


def _kind_entities(
    document: RoomDocument, base: str, may: Collection[str], kinds: Sequence[Kind]
) -> Iterator[Entity]:
    """Yield what a plug-in's devices say, and what may be done to them, as declared."""
    into: Language = "zh-CN" if document.identity.language == "zh-CN" else "en"
    titles = {one.name: one.title for one in document.devices}
    for kind, fields, entry in _entries(document, kinds):
        words = kind_words(kind.name, kind.words, into)
        spoken = titles.get(f"{kind.name}.{entry.name}") or {}
        title = spoken.get(into[:2]) or f"{words[f'kind.{kind.name}']} {entry.name}"
        place = f"{base}/state/{kind.name}/{entry.name}"
        key = f"{kind.name}-{entry.name}"
        features = {one.name: one for one in fields}
        controls = [one for one in controls_of(kind) if one.command in may]
        for one in controls:
            label = words[f"command.{one.command}"]
            argument = one.argument
            known = (
                {"state_topic": f"{place}/{argument.name}"}
                if argument and argument.name in features
                else {}
            )
            config = {"name": f"{title} {label}", "command_topic": f"{base}/command/{one.command}"}
            component, more = _commanded(one, entry.name)
            yield Entity(
                component, f"{key}-{one.command.partition('.')[2]}", {**config, **known, **more}
            )
        set_here = {one.argument.name for one in controls if one.argument is not None}
        for name, field in features.items():
            if name not in set_here:
                component, more = _read(field)
                config = {
                    "name": f"{title} {words[f'state.{kind.name}.{name}']}",
                    "state_topic": f"{place}/{name}",
                }
                yield Entity(component, f"{key}-{name}", {**config, **more})


def _read(field: Feature) -> tuple[str, dict[str, Any]]:
    """Return what shows a field: its component and configuration."""
    match field.form:
        case "switch":
            return "binary_sensor", {}
        case "level" | "number":
            unit = {"unit_of_measurement": field.unit} if field.unit else {}
            return "sensor", {**unit, "state_class": "measurement"}
        case "choice":
            return "sensor", {"device_class": "enum", "options": list(field.choices)}
        case "text":
            return "sensor", {}


_HERE = "\0"  # where a template has its value


def _commanded(control: KindControl, name: str) -> tuple[str, dict[str, Any]]:
    """Return what gives a command: its component and configuration."""
    device = {control.device: name} if control.device is not None else {}
    argument = control.argument
    if argument is None:
        return "button", {"payload_press": _json(device)}
    if argument.form == "switch":
        on, off = ({**device, argument.name: value} for value in (True, False))
        payloads = {"payload_on": _json(on), "payload_off": _json(off)}
        return "switch", {**payloads, "state_on": "ON", "state_off": "OFF"}
    value = (
        "value | tojson"
        if argument.form == "choice"
        else "value | int"
        if argument.whole
        else "value | float"
    )
    template = _json({**device, argument.name: _HERE}).replace(_json(_HERE), f"{{{{ {value} }}}}")
    if argument.form == "choice":
        return "select", {"command_template": template, "options": list(argument.choices)}
    unit = {"unit_of_measurement": argument.unit} if argument.unit else {}
    ends = {"min": argument.minimum, "max": argument.maximum}
    return "number", {
        "command_template": template,
        **ends,
        **({} if argument.whole else {"step": 0.1}),
        **unit,
    }

"""All that is known of one speakerphone, ready to be pasted into an issue, and read back from it.

What was said on its port is kept (`ring`) and read once more (`ReportReader`): the same layout,
profile and reports always give the same presses, so what somebody pasted into an issue can be
replayed, and is a test. Never audio, never a serial number. Knows no port and no clock::

    {"name", "url", "status", "detail", "product", "vid", "pid", "bcd_device", "port_path",
     "profile": {"name", "why", "mute_led", "echo_ms", "repeat_ms", "double_ms", ...},
     "advisories": [...], "descriptor": HEX,
     "reports": [{"at", "wall", "direction", "type", "report_id", "payload": HEX, "means": [...]}]}

`at` is in seconds from the first report that is shown. An entry without payload is "open" or
"lost", with its `note`; so has a report that was to go out and did not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from roomctl.clock import Moment
from roomctl.device import Health
from roomctl.frozen import frozen
from roomctl.speakerphone.hid import (
    DescriptorError,
    ReportControl,
    ReportLayout,
    ReportType,
    read_descriptor,
    usage_name,
)
from roomctl.speakerphone.profile import SpeakerphoneProfile
from roomctl.speakerphone.telephony import (
    REPORT_TYPES,
    Leds,
    MuteLed,
    PressTiming,
    Telephony,
    WrittenLeds,
    mute_keys,
)
from roomctl.wire import Identity, Record, Ring

REPORTS = 50
_REPORT_TYPES = {number: direction for direction, number in REPORT_TYPES.items()}
_LARGEST = 64 * 1024
_LED_PAGE = 0x08
_TYPES = {1: "input", 2: "output", 3: "feature"}
_SERIAL = re.compile(r"serial=[^&\s]*")
_NUMBERS = {word: number for number, word in _TYPES.items()}


def ring() -> Ring:
    """Return what keeps the last 50 reports of a speakerphone, and its comings and goings."""
    return Ring(2 * REPORTS, _LARGEST)


def last(records: tuple[Record, ...]) -> tuple[Record, ...]:
    """Return the records from the last 50th report on."""
    reports = [n for n, record in enumerate(records) if record.data]
    return records[reports[-REPORTS] :] if len(reports) > REPORTS else records


@frozen
class ReadSettings:
    """What of a profile decides what a report means."""

    mute_led: MuteLed
    timing: PressTiming
    mute_switch: bool | None = None


class ReportReader:
    """Says what records mean, in their order: a press is none without what was written before."""

    def __init__(self, layout: ReportLayout, settings: ReadSettings) -> None:
        self._layout, self._settings = layout, settings
        self._begin()

    def _begin(self) -> None:
        self._leds = Leds(self._layout, self._settings.mute_led)
        self._telephony = Telephony(
            self._layout, self._leds, self._settings.timing, self._settings.mute_switch
        )
        self._lit: dict[ReportControl, bool] = {}
        self._asked: int | None = None

    def read(self, record: Record) -> tuple[str, ...]:
        """Return the presses in an input report, or the LEDs that a written one lights."""
        if record.direction == "open":
            self._begin()
        if len(record.data) < 2 or record.data[0] not in _REPORT_TYPES:
            return ()
        report = (_REPORT_TYPES[record.data[0]], record.data[1])
        if record.direction == "in":
            return self._heard(record)
        if report[0] is ReportType.INPUT:
            self._asked = None if record.note else report[1]
            return ()
        if record.note:
            self._lit.clear()
            self._telephony.leds_unknown()
            return ()
        self._wrote(report, record)
        return self._shown(report, record.data[2:])

    def _heard(self, record: Record) -> tuple[str, ...]:
        phone = self._telephony
        if record.data[1] == self._asked:
            self._asked = None
            stands = phone.stands(record.data[1], record.data[2:], record.at)
            return tuple(str(press) for press in stands)
        was_off_hook = phone.off_hook
        presses = phone.read(record.data[1], record.data[2:], record.at)
        if phone.off_hook and not was_off_hook and self._target[1]:
            phone.leds_forgotten()  # as the session does, which writes everything again
        return tuple(str(press) for press in presses)

    @property
    def _target(self) -> tuple[bool, bool]:
        leds = self._leds
        muted, off_hook = (
            any(self._lit.get(control, False) for control in controls)
            for controls in (leds.mute, leds.off_hook)
        )
        return muted, off_hook

    def _wrote(self, report: tuple[ReportType, int], record: Record) -> None:
        """Take a written report; the state is known once each LED's was written."""
        ours = self._leds.off_hook + self._leds.mute
        for control in ours:
            if (control.report_type, control.report_id) == report:
                self._lit[control] = bool(control.value(record.data[2:]))
        if len(self._lit) == len(set(ours)):
            muted, off_hook = self._target
            self._telephony.asked(muted, off_hook)
            self._telephony.wrote(WrittenLeds(muted, off_hook, record.at, record.at))

    def _shown(self, report: tuple[ReportType, int], payload: bytes) -> tuple[str, ...]:
        return tuple(
            usage_name(control.usage)
            for control in self._layout.controls()
            if (control.report_type, control.report_id) == report
            and control.usage >> 16 == _LED_PAGE
            and control.value(payload)
        )


def mute_reports(layout: ReportLayout, records: tuple[Record, ...]) -> list[float]:
    """Return when input reports said that mute is pressed, or of a state, that it is another."""
    controls = [key.control for key in mute_keys(layout)]
    found, level = [], dict[ReportControl, bool]()
    for record in records:
        for control in controls:
            if record.direction != "in" or record.data[1] != control.report_id:
                continue
            value, before = bool(control.value(record.data[2:])), level.get(control, False)
            moved = value is not before if control.switch else value and not before
            if value if control.relative else moved:
                found.append(record.at)
            level[control] = value
    return found


@frozen
class Description:
    """What a driver knows of its device; `identity` None: it was not seen yet."""

    name: str
    url: str
    health: Health
    identity: Identity | None
    stem: str
    why: str
    profile: SpeakerphoneProfile
    records: tuple[Record, ...]

    def as_object(self, now: Moment) -> dict[str, Any]:
        """Return it for programs; `now` is when."""
        found, profile = self.identity or Identity(self.url), self.profile
        descriptor = found.report_descriptor
        advisories = profile.advisories_for(found.bcd_device)
        return {
            "name": self.name,
            "url": _public(self.url),
            "status": str(self.health.status),
            "detail": _public(self.health.detail or "") or None,
            "product": found.product,
            "vid": _hex(found.vid),
            "pid": _hex(found.pid),
            "bcd_device": _hex(found.bcd_device),
            "port_path": found.port_path,
            "profile": {"name": self.stem, "why": self.why} | _settings_of(profile),
            "advisories": [{"what": one.what, "source": one.source} for one in advisories],
            "descriptor": descriptor.hex() if descriptor is not None else None,
            "reports": list(self._reports(descriptor, now)),
        }

    def _reports(self, descriptor: bytes | None, now: Moment) -> Iterator[dict[str, Any]]:
        profile = self.profile
        settings = ReadSettings(profile.mute_led, profile.timing, profile.mute_switch)
        reader = ReportReader(_layout(descriptor), settings)
        shown = last(self.records)
        for record in shown:
            wall = now.wall - timedelta(seconds=now.mono_s - record.at)
            when = {
                "at": round(record.at - shown[0].at, 6),
                "wall": wall.isoformat(timespec="milliseconds"),
                "direction": record.direction,
            }
            note = {"note": _public(record.note)} if record.note else {}
            yield when | note | _report(record) | _meaning(reader, record)


def why(asked: str | None, stem: str, identity: Identity | None) -> str:
    """Say why this profile was chosen."""
    if asked is not None:
        return "room.toml names it"
    if identity is None or identity.vid is None:
        return "the device was not seen yet"
    ids = f"{identity.vid:04x}:{identity.pid or 0:04x}"
    if stem == "generic":
        return f"no profile is for {ids}; the descriptor says what there is"
    return f"it is for {ids}"


@frozen
class ParsedDescription:
    """A description that was read back: what was said, and what it was said to mean."""

    descriptor: bytes
    settings: ReadSettings
    records: tuple[Record, ...]
    means: tuple[tuple[str, ...], ...]

    def replayed(self) -> tuple[tuple[str, ...], ...]:
        """Return what the reports mean, read anew."""
        reader = ReportReader(read_descriptor(self.descriptor), self.settings)
        return tuple(reader.read(record) for record in self.records)


def pasted(found: Mapping[str, Any]) -> ParsedDescription:
    """Read a description back; KeyError, TypeError or ValueError if it is none."""
    profile, reports = found["profile"], found["reports"]
    times = (profile[name] / 1000 for name in ("echo_ms", "repeat_ms", "double_ms"))
    return ParsedDescription(
        bytes.fromhex(found["descriptor"]),
        ReadSettings(profile["mute_led"], PressTiming(*times), profile.get("mute_switch")),
        tuple(_record(report) for report in reports),
        tuple(tuple(report.get("means", ())) for report in reports),
    )


def words(found: Mapping[str, Any]) -> str:
    """Tell a person, from what `as_object` returned; without the descriptor's controls."""
    profile = found["profile"]
    ids = f"{found['vid']}:{found['pid']}" if found["vid"] else "not seen yet"
    detail = f": {found['detail']}" if found["detail"] else ""
    lines = [
        f"speakerphone {found['name']}: {found['product'] or 'no name'}, {found['status']}{detail}",
        f"ids         {ids}, bcdDevice {found['bcd_device'] or 'unknown'}",
        f"port        {found['port_path'] or 'unknown'} ({found['url']})",
        f"profile     {profile['name']}: {profile['why']}",
        *(f"known       {one['what']} ({one['source']})" for one in found["advisories"]),
        f"descriptor  {found['descriptor'] or 'none'}",
    ]
    return "\n".join(lines)


def report_words(reports: Sequence[Mapping[str, Any]]) -> str:
    """Tell a person what was said last, a line for each report."""
    if not reports:
        return "no report was seen"
    return "\n".join(_report_line(report) for report in reports)


def _report_line(report: Mapping[str, Any]) -> str:
    begin = f"{report['at']:10.3f} {report['direction']:<4}"
    if "payload" not in report:
        return f"{begin} {report.get('note', '')}".rstrip()
    said = f"{report['type']} {report['report_id']} {report['payload']}"
    means = " ".join(report["means"]) or ("dark" if report["direction"] == "out" else "")
    return f"{begin} {said:<24} {report.get('note') or means}".rstrip()


def _settings_of(profile: SpeakerphoneProfile) -> dict[str, Any]:
    return {
        "mute_led": profile.mute_led,
        "mic_needs_off_hook": profile.mic_needs_off_hook,
        "echo_ms": profile.echo_ms,
        "repeat_ms": profile.repeat_ms,
        "double_ms": profile.double_ms,
        "mute_switch": profile.mute_switch,
    }


def _layout(descriptor: bytes | None) -> ReportLayout:
    """Return the layout; of bytes that are no descriptor nothing has a meaning."""
    try:
        return read_descriptor(descriptor or b"")
    except DescriptorError:
        return read_descriptor(b"")


def _report(record: Record) -> dict[str, Any]:
    if len(record.data) < 2:
        return {}
    kind = _TYPES.get(record.data[0], "unknown")
    payload = record.data[2:].hex()
    return {"type": kind, "report_id": record.data[1], "payload": payload}


def _meaning(reader: ReportReader, record: Record) -> dict[str, Any]:
    means = reader.read(record)
    return {"means": list(means)} if record.data else {}


def _record(report: Mapping[str, Any]) -> Record:
    data = b""
    if "payload" in report:
        head = bytes((_NUMBERS[report["type"]], report["report_id"]))
        data = head + bytes.fromhex(report["payload"])
    return Record(float(report["at"]), report["direction"], data, report.get("note", ""))


def _public(text: str) -> str:
    """Leave out the serial number that a url may have."""
    return _SERIAL.sub("serial=...", text)


def _hex(number: int | None) -> str | None:
    return None if number is None else f"{number:04x}"

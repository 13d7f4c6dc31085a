"""Occupancy sensors: what comes from a port, believed once the sensor is warm, handed to the room.

Knows no pin and no presence. From a pin a level comes at every edge and again every second; when it
stops coming for 3 s the sensor is offline although its port is open. A radar on a serial line comes
with frames (`hilink`), a CO2 meter is asked (`co2`). What others report (`report`) by MQTT, or by
the API, stands for as long as `max_age_s`, and is told again every second meanwhile: a sensor that
nobody reports any more is unknown, not vacant.
"""

from __future__ import annotations

import logging
import posixpath
from collections import deque
from collections.abc import Callable, Mapping
from functools import cache

from roomctl.clock import Clock
from roomctl.device import Device, Nameplate
from roomctl.errors import ConfigError, PortError, Refused
from roomctl.explain import suggest
from roomctl.frozen import frozen
from roomctl.installed import data_path
from roomctl.kind import Context, Kind
from roomctl.occupancy import hilink
from roomctl.occupancy.co2 import METERS, Co2Meter
from roomctl.occupancy.health import STALE_S
from roomctl.occupancy.profile import DATASET, OccupancyProfile, OccupancyTable
from roomctl.occupancy.report import SensorReport, read_availability, read_payload
from roomctl.ports import address, gpio, gpiod, mqtt
from roomctl.profile import ProfileFolder
from roomctl.wire import Chunk, Connect, Identity, IdleMachine, Machine

_log = logging.getLogger(__name__)

TELL_EVERY_S = 1.0

TellLevel = Callable[[str, bool, float], None]
"""`tell(sensor, present, at)`: called for every level, new or told again."""

_DEFAULT, _DEFAULT_REPORTED = "generic", "wireless_motion"
_REPORTED = ("api", "mqtt", "mqtts")  # schemes under which others report
_SERIAL = ("serial", "tcp")
AGE_S, ANNOUNCED_AGE_S = 900.0, 90_000.0  # Zigbee2MQTT pings passive devices after 25 h
MOST_REPORTS, WITHIN_S = 20, 10.0  # that one sensor may have through the API
_FIRST_REPORT_S = 10.0  # nothing at all within that: whoever asks is told so
_ASK_EVERY_S, _UNANSWERED_S = 2.0, 10.0  # an SCD30 measures every 2 s, an MH-Z19 every 5 s
_BAUD: Mapping[str, int] = {
    "ld2410": hilink.BAUD_2410,
    "ld2412": hilink.BAUD_2412,
    "ld2450": hilink.BAUD_2450,
    **{name: meter.baud for name, meter in METERS.items()},
}
_RADARS: Mapping[str, Callable[[], hilink.Radar]] = {
    "ld2410": hilink.RadarPresence,
    "ld2412": hilink.RadarPresence,
    "ld2450": hilink.TrackPresence,
}
LOST_TRANSITIONS, LOST_WITHIN_S = 10, 3600.0  # more: the wire, or the box, loses too much


@frozen
class SensorLevel:
    """What a sensor shows, new or told again: whether somebody is there, by that sensor alone."""

    sensor: str
    present: bool
    at: float


class Sensor(Device):
    """One occupancy sensor; `level` is what it shows now, None while that is not known.

    `people` is how many it counts, `co2_ppm` what it measures; None for one that does not, too.
    """

    kind = "occupancy"

    def __init__(
        self,
        name: str,
        url: str,
        profile: OccupancyProfile,
        connect: Connect,
        clock: Clock,
        changed: Callable[[], None],
        level: TellLevel,
        output_hold_s: float | None = None,
        max_age_s: float | None = None,
    ) -> None:
        """`output_hold_s`: how long its output stays by itself, if not as its profile says.

        `max_age_s`: how long a report counts; None: as long as is usual for its url.
        """
        super().__init__(name, url, connect, clock, changed)
        self.profile = profile
        self.output_hold_s = profile.output_hold_s if output_hold_s is None else output_hold_s
        self.max_age_s = max_age_s or _usual_age_s(url)
        self.level: bool | None = None
        self.people: int | None = None
        self.co2_ppm: int | None = None
        self._reports: _Reports | None = None
        self.last_payload: tuple[bytes, float] | None = None  # published of it, and when
        self._reported_at: deque[float] = deque(maxlen=MOST_REPORTS)
        self.lost_transitions = 0
        self._lost_at: deque[float] = deque(maxlen=LOST_TRANSITIONS)
        self._tell = level

    @property
    def nameplates(self) -> Mapping[str, Nameplate]:
        known = Nameplate(profile=self.profile.name, verified=self.profile.verified)
        return {self.full_name: known}

    def machine(self, identity: Identity) -> Machine:
        now, speaks = self.clock.mono_s(), self.profile.speaks
        if speaks == "report":
            self._reports = _Reports(self, now)
            return self._reports
        if speaks in _RADARS:
            return _Frames(self, _RADARS[speaks](), now)
        if speaks in METERS:
            return _Asked(self, METERS[speaks](), now)
        return _Levels(self, now)

    def lost(self) -> None:
        self.level = self.people = self.co2_ppm = self._reports = None

    def heard(self, output: bool, at: float) -> None:
        """Take the sensor's output level (True = high) at `at`."""
        self.saw(output == (self.profile.polarity == "high"), at)

    def measured(self, ppm: int, at: float) -> None:
        """Take a measurement of the air; above the profile's limit it comes from people."""
        self.saw(ppm >= (self.profile.present_above_ppm or 0), at, co2_ppm=ppm)

    def saw(
        self, present: bool, at: float, people: int | None = None, co2_ppm: int | None = None
    ) -> None:
        """Take what the sensor sees at `at`, new or told again."""
        self.proven()
        if self._warming(at):
            return
        if (present, people, co2_ppm) != (self.level, self.people, self.co2_ppm):
            self.level, self.people, self.co2_ppm = present, people, co2_ppm
            self.changed()
        self._tell(self.name, present, at)

    def report(self, report: SensorReport) -> None:
        """Take what somebody reports of it through the API; Refused says why it cannot be."""
        if self.profile.speaks != "report" or not self.url.startswith("api:"):
            why = f"{self.name} is at {self.url}; only one at api: is reported"
            raise Refused(f"occupancy.{self.name}", "not_reported", why)
        measures = self.profile.kind == "co2"
        if report.available and (report.co2_ppm if measures else report.present) is None:
            why = f"{self.name} needs {'co2_ppm' if measures else 'present or people'}"
            raise Refused(f"occupancy.{self.name}", "says_nothing", f"{why}, or available: false")
        if report.people is not None and report.present is not (report.people > 0):
            why = f"present: {report.present} and people: {report.people} cannot both be"
            raise Refused(f"occupancy.{self.name}", "contradicts_itself", why)
        if self._reports is None:
            raise Refused(f"occupancy.{self.name}", "not_ready", f"{self.name} is not open yet")
        now = self.clock.mono_s()
        if len(self._reported_at) == MOST_REPORTS and now - self._reported_at[0] < WITHIN_S:
            why = f"{self.name}: more than {MOST_REPORTS} reports within {WITHIN_S:g} s"
            raise Refused(f"occupancy.{self.name}", "too_often", why)
        self._reported_at.append(now)
        self._reports.take(report, now)

    def first_heard(self, payload: bytes, now: float) -> float:
        """Return when a payload that a broker has kept was heard first, as far as is known."""
        known = self.last_payload
        return known[1] if known is not None and known[0] == payload else now

    def lost_edge(self, at: float) -> None:
        """Note that the level has changed without an edge: it was read again, which healed that."""
        self.lost_transitions += 1
        self._lost_at.append(at)
        _log.debug("%s: an edge was lost, the %d. one", self.name, self.lost_transitions)

    def losing_since(self, now: float) -> float | None:
        """Return when the first of ten edges was lost, if that is less than an hour ago."""
        full = len(self._lost_at) == LOST_TRANSITIONS
        return self._lost_at[0] if full and self._lost_at[0] > now - LOST_WITHIN_S else None

    def silent(self, what: str, hint: str) -> None:
        """Note that `what` has not come, or that it is known to be gone; `hint`: what to try."""
        self.level = self.people = self.co2_ppm = None
        self.unproven("no_reply", f"{self.name}: {what} on {self.url}; {hint}")
        self.changed()

    def _warming(self, at: float) -> bool:
        """Whether the sensor may still be making things up.

        Linux counts monotonic time from boot, and a sensor gets its power with the box: a daemon
        that is restarted later does not wait again.
        """
        return at < self.profile.warm_up_s


class _Watched(IdleMachine):
    """Watches that something keeps coming; what it means is for a subclass."""

    _what = f"no level within {STALE_S:g} s"
    _hint = "is it still wired?"

    def __init__(self, sensor: Sensor, now: float, within_s: float = STALE_S) -> None:
        self._sensor, self._within_s = sensor, within_s
        self._silent_at: float | None = now + within_s

    def _came(self, at: float) -> None:
        self._silent_at = at + self._within_s

    def tick(self, now: float) -> None:
        if self._silent_at is not None and now >= self._silent_at:
            self._silent_at = None
            self._fell_silent()

    def _fell_silent(self) -> None:
        self._sensor.silent(self._what, self._hint)

    def due(self) -> float | None:
        return self._silent_at


class _Levels(_Watched):
    """Decodes b"0" and b"1"; b"!" before one: its edge was lost."""

    def receive(self, chunk: Chunk) -> None:
        for byte in chunk.data:
            if byte in b"01":
                self._came(chunk.at)
                self._sensor.heard(byte == ord("1"), chunk.at)
            elif byte == ord("!"):
                self._sensor.lost_edge(chunk.at)


class _Frames(_Watched):
    """Decodes a radar's frames; what it sees is told at every change and every second."""

    def __init__(self, sensor: Sensor, radar: hilink.Radar, now: float) -> None:
        super().__init__(sensor, now)
        self._radar = radar
        self._present = False
        self._tell_at = 0.0

    def receive(self, chunk: Chunk) -> None:
        for present in self._radar.feed(chunk.data):
            self._came(chunk.at)
            if present != self._present or chunk.at >= self._tell_at:
                self._present, self._tell_at = present, chunk.at + TELL_EVERY_S
                self._sensor.heard(present, chunk.at)


class _Retold(_Watched):
    """Tells what it knows again every second, as a pin does, until it is too old."""

    def __init__(
        self, sensor: Sensor, now: float, within_s: float, told: Callable[[float], None]
    ) -> None:
        """`told` tells the sensor what is known, at an instant."""
        super().__init__(sensor, now, within_s)
        self._told = told
        self._tell_at: float | None = None

    def _tell(self, at: float) -> None:
        self._tell_at = at + TELL_EVERY_S
        self._told(at)

    def tick(self, now: float) -> None:
        super().tick(now)
        if self._silent_at is None:
            self._tell_at = None
        elif self._tell_at is not None and now >= self._tell_at:
            self._tell(now)

    def due(self) -> float | None:
        return min((at for at in (self._silent_at, self._tell_at) if at is not None), default=None)


class _Asked(_Retold):
    """Asks a CO2 meter every 2 s; what it measured last counts for 10 s."""

    _what = f"no measurement within {_UNANSWERED_S:g} s"
    _hint = "are its RX and TX crossed, and has it 5 V?"

    def __init__(self, sensor: Sensor, meter: Co2Meter, now: float) -> None:
        super().__init__(sensor, now, _UNANSWERED_S, self._tell_measured)
        self._meter = meter
        self._ask_at = now
        self._ppm = 0

    def receive(self, chunk: Chunk) -> None:
        for ppm in self._meter.feed(chunk.data):
            self._ppm = ppm
            self._came(chunk.at)
            self._tell(chunk.at)

    def _tell_measured(self, at: float) -> None:
        self._sensor.measured(self._ppm, at)

    def due(self) -> float | None:
        known = super().due()
        return self._ask_at if known is None else min(known, self._ask_at)

    def outbox(self, now: float) -> bytes | None:
        if now < self._ask_at:
            return None
        self._ask_at = now + _ASK_EVERY_S
        return self._meter.question()


class _Reports(_Retold):
    """Takes what others report.

    b"=" and a payload, b"~" and one that a broker has kept, b"@" and what is said of availability.
    What was kept is as old as it was when it came last, even if the wire was lost in between. It
    says nothing of a sensor that is announced to be offline: a broker may send either one first.
    """

    _hint = "does it still report, and has it power?"

    def __init__(self, sensor: Sensor, now: float) -> None:
        super().__init__(sensor, now, sensor.max_age_s, self._tell_reported)
        self._silent_at = now + min(_FIRST_REPORT_S, sensor.max_age_s)
        self._what = "nothing has been reported yet"
        self._field = address.parse(sensor.url).options.get("field")
        self._last = SensorReport()
        self._available = True

    def receive(self, chunk: Chunk) -> None:
        kind, payload = chunk.data[:1], chunk.data[1:]
        if kind == b"@":
            self._announced(read_availability(payload))
        elif kind in (b"=", b"~"):
            report = read_payload(payload, self._sensor.profile.kind, self._field)
            if report is None:
                _log.debug("%s: no report: %r", self._sensor.name, payload[:100])
                return
            kept = kind == b"~"
            at = self._sensor.first_heard(payload, chunk.at) if kept else chunk.at
            self._sensor.last_payload = (payload, at)
            if chunk.at < at + self._sensor.max_age_s and (self._available or not kept):
                self.take(report, chunk.at, since=at)

    def take(self, report: SensorReport, at: float, since: float | None = None) -> None:
        """Take a report, `since` when it counts; an unavailable sensor's: nobody can tell."""
        self._available = True  # whoever reports now can be reached, whatever was announced
        if not report.available:
            self._gone("it is reported to be unavailable")
            return
        self._what = f"no report within {self._sensor.max_age_s:g} s"
        self._last = report
        self._came(at if since is None else since)
        self._tell(at)

    def _announced(self, available: bool | None) -> None:
        if available is not None:
            self._available = available
        if available is False:
            self._gone("it is announced to be offline")

    def _gone(self, what: str) -> None:
        self._silent_at = self._tell_at = None
        self._sensor.silent(what, self._hint)

    def _tell_reported(self, at: float) -> None:
        last = self._last
        if self._sensor.profile.kind == "co2":
            self._sensor.measured(last.co2_ppm or 0, at)
        else:
            self._sensor.saw(bool(last.present), at, last.people, last.co2_ppm)


@cache
def profiles() -> Mapping[str, OccupancyProfile]:
    """Return every occupancy profile that ships, by file stem; each is read once."""
    return ProfileFolder(data_path("firmware_profiles") / "occupancy", OccupancyProfile, DATASET)


def default_profile(url: str) -> str:
    """Return the file stem of the profile of a sensor at `url` that names none."""
    return _DEFAULT_REPORTED if url.partition(":")[0] in _REPORTED else _DEFAULT


def _usual_age_s(url: str) -> float:
    """Return how long a report counts: longer where it is announced when the sensor is gone."""
    announced = url.partition(":")[0] != "api" and "availability=" in url
    return ANNOUNCED_AGE_S if announced else AGE_S


def sensors(
    tables: Mapping[str, OccupancyTable],
    connect: Connect,
    clock: Clock,
    changed: Callable[[], None],
    level: TellLevel,
) -> list[Sensor]:
    """Make one Sensor per [occupancy.NAME]; ConfigError if a profile or a hold cannot be meant."""
    known = profiles()
    made: list[Sensor] = []
    for name, table in tables.items():
        profile = _profile(known, name, table)
        _refuse_url(name, table.url, profile, {one.name: one.url for one in made})
        url = _with_baud(table.url, profile)
        made.append(
            Sensor(
                name,
                url,
                profile,
                connect,
                clock,
                changed,
                level,
                table.output_hold_s,
                table.max_age_s,
            )
        )
    return made


def _refuse_url(name: str, url: str, profile: OccupancyProfile, others: Mapping[str, str]) -> None:
    """Refuse a pin that is not there or that another sensor has, and a port of the wrong kind."""
    key = f"occupancy.{name}.url"
    scheme = url.partition(":")[0]
    if why := _wrong_port(profile, scheme, url):
        raise ConfigError("room.toml", key, why)
    try:
        place = _place(url)
    except PortError as error:
        raise ConfigError("room.toml", key, str(error)) from error
    taken = {_place(where): other for other, where in others.items()}
    if place in taken:
        raise ConfigError("room.toml", key, f"{url} is already used by occupancy.{taken[place]}")


def _wrong_port(profile: OccupancyProfile, scheme: str, url: str) -> str | None:
    """Return why a sensor of this model cannot be at such a port, if so."""
    if scheme == "sim":
        return None
    if profile.speaks == "report":
        if scheme not in _REPORTED:
            return f"a {profile.name} needs api:NAME or mqtt://HOST/TOPIC, not {url}"
        return None
    if scheme in _REPORTED:
        return (
            f"a {profile.name} is wired; for api: and mqtt: use a profile such as 'people_counter'"
        )
    if profile.speaks == "level":
        if scheme == "serial":
            return f"a {profile.name} needs a pin such as gpio:17, not {url}"
        return None
    if scheme in _SERIAL:
        return None
    why = f"a {profile.name} needs a serial line such as serial:/dev/ttyAMA0, not {url}"
    return f"{why}; for its OUT pin use profile 'ld2410_out'" if profile.kind == "radar" else why


def _place(url: str) -> tuple[object, ...]:
    """Return what no two sensors may share, however it is written.

    PortError for a url that cannot be meant.
    """
    where = address.parse(url)
    match where.scheme:
        case "gpio":
            return where.scheme, gpio.input_of(url)
        case "gpiod":
            return where.scheme, gpiod.input_of(where)
        case "mqtt" | "mqtts":
            host, port, topic = mqtt.place_of(where)
            return "mqtt", host.lower(), port, topic, where.options.get("field")
        case "serial":
            return where.scheme, posixpath.normpath(where.place)
    return where.scheme, where.place


def _with_baud(url: str, profile: OccupancyProfile) -> str:
    baud = _BAUD.get(profile.speaks)
    if baud is None or not url.startswith("serial:") or "baud=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}baud={baud}"


def _profile(
    known: Mapping[str, OccupancyProfile], name: str, table: OccupancyTable
) -> OccupancyProfile:
    stem = table.profile or default_profile(table.url)
    if stem not in known:
        why = f"no profile {stem!r}; {suggest(stem, known)}"
        raise ConfigError("room.toml", f"occupancy.{name}.profile", why)
    profile = known[stem]
    if table.vacancy_delay_s <= profile.block_s:
        why = (
            f"{table.vacancy_delay_s:g} s is not longer than the {profile.block_s:g} s in which a "
            f"{profile.name} sees nothing after its output fell"
        )
        raise ConfigError("room.toml", f"occupancy.{name}.vacancy_delay_s", why)
    return profile


def _build(tables: Mapping[str, OccupancyTable], context: Context) -> list[Sensor]:
    def level(sensor: str, present: bool, at: float) -> None:
        context.tell(SensorLevel(sensor, present, at))

    return sensors(tables, context.connect, context.clock, context.changed, level)


KIND = Kind("occupancy", OccupancyTable, _build, OccupancyProfile)

"""What others report of a sensor, by MQTT or HTTP, and the payloads that they use. Pure.

Zigbee2MQTT publishes a JSON object for each device, with `occupancy` (motion), `presence`,
`contact` (true: closed) or `co2`; whether the device can be reached comes under a topic of its own,
as `{"state": "online"}` or `online` (zigbee2mqtt.io: MQTT topics and messages; Availability). Home
Assistant's MQTT sensors and its `mqtt_statestream` publish the bare state: `ON` and `OFF`, a
number, or `unavailable` and `unknown`. Counters publish a number, or an object with one. What a
payload does not say is not guessed: it is no report.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from roomctl.frozen import frozen
from roomctl.occupancy.co2 import MOST_PPM

LONGEST = 16_384  # bytes of a payload; a Zigbee2MQTT device has hundreds
MOST_PEOPLE = 10_000

_COUNTS = ("people", "people_count", "person_count", "count")
_AIR = ("co2", "co2_ppm", "carbon_dioxide")
_SEEN = ("presence", "occupancy", "motion", "present", "state")
_YES = {"on", "true", "1", "detected", "open", "occupied", "home"}
_NO = {"off", "false", "0", "clear", "closed", "vacant", "not_home"}
_GONE = {"unavailable", "unknown", "none", "null", ""}


@frozen
class SensorReport:
    """What a sensor sees: somebody (for a door: that it is open), how many people, ppm of CO2.

    None: it does not tell. `available`: the sensor itself can be reached.
    """

    present: bool | None = None
    people: int | None = None
    co2_ppm: int | None = None
    available: bool = True


GONE = SensorReport(available=False)


def read_payload(payload: bytes, kind: str, field: str | None = None) -> SensorReport | None:
    """Read what was published of a sensor of some kind; None if it says nothing of that.

    `field`: the member of a JSON object that counts, if it is called otherwise than usual.
    """
    found = _parsed(payload)
    if found is None:
        return None
    if not isinstance(found, Mapping):
        return _of(kind, found)
    if field is not None:
        return _of(kind, found[field]) if field in found else None
    if kind == "door" and "contact" in found:
        closed = _truth(found["contact"])
        return None if closed is None else SensorReport(present=not closed)
    usual = {"counter": _COUNTS, "co2": _AIR}.get(kind, _SEEN)
    key = next((key for key in usual if key in found), None)
    return None if key is None else _of(kind, found[key])


def read_availability(payload: bytes) -> bool | None:
    """Read whether a device is said to be online; None if that is not said."""
    found = _parsed(payload)
    word = found.get("state") if isinstance(found, Mapping) else found
    return {"online": True, "offline": False}.get(str(word).strip().lower())


def _parsed(payload: bytes) -> Any:  # noqa: ANN401 - JSON, or the bare text
    """Return a JSON value, or the text that is none; None for what is neither."""
    if len(payload) > LONGEST:
        return None
    try:
        text = payload.decode("utf-8").strip()
    except UnicodeDecodeError:
        return None
    try:
        return json.loads(text) if text[:1] in ("{", "[", '"') else text
    except (ValueError, RecursionError):
        return None


def _of(kind: str, value: object) -> SensorReport | None:
    if isinstance(value, str) and value.strip().lower() in _GONE:
        return GONE
    if value is None:
        return GONE
    match kind:
        case "counter":
            people = _number(value, MOST_PEOPLE)
            return None if people is None else SensorReport(people > 0, people)
        case "co2":
            ppm = _number(value, MOST_PPM)
            return None if ppm is None else SensorReport(co2_ppm=ppm)
    present = _truth(value)
    return None if present is None else SensorReport(present)


def _truth(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    return True if word in _YES else False if word in _NO else None


def _number(value: object, most: int) -> int | None:
    """Return a whole number from 0 to `most`, also written as "3" or 3.0."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return int(number) if 0 <= number <= most and number == int(number) else None

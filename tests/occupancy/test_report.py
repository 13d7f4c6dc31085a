"""What others publish of a sensor: Zigbee2MQTT, Home Assistant, counters, and nonsense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.occupancy.report import (
    GONE,
    LONGEST,
    SensorReport,
    read_availability,
    read_payload,
)

SOMEBODY, NOBODY = SensorReport(True), SensorReport(False)


@pytest.mark.parametrize(
    ("payload", "kind", "report"),
    [
        ('{"battery":97,"illuminance":12,"linkquality":84,"occupancy":true}', "pir", SOMEBODY),
        ('{"occupancy":false,"voltage":3005}', "pir", NOBODY),
        ('{"presence":true,"presence_event":"enter"}', "radar", SOMEBODY),
        ('{"contact":true,"battery":100}', "door", NOBODY),
        ('{"contact":false}', "door", SOMEBODY),
        ('{"co2":873,"temperature":21.5}', "co2", SensorReport(co2_ppm=873)),
        ("ON", "pir", SOMEBODY),
        ("off", "pir", NOBODY),
        ("on", "door", SOMEBODY),
        ("unavailable", "pir", GONE),
        ("unknown", "counter", GONE),
        ('{"state":null}', "pir", GONE),
        ("6", "counter", SensorReport(True, 6)),
        ("0", "counter", SensorReport(False, 0)),
        ("3.0", "counter", SensorReport(True, 3)),
        ('{"people_count":4}', "counter", SensorReport(True, 4)),
        ("612", "co2", SensorReport(co2_ppm=612)),
    ],
)
def test_what_is_published_is_read(payload: str, kind: str, report: SensorReport) -> None:
    assert read_payload(payload.encode(), kind) == report


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (b"", "door"),
        (b"{", "pir"),
        (b"[]", "pir"),
        (b"\xff\xfe", "pir"),
        (b'{"battery":97}', "pir"),
        (b'{"occupancy":"perhaps"}', "pir"),
        (b'{"occupancy":[true]}', "pir"),
        (b"-1", "counter"),
        (b"2.5", "counter"),
        (b"1e400", "counter"),
        (b"nan", "counter"),
        (b"true", "counter"),
        (b'{"people":true}', "counter"),
        (b"99999999999", "counter"),
        (b"[" * 5000, "counter"),
        (b'{"people":1}' + b" " * LONGEST, "counter"),
    ],
)
def test_what_says_nothing_of_it_is_no_report(payload: bytes, kind: str) -> None:
    assert read_payload(payload, kind) in (None, GONE)
    assert (read_payload(payload, kind) == GONE) is (payload == b"")


def test_a_member_may_be_named() -> None:
    payload = b'{"people": 9, "zones": 2}'
    assert read_payload(payload, "counter", "zones") == SensorReport(True, 2)
    assert read_payload(payload, "counter", "seats") is None


@pytest.mark.parametrize(
    ("payload", "online"),
    [
        (b"online", True),
        (b"offline", False),
        (b'{"state":"online"}', True),
        (b'{"state":"offline"}', False),
        (b"", None),
        (b'{"state":7}', None),
        (b"[1]", None),
    ],
)
def test_availability_is_read_in_both_forms(payload: bytes, online: bool | None) -> None:
    assert read_availability(payload) is online


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_a_report_or_none(payload: bytes) -> None:
    for kind in ("pir", "counter", "co2", "door"):
        read_payload(payload, kind)
    read_availability(payload)

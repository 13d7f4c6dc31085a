"""What is said of a device, from its driver, and read back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from roomctl.clock import Moment
from roomctl.device import Health, Status
from roomctl.speakerphone.description import (
    REPORTS,
    Description,
    last,
    pasted,
    report_words,
    ring,
    why,
    words,
)
from roomctl.speakerphone.profile import GENERIC
from roomctl.speakerphone.sim import BLACKWIRE, MODELS, SPEAK_810, Model
from roomctl.wire import Identity, Record
from tests.invented import LoopClock, invented
from tests.speakerphone.stages import InMemory

NOW = Moment(100.0, datetime(2026, 11, 25, 9, 0, tzinfo=UTC), True)


def described(*records: Record, **facts: object) -> dict[str, object]:
    identity = Identity("usb:0b0e:2456", vid=0x0B0E, pid=0x2456)
    identity = replace(identity, **({"report_descriptor": SPEAK_810.descriptor} | facts))
    health = Health(Status.ONLINE, NOW)
    said = Description("table", identity.url, health, identity, "generic", "so", GENERIC, records)
    return said.as_object(NOW)


def meanings(*records: Record) -> list[list[str]]:
    reports = described(*records)["reports"]
    assert isinstance(reports, list)
    return [report.get("means", []) for report in reports]


OPEN = Record(1.0, "open", note="usb:0b0e:2456")
DARK = Record(1.1, "out", bytes((2, 2, 0, 0)))
PRESS = bytes((1, 2, 0b100, 0))


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.product)
def test_a_living_device_is_described_and_the_description_replays(model: Model) -> None:
    @invented
    async def living() -> None:
        stage = InMemory(model)
        await stage.open()
        await stage.online()
        await stage.press_mute()
        await stage.pass_s(3)
        await stage.press_hook()
        await stage.pass_s(1)
        await stage.unplug()
        await stage.pass_s(1)
        await stage.plug()
        await stage.pass_s(3)
        await stage.press_mute()
        said = json.loads(json.dumps(stage.phone.description.as_object(LoopClock().now())))
        assert (said["vid"], said["pid"]) == (f"{model.vid:04x}", f"{model.pid:04x}")
        assert (said["bcd_device"], said["port_path"]) == ("0123", "1-1.5")
        entry = pasted(said)
        assert entry.descriptor == model.descriptor
        assert entry.replayed() == entry.means
        pressed = [word for means in entry.means for word in means if not word.startswith("led_")]
        assert [word for word in pressed if word.count(":") == 0] == stage.presses
        await stage.close()

    living()


def test_what_was_written_is_said_by_its_leds_and_a_press_by_its_name() -> None:
    lit = Record(2.0, "out", bytes((2, 2, 0b11, 0)))
    assert meanings(OPEN, DARK, lit) == [[], [], ["led_off_hook", "led_mute"]]
    assert meanings(OPEN, DARK, Record(9.0, "in", PRESS)) == [[], [], ["mute"]]


def test_an_echo_is_not_said_to_be_a_press() -> None:
    muted = Record(2.0, "out", bytes((2, 2, 0b10, 0)))
    assert meanings(OPEN, DARK, muted, Record(2.1, "in", PRESS))[-1] == []


def test_a_write_that_failed_says_why() -> None:
    refused = Record(2.0, "out", bytes((2, 2, 0b10, 0)), "writing report 2: STALL")
    reports = described(OPEN, refused)["reports"]
    assert reports[1]["note"] == "writing report 2: STALL"
    assert "STALL" in report_words(reports)


def test_a_serial_number_is_in_none_of_it() -> None:
    opened = replace(OPEN, note="usb:auto?serial=SECRET&port=1")
    identity = {"serial_number": "SECRET"}
    said = described(opened, **identity)
    assert "SECRET" not in json.dumps(said)
    assert "SECRET" not in words(said) + report_words(said["reports"])


def test_the_last_fifty_reports_are_kept() -> None:
    kept = ring()
    for n in range(500):
        kept.note(Record(float(n), "in", PRESS))
    shown = last(kept.records())
    assert [record.at for record in shown] == [float(n) for n in range(450, 500)]
    assert len(shown) == REPORTS
    assert last(()) == ()


def test_what_is_no_descriptor_is_described_all_the_same() -> None:
    said = described(OPEN, Record(2.0, "in", PRESS), report_descriptor=b"\xc0")
    assert said["descriptor"] == "c0"


def test_why_a_profile_was_chosen() -> None:
    known = Identity("usb:auto", vid=BLACKWIRE.vid, pid=BLACKWIRE.pid)
    assert why(None, "plantronics-blackwire-3220", known) == "it is for 047f:c056"
    assert why(None, "generic", known).startswith("no profile is for 047f:c056")
    assert why("generic", "generic", known) == "room.toml names it"
    assert why(None, "generic", None) == "the device was not seen yet"

"""`roomctl speakerphone`: what it gives back, and what it describes for an issue."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from roomctl.cli.main import app, given_back
from roomctl.speakerphone.description import pasted
from roomctl.speakerphone.sim import BLACKWIRE, SPEAK_810
from tests.cli.rig import roomctl, simulating


def test_what_was_given_back_is_named() -> None:
    mended = ["interface 3 of 0b0e:2456 at 1-1.4", "interface 3 of 0b0e:0420 at 1-2"]
    assert given_back(mended).splitlines() == [f"given back to usbhid: {name}" for name in mended]
    assert given_back([]) == "nothing to give back"


def test_the_stop_hook_is_told_where_somebody_looks_for_it() -> None:
    result = CliRunner().invoke(app, ["speakerphone", "release", "--help"])
    assert result.exit_code == 0
    assert "ExecStopPost=-/usr/bin/roomctl speakerphone release" in " ".join(result.output.split())


@pytest.mark.real
def test_a_running_room_is_asked_for_it_holds_the_device(tmp_path: Path) -> None:
    with simulating(tmp_path, "--screen", "simulated") as running:
        running.ready()
        said = running.roomctl("speakerphone", "describe", "--json")
        words = running.roomctl("speakerphone", "describe", "table")
        unknown = running.roomctl("speakerphone", "describe", "sofa")
    assert (said.status, said.err) == (0, "")
    found = said.json
    assert found["output_report_payload_bytes"]["2"] == 2
    assert {control["usage"] for control in found["controls"]} >= {"phone_mute", "led_mute"}
    assert pasted(found).descriptor == SPEAK_810.descriptor
    assert words.status == 0
    for line in (
        "ids         0b0e:2456, bcdDevice 0123",
        "profile     jabra-speak-810: it is for 0b0e:2456",
        "mute button: report 2 bit 2, a pulse for each press",
        "the last reports, never audio:",
    ):
        assert line in words.out.splitlines()
    assert unknown.status == 1
    assert "no speakerphone 'sofa'; there is: table" in unknown.err


@pytest.mark.real
def test_without_a_room_the_device_of_a_file_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "room.toml"
    path.write_text(f'[speakerphone.table]\nurl = "sim:{BLACKWIRE.ids}"\n', encoding="utf-8")
    found = roomctl(tmp_path, "speakerphone", "describe", "-c", str(path), "--json").json
    assert (found["status"], found["product"]) == ("online", BLACKWIRE.product)
    assert [report["report_id"] for report in found["reports"][1:3]] == [23, 9]
    wrong = roomctl(tmp_path, "speakerphone", "describe", "sofa", "-c", str(path))
    assert "no speakerphone 'sofa'; there is: table" in wrong.err


@pytest.mark.real
def test_what_is_not_plugged_in_is_one_sentence(tmp_path: Path) -> None:
    said = roomctl(tmp_path, "speakerphone", "describe", "usb:ffff:fffe")
    assert (said.status, said.out) == (1, "")
    assert "usb:ffff:fffe" in said.err
    assert said.err.count("\n") == 1

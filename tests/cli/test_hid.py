"""`roomctl hid`: any bytes give one layout or one error, however somebody wrote them down."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from roomctl.cli.main import app
from roomctl.speakerphone.hid import Usage
from tests.examples import examples
from tests.speakerphone.devices import BLACKWIRE, POWERCONF, RECORDED, SP325

NAMED = {usage.name.lower() for usage in Usage}
SMALL = bytes.fromhex("0508a1017501950109099102c0")  # one Mute LED, no report ID
MUTE = {
    "usage": "led_mute",
    "dir": "O",
    "report_id": 0,
    "bit": 0,
    "size": 1,
    "constant": False,
    "relative": False,
}

runner = CliRunner()


def run(*words: str, stdin: str | bytes = "") -> Result:
    return runner.invoke(app, ["hid", *words], input=stdin)


def found(*words: str, stdin: str | bytes = "") -> dict[str, Any]:
    result = run("--json", *words, stdin=stdin)
    assert result.exit_code == 0, result.output
    value: dict[str, Any] = json.loads(result.stdout)
    return value


def described(control: dict[str, Any]) -> str:
    flags = "C" * control["constant"] + "R" * control["relative"]
    where = f"{control['dir']} {control['report_id']} {control['bit']}"
    return f"{control['usage']} {where} {flags}".strip()


@pytest.mark.parametrize("name", RECORDED)
def test_a_real_descriptor_gives_its_controls_and_output_lengths(name: str) -> None:
    recorded = RECORDED[name]
    told = found(recorded.model.descriptor.hex())
    controls = [described(one) for one in told["controls"] if one["usage"] in NAMED]
    assert sorted(controls) == sorted(recorded.controls)
    assert told["output_report_payload_bytes"] == {
        str(report_id): length for report_id, length in recorded.output_bytes.items()
    }


def test_usages_without_a_name_are_page_and_usage_in_hex_and_no_entry_has_other_keys() -> None:
    told = found(POWERCONF.descriptor.hex())
    assert "000c:00cd" in {one["usage"] for one in told["controls"]}
    assert [one["usage"] for one in told["controls"]].count("ff00:0001") == 2 * 63
    assert list(told) == ["controls", "output_report_payload_bytes"]
    assert all(list(one) == list(MUTE) for one in told["controls"])


def test_arrays_and_padding_are_not_listed_but_move_what_follows() -> None:
    told = found(POWERCONF.descriptor.hex())
    bits = {one["bit"]: one["usage"] for one in told["controls"] if one["report_id"] == 2}
    assert (bits[10], set(range(6, 10)) & set(bits)) == ("button7_reject", set())


@pytest.mark.parametrize(
    "text",
    [
        "0508a1017501950109099102c0",
        "05 08 A1 01 75 01 95 01 09 09 91 02 C0",
        "0x05, 0x08, 0xa1, 0x01, 0x75, 0x1, 0x95, 0x01, 0x09, 0x09, 0x91, 0x02, 0xC0,\n",
        "05:08:a1:01:75:01:95:01:09:09:91:02:c0",
        "\ufeff0508a1017501\r\n950109099102c0\r\n",
        "0x05, 0x08,  // Usage Page (LEDs)\n0xa1, 0x01,  # it\n/* all */ 7501950109099102c0",
        "D: 0\nR: 13 05 08 a1 01 75 01 95 01 09 09 91 02 c0\nN: a lamp\nI: 3 0b0e 2456\n",
        "001:004:003:DESCRIPTOR         1690000000.123456\n"
        " 05 08 A1 01 75 01 95 01\n 09 09 91 02 C0\n\n",
        "05 08 a1 01 75 01 95 01 09 09 91 02 c0 \n\n  OUTPUT[OUTPUT]\n    Field(0)\n",
        r"\x05\x08\xa1\x01\x75\x01\x95\x01\x09\x09\x91\x02\xc0",
        "0508 a101 7501 9501 0909 9102 c0\n",
        "00000000: 0508 a101 7501 9501  ....u...\n00000008: 0909 9102 c0         .....\n",
        "00000000  05 08 a1 01 75 01 95 01  09 09 91 02  |....u.......|\n"
        "0000000c  c0                                |.|\n0000000d\n",
        "0000000 05 08 a1 01 75 01 95 01\n0000010 09 09 91 02 c0\n0000015\n",
        "unsigned char rdesc[] = {\n  0x05, 0x08, 0xa1, 0x01, 0x75, 0x01, 0x95, 0x01,\n"
        "  0x09, 0x09, 0x91, 0x02, 0xc0\n};\nunsigned int rdesc_len = 13;\n",
    ],
)
def test_people_write_a_descriptor_down_in_many_ways(text: str, tmp_path: Path) -> None:
    file = tmp_path / "rdesc"
    file.write_text(text, encoding="utf-8")
    expected = {"controls": [MUTE], "output_report_payload_bytes": {"0": 1}}
    assert found(str(file)) == found("-", stdin=text) == expected


def test_hex_may_be_typed_byte_by_byte() -> None:
    assert found(*SMALL.hex(" ").split())["controls"] == [MUTE]


def test_a_file_may_hold_the_bytes_themselves_and_so_may_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "report_descriptor"
    file.write_bytes(SP325.descriptor)
    assert found(str(file)) == found("-", stdin=SP325.descriptor) == found(SP325.descriptor.hex())


def test_what_parses_as_hex_is_hex_although_a_file_has_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(SMALL.hex()).write_bytes(SP325.descriptor)
    assert found(SMALL.hex())["controls"] == [MUTE]


def test_nothing_declares_nothing() -> None:
    assert found("") == {"controls": [], "output_report_payload_bytes": {}}


@pytest.mark.parametrize(
    ("words", "stdin", "says"),
    [
        (["zz"], "", "'zz' is neither hex, two digits for each byte, nor a file"),
        (["050"], "", "'050' is neither hex"),
        (["0" * 4999], "", "neither hex"),
        (["05\x00"], "", "neither hex"),
        (["."], "", "is a folder; name the report_descriptor file in it"),
        (["-"], "dear reader", "standard input holds neither a report descriptor nor hex of one"),
        (["-"], "R: 1 c0\nR: 1 c0\n", "standard input holds 2 report descriptors"),
        (["-"], "0000000 0805 01a1 0175 0195\n0000008 0909\n", "holds neither"),  # words, low first
        (["-"], "00000000: 0508 a101\n00000010: 7501 c0\n", "holds neither"),  # a line is missing
        (["-"], "00" * 40000, "standard input holds more than 65536 bytes"),
        (["-"], "05", "report descriptor: byte 0: the descriptor ends inside an item"),
        (["-"], "00" * 4097, "4097 bytes, at most 4096 are read"),
        (["０５"], "", "neither hex"),
    ],
)
def test_what_is_no_descriptor_is_one_error_and_status_1(
    words: list[str], stdin: str, says: str
) -> None:
    result = run("--json", *words, stdin=stdin)
    told = json.loads(result.stdout)
    assert (result.exit_code, list(told)) == (1, ["error"])
    assert says in told["error"]


def test_a_persons_error_is_the_same_sentence() -> None:
    result = run("zz")
    assert result.stdout == ""
    assert "neither hex" in str(result.exception)


@settings(max_examples=examples(60), deadline=None, derandomize=True)
@given(st.binary(max_size=300))
def test_any_bytes_give_one_object(data: bytes) -> None:
    result = run("--json", data.hex() or "00")
    told = json.loads(result.stdout)
    expected = ["error"] if result.exit_code else ["controls", "output_report_payload_bytes"]
    assert list(told) == expected


def test_people_read_a_table_and_what_a_call_gets_of_it() -> None:
    lines = run(POWERCONF.descriptor.hex()).stdout.splitlines()
    assert "2 in    2    1     phone_mute              a pulse or a step, flagged constant" in lines
    assert "2 in    6    4     000b:00b0 to 000b:00bb  the number of one of them" in lines
    assert "3 out   0    8     ff00:0001 x 63          set by the host" in lines
    assert "report 1 in: 1 byte of payload" in lines
    assert lines[-5:] == [
        "mute button: report 2 bit 2, a pulse for each press",
        "mute light: report 2 bit 1",
        "hook: report 2 bit 0",
        "off-hook light: report 2 bit 0",
        "volume keys: report 1 bit 0",
    ]


def test_people_are_told_what_is_missing() -> None:
    lines = run("").stdout.splitlines()
    assert lines == [
        "mute button: none",
        "mute light: none; only the panel shows mute",
        "hook: none; calls are left on the panel",
        "off-hook light: none",
        "volume keys: none",
    ]
    assert "volume keys: none" in run(BLACKWIRE.descriptor.hex()).stdout

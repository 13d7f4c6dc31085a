"""The numbers of the picture against vendors' lists: both ends of each, in both directions."""

import tomllib
from pathlib import Path

import pytest

from roomctl.visca import codec
from roomctl.visca.codec import COMMAND_ROWS, INQUIRY_ROWS, Described
from roomctl.visca.vocabulary.image import IMAGE_CONTROLS, IMAGE_RANGES, IMAGE_SWITCHES

FILE = Path(__file__).parents[1] / "vectors" / "visca_image.toml"
DOCUMENTS = tomllib.loads(FILE.read_text(encoding="utf-8"))["document"]
CONTROLS = [(each["list"], vector) for each in DOCUMENTS for vector in each["controls"]]
SWITCHES = [vector for each in DOCUMENTS for vector in each.get("switches", ())]
COMMANDS = {row.name for row in COMMAND_ROWS}
INQUIRIES = {row.name for row in INQUIRY_ROWS}


def heard(text: str, inquiry: str | None = None) -> Described:
    """Return what the bytes say; they are what says it, too."""
    frame = bytes.fromhex(text)
    said = codec.decode(frame, bytes.fromhex(inquiry) if inquiry else None)
    assert isinstance(said, Described), said
    assert codec.encode(said, len(frame)) == frame
    return said


def name_of(case: object) -> str | None:
    return case["name"] if isinstance(case, dict) else None


@pytest.mark.parametrize(("of", "vector"), CONTROLS, ids=name_of)
def test_both_ends_of_a_list_are_its_command_s_bytes(of: str, vector: dict) -> None:
    control, reach = IMAGE_CONTROLS[vector["name"]], IMAGE_RANGES[of][vector["name"]]
    ends = [heard(vector[end]) for end in ("low", "high")]
    assert [(said.kind, said.name) for said in ends] == [("command", control.command)] * 2
    assert [said.fields[control.field] for said in ends] == [reach.low, reach.high]


@pytest.mark.parametrize(("of", "vector"), CONTROLS, ids=name_of)
def test_what_a_list_can_ask_for_is_answered_with_the_value(of: str, vector: dict) -> None:
    control, reach = IMAGE_CONTROLS[vector["name"]], IMAGE_RANGES[of][vector["name"]]
    assert reach.told == ("asked" in vector)
    if reach.told:
        asked, answer = heard(vector["asked"]), heard(vector["answer"], vector["asked"])
        assert (asked.kind, asked.name) == ("inquiry", control.inquiry)
        assert answer.fields[control.field] == reach.high


@pytest.mark.parametrize("vector", SWITCHES, ids=name_of)
def test_a_switch_is_set_asked_and_answered(vector: dict) -> None:
    assert vector["name"] in IMAGE_SWITCHES
    said = [heard(vector["on"]), heard(vector["off"]), heard(vector["answer"], vector["asked"])]
    assert [(each.name, each.fields["on"]) for each in said] == [
        (vector["name"], on) for on in (True, False, True)
    ]
    assert heard(vector["asked"]).name == vector["name"]


def test_every_range_has_its_bytes_from_a_document() -> None:
    ranges = {(of, name) for of, reaches in IMAGE_RANGES.items() for name in reaches}
    assert {(of, vector["name"]) for of, vector in CONTROLS} == ranges
    assert {vector["name"] for vector in SWITCHES} == set(IMAGE_SWITCHES)


@pytest.mark.parametrize("name", IMAGE_CONTROLS)
def test_a_control_s_messages_are_in_the_vocabulary(name: str) -> None:
    control = IMAGE_CONTROLS[name]
    assert control.command in COMMANDS
    assert control.inquiry is None or control.inquiry in INQUIRIES
    steps = {f"{name}_reset", f"{name}_up", f"{name}_down"}
    assert not control.steps or steps <= COMMANDS
    assert control.switch is None or control.switch in COMMANDS & INQUIRIES


def test_an_srg_300h_s_iris_is_closed_or_f14_to_f1_6() -> None:
    """Its list has 00, and 05 to 11."""
    iris = IMAGE_RANGES["sony_srg300h"]["iris"]
    assert [value for value in range(0x14) if value in iris] == [0x00, *range(0x05, 0x12)]


def test_the_value_that_changes_nothing_is_within_its_range() -> None:
    for reaches in IMAGE_RANGES.values():
        for reach in reaches.values():
            assert reach.none is None or reach.none in reach

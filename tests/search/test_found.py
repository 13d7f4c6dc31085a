"""What becomes of answers to a search: joined, bounded, and believed only as to where they are."""

from collections.abc import Iterable

import pytest

from roomctl.ports.search import Question
from roomctl.search import FoundDevices, Sighting
from roomctl.search.found import (
    LONGEST_NAME,
    MOST_ANSWERS,
    MOST_CLAIMS,
    MOST_FOUND,
    MOST_OF_ONE,
    hosts_of,
    plain,
)

QUESTION = Question(b"who?", 9)


class Told:
    """A way whose datagrams are lines of `protocol url name model mac claims`."""

    question = QUESTION

    def __init__(self) -> None:
        self.read_so_far = 0

    def read(self, data: bytes, sender: str) -> Iterable[Sighting]:
        self.read_so_far += 1
        yield Sighting(*data.decode().split("|"))


def found(*answers: tuple[str, str]) -> FoundDevices:
    devices = FoundDevices([("camera", Told())])
    for sender, text in answers:
        devices.take(0, sender, text.encode())
    return devices


def test_a_camera_that_answers_in_two_ways_is_one() -> None:
    (one,) = found(
        ("10.0.0.9", "ONVIF|onvif://10.0.0.9||SRG-X120"),
        ("10.0.0.9", "VISCA over IP|visca-ip://10.0.0.9|CAM1||04:5d:4b:01:02:03"),
        ("10.0.0.9", "ONVIF|onvif://10.0.0.9|another name"),
    )
    assert one.protocols == ("ONVIF", "VISCA over IP")
    assert one.urls == ("onvif://10.0.0.9", "visca-ip://10.0.0.9")
    assert (one.name, one.model, one.mac) == ("CAM1", "SRG-X120", "04:5d:4b:01:02:03")


def test_two_cameras_behind_one_address_are_two() -> None:
    ports = [one.urls for one in found(("10.0.0.9", "ONVIF|a:1"), ("10.0.0.9", "ONVIF|a:2"))]
    assert ports == [("a:1",), ("a:2",)]


def test_a_camera_and_a_display_at_one_address_are_two() -> None:
    devices = FoundDevices([("camera", Told()), ("display", Told())])
    devices.take(0, "10.0.0.9", b"ONVIF|onvif://10.0.0.9")
    devices.take(1, "10.0.0.9", b"PJLink|tcp://10.0.0.9")
    assert [one.kind for one in devices] == ["camera", "display"]


def test_an_answer_for_another_address_is_kept_as_a_claim_and_moves_nothing() -> None:
    liars = [("10.0.0.66", f"ONVIF|onvif://10.0.0.66||||10.0.0.{n}") for n in range(10)]
    (one,) = found(*liars)
    assert (one.host, one.urls) == ("10.0.0.66", ("onvif://10.0.0.66",))
    assert one.claims == tuple(f"10.0.0.{n}" for n in range(MOST_CLAIMS))


def test_of_one_sender_and_of_one_way_only_so_many_answers_are_read() -> None:
    way = Told()
    devices = FoundDevices([("camera", way)])
    for _ in range(10_000):
        devices.take(0, "10.0.0.66", b"ONVIF|onvif://10.0.0.66")
    assert way.read_so_far == MOST_OF_ONE
    for n in range(10_000):
        devices.take(0, f"10.1.{n // 250}.{n % 250}", f"ONVIF|onvif://{n}".encode())
    assert way.read_so_far == MOST_ANSWERS
    assert len(list(devices)) == MOST_FOUND


def test_a_flood_of_one_leaves_room_for_the_others() -> None:
    flood = [("10.0.0.66", f"ONVIF|onvif://10.0.0.66:{n}") for n in range(10_000)]
    assert "10.0.0.9" in {one.host for one in found(*flood, ("10.0.0.9", "ONVIF|o://10.0.0.9"))}


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("Front\r\n[camera.evil]\nurl = 1", "Front [camera.evil] url = 1"),
        ("\x1b[31mred\x00\x07", "[31mred"),
        ("a\u202ee\u2028b\u200bc", "a e b c"),
        ("x" * 300, "x" * LONGEST_NAME),
        (" 会议室  前 ", "会议室 前"),
    ],
)
def test_a_name_is_one_printable_line(told: str, kept: str) -> None:
    assert plain(told) == kept


def test_hosts_are_read_of_urls_as_room_toml_has_them() -> None:
    urls = ["visca-ip://10.0.0.9", "tcp://10.0.0.8:4352", "onvif://u:p@10.0.0.7", "usb:auto", "x"]
    assert hosts_of(urls) == {"10.0.0.9", "10.0.0.8", "10.0.0.7"}

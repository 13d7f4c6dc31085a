"""Which speed is tried when; what the camera makes of it is in test_lines."""

import pytest

from roomctl.camera.baud import BaudSearch, at_speed, baud_of, is_open


def tried(speeds: BaudSearch, count: int) -> list[int]:
    came = []
    for _ in range(count):
        came.append(speeds.now)
        speeds.next()
    return came


def test_the_most_frequent_speeds_come_first() -> None:
    offered = (2400, 250000, 115200, 9600, 38400, 4800, 9600)
    wanted = [9600, 38400, 115200, 4800, 2400, 250000]
    assert tried(BaudSearch(offered), 12) == wanted * 2


def test_without_any_offered_all_common_ones_are_tried() -> None:
    assert tried(BaudSearch(()), 6) == [9600, 38400, 115200, 19200, 4800, 2400]


def test_the_found_one_comes_again_after_each_other_one() -> None:
    speeds = BaudSearch((9600, 38400, 115200))
    speeds.next()
    assert speeds.answered()
    assert not speeds.answered()
    assert tried(speeds, 8) == [38400, 115200, 38400, 9600, 38400, 115200, 38400, 9600]


@pytest.mark.parametrize("found", [None, 9600, 115200])
@pytest.mark.parametrize("offered", [(9600,), (9600, 115200), (9600, 38400, 115200)])
def test_exhausted_means_that_each_one_was_tried(
    offered: tuple[int, ...], found: int | None
) -> None:
    speeds = BaudSearch(offered)
    while found in offered and speeds.now != found:
        speeds.next()
    if found in offered:
        speeds.answered()
    came = set()
    while not speeds.exhausted:
        came.add(speeds.now)
        speeds.next()
    assert came == set(offered)


def test_only_one_speed_is_tried_again_and_again_even_if_it_was_found() -> None:
    speeds = BaudSearch((9600,))
    speeds.answered()
    assert tried(speeds, 3) == [9600, 9600, 9600]


@pytest.mark.parametrize(
    ("url", "is_left_open", "baud"),
    [
        ("serial:/dev/ttyUSB0", True, 9600),
        ("serial:/dev/ttyUSB0?baud=38400", False, 38400),
        ("serial:/dev/ttyUSB0?baud=0", False, 9600),
        ("serial:rfc2217://192.0.2.1:4001?ign_set_control", True, 9600),
        ("serial:socket://192.0.2.1:4001", False, 9600),
        ("sim:", False, 9600),
        ("tcp://192.0.2.1:5678", False, None),
        ("visca-ip://192.0.2.1", False, None),
    ],
)
def test_a_url_leaves_its_speed_open_or_not(url: str, is_left_open: bool, baud: int | None) -> None:
    assert is_open(url) is is_left_open
    assert baud_of(url) == baud


def test_a_speed_is_put_into_a_url() -> None:
    assert at_speed("serial:/dev/ttyUSB0", 9600) == "serial:/dev/ttyUSB0?baud=9600"
    url = "serial:rfc2217://192.0.2.1:4001?poll_modem"
    assert baud_of(at_speed(url, 38400)) == 38400


def test_it_says_which_were_tried() -> None:
    assert str(BaudSearch((9600, 38400, 115200))) == "9600, 38400 or 115200 baud"
    assert str(BaudSearch((4800,))) == "4800 baud"

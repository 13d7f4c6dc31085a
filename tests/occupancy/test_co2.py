"""CO2 meters on a serial line, both ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.occupancy.co2 import (
    ANSWERS,
    METERS,
    MOST_PPM,
    Mhz19,
    Scd30,
    mhz19_answer,
    modbus_crc,
)

# MH-Z19B user manual, page 7
MHZ19_READ = bytes.fromhex("FF01860000000000 79")
MHZ19_544 = bytes.fromhex("FF8602200000000058")
# SCD30 Interface Description 1.0, section 1.4
SCD30_START = bytes.fromhex("6106003600006064")
SCD30_IS_READY = bytes.fromhex("6103002700013DA1")
SCD30_READY = bytes.fromhex("6103020001F98C")
SCD30_READ = bytes.fromhex("6103002800064C60")
SCD30_439 = bytes.fromhex("61030C43DB8C2E41D9E7FF42433A1B5007")


def test_the_manuals_example_is_544_ppm() -> None:
    meter = Mhz19()
    assert meter.question() == MHZ19_READ
    assert meter.feed(MHZ19_544) == [544]
    assert mhz19_answer(544) == MHZ19_544


def test_a_garbled_answer_is_none_and_the_next_one_is_read() -> None:
    meter = Mhz19()
    assert meter.feed(MHZ19_544[:-1] + b"\x59" + MHZ19_544) == [544]
    assert meter.feed(mhz19_answer(0)) == []  # what it says while it warms up


def test_an_scd30_is_told_to_measure_then_asked_and_read() -> None:
    meter = Scd30()
    assert meter.question() == SCD30_START
    assert meter.feed(SCD30_START) == []
    assert meter.question() == SCD30_IS_READY
    assert meter.feed(SCD30_READY) == []
    assert meter.question() == SCD30_READ
    assert meter.feed(SCD30_439) == [439]
    assert meter.question() == SCD30_IS_READY


def test_an_scd30_that_is_not_ready_is_asked_again_and_one_that_is_silent_begun_again() -> None:
    meter = Scd30()
    meter.question()
    meter.feed(SCD30_START)
    meter.question()
    not_ready = bytes.fromhex("6103020000")
    assert meter.feed(not_ready + modbus_crc(not_ready)) == []
    assert meter.question() == SCD30_IS_READY
    assert meter.question() == SCD30_START


@pytest.mark.parametrize("name", sorted(METERS))
@given(noise=st.binary(max_size=200), ppm=st.integers(1, MOST_PPM))
def test_noise_takes_bounded_memory_and_the_meter_is_understood_after_it(
    name: str, noise: bytes, ppm: int
) -> None:
    meter = METERS[name]()
    for at in range(0, len(noise), 5):
        meter.feed(noise[at : at + 5])
        assert len(meter._waiting) <= 64
    found: list[int] = []
    for _ in range(16):
        answer = ANSWERS[name](meter.question(), ppm)
        assert answer is not None
        found += meter.feed(answer)
    assert found[-1:] == [ppm]

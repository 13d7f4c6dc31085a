"""A light sensor of Linux IIO, in an invented sysfs folder: whole, missing, garbled."""

from pathlib import Path

import pytest

from roomctl.ports.illuminance import illuminance_lux


def written(devices: Path, device: str, files: dict[str, str]) -> None:
    (devices / device).mkdir(parents=True)
    for name, text in files.items():
        (devices / device / name).write_bytes(text.encode("latin-1"))


@pytest.mark.parametrize(
    ("files", "lux"),
    [
        ({"in_illuminance_input": "312.5\n"}, 312.5),
        ({"in_illuminance_raw": "40\n"}, 40.0),
        ({"in_illuminance_raw": "40\n", "in_illuminance_scale": "0.25\n"}, 10.0),
        ({"in_illuminance_raw": "40", "in_illuminance_offset": "-8", "name": "tsl2591"}, 32.0),
        ({"in_illuminance0_raw": "7\n", "in_illuminance0_scale": "2\n"}, 14.0),
        ({"in_illuminance_input": "0\n"}, 0.0),
        ({"in_temp_raw": "300\n", "in_illuminance_thresh_rising_value": "9\n"}, None),
        ({"in_illuminance_input": ""}, None),
        ({"in_illuminance_input": "bright\n"}, None),
        ({"in_illuminance_input": "\xff\x00"}, None),
        ({"in_illuminance_input": "nan"}, None),
        ({"in_illuminance_input": "inf"}, None),
        ({"in_illuminance_input": "-3"}, None),
        ({"in_illuminance_input": "9" * 5000}, None),
        ({"in_illuminance_raw": "40", "in_illuminance_scale": "garbled"}, None),
        ({"in_illuminance_input": "garbled", "in_illuminance_raw": "12"}, 12.0),
    ],
)
def test_a_sensor_says_how_many_lux_there_are_or_nothing(
    tmp_path: Path, files: dict[str, str], lux: float | None
) -> None:
    written(tmp_path, "iio:device0", files)
    assert illuminance_lux(tmp_path) == lux


def test_the_first_sensor_that_works_counts(tmp_path: Path) -> None:
    written(tmp_path, "iio:device0", {"in_accel_x_raw": "3"})
    written(tmp_path, "iio:device1", {"in_illuminance_raw": "EIO"})
    written(tmp_path, "iio:device2", {"in_illuminance_input": "55"})
    (tmp_path / "trigger0").symlink_to("nowhere")
    assert illuminance_lux(tmp_path) == 55.0


def test_a_box_without_any_has_no_reading(tmp_path: Path) -> None:
    assert illuminance_lux(tmp_path) is None
    assert illuminance_lux(tmp_path / "none") is None
    (tmp_path / "iio:device0" / "in_illuminance_input").mkdir(parents=True)
    assert illuminance_lux(tmp_path) is None

"""The profiles that ship, and what a profile must not say."""

from pathlib import Path

import pytest

from roomctl.errors import ProfileError
from roomctl.installed import data_path
from roomctl.occupancy.driver import profiles
from roomctl.occupancy.profile import DATASET, DatasetProfile, OccupancyProfile, OccupancyTable
from roomctl.profile import load

FOLDER = data_path("firmware_profiles") / "occupancy"


def test_the_promised_profiles_ship() -> None:
    assert set(profiles()) >= {
        *("generic", "hc-sr501", "am312", "panasonic_ekmb", "panasonic_ekmc"),
        *("ld2410", "ld2410_out", "dfrobot_sen0521", "dfrobot_c4001", "door_contact"),
        *("ld2412", "ld2450", "light_contact", "co2_contact", "mhz19", "scd30"),
        *("people_counter", "wireless_motion", "wireless_presence", "wireless_door"),
        *("wireless_co2",),
    }


@pytest.mark.parametrize("profile", profiles().values(), ids=list(profiles()))
def test_a_room_holds_longer_than_its_sensor_is_blind(profile: OccupancyProfile) -> None:
    assert OccupancyTable(url="gpio:17").vacancy_delay_s > profile.output_hold_s + profile.block_s


@pytest.mark.parametrize("profile", profiles().values(), ids=list(profiles()))
def test_every_sensor_but_a_door_says_how_much_it_tells(profile: OccupancyProfile) -> None:
    assert (profile.likelihood is None) == (profile.kind == "door")


def test_every_file_of_the_folder_is_read() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(profiles()) | {DATASET}


def test_volts_and_lux_of_a_laboratory_are_in_no_profile_of_a_sensor() -> None:
    assert "sound" in load(FOLDER / f"{DATASET}.toml", DatasetProfile).ratios.model_dump()
    assert DATASET not in profiles()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("hold_s = 15", "hold_s: is now called output_hold_s"),
        (
            "output_hold_s = 2",
            "block_s: 3 s is longer than output_hold_s .2 s.*set the sensor to hold longer",
        ),
        ("likelihood = [0.003, 0.45]", "likelihood: .* must be higher for occupied"),
        ("likelihood = [1.0, 0.003]", "likelihood.0: must be less than 1"),
        ('kind = "camera"', "kind: must be 'pir', 'radar'"),
        ("present_above_ppm = 800", "present_above_ppm: is for a co2 sensor that measures"),
        ("warm_up = 3", "warm_up: unknown key; did you mean 'warm_up_s'"),
    ],
)
def test_a_profile_that_cannot_be_meant_is_named_by_its_key(
    tmp_path: Path, line: str, says: str
) -> None:
    key = line.partition(" ")[0]
    shipped = (FOLDER / "hc-sr501.toml").read_text(encoding="utf-8").splitlines()
    kept = [one for one in shipped if not one.startswith((f"{key} ", f"{key}="))]
    (tmp_path / "mine.toml").write_text("\n".join([*kept, line]), encoding="utf-8")
    with pytest.raises(ProfileError, match=says):
        load(tmp_path / "mine.toml", OccupancyProfile)

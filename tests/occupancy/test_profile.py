import pytest

from roomctl.config import OccupancyTable, data_path
from roomctl.occupancy.driver import profiles
from roomctl.occupancy.profile import LABORATORY, OccupancyProfile


def test_the_promised_profiles_ship() -> None:
    assert set(profiles()) >= {
        *("generic", "hc-sr501", "am312", "panasonic_ekmb", "panasonic_ekmc"),
        *("ld2410", "ld2410_out", "dfrobot_sen0521", "dfrobot_c4001", "door_contact"),
    }


@pytest.mark.parametrize("profile", profiles().values(), ids=list(profiles()))
def test_a_room_holds_longer_than_its_sensor_is_blind(profile: OccupancyProfile) -> None:
    assert OccupancyTable(url="gpio:17").hold_s > profile.hold_s + profile.block_s


def test_every_file_of_the_folder_is_read() -> None:
    folder = data_path("firmware_profiles") / "occupancy"
    assert {path.stem for path in folder.iterdir()} == set(profiles()) | {LABORATORY}

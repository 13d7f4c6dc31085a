from pathlib import Path

import pytest

from roomctl.config import data_path
from roomctl.errors import ProfileError
from roomctl.speakerphone.profile import GENERIC, load_profiles, pick
from roomctl.speakerphone.telephony import PressTiming

SHIPPED = data_path("firmware_profiles") / "speakerphone"


def test_every_shipped_profile_is_read_and_names_its_source() -> None:
    profiles = load_profiles(SHIPPED)
    assert len(profiles) >= 4
    assert all(len(profile.source) > 20 for profile in profiles.values())


def test_an_empty_folder_leaves_the_generic_profile(tmp_path: Path) -> None:
    assert load_profiles(tmp_path) == {"generic": GENERIC}
    assert GENERIC.timing == PressTiming()


def test_vid_and_pid_pick_the_profile_and_an_unknown_device_gets_the_generic_one() -> None:
    profiles = load_profiles(SHIPPED)
    assert pick(profiles, None, 0x291A, 0x3301)[1].mic_needs_off_hook
    assert pick(profiles, None, 0x1234, 0x5678) == ("generic", GENERIC)


def test_the_room_may_name_a_profile_but_only_one_that_exists() -> None:
    profiles = load_profiles(SHIPPED)
    assert pick(profiles, "anker-powerconf", 1, 2)[0] == "anker-powerconf"
    with pytest.raises(ProfileError, match="there is no profile 'speak-9000'; there are: anker"):
        pick(profiles, "speak-9000", 1, 2)


def test_an_advisory_is_for_its_own_firmware_and_no_other() -> None:
    speak_510 = load_profiles(SHIPPED)["jabra-speak-510"]
    (advisory,) = speak_510.advisories_for(0x0213)
    assert "before 2.14" in advisory.what
    assert speak_510.advisories_for(0x0214) == speak_510.advisories_for(None) == ()
    assert GENERIC.advisories_for(0x0001) == ()


@pytest.mark.parametrize("line", ['update_ids = ["0971"]', '[[advisories]]\nbcd_to = "2.14"'])
def test_an_id_or_a_version_that_cannot_be_meant_is_refused(line: str, tmp_path: Path) -> None:
    text = (SHIPPED / "jabra-speak-710.toml").read_text().replace('update_ids = ["0b0e:0982"]', "")
    (tmp_path / "wrong.toml").write_text(f"{text}\n{line}\n")
    with pytest.raises(ProfileError, match=r"update_ids|advisories"):
        load_profiles(tmp_path)


def test_no_device_is_another_ones_update() -> None:
    profiles = load_profiles(SHIPPED).values()
    written = [each for profile in profiles for each in profile.update_ids]
    assert len(written) == len(set(written))
    assert not any(each in profile.match for each in written for profile in profiles)

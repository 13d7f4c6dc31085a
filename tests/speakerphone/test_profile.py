import re
from pathlib import Path

import pytest

from roomctl.errors import ProfileError
from roomctl.installed import data_path
from roomctl.speakerphone.profile import GENERIC, load_profiles, pick
from roomctl.speakerphone.telephony import PressTiming

SHIPPED = data_path("firmware_profiles") / "speakerphone"


def test_every_shipped_profile_is_read_and_names_its_source() -> None:
    profiles = load_profiles(SHIPPED)
    assert len(profiles) >= 4
    assert all(len(profile.source) > 20 for profile in profiles.values())


def test_every_shipped_profile_is_for_ids_that_only_its_maker_gives() -> None:
    shipped = [one for stem, one in load_profiles(SHIPPED).items() if stem != "generic"]
    ids = [each for profile in shipped for each in profile.match]
    assert all(re.fullmatch("[0-9a-f]{4}:[0-9a-f]{4}", each) for each in ids)
    chips = {"0483", "0a12", "0bda", "0d8c", "10d6", "1b3f"}  # other things have their ids, too
    assert not {each[:4] for each in ids} & chips


def test_every_shipped_profile_is_in_the_list_of_devices_and_as_far_as_it_is_trusted() -> None:
    page = (Path(SHIPPED).parent / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| ([a-z]+) \|", page, re.MULTILINE)
    shipped = load_profiles(SHIPPED).items()
    assert sorted(rows) == sorted((s, one.verified) for s, one in shipped if s != "generic")


@pytest.mark.parametrize(
    ("ids", "stem"),
    [
        ("0b0e:24f1", "jabra-speak2-75"),
        ("0b0e:ae6b", "jabra-speak2-40"),
        ("0b0e:ae6a", "jabra-speak2-55"),
        ("0b0e:0422", "jabra-speak-510-0422"),
        ("047f:015d", "poly-sync-20"),
        ("047f:0161", "poly-sync-60"),
        ("1395:0041", "sennheiser-sp-20"),
        ("6993:b043", "yealink-mspeech"),
        ("046d:0867", "logitech-meetup"),
        ("046d:0a4e", "logitech-p710e"),
        ("291a:3305", "anker-powerconf-s500"),
        ("328f:2001", "emeet-luna"),
        ("18d1:8007", "google-meet-speakermic"),
    ],
)
def test_a_device_has_the_name_of_its_own_profile(ids: str, stem: str) -> None:
    vid, pid = (int(half, 16) for half in ids.split(":"))
    assert pick(load_profiles(SHIPPED), None, vid, pid)[0] == stem


def test_a_press_that_a_powerconf_s3_sends_twice_counts_once() -> None:
    assert load_profiles(SHIPPED)["anker-powerconf-s3"].timing.double_s == 0.4
    assert load_profiles(SHIPPED)["anker-powerconf-s500"].timing == PressTiming()


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

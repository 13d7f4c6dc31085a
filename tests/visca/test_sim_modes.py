"""The simulated camera: when it cannot, and what its two sockets hold."""

import pytest

from tests.visca.far import LEFT, RIGHT, STOP, Far, whole


def test_nothing_but_power_and_who_it_is_in_standby_and_while_it_turns_on() -> None:
    far = Far()
    far.camera.boot_s = 5.0
    far.do("01040003", 1.0)
    assert far.ask("0400") == "03"
    assert far.say(RIGHT) == ["906141"]
    assert far.ask("0612") == "6041"
    assert far.say("01040002", 1.0) == ["9041"]
    assert (far.ask("0400"), far.ask("0610")) == ("02", "1800")
    assert far.say(RIGHT) == ["906141"]
    assert far.say("010001") == ["9050"]
    far.run(5.0)
    far.do(RIGHT)


def test_a_camera_that_was_cut_off_says_nothing_until_it_reports() -> None:
    far = Far()
    far.camera.boot_s = 30.0
    far.do(RIGHT)
    far.camera.power_cycle()
    assert far.run(29.0) == []
    assert far.say("090400", 0.5) == []
    assert [chunk.hex() for chunk in far.run(1.0)] == ["9038ff"]
    assert not far.camera.moving


def test_nothing_moves_while_the_menu_is_open() -> None:
    far = Far()
    far.do("01060602")
    assert far.say(RIGHT) == far.say("010604") == far.say("01040702") == ["906141"]
    far.do(STOP)
    far.do("01060603")
    far.do(RIGHT)


def test_an_open_menu_holds_both_sockets_where_it_does() -> None:
    far = Far(whole(quirks=("menu-fills-sockets",)))
    far.do("01060602")
    assert far.say("01043302") == ["906003"]
    far.do("01060603")


def test_preset_95_is_the_menu_of_those_who_are_not_sony() -> None:
    far = Far("ptzoptics_g2")
    far.do("01043f025f")
    assert far.ask("0606") == "02"
    far.do(RIGHT, 1.0)
    assert far.camera.pan_deg == 0  # it moved in the menu
    far.do("01043f025f")
    far.do("0106010318")  # a preset's speed: only the length tells it from a drive
    assert far.camera.body.preset_speeds == {3: 0x18}


def test_nothing_is_executable_while_the_white_balance_is_measured() -> None:
    far = Far()
    assert far.say("01041005") == ["9041"]
    assert far.say(RIGHT) == ["906141"]
    far.run(1.0)
    far.do(RIGHT)


# Sony EVI-HD7V p.18 and EVI-D80/D90 p.20: what may be said while the camera does something.
DOING = {
    "to_place": "01044704000000",
    "drive": "01060101010203",
    "absolute": "010602010100050000" + "00000000",
    "relative": "010603010100050000" + "00000000",
    "home": "010604",
    "reset": "010605",
    "recall": "01043f0200",
}
SAID = {
    "drive": LEFT,
    "stop": "01060101010303",
    "absolute": DOING["absolute"],
    "relative": DOING["relative"],
    "home": DOING["home"],
    "reset": DOING["reset"],
    "recall": DOING["recall"],
    "store": "01043f0101",
}
ALLOWED = {
    "sony_evi_hd7v": {
        "drive": "to_place drive",
        "stop": "to_place drive",
        "absolute": "to_place drive absolute",
        "relative": "to_place",
        "home": "to_place home",
        "reset": "to_place",
        "recall": "drive recall",
        "store": "",
    },
    "sony_evi_d80": {
        "drive": "to_place drive",
        "stop": "to_place drive",
        "absolute": "to_place absolute",
        "relative": "to_place",
        "home": "to_place home",
        "reset": "to_place",
        "recall": "recall",
        "store": "",
    },
}


@pytest.mark.parametrize("model", ALLOWED)
def test_the_mode_table_is_obeyed(model: str) -> None:
    found = {said: {doing for doing in DOING if may_be_said(model, doing, said)} for said in SAID}
    assert found == {said: set(ALLOWED[model][said].split()) for said in SAID}


def may_be_said(model: str, doing: str, said: str) -> bool:
    """Say something to a camera that does something; whether it takes it."""
    far = Far(model)
    far.camera.presets[0] = (-90.0, 20.0, 0.0)
    far.camera.body.pan.go(90.0 if doing != "drive" else 0.0, 1e9, 0.0)
    far.now = 0.1
    far.say(DOING[doing])
    answers = [frame[2:] for frame in far.say(SAID[said])]
    return answers[0] != "6141"


def test_a_camera_without_the_table_takes_a_stop_at_any_time() -> None:
    far = Far()
    far.camera.presets[0] = (170.0, 20.0, 0.0)
    far.say("01043f0200")
    assert far.camera.moving
    assert far.say(STOP) == ["9042", "9051", "9052"]
    assert not far.camera.moving


# Sockets.


def test_a_third_command_finds_no_socket() -> None:
    far = Far()
    far.camera.presets[0] = (170.0, 20.0, 0.0)
    assert far.say("01043f0200") == ["9041"]
    assert far.say("01044704000000") == ["9042"]
    assert far.say("01043302") == ["906003"]
    assert far.ask("0400") == "02"


def test_cancel_empties_a_socket_and_there_is_no_completion() -> None:
    far = Far()
    far.say("010604")
    far.camera.presets[0] = (170.0, 20.0, 0.0)
    far.say("01043f0200")
    assert far.say("21", 5.0) == ["906104"]
    assert not far.camera.moving
    assert far.say("21") == ["906105"]


def test_a_young_drive_is_not_cancelled_where_the_list_says_so() -> None:
    profile = whole("sony_brcx400")
    timing = profile.timing.model_copy(update={"cancel_after_s": 0.2})
    far = Far(profile.model_copy(update={"timing": timing}))
    far.camera.drive_holds = True
    assert far.say(RIGHT, 0.05) == ["9041"]
    assert far.say("21", 0.05) == ["906105"]
    assert far.camera.moving
    far.run(0.2)
    assert far.say("21") == ["906104"]
    assert not far.camera.moving


def test_one_message_is_taken_in_each_video_cycle() -> None:
    far = Far()
    answers = [answer for _ in range(6) for answer in far.say("090400", 0.0)]
    assert len(answers) + len(far.run(4.5 / 59.94)) == 5
    assert len(far.run(1 / 59.94)) == 1


@pytest.mark.parametrize(("model", "gives_up"), [("sony_evi_hd7v", True), ("sony_srg300h", False)])
def test_if_clear_empties_the_sockets_and_on_an_evi_ends_what_runs(
    model: str, gives_up: bool
) -> None:
    far = Far(model)
    far.camera.presets[0] = (90.0, 20.0, 0.0)
    far.say("01043f0200")
    assert far.say("010001") == ["9050"]
    assert far.camera.moving is not gives_up
    assert far.say("21") == ["906105"]

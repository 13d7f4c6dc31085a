"""The simulated camera: what it does when it is told something, and what it answers."""

import pytest

from roomctl.camera.profile import TallyLamps, shipped
from tests.visca.far import LEFT, RIGHT, STOP, Far, whole

# command, question, what is answered before and after
KEPT = [
    ("01043903", "0439", "00", "03"),
    ("01043e02", "043e", "03", "02"),
    ("01042c07", "042c", "0f", "07"),
    ("01043302", "0433", "03", "02"),
    ("01045a02", "045a", "03", "02"),
    ("01043505", "0435", "00", "05"),
    ("01045702", "0457", "00", "02"),
    ("01045803", "0458", "02", "03"),
    ("01042701020304", "0427", "00050005", "01020304"),
    ("01042801020304", "0428", "0c000000", "01020304"),
    ("01040602", "0406", "03", "02"),
    ("01046304", "0463", "00", "04"),
    ("01046202", "0462", "03", "02"),
    ("01040102", "0401", "03", "02"),
    ("01045301", "0453", "03", "01"),
    ("01045b03", "045b", "00", "03"),
    ("010449000000" + "0c", "0449", "00000004", "0000000c"),
    ("01060602", "0606", "03", "02"),
    ("017e011803", "7e0118", "02", "03"),
    ("01064402", "0644", "03", "02"),
    ("01064518", "0645", "08", "18"),
    ("01060803", "0608", "02", "03"),
    ("01060810", "0608", "02", "03"),
    ("01044a00000105", "044a", "00000008", "00000105"),
    ("01044b00000101", "044b", "0000000b", "00000101"),
    ("01040c02", "044c", "00000001", "00000002"),
    ("01040d03", "044d", "00000100", "0000000f"),
    ("01040300", "0443", "00000800", "00000800"),
    ("017e010a0002", "7e010a", "03", "02"),
    ("017e043a01", "7e043a", "00", "01"),
    ("01043810", "0438", "02", "03"),
    ("01043f0103", "043f", "7f", "7f"),
]


@pytest.mark.parametrize(("command", "question", "before", "after"), KEPT)
def test_what_is_set_is_what_is_answered(
    command: str, question: str, before: str, after: str
) -> None:
    far = Far()
    assert far.ask(question) == before
    far.do(command, 1.2)
    assert far.ask(question) == after


@pytest.mark.parametrize(
    "message",
    ["010438", "01043807", "0104", "01044a00000106", "01044b0000020f", "0104390c", "01044c000005"],
)
def test_what_no_list_has_is_a_syntax_error(message: str) -> None:
    far = Far()
    assert far.say(message) == ["906002"]
    assert far.say("090506") == ["906002"]


def test_sonys_own_examples_are_answered_as_printed() -> None:
    """Sony BRC-X400 command list p.7."""
    far = Far("sony_brcx400")
    assert far.say("01043802") == ["9041", "9051"]
    assert far.say("010438") == ["906002"]
    assert far.say("01040802") == ["906141"]
    assert far.say("090438") == ["905002"]
    assert far.say("090538") == ["906002"]


@pytest.mark.parametrize("model", ["sony_fr7", "sony_am7"])
def test_fr7_and_am7_have_no_exposure_mode_and_no_blocks(model: str) -> None:
    far = Far(whole(model, exposure=()))
    assert far.ask("0439") == far.ask("7e7e00") == "6002"
    assert far.say("01043900") == ["906002"]


def test_the_second_family_of_the_pan_tilt_status_has_its_bits_elsewhere() -> None:
    assert Far("sony_srg300h").ask("0610") == "2800"  # initialised, move done
    assert Far("sony_fr7").ask("0610") == "0a00"


def test_the_status_tells_ends_and_movement() -> None:
    far = Far()
    far.do("01060118170103", 5.0)
    assert far.ask("0610") == "2801"
    far.do("01060118170203")
    assert far.ask("0610") == "2400"


def test_the_lens_block_says_what_single_questions_say() -> None:
    far = Far()
    far.do("01044702000000", 2.5)
    far.do("01043803")
    block = far.ask("7e7e00")
    assert len(block) == 26
    assert block[:8] == far.ask("0447") == "02000000"
    assert block[12:20] == far.ask("0448")
    assert block[20:] == "000400"


def test_the_camera_block_says_what_single_questions_say() -> None:
    far = Far()
    far.do("01043903")
    far.do("01043302")
    far.do("01044d00000105")
    block = far.ask("7e7e01")
    assert len(block) == 26
    assert (block[12:14], block[14:16], block[22:24]) == ("03", "04", "15")
    assert len(far.ask("7e7e02")) == len(far.ask("7e7e03")) == 26


def test_speeds_limits_and_version_are_told() -> None:
    assert Far().ask("0611") == "1817"
    assert Far().ask("0002") == "00010513010402"
    assert Far().ask("060701") == "6002"
    x400 = Far("sony_brcx400")
    assert x400.ask("060701") == "02020000" + "01020000"
    assert x400.ask("060700") == "0d0e0000" + "0f0c0000"


def test_a_limit_ends_a_drive_until_it_is_cleared() -> None:
    far = Far("sony_brcx400")
    far.do("0106070001" + "00020000" + "00020000")
    far.do(RIGHT, 10.0)
    assert far.camera.pan_deg == pytest.approx(0x200 / 51.2)
    far.do("0106070101" + "070f0f0f070f0f0f")
    far.do(RIGHT, 1.0)
    assert far.camera.pan_deg > 20


# Movement.


def test_a_camera_that_nobody_stops_runs_to_its_end_stop() -> None:
    far = Far()
    far.do(RIGHT)
    far.run(100.0)
    assert far.camera.pan_deg == 170
    assert not far.camera.moving


def test_slow_mode_is_slower() -> None:
    fast, slow = Far(), Far()
    slow.do("01064402")
    for far in (fast, slow):
        far.do(LEFT, 1.0)
        far.do(STOP)
    assert slow.camera.pan_deg == pytest.approx(fast.camera.pan_deg / 4, rel=0.05)


def test_a_preset_brings_back_place_and_look_with_its_own_speed() -> None:
    far = Far()
    far.do(RIGHT, 1.0)
    far.do(STOP)
    far.do("01043505")
    place = far.camera.pan_deg
    far.do("01043f0102")
    far.do("017e010b0218")
    far.do("01043500")
    far.do("010604", 3.0)
    assert far.camera.pan_deg == 0
    far.do("01043f0202", 3.0)
    assert far.camera.pan_deg == pytest.approx(place)
    assert (far.ask("043f"), far.ask("0435"), far.ask("7e010b02")) == ("02", "05", "18")


def test_a_preset_of_positions_only_leaves_the_look() -> None:
    far = Far("sony_brcx400")
    far.do("01043f0102")
    far.do("01043505")
    far.do("017e043d01")
    far.do("01043f0202")
    assert far.ask("0435") == "05"


def test_zoom_and_focus_go_to_a_place_in_one_command() -> None:
    far = Far()
    far.do("01043803")
    far.do("0104470400000002000000", 3.0)
    assert far.camera.zoom_pct == pytest.approx(100)
    assert far.ask("0448") == "02000000"


def test_focus_is_not_driven_while_the_camera_focuses_itself() -> None:
    far = Far()
    for message in ("01040802", "01040827", "01040800", "01044802000000", "01041801"):
        assert far.say(message) == ["906141"]
    far.do("01043803")
    before = far.camera.focus_pct
    far.do("01040837", 0.5)
    far.do("01040800")
    assert far.camera.focus_pct > before + 10
    far.do("01041802", 3.0)
    assert far.camera.focus_pct == 0
    far.do("01041801", 3.0)
    assert far.camera.focus_pct == pytest.approx(before, abs=0.1)


def test_focus_counts_from_far_to_near_whatever_the_units() -> None:
    upside_down = shipped()["sony_srg300h"].model_copy(
        update={"focus": whole().focus.model_copy(update={"far": 0xF000, "near": 0x1000})}
    )
    far = Far(upside_down)
    far.do("01043803")
    far.do("01040837", 3.0)
    assert far.camera.focus_pct == pytest.approx(100)
    assert far.ask("0448") == "01000000"


def test_a_camera_that_follows_people_moves_by_itself_but_not_against_a_hand() -> None:
    far = Far()
    far.do("017e043a01", 2.0)
    assert far.camera.moving
    far.do(STOP)
    place = far.camera.pan_deg
    far.run(4.0)
    assert far.camera.pan_deg == place
    far.run(3.0)
    assert far.camera.pan_deg != place
    far.do("017e043a00")
    place = far.camera.pan_deg
    far.run(60.0)
    assert far.camera.pan_deg == place


def test_tally_lamps_go_off_by_themselves_where_the_models_do() -> None:
    far = Far(whole(tally=TallyLamps(form="sony", lights=("red", "green"), refresh_s=10.0)))
    far.do("017e010a0002", 14.0)
    assert far.camera.lamps == {"red"}
    far.do("017e041a0002", 2.0)
    assert far.camera.lamps == {"green"}
    far.do("017e041a0003")
    assert far.camera.lamps == set()
    assert far.say("017e04110002") == ["906002"]  # it has no yellow one


def test_the_remote_moves_the_camera_and_is_told_of_when_that_is_wanted() -> None:
    far = Far()
    far.camera.remote()
    assert far.run(1.0) == []
    assert far.camera.pan_deg == pytest.approx(5)
    far.do("017d01030000")
    far.camera.remote()
    assert [chunk.hex() for chunk in far.run(1.0)] == ["90077d010601ff"]
    far.do("01060803")
    far.camera.remote()
    assert far.run(1.0) == []
    assert far.camera.pan_deg == pytest.approx(10)

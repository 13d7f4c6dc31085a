"""What is set: focus, exposure, white balance, the remote, the lamps, tracking, and a raw frame."""

import asyncio

import pytest

from roomctl.errors import Refused, Unsupported
from tests.camera.bench import Bench, bench, until
from tests.invented import invented


def told(b: Bench, start: str) -> list[str]:
    """Return what the camera was told that begins so, without header and FF."""
    return [frame[2:-2] for _, frame in b.sim.heard if frame[2:].startswith(start)]


@invented
async def test_what_it_is_set_to_is_known_from_the_start() -> None:
    async with bench() as b:
        await until(lambda: b.front.state.ir_receive is not None)
        state = b.front.state
        assert (state.focus, state.exposure, state.white_balance) == ("auto", "auto", "auto")
        assert (state.ir_receive, state.tally, state.tracking) == (True, None, None)


@invented
async def test_modes_are_set_and_read_back() -> None:
    async with bench() as b:
        await b.front.exposure("iris")
        await b.front.white_balance("outdoor")
        await b.front.ir_receive(False)
        await until(lambda: b.front.state.ir_receive is False)
        assert b.look().body.values["exposure_mode"] == 0x0B
        assert b.look().body.values["white_balance_mode"] == 0x02
        assert (b.front.state.exposure, b.front.state.white_balance) == ("iris", "outdoor")


@invented
async def test_a_mode_that_a_model_has_not_is_unsupported_and_those_it_has_are_named() -> None:
    async with bench("sony_brcx400") as b:
        with pytest.raises(Unsupported, match="'bright'; it has auto, manual, shutter, iris"):
            await b.front.exposure("bright")
        with pytest.raises(Unsupported, match="'green'; it has red"):
            await b.front.tally("green")


@invented
async def test_one_push_white_balance_is_pushed() -> None:
    async with bench() as b:
        await b.front.white_balance("one_push")
        assert told(b, "010435") + told(b, "010410") == ["01043503", "01041005"]


@invented
async def test_focus_goes_where_it_is_sent_and_no_longer_by_itself() -> None:
    async with bench() as b:
        await b.front.focus_to(25)
        assert b.look().focus_pct == pytest.approx(25, abs=0.1)
        await until(lambda: b.front.state.focus == "manual")
        await until(lambda: b.front.state.focus_pct == pytest.approx(25, abs=0.1))
        await b.front.focus("infinity")
        await b.front.focus("one_push")
        await b.front.focus("auto")
        await until(lambda: b.front.state.focus == "auto")
        with pytest.raises(Unsupported, match="it has auto, manual, one_push, infinity"):
            await b.front.focus("sharp")


@invented
async def test_a_camera_that_focuses_by_itself_refuses_to_be_focused_by_hand() -> None:
    async with bench() as b:
        await until(lambda: b.front.state.focus == "auto")
        with pytest.raises(Refused, match="set it to manual first") as refused:
            b.front.drive(0, 0, 0, 1.0)
        assert refused.value.code == "focus_auto"
        assert not told(b, "010408")


@invented
async def test_focus_is_driven_and_stops_when_its_holder_is_lost() -> None:
    async with bench() as b:
        await b.front.focus("manual")
        await until(lambda: b.front.state.focus == "manual")
        before = b.look().focus_pct
        b.front.drive(0, 0, 0, 1.0)
        await until(lambda: b.look().focus_pct > before)
        await until(lambda: "01040800" in told(b, "010408") and not b.front.stopping)
        still = b.look().focus_pct
        await asyncio.sleep(1)
        assert b.look().focus_pct == still


@invented
async def test_a_lamp_that_goes_out_by_itself_is_told_again_in_time() -> None:
    async with bench("sony_am7") as b:
        await b.front.tally("red")
        for _ in range(55):
            assert b.look().lamps == {"red"}
            await asyncio.sleep(1)
        assert b.front.state.tally == "red"
        assert len(told(b, "017e010a0002")) == 6  # once, and every 10 s
        await b.front.tally("green")
        assert b.look().lamps == {"green"}
        await b.front.tally(None)
        assert (b.look().lamps, b.front.state.tally) == (set(), "off")
        heard = len(told(b, "017e"))
        await asyncio.sleep(30)
        assert len(told(b, "017e")) == heard


@invented
async def test_a_lamp_is_lit_again_once_the_camera_is_back() -> None:
    async with bench("sony_brcx400") as b:
        await b.front.tally("red")
        b.cameras[0].power_cycle()
        b.cameras[0].body.lamps.clear()
        await b.port.close()
        await until(lambda: b.look().lamps == {"red"})
        assert b.front.state.tally == "red"


@invented
async def test_rest_puts_the_lamp_out() -> None:
    async with bench("sony_am7") as b:
        await b.front.tally("yellow")
        await b.line.make_safe()
        assert b.look().lamps == set()
        await asyncio.sleep(30)
        assert b.look().lamps == set()


@pytest.mark.parametrize(
    ("model", "frame"),
    [("sony_srga40", "017e043a0"), ("ptzoptics_g3", "0a11540")],
)
@invented
async def test_tracking_is_told_in_the_words_of_the_family(model: str, frame: str) -> None:
    async with bench(model, profile=model) as b:
        await b.front.tracking(True)
        await until(lambda: b.front.state.tracking is True)
        assert b.look().body.tracking
        b.front.drive(0.5, 0, 0)  # nobody asked for it to be switched off
        await asyncio.sleep(0.5)
        assert b.front.state.tracking is True
        await b.front.tracking(False)
        await until(lambda: b.front.state.tracking is False)
        assert len(told(b, frame)) == 2
        assert not b.look().body.tracking


@invented
async def test_a_raw_inquiry_is_answered_and_a_raw_command_is_done() -> None:
    async with bench() as b:
        assert await b.front.raw("81 09 04 38 FF") == "02"
        assert await b.front.raw("01 04 38 03") is None
        assert await b.front.raw("09 04 38") == "03"
        with pytest.raises(Refused, match="did not understand"):
            await b.front.raw("01 04 7F 7F")


@invented
async def test_a_raw_frame_that_could_run_away_is_refused_with_the_reason() -> None:
    async with bench() as b:
        with pytest.raises(Refused, match=r"until told otherwise; use camera\.drive") as refused:
            await b.front.raw("81 01 06 01 10 10 02 03 FF")
        assert refused.value.code == "raw_frame"
        assert not told(b, "01060110")


@invented
async def test_an_unknown_camera_says_what_it_is_and_a_known_one_with_a_fault_says_that() -> None:
    async with bench() as b:
        assert b.front.unknown_model is None
    async with bench("generic") as b:
        assert b.front.unknown_model == "7f7f:0001 0104"
    async with bench("tenveo_vhd20han", profile="tenveo_vhd20han") as b:
        assert [one.source for one in b.front.advisories] == ["glikely/obs-ptz issues 183 and 192"]
        assert b.front.unknown_model is None


@invented
async def test_backlight_and_exposure_compensation_are_set_and_read_back() -> None:
    async with bench() as b:
        await until(lambda: b.front.state.exposure_compensation == 0)
        assert b.front.state.backlight is False
        await b.front.backlight(True)
        await b.front.exposure_compensation(-3)
        values = b.look().body.values
        assert (values["backlight"], values["exposure_compensation_on"]) == (2, 2)
        assert values["exposure_compensation"] == 4
        await until(lambda: b.front.state.exposure_compensation == -3 and b.front.state.backlight)
        await b.front.exposure_compensation(0)
        assert b.look().body.values["exposure_compensation_on"] == 3
        await until(lambda: b.front.state.exposure_compensation == 0)
        with pytest.raises(Unsupported, match="'8'; it has -7, -6"):
            await b.front.exposure_compensation(8)


@invented
async def test_a_camera_whose_menu_opens_is_steered_in_it_and_stands_still() -> None:
    async with bench("ptzoptics_g2", profile="ptzoptics_g2") as b:
        await until(lambda: b.front.state.menu is False)
        with pytest.raises(Refused, match="open it first") as refused:
            await b.front.menu_key("up")
        assert refused.value.code == "menu_closed"
        await b.front.menu(True)
        await until(lambda: b.front.state.menu is True)
        for key in ("down", "right", "enter", "left", "up"):
            await b.front.menu_key(key)
            await asyncio.sleep(0.3)
        assert b.look().body.menu_keys == ["down", "right", "enter", "left", "up"]
        assert (b.look().pan_deg, b.look().tilt_deg) == (0.0, 0.0)
        await b.front.menu_key("back")
        await until(lambda: b.front.state.menu is False)
        await b.front.menu(False)  # it is, so nothing is toggled
        assert b.look().body.values["menu"] == 3


@invented
async def test_a_menu_that_its_remote_has_opened_is_seen_and_closed() -> None:
    async with bench("ptzoptics_g2", profile="ptzoptics_g2") as b:
        await until(lambda: b.front.state.menu is False)
        b.look().body.values["menu"] = 2
        await until(lambda: b.front.state.menu is True)
        await b.front.menu(False)
        assert b.look().body.values["menu"] == 3


@invented
async def test_a_menu_that_can_only_be_closed_is_closed() -> None:
    async with bench() as b:
        b.look().body.values["menu"] = 2
        await b.front.menu(False)
        assert b.look().body.values["menu"] == 3
        for asked in (b.front.menu(True), b.front.menu_key("up")):
            with pytest.raises(Unsupported, match="menu"):
                await asked
        assert b.front.modes["menu"] == ()


@invented
async def test_an_arrow_of_the_menu_is_let_go_by_itself() -> None:
    async with bench("ptzoptics_g2", profile="ptzoptics_g2") as b:
        await until(lambda: b.front.state.menu is False)
        await b.front.menu(True)
        await until(lambda: b.front.state.menu is True)
        await b.front.menu_key("right")
        await until(lambda: told(b, "010601")[-1].endswith("0203"))
        await until(lambda: told(b, "010601")[-1].endswith("0303"))


@invented
async def test_a_deleted_preset_is_gone() -> None:
    async with bench() as b:
        await b.front.goto(pan_deg=30, tilt_deg=5)
        await b.front.store(3)
        assert b.front.state.preset == 3
        await b.front.delete(3)
        assert b.look().presets == {}
        assert b.front.state.preset is None
        with pytest.raises(Refused, match="is not one of 1-16"):
            await b.front.delete(17)

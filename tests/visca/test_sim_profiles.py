"""Every shipped model: what the driver's words do is seen at the simulated camera."""

from functools import cache

import pytest

from roomctl.camera.profile import CameraProfile, shipped
from roomctl.camera.visca import EXPOSURE, WHITE_BALANCE, ViscaProtocol
from roomctl.motion import Outcome, RequestEnd
from roomctl.visca.message import (
    Command,
    FocusTo,
    Home,
    Inquiry,
    Message,
    Preset,
    PresetAction,
    Relative,
    ZoomTo,
)
from tests.visca.rig import Heard, Rig

MODELS = sorted(shipped())
MOVING = [name for name in MODELS if shipped()[name].pan_tilt]


def having(part: str) -> list[str]:
    return [name for name in MODELS if getattr(shipped()[name], part)]


def asked(model: str) -> ViscaProtocol:
    """Return what makes messages of people's wishes, for that model."""
    return ViscaProtocol("front", 1, Heard(), shipped()[model])


def done(rig: Rig, *messages: Message, within_s: float = 15.0) -> None:
    """Have each done, one after the other."""
    for message in messages:
        outcomes = rig.submit(message)
        rig.run(within_s)
        assert outcomes == [Outcome(RequestEnd.DONE)], message


@cache
def units(profile: CameraProfile) -> tuple[float, float]:
    """Return what the camera counts per degree right and up; 14.4 where nobody knows."""
    pan, tilt = profile.pan, profile.tilt
    return (
        pan.sign * pan.units_per_degree if pan else 14.4,
        tilt.sign * tilt.units_per_degree if tilt else 14.4,
    )


@pytest.mark.parametrize("model", MOVING)
def test_relative_moves_add_up_and_home_is_the_middle(model: str) -> None:
    rig = Rig(model)
    right, up = units(shipped()[model])
    step = Relative(0x10, 0x10, round(10 * right), round(5 * up))
    done(rig, step, step)
    assert rig.camera.pan_deg == pytest.approx(20, abs=0.2)
    assert rig.camera.tilt_deg == pytest.approx(10, abs=0.2)
    done(rig, Home())
    assert (rig.camera.pan_deg, rig.camera.tilt_deg) == (0, 0)


@pytest.mark.parametrize("model", having("presets"))
def test_every_preset_that_is_offered_comes_back(model: str) -> None:
    rig = Rig(model)
    presets = shipped()[model].presets
    assert presets is not None
    for number in (presets.numbers()[0], presets.numbers()[-1]):
        wire = presets.wire(number)
        rig.camera.body.pan.go(5.0 + number / 100, 1e9, rig.now)
        place = 5.0 + number / 100
        done(rig, Preset(PresetAction.SET, wire), within_s=2.0)
        rig.camera.body.pan.go(0, 1e9, rig.now)
        done(rig, Preset(PresetAction.RECALL, wire), within_s=3.0)
        assert rig.camera.pan_deg == pytest.approx(place)
        done(rig, Preset(PresetAction.CLEAR, wire), within_s=2.0)
        assert rig.camera.presets == {}


@pytest.mark.parametrize("model", having("zoom"))
def test_zoom_goes_to_a_place(model: str) -> None:
    rig = Rig(model)
    zoom = shipped()[model].zoom
    assert zoom is not None
    done(rig, ZoomTo(zoom.position(50)), within_s=3.0)
    assert rig.camera.zoom_pct == pytest.approx(50, abs=0.1)


@pytest.mark.parametrize("model", having("focus"))
def test_focus_goes_to_a_place_by_hand(model: str) -> None:
    rig = Rig(model)
    focus = shipped()[model].focus
    assert focus is not None
    done(rig, *asked(model).focus("manual").commands, FocusTo(focus.position(20)), within_s=3.0)
    assert rig.camera.focus_pct == pytest.approx(20, abs=0.1)
    done(rig, *asked(model).focus("infinity").commands, within_s=3.0)
    assert rig.camera.focus_pct == 0
    done(rig, *asked(model).focus("auto").commands, within_s=3.0)
    assert rig.camera.focus_pct == pytest.approx(50, abs=0.1)


@pytest.mark.parametrize("model", having("exposure"))
def test_every_exposure_mode_that_is_offered_is_taken_and_read_back(model: str) -> None:
    rig = Rig(model)
    for mode in shipped()[model].exposure:
        done(rig, *asked(model).exposure(mode).commands, within_s=1.0)
        assert rig.camera.body.values["exposure_mode"] == EXPOSURE[mode]
        assert rig.talk.seen.settings[Inquiry.EXPOSURE_MODE] == EXPOSURE[mode]


@pytest.mark.parametrize("model", having("white_balance"))
def test_every_white_balance_that_is_offered_is_taken_and_read_back(model: str) -> None:
    rig = Rig(model)
    for mode in shipped()[model].white_balance:
        done(rig, *asked(model).white_balance(mode).commands, within_s=2.0)
        assert rig.camera.body.values["white_balance_mode"] == WHITE_BALANCE[mode]
        assert rig.talk.seen.settings[Inquiry.WHITE_BALANCE_MODE] == WHITE_BALANCE[mode]


@pytest.mark.parametrize("model", having("tally"))
def test_every_lamp_lights_and_goes_out(model: str) -> None:
    rig = Rig(model)
    tally = shipped()[model].tally
    assert tally is not None
    for light in tally.lights:
        done(rig, *asked(model).tally(light).commands, within_s=1.0)
        assert rig.camera.lamps == {light}
        done(rig, *asked(model).tally(None).commands, within_s=1.0)
        assert rig.camera.lamps == set()


@pytest.mark.parametrize("model", having("tracking"))
def test_a_model_that_follows_people_does_so_until_told_not_to(model: str) -> None:
    rig = Rig(model)
    done(rig, *asked(model).tracking(True).commands, within_s=2.0)
    assert rig.camera.moving
    done(rig, *asked(model).tracking(False).commands, within_s=2.0)
    assert not rig.camera.moving


@pytest.mark.parametrize("model", having("ir_receive"))
def test_the_remote_can_be_locked_out(model: str) -> None:
    rig = Rig(model)
    done(rig, *asked(model).ir_receive(False).commands, within_s=1.0)
    rig.camera.remote()
    assert not rig.camera.moving
    done(rig, *asked(model).ir_receive(True).commands, within_s=1.0)
    rig.camera.remote()
    rig.run(0.1)
    assert rig.camera.moving


@pytest.mark.parametrize("model", MODELS)
def test_what_a_model_lacks_is_a_syntax_error(model: str) -> None:
    rig, profile = Rig(model), shipped()[model]
    lacking: list[Message] = []
    lacking += [] if profile.focus else [Command("focus_mode", (("auto", 0),))]
    lacking += [] if profile.exposure else [Command("exposure_mode", (("mode", 3),))]
    lacking += [] if profile.white_balance else [Command("white_balance_mode", (("mode", 5),))]
    lacking += [] if profile.tracking else [Command("tracking", (("on", 1),))]
    lacking += [] if profile.tally else [Command("tally_red", (("on", 1),))]
    lacking += [] if profile.pan_tilt else [Home()]
    for message in lacking:
        outcomes = rig.submit(message)
        rig.run(1.0)
        assert [outcome.end for outcome in outcomes] == [RequestEnd.REFUSED], message

"""A profile written from what a camera answers: what it says, and that it can be read again."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from roomctl.camera.profile import CameraProfile, CameraTable, shipped
from roomctl.camera.tools.describe import (
    BLOCKS,
    LIMIT_S,
    ONLINE_S,
    QUESTIONS,
    CameraAnswers,
    ask,
    profile_text,
)
from roomctl.cli import inspect
from roomctl.errors import RoomctlError
from roomctl.profile import load
from roomctl.visca import codec
from roomctl.visca.sim import SimCamera
from tests.camera.cable import Cable
from tests.invented import LoopClock, invented

DAY = date(2026, 3, 2)
KNOWN = [name for name, profile in shipped().items() if profile.match]
TABLES = {"front": CameraTable(url="serial:/dev/ttyUSB0")}


async def asked(camera: SimCamera, baud: int = 9600) -> CameraAnswers:
    cable = Cable([camera], clock := LoopClock(), baud)
    try:
        return await ask("front", TABLES, cable.connect, clock)
    finally:
        await cable.go_dead()


def written(folder: Path, answers: CameraAnswers, name: str = "mine") -> CameraProfile:
    """Write the profile of what was answered, check it as `roomctl check` does, and read it."""
    path = folder / f"{name}.toml"
    path.write_text(profile_text(answers, DAY), encoding="utf-8")
    found = inspect.check(path)
    assert (found["kind"], found["error"]) == ("camera", None)
    return load(path, CameraProfile)


def strange(model: str = "sony_srg300h", **more: object) -> SimCamera:
    """Return a camera of a model that no profile knows."""
    changes = {"match": ("00ab:0c0d",), **more}
    return SimCamera(shipped()[model].model_copy(update=changes))


def test_every_question_is_one_that_the_vocabulary_knows() -> None:
    for question in (*QUESTIONS, *BLOCKS):
        assert codec.body("inquiry", question, {})[0] == 0x09


@invented
async def test_a_camera_that_nobody_knows_is_described_by_what_it_answers(tmp_path: Path) -> None:
    answers = await asked(strange(), 38400)
    found = written(tmp_path, answers)
    rom = f"{answers.version.rom:04x}"
    assert found.match == ("00ab:0c0d",)
    assert (found.verified, found.firmware) == ("trace", f"ROM {rom}")
    assert found.source.startswith("roomctl camera describe, 2026-03-02: answers of 00ab:0c0d")
    assert (found.layout, found.bauds, found.sockets) == ("A", (38400,), 2)
    assert (found.pan_speed.max, found.tilt_speed.max) == (0x18, 0x17)
    assert (found.pan, found.exposure, found.ir_receive) == (None, (), True)
    assert {"drive", "zoom", "focus", "recall"} <= set(found.abilities)


@invented
@pytest.mark.parametrize("model", KNOWN)
async def test_every_simulated_model_is_described_and_the_profile_is_taken(
    tmp_path: Path, model: str
) -> None:
    true = shipped()[model]
    answers = await asked(SimCamera(true), (true.bauds or (9600,))[0])
    found = written(tmp_path, answers)
    assert found.match == ()
    assert f"{model}.toml has this one" in profile_text(answers, DAY)
    if true.pan_tilt:
        assert found.layout == true.layout
    assert (found.zoom is not None) == (true.zoom is not None and not true.has("no-zoom-inquiry"))


@invented
async def test_what_begins_with_a_sign_for_comments_is_a_key_once_the_sign_is_gone(
    tmp_path: Path,
) -> None:
    text = profile_text(await asked(SimCamera(shipped()["sony_srg300h"])), DAY)
    mended = text.replace("\nmatch = []", "").replace("# match =", "match =")
    path = tmp_path / "sony_srg300h.toml"
    path.write_text(mended, encoding="utf-8")
    assert inspect.check(path)["error"] is None
    assert load(path, CameraProfile).match == ("0001:0513",)


@invented
async def test_questions_without_an_answer_are_named_and_end(tmp_path: Path) -> None:
    camera = strange()
    camera.unanswered = "0447|04.8|7e7e0."
    answers = await asked(camera)
    assert {"zoom", "focus", "focus_mode", *BLOCKS} <= set(answers.silent)
    assert "backlight" in answers.data
    assert (written(tmp_path, answers).zoom, written(tmp_path, answers).focus) == (None, None)


@invented
async def test_what_takes_too_long_to_ask_is_left_out_and_every_step_is_told(
    tmp_path: Path,
) -> None:
    camera = strange()
    camera.unanswered = "04(?!00).*|06.*|7e.*"
    cable, lines = Cable([camera], clock := LoopClock()), list[str]()
    answers = await ask("front", TABLES, cable.connect, clock, lines.append)
    await cable.go_dead()
    assert clock.mono_s() <= ONLINE_S + LIMIT_S
    assert answers.left
    assert {*answers.data, *answers.refused, *answers.silent, *answers.left} == {
        *QUESTIONS,
        *BLOCKS,
    }
    assert written(tmp_path, answers).verified == "trace"
    assert lines[:2] == [
        "camera.front: looked for on serial:/dev/ttyUSB0, for 20 s at most",
        f" 1 of 23  version              {answers.data['version'].hex(' ').upper()}",
    ]
    assert any(line.endswith(" no answer") for line in lines)
    assert lines[-1] == f"120 s are over; {len(answers.left)} questions are left out"


@invented
async def test_after_the_stop_of_every_opening_only_questions_are_asked() -> None:
    camera = strange()
    cable = Cable([camera], clock := LoopClock())
    await ask("front", TABLES, cable.connect, clock)
    await cable.go_dead()
    said = {frame for _, frame in cable.sim.heard if not frame.startswith("8109")}
    assert said <= {"883001ff", "88010001ff", "8101060118140303ff", "8101040700ff"}


@invented
async def test_a_camera_that_does_not_answer_or_sleeps_is_not_described() -> None:
    camera = strange()
    camera.silent = True
    with pytest.raises(RoomctlError, match=r"camera\.front: .*no answer"):
        await asked(camera)
    camera = strange()
    camera.body.power = False
    with pytest.raises(RoomctlError, match=r"camera\.front: is in standby"):
        await asked(camera)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"version": b"\x01"},
        {"version": b"", "pan_tilt_position": b"\x00" * 3, "pan_tilt_max_speed": b"\xfe\x00"},
        {"version": b"\x01\x02\x03\x04\x05\x06\x09", "pan_tilt_position": b"", "zoom": b""},
        {"version": b"\x00" * 7, "focus": b"", "focus_mode": b"", "pan_tilt_max_speed": b"\x18"},
    ],
)
def test_whatever_was_answered_makes_a_profile(tmp_path: Path, data: dict[str, bytes]) -> None:
    answers = CameraAnswers(shipped(), shipped()["generic"], None, data)
    assert written(tmp_path, answers).verified == "trace"
    assert tomllib.loads(profile_text(answers, DAY))["bauds"] == []

"""`roomctl drill`, and `visca --trace`, as a newcomer types them."""

import contextlib
import json
import os
import re
import signal
import subprocess
import tty
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from roomctl import app
from roomctl.cli.drill import chosen
from roomctl.config import Config
from roomctl.errors import RoomctlError
from tests.api.test_import import supervised
from tests.cli.rig import (
    LIMIT_S,
    ROOMCTL,
    Running,
    Said,
    begun,
    environment,
    roomctl,
    simulating,
    until,
)

pytestmark = pytest.mark.real

CHINESE = re.compile("[\u4e00-\u9fff]")
TRACE = Path(__file__).resolve().parents[1] / "traces" / "power_cycle.trace"
ROOM = """
[camera.front]
url = "sim:front?baud=38400"
profile = "sony_srg300h"

[camera.still]
url = "sim:still?baud=38400"
profile = "canon_crn500"

[camera.back]
url = "serial:/dev/roomctl-none?baud=9600"

[camera.usb]
url = "v4l2:/dev/video77"
"""


PHONE = '[speakerphone.table]\nurl = "sim:047f:c056"\n[camera.front]\nurl = "sim:front"\n'
EVERY = f"""
{PHONE}profile = "sony_srg300h"
[screen]
mode = "simulated"
[camera.hall]
url = "sim:hall"
profile = "canon_crn500"
[display.wall]
url = "sim:wall"
[display.tv]
url = "sim:tv"
profile = "lg"
"""
DEVICES = ["camera.front", "camera.hall", "speakerphone.table", "display.wall", "display.tv"]


@dataclass(frozen=True)
class Drilled:
    """A drill that has begun: its folder, and what waits for its end."""

    folder: Path
    ended: Callable[[], Said]


@pytest.fixture(scope="module")
def drilled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Drilled]]:
    """Drill a device at each of several rooms: simulated ones move as slowly as true ones."""
    drills = {name: tmp_path_factory.mktemp("drill") for name in ("json", "trace", *DEVICES)}
    still = ("drill", "camera.still")
    more = {"json": ("--json",), "trace": ("--trace", str(drills["trace"] / "still.trace"))}
    chinese = {"LC_ALL": "zh_CN.UTF-8"}
    with contextlib.ExitStack() as done:
        begin = {}
        for name, folder in drills.items():
            file = folder / "room.toml"
            file.write_text(ROOM if name in more else EVERY, encoding="utf-8")
            config = ("-c", str(file))
            drill = (
                begun(folder, *still, *config, *more[name])
                if name in more
                else begun(folder, "drill", name, *config, "--simulated", "--yes", more=chinese)
            )
            begin[name] = Drilled(folder, done.enter_context(drill))
        yield begin


@pytest.fixture
def room(tmp_path: Path) -> Path:
    path = tmp_path / "room.toml"
    path.write_text(ROOM, encoding="utf-8")
    return path


def test_without_a_name_it_lists_what_could_be_drilled(tmp_path: Path, room: Path) -> None:
    said = roomctl(tmp_path, "drill", "-c", str(room))
    assert said.status == 0
    assert said.out.splitlines()[0].split() == ["camera.front", "sim:front?baud=38400"]
    assert said.out.endswith("Drill one: roomctl drill camera.front\n")
    assert roomctl(tmp_path, "drill", "-c", str(room), "--json").json[2] == {
        "name": "camera.back",
        "url": "serial:/dev/roomctl-none?baud=9600",
    }


def test_a_room_without_a_camera_says_where_to_look(tmp_path: Path) -> None:
    empty = tmp_path / "room.toml"
    empty.write_text("", encoding="utf-8")
    assert "see `roomctl probe`" in roomctl(tmp_path, "drill", "-c", str(empty)).out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (
            ("camera.frnt",),
            "'camera.frnt' is nothing that can be drilled; there is: camera.back, camera.front, ",
        ),
        (("usb",), "a USB camera has no drill"),
    ],
)
def test_a_camera_that_cannot_be_drilled_is_one_sentence(
    tmp_path: Path, room: Path, words: tuple[str, ...], why: str
) -> None:
    said = roomctl(tmp_path, "drill", *words, "-c", str(room))
    assert (said.status, said.out) == (1, "")
    assert why in said.err
    assert said.err.count("\n") == 1


def test_a_bare_name_is_enough_where_one_device_has_it(tmp_path: Path) -> None:
    path = tmp_path / "room.toml"
    path.write_text(
        '[camera.a]\nurl = "sim:a"\n[speakerphone.a]\nurl = "sim:b"\n', encoding="utf-8"
    )
    config = app.load(path)
    assert chosen("speakerphone.a", config).kind == "speakerphone"
    with pytest.raises(RoomctlError, match=r"several: camera\.a, speakerphone\.a"):
        chosen("a", config)
    with pytest.raises(RoomctlError, match="there is: none in this room"):
        chosen("a", Config())


def test_without_a_file_it_says_what_to_name(tmp_path: Path) -> None:
    for command in (("drill", "front"), ("camera", "describe", "front")):
        said = roomctl(tmp_path, *command, "-c", str(tmp_path / "none.toml"))
        assert said.status == 1
        assert "there is no such file; name your room.toml with --config" in said.err


def test_a_camera_that_is_not_there_fails_the_first_step(tmp_path: Path, room: Path) -> None:
    said = roomctl(tmp_path, "drill", "back", "-c", str(room))
    assert said.status == 1
    (line,) = said.out.splitlines()
    assert re.match(r"answers +failed .*there is no /dev/roomctl-none", line)


def test_a_drill_prints_a_line_for_each_step_and_is_one_object_for_programs(
    drilled: Mapping[str, Drilled],
) -> None:
    said = drilled["json"].ended()
    assert (said.status, said.err) == (0, "")
    assert said.json["passed"] is True
    steps = {step["step"]: step for step in said.json["steps"]}
    assert (steps["answers"]["result"], steps["preset"]["result"]) == ("ok", "skipped")
    assert steps["questions"]["numbers"]["mean_ms"] > 0
    said = drilled["trace"].ended()
    trace = drilled["trace"].folder / "still.trace"
    assert "# profile: canon_crn500" in trace.read_text(encoding="utf-8").splitlines()
    assert [line.split("  ")[0] for line in said.out.splitlines()] == list(steps)


def test_ctrl_c_ends_the_questions_and_no_half_profile_is_written(tmp_path: Path) -> None:
    command = [*ROOMCTL, "camera", "describe", "front", "--simulated"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, stdout=pipe, stderr=pipe, text=True, env=environment(tmp_path)
    )
    with process:
        try:
            assert process.stderr is not None
            while (line := process.stderr.readline()) and "of 23" not in line:
                pass
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=LIMIT_S)
        finally:
            process.kill()
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "interrupted: the camera was only asked, and is released"


def interrupted(folder: Path, *words: str, after: str) -> tuple[list[str], str]:
    """Drill, press Ctrl-C once a step is done; return the lines that follow, and the last word."""
    process = subprocess.Popen(
        [*ROOMCTL, "drill", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment(folder), "PYTHONUNBUFFERED": "1"},
    )
    with process:
        try:
            assert process.stdout is not None
            while (line := process.stdout.readline()) and not line.startswith(after):
                pass
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=LIMIT_S)
        finally:
            process.kill()
    assert process.returncode == 130
    return out.splitlines(), err


def test_ctrl_c_stops_the_camera_and_puts_it_back(tmp_path: Path, room: Path) -> None:
    lines, err = interrupted(tmp_path, "front", "-c", str(room), after="place")
    assert re.match(r"put back +ok ", lines[-1])
    assert err == "interrupted: the camera is stopped and back at its old position\n"


def test_a_port_that_another_program_holds_names_it(tmp_path: Path) -> None:
    master, slave = os.openpty()
    try:
        tty.setraw(slave)
        path = tmp_path / "room.toml"
        path.write_text(
            f'[camera.front]\nurl = "serial:{os.ttyname(slave)}?baud=9600"\n', encoding="utf-8"
        )
        said = roomctl(tmp_path, "drill", "front", "-c", str(path))
    finally:
        os.close(master)
        os.close(slave)
    assert said.status == 1
    assert f"(pid {os.getpid()}); stop it for the drill" in said.err


def test_a_room_that_runs_holds_a_camera_on_a_wire(tmp_path: Path) -> None:
    with simulating(tmp_path, "--wire", "--screen", "simulated") as running:
        held = _serial_of(running)
        path = tmp_path / "again.toml"
        path.write_text(f'[camera.front]\nurl = "serial:{held}?baud=9600"\n', encoding="utf-8")
        said = running.roomctl("drill", "front", "-c", str(path))
        asked = running.roomctl("camera", "describe", "front", "-c", str(path))
    for refused, purpose in ((said, "the drill"), (asked, "its questions")):
        assert refused.status == 1
        held = rf"is held by roomctl simulate \(pid \d+\); stop it for {purpose}"
        assert re.search(held, refused.err)
    assert asked.out == ""


def _serial_of(running: Running) -> str:
    """Return the pty that the room itself has open."""
    folder = Path(f"/proc/{running.process.pid}/fd")

    def ptys() -> list[str]:
        links = [os.readlink(link) for link in folder.iterdir() if link.is_symlink()]
        return sorted({link for link in links if link.startswith("/dev/pts/")})

    until(lambda: bool(ptys()))
    return ptys()[0]


# A speakerphone.


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.toml"
    path.write_text(PHONE, encoding="utf-8")
    return path


def test_a_speakerphone_is_drilled_the_same_way(tmp_path: Path, table: Path) -> None:
    listed = roomctl(tmp_path, "drill", "-c", str(table)).out.splitlines()
    assert listed[1].split() == ["speakerphone.table", "sim:047f:c056"]
    said = roomctl(tmp_path, "drill", "speakerphone.table", "-c", str(table), "--yes", "--json")
    assert (said.status, said.err, said.json["passed"]) == (0, "", True)
    steps = {step["step"]: step for step in said.json["steps"]}
    assert steps["lights"]["numbers"]["leds"] == 2
    assert steps["echo"]["numbers"]["echoes"] == 4
    assert "no [screen] in room.toml" in steps["silence"]["words"]


@pytest.mark.parametrize("device", DEVICES)
def test_every_step_speaks_chinese(drilled: Mapping[str, Drilled], device: str) -> None:
    said = drilled[device].ended()
    assert (said.status, said.err) == (0, "")
    steps = [re.split(" {2,}|(?<=正常) |(?<=跳过) ", line) for line in said.out.splitlines()]
    assert len(steps) >= 5
    english = [line for line in steps if not all(map(CHINESE.search, line))]
    assert {line[0] for line in english} <= {"当前位置"}, english  # axes, and numbers


def test_a_self_test_tells_of_each_device_in_the_locales_language(tmp_path: Path) -> None:
    chinese = {"LC_ALL": "zh_CN.UTF-8"}
    one = '[speakerphone.table]\nurl = "sim:047f:c056"\n[api]\nlisten = "127.0.0.1:0"\n'
    (tmp_path / "room.toml").write_text(one, encoding="utf-8")
    with supervised(tmp_path) as (_, client, token):
        at = ("--room", str(client.base_url), "--token-file", str(token))
        until(lambda: client.get("/api/v1/room").json()["devices"][0]["status"] == "online")
        said = roomctl(tmp_path, "do", "selftest.run", *at, more=chinese)
        assert (said.status, said.err) == (0, "")
        first, *steps = said.out.splitlines()
        assert re.match(r"speakerphone\.table +通过 +[\d.]+ 秒", first)
        assert "指示灯已熄灭，已挂机" in steps[-1]
        assert len(steps) > 5
        gone = roomctl(tmp_path, "do", "selftest.run", "device=camera.none", *at)
        assert (gone.status, "camera.none" in gone.err) == (1, True)


def test_a_speakerphone_that_is_not_plugged_in_fails_the_first_step(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    path.write_text('[speakerphone.table]\nurl = "usb:ffff:fffe"\n', encoding="utf-8")
    said = roomctl(tmp_path, "drill", "table", "-c", str(path), "--yes")
    assert said.status == 1
    (line,) = said.out.splitlines()
    assert re.match(r"answers +failed ", line)


def test_ctrl_c_puts_the_lights_of_a_speakerphone_out(tmp_path: Path, table: Path) -> None:
    words = ("speakerphone.table", "-c", str(table), "--yes")
    lines, err = interrupted(tmp_path, *words, after="handshake")
    assert re.match(r"put back +ok +its lights are out, and it is on-hook", lines[-1])
    assert err == "interrupted: its lights are switched off\n"


# visca --trace


def test_a_trace_is_read_with_its_meaning(tmp_path: Path) -> None:
    said = roomctl(tmp_path, "visca", "--trace", str(TRACE))
    assert said.status == 0
    lines = said.out.splitlines()
    assert lines[0].split("\t") == ["0.000000", "open", "", "", "serial:/dev/ttyUSB0?baud=9600"]
    assert any(line.endswith("camera 1: reply power on=yes") for line in lines)
    assert any(line.endswith("network network_change") for line in lines)
    records = [
        json.loads(line)
        for line in roomctl(tmp_path, "visca", "--json", "--trace", str(TRACE)).out.splitlines()
    ]
    assert len(records) == len(lines)
    assert records[1]["means"][0]["name"] == "address_set"


def test_what_is_no_trace_is_one_sentence_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.trace"
    path.write_text("1.0\tin\t9041ff\nhello\n", encoding="utf-8")
    said = roomctl(tmp_path, "visca", "--trace", str(path))
    assert said.status == 1
    assert "line 2: not time, direction and bytes" in said.err
    assert roomctl(tmp_path, "visca", "--trace", str(tmp_path / "none")).status == 1
    assert "visca: no bytes given" in roomctl(tmp_path, "visca").err

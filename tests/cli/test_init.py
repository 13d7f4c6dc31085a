"""`roomctl init`: what it proposes, asks, refuses and writes."""

from __future__ import annotations

import os
import pty
import select
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest

from roomctl import app
from roomctl.cli.init import Wishes, answered, commands, named, proposed, refuse, write, written
from roomctl.errors import FileError, RoomctlError
from roomctl.ports.inventory import PluggedDevice
from roomctl.ports.permission import Person, forbidden, node_of
from tests.cli.rig import LIMIT_S, ROOMCTL, environment, roomctl

FRONT = PluggedDevice("camera", "serial:/dev/serial/by-id/usb-FTDI_a?baud=9600", "FT232R \x1b[31m")
BACK = PluggedDevice("camera", "visca-ip://192.0.2.7", "Sony")
TABLE = PluggedDevice("speakerphone", "usb:0b0e:2456", 'Jabra "Speak"\n[api]')
PAD = PluggedDevice("controller", "evdev:auto", "gamepad")


def made(wishes: Wishes, *found: PluggedDevice, ask: object = None) -> str:
    told: list[str] = []
    answers, kept = answered(wishes, named(found), ask, told.append, as_service=True)  # type: ignore[arg-type]
    return written(answers, kept, as_service=True)


def test_a_room_without_any_hardware_is_sound() -> None:
    text = made(Wishes())
    assert app.mistakes(text, "room.toml") == []
    assert "camera" not in text


def test_a_second_camera_has_a_name_of_its_own_and_the_file_is_sound() -> None:
    text = made(Wishes(name="竹", platform="tencent", screen="kiosk"), FRONT, BACK, TABLE, PAD)
    assert app.mistakes(text, "room.toml") == []
    said = tomllib.loads(text)
    assert [*said["camera"]] == ["front", "back"]
    assert said["room"]["displayName"] == "竹"
    assert said["screen"]["url"] == "unix:/run/roomctl-screen/screen.sock"


def test_what_a_device_calls_itself_writes_no_line_of_the_file() -> None:
    text = made(Wishes(), FRONT, TABLE)
    assert tomllib.loads(text)["api"] == {"listen": "127.0.0.1:8080"}
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("wishes", "flag", "hint"),
    [
        (Wishes(timezone="Asia/Beijing"), "--timezone", "Asia/Shanghai"),
        (Wishes(platform="tencet"), "--platform", "tencent"),
        (Wishes(listen="8080"), "--listen", "HOST:PORT"),
        (Wishes(screen="tv"), "--screen", "kiosk"),
    ],
)
def test_a_mistaken_flag_is_named_with_what_it_may_be(wishes: Wishes, flag: str, hint: str) -> None:
    with pytest.raises(FileError, match=flag) as error:
        made(wishes)
    assert hint in str(error.value)


def test_a_mistaken_answer_is_asked_for_again_and_an_empty_one_is_the_proposal() -> None:
    asked: list[str] = []
    answers = iter(["Bamboo", "en", "UTC+8", "Asia/Shanghai", "", "", "127.0.0.1:9000", "none"])

    def ask(question: str, proposal: str) -> str:
        asked.append(question)
        return next(answers)

    said = tomllib.loads(made(Wishes(), ask=ask))
    assert said["room"]["timezone"] == "Asia/Shanghai"
    assert said["api"]["listen"] == "127.0.0.1:9000"
    assert asked.count("time zone") == 2


def test_a_device_that_is_not_wanted_is_left_out() -> None:
    proposal = proposed([])

    def ask(question: str, suggested: str) -> str:
        return "no" if "camera.back" in question else suggested

    said = tomllib.loads(made(Wishes(name=proposal.name), FRONT, BACK, ask=ask))
    assert [*said["camera"]] == ["front"]


def test_a_file_that_is_there_is_written_over_only_by_force_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    assert write(file, "a = 1\n") is None
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    with pytest.raises(RoomctlError, match="is there already"):
        refuse(file, force=False)
    refuse(file, force=True)
    copy = write(file, "a = 2\n")
    assert copy is not None
    assert (copy.read_text(), file.read_text()) == ("a = 1\n", "a = 2\n")


def test_who_may_not_use_a_node_is_told_the_command_that_lets_him(tmp_path: Path) -> None:
    node = tmp_path / "ttyUSB0"
    node.touch()
    node.chmod(0o600)
    about = node.stat()
    stranger = Person("mei", about.st_uid + 1, frozenset({about.st_gid}))
    found = forbidden(f"serial:{node}?baud=9600", stranger)
    assert found is not None
    assert "sudo usermod -aG dialout mei" in found.command
    assert "udevadm trigger" in found.command
    node.chmod(0o660)
    assert forbidden(f"serial:{node}", stranger) is None


def test_the_node_of_a_usb_device_is_found_by_its_ids(tmp_path: Path) -> None:
    device = tmp_path / "1-1"
    device.mkdir()
    said = {"idVendor": "0b0e", "idProduct": "2456", "busnum": "1", "devnum": "12"}
    for name, value in said.items():
        (device / name).write_text(f"{value}\n")
    assert node_of("usb:0b0e:2456?port=1-1", tmp_path) == Path("/dev/bus/usb/001/012")
    assert node_of("usb:auto", tmp_path) is None
    assert node_of("visca-ip://192.0.2.7") is None


def test_units_that_are_not_installed_are_installed_first(tmp_path: Path) -> None:
    assert len(commands(("roomctl",), [tmp_path])) > 1
    (tmp_path / "roomctl.service").touch()
    assert commands(("roomctl",), [tmp_path]) == ["sudo systemctl enable --now roomctl"]


@pytest.mark.real
def test_a_person_answers_at_a_terminal_and_the_file_is_there(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    words = [*ROOMCTL, "init", "-c", str(tmp_path / "room.toml")]
    more = {"LC_ALL": "zh_CN.UTF-8"}
    with subprocess.Popen(
        words,
        env=environment(tmp_path) | more,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as asked:
        os.close(theirs)
        answers = {"会议室名称": "竹", "时区": "Asia/Shanghai", "平台": "tencent", "显示屏": "none"}
        shown, at = "", 0
        while select.select([ours], [], [], LIMIT_S)[0]:
            try:
                shown += os.read(ours, 4096).decode("utf-8", "replace")
            except OSError:  # it has ended
                break
            if shown[at:].endswith(": "):
                answer = next((text for key, text in answers.items() if key in shown[at:]), "")
                at = len(shown)
                os.write(ours, f"{answer}\n".encode())
        os.close(ours)
        assert asked.wait(LIMIT_S) == 0, shown
    assert "没有错误" in shown
    said = tomllib.loads((tmp_path / "room.toml").read_text())
    assert (said["room"]["displayName"], said["meeting"]["platform"]) == ("竹", "tencent")


@pytest.mark.real
def test_where_nobody_sits_it_asks_nothing_and_writes_nothing(tmp_path: Path) -> None:
    said = roomctl(tmp_path, "init", "-c", str(tmp_path / "room.toml"))
    assert (said.status, "give --yes" in said.err) == (1, True)
    assert not (tmp_path / "room.toml").exists()

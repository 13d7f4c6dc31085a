"""`roomctl init`: what it proposes, asks, refuses and writes."""

from __future__ import annotations

import os
import pty
import select
import shutil
import stat
import subprocess
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from roomctl import app
from roomctl.cli.init import (
    InitAnswers,
    answered,
    answers_of,
    installing,
    named,
    of_network,
    present,
    proposed,
    rewritten,
    starting,
    unknown,
    urls_of,
    write,
    written,
)
from roomctl.cli.toml_edit import with_key
from roomctl.errors import FileError, RoomctlError
from roomctl.ports.inventory import PluggedDevice
from roomctl.ports.permission import BoxUser, forbidden, node_of
from roomctl.search import FoundDevice
from roomctl.search.found import hosts_of
from tests.cli.rig import LIMIT_S, ROOMCTL, environment, roomctl

FRONT = PluggedDevice("camera", "serial:/dev/serial/by-id/usb-FTDI_a?baud=9600", "FT232R \x1b[31m")
BACK = PluggedDevice("camera", "visca-ip://192.0.2.7", "Sony")
TABLE = PluggedDevice("speakerphone", "usb:0b0e:2456", 'Jabra "Speak"\n[api]')
PAD = PluggedDevice("controller", "evdev:auto", "gamepad")


def made(wishes: InitAnswers, *found: PluggedDevice, ask: object = None) -> str:
    told: list[str] = []
    answers, kept = answered(wishes, named(found), ask, told.append, as_service=True)  # type: ignore[arg-type]
    return written(answers, kept, as_service=True)


def test_a_room_without_any_hardware_is_sound() -> None:
    text = made(InitAnswers())
    assert app.mistakes(text, "room.toml") == []
    assert "camera" not in text


def test_a_second_camera_has_a_name_of_its_own_and_the_file_is_sound() -> None:
    text = made(InitAnswers(name="竹", platform="tencent", screen="kiosk"), FRONT, BACK, TABLE, PAD)
    assert app.mistakes(text, "room.toml") == []
    said = tomllib.loads(text)
    assert [*said["camera"]] == ["front", "back"]
    assert said["room"]["display_name"] == "竹"
    assert said["screen"]["url"] == "unix:/run/roomctl-screen/screen.sock"


def test_what_a_device_calls_itself_writes_no_line_of_the_file() -> None:
    text = made(InitAnswers(listen="127.0.0.1:8080"), FRONT, TABLE)
    assert tomllib.loads(text)["api"] == {"listen": "127.0.0.1:8080"}
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("wishes", "flag", "hint"),
    [
        (InitAnswers(timezone="Asia/Beijing"), "--timezone", "Asia/Shanghai"),
        (InitAnswers(platform="tencet"), "--platform", "tencent"),
        (InitAnswers(listen="8080"), "--listen", "HOST:PORT"),
        (InitAnswers(screen="tv"), "--screen", "kiosk"),
    ],
)
def test_a_mistaken_flag_is_named_with_what_it_may_be(
    wishes: InitAnswers, flag: str, hint: str
) -> None:
    with pytest.raises(FileError, match=flag) as error:
        made(wishes)
    assert hint in str(error.value)


def test_a_mistaken_answer_is_asked_for_again_and_an_empty_one_is_the_proposal() -> None:
    asked: list[str] = []
    answers = iter(["Bamboo", "en", "UTC+8", "Asia/Shanghai", "", "", "127.0.0.1:9000", "none"])

    def ask(question: str, proposal: str) -> str:
        asked.append(question)
        return next(answers)

    said = tomllib.loads(made(InitAnswers(), ask=ask))
    assert said["room"]["timezone"] == "Asia/Shanghai"
    assert said["api"]["listen"] == "127.0.0.1:9000"
    assert asked.count("time zone") == 2


def test_a_device_that_is_not_wanted_is_left_out() -> None:
    proposal = proposed([])

    def ask(question: str, suggested: str) -> str:
        return "no" if "camera.back" in question else suggested

    said = tomllib.loads(made(InitAnswers(name=proposal.name), FRONT, BACK, ask=ask))
    assert [*said["camera"]] == ["front"]


FOUND = FoundDevice(
    "camera",
    "192.0.2.7",
    ("VISCA over IP", "ONVIF"),
    ("visca-ip://192.0.2.7", "onvif://192.0.2.7"),
    profile="sony_brcx400",
    verified=True,
)
OTHER = replace(FOUND, host="192.0.2.8", urls=("onvif://192.0.2.8",), profile=None)
WALL = replace(FOUND, kind="display", host="192.0.2.9", urls=("tcp://192.0.2.9",), profile=None)


def chosen(*found: FoundDevice, ask: object = None, known: set[str] | None = None) -> object:
    plugged, unsure = of_network(found, known or set())
    devices = named(plugged, unsure=unsure)
    wishes, kept = answered(InitAnswers(), devices, ask, print, as_service=True)  # type: ignore[arg-type]
    text = written(wishes, kept, as_service=True)
    assert app.mistakes(text, "room.toml") == []
    said = tomllib.loads(text)
    return {kind: said[kind] for kind in ("camera", "display") if kind in said}


def test_the_only_camera_of_the_network_is_taken_with_the_profile_of_its_model() -> None:
    assert chosen(FOUND, WALL) == {
        "camera": {"front": {"url": "visca-ip://192.0.2.7", "profile": "sony_brcx400"}},
        "display": {"wall": {"url": "tcp://192.0.2.9"}},
    }


def test_of_several_cameras_none_is_taken_unless_a_person_says_so() -> None:
    assert chosen(FOUND, OTHER) == {}
    proposals = list[str]()

    def ask(question: str, proposal: str) -> str:
        proposals.append(proposal)
        return "yes" if "camera.back" in question else proposal

    assert chosen(FOUND, OTHER, ask=ask) == {"camera": {"back": {"url": "onvif://192.0.2.8"}}}
    assert proposals[:2] == ["no", "no"]


@pytest.mark.parametrize(
    "one",
    [
        replace(FOUND, verified=False),
        replace(FOUND, in_network=False),
        replace(FOUND, urls=()),
    ],
)
def test_what_did_not_answer_itself_or_cannot_be_reached_is_not_taken(one: FoundDevice) -> None:
    assert chosen(one) == {}


def test_a_camera_that_the_file_has_under_any_url_is_not_found_again() -> None:
    said = {"camera": {"front": {"url": "onvif://192.0.2.7:80"}}, "screen": {"mode": "kiosk"}}
    assert chosen(FOUND, known=hosts_of(urls_of(said))) == {}


def test_a_file_that_is_there_is_kept_beside_what_is_written(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    assert write(file, "a = 1\n") is None
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    copy = write(file, "a = 2\n")
    assert copy is not None
    assert (copy.read_text(), file.read_text()) == ("a = 1\n", "a = 2\n")


OWN = """# ours
[room]
display_name = "Bamboo"   # 竹
language = "en"
timezone = "Asia/Shanghai"
help = "ext. 1234"

[camera.front]
url = "serial:/dev/serial/by-id/usb-FTDI_a?baud=9600"

[meeting]
platform = "jitsi"
deny = ["teams.live.com"]

[api]
listen = "127.0.0.1:8080"
"""


def again(wishes: InitAnswers, *found: PluggedDevice) -> str:
    """Return what becomes of `OWN` by answers that are given, and devices that are new."""
    data = tomllib.loads(OWN)
    there = present(data)
    new = unknown(data, found)
    answers, kept = answered(wishes, new, None, print, as_service=True, there=there)
    return rewritten(OWN, there, answers, kept, as_service=True)


def test_an_answer_that_is_given_again_changes_its_line_alone() -> None:
    changed = again(InitAnswers(name="Pine"))
    assert changed == OWN.replace('"Bamboo"', '"Pine"')
    assert again(InitAnswers()) == OWN


def test_an_empty_answer_takes_its_line_out_and_a_new_one_is_put_into_its_table() -> None:
    assert again(InitAnswers(platform="")) == OWN.replace('platform = "jitsi"\n', "")
    said = tomllib.loads(again(InitAnswers(calendar="ics:/srv/a.ics", timezone="UTC")))
    assert said["calendar"] == {"url": "ics:/srv/a.ics"}
    assert said["room"]["timezone"] == "UTC"
    assert said["meeting"] == {"platform": "jitsi", "deny": ["teams.live.com"]}


def test_a_display_comes_with_its_socket_and_goes_with_all_of_its_table() -> None:
    with_it = again(InitAnswers(screen="kiosk", listen="0.0.0.0:8080"))
    said = tomllib.loads(with_it)
    assert said["screen"] == {"mode": "kiosk", "url": "unix:/run/roomctl-screen/screen.sock"}
    assert said["room"]["phone"] == "on"
    there = present(said)
    without, _ = answered(InitAnswers(screen="none"), [], None, print, as_service=True, there=there)
    left = tomllib.loads(rewritten(with_it, there, without, [], as_service=True))
    assert "screen" not in left
    assert left["camera"] == tomllib.loads(OWN)["camera"]


def test_a_device_that_the_file_has_is_not_found_again_and_a_new_one_has_a_free_name() -> None:
    said = tomllib.loads(again(InitAnswers(), FRONT, BACK, TABLE))
    assert {*said["camera"]} == {"front", "back"}
    assert said["camera"]["front"]["url"] == FRONT.url
    assert said["camera"]["back"]["url"] == BACK.url
    assert {*said["speakerphone"]} == {"table"}


def test_an_answer_that_stays_may_be_what_only_its_own_folder_explains() -> None:
    there = InitAnswers(name="Bamboo", calendar="secret:calendar", platform="ours")
    said, _ = answered(InitAnswers(name="Pine"), [], None, print, as_service=True, there=there)
    assert (said.name, said.calendar, said.platform) == ("Pine", "secret:calendar", "ours")


def test_a_third_camera_has_a_number() -> None:
    assert [one.name for one in named([FRONT, BACK, FRONT, PAD])] == [
        *("front", "back", "camera3", "pad")
    ]


def test_a_mistaken_answer_changes_nothing() -> None:
    with pytest.raises(FileError, match="--timezone"):
        again(InitAnswers(timezone="Asia/Beijing"))


@pytest.mark.parametrize(
    "text",
    ['room = { display_name = "Bamboo" }\n', 'room.display_name = "Bamboo"\n[api]\n'],
)
def test_a_way_of_writing_that_cannot_be_kept_is_refused_or_kept(text: str) -> None:
    assert tomllib.loads(with_key(text, "room", "display_name", "Pine"))["room"] == {
        "display_name": "Pine"
    }
    with pytest.raises(RoomctlError, match="edit the file"):
        with_key(text, "room", "timezone", "UTC")


def test_answers_are_read_from_a_file_and_what_is_no_question_is_named(tmp_path: Path) -> None:
    file = tmp_path / "answers.toml"
    file.write_text('name = "Bamboo"\nscreen = "none"\n')
    found = answers_of(file)
    assert found == InitAnswers(name="Bamboo", screen="none")
    file.write_text('network = "yes"\n')
    assert answers_of(file).network == "yes"
    assert found.overruled(InitAnswers(name="Pine")) == InitAnswers(name="Pine", screen="none")
    for text, why in (
        ('nane = "x"\n', "is not a question; the questions are name"),
        ("name = 7\n", "text"),
        ('network = "perhaps"\n', 'must be "yes" or "no"'),
    ):
        file.write_text(text)
        with pytest.raises(FileError, match=why):
            answers_of(file)


def test_who_may_not_use_a_node_is_told_the_command_that_lets_him(tmp_path: Path) -> None:
    node = tmp_path / "ttyUSB0"
    node.touch()
    node.chmod(0o600)
    about = node.stat()
    stranger = BoxUser("mei", about.st_uid + 1, frozenset({about.st_gid}))
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
    assert len(installing(("roomctl",), [tmp_path])) > 1
    (tmp_path / "roomctl.service").touch()
    assert installing(("roomctl",), [tmp_path]) == []
    assert starting(InitAnswers(screen="none")) == [["systemctl", "enable", "--now", "roomctl"]]


def test_a_wall_is_enabled_and_has_the_sound_cards_before_the_display_starts(
    tmp_path: Path,
) -> None:
    enabled = tmp_path / "roomctl-audio.service"
    sound = ["systemctl", "enable", "--now", "roomctl-audio"]
    cards = ["udevadm", "trigger", "--settle", "--subsystem-match=sound"]
    rest = ["systemctl", "enable", "--now", "roomctl", "roomctl-kiosk", "roomctl-screen"]
    walled = InitAnswers(screen="kiosk", wall="on")
    assert starting(walled, walled=enabled) == [sound, cards, rest]
    for wall in ("auto", "off"):
        assert starting(InitAnswers(screen="kiosk", wall=wall), walled=enabled) == [rest]
    assert starting(InitAnswers(screen="none", wall="on"), walled=enabled) == [[*rest[:4]]]
    enabled.touch()
    assert starting(walled, walled=enabled) == [rest]
    ends = ["systemctl", "disable", "--now", "roomctl-audio"]
    assert starting(InitAnswers(screen="kiosk", wall="off"), walled=enabled) == [ends, cards, rest]
    assert starting(InitAnswers(screen="kiosk", wall="auto"), walled=enabled) == [rest]


def test_the_rule_that_gives_the_sound_cards_away_comes_with_the_wall(tmp_path: Path) -> None:
    for unit in ("roomctl", "roomctl-audio"):
        (tmp_path / f"{unit}.service").touch()
    rules = tmp_path / "rules.d"
    [line] = installing(("roomctl", "roomctl-audio"), [tmp_path], [rules])
    assert "udev/72-roomctl-audio.rules /etc" not in line
    assert "72-roomctl-audio.rules" in line
    rules.mkdir()
    (rules / "72-roomctl-audio.rules").touch()
    assert installing(("roomctl", "roomctl-audio"), [tmp_path], [rules]) == []
    assert installing(("roomctl",), [tmp_path], [tmp_path / "none"]) == []


def test_a_wall_is_proposed_where_the_box_can_keep_one_and_a_display_is_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    for walls, screen, wall in ((True, None, "on"), (False, None, "auto"), (True, "none", "auto")):
        said, _ = answered(
            InitAnswers(screen=screen), [], None, print, as_service=True, walls=walls
        )
        assert said.wall == wall
        audio = tomllib.loads(written(said, [], as_service=True)).get("audio", {})
        assert audio == ({"wall": "on"} if wall == "on" else {})
    with pytest.raises(FileError, match="--wall"):
        answered(InitAnswers(wall="perhaps"), [], None, print, as_service=True)


def test_a_wall_is_asked_for_where_programs_show_the_meeting() -> None:
    asked = list[str]()

    def ask(question: str, proposal: str) -> str:
        asked.append(question)
        return proposal

    for screen, count in (("none", 0), ("kiosk", 1)):
        asked.clear()
        answered(InitAnswers(screen=screen), [], ask, print, as_service=True)
        assert sum("behind a wall" in question for question in asked) == count


def test_a_wall_that_is_answered_again_is_its_line_alone() -> None:
    said = tomllib.loads(again(InitAnswers(wall="on")))
    assert said["audio"] == {"wall": "on"}
    assert present(said).wall == "on"


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
    assert (said["room"]["display_name"], said["meeting"]["platform"]) == ("竹", "tencent")


@pytest.mark.real
def test_where_nobody_sits_it_asks_nothing_and_writes_nothing(tmp_path: Path) -> None:
    said = roomctl(tmp_path, "init", "-c", str(tmp_path / "room.toml"))
    assert (said.status, "give --yes" in said.err) == (1, True)
    assert not (tmp_path / "room.toml").exists()


@pytest.mark.real
def test_the_second_time_one_answer_is_changed_and_nobody_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    file.write_text(OWN)
    said = roomctl(tmp_path, "init", "-c", str(file), "--name", "Pine")
    assert said.status == 0, said.err
    assert file.read_text() == OWN.replace('"Bamboo"', '"Pine"')
    assert [one.read_text() for one in tmp_path.glob("room.toml.*")] == [OWN]
    answers = tmp_path / "answers.toml"
    answers.write_text('name = "Pine"\n')
    assert "unchanged" in roomctl(tmp_path, "init", "-c", str(file), "--answers", str(answers)).out
    assert len([*tmp_path.glob("room.toml.*")]) == 1

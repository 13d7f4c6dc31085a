"""`roomctl doctor`: what each look finds, and that none of them takes long or changes anything."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from roomctl.cli import doctor
from roomctl.cli.doctor import BoxFinding, BoxView, examined, record, screen, view, words
from roomctl.errors import RoomctlError
from roomctl.ports.permission import BoxUser, myself
from roomctl.version import build_info
from tests.cli.rig import roomctl, simulating


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No other room of this user runs, whatever else runs on this machine."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def box(folder: Path, text: str = "") -> BoxView:
    file = folder / "room.toml"
    file.write_text(text)
    return replace(view(file, folder / "state")[0], etc=folder / "etc", run=folder / "run")


def verdicts(found: Iterator[BoxFinding]) -> list[tuple[str, str]]:
    return [(one.verdict, one.subject) for one in found]


def test_a_file_that_is_not_there_is_made_by_init(tmp_path: Path) -> None:
    [one] = view(tmp_path / "room.toml", None)[1]
    assert (one.verdict, one.command) == ("fail", "sudo roomctl init")


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    file.write_text('[room]\ntimezone = "Asia/Beijing"\n[meeting]\nplatform = "tencet"\n')
    found = view(file, None)[1]
    assert [one.verdict for one in found] == ["fail", "fail"]
    assert f"{file}:2: room.timezone" in found[0].words
    assert f"roomctl check {file}" in found[0].command


def test_a_secret_in_the_file_itself_is_a_warning_and_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    file.write_text('[calendar]\nurl = "ics:https://example.org/a?key=k4n4rien"\n')
    found = view(file, None)[1]
    assert verdicts(iter(found)) == [("ok", "config"), ("warn", "config")]
    assert "k4n4rien" not in words(found)


def test_a_port_that_is_gone_or_shut_is_told_with_what_to_type(tmp_path: Path) -> None:
    node = tmp_path / "ttyUSB0"
    text = f'[camera.front]\nurl = "serial:{node}?baud=9600"\n'
    [one] = doctor.devices(box(tmp_path, text))
    assert (one.verdict, one.subject, one.command) == ("fail", "camera.front", "roomctl probe")
    node.touch()
    node.chmod(0o600)
    stranger = BoxUser("mei", myself().uid + 1, frozenset())
    [one] = doctor.devices(replace(box(tmp_path, text), who=stranger))
    assert (one.verdict, "usermod -aG dialout mei" in one.command) == ("fail", True)
    node.chmod(0o666)
    [one] = doctor.devices(replace(box(tmp_path, text), who=stranger))
    assert one.verdict == "ok"


@pytest.mark.parametrize(
    ("video", "found"),
    [
        ("rtsp://192.0.2.1/s", [("warn", "video")]),
        ("http://192.0.2.1/x.jpg", []),
        ("/dev/video0", []),
    ],
)
def test_a_stream_without_the_library_that_decodes_it_is_told_with_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, video: str, found: list[tuple[str, str]]
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)  # as if it were not installed
    text = f'[camera.front]\nurl = "tcp://192.0.2.1:5678"\nvideo = "{video}"\n'
    told = list(doctor.rules(box(tmp_path, text)))
    assert verdicts(iter(told)) == found
    assert all("roomctl[video]" in one.command for one in told)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('url = "gpio:22"', "gpio:22: a laptop switch, active while"),
        ('url = "gpiod:gpiochip0/22"\nline = "pulse"', "presses the laptop switch's button"),
        ('url = "tcp://192.0.2.9"\nprofile = "lightware_ucx"', "the protocol of lightware_ucx"),
    ],
)
def test_of_a_laptop_switch_it_is_told_where_it_is(tmp_path: Path, lines: str, says: str) -> None:
    [one] = doctor.laptop_switch(box(tmp_path, f"[byom]\n{lines}\n"))
    assert (one.verdict, one.subject, says in one.words) == ("ok", "byom", True)


def test_both_lines_of_a_laptop_switch_are_looked_at(tmp_path: Path) -> None:
    text = '[byom]\nurl = "gpiod:gpiochip97/22"\nplugged = "gpiod:gpiochip98/27"\n'
    found = verdicts(doctor.devices(box(tmp_path, text)))
    assert found == [("fail", "byom"), ("fail", "byom.plugged")]


@pytest.mark.parametrize(
    ("device", "entry", "says"),
    [
        ({"status": "online"}, {"reads_back": True, "holder": "laptop"}, ("ok", "a laptop has")),
        (
            {"status": "online"},
            {"reads_back": False, "holder": "unknown"},
            ("ok", "does not report"),
        ),
    ],
)
def test_where_a_laptop_switch_stands_is_what_the_room_says(
    device: dict[str, object], entry: dict[str, object], says: tuple[str, str]
) -> None:
    document = {"devices": [{"name": "byom", "detail": None, **device}], "byom": entry}
    [one] = doctor.switch_said(document)
    assert (one.verdict, says[1] in one.words) == (says[0], True)


def test_a_silent_laptop_switch_is_told_once_as_an_issue_of_the_room() -> None:
    device = {"name": "byom", "status": "offline", "reason": "no_reply", "detail": "no answer"}
    assert list(doctor.switch_said({"devices": [device], "byom": {}})) == []


@pytest.mark.parametrize(
    ("key", "free_kb", "says"),
    [
        ("auto", 4_000_000, "a browser is kept ready while somebody may join soon"),
        ("auto", 2_000_000, "no browser is kept ready: 2048 MB of memory are free,"),
        ("on", 2_000_000, "a browser is kept ready while somebody may join soon"),
        ("off", 4_000_000, "no browser is kept ready: waiting_browser = off"),
    ],
)
def test_it_says_whether_a_browser_waits_and_why(
    tmp_path: Path, key: str, free_kb: int, says: str
) -> None:
    room = f'[room]\ndisplay_name = "Bamboo"\n[screen]\nwaiting_browser = "{key}"\n'
    (tmp_path / "meminfo").write_text(f"MemTotal: 8000000 kB\nMemAvailable: {free_kb} kB\n")
    found = [one.words for one in doctor.screen(replace(box(tmp_path, room), proc=tmp_path))]
    assert any(words.startswith(says) for words in found), found


def test_a_rule_that_the_devices_want_is_missing_until_it_is_there(tmp_path: Path) -> None:
    at = box(tmp_path, '[speakerphone.table]\nurl = "usb:0b0e:2456"\n')
    [one] = doctor.rules(at)
    assert one.verdict == "warn"
    assert "deploy/udev/60-roomctl-speakerphone.rules && sudo udevadm" in one.command
    rules = tmp_path / "etc" / "udev" / "rules.d"
    rules.mkdir(parents=True)
    (rules / "60-roomctl-speakerphone.rules").touch()
    assert verdicts(doctor.rules(at)) == [("ok", "udev")]


def test_a_state_folder_that_others_can_look_into_is_a_warning(tmp_path: Path) -> None:
    at = box(tmp_path)
    at.state.mkdir(mode=0o755)
    at.state.chmod(0o755)
    assert ("warn", "storage") in verdicts(doctor.storage(at))
    at.state.chmod(0o700)
    assert ("warn", "storage") not in verdicts(doctor.storage(at))


@pytest.mark.real
def test_a_calendar_whose_host_does_not_answer_is_told(tmp_path: Path) -> None:
    text = '[calendar]\nurl = "ics:http://127.0.0.1:9/a.ics"\n'
    found = [one for one in doctor.network(box(tmp_path, text)) if one.subject == "calendar"]
    assert verdicts(iter(found)) == [("fail", "calendar")]
    assert found[0].command == "timeout 5 bash -c '</dev/tcp/127.0.0.1/9'"


def test_a_look_that_takes_too_long_or_fails_is_a_finding_and_hides_no_other(
    tmp_path: Path,
) -> None:
    never = threading.Event()

    def slow(_: BoxView) -> Iterator[BoxFinding]:
        never.wait(60)
        yield BoxFinding("ok", "slow", "")

    def faulty(_: BoxView) -> Iterator[BoxFinding]:
        yield BoxFinding("ok", "faulty", "")
        raise ValueError("no")

    found = examined(box(tmp_path), (slow, faulty, doctor.versions), limit_s=1.0)
    never.set()
    assert verdicts(iter(found)) == [("warn", "slow"), ("warn", "faulty"), ("ok", "version")]
    assert "took longer than 1 s" in found[0].words
    assert str(build_info()) in found[2].words


def test_only_a_failure_makes_it_fail() -> None:
    warned = [BoxFinding("warn", "clock", "x", "y")]
    assert record(warned)["ok"]
    assert not record([*warned, BoxFinding("fail", "room", "x")])["ok"]


def test_a_room_that_starts_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def condition(kind: str, status: bool | None, reason: str | None) -> dict[str, object]:
        return {"type": kind, "status": status, "reason": reason, "message": "camera.front"}

    found = [condition("devices_present", None, "starting"), condition("ready", None, "starting")]
    document = {"conditions": [*found, condition("config_applied", True, None)]}
    monkeypatch.setattr("roomctl.cli.ask.room", lambda *_: document)
    monkeypatch.setattr("roomctl.cli.ask.access", lambda *_: [])
    [one] = doctor.running(box(tmp_path, '[room]\ndisplay_name = "Bamboo"\n'))
    assert (one.verdict, one.subject, one.command) == ("warn", "room", "roomctl status")
    assert "camera.front" in one.words


@pytest.mark.real
def test_it_asks_the_room_that_runs_and_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    file.write_text('[room]\ndisplay_name = "Bamboo"\n')
    with simulating(tmp_path, "--screen", "simulated") as room:
        room.ready()
        before = sorted(os.listdir(tmp_path / "state"))
        said = room.roomctl("doctor", "-c", str(file), "--json")
        subjects = {one["subject"] for one in said.json["checks"]}
        assert {"config", "storage", "clock", "network", "room", "version"} <= subjects
        assert not any("no room runs" in one["words"] for one in said.json["checks"])
        assert sorted(os.listdir(tmp_path / "state")) == before
    broken = roomctl(tmp_path, "doctor", "-c", str(tmp_path / "none.toml"))
    assert (broken.status, "sudo roomctl init" in broken.out) == (1, True)
    chinese = roomctl(tmp_path, "doctor", "-c", str(file), more={"LC_ALL": "zh_CN.UTF-8"})
    assert "正常" in chinese.out


@pytest.mark.real
def test_what_is_safe_is_typed_until_nothing_is_mended_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    first, second = tmp_path / "first", tmp_path / "second"
    unsafe = BoxFinding("fail", "screen", "chromium is missing", f"touch {tmp_path}/unsafe")
    in_vain = BoxFinding("fail", "storage", "broken", "echo disk >&2; false", safe=True)

    def look() -> list[BoxFinding]:
        found = [unsafe, in_vain]
        for file, needs in ((first, tmp_path), (second, first)):
            if needs.exists() and not file.exists():
                found.append(BoxFinding("fail", file.name, "gone", f"sudo touch {file}", safe=True))
        return found

    told: list[str] = []
    assert doctor.fix(look, told.append) == [unsafe, in_vain]
    assert second.exists()
    assert not (tmp_path / "unsafe").exists()
    assert len(told) == 3  # each once
    assert any("disk" in line for line in told)


def test_an_ordinary_user_mends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(RoomctlError, match="sudo roomctl doctor --fix"):
        doctor.fix(lambda: [], print)


@pytest.mark.real
@pytest.mark.parametrize(
    ("wall", "there", "verdict", "says"),
    [
        ("auto", "nothing", "ok", "not behind a wall"),
        ("auto", "listens", "ok", "is behind a wall"),
        ("auto", "dead", "warn", "is not running"),
        ("auto", "file", "warn", "is not running"),
        ("on", "listens", "ok", "is behind a wall"),
        ("on", "nothing", "fail", "should be behind a wall"),
        ("on", "dead", "fail", "is not running"),
        ("off", "listens", "ok", "wall = off"),
    ],
)
def test_doctor_says_whether_the_microphone_is_behind_a_wall(
    tmp_path: Path, wall: str, there: str, verdict: str, says: str
) -> None:
    place = tmp_path / "sound.sock"
    with socket.socket(socket.AF_UNIX) as keeper:
        if there in ("listens", "dead"):
            keeper.bind(str(place))
        if there == "listens":
            keeper.listen()
        if there == "file":
            place.touch()
        text = f'[screen]\nsound_url = "unix:{place}"\n[audio]\nwall = "{wall}"\n'
        [one] = [found for found in screen(box(tmp_path, text)) if found.subject == "sound"]
    assert one.verdict == verdict
    assert says in one.words


@pytest.mark.real
def test_doctor_believes_the_room_that_runs_and_no_socket(tmp_path: Path) -> None:
    place = tmp_path / "sound.sock"
    with simulating(tmp_path, "--screen", "simulated"), socket.socket(socket.AF_UNIX) as keeper:
        keeper.bind(str(place))
        keeper.listen()
        file = tmp_path / "own.toml"
        file.write_text(f'[screen]\nsound_url = "unix:{place}"\n[audio]\nwall = "on"\n')
        said = roomctl(tmp_path, "doctor", "-c", str(file), "--json")
    [one] = [found for found in json.loads(said.out)["checks"] if found["subject"] == "sound"]
    assert (one["verdict"], "should be behind a wall" in one["words"]) == ("fail", True)


def test_a_wall_needs_its_rule_or_programs_go_around_it(tmp_path: Path) -> None:
    text = '[screen]\nmode = "kiosk"\n'
    assert "72-roomctl-audio" not in words([*doctor.rules(box(tmp_path, text))])
    enabled = tmp_path / "etc/systemd/system/multi-user.target.wants/roomctl-audio.service"
    enabled.parent.mkdir(parents=True)
    enabled.symlink_to("/usr/lib/systemd/system/roomctl-audio.service")
    for asked in (text, f'{text}[audio]\nwall = "on"\n'):
        [one] = doctor.rules(box(tmp_path, asked))
        assert (one.verdict, "72-roomctl-audio.rules" in one.command) == ("fail", True)
    assert not [*doctor.rules(box(tmp_path, f'{text}[audio]\nwall = "off"\n'))]

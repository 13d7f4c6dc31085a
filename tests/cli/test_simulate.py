"""`simulate` and what one asks of it while it runs."""

import json
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import serial

from roomctl.errors import RoomctlError
from roomctl.kiosk.browser import browser
from tests.cli.rig import LIMIT_S, ROOMCTL, Running, alive, environment, roomctl, simulating, until

pytestmark = pytest.mark.real

SIMULATED = ("--screen", "simulated")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run one room for the tests that leave it as it was."""
    with simulating(tmp_path_factory.mktemp("room"), *SIMULATED, "--wire") as running:
        running.ready()
        yield running


def proven(room: Running) -> list[str]:
    """Return what holds of a room."""
    conditions = room.roomctl("status", "--json").json["conditions"]
    return [one["type"] for one in conditions if one["status"]]


def meeting(room: Running) -> dict[str, Any]:
    """Return how its call stands."""
    found: dict[str, Any] = room.roomctl("status", "--json").json["meeting"]
    return found


def has_browser() -> bool:
    try:
        browser.find()
    except RoomctlError:
        return False
    return True


def test_one_line_of_json_says_where_everything_is(room: Running) -> None:
    said = room.said
    assert {"panel", "far_side", "api", "token", "ports"} <= set(said)
    assert said["panel"].startswith(f"{said['api']}/#pair=")
    assert said["far_side"].startswith(f"{said['api']}/simulator#pair=")
    assert len(said["token"]) >= 32
    assert list(said["ports"]) == ["camera.front"]


def test_a_camera_is_on_a_pty_that_other_programs_open(room: Running) -> None:
    path = Path(room.said["ports"]["camera.front"])
    assert stat.S_ISCHR(path.stat().st_mode)
    with serial.Serial(str(path), 9600, timeout=LIMIT_S) as port:
        port.write(bytes.fromhex("81090612ff"))
        assert port.read(11).startswith(b"\x90\x50")


def test_status_says_how_the_room_is(room: Running) -> None:
    said = room.roomctl("status")
    assert said.status == 0
    assert said.out.startswith("Bamboo: ready\n")
    assert "camera.front       online" in said.out
    assert room.roomctl("status", "--json").json["phase"] == "ready"


def test_a_meeting_is_joined_muted_and_left(room: Running) -> None:
    def meeting() -> str:
        return str(room.roomctl("status", "--json").json["meeting"]["state"])

    assert room.roomctl("join", "https://meet.jit.si/BambooRoom").out == "done\n"
    until(lambda: meeting() == "in_call")
    assert room.roomctl("mute").out == "done\n"
    assert room.roomctl("status", "--json").json["audio"]["mute"] == "muted"
    assert room.roomctl("leave", "--json").json["status"] == "done"
    assert meeting() in ("ended", "idle")


def test_a_link_that_is_refused_says_why_and_fails(room: Running) -> None:
    said = room.roomctl("join", "-", stdin="see https://zoom.us/s/123456789 there")
    assert (said.status, said.out) == (1, "")
    assert said.err == "roomctl: zoom: this is the host's own zoom link; ask for the guests' link\n"


def test_a_token_that_is_not_the_rooms_is_called_so(room: Running) -> None:
    file = room.folder / "wrong"
    file.write_text("x" * 43)
    file.chmod(0o600)
    said = room.roomctl("status", "--url", room.said["api"], "--token-file", str(file))
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith(f"roomctl: {room.said['api']}: does not know this token")


def test_any_command_is_given_and_what_it_found_out_is_printed(room: Running) -> None:
    said = room.roomctl("do", "camera.raw", "camera=front", "frame=81090002FF")
    assert said.out.startswith("done\n  answer  00 01 ")
    refused = room.roomctl("do", "camera.zoom", "camera=front", "pct=half")
    assert (refused.status, refused.err) == (1, "roomctl: pct: must be a valid number\n")
    refused = room.roomctl("do", "camera.goto", "camera=front")
    assert refused.err.startswith("roomctl: camera.goto: expected at least one of pan_deg, ")
    record = room.roomctl("do", "camera.recall", "camera=front", "preset=1", "--json").json
    assert (record["type"], record["status"]) == ("camera.recall", "done")


def test_the_ledger_of_a_room_that_released_nothing_is_empty(room: Running) -> None:
    assert room.roomctl("ledger", "--json").json == []
    assert room.roomctl("ledger").out == "no entry\n"


def test_issues_and_devices_are_listed(room: Running) -> None:
    found = room.roomctl("issues", "--json")
    assert found.err == ""
    assert found.status == (1 if found.json else 0)
    assert (room.roomctl("issues").out == "nothing is wrong\n") is (found.json == [])
    assert "camera.front         online    Sony SRG-300H" in room.roomctl("devices").out
    assert room.roomctl("devices", "--json").json[0]["name"] == "camera.front"


def test_what_happens_is_watched_as_it_happens(room: Running) -> None:
    with subprocess.Popen(
        [*ROOMCTL, "watch", "--json"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(room.folder),
    ) as process:
        assert process.stdout is not None
        try:
            first = json.loads(process.stdout.readline())
            assert (first["event"], first["data"]["identity"]["display_name"]) == ("room", "Bamboo")
            for pct in (31, 32):  # one of them changes something, whatever was before
                assert room.roomctl("do", "audio.volume", f"pct={pct}").status == 0
            changes = (json.loads(line) for line in process.stdout)
            assert next(one for one in changes if "audio" in one["data"])["event"] == "change"
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
    assert process.returncode == 130


def test_joining_nothing_is_one_sentence(room: Running) -> None:
    said = room.roomctl("join", "-", stdin=" \n")
    assert said.status == 1
    assert said.err.startswith("roomctl: join: no link given")


def test_a_wrong_token_is_one_sentence(room: Running) -> None:
    file = room.folder / "wrong"
    file.write_text("wrong" * 9)
    file.chmod(0o600)
    said = room.roomctl("status", "--token-file", str(file))
    assert said.status == 1
    assert said.err.startswith("roomctl: ")
    assert said.err.count("\n") == 1


def test_a_second_room_on_the_same_port_says_who_holds_it(room: Running, tmp_path: Path) -> None:
    said = roomctl(tmp_path, "simulate", "--no-open", *SIMULATED, "--port", room.port)
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith(f"roomctl: 127.0.0.1:{room.port}: is held by ")
    assert f"roomctl simulate (pid {room.process.pid})" in said.err
    assert said.err.endswith("; stop it, or choose --port 0\n")


def test_the_address_is_left_for_its_owner_alone(room: Running) -> None:
    left = room.folder / "run/roomctl/api.json"
    assert stat.S_IMODE(left.stat().st_mode) == 0o600
    assert stat.S_IMODE(left.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_well_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with simulating(tmp_path, *SIMULATED, "--wire") as running:
        pty = Path(running.said["ports"]["camera.front"])
        made_ns = pty.stat().st_ctime_ns
        assert list((tmp_path / "tmp").iterdir())
        children = running.children
        assert running.end(number) == (0, "")

    assert not pty.exists() or pty.stat().st_ctime_ns != made_ns  # its number may be another's now
    until(lambda: not any(alive(pid) for pid in children))
    assert list((tmp_path / "tmp").iterdir()) == []
    assert list((tmp_path / "run").iterdir()) == []
    assert "Traceback" not in (tmp_path / "log").read_text(encoding="utf-8")


@pytest.mark.browser
@pytest.mark.skipif(not has_browser(), reason="no Chromium here")
def test_in_a_real_browser_the_demo_meeting_is_a_call_and_nothing_is_left() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # a screen that runs as another user has to reach its socket
        with simulating(folder, "--screen", "headless") as running:
            until(lambda: "platform_ready" in proven(running))
            assert running.roomctl("join", running.said["api"]).status == 1
            assert running.roomctl("do", "meeting.new").status == 0
            until(lambda: meeting(running)["state"] == "in_call")
            assert meeting(running)["witnesses"] == ["page", "traffic"], "not to itself"
            children = running.children
            assert children
            assert running.end(signal.SIGTERM) == (0, "")

        until(lambda: not any(alive(pid) for pid in children))
        assert list((folder / "tmp").iterdir()) == []


def test_a_person_gets_words_instead_of_json(tmp_path: Path) -> None:
    words = [*ROOMCTL, "simulate", "--port", "0", "--no-open", *SIMULATED, "--wire"]
    with subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(tmp_path),
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5)]
        process.terminate()
        process.wait(LIMIT_S)
        text = "".join(lines) + process.stdout.read()
    assert "panel     http://127.0.0.1:" in text
    assert "/screen#pair=" in text
    assert "simulator http://127.0.0.1:" in text
    assert "wire      camera.front is /dev/pts/" in text
    assert "meetings  simulated, as asked" in text
    assert "Ctrl-C ends the room" in text
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ("--screen", "big"),
            "screen: 'big' is not a mode; expected auto, headless, kiosk or simulated",
        ),
        (("--listen", "here"), "--listen here: 'here' is not HOST:PORT, such as '127.0.0.1:8080'"),
        (("nowhere.toml",), "nowhere.toml: cannot be read: No such file or directory"),
    ],
)
def test_a_wrong_word_is_answered_with_what_was_expected(
    tmp_path: Path, words: tuple[str, ...], expected: str
) -> None:
    said = roomctl(tmp_path, "simulate", "--no-open", *words)
    assert (said.status, said.out, said.err) == (1, "", f"roomctl: {expected}\n")


def test_a_room_toml_of_ones_own_is_simulated(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    file.write_text('[room]\ndisplay_name = "Pine"\n[camera.a]\nurl = "udp://192.0.2.1:1"\n')
    with simulating(tmp_path, str(file), *SIMULATED) as running:
        assert running.said["ports"] == {}
        assert running.roomctl("status").out.startswith("Pine: not ready (screen: ")

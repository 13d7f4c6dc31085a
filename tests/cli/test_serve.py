"""`serve`: a room on real hardware, most of which is not there."""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
from pathlib import Path

import httpx
import pytest

from roomctl.cli.server import traced
from roomctl.clock import SystemClock
from roomctl.errors import RoomctlError
from roomctl.lifetime import beside
from roomctl.wire import Port, pair
from tests.cli.rig import LIMIT_S, ROOMCTL, environment, roomctl, until, written
from tests.small_disk import needs_root

pytestmark = pytest.mark.real

ROOM = """
[room]
display_name = "Pine"
[camera.front]
url = "serial:/dev/ttyNOTHERE"
[calendar]
url = "ics:{folder}/room.ics"
[api]
listen = "127.0.0.1:0"
"""


def test_a_missing_serial_port_is_an_issue_with_its_reason_and_not_the_end(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    file.write_text(ROOM.format(folder=tmp_path))
    with subprocess.Popen(
        [*ROOMCTL, "serve", "--config", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
    ) as process:
        try:
            left = tmp_path / "run/roomctl/api.json"
            until(lambda: written(left))

            def issues() -> dict[str, dict[str, str]]:
                document = roomctl(tmp_path, "status", "--json").json
                return {issue["subject"]: issue for issue in document["issues"]}

            until(lambda: {"camera.front", "calendar"} <= set(issues()))
            camera = issues()["camera.front"]
            assert camera["code"] == "device.offline"
            detail = json.dumps(camera["params"])
            assert "missing" in detail
            assert "/dev/ttyNOTHERE" in detail
            words = roomctl(tmp_path, "status").out
            assert "camera.front       offline: serial:/dev/ttyNOTHERE: there is no" in words
            assert "`roomctl probe` lists what is plugged in" in words
        finally:
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0
    assert "Traceback" not in err
    assert err.count("camera.front: lost") == 1
    assert err.count("calendar: ") == 1


def test_the_first_link_leads_a_browser_on_the_network_to_the_room(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    file.write_text('[api]\nlisten = "127.0.0.1:0"\nurl = "https://pine.example.org"\n')
    with subprocess.Popen(
        [*ROOMCTL, "serve", "--config", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(tmp_path),
    ) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said.startswith("panel     https://pine.example.org/#pair=")
            assert process.stdout.readline().startswith("API       http://127.0.0.1:")
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=LIMIT_S)


def test_a_room_toml_that_names_what_is_not_there_is_told_by_its_own_name(tmp_path: Path) -> None:
    file = tmp_path / "pine.toml"
    file.write_text('[meeting]\nplatform = "zom"\n[api]\nlisten = "127.0.0.1:0"\n')
    said = roomctl(tmp_path, "serve", "--config", str(file))
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith(f"roomctl: {file}:2: meeting.platform: no platform is called 'zom'")


async def test_a_room_that_fails_does_not_go_on_looking_alive() -> None:
    async def room() -> None:
        raise ZeroDivisionError("a fault of ours")

    went_on, ends = list[bool](), list[str]()

    async def live() -> None:
        async with beside("the room", room(), ends.append):
            await asyncio.Event().wait()
            went_on.append(True)

    with pytest.raises(ZeroDivisionError):
        await live()
    assert not went_on
    assert ends == ["the room failed (ZeroDivisionError('a fault of ours'))"]


async def test_a_room_that_just_ends_is_no_better() -> None:
    async def room() -> None:
        pass

    ends: list[str] = []

    async def live() -> None:
        async with beside("the room", room(), ends.append):
            await asyncio.Event().wait()

    with pytest.raises(RoomctlError, match="the room ended unexpectedly"):
        await live()
    assert ends == ["the room ended unexpectedly"]


async def test_a_room_is_ended_with_its_block() -> None:
    ended = asyncio.Event()

    async def room() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    ends: list[str] = []
    async with beside("the room", room(), ends.append):
        await asyncio.sleep(0)
    assert ended.is_set()
    assert not ends, "nothing failed"


SIMULATED = """
[screen]
mode = "simulated"
[camera.front]
url = "sim:camera"
[api]
listen = "127.0.0.1:0"
"""


def test_a_real_room_may_ask_for_simulated_parts(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    file.write_text(SIMULATED)
    with subprocess.Popen(
        [*ROOMCTL, "serve", "--config", str(file)],
        stdout=subprocess.DEVNULL,
        env=environment(tmp_path),
    ) as process:
        try:
            until(lambda: written(tmp_path / "run/roomctl/api.json"))

            def online() -> bool:
                document = roomctl(tmp_path, "status", "--json").json
                return all(device["status"] == "online" for device in document["devices"])

            until(online)
        finally:
            process.send_signal(signal.SIGINT)
    assert process.returncode == 0


@needs_root
@pytest.mark.parametrize("mode", [0o700, 0o750, 0o777])
def test_a_state_folder_of_another_user_is_not_used_even_by_root(tmp_path: Path, mode: int) -> None:
    file, state = tmp_path / "room.toml", tmp_path / "state/roomctl"
    file.write_text(ROOM.format(folder=tmp_path))
    state.mkdir(parents=True)
    os.chown(state, 65534, 65534)
    state.chmod(mode)
    said = roomctl(tmp_path, "serve", "--config", str(file))
    assert said.status == 1
    assert f"{state}: belongs to user 65534, and this is user 0; start as that user" in said.err
    assert list(state.iterdir()) == []
    assert stat.S_IMODE(state.stat().st_mode) == mode


def test_two_rooms_never_keep_their_state_in_one_folder_and_an_id_stays(tmp_path: Path) -> None:
    file, second = tmp_path / "room.toml", tmp_path / "second.toml"
    file.write_text(SIMULATED)
    second.write_text(SIMULATED + '[room]\nid = "bamboo-1"\n')
    elsewhere = {"STATE_DIRECTORY": str(tmp_path / "other")}
    with subprocess.Popen(
        [*ROOMCTL, "serve", "--config", str(file)],
        stdout=subprocess.DEVNULL,
        env=environment(tmp_path),
    ) as process:
        try:
            until(lambda: written(tmp_path / "run/roomctl/api.json"))
            until(lambda: roomctl(tmp_path, "status", "--json").out != "")
            known = roomctl(tmp_path, "status", "--json").json["identity"]["id"]
            assert known == json.loads((tmp_path / "state/roomctl/room.json").read_text())["id"]
            refused = roomctl(tmp_path, "serve", "--config", str(second))
            assert refused.status == 1
            assert refused.err.startswith(f"roomctl: {tmp_path}/state/roomctl: another room")
            with subprocess.Popen(
                [*ROOMCTL, "serve", "--config", str(second)],
                stdout=subprocess.DEVNULL,
                env=environment(tmp_path) | elsewhere,
            ) as other:
                until(lambda: roomctl(tmp_path, "status").err.startswith("asked: the room that is"))
                url = next(
                    json.loads(left.read_text())["api"]
                    for left in (tmp_path / "run/roomctl").glob("api-*.json")
                )
                asked = roomctl(tmp_path, "status", "--json", "--room", url).json
                assert asked["identity"]["id"] == "bamboo-1"
                other.send_signal(signal.SIGINT)
            assert roomctl(tmp_path, "status", "--json").json["identity"]["id"] == known
        finally:
            process.send_signal(signal.SIGINT)


def test_the_screen_process_can_be_simulated(tmp_path: Path) -> None:
    socket = tmp_path / "screen.sock"
    file = tmp_path / "room.toml"
    text = f'[screen]\nurl = "unix:{socket}"\n[api]\nlisten = "127.0.0.1:0"\n'
    file.write_text(text)
    screen = [*ROOMCTL, "screen", "--mode", "simulated", "--socket", str(socket)]
    room = [*ROOMCTL, "serve", "--config", str(file)]
    with (
        subprocess.Popen(screen, env=environment(tmp_path)) as screen_process,
        subprocess.Popen(room, stdout=subprocess.DEVNULL, env=environment(tmp_path)) as process,
    ):
        try:
            until(lambda: written(tmp_path / "run/roomctl/api.json"))

            def meeting() -> str:
                return roomctl(tmp_path, "status", "--json").json["meeting"]["state"]

            until(lambda: roomctl(tmp_path, "join", "https://meet.jit.si/Room").status == 0)
            until(lambda: meeting() == "in_call")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(LIMIT_S)
            screen_process.send_signal(signal.SIGTERM)
    assert (process.returncode, screen_process.returncode) == (0, 0)
    assert not socket.exists()


async def test_a_device_that_reopens_is_traced_into_one_file_that_is_opened_once(
    tmp_path: Path,
) -> None:
    clock = SystemClock()

    async def connect(name: str, url: str) -> Port:
        return pair(url, clock)[0]

    connecting = traced(connect, clock, tmp_path)
    for data in (b"\x01", b"\x02", b"\x03"):
        port = await connecting("camera.front", "sim:")
        await port.write(data)
        await port.close()
    opened = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.exists()]
    assert opened.count(str(tmp_path / "camera.front.trace")) == 1
    lines = (tmp_path / "camera.front.trace").read_text().splitlines()
    assert [line.split("\t")[1:3] for line in lines] == [
        entry
        for data in ("01", "02", "03")
        for entry in (["open", ""], ["out", data], ["lost", ""])
    ]


def test_after_the_first_start_no_link_and_no_secret_is_printed_or_kept_in_plain_text(
    tmp_path: Path,
) -> None:
    file = tmp_path / "room.toml"
    file.write_text(SIMULATED)
    state, left = tmp_path / "state/roomctl", tmp_path / "run/roomctl/api.json"
    state.mkdir(parents=True, mode=0o755)
    secrets: list[str] = []
    for start in range(2):
        with subprocess.Popen(
            [*ROOMCTL, "serve", "--config", str(file)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(tmp_path),
        ) as process:
            try:
                until(lambda: written(left))
                until(lambda: roomctl(tmp_path, "token", "list").status == 0)
                secrets.append(json.loads(left.read_text())["token"])
                assert left.stat().st_mode & 0o077 == 0
                assert state.stat().st_mode & 0o077 == 0
                if start == 0:
                    secrets.append(roomctl(tmp_path, "token", "make", "dashboard").out.strip())
                listed = roomctl(tmp_path, "token", "list").out
                assert listed.startswith("dashboard ")
            finally:
                process.send_signal(signal.SIGTERM)
                out, err = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 0
        assert ("pair=" in out) is (start == 0)
        assert not [secret for secret in secrets if secret in out + err]
        kept = [path.read_bytes() for path in state.rglob("*") if path.is_file()]
        assert not [secret for secret in secrets if any(secret.encode() in it for it in kept)]
        assert not left.exists()
    assert len(set(secrets)) == 3


def test_a_room_that_systemd_runs_ends_in_order_when_it_is_to_start_anew(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    file.write_text(SIMULATED)
    notified = {**environment(tmp_path), "NOTIFY_SOCKET": str(tmp_path / "notify")}
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor,
        subprocess.Popen([*ROOMCTL, "serve", "--config", str(file)], env=notified) as process,
    ):
        try:
            supervisor.bind(notified["NOTIFY_SOCKET"])
            left = tmp_path / "run/roomctl/api.json"
            until(lambda: left.exists() and left.read_text())
            said = json.loads(left.read_text())
            answer = httpx.post(
                f"{said['api']}/api/v1/commands",
                json={"type": "room.restart", "args": {}},
                headers={"Authorization": f"Bearer {said['token']}"},
                timeout=LIMIT_S,
            )
            assert (answer.status_code, answer.json()["status"]) == (200, "done")
            assert process.wait(LIMIT_S) == 0  # Restart=always starts it again
        finally:
            process.kill()


def test_a_configuration_that_is_applied_from_afar_is_what_the_next_start_runs(
    tmp_path: Path,
) -> None:
    file = tmp_path / "room.toml"
    file.write_text(SIMULATED)
    notified = {**environment(tmp_path), "NOTIFY_SOCKET": str(tmp_path / "notify")}
    # Of [api] nothing can change while it runs.
    other = f'{SIMULATED}hosts = ["bamboo.example.org"]\n[room]\nbuilding = "North Tower"\n'

    def asked(path: str, body: dict[str, object]) -> dict[str, object]:
        """Start the room, ask it something that has it end; return where it says it is."""
        with subprocess.Popen([*ROOMCTL, "serve", "--config", str(file)], env=notified) as process:
            try:
                left = tmp_path / "run/roomctl/api.json"
                until(lambda: left.exists() and left.read_text())
                said = json.loads(left.read_text())
                headers = {"Authorization": f"Bearer {said['token']}"}
                with httpx.Client(base_url=said["api"], headers=headers, timeout=LIMIT_S) as room:
                    identity = room.get("/api/v1/room").json()["identity"]
                    config = room.get("/api/v1/config").json()
                    assert room.post(path, json=body).status_code == 202
                assert process.wait(LIMIT_S) == 0
            finally:
                process.kill()
        return {"building": identity["building"], "running": config["running"]}

    before = asked("/api/v1/config", {"text": other})
    assert before == {"building": "", "running": 0}
    applied = asked("/api/v1/config/rollback", {"revision": 0})
    assert applied == {"building": "North Tower", "running": 1}
    back = asked("/api/v1/config/rollback", {"revision": 1})
    assert back == before
    edited = f"# edited\n{SIMULATED}"  # an edited file counts at the next start
    file.write_text(edited)
    assert asked("/api/v1/config", {"text": other}) == before
    assert file.read_text() == edited

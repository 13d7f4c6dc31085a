"""The blinds as somebody else's distribution: installed by pip, driven by the real program."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.rig import LIMIT_S, ROOMCTL, Running, Said, environment, simulating, until, written
from tests.plugins.relay import relaying
from tests.plugins.site import brought, installed

pytestmark = pytest.mark.real

ROOM = '[room]\ndisplay_name = "Bamboo"\n[api]\nlisten = "127.0.0.1:0"\n'
WINDOW = '[blinds.window]\nurl = "http://192.0.2.30"\n'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("installed") / "site")


def roomctl(folder: Path, site: Path, *words: str, **more: str) -> Said:
    """Run a command in a Python that finds what is installed in `site`."""
    env = environment(folder) | {"PYTHONPATH": str(site)} | more
    ended = subprocess.run(
        [*ROOMCTL, *words], env=env, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    return Said(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture(scope="module")
def room(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("room")
    (folder / "room.toml").write_text(ROOM + WINDOW)
    words = (str(folder / "room.toml"), "--screen", "simulated")
    with simulating(folder, *words, more={"PYTHONPATH": str(site)}) as running:
        until(lambda: "blinds.window" in running.roomctl("devices").out)
        yield running


def got(room: Running, path: str) -> Any:
    headers = {"Authorization": f"Bearer {room.said['token']}"}
    answer = httpx.get(f"{room.said['api']}{path}", headers=headers, timeout=LIMIT_S)
    assert answer.status_code == 200, answer.text
    return answer.json()


def blinds(room: Running) -> dict[str, Any]:
    (found,) = got(room, "/api/v1/room")["blinds"]
    return found


def test_its_commands_are_given_as_any_other(room: Running, site: Path) -> None:
    until(lambda: blinds(room)["position_pct"] == 100)
    down = roomctl(room.folder, site, "do", "blinds.down", "blinds=window")
    assert (down.status, down.err) == (0, "")
    until(lambda: blinds(room)["moving"] == "down")
    assert roomctl(room.folder, site, "do", "blinds.stop", "blinds=window").status == 0
    until(lambda: blinds(room)["moving"] == "no")
    far = roomctl(room.folder, site, "do", "blinds.go_to", "blinds=window", "position_pct=101")
    assert far.status == 1
    assert "less than or equal to 100" in far.err
    assert "blinds.window" in roomctl(room.folder, site, "status").out


def test_the_api_describes_them(room: Running) -> None:
    commands = {one["type"]: one for one in got(room, "/api/v1/commands")}
    assert commands["blinds.go_to"]["right"] == "operate"
    assert commands["blinds.go_to"]["example"] == {"blinds": "blinds", "position_pct": 40}
    schemas = got(room, "/openapi.json")["components"]["schemas"]
    position = schemas["BlindsEntry"]["properties"]["position_pct"]
    assert position["description"] == "how far they are up; null: the relay does not know"
    assert {"type": "integer", "minimum": 0, "maximum": 100} in position["anyOf"]
    assert schemas["RoomDocument"]["properties"]["blinds"]["items"] == {
        "$ref": "#/components/schemas/BlindsEntry"
    }


def test_a_room_drives_a_relay_on_a_real_port(tmp_path: Path, site: Path) -> None:
    with relaying() as relay:
        file = tmp_path / "room.toml"
        file.write_text(f'{ROOM}[blinds.window]\nurl = "{relay.url}"\ncover = 1\n')
        words = [*ROOMCTL, "serve", "--config", str(file)]
        env = environment(tmp_path) | {"PYTHONPATH": str(site)}
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, env=env) as process:
            try:
                until(lambda: written(tmp_path / "run/roomctl/api.json"))

                def said() -> dict[str, Any]:
                    document = roomctl(tmp_path, site, "status", "--json").json
                    return {one["name"]: one for one in document["blinds"]}["window"]

                until(lambda: said() == {"name": "window", "position_pct": 40, "moving": "no"})
                roomctl(tmp_path, site, "do", "blinds.go_to", "blinds=window", "position_pct=70")
                assert relay.told == ["GoToPosition {'id': '1', 'pos': '70'}"]
                relay.status |= {"state": "opening", "current_pos": None}
                until(lambda: said() == {"name": "window", "position_pct": None, "moving": "up"})
                relay.status |= {"state": "calibrating"}
                until(lambda: said() == {"name": "window", "position_pct": None, "moving": None})
            finally:
                process.terminate()
                process.wait(LIMIT_S)


@pytest.mark.parametrize("words", [("check",), ("doctor", "--config"), ("serve", "--config")])
def test_a_broken_one_is_named_by(tmp_path: Path, words: tuple[str, ...]) -> None:
    site, file = tmp_path / "site", tmp_path / "room.toml"
    brought(site, "roomctl-blinds", {"blinds": "roomctl_blinds:KIND"}, "raise OSError('no bus')")
    file.write_text(ROOM + WINDOW)
    said = roomctl(tmp_path, site, *words, str(file))
    assert said.status == 1
    told = said.out + said.err
    why = "roomctl-blinds 1.0: the kind 'blinds' cannot be loaded: OSError: no bus"
    assert why in told
    assert told.count(why) == 1
    assert "Traceback" not in told


def test_doctor_names_a_broken_one_that_no_room_uses(tmp_path: Path) -> None:
    site, file = tmp_path / "site", tmp_path / "room.toml"
    brought(site, "roomctl-blinds", {"blinds": "roomctl_blinds:KIND"}, "raise OSError('no bus')")
    file.write_text(ROOM)
    assert roomctl(tmp_path, site, "check", str(file)).status == 0
    found = json.loads(roomctl(tmp_path, site, "doctor", "--json", "--config", str(file)).out)
    (told,) = [one for one in found["checks"] if "roomctl-blinds" in one["words"]]
    assert told["verdict"] == "warn"

"""Secrets: what tells them, what does not, and which files are trusted."""

import copy
import json
import os
import pickle
from pathlib import Path

import pytest

from roomctl import app
from roomctl.errors import ConfigError, RoomctlError
from roomctl.secret import Secret, SecretFiles

CANARY = "canary-Zaunkoenig-77"

ROOM = """
[secrets]
dir = "{folder}"
[camera.front]
url = "aw://192.0.2.1"
user = "admin"
password = "secret:front"
[display.wall]
url = "tcp://192.0.2.2:4352"
password = "secret:wall"
[calendar]
url = "secret:calendar"
[meeting.favourites]
Board = "secret:board"
[meeting.new.jitsi]
room_link = "secret:standing"
[occupancy.lamp]
url = "mqtt://192.0.2.3/t?login=secret:broker"
profile = "wireless_motion"
[[webhook]]
url = "secret:hook"
secret = "secret:hook-key"
events = ["call.joined"]
"""
VALUES = {
    "front": CANARY,
    "wall": CANARY,
    "calendar": f"https://user:{CANARY}@calendar.example.org/{CANARY}.ics",
    "board": f"https://meet.jit.si/{CANARY}",
    "standing": f"https://meet.jit.si/{CANARY}",
    "broker": f"room:{CANARY}",
    "hook": f"https://hooks.example.org/{CANARY}",
    "hook-key": CANARY,
}


@pytest.fixture
def files(tmp_path: Path) -> SecretFiles:
    stored = SecretFiles(tmp_path / "secrets")
    for name, value in VALUES.items():
        stored.write(name, value)
    return stored


def room_of(folder: Path) -> str:
    return ROOM.format(folder=folder)


def told(text: str, folder: Path) -> list[str]:
    file = str(folder / "room.toml")
    return [str(one) for one in app.mistakes(text, file)]


@pytest.mark.parametrize("name", ["", "front"])
def test_nothing_but_reveal_tells_a_secret(name: str) -> None:
    secret = Secret(CANARY, name)
    shown = [
        *(str(secret), repr(secret), f"{secret}", f"{secret:>40}", "%s %r" % (secret, secret)),  # noqa: UP031
        json.dumps({"a": secret}, default=str),
        repr(pickle.loads(pickle.dumps(secret))),
        repr([secret]),
        repr(copy.deepcopy({"a": secret})),
    ]
    assert not [one for one in shown if CANARY in one]
    assert str(secret) == (f"secret:{name}" if name else "•••")
    assert secret.reveal() == CANARY
    assert not hasattr(secret, "__dict__")


def test_every_secret_of_a_room_is_read_by_its_name_and_the_room_prints_none(
    files: SecretFiles, tmp_path: Path
) -> None:
    config = app.parse(room_of(files.folder), str(tmp_path / "room.toml"))
    assert config.calendar.url is not None
    assert config.calendar.url.reveal() == VALUES["calendar"]
    assert config.webhook[0].host == "hooks.example.org"
    assert config.tables("camera")["front"].password.reveal() == CANARY  # type: ignore[attr-defined]
    assert CANARY not in repr(config)
    assert CANARY not in str(config.model_dump())
    assert CANARY not in config.model_dump_json()
    assert "secret:front" in config.model_dump_json()
    assert not told(room_of(files.folder), tmp_path)


def test_a_broker_s_login_is_named_by_its_file_and_stands_in_no_url(
    files: SecretFiles, tmp_path: Path
) -> None:
    config = app.parse(room_of(files.folder), str(tmp_path / "room.toml"))
    url = config.tables("occupancy")["lamp"].url  # type: ignore[attr-defined]
    assert url == f"mqtt://192.0.2.3/t?login={files.folder / 'broker'}"


def test_check_names_each_secret_that_is_missing_with_line_key_and_where_it_looked(
    files: SecretFiles, tmp_path: Path
) -> None:
    files.forget("front")
    files.forget("hook-key")
    front, key = told(room_of(files.folder), tmp_path)
    assert front == (
        f"{tmp_path}/room.toml:7: camera.front.password: secret 'front' is not in "
        f"{files.folder}, nor in systemd's credentials; `roomctl secret set front` stores it"
    )
    assert key.startswith(f"{tmp_path}/room.toml:22: webhook.0.secret: secret 'hook-key' is not in")


def test_secrets_lie_beside_room_toml_unless_it_says_where(tmp_path: Path) -> None:
    SecretFiles(tmp_path / "secrets").write("calendar", "ics:/x.ics")
    config = app.parse('[calendar]\nurl = "secret:calendar"', str(tmp_path / "room.toml"))
    assert config.calendar.url == Secret("ics:/x.ics")


def test_a_credential_of_systemd_comes_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SecretFiles(tmp_path / "secrets").write("calendar", "ics:/file.ics")
    given = tmp_path / "credentials"
    given.mkdir()
    (given / "calendar").write_text("ics:/credential.ics\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    config = app.parse('[calendar]\nurl = "secret:calendar"', str(tmp_path / "room.toml"))
    assert config.calendar.url == Secret("ics:/credential.ics")


def test_a_secret_that_others_can_use_is_refused_with_the_exact_chmod(files: SecretFiles) -> None:
    path = files.folder / "front"
    path.chmod(0o640)
    with pytest.raises(RoomctlError) as refused:
        files.read("front")
    assert str(refused.value) == f"{path}: others can use it (mode 0640); chmod 600 {path}"


def test_a_folder_that_others_can_write_into_is_refused(files: SecretFiles) -> None:
    files.folder.chmod(0o777)
    with pytest.raises(RoomctlError, match="others can write into it"):
        files.read("front")


@pytest.mark.parametrize("name", ["../front", "a/b", "", ".", "..", ".hidden", "a\x00b", "x" * 65])
def test_a_name_leads_nowhere_else(files: SecretFiles, name: str, tmp_path: Path) -> None:
    with pytest.raises(RoomctlError, match="is not a valid secret name"):
        files.read(name)
    with pytest.raises(RoomctlError, match="is not a valid secret name"):
        files.write(name, "x")
    if "\x00" not in name:
        text = f'[calendar]\nurl = "secret:{name}"'
        assert "calendar.url: " in told(text, tmp_path)[0]


def test_a_link_and_a_pipe_in_the_place_of_a_secret_are_not_followed(files: SecretFiles) -> None:
    (files.folder / "link").symlink_to(files.folder / "front")
    os.mkfifo(files.folder / "pipe", 0o600)
    for name in ("link", "pipe"):
        with pytest.raises(RoomctlError, match=r"cannot be read|is not a file"):
            files.read(name)


@pytest.mark.parametrize("value", ["", "two\nlines", "head\r\nX-Evil: 1", "nul\x00"])
def test_a_secret_is_one_line_of_text(files: SecretFiles, value: str) -> None:
    files.write("odd", value)
    with pytest.raises(RoomctlError, match=r"is empty|more than one line"):
        files.read("odd")


def test_a_secret_is_stored_for_its_owner_alone_and_whole(files: SecretFiles) -> None:
    files.write("front", "another")
    assert (files.folder / "front").stat().st_mode & 0o777 == 0o600
    assert files.folder.stat().st_mode & 0o777 == 0o700
    assert files.read("front").reveal() == "another"
    assert files.names() == sorted(VALUES)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[room]\nbuilding = "secret:front"', "room.building: cannot be a secret"),
        ('[camera.front]\nurl = "secret:front"', "camera.front.url: cannot be a secret"),
        ("[meeting.favourites]\nBoard = 5", "meeting.favourites.Board: must be a string"),
        (f'[[webhook]]\nurl="{CANARY}"\nsecret="{CANARY}"\nevents=[]', "webhook.0"),
        (f'[calendar]\nurl = "caldav://u:{CANARY}@h/{CANARY}?{CANARY}"', "calendar.url"),
        (f'[room]\nwifi = "{CANARY * 9}"', "room.wifi: "),
        ('[secrets]\ndir = ""', "secrets.dir: "),
    ],
)
def test_a_mistake_shows_no_secret(text: str, why: str, files: SecretFiles, tmp_path: Path) -> None:
    found = told(text, tmp_path)
    assert why in found[0]
    assert not [one for one in found if CANARY in one]


def test_a_room_that_cannot_have_a_secret_is_not_started(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"calendar\.url: secret 'x' is not in"):
        app.parse('[calendar]\nurl = "secret:x"', str(tmp_path / "room.toml"))


def test_no_configuration_from_afar_says_where_secrets_lie(
    files: SecretFiles, tmp_path: Path
) -> None:
    file = str(tmp_path / "room.toml")
    running = app.parse(room_of(files.folder), file)
    assert not app.mistakes_from_afar(room_of(files.folder), file, running)
    (found,) = app.mistakes_from_afar(room_of(tmp_path), file, running)
    assert found.key == "secrets.dir"
    (found,) = app.mistakes_from_afar("", file, running)
    assert found.key == "secrets.dir"

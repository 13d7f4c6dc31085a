"""What an image's first start does with the files on its boot partition; test_image.py boots it."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from roomctl.errors import FileError

TREE = Path(__file__).resolve().parents[1]
LAID: dict[str, Any] = runpy.run_path(
    str(TREE / "deploy/image/root/usr/lib/roomctl-image/laid.py"), run_name="laid"
)
ROOM = '[room]\ndisplay_name = "Bamboo"\ntimezone = "Asia/Shanghai"\n[screen]\nmode = "simulated"\n'


class Laid:
    """A boot partition, and the rest of the box, as folders."""

    def __init__(self, folder: Path) -> None:
        self.boot, self.root = folder / "boot", folder / "root"
        self.boot.mkdir()
        (self.root / "etc/roomctl").mkdir(parents=True)
        self.room = self.root / "etc/roomctl/room.toml"

    def lay(self, name: str, data: str | bytes) -> None:
        file = self.boot / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data.encode() if isinstance(data, str) else data)

    def start(self) -> str:
        """Switch the box on; return what its console says."""
        assert LAID["main"](self.boot, self.root) == 0
        return (self.root / "run/issue.d/roomctl.issue").read_text(encoding="utf-8")

    def report(self) -> str:
        return (self.boot / "report.txt").read_text(encoding="utf-8-sig")

    def left(self) -> set[str]:
        return {one.name for one in self.boot.iterdir()}


@pytest.fixture
def laid(tmp_path: Path) -> Laid:
    return Laid(tmp_path)


def test_a_room_toml_of_any_editor_is_taken_once(laid: Laid) -> None:
    laid.lay("ROOM.TOML", ROOM.replace("\n", "\r\n").encode("utf-8-sig"))
    assert "room.toml: taken" in laid.start()
    assert laid.left() == {"report.txt"}
    assert laid.room.read_bytes().decode().splitlines() == ROOM.splitlines()
    assert "room.toml：已采用" in laid.report()
    before = laid.report()
    assert "taken" not in laid.start()
    assert laid.report() == before, "a start that takes nothing writes nothing"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("room.toml", ROOM + '[screen]\nmode = "x"\n', "room.toml: "),
        ("room.toml", ROOM + "[rooom]\n", "did you mean"),
        ("room.toml", ROOM.encode("utf-16"), "room.toml: is not UTF-8"),
        ("room.toml", b"#" * (2 << 20), "is larger than"),
        ("room.toml.txt", ROOM, "rename it to room.toml"),
        ("answers.toml", 'nmae = "Bamboo"', "answers.toml: nmae: is not a question"),
        ("wifi.toml", 'ssid = "Office"\npassword = "1234567"', "wifi.toml: password: must have 8"),
        ("wifi.toml", "ssid = 7", "wifi.toml: ssid: must be a text of 1 to 32 bytes"),
        ("wifi.toml", 'ssid = "a"\ncountry = "china"', "wifi.toml: country: "),
        ("wifi.toml", 'ssid = "a"\npasword = "12345678"', "wifi.toml: pasword: is not known"),
        pytest.param(
            *("authorized_keys", "\x1b[2Jnone\n", "authorized_keys: has no public key"),
            marks=pytest.mark.real,
        ),
        ("secrets/a b", "x", "invalid name"),
    ],
)
def test_what_is_wrong_changes_nothing_stays_and_is_told(
    laid: Laid, name: str, data: str | bytes, said: str
) -> None:
    laid.room.write_text("old")
    laid.lay(name, data)
    shown = laid.start()
    assert said in shown
    assert said in laid.report()
    assert name.partition("/")[0] in laid.left()
    assert laid.room.read_text() == "old"
    assert not (laid.root / "etc/wpa_supplicant").exists()
    assert not (laid.root / "home").exists()


@pytest.mark.real
def test_answers_become_a_room(laid: Laid) -> None:
    laid.lay("Answers.toml", b"\xef\xbb\xbf" + 'name = "松"\r\nscreen = "headless"\r\n'.encode())
    assert "answers.toml: taken" in laid.start()
    text = laid.room.read_text(encoding="utf-8")
    assert 'display_name = "松"' in text
    assert 'mode = "headless"' in text
    assert laid.left() == {"report.txt"}


def test_a_box_without_a_room_says_what_to_lay(laid: Laid) -> None:
    assert "lay room.toml or answers.toml" in laid.start()


def test_of_two_rooms_the_written_one_counts(laid: Laid) -> None:
    laid.lay("room.toml", ROOM)
    laid.lay("answers.toml", 'name = "Pine"')
    assert "answers.toml: lies beside room.toml" in laid.start()
    assert "Bamboo" in laid.room.read_text()


def test_what_cannot_be_written_is_not_forgotten(laid: Laid) -> None:
    laid.lay("wifi.toml", 'ssid = "Office"\npassword = "four words"')
    laid.room.parent.parent.joinpath("wpa_supplicant").write_text("in the way")
    assert "wifi.toml: cannot be taken" in laid.start()
    assert "wifi.toml" in laid.left()


def test_secrets_are_closed(laid: Laid) -> None:
    laid.lay("secrets/calendar", "four words")
    laid.start()
    file = laid.root / "etc/roomctl/secrets/calendar"
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("four words", 0o600)
    assert file.parent.stat().st_mode & 0o077 == 0
    assert "secrets" not in laid.left()


@pytest.mark.real
def test_a_public_key_lets_in_who_has_its_other_half(laid: Laid, tmp_path: Path) -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("no ssh-keygen")
    line = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")]
    subprocess.run(line, check=True)
    laid.lay("authorized_keys", (tmp_path / "key.pub").read_bytes())
    laid.start()
    file = laid.root / "home/admin/.ssh/authorized_keys"
    assert file.read_bytes() == (tmp_path / "key.pub").read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_of_wpa_supplicant_holds_any_name_and_no_second_line() -> None:
    wireless = LAID["wireless"]
    text = wireless({"ssid": '会议"室\n', "password": 'four "words', "country": "CN"})
    lines = text.splitlines()
    assert "ssid=" + '会议"室\n'.encode().hex() in lines
    assert 'psk="four "words"' in lines
    assert "country=CN" in lines
    assert "key_mgmt=NONE" in wireless({"ssid": "Guests"})
    with pytest.raises(FileError):
        wireless({"ssid": "a", "password": "12345678\nkey_mgmt=NONE"})


def test_what_lies_over_debian_is_whole() -> None:
    root = TREE / "deploy/image/root"
    for name in ("hooks/roomctl", "scripts/init-bottom/roomctl"):
        assert os.access(root / "etc/initramfs-tools" / name, os.X_OK)

"""`roomctl update`: where versions come from, and what a person reads of how it ended."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from roomctl.cli import updating
from roomctl.errors import RoomctlError

IDLE = {"state": "idle", "request": "1", "installed": "1.0", "available": "", "refusal": ""}
BACK = {"outcome": "went_back", "old": "1.0", "new": "2.0", "code": "not_ready", "detail": "ready"}


@pytest.mark.parametrize(
    ("where", "uri"),
    [
        ("https://example.org/roomctl/", "https://example.org/roomctl"),
        ("http://10.0.0.2:8000/r", "http://10.0.0.2:8000/r"),
    ],
)
def test_an_address_is_apts_as_it_is(where: str, uri: str) -> None:
    assert updating.uri_of(where) == uri


def test_a_folder_is_copied_from_whatever_it_is_called(tmp_path: Path) -> None:
    stick = tmp_path / "USB stick"
    (stick / "dists").mkdir(parents=True)
    assert updating.uri_of(str(stick)) == f"copy:{tmp_path}/USB%20stick"


@pytest.mark.parametrize(
    "where",
    [
        "ftp://example.org",
        "http://",
        "https:// x",
        "https://a\nTrusted: yes",
        "/nowhere",
        "",
        "-o x",
    ],
)
def test_anything_else_is_no_source(where: str) -> None:
    with pytest.raises(RoomctlError, match="neither"):
        updating.uri_of(where)


def test_only_root_says_where_versions_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(RoomctlError, match="only root"):
        updating.set_source("https://example.org", None, None)


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the source and the keys be files of the test's own, and the person root."""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(updating.updater, "SOURCES", tmp_path / "roomctl.sources")
    monkeypatch.setattr(updating, "PACKAGE_KEY", tmp_path / "package.gpg")
    monkeypatch.setattr(updating, "OWN_KEY", tmp_path / "keyrings/own.gpg")
    return tmp_path


def test_a_source_is_not_written_without_a_key(etc: Path) -> None:
    with pytest.raises(RoomctlError, match="no key"):
        updating.set_source("https://example.org", None, None)
    assert not (etc / "roomctl.sources").exists()


def test_a_channel_alone_keeps_the_address_and_the_key(etc: Path) -> None:
    (etc / "key").write_bytes(b"key")
    updating.set_source("https://example.org", None, etc / "key")
    updating.set_source(None, "beta", None)
    assert updating.source() == {
        "Types": "deb",
        "URIs": "https://example.org",
        "Suites": "beta",
        "Components": "main",
        "Signed-By": str(etc / "keyrings/own.gpg"),
    }


@pytest.mark.parametrize("channel", ["Stable", "a b", "stable\nTrusted: yes", "../x", ""])
def test_a_channel_is_a_word(etc: Path, channel: str) -> None:
    (etc / "package.gpg").write_bytes(b"key")
    with pytest.raises(RoomctlError):
        updating.set_source("https://example.org", channel or " ", None)


@pytest.mark.parametrize(
    ("found", "check", "words", "status"),
    [
        ({"available": "2.0"}, True, "2.0 is available", 0),
        ({"refusal": "current"}, False, "1.0 is the newest version", 0),
        ({"refusal": "signature"}, False, "nothing was changed: The signature", 1),
        ({"refusal": "something new"}, False, "nothing was changed: It failed", 1),
        ({"last": {**BACK, "outcome": "updated"}}, False, "updated from 1.0 to 2.0", 0),
        ({"last": BACK}, True, "1.0 is the newest version", 0),
        ({"last": BACK}, False, "2.0 was rolled back, 1.0 runs again", 1),
    ],
)
def test_a_person_reads_how_it_ended(
    found: dict[str, object], check: bool, words: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    said = {**IDLE, "last": None, **found}
    assert updating.result_words(said, check=check).startswith(words)
    wanted = updating.UpdateRequest(check, None, False, None, None)
    assert updating.status(said, wanted) == status


@pytest.mark.parametrize(("at", "cancel"), [("03:00", False), (None, True)])
def test_what_is_only_asked_for_has_not_failed(at: str | None, cancel: bool) -> None:
    wanted = updating.UpdateRequest(False, at, cancel, None, None)
    assert updating.status({**IDLE, "last": BACK}, wanted) == 0


@pytest.mark.parametrize("at", ["25:00", "3:00", "03:00\n", "noon", ""])
def test_another_time_is_refused_before_the_room_is_asked(at: str) -> None:
    wanted = updating.UpdateRequest(False, at, False, None, None)
    with pytest.raises(RoomctlError, match="is not a time of the day, such as 03:00"):
        updating.run(wanted, print)


@pytest.mark.real
def test_apt_reads_the_source(etc: Path) -> None:
    (etc / "package.gpg").write_bytes(b"key")
    updating.set_source("https://example.org/r", "beta", None)
    (etc / "lists/partial").mkdir(parents=True)
    line = ["apt-get", "update", "--print-uris", "-o", f"Dir::State::lists={etc}/lists"]
    line += ["-o", f"Dir::Etc::sourcelist={etc}/roomctl.sources", "-o", "Dir::Etc::sourceparts=-"]
    said = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    assert said.startswith("'https://example.org/r/dists/beta/InRelease' ")

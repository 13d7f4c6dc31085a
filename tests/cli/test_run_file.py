"""Which room a command asks, where several run on one box."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from roomctl.cli.run_file import chosen, left, rooms_here
from roomctl.config import runtime_path
from roomctl.errors import RoomctlError

TOKEN = "x" * 43


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give this user a runtime folder; return where the service would leave its file."""
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "mine"))
    return tmp_path / "service/roomctl/api.json"


@contextlib.contextmanager
def the_service(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run the service's room: systemd names its folder to it, and to it alone."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(path.parent))
    with left("http://127.0.0.1:8080", TOKEN):
        monkeypatch.delenv("RUNTIME_DIRECTORY")
        yield


def apis(service: Path) -> list[tuple[bool, str]]:
    return [(room.is_service, room.api) for room in rooms_here(service)]


def test_this_users_room_comes_before_the_service_and_either_can_be_named(
    service: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chosen(rooms_here(service), None) is None
    with the_service(service, monkeypatch):
        assert apis(service) == [(True, "http://127.0.0.1:8080")]
        with left("http://127.0.0.1:4000", TOKEN):
            rooms = rooms_here(service)
            assert [room.is_service for room in rooms] == [False, True]
            for wanted in (None, "mine", "http://127.0.0.1:4000"):
                assert chosen(rooms, wanted) is rooms[0]
            for wanted in ("service", "http://127.0.0.1:8080"):
                assert chosen(rooms, wanted) is rooms[1]
            assert chosen(rooms, "http://127.0.0.1:9") is None
            assert "127.0.0.1:4000" in rooms[0].words
            assert rooms[1].words.startswith("the service's (")
        assert apis(service) == [(True, "http://127.0.0.1:8080")]
    assert apis(service) == []


def test_a_second_room_of_one_user_takes_nothing_from_the_first(service: Path) -> None:
    with left("http://127.0.0.1:4000", TOKEN):
        with left("http://127.0.0.1:4001", TOKEN):
            assert [api for _, api in apis(service)] == [
                "http://127.0.0.1:4000",
                "http://127.0.0.1:4001",
            ]
        assert apis(service) == [(False, "http://127.0.0.1:4000")]


def test_what_a_killed_room_left_is_no_room_and_is_used_again(
    service: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine/roomctl/api.json"
    file.parent.mkdir(parents=True, mode=0o700)
    file.write_text(json.dumps({"api": "http://127.0.0.1:1", "token": "old" * 50}))
    assert apis(service) == []
    with left("http://127.0.0.1:4000", TOKEN):
        assert apis(service) == [(False, "http://127.0.0.1:4000")]
        assert file.stat().st_mode & 0o777 == 0o600
        assert "old" not in file.read_text()
    assert not file.parent.exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives a file to another user")
def test_a_file_of_another_user_in_my_folder_is_not_mine(service: Path, tmp_path: Path) -> None:
    with left("http://127.0.0.1:4000", TOKEN):
        os.chown(tmp_path / "mine/roomctl/api.json", 65534, 65534)
        assert apis(service) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives a folder to another user")
def test_a_runtime_folder_that_sudo_handed_down_is_left_to_its_owner(
    service: Path, tmp_path: Path
) -> None:
    theirs = tmp_path / "mine"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    assert runtime_path() == Path(f"/tmp/roomctl-{os.getuid()}")
    os.chown(theirs, 0, 0)
    assert runtime_path() == theirs / "roomctl"


def test_who_may_not_read_the_services_token_is_told_the_exact_command(
    service: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.parent.mkdir(parents=True)
    service.write_text("{}")

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    monkeypatch.setattr(sys, "argv", ["roomctl", "join", "https://meet.jit.si/A B"])
    owner = service.owner()
    line = f"sudo -u {owner} roomctl join 'https://meet.jit.si/A B'"
    with pytest.raises(RoomctlError, match=f"room on this box is {owner}'s.*`{line}`"):
        chosen(rooms_here(service), None)

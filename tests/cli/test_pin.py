"""`roomctl pin`: asked without echo, kept by the room, or for the next one."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
from pathlib import Path

import pytest

from tests.cli.rig import LIMIT_S, ROOMCTL, environment, only, roomctl, simulating

pytestmark = pytest.mark.real
PIN = "271828"


def typed(folder: Path, *answers: str) -> tuple[int, str]:
    """Run `roomctl pin set` on a terminal, and type; return its status and all that it showed."""
    ours, theirs = pty.openpty()
    terminal = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    words = [*ROOMCTL, "pin", "set"]
    asked = subprocess.Popen(words, env=environment(folder), start_new_session=True, **terminal)
    os.close(theirs)
    shown, left = b"", list(answers)
    while select.select([ours], [], [], LIMIT_S)[0]:
        try:
            shown += os.read(ours, 4096)
        except OSError:  # it has ended
            break
        if left and shown.endswith(b": "):
            os.write(ours, f"{left.pop(0)}\n".encode())
    os.close(ours)
    return asked.wait(LIMIT_S), shown.decode()


def kept(folder: Path) -> str:
    return str(json.loads(only(folder, "pin.json").read_text()).get("hash", ""))


def test_a_person_types_it_twice_and_sees_none_of_it(tmp_path: Path) -> None:
    status, shown = typed(tmp_path, PIN, PIN)
    assert status == 0
    assert "PIN (6 to 12 digits)" in shown
    assert "no room is running" in shown
    assert PIN not in shown
    assert kept(tmp_path).startswith("$argon2id$")


def test_two_that_differ_change_nothing(tmp_path: Path) -> None:
    status, shown = typed(tmp_path, PIN, "161803")
    assert (status, "nothing is changed" in shown) == (1, True)
    assert [*tmp_path.rglob("pin.json")] == []


def test_nothing_on_stdin_is_no_pin_and_is_said_so(tmp_path: Path) -> None:
    said = roomctl(tmp_path, "pin", "set", stdin="")
    assert (said.status, said.err) == (
        1,
        "roomctl: pin set: nothing was entered; nothing is changed\n",
    )


def test_a_room_that_runs_takes_it_at_once(tmp_path: Path) -> None:
    with simulating(tmp_path, "--screen", "simulated") as room:
        assert room.roomctl("pin", "status", "--json").json == {"set": False}
        assert room.roomctl("pin", "set", stdin=f"{PIN}\n").out == "done\n"
        assert room.roomctl("pin", "status").out == "a staff PIN is set\n"
        weak = room.roomctl("pin", "set", stdin="123456")
        assert (weak.status, "too easy to guess" in weak.err) == (1, True)
        assert room.roomctl("pin", "reset").status == 0
        assert kept(tmp_path).startswith("$argon2id$")
        assert room.roomctl("pin", "clear").out == "done\n"
        assert room.roomctl("pin", "status").out.startswith("no staff PIN is set")


def test_a_room_elsewhere_that_does_not_answer_gets_no_pin_kept_here(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("x" * 40)
    token.chmod(0o600)
    away = ("--room", "http://127.0.0.1:9", "--token-file", str(token))
    said = roomctl(tmp_path, "pin", "set", *away, stdin=PIN)
    assert (said.status, "does not answer" in said.err) == (1, True)
    assert [*tmp_path.rglob("pin.json")] == []

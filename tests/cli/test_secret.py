"""`roomctl secret`, and what `check` says of secrets that stand in the file."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from roomctl.cli.main import app

CANARY = "canary-Rotkehlchen-31"
ROOM = """
[room]
wifi = "Guest / 12345678"
[display.wall]
url = "tcp://192.0.2.2:4352"
password = "{password}"
[meeting.favourites]
Board = "https://meet.jit.si/Board"
"""


def run(*words: str, stdin: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words), input=stdin)
    return result.exit_code, result.output + str(result.exception or "")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "room.toml"
    path.write_text(ROOM.format(password="secret:wall"))
    return path


def test_a_secret_that_is_set_is_found_listed_and_forgotten_and_never_printed(file: Path) -> None:
    at = ("--config", str(file))
    assert run("check", str(file))[0] == 1
    status, said = run("secret", "set", "wall", *at, stdin=f"{CANARY}\n")
    assert (status, said) == (
        0,
        f"stored in {file.parent}/secrets/wall, readable only by its owner\n",
    )
    assert (file.parent / "secrets" / "wall").read_text() == f"{CANARY}\n"
    assert run("check", str(file)) == (0, f"{file}: ok (room)\n")
    assert run("secret", "list", *at) == (0, "wall\n")
    assert run("secret", "forget", "wall", *at)[0] == 0
    assert "secret 'wall' is not in" in run("check", str(file))[1]
    assert "secret 'wall' is not in" in run("secret", "forget", "wall", *at)[1]


def test_programs_are_told_of_a_secret_by_its_name_alone(file: Path) -> None:
    at = ("--config", str(file), "--json")
    status, said = run("secret", "set", "wall", *at, stdin=f"{CANARY}\n")
    assert (status, json.loads(said)["stored"], CANARY in said) == (0, "wall", False)
    status, said = run("secret", "forget", "wall", *at)
    assert (status, json.loads(said)) == (0, {"forgotten": "wall"})


def test_check_advises_of_secrets_that_stand_in_the_file_and_shows_none(file: Path) -> None:
    file.write_text(ROOM.format(password=CANARY))
    status, said = run("check", str(file))
    ok, advice = said.splitlines()
    assert (status, ok) == (0, f"{file}: ok (room)")
    assert advice.startswith(f"{file}:6: display.wall.password: can be read by everyone")
    assert CANARY not in run("check", "--json", str(file))[1]


@pytest.mark.parametrize("value", ["", "two\nlines\n", "\x1b[31m", "x" * 17_000])
def test_what_is_no_line_of_text_is_not_stored(value: str, file: Path) -> None:
    status, said = run("secret", "set", "wall", "--config", str(file), stdin=value)
    assert status == 1
    assert "nothing was stored" in said
    assert not (file.parent / "secrets").exists()

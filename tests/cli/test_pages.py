"""The commands that the pages print: roomctl takes each, and those of a room's day run."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from roomctl.cli.main import app
from tests.cli.rig import Running, simulating
from tests.house.pages import CHINESE, PAGES, TREE, commands, typed

EVERY: Any = get_command(app)
_NAMED = re.compile(r"(?:^|[\s'/|])(?:sudo (?:-u roomctl )?)?roomctl (?=[a-z]+(?:\s|\||$))(.*)")
_ENDS = re.compile(r"\s(?:[|<>&]|&&|\d?>).*$")

RUN = ("first-room", "command-line", "sign-in", "door", "troubleshooting")
ELSEWHERE = {  # what is not for a room that is simulated here, and what runs it
    "init": "tests/cli/test_init.py, and a blank Debian in the hardware lab",
    "drill": "tests/cli/test_drill.py",
    "camera describe": "tests/camera/test_describe.py",
    "import": "tests/cli/test_importing.py",
    "update": "tests/cli/test_updating.py: no package runs here",
    "watch": "tests/cli/test_watch.py: it has no end",
    "probe": "tests/cli/test_init.py: it looks at this very machine",
    "secret": "tests/cli/test_secret.py",
    "do help.close": "tests/room/test_help.py: there is no report",
}
STDIN = {"pin set": "271828\n", "person add": "four words are long\n"}
MAY_FIND_FAULTS = {"status", "issues", "doctor", "check", "audit", "agenda", "link"}


def begins(words: list[str], table: dict[str, str]) -> str | None:
    """Return the entry of a table for the command that these words begin with."""
    line = f"{' '.join(words)} "
    return next((entry for start, entry in table.items() if line.startswith(f"{start} ")), None)


def of_roomctl(lines: list[str]) -> Iterator[list[str]]:
    """Yield the words behind `roomctl` of each command, alternatives (a|b) one by one."""
    for line in lines:
        if (found := _NAMED.search(line)) is None:
            continue
        if re.fullmatch(r"[a-z ]+(\|[a-z]+)+", found[1]):
            *before, last = found[1].split()
            yield from ([*before, one] for one in last.split("|"))
            continue
        words = _ENDS.sub("", found[1])
        yield shlex.split(words[:-1] if words.count("'") % 2 else words)  # roomctl itself in quotes


def mistake(words: list[str], *, whole: bool) -> str:
    """Return what roomctl has against a command line, which is not run; "" if it takes it.

    `whole`: also what is missing, which a sentence may leave out.
    """
    made, left = EVERY, list(words)
    while hasattr(made, "commands") and left and not left[0].startswith("-"):
        if (name := left.pop(0)) not in made.commands:
            return f"there is no command {name!r}"
        made = made.commands[name]
    if hasattr(made, "commands") and not left:
        return "names no command" if whole else ""
    try:
        made.make_context("roomctl", left)
    except Exception as error:  # of click, which typer may bring along
        named_less = "Missing" in type(error).__name__ or "NoArgs" in type(error).__name__
        return "" if named_less and not whole else repr(error)
    return ""


@pytest.mark.parametrize("page", [*PAGES, *CHINESE], ids=lambda page: str(page.relative_to(TREE)))
def test_roomctl_takes_every_command_that_a_page_prints(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    blocks = {tuple(words) for words in of_roomctl(typed(text))}
    wrong = {}
    for words in of_roomctl(commands(text)):
        if why := mistake(words, whole=tuple(words) in blocks):
            wrong[" ".join(words)] = why
    assert wrong == {}


def test_a_command_that_is_none_is_found() -> None:
    assert mistake(["stauts"], whole=False)
    assert mistake(["token", "nope"], whole=False)
    assert mistake(["status", "--nope"], whole=False)
    assert mistake(["join"], whole=True)
    assert mistake(["audit", "--limit", "0"], whole=True)
    assert not mistake(["join"], whole=False)
    assert not mistake(["token", "make", "desk", "--role", "facilities"], whole=True)


_ALONE = re.compile(r"(printf .*\| )?roomctl (aw|hid|link|pjlink|visca) [-'\"]")
_NEEDS = re.compile("…|LINK|whole|--config|--lines|--trace|<")


def without_a_room() -> set[str]:
    """Return the commands of all pages that only read what stands in their own line."""
    printed = (commands(page.read_text(encoding="utf-8")) for page in (*PAGES, *CHINESE))
    lines = {line for page in printed for line in page}
    return {line for line in lines if _ALONE.match(line) and not _NEEDS.search(line)}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The room that `make run` simulates, but without its browser."""
    with simulating(tmp_path_factory.mktemp("room"), "--screen", "simulated") as running:
        running.ready()
        yield running


def on_this(room: Running, words: list[str], folder: Path) -> list[str]:
    """Return a command with the room, the token and the files of this test."""
    config = folder / "room.toml"
    config.write_text('[room]\ndisplay_name = "Bamboo"\n', encoding="utf-8")
    line = [{"/etc/roomctl/room.toml": str(config)}.get(word, word) for word in words]
    given = {"--room": f"http://127.0.0.1:{room.port}", "--token-file": str(folder / "token")}
    for option in given.keys() & set(line):
        line[line.index(option) + 1] = given[option]
    if line[0] == "doctor":
        line += ["--config", str(config), "--state", str(folder / "state")]
    if line[0] == "export":
        line[1:2] = [str(folder / line[1]), "--config", str(config), "--state", str(folder)]
    return line


@pytest.mark.real
@pytest.mark.parametrize("page", RUN)
def test_what_a_page_prints_for_a_room_runs(room: Running, page: str, tmp_path: Path) -> None:
    made = room.roomctl("token", "make", f"of-{page}", "--role", "admin")
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text(made.out, encoding="utf-8")
    text = (TREE / "docs" / f"{page}.md").read_text(encoding="utf-8")
    ran = 0
    for words in of_roomctl(commands(text) if page == "troubleshooting" else typed(text)):
        if begins(words, ELSEWHERE):
            continue
        line = on_this(room, words, tmp_path)
        done = room.roomctl(*line, stdin=begins(words, STDIN) or "")
        assert done.status in ({0, 1} if words[0] in MAY_FIND_FAULTS else {0}), (line, done)
        assert "Traceback" not in done.err, (line, done)
        ran += 1
    assert ran


@pytest.mark.real
@pytest.mark.parametrize("line", sorted(without_a_room()))
def test_what_a_page_prints_that_needs_no_room_runs(line: str) -> None:
    before, _, behind = line.rpartition("| ")
    given = subprocess.run(["sh", "-c", before], capture_output=True, text=True, check=True).stdout
    [words] = of_roomctl([behind])
    done = CliRunner().invoke(app, words, input=given)
    assert done.exit_code == 0, done.output


def test_what_runs_elsewhere_is_there() -> None:
    files = {why.partition(",")[0].partition(":")[0] for why in ELSEWHERE.values()}
    assert [file for file in files if not (TREE / file).is_file()] == []

"""What the commands say, to a newcomer and to a program."""

import json
import re
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from roomctl.cli.chinese import HELP, in_chinese
from roomctl.cli.main import app
from roomctl.cli.main import command as made_for
from tests.cli.rig import ROOMCTL, environment, roomctl

TREE = Path(__file__).resolve().parents[2]
PROFILES = sorted((TREE / "firmware_profiles").glob("**/*.toml"))
COMMANDS = sorted(
    command.name or command.callback.__name__
    for command in app.registered_commands
    if command.callback
)
ZOOM = "https://us05web.zoom.us/j/91234567890?pwd=QUJDREVG.1"
CHINESE = "#腾讯会议：123-456-789\n会议密码：6543"

EVERY: Any = get_command(app)


runner = CliRunner()


def said(*words: str, stdin: str = "") -> str:
    """Run a command in this process; it must succeed."""
    result = runner.invoke(app, list(words), input=stdin)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example_of_itself(command: str) -> None:
    text = said(command, "--help")
    assert f"Example: roomctl {command}" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_is_made_alone_is_as_among_all(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = made_for([command])
    assert [*alone.commands] == [command]
    with pytest.raises(SystemExit):
        alone([command, "--help"], prog_name="root")
    told, among_all = capsys.readouterr().out, said(command, "--help")
    assert "".join(told.split()) == "".join(among_all.split())  # the lines break elsewhere


def test_who_names_no_command_is_told_of_all() -> None:
    assert [*made_for(["statsu"]).commands] == [*made_for().commands] == [*EVERY.commands]


def _paths(group: Any, *before: str) -> Iterator[tuple[str, ...]]:
    yield before
    for name, command in getattr(group, "commands", {}).items():
        yield from _paths(command, *before, name)


@pytest.mark.parametrize("path", [*_paths(EVERY)], ids=" ".join)
def test_h_is_help_everywhere_and_nothing_of_it_is_cut_off(path: tuple[str, ...]) -> None:
    text = said(*path, "-h")
    assert text == said(*path, "--help")
    cut_off = [line for line in text.splitlines() if line[:1] == " " and line.endswith("...")]
    assert cut_off == []


def test_a_help_text_keeps_its_brackets() -> None:
    assert "its [meeting]" in said("link", "-h")


def _helps(command: Any) -> Iterator[str]:
    yield from filter(None, (command.help, *(getattr(one, "help", "") for one in command.params)))
    for below in getattr(command, "commands", {}).values():
        yield from _helps(below)


def test_no_help_text_lacks_its_chinese() -> None:
    every = {*_helps(EVERY)}
    assert every - HELP.keys() == set()


def test_a_chinese_help_keeps_names_brackets_and_code_and_fits_a_terminal() -> None:
    code = re.compile(r"`[^`]+`|--[a-z-]+|\[[a-z]+\]|\$[A-Z_]+|[A-Z]{3,}:[A-Z]+")
    for english, chinese in HELP.items():
        assert re.search("[一-鿿]", chinese) or not re.search(r"[a-z]{3} [a-z]{3}", english)
        assert {*code.findall(english)} == {*code.findall(chinese)}, english


@pytest.mark.real
def test_the_help_is_chinese_where_the_locale_is(tmp_path: Path) -> None:
    text = roomctl(tmp_path, "link", "--help", more={"LC_ALL": "zh_CN.UTF-8"}).out
    assert "其中的 [meeting]" in text
    assert "示例：roomctl link" in text


def test_a_chinese_help_fits_a_terminal_and_is_not_cut_off() -> None:
    made = get_command(app)
    in_chinese(made)
    every = [made, *getattr(made, "commands", {}).values()]
    assert max(_columns(line) for one in every for line in (one.help or "").splitlines()) <= 80
    assert all(one.short_help for one in every)


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def test_an_unknown_command_suggests_one() -> None:
    for words, meant in (("statsu",), "status"), (("token", "revok"), "revoke"):
        result = runner.invoke(app, list(words))
        assert result.exit_code == 2
        assert f"Did you mean '{meant}'?" in result.output


def test_help_lists_every_command_and_one_to_begin_with() -> None:
    text = said("--help")
    assert all(command in text for command in COMMANDS)
    assert "roomctl simulate" in text


@pytest.mark.real
@pytest.mark.parametrize("words", [("status",), ("leave",), ("mute",), ("join", ZOOM)])
def test_without_a_room_one_sentence_says_what_to_do(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    answer = roomctl(tmp_path, *words)
    assert (answer.status, answer.out) == (1, "")
    assert answer.err == (
        "roomctl: no room runs here as this user; start one with `roomctl simulate`,"
        " or name one with --room and --token-file\n"
    )


@pytest.mark.real
@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nonsense"])
def test_a_room_that_does_not_answer_is_one_sentence(tmp_path: Path, url: str) -> None:
    answer = roomctl(tmp_path, "status", "--url", url, "--token-file", token_file(tmp_path))
    assert answer.status == 1
    assert answer.err.startswith(f"roomctl: {url}")
    assert answer.err.count("\n") == 1


def token_file(folder: Path, mode: int = 0o600, text: str = "x" * 43) -> str:
    file = folder / "token"
    file.write_text(text)
    file.chmod(mode)
    return str(file)


@pytest.mark.real
def test_a_token_comes_from_a_file_that_the_environment_or_systemd_names(tmp_path: Path) -> None:
    url = "http://127.0.0.1:9"
    without = roomctl(tmp_path, "status", "--url", url)
    why = "a token is needed: --token-file, or ROOMCTL_TOKEN_FILE; `roomctl token make` makes one"
    assert without.err == f"roomctl: {url}: {why}\n"
    file = token_file(tmp_path)
    named = roomctl(tmp_path, "status", "--url", url, more={"ROOMCTL_TOKEN_FILE": file})
    assert "does not answer" in named.err
    (tmp_path / "token").rename(tmp_path / "roomctl-token")
    systemd = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert "does not answer" in roomctl(tmp_path, "status", "--url", url, more=systemd).err


@pytest.mark.real
def test_a_token_never_stands_in_an_argument_list(tmp_path: Path) -> None:
    refused = roomctl(tmp_path, "status", "--token", "x")
    assert refused.status == 2
    assert "--token-file" in refused.err


@pytest.mark.real
@pytest.mark.parametrize(
    ("mode", "text", "why"),
    [
        (0o644, "x" * 43, "others can use this file (mode 0644)"),
        (0o600, "", "holds no token"),
        (0o600, "two words " * 4, "holds no token"),
        (0o600, "\x00" * 43, "holds no token"),
    ],
)
def test_a_token_file_that_is_none_is_one_sentence(
    tmp_path: Path, mode: int, text: str, why: str
) -> None:
    file = token_file(tmp_path, mode, text)
    said = roomctl(tmp_path, "status", "--url", "http://127.0.0.1:9", "--token-file", file)
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert why in said.err


# check


def test_every_shipped_profile_is_good() -> None:
    lines = said("check", *map(str, PROFILES)).splitlines()
    assert len(lines) == len(PROFILES) > 5
    assert all(": ok (" in line for line in lines)


def test_a_profile_is_recognised_wherever_it_lies(tmp_path: Path) -> None:
    for kind in ("camera", "speakerphone", "occupancy"):
        shipped = next(path for path in PROFILES if path.parent.name == kind)
        copy = tmp_path / shipped.name
        copy.write_bytes(shipped.read_bytes())
        assert said("check", str(copy)) == f"{copy}: ok ({kind})\n"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("0001:0513", "0001:0511"), "match: '0001:0511' already picks sony_srg120dh.toml"),
        (("0001:0513", "4158:5601"), "match: '4158:5601' already picks axis_visca.toml"),
        (("source =", "sauce ="), "sauce: unknown key; did you mean 'source'?"),
        (('layout = "A"', 'layout = "A"\nquirks = ["sulks"]'), "quirks.0: must be 'no-ack', "),
    ],
)
def test_a_bad_profile_is_named_with_its_key_wherever_it_lies(
    tmp_path: Path, change: tuple[str, str], expected: str
) -> None:
    shipped = next(path for path in PROFILES if path.name == "sony_srg300h.toml")
    file = tmp_path / "mine.toml"
    file.write_text(shipped.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    result = runner.invoke(app, ["check", str(file)])
    assert result.exit_code == 1
    assert re.search(rf"{re.escape(str(file))}:\d+: {re.escape(expected)}", result.output)


def test_a_room_is_checked_with_the_profiles_of_its_site(tmp_path: Path) -> None:
    shipped = next(path for path in PROFILES if path.name == "sony_srg300h.toml")
    text = shipped.read_text(encoding="utf-8")
    room, mine = tmp_path / "room.toml", tmp_path / "cameras" / "mine.toml"
    mine.parent.mkdir()
    mine.write_text(text, encoding="utf-8")
    room.write_text(
        '[camera]\nprofiles = "cameras"\n[camera.front]\nurl = "sim:a"\nprofile = "mine"\n'
    )
    assert said("check", str(room)) == f"{room}: ok (room)\n"
    mine.write_text(text.replace("units_per_degree", "units"), encoding="utf-8")
    result = runner.invoke(app, ["check", str(room)])
    assert result.exit_code == 1
    line = 1 + text[: text.index("[pan]")].count("\n")
    assert f"{mine}:{line}: pan.units_per_degree: is missing" in result.output
    mine.unlink()
    result = runner.invoke(app, ["check", str(room)])
    assert f"{room}:2: camera.profiles: {mine.parent} contains no profile" in result.output


def test_a_camera_is_described_as_a_profile_that_the_room_then_takes(tmp_path: Path) -> None:
    room, mine = tmp_path / "room.toml", tmp_path / "cameras" / "mine.toml"
    text = '[camera.front]\nurl = "sim:front"\n[camera.usb]\nurl = "v4l2:/dev/video77"\n'
    room.write_text(text, encoding="utf-8")
    mine.parent.mkdir()
    mine.write_text(said("camera", "describe", "front", "-c", str(room)), encoding="utf-8")
    assert said("check", str(mine)) == f"{mine}: ok (camera)\n"
    named = text.replace('"sim:front"', '"sim:front"\nprofile = "mine"')
    room.write_text(f'[camera]\nprofiles = "cameras"\n{named}', encoding="utf-8")
    assert said("check", str(room)) == f"{room}: ok (room)\n"
    again = said("camera", "describe", "camera.front", "-c", str(room), "--simulated")
    assert again.startswith("# Written by `roomctl camera describe`")
    for name, why in (("usb", "needs no profile"), ("back", "no camera 'back'; there is: front")):
        result = runner.invoke(app, ["camera", "describe", name, "-c", str(room)])
        assert result.exit_code == 1
        assert why in str(result.exception)


def test_a_good_room_is_ok(tmp_path: Path) -> None:
    file = tmp_path / "bamboo.toml"
    file.write_text('[camera.front]\nurl = "serial:/dev/ttyUSB0"\n')
    assert said("check", str(file)) == f"{file}: ok (room)\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[camra]", "camra: unknown key; did you mean 'camera'?"),
        (
            '[meeting]\nplatform = "zom"',
            "meeting.platform: no platform is called 'zom'; did you mean 'zoom'?",
        ),
        (
            '[camera.a]\nurl = "sim:x"\nprofile = "sony"',
            "camera.a.profile: no profile 'sony'; did you mean 'sony_fr7'?",
        ),
        (
            "[camera.a]\nurl = 'sim:x'\npresets = { x = 'a' }",
            "camera.a.presets: 'x' is not a preset number",
        ),
    ],
)
def test_a_bad_room_is_named_by_file_line_and_key(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "bamboo.toml"
    file.write_text(text)
    result = runner.invoke(app, ["check", str(file)])
    assert result.exit_code == 1
    line = 1 + text.count("\n")
    assert result.stdout.startswith(f"{file}:{line}: {expected}")

    finding = json.loads(runner.invoke(app, ["check", "--json", str(file)]).stdout)[0]
    assert finding["file"] == str(file)
    assert finding["error"].startswith(f"{file}:{line}: {expected}")
    (told,) = finding["errors"]
    assert (told["line"], told["error"]) == (line, finding["error"])
    assert f"{told['key']}: {told['why']}".startswith(expected)


def test_one_bad_file_among_good_ones_fails_and_all_are_told(tmp_path: Path) -> None:
    result = runner.invoke(app, ["check", str(PROFILES[0]), str(tmp_path / "no.toml")])
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2


def test_a_calendar_that_can_never_work_is_found(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    file.write_text('[calendar]\nurl = "outlook"\n')
    result = runner.invoke(app, ["check", str(file)])
    assert result.exit_code == 1
    assert "is not a calendar" in result.stdout


# link


def refused_link(*words: str, stdin: str = "") -> str:
    """Run `link` on what may not be opened, which its exit status has to say."""
    result = runner.invoke(app, ["link", *words], input=stdin)
    assert result.exit_code == 1, result.output
    return result.stdout


def test_a_link_is_read_for_programs_without_its_secrets() -> None:
    assert json.loads(said("link", "--json", ZOOM)) == {
        "platform": "zoom",
        "meeting_id": "91234567890",
        "passcode": "***",
        "refused": None,
        "launch": {
            "url": "https://us05web.zoom.us/wc/join/91234567890?pwd=…",
            "host": "us05web.zoom.us",
            "mode": "plain",
        },
    }


def test_a_link_is_read_with_its_secrets_if_asked() -> None:
    record = json.loads(said("link", "--json", "--show-secrets", ZOOM))
    assert record["passcode"] == "QUJDREVG.1"
    assert record["launch"]["url"].endswith("?pwd=QUJDREVG.1")
    assert "QUJDREVG.1" in said("link", "--show-secrets", ZOOM)


@pytest.mark.parametrize("text", [ZOOM, CHINESE])
def test_no_passcode_is_printed_unless_asked(text: str) -> None:
    for words in (("link", text), ("link", "--json", text)):
        printed = said(*words)
        assert "QUJDREVG" not in printed
        assert "6543" not in printed
        assert "***" in printed


def test_a_number_that_opens_nothing_has_no_launch() -> None:
    record: dict[str, Any] = json.loads(said("link", "--json", CHINESE))
    assert (record["platform"], record["meeting_id"]) == ("tencent", "123456789")
    assert (record["refused"], record["launch"]) == (None, None)
    assert "cannot be joined by number here" in said("link", CHINESE)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("https://zoorn.us/j/91234567890", "look_alike_host"),
        ("https://zoom.us@evil.example/j/91234567890", "userinfo"),
        ("https://zoom.us\\@evil.example/j/91234567890", "backslash"),
        ("https://evil.example/j/91234567890", "foreign_host"),
        ("javascript:alert(1)", "no_meeting"),
        ("https://192.0.2.1/j/91234567890", "ip_literal"),
        ("", "no_meeting"),
        ("\x00\ud7ff%s%n{}", "no_meeting"),
    ],
)
def test_a_strangers_door_is_never_opened(text: str, refused: str) -> None:
    record = json.loads(refused_link("--json", "-", stdin=text))
    assert record["launch"] is None
    assert record["refused"] in (refused, "scheme")
    assert refused_link("-", stdin=text).splitlines()[-1].startswith("not opened: ")


def test_a_room_toml_adds_hosts_and_denies_others(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    file.write_text('[meeting]\ndeny = ["zoom"]\n[meeting.hosts]\njitsi = ["meet.example.org"]\n')
    record = json.loads(said("link", "--json", "-c", str(file), "https://meet.example.org/Room"))
    assert (record["platform"], record["launch"]["host"]) == ("jitsi", "meet.example.org")
    denied = json.loads(refused_link("--json", "-c", str(file), ZOOM))
    assert (denied["refused"], denied["launch"]) == ("denied_by_policy", None)


# The rest


@pytest.mark.real
def test_probe_prints_lines_for_room_toml_or_says_that_there_is_nothing() -> None:
    text = said("probe")
    found = json.loads(said("probe", "--json"))
    if found:
        assert text.count("url = ") == len(found)
    else:
        assert text == "nothing found: no serial port, no USB camera or speakerphone, no gamepad\n"


@pytest.mark.real
def test_serve_without_its_file_is_one_sentence(tmp_path: Path) -> None:
    answer = roomctl(tmp_path, "serve", "--config", str(tmp_path / "room.toml"))
    assert (answer.status, answer.out) == (1, "")
    assert (
        answer.err == f"roomctl: {tmp_path}/room.toml: cannot be read: No such file or directory\n"
    )


@pytest.mark.real
def test_whoever_stops_reading_sees_no_traceback(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*ROOMCTL, "check", *map(str, PROFILES)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""


@pytest.mark.real
def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*ROOMCTL, "--version"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(tmp_path),
        )
    assert done.returncode == 1
    assert done.stderr == b"roomctl: No space left on device\n"

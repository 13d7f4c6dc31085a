"""The command line in English and Chinese."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import roomctl
from roomctl.cli.chinese import COMMANDS
from roomctl.cli.do import commands, list_words
from roomctl.cli.drill_sentences import DRILLS
from roomctl.cli.inspect import probe_words
from roomctl.cli.language import SENTENCES, WORDS, language, refusal, spoken, translated
from roomctl.cli.main import app
from roomctl.errors import ConfigError, RoomctlError
from roomctl.room.maintenance import TEST_REFUSALS
from tests.cli.test_check import EVERY_MISTAKE
from tests.cli.test_told import document

CHINESE = re.compile("[\u4e00-\u9fff]")


def holes(text: str) -> set[str]:
    return set(re.findall(r"(?<!{)\{(\w+)\}", text))


def test_both_languages_have_the_same_words_with_the_same_holes() -> None:
    english, chinese = WORDS["en"], WORDS["zh-CN"]
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert holes(chinese[key]) == holes(text), key
        says = re.sub(r"\{\w+\}", "", text).strip()  # a line of numbers alone has no words
        assert CHINESE.search(chinese[key]) or not says, key


def test_a_sentence_of_an_error_loses_nothing_in_chinese() -> None:
    told = {**SENTENCES, **DRILLS}
    assert {english: faults for english in told if (faults := lost(english, told[english]))} == {}


def lost(english: str, chinese: str) -> list[str]:
    """Return what a sentence loses, as it stands and as it is told."""
    values = {name: f"<{name}>" for name in holes(english)}
    said = english
    for name, value in values.items():
        said = said.replace("{" + name + "}", value)
    found = translated(said, "zh-CN")
    faults = [f"{value} is not told" for value in values.values() if value not in found]
    if holes(chinese) != values.keys():
        faults.append(f"holes of {sorted(holes(chinese))}")
    if not CHINESE.search(found):
        faults.append("no Chinese")
    return faults


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LANG": "zh_TW.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN"}, "zh-CN"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "zh"}, "zh-CN"),
        ({}, "en"),
    ],
)
def test_the_locale_says_which(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language() == expected


def test_check_speaks_chinese_and_its_json_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "room.toml"
    file.write_text(EVERY_MISTAKE, encoding="utf-8")
    english = CliRunner().invoke(app, ["check", str(file)]).stdout.splitlines()
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    chinese = CliRunner().invoke(app, ["check", str(file)]).stdout.splitlines()
    places = [[": ".join(line.split(": ")[:2]) for line in said] for said in (english, chinese)]
    assert places[0] == places[1]
    assert [line for line in chinese if not CHINESE.search(line)] == []
    findings = json.loads(CliRunner().invoke(app, ["check", "--json", str(file)]).stdout)
    assert [one["error"] for one in findings[0]["errors"]] == english
    file.write_text("", encoding="utf-8")
    assert CliRunner().invoke(app, ["check", str(file)]).stdout == f"{file}：正确（room）\n"


def test_every_command_of_the_api_is_explained_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    assert COMMANDS.keys() == commands().keys()
    english = list_words().splitlines()
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    chinese = list_words().splitlines()
    assert chinese[::2] == english[::2], "names and keys stay"
    assert [line for line in chinese[1::2] if not CHINESE.search(line)] == []


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("FT232R USB UART (also /dev/ttyUSB0)", "FT232R USB UART（也是 /dev/ttyUSB0）"),
        (
            "FT232R (also /dev/ttyUSB0): Sony SRG-300H answers at 9600 baud",
            "FT232R（也是 /dev/ttyUSB0）: Sony SRG-300H，以 9600 波特应答",
        ),
        ("ttyAMA0: a camera answers at 38400 baud", "ttyAMA0: 摄像机，以 38400 波特应答"),
        ("ttyAMA0: no answer", "ttyAMA0: 没有应答"),
        (
            "ttyS0: no answer at 9600, 38400 baud on serial:/dev/ttyS0; is the camera powered,"
            " and is the cable a crossed one?",
            "ttyS0: serial:/dev/ttyS0 以 9600, 38400 baud 没有应答；摄像机通电了吗？线是交叉线吗？",
        ),
        ("USB camera HD (also /dev/video0)", "USB 摄像机 HD（也是 /dev/video0）"),
        (
            "USB sound with keys, at 1-1; to share it with other programs: hidraw:0b0e:2456",
            "带按键的 USB 音频设备，位于 1-1；要与其他程序共用：hidraw:0b0e:2456",
        ),
        ("a laptop switch that answers as Lightware UCX", "应答 Lightware UCX 协议的笔记本切换器"),
    ],
)
def test_probe_speaks_chinese(monkeypatch: pytest.MonkeyPatch, what: str, says: str) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    found = [{"kind": "camera", "url": "serial:/dev/x", "what": what}]
    assert probe_words(found).splitlines()[0] == f"# {says}"


def test_a_refusal_that_has_no_sentence_here_is_told_in_the_panels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = ("exists", "room: there is one", {"path": "/a"})
    assert refusal(*asked) == "room: there is one"
    known = ("unknown_device", "room: no camera 'a'; there is: front", {})
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert refusal(*asked) == "/a 已存在（room: there is one）"
    assert translated(refusal(*known)) == "会议室：没有摄像机 'a'；现有：front"
    assert refusal("of_tomorrow", "room: no", {}) == "room: no"


def test_what_only_programs_are_refused_is_told_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    said = refusal("unknown_sensor", "room: no sensor 'a'", {"device": "room"})
    assert said == "本会议室没有该感应器（room: no sensor 'a'）"


def test_a_refused_self_test_says_why_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    detail = "room: is not free ({}); try again later"
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    said = {
        why: translated(refusal(code, detail.format(why), {}))
        for why, code in TEST_REFUSALS.items()
    }
    assert said["calendar_unknown"] == "会议室：无法检测：日历状态未知；请稍后再试"
    assert len(set(said.values())) == len(said)
    assert not re.search("[a-z]{2}", "".join(said.values()))


def test_no_sentence_of_a_refusal_is_hidden_behind_who_says_it() -> None:
    """`refusal` looks for the sentence alone, without the "room: " in front of it."""
    known = {**DRILLS, **SENTENCES}
    assert [one for one in known if one.startswith("room: ") and one != "room: {why}"] == []


def test_no_refusal_of_the_room_names_it_twice() -> None:
    """`roomctl: room: the room is not free`: who says it stands in front of every sentence."""
    twice = []
    for path in Path(roomctl.__file__).parent.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            text = ast.unparse(function)
            if re.search(r"""Refused\(['"]room['"]""", text):
                said = re.findall(r"""(?:why = |, )f?(['"])((?:the|this) room .*?)\1""", text)
                twice += [f"{path.name}: {sentence}" for _, sentence in said]
    assert twice == []


def test_status_speaks_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    from roomctl.cli import told

    menu = {"code": "camera.menu_open", "subject": "camera.front", "params": {}}
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    gone = {"name": "screen", "status": "offline", "reason": "no_reply", "detail": "after 3 s"}
    said = told.words(document(issues=[menu], devices=[gone])).splitlines()
    assert said[0] == "Bamboo：就绪"
    assert "  麦克风      已静音" in said
    assert any(re.match(r"  screen +离线：[^a-z]+（after 3 s）$", line) for line in said)
    assert said[-1].startswith("  ! camera.front：")


def test_an_error_names_its_file_and_key_in_every_language(monkeypatch: pytest.MonkeyPatch) -> None:
    error = ConfigError("a.toml", "room.x", "unknown key; did you mean 'y'?", line=3)
    assert spoken(error) == str(error)
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert spoken(error) == "a.toml:3: room.x: 未知的键；是否想写 'y'？"
    assert spoken(RoomctlError("what nobody has translated")) == "what nobody has translated"


@pytest.mark.parametrize("why", ["in_call", "laptop", "occupied", "booked", "calendar_unknown"])
def test_why_a_room_tests_nothing_now_is_said_in_chinese(
    why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    for said in (why, f"room: is not free ({why}); try again later"):
        assert why not in translated(said)

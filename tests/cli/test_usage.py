"""What typer's library says of a command line, in the locale's language."""

from __future__ import annotations

import re
import sys

import pytest

from roomctl.cli import main

WRONG = {
    ("join",): "错误：缺少参数 'link'。",
    ("stauts",): "错误：没有命令 'stauts'。是否指 'status'？",
    ("nope",): "错误：没有命令 'nope'。",
    ("token", "nope"): "错误：没有命令 'nope'。",
    ("join", "a", "b"): "错误：多余的参数：b",
    ("join", "a", "--nope"): "错误：没有选项 --nope。",
    ("join", "a", "--limti", "3"): "错误：没有选项 --limti（是否指 --limit, --wait）。",
    ("join", "a", "--limit"): "错误：选项 '--limit' 需要一个值。",
    ("status", "--json=3"): "错误：选项 '--json' 不带值。",
    ("join", "a", "--limit", "x"): "错误：'--limit' 的值无效：应为数（不是数）",
    ("audit", "--limit", "0"): "错误：'--limit' 的值无效：应大于或等于 1",
    ("config", "back", "x"): "错误：'revision' 的值无效：应为整数（不是整数）",
}


def status_of(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["roomctl", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize(("words", "says"), WRONG.items(), ids=map(" ".join, WRONG))
def test_a_wrong_command_line_is_told_in_chinese(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    says: str,
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert status_of(monkeypatch, *words) == 2
    out, err = capsys.readouterr()
    assert (out, err.splitlines()[-1]) == ("", says)
    assert not re.search("Usage|OPTIONS|Error|Try", err)


def test_in_english_it_stays_as_typer_says_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert status_of(monkeypatch, "join") == 2
    err = capsys.readouterr().err
    assert err.startswith("Usage: ")
    assert "join [OPTIONS] " in err
    assert err.endswith("\nError: Missing argument 'link'.\n")


def test_no_help_has_an_english_heading_in_chinese(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    for words in (("-h",), ("join", "-h"), ("token", "-h"), ("token",)):
        status_of(monkeypatch, *words)
        said = "".join(capsys.readouterr())
        assert said.startswith("用法：")
        assert not re.search(r"Usage|Options:|Commands:|Arguments:|Show this|required", said)


def test_a_command_that_ends_well_has_the_exit_status_0(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(monkeypatch, "version", "--json") == 0
    assert capsys.readouterr().err == ""

"""The Chinese pages: the commands of the English ones, and the words of the panel."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.house.pages import CHINESE, TREE, commands, section, typed

WORDS = [
    value
    for name in ("zh-CN.json", "facilities/zh-CN.json", "door/zh-CN.json")
    for one in json.loads((TREE / "web" / "i18n" / name).read_text(encoding="utf-8")).values()
    for value in (one.values() if isinstance(one, dict) else [one])
]
TERMS = tomllib.loads((TREE / "web" / "i18n" / "glossary.toml").read_text(encoding="utf-8"))["term"]
NEVER = [word for term in TERMS for word in term.get("never", ()) if not word.isascii()]
CELLS = {
    "opened": "可打开",
    "hosts of your own": "须写明自有主机",
    "dialled": "拨号",
    "read, not opened": "可识别，不能打开",
    "joins": "可加入",
    "joins, by its name": "按名称加入",
    "its page, once shown": "演示后可加入",
    "once shown": "演示一次",
    "not needed": "不需要",
    "its links are read": "可识别其链接",
    "can be started; its links are read": "可启动；可识别其链接",
    "no": "否",
}

every_page = pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.name)


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def english(page: Path) -> list[tuple[Path, str]]:
    """Return the English pages that a page names in its third line, each with a section or ""."""
    line = text(page).splitlines()[2]
    assert line.startswith("英文页："), f"{page.name}: line 3 names the English page"
    found = [link.partition("#") for link in re.findall(r"\]\(([^)]+)\)", line)]
    assert found
    return [((page.parent / file).resolve(), anchor) for file, _, anchor in found]


@every_page
def test_a_chinese_page_has_no_command_that_its_english_page_has_not(page):
    known = {one for file, _ in english(page) for one in commands(text(file))}
    assert [one for one in commands(text(page)) if one not in known] == []


@every_page
def test_a_chinese_page_has_every_command_of_the_section_that_it_is_for(page):
    mine = commands(text(page))
    for file, anchor in english(page):
        needed = typed(section(text(file), anchor)) if anchor else []
        assert [one for one in needed if one not in mine] == []


@every_page
def test_what_a_chinese_page_says_is_on_the_panel_is_there_in_these_words(page):
    assert [said for said in re.findall(r"【(.+?)】", text(page)) if said not in WORDS] == []


@every_page
def test_a_chinese_page_uses_the_panels_terms(page):
    assert [word for word in NEVER if re.search(word, text(page))] == []


def test_the_chinese_table_of_platforms_is_the_english_one():
    table = text(TREE / "docs" / "platforms.md").partition("\n| Platform |")[2]
    told = text(TREE / "docs" / "zh" / "platforms.md")
    rows = [re.split(r" ?\| ?", row)[1:-1] for row in table.splitlines()[2:]]
    assert len(rows) > 20
    for name, *cells in rows:
        row = [CELLS.get(one, re.sub("^ended ", "已停止：", one)) for one in cells]
        assert f"| {name} | {' | '.join(row)} |" in told

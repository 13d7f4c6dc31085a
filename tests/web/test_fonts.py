"""The fonts that the pages bring along draw every word they say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

WEB = Path(__file__).parents[2] / "web"
FONTS = WEB / "fonts"

MACHINES = {"₂"}  # in none of the fonts; every Debian has one with it


def drawn(name: str) -> set[str]:
    with TTFont(FONTS / name) as font:
        return {chr(code) for code in font.getBestCmap()}


def said(language: str) -> set[str]:
    catalog = json.loads((WEB / "i18n" / f"{language}.json").read_text("utf-8"))
    forms = [entry if isinstance(entry, dict) else {"": entry} for entry in catalog.values()]
    return {character for form in forms for word in form.values() for character in word}


@pytest.mark.parametrize("weight", [400, 500, 700])
def test_every_chinese_word_is_drawn_in_every_weight(weight: int) -> None:
    assert said("zh-CN") - drawn("inter.woff2") - drawn(f"noto-sans-sc-{weight}.woff2") == MACHINES


def test_every_english_word_is_drawn_by_inter_but_the_other_languages_name() -> None:
    foreign = set("中文切换到")
    assert said("en") - drawn("inter.woff2") - foreign - drawn("noto-sans-sc-400.woff2") == MACHINES


def test_names_of_people_are_drawn_that_the_common_characters_lack() -> None:
    everybody = drawn("noto-sans-sc-400.woff2") | drawn("noto-sans-sc-rare.woff2")
    assert set("赵钱孙李郜邬闫冼鑫翀婧祎") - everybody == {"翀", "祎"}  # GB 2312 lacks these two


def test_both_licences_stand_beside_them() -> None:
    for licence in FONTS.glob("LICENSE-*.txt"):
        assert "SIL Open Font License, Version 1.1" in licence.read_text("utf-8")
    assert len(list(FONTS.glob("LICENSE-*.txt"))) == 2

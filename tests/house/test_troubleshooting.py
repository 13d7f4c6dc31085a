"""docs/troubleshooting.md, in both languages: every code of a room, in the words of the panel."""

import json
import re

import pytest

from tests.house.pages import TREE

PAGES = {"en": "docs/troubleshooting.md", "zh-CN": "docs/zh/troubleshooting.md"}
REASONS = ("offline", "blocked")
"""Why a device is away, and why the room is not in the meeting: words by their own codes."""

both = pytest.mark.parametrize("language", PAGES)


def catalog(language: str) -> dict[str, str]:
    return json.loads((TREE / "web" / "i18n" / f"{language}.json").read_text(encoding="utf-8"))


def rows(language: str) -> dict[str, list[str]]:
    """Return what stands beside each code: what is seen, what it means, what to do."""
    text = (TREE / PAGES[language]).read_text(encoding="utf-8")
    found = re.findall(r"^\| (.+?) \| `([a-z_.]+)` \| (.+?) \| (.+) \|$", text, re.MULTILINE)
    assert len(found) == len({code for _, code, *_ in found}), "a code stands there twice"
    return {code: [seen, means, do] for seen, code, means, do in found}


def wanted() -> dict[str, str]:
    """Return each code that a room may give, with the key of its words."""
    words = catalog("en")
    of = {key.removeprefix("issue."): key for key in words if key.startswith("issue.")}
    variants = {code for code in of if code.rpartition(".")[0] in of}  # calendar.stale.never
    issues = {code: of[code] for code in of.keys() - variants - {"other", "more"}}
    plain = re.compile(rf"({'|'.join(REASONS)})\.[a-z_]+")
    buttons = {f"blocked.{one}" for one in ("open", "phone", "help", "start", "again", "dial")}
    buttons |= {f"blocked.{one}" for one in ("no_remote_control", "enter_id")}
    buttons |= {f"blocked.{one}" for one in ("other_link", "other_new")}
    return issues | {key: key for key in words if plain.fullmatch(key) and key not in buttons}


@both
def test_every_code_of_a_room_is_there(language):
    assert len(wanted()) > 80
    assert wanted().keys() - rows(language).keys() == set()


@both
def test_what_is_seen_stands_there_as_the_panel_says_it(language):
    words = catalog(language)
    keys = {code: wanted().get(code, code) for code in rows(language)}
    shown = {code: re.sub(r"\{\w+\}", "…", words[key]) for code, key in keys.items()}
    assert {code: cells[0] for code, cells in rows(language).items()} == shown


def test_both_pages_have_the_same_codes_in_the_same_order():
    assert list(rows("en")) == list(rows("zh-CN"))

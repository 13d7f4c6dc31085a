"""room.toml on the pages: its reference is made of the schema, and no page names another key."""

import re
import runpy

import pytest

from roomctl import app, config
from roomctl.cli.init import ANSWERS
from tests.house.pages import CHINESE, PAGES, TREE, is_key, keys

PAGE = (TREE / "docs" / "room-toml.md").read_text(encoding="utf-8")
SCHEMA = app.form().model_json_schema()
OTHERS = {"text", "page", "sign", "good", "bad", "here", *ANSWERS}
OTHERS |= {"build-system", "project", "blinds"}
"""Tables of other files, which some pages name: profiles, platforms, walkthroughs, answers, and a
plug-in's own."""
MAKER = runpy.run_path(str(TREE / ".ci" / "room_toml_page.py"))


def test_the_page_is_not_old():
    assert MAKER["text"]() == PAGE, "docs/room-toml.md is old: run `make types` and commit it"


def test_every_table_of_a_room_toml_has_a_heading():
    told = {
        heading.strip("[]").partition(".")[0]
        for heading in re.findall(r"^## (\[.+\])$", PAGE, re.MULTILINE)
    }
    assert told == {*config.Config.model_fields, *app.TABLES}


def test_every_key_has_a_sentence():
    rows = re.findall(r"^\| `\w+` \| .*", PAGE, re.MULTILINE)
    assert len(rows) > 150
    assert [row for row in rows if len(re.split(r"(?<!\\)\|", row)[5].strip()) < 5] == []


@pytest.mark.parametrize("page", [*PAGES, *CHINESE], ids=lambda page: str(page.relative_to(TREE)))
def test_every_key_that_a_page_names_is_one_of_room_toml(page):
    named = keys(page.read_text(encoding="utf-8"))
    lost = [path for path in named if not is_key(path, SCHEMA, SCHEMA) and path[0] not in OTHERS]
    assert lost == []

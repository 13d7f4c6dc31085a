"""docs/room-toml.md: it is what the program reads today, and a sentence stands beside each key."""

import re
import runpy
from pathlib import Path

from roomctl import app, config

TREE = Path(__file__).resolve().parents[2]
PAGE = (TREE / "docs" / "room-toml.md").read_text(encoding="utf-8")
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

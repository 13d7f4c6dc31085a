"""docs/etsi-en-303-645.md: every provision is there, and each test that it names exists."""

import re

from tests.house.pages import TREE

PAGE = (TREE / "docs" / "etsi-en-303-645.md").read_text(encoding="utf-8")
PROVISIONS = {  # how many each clause of EN 303 645 V2.1.1 has
    "5.1": 5,
    "5.2": 3,
    "5.3": 16,
    "5.4": 4,
    "5.5": 8,
    "5.6": 9,
    "5.7": 2,
    "5.8": 3,
    "5.9": 3,
    "5.10": 1,
    "5.11": 4,
    "5.12": 3,
    "5.13": 1,
    "6": 5,
}
VERDICTS = {"met", "in part", "not met", "does not apply"}
ROWS = [
    (cells[1], cells[4], cells[5])
    for line in PAGE.splitlines()
    if re.match(r"\| \d", line) and (cells := [one.strip() for one in line.split("|")])
]


def test_every_provision_has_one_row():
    told = [one for numbers, _, _ in ROWS for one in numbers.split(", ")]
    assert sorted(told) == sorted(
        f"{clause}-{at}" for clause, count in PROVISIONS.items() for at in range(1, count + 1)
    )


def test_every_row_has_a_verdict():
    assert {verdict for _, verdict, _ in ROWS} == VERDICTS


def test_what_is_met_names_a_test_or_the_page_that_is_asked_for():
    bare = [numbers for numbers, verdict, proof in ROWS if verdict == "met" and "](" not in proof]
    told = {numbers for numbers, _, proof in ROWS if re.search(r"`tests/\S+::test_\w+`", proof)}
    assert [one for one in bare if one not in told] == []
    assert len(told) > 30


def test_every_named_test_exists():
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)
    files = {file: (TREE / file).read_text(encoding="utf-8") for file, _ in named}
    assert [f"{file}::{name}" for file, name in named if f"def {name}(" not in files[file]] == []

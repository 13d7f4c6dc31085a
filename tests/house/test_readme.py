"""README.md: one screen, and its table of devices counts the profiles as they are."""

import re
import tomllib
from collections import Counter

from tests.house.pages import TREE, section, typed

README = (TREE / "README.md").read_text(encoding="utf-8")
ROWS = {
    "cameras](docs/cameras.md), VISCA": "camera",
    "speakerphones": "speakerphone",
    "sensors": "occupancy",
    "displays": "display",
    "laptop switches": "byom",
}
LINES = 100  # with two tables; a page of it has about sixty


def test_the_readme_is_short():
    assert len(README.splitlines()) <= LINES


def test_two_commands_try_it_and_a_room_has_three_steps():
    assert len(typed(section(README, "try-it"))) == 2
    assert re.findall(r"^(\d)\. ", section(README, "a-real-room"), re.MULTILINE) == ["1", "2", "3"]


def test_the_table_of_devices_counts_the_profiles():
    for words, kind in ROWS.items():
        [row] = [line for line in README.splitlines() if line.startswith(f"| [{words}")]
        files = sorted((TREE / "firmware_profiles" / kind).glob("*.toml"))
        found = Counter(
            tomllib.loads(file.read_text(encoding="utf-8"))["verified"] for file in files
        )
        parts = ", ".join(f"{count} {word}" for word, count in sorted(found.items()))
        assert row.split(" | ")[2] == f"{len(files)}: {parts}"

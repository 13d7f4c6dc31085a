"""`make house` counts the tree, and lists the words that seldom help."""

from __future__ import annotations

from pathlib import Path

from roomctl import app
from tests.house.figures import figures, lists_of_commands, seldom_helpful

MODULE = '''"""Nobody reads this."""
import planted.two
WHY = "the port is no"  "thing; whoever had it"
NAME = "stands"


@command("press it")
def press() -> None:
    """Presses it anew."""
    raise ValueError(f"{NAME} of itself")


def hold() -> None:
    """Nobody is shown this."""
    raise ValueError("there is no port; it is no longer there")
'''


def planted(tree: Path) -> None:
    for name, text in {
        "roomctl/one.py": MODULE,
        "tests/two.py": "A = 1\nB = 2\n",
        "docs/zh/page.md": "One.\n\nIt starts by itself.\n",
        "docs/page.md": "As one would.\n",
        "web/i18n/door/en.json": '{\n  "it": "Nobody came"\n}\n',
        "README.md": "Plain.\n",
    }.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text, encoding="utf-8")


def test_words_that_seldom_help_are_listed_with_file_and_line(tmp_path: Path) -> None:
    planted(tmp_path)

    assert seldom_helpful(tmp_path) == [
        "docs/page.md:1: As one would.",
        "docs/zh/page.md:3: It starts by itself.",
        "roomctl/one.py:3: the port is nothing; whoever had it",
        "roomctl/one.py:9: Presses it anew.",
        "roomctl/one.py:10: of itself",
        'web/i18n/door/en.json:2: "it": "Nobody came"',
    ]


def test_lines_files_and_circles_are_counted(tmp_path: Path) -> None:
    planted(tmp_path)
    for name, other in (("one", "two"), ("two", "one")):
        (tmp_path / "web" / f"{name}.js").write_text(f'import "./{other}.js";', encoding="utf-8")

    printed = list(figures(tmp_path))

    assert printed[0] == "roomctl: 15 lines of Python in 1 files"
    assert printed[1] == "tests: 2 lines of Python in 1 files"
    assert "roomctl: circle of imports: none" in printed
    assert "tests: circle of imports: none" in printed
    assert any(line.startswith("web: circle of imports: ") and "two.js" in line for line in printed)
    assert "0 lists to edit for a command: none" in printed
    assert "6 words that seldom help:" in printed


def test_a_list_of_commands_that_somebody_must_edit_is_counted(tmp_path: Path) -> None:
    names = "\n".join(one.name for one in app.declared())
    for name, text in {
        "roomctl/words.py": f'WORDS = """{names}"""\n',
        "roomctl/few.py": 'FEW = ["camera.recall", "audio.mute"]\n',
        "docs/made.md": f"<!-- commands: make types -->\n{names}\n",
        "docs/written.md": names,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")

    assert lists_of_commands(tmp_path) == ["docs/written.md", "roomctl/words.py"]

"""Small house rules that no linter knows."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[2]
MODULES = sorted((TREE / "roomctl").rglob("*.py"))
SCRIPTS = sorted((TREE / "web").rglob("*.js"))
PROJECT = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIREMENTS = list(chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()))

UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|raise NotImplementedError)\b")
SOMEBODYS_MACHINE = re.compile(r"(?<![\w.])/(?:work|root|Users/\w+)/")
WRITTEN = {".py", ".js", ".css", ".html", ".md", ".toml", ".json", ".sh", ".service", ".yml", ""}


def name(file: Path) -> str:
    return str(file.relative_to(TREE))


def lines_of(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def written_files() -> Iterator[Path]:
    """Yield what people wrote: everything shipped or shown, without build products."""
    for folder in ("roomctl", "firmware_profiles", "web", "docs", "deploy", "benchmarks", ".ci"):
        for file in sorted((TREE / folder).rglob("*")):
            if file.is_file() and file.suffix in WRITTEN and "__pycache__" not in file.parts:
                yield file
    yield from (
        TREE / top
        for top in ("README.md", "README.zh-CN.md", "CHANGELOG.md", "SECURITY.md", "Makefile")
    )


def test_there_is_something_to_look_at() -> None:
    assert MODULES
    assert SCRIPTS
    assert REQUIREMENTS


def test_a_module_says_its_subject_first() -> None:
    trees = {name(file): ast.parse(file.read_text(encoding="utf-8")) for file in MODULES}
    silent = [file for file, tree in trees.items() if tree.body and not ast.get_docstring(tree)]

    assert silent == [], "the first line should say what it is about"


def test_a_public_class_name_has_one_meaning() -> None:
    homes = defaultdict(list)
    for file in MODULES:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(name(file))
    double = {each: files for each, files in homes.items() if len(files) > 1}

    assert double == {}


def test_a_frozen_class_is_made_by_roomctl_frozen() -> None:
    """Each that the standard library makes costs every start half a millisecond."""
    made = [
        name(file) for file in MODULES if "@dataclass(frozen=True, slots=True)" in lines_of(file)
    ]

    assert made == [], "use @frozen of roomctl.frozen"


def test_nothing_is_left_unfinished() -> None:
    found = [
        f"{name(file)}: {line.strip()}"
        for file in (*MODULES, *SCRIPTS)
        for line in lines_of(file)
        if UNFINISHED.search(line)
    ]
    # Device.machine, which each wing fills in
    found.remove("roomctl/device.py: raise NotImplementedError")

    assert found == []


def test_nothing_waits_in_a_way_that_swallows_a_cancellation() -> None:
    """On Python 3.11 a cancellation that meets the end of a wait_for is lost: no SIGTERM then."""
    texts = {name(file): file.read_text(encoding="utf-8") for file in MODULES}
    waiting = [file for file, text in texts.items() if "wait_for" in text and waits(text)]

    assert waiting == [], "take `async with asyncio.timeout(...)`"


def waits(text: str) -> bool:
    """Whether a module uses `wait_for`, or imports it; its name may stand in a text."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr == "wait_for":
            return True
        if isinstance(node, ast.ImportFrom) and "wait_for" in {one.name for one in node.names}:
            return True
    return False


@pytest.mark.parametrize("text", ["from asyncio import wait_for", "await asyncio.wait_for(it, 1)"])
def test_what_waits_in_that_way_is_seen(text: str) -> None:
    assert waits(text)
    assert not waits(f"'{text}'")


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    found = [
        f"{name(file)}:{number}: {line.strip()}"
        for file in written_files()
        for number, line in enumerate(lines_of(file), 1)
        if SOMEBODYS_MACHINE.search(line)
    ]

    assert found == []


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_a_dependency_has_a_lower_bound(requirement: str) -> None:
    assert ">=" in requirement.partition(";")[0]

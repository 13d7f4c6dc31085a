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
    yield from (TREE / top for top in ("README.md", "CHANGELOG.md", "SECURITY.md", "Makefile"))


def test_there_is_something_to_look_at() -> None:
    assert MODULES
    assert SCRIPTS
    assert REQUIREMENTS


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_a_module_says_its_subject_first(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))

    assert ast.get_docstring(tree) or not tree.body, "its first line should say what it is about"


def test_a_public_class_name_has_one_meaning() -> None:
    homes = defaultdict(list)
    for file in MODULES:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(name(file))
    double = {each: files for each, files in homes.items() if len(files) > 1}

    assert double == {}


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_a_frozen_class_is_made_by_roomctl_frozen(file: Path) -> None:
    """Each that the standard library makes costs every start half a millisecond."""
    made = [line for line in lines_of(file) if line == "@dataclass(frozen=True, slots=True)"]

    assert made == [], "use @frozen of roomctl.frozen"


@pytest.mark.parametrize("file", [*MODULES, *SCRIPTS], ids=name)
def test_nothing_is_left_unfinished(file: Path) -> None:
    found = [line.strip() for line in lines_of(file) if UNFINISHED.search(line)]
    if name(file) == "roomctl/device.py":
        found.remove("raise NotImplementedError")  # Device.machine, which each wing fills in

    assert found == []


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_nothing_waits_in_a_way_that_swallows_a_cancellation(file: Path) -> None:
    """On Python 3.11 a cancellation that meets the end of a wait_for is lost: no SIGTERM then."""
    text = file.read_text(encoding="utf-8")
    if "wait_for" not in text:
        return  # and no tree of it is walked, which takes 8 ms
    tree = ast.parse(text)
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    taken = {alias.name for node in imports for alias in node.names}
    assert "wait_for" not in used | taken, "take `async with asyncio.timeout(...)`"


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

"""What the tree has come to: files, lines, circles of imports, lists, words that seldom help.

    python -m tests.house.figures           print it (make house)

A word is listed with its place if it is in a page of docs, in a catalog of English words, or in a
text of the program: an error, a log line, help. People decide; no build fails because of it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from roomctl import app
from tests.house.test_imports import TREE, circle, python_imports, script_imports

SELDOM_HELP = re.compile(
    r"\b(?:whoever|anew|nobody|(?<!there )is no(?! longer\b)|stands|of itself|by itself"
    r"|as one would)\b",
    re.IGNORECASE,
)
MADE = re.compile(r"<!-- \w+: make types -->|Made from .* by `make types`")
SHOWN = 60  # characters on each side of a word


def python_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def lines(files: list[Path]) -> int:
    return sum(len(file.read_bytes().splitlines()) for file in files)


def said(file: Path) -> Iterator[tuple[int, str]]:
    """Yield a module's texts with their lines: not its docstrings, except help of a command."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    silent = set[ast.AST]()
    for node in ast.walk(tree):
        is_help = any(isinstance(one, ast.Call) for one in getattr(node, "decorator_list", ()))
        if isinstance(body := getattr(node, "body", None), list) and not is_help:
            silent |= {one.value for one in body if isinstance(one, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in silent:
            yield node.lineno, node.value


def seldom_helpful(tree: Path) -> list[str]:
    """Return the words that seldom help: file, line, and what is around them."""
    found = []
    for file in python_files(tree / "roomctl"):
        found += [(file, line, text) for line, text in said(file) if " " in text]
    for file in (*tree.glob("*.md"), *tree.glob("docs/**/*.md"), *tree.glob("web/i18n/**/en.json")):
        found += [(file, *each) for each in enumerate(file.read_text("utf-8").splitlines(), 1)]
    return [
        f"{file.relative_to(tree)}:{line}: "
        + " ".join(text[max(0, hit.start() - SHOWN) : hit.end() + SHOWN].split())
        for file, line, text in sorted(found)
        for hit in SELDOM_HELP.finditer(text)
    ]


def lists_of_commands(tree: Path) -> list[str]:
    """Return the files that name most of the commands, and that `make types` does not write."""
    commands = [one.name for one in app.declared()]
    found = []
    for pattern in ("*.md", "docs/**/*.md", "roomctl/**/*.py", "tests/**/*.py", "web/**/*.js*"):
        for file in sorted(tree.glob(pattern)):
            text = file.read_text(encoding="utf-8")
            if 2 * sum(one in text for one in commands) > len(commands) and not MADE.search(text):
                found.append(str(file.relative_to(tree)))
    return found


def figures(tree: Path) -> Iterator[str]:
    """Yield the lines that `make house` prints."""
    for folder in ("roomctl", "tests"):
        files = python_files(tree / folder)
        yield f"{folder}: {lines(files)} lines of Python in {len(files)} files"
    scripts = script_imports(sorted((tree / "web").rglob("*.js")))
    for name, imports in (
        ("roomctl", python_imports("roomctl")),
        ("tests", python_imports("tests")),
        ("web", scripts),
    ):
        yield f"{name}: circle of imports: {' > '.join(circle(imports)) or 'none'}"
    lists = lists_of_commands(tree)
    yield f"{len(lists)} lists to edit for a command: {', '.join(lists) or 'none'}"
    words = seldom_helpful(tree)
    yield f"{len(words)} words that seldom help:"
    yield from words


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in figures(TREE))

"""Where keys stand, in files that ship and in what TOML allows at its worst."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from roomctl.installed import data_path
from roomctl.toml_lines import KeyPath, lines_of

PLATFORMS = Path(__file__).resolve().parents[1] / "roomctl/meeting/platforms"
SHIPPED = sorted([*data_path("firmware_profiles").glob("**/*.toml"), *PLATFORMS.glob("*.toml")])

WORST = '''\
# a comment with [brackets] and = signs
"quoted key" = 1
a . b."c.d" = { e = 1, f = [1, "]", { g = 2 }] } # behind = it

[room]
note = """
[not.a.table]
key = "no key"
it ends here: \\""" no, here: """"
plain = \'\'\'
x = 1 \'\'\'
list = [
  "one", # [two]
  # three = 3
  'four',
  [5,
   6],
]
"\\u00fcber" = true

[[sites]]
name = "a"
[sites.more]
deep = 1
[[sites]]
name = "b"
[sites.more]
deep = 2'''


def paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for key, below in inner:
        yield from paths(below, (*path, key))


def test_every_key_of_a_file_that_ships_is_on_a_line_that_names_it() -> None:
    assert len(SHIPPED) > 100
    assert {file.name: wrong for file in SHIPPED if (wrong := misplaced(file))} == {}


def misplaced(file: Path) -> list[str]:
    """Return the keys of a file without a line, and those whose line does not name them."""
    text = file.read_text(encoding="utf-8")
    found, written = lines_of(text), text.split("\n")
    wrong = [f"{path}: no line" for path in found.keys() ^ {*paths(tomllib.loads(text))}]
    wrong += [
        f"{path}: line {line}"
        for path, line in found.items()
        if isinstance(path[-1], str) and path[-1] not in written[line - 1]
    ]
    return wrong


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_key_is_found_whatever_stands_around_it(end: str) -> None:
    text = WORST.replace("\n", end)
    found = lines_of(text)
    assert set(found) == {*paths(tomllib.loads(text))}
    assert found["a", "b", "c.d", "f", 2, "g"] == 3
    assert (found["room",], found["room", "note"], found["room", "plain"]) == (5, 6, 10)
    assert [found["room", "list", at] for at in range(3)] == [13, 15, 16]
    assert found["room", "list", 2, 1] == 17
    assert found["room", "über"] == 19
    assert (found["sites", 0], found["sites", 0, "more", "deep"]) == (21, 24)
    assert (found["sites", 1], found["sites", 1, "more", "deep"]) == (25, 28)


@pytest.mark.parametrize("text", ["", "a =", "[", "[[", "a = [", "= 1", "a = [}", "x" * 9, "[" * 9])
def test_what_is_no_toml_ends_nowhere_worse(text: str) -> None:
    lines_of(text)

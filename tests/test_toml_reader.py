"""What is refused before tomllib takes time or memory for it, and that nothing else is."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl import toml_reader
from roomctl.installed import data_path
from roomctl.toml_reader import DEEPEST, TooDeepError
from tests.examples import examples

MANY = 100_000


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = " + "[" * MANY, 1),
        ("a = 1\n\nb = " + "{a = " * MANY, 3),
        ("a." * MANY + "a = 1", 1),
        ("[" + "a." * MANY + "a]", 1),
        ("[[" + "a . " * MANY + "a]]", 1),
        ("'a'.\"b\"." * MANY + "a = 1", 1),
        ("# [[[\na = '''\n[[['''\nb = " + "[" * MANY, 4),
        ("a = ['''b'''', " + "[" * MANY, 1),
        ("a = ['''b''''', " + "[" * MANY, 1),
        ('a = ["""b"""", ' + "[" * MANY, 1),
        ('a = ["""\\"""" , ' + "[" * MANY, 1),
        ('a = ["\\"", ' + "[" * MANY, 1),
        ("a = ['\\', " + "[" * MANY, 1),
    ],
)
def test_what_is_nested_too_deeply_is_not_read(text: str, line: int) -> None:
    with pytest.raises(TooDeepError) as error:
        toml_reader.loads(text)
    assert error.value.line == line


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * DEEPEST + "]" * DEEPEST,
        ".".join("a" * DEEPEST) + " = 1.5",
        'a = "' + "[" * MANY + '"',
        "a = '''" + "a.b.[{" * MANY + "'''",
        'a = """' + '[""' * MANY + '"""',
        "# " + "a.[" * MANY,
        "a = [" + "1.5, " * 1000 + "]",
        "a = [" + "[], " * 1000 + "]",
    ],
)
def test_what_is_flat_is_read(text: str) -> None:
    assert toml_reader.loads(text) == tomllib.loads(text)


def test_every_shipped_file_is_read() -> None:
    for path in data_path("firmware_profiles").rglob("*.toml"):
        text = path.read_text(encoding="utf-8")
        assert toml_reader.loads(text) == tomllib.loads(text)


@settings(max_examples=examples(300))
@given(st.lists(st.sampled_from(["[", "{", "a=", "]", "}", ",", "'", '"', "\\", "\n", "#", "."])))
def test_no_text_gets_by_with_more_brackets(parts: list[str]) -> None:
    text = "a = " + "".join(parts)
    try:
        read = tomllib.loads(text)
    except ValueError:
        return
    if _depth(read["a"]) > DEEPEST:
        with pytest.raises(TooDeepError):
            toml_reader.loads(text)


def _depth(value: object) -> int:
    inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    return 1 + max(map(_depth, inner), default=0)

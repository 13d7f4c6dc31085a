"""Every mistake of an operator's file at once, by line.

Whoever reads a file stops at the first mistake. Here that one is noted and taken out, and the rest
is judged again, until nothing is wrong with it. A complaint about what was taken out is none of
the file's. Knows no table and no device.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from roomctl.errors import FileError
from roomctl.toml_lines import KeyPath, lines_of

MOST = 100  # readings of one file; whoever has so much wrong mends the first of it first
ROOM = "room.toml"  # what errors call a file whose name they do not know
_RESTS_ON = {
    "on_join": "presets",
    "on_leave": "presets",
    "profile": "profiles",
    "tls_certificate": "tls_key",
    "tls_key": "tls_certificate",
}

Judge = Callable[[dict[str, Any]], object]
"""Raises the first FileError it meets; may change what it is given."""


def every_mistake(text: str, file: str, data: dict[str, Any], judge: Judge) -> list[FileError]:
    """Return what `judge` finds wrong with `data`, which was read of `text`, in the file's order.

    What is wrong with another file that this one names is told by that file's own name.
    """
    draft, lines = _Draft(data, Path(file).parent), lines_of(text)
    found: list[FileError] = []
    for _ in range(MOST):
        try:
            judge(draft.copy())
            break
        except FileError as raised:
            error, every = raised, [raised, *raised.others]
        if error.file in (file, ROOM):
            keys = [(*draft.find(one.key), one.meant) for one in every]
            for one, (path, rest, _) in zip(every, keys, strict=True):
                if not draft.is_consequence(path, rest):
                    written = (*draft.as_written(path), *rest)
                    found.append(_located(one, file, written, lines))
                draft.gone.add((*path, *rest))
        else:
            keys = [(draft.names(Path(error.file)), (), None)]
            found += map(located, every)
        if not draft.take_out(keys):
            break
    return sorted(found, key=lambda error: (error.file != file, error.file, error.line or 0))


def located(error: FileError) -> FileError:
    """Return the error with the line of its key, if its file can be read."""
    try:
        text = Path(error.file).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return error
    if error.line is not None or not error.key:
        return error
    return located_in(error, text)


def located_in(error: FileError, text: str) -> FileError:
    """Return the error with the line of its key in the text of its file."""
    parts = tuple(int(part) if part.isdecimal() else part for part in error.key.split("."))
    return _located(error, error.file, parts, lines_of(text))


def _located(error: FileError, file: str, path: KeyPath, lines: Mapping[KeyPath, int]) -> FileError:
    near = next((path[:n] for n in range(len(path), 0, -1) if path[:n] in lines), ())
    line = error.line if error.line is not None else lines.get(near)
    key = ".".join(map(str, path))
    return type(error)(file, key, error.why, line=line, meant=error.meant)


class _Draft:
    """What was read of a file, without the mistakes that are known already."""

    def __init__(self, data: dict[str, Any], folder: Path) -> None:
        self._data, self._folder = copy.deepcopy(data), folder
        self.gone: set[KeyPath] = set()
        self._devices: set[str] = set()  # whose tables are gone, whoever names them
        self._misspelt: dict[KeyPath, str | int] = {}  # by what it was to be
        self._elements: dict[KeyPath, list[int]] = {}  # what is left of an array, as it was counted

    def copy(self) -> dict[str, Any]:
        return copy.deepcopy(self._data)

    def find(self, key: str) -> tuple[KeyPath, KeyPath]:
        """Return the part of a key that is there, and what is left of it."""
        path: KeyPath = ()
        here: Any = self._data
        parts = key.split(".") if key else []
        while parts:
            step, taken = _step(here, parts)
            if step is None:
                break
            path, here, parts = (*path, step), here[step], parts[taken:]
        return path, tuple(parts)

    def as_written(self, path: KeyPath) -> KeyPath:
        """Return the key as the file spells it, and counts its arrays."""
        written: KeyPath = ()
        for depth, step in enumerate(path):
            left = self._elements.get(path[:depth])
            counted = left[step] if left and isinstance(step, int) else step
            written = (*written, self._misspelt.get(path[: depth + 1], counted))
        return written

    def take_out(self, keys: Sequence[tuple[KeyPath, KeyPath, str | None]]) -> bool:
        """Forget keys, or what lacks the rest of one; return whether anything is left to judge.

        A misspelt one is taken for what it was to be, and a device without a url for a simulated
        one, so that the rest of it can be judged.
        """
        there = [key for key in keys if key[0]]
        elements = set[KeyPath]()
        for path, rest, meant in reversed(there):  # so that arrays are counted as they were judged
            self.gone.add((*path, *rest))
            if not any(path[: len(one)] == one for one in elements):  # each goes once, and whole
                self._take_out(path, rest, meant)
            if isinstance(path[-1], int):
                elements.add(path)
        return len(there) > 0

    def _take_out(self, path: KeyPath, rest: KeyPath, meant: str | None) -> None:
        if rest == ("url",) and len(path) == 2:
            path, rest = (*path, "url"), ()
        *outer, last = path
        here = self._at(outer)
        if here is None:  # its table is gone already
            return
        simulated = f"sim:{path[0]}.{path[1]}" if len(path) == 3 else None
        if last == "url" and simulated and not rest and here.get(last) != simulated:
            here[last] = simulated
            return
        if isinstance(last, int):
            left = self._elements.setdefault(tuple(outer), list(range(len(here))))
            left.pop(last)
        value = here.pop(last) if isinstance(last, int) else here.pop(last, None)
        if meant is not None and not rest and meant not in here:
            here[meant] = value
            self._misspelt[(*outer, meant)] = last
        elif isinstance(value, dict):
            self._devices.add(str(last))

    def names(self, file: Path) -> KeyPath:
        """Return the key that names the folder of `file`; empty if none does."""
        for path, value in _texts(self._data):
            if len(path) == 2 and (self._folder / value).resolve() == file.parent.resolve():
                return path
        return ()

    def is_consequence(self, path: KeyPath, rest: KeyPath) -> bool:
        """Whether a complaint about a key is one about what was taken out."""
        if not path or rest:
            return (*path, *rest) in self.gone
        value = self._at(path)
        rests_on = _RESTS_ON.get(str(path[-1]))
        beside = {(*path[:-1], rests_on), (path[0], rests_on)}
        return (
            (isinstance(value, str) and value in self._devices)
            or not beside.isdisjoint(self.gone)
            or (path[0] in ("meeting", "screen") and ("meeting", "platforms") in self.gone)
        )

    def _at(self, path: Iterable[str | int]) -> Any:  # noqa: ANN401 - whatever TOML holds
        here: Any = self._data
        for step in path:
            here = here.get(step) if isinstance(here, dict) else here[step]
            if here is None:
                return None
        return here


def _step(here: object, parts: list[str]) -> tuple[str | int | None, int]:
    """Return the next step of a key, and how many of its words that are: a name may have dots."""
    if isinstance(here, list) and parts[0].isdecimal() and int(parts[0]) < len(here):
        return int(parts[0]), 1
    if isinstance(here, dict):
        for taken in range(len(parts), 0, -1):
            if (name := ".".join(parts[:taken])) in here:
                return name, taken
    return None, 0


def _texts(value: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))

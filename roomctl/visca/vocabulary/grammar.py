"""Rows of the vocabulary: one form of one message, read from its tokens and back into bytes.

Knows no name and no byte of VISCA: the rows stand in `commands`, `picture`, `makers` and `blocks`,
and `codec` looks among them. A row is a name and the bytes between header and FF. Its tokens:

| token            | stands for                                                                  |
|------------------|-----------------------------------------------------------------------------|
| `04`             | that byte                                                                   |
| `preset`         | a whole byte, 00-FE                                                         |
| `speed[01-FE]`   | a whole byte in that range                                                  |
| `mode=02,03`     | one of these bytes; the value is the byte                                   |
| `on?02,03`       | a bit: the first byte is true, the second false                             |
| `2+speed`        | high nibble 2, the low nibble is the value                                  |
| `value:4`        | so many bytes of one nibble each, high first, unsigned                      |
| `pan:-5`         | the same, two's complement over all of them                                 |
| `model:w`        | two whole bytes, high first                                                 |

A table of commands has a row on each line: name and tokens. In a table of inquiries the answer's
tokens stand after `->`, alternatives after `|`; without `->` the answer differs by model, and
stays bytes. A table of settings says both at once: `freeze 04 62 -> on?02,03` is the command
`01 04 62 on?02,03`, and the inquiry `09 04 62` with that answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from functools import cache
from typing import TypeAlias

from roomctl.frozen import frozen
from roomctl.visca.frames import END

Value: TypeAlias = int | bool | str

_BYTES = tuple(bytes((byte,)) for byte in range(256))


@frozen
class Slot:
    """Some bytes of a row: one of `values`, or `size` digits of `bits` each."""

    name: str
    size: int = 1
    values: Mapping[int, int | bool] | None = None
    bits: int = 4
    signed: bool = False
    bit: bool = field(init=False)

    def __post_init__(self) -> None:
        bit = self.values is not None and any(meaning is True for meaning in self.values.values())
        object.__setattr__(self, "bit", bit)

    @property
    def constant(self) -> bytes | None:
        """Return the byte that always stands here, if one does."""
        return None if self.name or self.values is None else self._byte(self.values, 0)

    def read(self, data: bytes) -> int | bool | None:
        """Return what the bytes mean; None: they do not belong here."""
        if self.values is not None:
            return self.values.get(data[0])
        value = 0
        for byte in data:
            if byte >> self.bits or byte == END:
                return None
            value = value << self.bits | byte
        half = 1 << self.bits * self.size - 1
        return value - 2 * half if self.signed and value >= half else value

    def write(self, value: Value) -> bytes | None:
        """Return the bytes for a value; None: it does not fit. 0 and 1 will do for a bit."""
        if not isinstance(value, int) or (isinstance(value, bool) and not self.bit):
            return None
        if self.values is not None:
            return self._byte(self.values, value)
        shifts = range(self.bits * (self.size - 1), -1, -self.bits)
        data = bytes(value >> shift & (1 << self.bits) - 1 for shift in shifts)
        return data if self.read(data) == value else None

    @staticmethod
    def _byte(values: Mapping[int, int | bool], value: int) -> bytes | None:
        """Return the byte that means `value`; mostly it is the same number."""
        if values.get(value) == value:
            return _BYTES[value]
        return next((_BYTES[byte] for byte, meaning in values.items() if meaning == value), None)


@frozen
class Row:
    """One form of one message: its name, and the bytes between header and FF."""

    name: str
    slots: tuple[Slot, ...]
    size: int
    fields: frozenset[str]

    @property
    def lead(self) -> bytes:
        """Return the bytes that it always begins with, three at most."""
        found = b""
        for slot in self.slots[:3]:
            if slot.constant is None:
                break
            found += slot.constant
        return found

    def read(self, body: bytes) -> dict[str, Value] | None:
        """Return the fields of `body`; None: it says something else."""
        if len(body) != self.size:
            return None
        fields: dict[str, Value] = {}
        at = 0
        for slot in self.slots:
            value = slot.read(body[at : at + slot.size])
            if value is None:
                return None
            if slot.name:
                fields[slot.name] = value
            at += slot.size
        return fields

    def write(self, fields: Mapping[str, Value]) -> bytes | None:
        """Return the body that says `fields`; None: this row cannot."""
        if fields.keys() != self.fields:
            return None
        parts: list[bytes] = []
        for slot in self.slots:
            part = slot.write(fields[slot.name] if slot.name else 0)
            if part is None:
                return None
            parts.append(part)
        return b"".join(parts)


def commands(table: str) -> tuple[Row, ...]:
    """Return the rows of a table of commands (or of notices)."""
    return tuple(_row(name, tokens) for name, tokens, _ in _lines(table))


def inquiries(table: str) -> tuple[tuple[Row, ...], dict[str, tuple[Row, ...]]]:
    """Return the inquiries of a table, and by their names the forms of their answers."""
    lines = _lines(table)
    asked = tuple(_row(name, tokens) for name, tokens, _ in lines)
    return asked, {name: tuple(_row(name, form) for form in forms) for name, _, forms in lines}


def settings(table: str) -> tuple[str, str]:
    """Return a table of settings as a table of commands and one of inquiries."""
    lines = _lines(table)
    said = [f"{name} 01 {code} {form}" for name, code, forms in lines for form in forms]
    asked = [f"{name} 09 {code} -> {' | '.join(forms)}" for name, code, forms in lines]
    return "\n".join(said), "\n".join(asked)


def _lines(table: str) -> list[tuple[str, str, list[str]]]:
    """Split a table's lines into name, tokens before the arrow, and forms after it."""
    found = []
    for line in filter(str.strip, table.splitlines()):
        head, _, forms = line.partition("->")
        name, tokens = head.split(maxsplit=1)
        found.append((name, tokens.strip(), [form for form in forms.split("|") if form.strip()]))
    return found


def _row(name: str, tokens: str) -> Row:
    slots = tuple(_slot(token) for token in tokens.split())
    named = _named(tuple(slot.name for slot in slots if slot.name))
    return Row(name, slots, sum(slot.size for slot in slots), named)


@cache
def _named(names: tuple[str, ...]) -> frozenset[str]:
    """Return the names as a set; one for all rows that have them."""
    return frozenset(names)


@cache
def _span(first: int, last: int) -> Mapping[int, int]:
    """Return bytes that mean themselves; one table for all slots that have it."""
    return {byte: byte for byte in range(first, last + 1)}


@cache
def _slot(token: str) -> Slot:
    if re.fullmatch("[0-9A-F]{2}", token):
        return Slot("", values={int(token, 16): 0})
    if found := re.fullmatch(r"(\w+)\?(\w\w)(?:,(\w\w))?", token):
        bits = {int(byte, 16): not at for at, byte in enumerate(found.groups()[1:]) if byte}
        return Slot(found[1], values=bits)
    if found := re.fullmatch(r"(\w+)=([\w,]+)", token):
        return Slot(found[1], values={int(b, 16): int(b, 16) for b in found[2].split(",")})
    if found := re.fullmatch(r"(\w+)\[(\w\w)-(\w\w)\]", token):
        first, last = int(found[2], 16), int(found[3], 16)
        return Slot(found[1], values=_span(first, last))
    if found := re.fullmatch(r"(\w)\+(\w+)", token):
        return Slot(found[2], values={int(found[1], 16) << 4 | low: low for low in range(16)})
    if found := re.fullmatch(r"(\w+):(-?)(\d)", token):
        return Slot(found[1], int(found[3]), signed=bool(found[2]))
    if found := re.fullmatch(r"(\w+):w", token):
        return Slot(found[1], 2, bits=8)
    return Slot(token, values=_span(0, END - 1))

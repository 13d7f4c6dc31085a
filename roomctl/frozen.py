"""`@frozen`: a frozen, slotted dataclass that costs a start little.

`dataclass(frozen=True, slots=True)` compiles six methods for each class, half a millisecond in all;
for 250 classes that was a sixth of the time to the first answer. Here `__init__` alone is compiled,
the others are closures. Else it is a dataclass: `field` (but `kw_only`), `fields`, `replace`,
`asdict` and patterns are those of the standard library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

Class = TypeVar("Class")
Values = Callable[[object], object]


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[Class]) -> type[Class]:
    """Return `cls` with slots for its fields, each of which is set once, by `__init__`."""
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    compared = [one.name for one in fields(made) if one.compare]
    values: Values = attrgetter(*compared) if compared else lambda _: ()
    methods = {
        "__init__": _init(made),
        "__repr__": _repr([one.name for one in fields(made) if one.repr]),
        "__eq__": _eq(values),
        "__hash__": lambda self: hash(values(self)),
        "__setattr__": _setattr,
        "__delattr__": _delattr,
    }
    for name, method in methods.items():
        if cls.__dict__.get(name) is None:  # beside an `__eq__` Python sets `__hash__` to None
            setattr(made, name, method)
    return made  # type: ignore[no-any-return]


def _init(cls: type) -> Callable[..., None]:
    known: dict[str, Any] = {"MISSING": MISSING, "set_field": object.__setattr__}
    takes, does = ["self"], []
    for one in fields(cls):
        known |= {f"default_{one.name}": one.default, f"new_{one.name}": one.default_factory}
        if one.init:
            takes.append(one.name if _is_needed(one) else f"{one.name}=default_{one.name}")
        if value := _value(one):
            does.append(f" set_field(self, {one.name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        does.append(" self.__post_init__()")
    source = f"def __init__({', '.join(takes)}):\n" + "\n".join(does or [" pass"])
    exec(source, known)  # noqa: S102 - of the names in our own code
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _is_needed(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _value(one: Field[Any]) -> str | None:
    """Return what `__init__` sets a field to; None: `__post_init__` sees to it."""
    if one.default_factory is not MISSING:
        made = f"new_{one.name}()"
        return f"{made} if {one.name} is MISSING else {one.name}" if one.init else made
    if one.init:
        return one.name
    return None if one.default is MISSING else f"default_{one.name}"


def _repr(names: list[str]) -> Callable[[object], str]:
    def shown(self: object) -> str:
        fields = (f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__qualname__}({', '.join(fields)})"

    return shown


def _eq(values: Values) -> Callable[[object, object], object]:
    def equal(self: object, other: object) -> object:
        if other.__class__ is self.__class__:
            return values(self) == values(other)
        return NotImplemented

    return equal


def _setattr(self: object, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")

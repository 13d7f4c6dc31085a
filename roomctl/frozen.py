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


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[Class]) -> type[Class]:
    """Return `cls` with slots for its fields, each of which is set once, by `__init__`."""
    cls.__doc__ = cls.__doc__ or cls.__qualname__  # else dataclass evaluates a signature to show
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    compared = [one.name for one in fields(made) if one.compare]
    made.__compared__ = attrgetter(*compared) if compared else staticmethod(_nothing)
    methods = {"__init__": _init(made), **_SHARED}
    for name, method in methods.items():
        if cls.__dict__.get(name) is None:  # beside an `__eq__` Python sets `__hash__` to None
            setattr(made, name, method)
    return made  # type: ignore[no-any-return]


def _init(cls: type) -> Callable[..., None]:
    """Compile `__init__`, which hands each value to its slot: half of what `object`'s costs."""
    takes, does, defaults = ["self"], [], []
    known: dict[str, Any] = {"MISSING": MISSING}
    for one in fields(cls):
        if one.init:
            takes.append(one.name if _is_needed(one) else f"{one.name}=MISSING")
            if not _is_needed(one):
                defaults.append(one.default)
        if one.default_factory is not MISSING:
            known[f"new_{one.name}"] = one.default_factory
        elif not one.init and one.default is not MISSING:
            known[f"default_{one.name}"] = one.default
        if value := _value(one):
            known[f"set_{one.name}"] = getattr(cls, one.name).__set__
            does.append(f" set_{one.name}(self, {value})")
    if hasattr(cls, "__post_init__"):
        does.append(" self.__post_init__()")
    source = f"def __init__({', '.join(takes)}):\n" + "\n".join(does or [" pass"])
    made: dict[str, Any] = {}
    exec(source, known, made)  # noqa: S102 - of the names in our own code
    init: Any = made["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__defaults__ = tuple(defaults) or None
    return init  # type: ignore[no-any-return]


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


# Methods are one for all classes: a closure for each would be a quarter of a megabyte.


def _nothing(_: object) -> tuple[()]:
    return ()


def _repr(self: Any) -> str:  # noqa: ANN401 - any frozen class's
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _eq(self: Any, other: Any) -> object:  # noqa: ANN401
    if other is self:
        return True
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self.__compared__(self) == self.__compared__(other)


def _hash(self: Any) -> int:  # noqa: ANN401
    return hash(self.__compared__(self))


def _setattr(self: object, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


_SHARED = {
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
}

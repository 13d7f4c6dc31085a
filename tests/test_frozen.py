"""A frozen class does what `dataclass(frozen=True, slots=True)` of the standard library does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, astuple, dataclass, field, fields, replace
from functools import partial
from typing import Any, ClassVar

import pytest

from roomctl.frozen import frozen

Decorate = Callable[[type], Any]


def made(decorate: Decorate) -> Any:
    """Return a class with all that is used of dataclasses, as `decorate` makes it."""

    @decorate
    class Lens:
        camera: str
        zoom_pct: float = 0.0
        tags: dict[str, int] = field(default_factory=dict, repr=False)
        seen: int = field(default=0, compare=False)
        name: str = field(init=False)
        kept: list[str] = field(init=False, default_factory=list)
        unit: str = field(init=False, default="pct")
        WIDE: ClassVar[float] = 0.0

        def __post_init__(self) -> None:
            object.__setattr__(self, "name", self.camera.title())

    return Lens


KINDS = pytest.mark.parametrize(
    "decorate", [frozen, partial(dataclass, frozen=True, slots=True)], ids=["ours", "python's"]
)


@KINDS
def test_takes_fields_by_place_and_by_name(decorate: Decorate) -> None:
    kind = made(decorate)

    lens = kind("front", 20.0, seen=3)

    assert astuple(lens) == ("front", 20.0, {}, 3, "Front", [], "pct")
    assert asdict(lens)["zoom_pct"] == 20.0
    assert [each.name for each in fields(kind)][:2] == ["camera", "zoom_pct"]
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'camera'"):
        kind()
    with pytest.raises(TypeError, match="unexpected keyword argument 'name'"):
        kind("front", name="back")


@KINDS
def test_what_a_factory_makes_belongs_to_one_instance(decorate: Decorate) -> None:
    kind = made(decorate)
    one, other = kind("front"), kind("front")

    one.tags["a"] = 1
    one.kept.append("a")

    assert (other.tags, other.kept) == ({}, [])


@KINDS
def test_can_be_changed_by_nobody(decorate: Decorate) -> None:
    lens = made(decorate)("front")

    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'camera'"):
        lens.camera = "back"
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'camera'"):
        del lens.camera
    with pytest.raises((FrozenInstanceError, TypeError)):  # a fault of Python 3.11's
        lens.other = 1
    assert not hasattr(lens, "__dict__")


@KINDS
def test_a_replaced_field_leaves_the_others_and_the_original(decorate: Decorate) -> None:
    lens = made(decorate)("front", 20.0)

    other = replace(lens, camera="back")

    assert (other.camera, other.name, other.zoom_pct) == ("back", "Back", 20.0)
    assert lens.camera == "front"


@KINDS
def test_equal_is_what_has_the_same_class_and_compared_fields(decorate: Decorate) -> None:
    kind, other = made(decorate), made(decorate)

    assert kind("front", seen=1) == kind("front", seen=2)
    assert kind("front") != kind("back")
    assert kind("front") != other("front")


@KINDS
def test_can_be_a_key_if_its_fields_can(decorate: Decorate) -> None:
    @decorate
    class Point:
        x: float
        y: float = 0.0

    assert {Point(1.0): "a"}[Point(1.0, 0.0)] == "a"
    with pytest.raises(TypeError, match="unhashable"):
        hash(made(decorate)("front"))


@KINDS
def test_is_printed_with_its_fields(decorate: Decorate) -> None:
    lens = made(decorate)("front")

    assert repr(lens).endswith(
        "Lens(camera='front', zoom_pct=0.0, seen=0, name='Front', kept=[], unit='pct')"
    )


@KINDS
def test_can_be_taken_apart_by_a_pattern(decorate: Decorate) -> None:
    kind = made(decorate)

    match kind("front", 20.0):
        case kind(camera, zoom):
            assert (camera, zoom) == ("front", 20.0)
        case _:
            pytest.fail("did not match")


@KINDS
def test_has_the_fields_of_its_bases(decorate: Decorate) -> None:
    @decorate
    class Model:
        make: str
        model: str = ""

    @decorate
    class Camera(Model):
        model: str = "PTZ"
        presets: int = 0

    assert astuple(Camera("Acme")) == ("Acme", "PTZ", 0)
    assert Camera("Acme") != Model("Acme", "PTZ")
    with pytest.raises(FrozenInstanceError):
        Camera("Acme").make = "Other"


@KINDS
def test_keeps_the_methods_that_the_class_has(decorate: Decorate) -> None:
    @decorate
    class Key:
        name: str

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Key) and other.name.lower() == self.name.lower()

        def __repr__(self) -> str:
            return f"<{self.name}>"

    assert Key("A") == Key("a")
    assert repr(Key("A")) == "<A>"
    assert hash(Key("A")) == hash(Key("A"))


@KINDS
def test_may_have_no_field_at_all(decorate: Decorate) -> None:
    @decorate
    class Done:
        pass

    assert Done() == Done()
    assert hash(Done()) == hash(Done())
    assert repr(Done()).endswith("Done()")

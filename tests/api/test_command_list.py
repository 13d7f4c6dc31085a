"""The list of commands: whatever a room's commands take, each has an example that fits."""

from collections.abc import Mapping
from typing import Annotated, Literal, Optional

import pytest
from pydantic import BaseModel, Field

from roomctl.api import schema
from roomctl.api.command_list import example
from roomctl.command import Alternative, Declaration, DeviceName, DevicePath, Parameter, Percent
from roomctl.roles import Right
from tests.api.rig import BEARER


class Slat(BaseModel):
    """A model in a command's arguments, which may hold itself."""

    angle: Annotated[int, Field(ge=-90, le=-10)]
    below: Optional["Slat"] = None


FORMS = {
    "a word": str,
    "a short word": Annotated[str, Field(max_length=3)],
    "a long word": Annotated[str, Field(min_length=40, max_length=41)],
    "a name": DeviceName,
    "a path": DevicePath,
    "digits": Annotated[str, Field(pattern=r"^\d+$")],
    "per cent": Percent,
    "a whole number": int,
    "above": Annotated[int, Field(gt=7)],
    "below zero": Annotated[int, Field(lt=-3)],
    "in between": Annotated[float, Field(gt=0, lt=0.5)],
    "a multiple": Annotated[int, Field(ge=7, multiple_of=5)],
    "a switch": bool,
    "a closed set": Literal["open", "closed"],
    "numbers of a closed set": Literal[15, 30],
    "one word": Literal["now"],
    "or nothing": Annotated[int, Field(ge=3)] | None,
    "either": Annotated[int, Field(gt=2)] | Literal["all"],
    "a list": Annotated[list[Annotated[int, Field(ge=3)]], Field(min_length=2)],
    "a table": dict[str, int],
    "a model": Slat,
    "its own": Annotated[int, Field(ge=1, examples=[42])],
}


def declaration(*parameters: Parameter, **more: object) -> Declaration:
    return Declaration("blinds.tilt", Right.OPERATE, "Tilt.", parameters, **more)  # type: ignore[arg-type]


def assert_taken(one: Declaration) -> Mapping[str, object]:
    args = example(one)
    schema.command_adapter((one,)).validate_python({"type": one.name, "args": args})
    return args


@pytest.mark.parametrize("annotation", FORMS.values(), ids=FORMS.keys())
def test_an_example_is_made_of_whatever_a_parameter_takes(annotation: object) -> None:
    args = assert_taken(declaration(Parameter("slats", annotation, ...)))
    assert args.keys() == {"slats"}


def test_a_parameter_shows_its_own_example_also_where_it_may_be_left_out() -> None:
    shown = Annotated[float, Field(ge=0, examples=[0.25])]
    args = assert_taken(declaration(Parameter("a", shown, 0.0), Parameter("b", float, 0.0)))
    assert args == {"a": 0.25}


def test_an_example_takes_one_of_several_ways() -> None:
    shown = Annotated[str | None, Field(examples=["x"])]
    ways = (Alternative(("link",), ("pin",)), Alternative(("number",)))
    names = ("link", "pin", "number")
    args = assert_taken(declaration(*(Parameter(one, shown, None) for one in names), ways=ways))
    assert args == {"link": "x", "pin": "x"}


def test_what_no_schema_tells_is_a_name_in_capitals_to_be_replaced() -> None:
    time = Annotated[str, Field(pattern=r"^\d\d:\d\d$")]
    assert example(declaration(Parameter("at", time, ...))) == {"at": "AT"}


async def test_a_kind_that_brings_new_parameters_is_in_the_list(house) -> None:
    """The route once failed whole for a parameter that a table did not know."""
    house.room.declared = (
        *house.room.declared,
        declaration(Parameter("slats", Annotated[str, Field(pattern=r"^\d\d:\d\d$")], ...)),
    )
    async with house.in_process(headers=BEARER) as client:
        answer = await client.get("/api/v1/commands")
    assert answer.status_code == 200
    assert answer.json()[-1]["example"] == {"slats": "SLATS"}

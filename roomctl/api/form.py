"""The form of what comes in: strict messages, and the kinds of values that they are made of.

Strict: an unknown key, a wrong type or a number out of range is a 422. Knows no command.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _whole(value: object) -> object:
    """Return 34.0 as 34: JSON, and JSON Schema, know one kind of number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Device = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Identifier = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")]
InPath = Annotated[str, Field(pattern=r"^[!-\-0-\[\]-~][!-.0-\[\]-~]{0,127}$")]
"""An identifier as it may stand in a path: no slash, no backslash, no dot in front."""
Percent = Annotated[int, Field(ge=0, le=100), BeforeValidator(_whole)]
Lease = Annotated[int, Field(ge=50, le=500), BeforeValidator(_whole)]
Number = Annotated[int, Field(ge=0), BeforeValidator(_whole)]
Preset = Annotated[int, Field(ge=1, le=256), BeforeValidator(_whole)]
Push = Annotated[float, Field(ge=-1, le=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Steps = Annotated[int, Field(ge=1, le=20), BeforeValidator(_whole)]
Text = Annotated[str, Field(min_length=1, max_length=16_384)]


class Strict(BaseModel):
    """A message from outside."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Nothing(Strict):
    """No arguments."""


class Asked(Strict):
    """A command; each kind adds its `type` and its `args`."""

    id: Identifier | None = Field(default=None, description="makes a repeat harmless")

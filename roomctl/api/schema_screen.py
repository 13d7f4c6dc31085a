"""Commands to the page on the room's display; only the room's own panel may give them.

Places are 0-1 of the picture that `GET /api/v1/screen/picture` shows. Strict, like all commands.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from roomctl.api.form import Asked, Nothing, Share, Steps, Strict


class PlaceArgs(Strict):
    """A place on the display: from the left, from the top."""

    x: Share
    y: Share


class ScrollArgs(PlaceArgs):
    """How many notches of a wheel, and which way."""

    steps: Steps = 3
    down: bool = True


class TypeArgs(Strict):
    """A text; it may be a passcode and is kept nowhere."""

    text: Annotated[str, Field(min_length=1, max_length=256, repr=False)]

    @field_validator("text")
    @classmethod
    def _printable(cls, text: str) -> str:
        if not text.isprintable():
            raise ValueError("expected characters that print; keys go as screen.key")
        return text


class KeyArgs(Strict):
    """A key by its name; `back` goes back to the page before."""

    key: Literal[
        "enter",
        "tab",
        "back_tab",
        "escape",
        "backspace",
        "space",
        "up",
        "down",
        "left",
        "right",
        "back",
    ]


class ScreenPress(Asked):
    """Press the page at a place, as with a finger."""

    type: Literal["screen.press"]
    args: PlaceArgs


class ScreenScroll(Asked):
    """Scroll the page at a place."""

    type: Literal["screen.scroll"]
    args: ScrollArgs


class ScreenType(Asked):
    """Type a text into whatever has the page's focus."""

    type: Literal["screen.type"]
    args: TypeArgs


class ScreenKey(Asked):
    """Strike a key on the page."""

    type: Literal["screen.key"]
    args: KeyArgs


class MeetingPressJoin(Asked):
    """Strike the keys that finish this platform's page before the meeting, where they are known."""

    type: Literal["meeting.pressJoin"]
    args: Nothing = Nothing()


ScreenCommand = ScreenPress | ScreenScroll | ScreenType | ScreenKey | MeetingPressJoin

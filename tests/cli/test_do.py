"""`roomctl do`: what may be typed, before any room is asked."""

from __future__ import annotations

import pytest

from roomctl import app
from roomctl.cli import do
from roomctl.errors import RoomctlError


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("camera.recall", ["camera=front", "preset=1"], {"camera": "front", "preset": 1}),
        ("camera.goto", ["camera=1", "pan_deg=-2.5"], {"camera": "1", "pan_deg": -2.5}),
        ("audio.mute", ["on=true"], {"on": True}),
        ("meeting.join", ["link=https://x.example/?a=b"], {"link": "https://x.example/?a=b"}),
        ("meeting.join", ["number=123", "platform=zoom"], {"number": "123", "platform": "zoom"}),
        ("camera.zoom", ["camera=front", "pct=half"], {"camera": "front", "pct": "half"}),
        ("meeting.leave", [], {}),
    ],
)
def test_digits_stay_a_text_where_a_text_is_meant(
    kind: str, given: list[str], expected: dict[str, object]
) -> None:
    assert do.arguments(kind, given) == expected


@pytest.mark.parametrize(
    ("kind", "given", "why"),
    [
        ("camera.recal", [], "no command 'camera.recal'; did you mean 'camera.recall'?"),
        ("camera.recall", ["camera=a", "prest=1"], "has no 'prest'; did you mean 'preset'?"),
        ("camera.recall", ["camera=a", "1"], "takes key=value, such as camera=…, and not '1'"),
        ("audio.mute", [], "audio.mute needs on=true|false"),
        ("meeting.leave", ["now=1"], "meeting.leave has no 'now'; none is known here"),
    ],
)
def test_what_is_mistyped_is_told_with_what_is_meant(kind: str, given: list[str], why: str) -> None:
    with pytest.raises(RoomctlError) as refused:
        do.arguments(kind, given)
    assert why in str(refused.value)


def test_every_command_is_listed_with_its_keys() -> None:
    assert {one["type"] for one in do.listed()} == {one.name for one in app.declared()}
    lines = do.list_words().splitlines()
    assert "camera.store camera=CAMERA preset=PRESET [name=NAME]" in lines
    assert len(lines) == 2 * len(app.declared())


def test_keys_complete_to_what_is_still_to_be_said() -> None:
    def offered(kind: str, given: list[str], incomplete: str) -> list[str]:
        return [text for text, _ in do.completions(kind, given, incomplete)]

    assert offered("camera.recall", ["camera=front"], "") == ["preset="]
    assert offered("camera.recall", [], "c") == ["camera="]
    assert offered("audio.mute", [], "on=t") == ["on=true"]
    assert offered("nothing", [], "") == []

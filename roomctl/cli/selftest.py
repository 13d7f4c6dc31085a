"""`roomctl do selftest.run`: how each device does, told as soon as its test is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from roomctl.cli import ask
from roomctl.cli.drill import words
from roomctl.cli.language import say, translated, word
from roomctl.cli.told import wide
from roomctl.drill import Result, Step
from roomctl.errors import RoomctlError

LOOK_S = 1.0


def run(
    url: str | None, token: Path | None, args: Mapping[str, Any], tell: Callable[[str], object]
) -> int:
    """Have the devices tested, and tell of each; return the exit status, 1 if a test failed.

    RoomctlError says why the room tests none, or told nothing of the end.
    """
    with ask.asking(url, token) as asked:
        asked("POST", f"commands?wait_s={LOOK_S:g}", {"type": "selftest.run", "args": args})
        told = 0
        while True:
            report = asked("GET", "selftest")["report"]
            if report is None:
                raise RoomctlError("the room was restarted meanwhile, and its report is lost")
            devices = report["devices"]
            for device in devices[told:]:
                tell(device_words(device))
            told = len(devices)
            if not report["running"]:
                return int(any(one["outcome"] == "failed" for one in devices))
            time.sleep(LOOK_S)


def device_words(device: Mapping[str, Any]) -> str:
    """Tell how the test of a device ended, and each of its steps."""
    seconds = say("tested.seconds", seconds=device["took_s"])
    why = translated(device["why"])
    head = f"{device['device']}  {wide(word('tested', device['outcome']), 8)} {seconds}  {why}"
    steps = (Step(one["name"], Result(one["result"]), one["words"]) for one in device["steps"])
    return "\n".join([head.rstrip(), *(f"  {words(step)}" for step in steps)])

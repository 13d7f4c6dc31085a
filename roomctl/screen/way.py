"""How a meeting's page is got into and out of: what to look for, and what was found. Pure.

The elements come with the order, from a platform's file. Knows no browser and no platform.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Way:
    """CSS selectors: where the room's name is typed, what joins, what leaves; "": not known."""

    name: str = ""
    join: str = ""
    leave: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """An element that can be pressed: its middle in CSS pixels, and whether text stands in it."""

    x: float
    y: float
    filled: bool


WHOLE_MS = 10_000  # then a page is as whole as it gets: some wait for a last picture for ever

# An element that something else covers, such as a notice, is not there to be pressed; nor is one
# on a page whose scripts may not be there yet, or that was not drawn yet: Chromium 156 takes a
# press before that and loses it (seen once in 25 joins on a busy machine).
_FIND = """
((selector, whole) => {
  const drawn = performance.getEntriesByType("paint").length > 0;
  const ready = document.readyState === "complete" && drawn;
  if (!ready && performance.now() < whole) return null;
  const there = (one) => !one.disabled && one.checkVisibility({ visibilityProperty: true });
  const one = [...document.querySelectorAll(selector)].find(there);
  if (!one) return null;
  one.scrollIntoView({ block: "nearest" });
  const box = one.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  return one.contains(document.elementFromPoint(x, y)) ? [x, y, Boolean(one.value)] : null;
})
"""


def finding(selector: str) -> str:
    """Return the expression that looks for an element."""
    return f"{_FIND}({json.dumps(selector)}, {WHOLE_MS})"


def found(answer: object) -> Place | None:
    """Read what a page answered, which can be anything; None: it is not there."""
    if not isinstance(answer, list) or len(answer) != 3:
        return None
    x, y, filled = answer
    if not all(type(one) in (int, float) and math.isfinite(one) for one in (x, y)):
        return None
    return Place(x, y, filled) if type(filled) is bool else None

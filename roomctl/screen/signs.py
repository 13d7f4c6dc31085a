"""What a meeting's page is looked at for, and what was found there. Text, places, and one function.

What to look for comes with the order, from a platform's file; what it means is judged elsewhere.
`INSTALL` has to run before the page's own scripts. Pure: knows no browser and no platform.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MOST_SIGNS = 200


class Where(StrEnum):
    """Where a sign is looked for: words that are shown, an element that is, the address."""

    TEXT = "text"
    PLACE = "place"
    HOST = "host"
    PATH = "path"


@dataclass(frozen=True, slots=True)
class Sign:
    """If `what` is there, the page says `word`.

    `what` is a text (case and blanks do not count), a CSS selector, a host (`*.x`: all below x), or
    a regular expression for the address's path.
    """

    word: str
    where: Where
    what: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What an assisted page shows.

    `word` is that of the first sign that is there, `joined` what the page's own function says;
    `refused`: camera or microphone were asked for last, and refused. None: nothing, or not known.
    """

    word: str | None = None
    joined: bool | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """Whether the browser records from a microphone, and plays to a loudspeaker, right now."""

    capture: bool
    playback: bool


INSTALL = """
(() => {
  const key = Symbol.for("roomctl.media");
  const devices = navigator.mediaDevices;
  if (!devices || key in globalThis) return;
  let refused = false;
  Object.defineProperty(globalThis, key, { value: () => refused });
  const real = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    try {
      const media = await real(wanted);
      refused = false;
      return media;
    } catch (error) {
      refused = error instanceof DOMException && error.name === "NotAllowedError";
      throw error;
    }
  };
})();
"""

_READ = """
((signs, joined) => {
  const frames = [globalThis];
  for (let n = 0; n < frames.length && frames.length < 16; n += 1) {
    for (let m = 0; m < Math.min(frames[n].length, 16); m += 1) {
      try { void frames[n][m].document; frames.push(frames[n][m]); } catch { /* another site's */ }
    }
  }
  const plain = (text) => text.replace(/\\s+/g, " ").toLowerCase();
  const words = (one) => (one.document.body?.innerText ?? "").slice(0, 20000);
  const shown = plain(frames.map(words).join(" "));
  const visible = (element) => element.checkVisibility({ visibilityProperty: true });
  const is = {
    text: (what) => shown.includes(plain(what)),
    place: (what) => frames.some((one) => [...one.document.querySelectorAll(what)].some(visible)),
    host: (what) => {
      const here = location.hostname;
      return what.startsWith("*.") ? here.endsWith(what.slice(1)) : here === what;
    },
    path: (what) => new RegExp(what).test(location.pathname),
  };
  const there = ([where, what]) => { try { return is[where](what); } catch { return false; } };
  let answer = null;
  if (joined) {
    try {
      const path = joined.split(".");
      const name = path.pop();
      const owner = path.reduce((found, part) => found[part], globalThis);
      answer = owner[name]();
    } catch { /* not there yet */ }
  }
  const refused = frames.some((one) => one[Symbol.for("roomctl.media")]?.() === true);
  return [signs.findIndex(there), typeof answer === "boolean" ? answer : null, refused];
})
"""


def reading(signs: Sequence[Sign], joined: str) -> str:
    """Return the expression that looks at a page."""
    asked = [[sign.where.value, sign.what] for sign in signs[:MOST_SIGNS]]
    return f"{_READ}({json.dumps(asked)}, {json.dumps(joined)})"


def seen(answer: object, signs: Sequence[Sign]) -> Seen | None:
    """Read what a page answered, which can be anything; None: no proper answer."""
    if not isinstance(answer, list) or len(answer) != 3:
        return None
    first, joined, refused = answer
    if type(first) is not int or not isinstance(joined, bool | None) or type(refused) is not bool:
        return None
    word = signs[first].word if 0 <= first < min(len(signs), MOST_SIGNS) else None
    return Seen(word, joined, refused)

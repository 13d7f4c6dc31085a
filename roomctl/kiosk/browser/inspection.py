"""What is asked of a page: its peer connections and its own mute, and what it shows.

Scripts, and how their answers are read, which can be anything. `RTC_INSTALL` and `MEDIA_INSTALL`
have to run before the page's own scripts. What to look for comes with the order, from a platform's
file; what it means is judged elsewhere. Pure: knows no browser and no platform.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from roomctl.screen.protocol import LARGEST_INT, PageSign, PageState, RtcStats

RTC_INSTALL = """
(() => {
  const key = Symbol.for("roomctl.rtc");
  const Real = globalThis.RTCPeerConnection;
  if (!Real || key in globalThis) return;
  const live = new Map();
  const past = { in: 0, out: 0 };
  const count = async (connection) => {
    const sum = { in: 0, out: 0 };
    (await connection.getStats()).forEach((report) => {
      if (report.type === "inbound-rtp") sum.in += report.bytesReceived || 0;
      if (report.type === "outbound-rtp") sum.out += report.bytesSent || 0;
    });
    return sum;
  };
  // 1: a microphone's sound is sent, 0: its track gives silence, -1: no sound is sent at all
  const speaks = (connection) => {
    const sending = connection.getTransceivers().filter(({ receiver, currentDirection }) =>
      receiver.track.kind === "audio" && /send/.test(currentDirection || ""));
    const live = sending.some(({ sender: { track } }) =>
      track && track.enabled && !track.muted && track.readyState === "live");
    return sending.length === 0 ? -1 : Number(live);
  };
  const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const read = async () => {
    const total = { connections: 0, connected: 0, in: past.in, out: past.out, mic: -1 };
    await Promise.all([...live.keys()].map(async (connection) => {
      const fresh = await Promise.race([count(connection).catch(() => null), later(400)]);
      const sum = fresh || live.get(connection);
      live.set(connection, sum);
      total.in += sum.in;
      total.out += sum.out;
      if (connection.connectionState === "closed") {
        live.delete(connection);
        past.in += sum.in;
        past.out += sum.out;
        return;
      }
      total.connections += 1;
      total.mic = Math.max(total.mic, speaks(connection));
      if (connection.connectionState === "connected") total.connected += 1;
    }));
    return total;
  };
  Object.defineProperty(globalThis, key, { value: read });
  const watched = new Proxy(Real, {
    construct(target, args, self) {
      const connection = Reflect.construct(target, args, self);
      live.set(connection, { in: 0, out: 0 });
      return connection;
    },
  });
  globalThis.RTCPeerConnection = watched;
  if (globalThis.webkitRTCPeerConnection) globalThis.webkitRTCPeerConnection = watched;
})();
"""

RTC_READ = """
(async () => {
  const key = Symbol.for("roomctl.rtc");
  const total = [0, 0, 0, 0, -1];
  const visit = async (frame, depth) => {
    try {
      if (frame[key]) {
        const found = await frame[key]();
        [found.connections, found.connected, found.in, found.out]
          .forEach((number, place) => { total[place] += number; });
        total[4] = Math.max(total[4], found.mic);
      }
      for (let n = 0; depth < 3 && n < Math.min(frame.length, 16); n += 1) {
        await visit(frame[n], depth + 1);
      }
    } catch { /* a frame of another site: it is asked by itself */ }
  };
  await visit(globalThis, 0);
  return total;
})()
"""


_MICS = {-1: None, 0: False, 1: True}


def rtc_stats(answers: Iterable[object]) -> RtcStats | None:
    """Add up what the frames answered; None if none gave a proper answer."""
    proper = [numbers for answer in answers if (numbers := _numbers(answer)) is not None]
    if not proper:
        return None
    *columns, mics = zip(*proper, strict=True)
    total, live, came, went = (min(sum(column), LARGEST_INT) for column in columns)
    return RtcStats(total, live, came, went, _MICS[max(mics)])


def _numbers(answer: object) -> list[int] | None:
    """Four whole numbers, and how the microphone is; a page can answer anything."""
    if not isinstance(answer, list) or len(answer) != 5 or type(answer[4]) is not int:
        return None
    proper = [n for n in answer[:4] if type(n) is int and 0 <= n <= LARGEST_INT]
    return answer if len(proper) == 4 and answer[4] in _MICS else None


MOST_SIGNS = 200


MEDIA_INSTALL = """
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

_FRAMES = """
  const frames = [globalThis];
  for (let n = 0; n < frames.length && frames.length < 16; n += 1) {
    for (let m = 0; m < Math.min(frames[n].length, 16); m += 1) {
      try { void frames[n][m].document; frames.push(frames[n][m]); } catch { /* another site's */ }
    }
  }
  const visible = (element) => element.checkVisibility({ visibilityProperty: true });
"""

# The field that a secret goes into: the only one for passwords, or else for text. Of several none
# is chosen: one of them may be the name that everybody in the meeting reads.
_FIELD = """
  const inputs = (root) => [...root.querySelectorAll("*")].flatMap((one) =>
    one.shadowRoot ? inputs(one.shadowRoot) : one.localName === "input" ? [one] : []);
  const field = () => {
    const found = frames.flatMap((one) => inputs(one.document)).filter((one) =>
      /^(text|password|tel|number)$/.test(one.type) && visible(one) &&
      !one.disabled && !one.readOnly);
    const secret = found.filter(({ type }) => type === "password");
    const left = secret.length > 0 ? secret : found;
    return left.length === 1 ? left[0] : null;
  };
"""

FIELD_TAKE = f"""
(() => {{
{_FRAMES}{_FIELD}
  const taken = field();
  taken?.focus();
  taken?.select();
  return taken?.matches(":focus") === true;
}})()
"""

_LOOK = (
    f"""
((signs, joined) => {{
{_FRAMES}{_FIELD}"""
    + """
  const plain = (text) => text.replace(/\\s+/g, " ").toLowerCase();
  const words = (one) => (one.document.body?.innerText ?? "").slice(0, 20000);
  const shown = plain(frames.map(words).join(" "));
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
  const first = signs.findIndex(there);
  const asks = first >= 0 && field() !== null;
  return [first, typeof answer === "boolean" ? answer : null, refused, asks];
})
"""
)


def page_question(signs: Sequence[PageSign], joined: str) -> str:
    """Return the expression that looks at a page."""
    asked = [[sign.where.value, sign.what] for sign in signs[:MOST_SIGNS]]
    return f"{_LOOK}({json.dumps(asked)}, {json.dumps(joined)})"


def page_state(answer: object, signs: Sequence[PageSign]) -> PageState | None:
    """Read what a page answered, which can be anything; None: no proper answer."""
    if not isinstance(answer, list) or len(answer) != 4:
        return None
    first, joined, refused, asks = answer
    if type(first) is not int or not isinstance(joined, bool | None):
        return None
    if type(refused) is not bool or type(asks) is not bool:
        return None
    word = signs[first].word if 0 <= first < min(len(signs), MOST_SIGNS) else None
    return PageState(word, joined, refused, asks)

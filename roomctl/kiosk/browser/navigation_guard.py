"""Keeps the browser of a plain meeting at the meeting: where it starts, where others' pages end.

A plain page is neither read nor steered, so nobody here can stop it from going elsewhere; the
browser itself does, by an extension that is written anew for each meeting. A foreign page that
would take the meeting's place is sent to our own loopback address, `/stay/<token>/<host>`, which
answers "nothing new" (204), upon which a browser stays where it is; a window that was opened for
one is closed. The extension runs nothing in any page, and `navigator.webdriver` stays false.
Measured on Chromium 156: the page's connections live on, and its scripts miss nothing.

A link in a command line would show its passcode to every user of the box. So the browser starts at
`http://127.0.0.1:<port>/go/<token>`, which sends it on, once, and only a browser of our own user;
once the extension has said that its rule holds, or after 10 s. Where no meeting is known yet it
gets a page that waits: it asks `/next/<token>`, which is answered once there is one, and then goes
to `/again/<token>` in its own place, so that nothing leads back to it.
Chromium 156 drops that first page now and then, fetched or not (3 of 100 starts on a busy machine),
and stays at an empty one: the extension looks, and opens it again by an address of its own, which
is in no command line and sends the browser on until a page stood there: a meeting that was left for
an empty page is not opened again, though Chromium may end the extension's worker and start it anew.
So it is there even where a meeting may go anywhere. It also says if the link itself led elsewhere,
and no page stands there: once one stood, no link ends the meeting, and a page that was left for a
foreign one before the rule held is opened again.

A window that the page itself opened, at a place where it may be, stands over the meeting. The
extension says so, and that question is held: its answer is which windows it is to close. Those that
stood there when media began may be the meeting itself: they are kept.

No page tells that its renderer is dead: the browser does, and the extension says so. Measured on
Chromium 156: `chrome.processes` tells of every process that ends, with no reason; a frame whose
renderer died is still listed, with the number of that process, and one that was left is not; a tab
whose renderer died is `unloaded`.
Knows no browser and no meeting.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

HEAD_S = 5.0
# A browser on a busy machine reads the rule late: more than 3 s were seen.
UP_S = 10.0
# By which the extension says that it is, and asks whether to look; that a page stands; that the
# link led elsewhere, and none does; that the renderer of the page is dead, or that of a frame.
UP, STANDS, BARRED, CRASHED, TORN = "up!", "stands!", "barred!", "crashed!", "torn!"
# That windows stand over the page, which is answered once they are to be closed; that this is done;
# that none stands there.
COVERED, CLOSED, CLEAR = "covered!", "closed!", "clear!"
MOST_OVER = 4  # windows that a page may have over it
HELD_S = 10.0  # Chromium ends a worker that waits for an answer for 30 s
_WINDOWS = re.compile(f"({COVERED}|{CLEAR})([0-9]{{1,16}})((?:_[0-9]{{1,16}})*) ".encode())
LOOKS, EVERY_MS = 20, 1500  # at whether a page stands there by now
HOLDING_MS, BEGUN_MS = 10, 500
HOLDS = int(UP_S * 1000 / HOLDING_MS)  # looks at whether the rule holds by now
_HOST = re.compile(rb"[0-9A-Za-z.:\[\]-]{1,253}")
LONGEST_HEAD = 16 * 1024

# Everything that may stand in a URI (RFC 3986) and "%": what is encoded already stays as it is.
_URI = "!#$%&'()*+,/:;=?@[]~-._"


class LaunchRedirect:
    """Sends the first caller who knows the token to the meeting; `used` is set then.

    `waits` is set while its page waits for a meeting. `stood` is whether a page stood there.

    `stopped` gets the host of each page that the browser was kept from. `barred` is set if that was
    where the link itself led: then no page stands there.

    `crashed` is set once the page's renderer is dead, `torn` with that of one of its frames, or of
    a window that it opened.

    `covered` is whether windows that the page opened, and that are not kept, stand over it.
    """

    def __init__(self, stopped: Callable[[str], None] = lambda host: None) -> None:
        self._stopped = stopped
        self._staying = secrets.token_urlsafe(24)
        self._token, self._again = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self._next = ""  # by which the page that was given last asks, once
        self._server: asyncio.Server | None = None
        self._location = ""
        self._known, self._started = asyncio.Event(), False
        self.waits, self.used = asyncio.Event(), asyncio.Event()
        self.barred = asyncio.Event()
        self.crashed, self.torn = asyncio.Event(), asyncio.Event()
        self._up, self.stood = asyncio.Event(), False
        self._over: frozenset[bytes] = frozenset()  # windows, by the extension's numbers
        self._kept: frozenset[bytes] = frozenset()
        self._closing: asyncio.Future[None] | None = None  # done once they are closed
        self._news, self._newest = asyncio.Event(), 0

    def send(self, url: str) -> None:
        """Send the browser to `url`: where it waits, now; else as soon as it asks."""
        self._location = quote(url, safe=_URI)
        self._known.set()

    async def open(self) -> str:
        """Listen on a free loopback port; return the address to start the browser at."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0, limit=LONGEST_HEAD)
        return f"{self._address}/go/{self._token}"

    @property
    def again(self) -> str:
        """The address for the extension to start the browser at once more."""
        return f"{self._address}/again/{self._again}"

    @property
    def stay(self) -> str:
        """The address to send the browser to, with a host after it, so that it stays."""
        return f"{self._address}/stay/{self._staying}/"

    @property
    def _address(self) -> str:
        if self._server is None:
            raise ValueError("this door is not open")
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        self._known.set()  # a page that waits is let go
        if self._server is not None:
            self._server.close()
            self._server = None

    @property
    def covered(self) -> bool:
        return not self._over <= self._kept

    def keep(self) -> None:
        """Keep the windows that stand there now: media just began, and may be those of one."""
        self._kept |= self._over

    async def uncover(self) -> None:
        """Have the windows closed that stand over the page, but for what is kept; returns then."""
        if self.covered:
            if self._closing is None:
                self._closing = asyncio.get_running_loop().create_future()
                self._news.set()
            await asyncio.shield(self._closing)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(HEAD_S):
                head = await reader.readuntil(b"\r\n\r\n")
            reply = await self._answered(head, reader, writer.get_extra_info("peername")[1])
            async with asyncio.timeout(HEAD_S):
                writer.write(reply)
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _answered(self, head: bytes, reader: asyncio.StreamReader, port: int) -> bytes:
        waits = bool(self._next) and _asks(head, f"GET /next/{self._next} ")
        stay = f"GET /stay/{self._staying}/"
        if _asks(head, stay) and (said := _WINDOWS.match(head, len(stay))):
            over = frozenset(said[3].split(b"_")[1:]) or frozenset({b"0"})
            covered = said[1] == COVERED.encode()
            closes = await self._cover(over if covered else frozenset(), int(said[2]))
            if not closes:
                return _response("204 No Content")
            return _response("200 OK", body=b"_".join(sorted(self._over - self._kept)))
        if not waits and not self._knows(head):
            return self._reply(head)
        if not _ours(port):
            return _response("404 Not Found")
        if waits:
            return _response("204 No Content" if await self._wait(reader) else "404 Not Found")
        await self._guard_is_up()
        return self._reply(head)

    async def _guard_is_up(self) -> None:
        """Wait for the browser's extension, which starts beside its first page."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(UP_S):
                await self._up.wait()

    async def _wait(self, reader: asyncio.StreamReader) -> bool:
        """Wait for a meeting; False if the page that asked is gone before."""
        self._next = ""
        waits = [asyncio.ensure_future(one) for one in (self._known.wait(), reader.read(1))]
        self.waits.set()
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.waits.clear()
            for one in waits:
                one.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        return bool(self._location)

    async def _cover(self, over: frozenset[bytes], number: int) -> bool:
        """Take which windows there are; wait whether some are to be closed, or for newer words.

        One of a lower number was said before, and came late.
        """
        if number < self._newest:
            return False
        self._newest = number
        self._news.set()
        news = self._news = asyncio.Event()
        self._over, self._kept = over, self._kept & over
        if not over:
            self._are_closed()
        elif self._closing is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HELD_S):
                    await news.wait()
        return self._closing is not None and news is self._news

    def _are_closed(self) -> None:
        if self._closing is not None:
            self._closing.set_result(None)
            self._closing = None

    def _reply(self, head: bytes) -> bytes:
        if self._knows(head):
            return self._sent_on() if self._known.is_set() else self._page()
        wanted = f"GET /stay/{self._staying}/"
        if not _asks(head, wanted):
            return _response("404 Not Found")
        if _asks(head, wanted + UP):
            self._up.set()
            there = self.stood or self.waits.is_set()
            return _response("204 No Content" if there else "200 OK")
        if _asks(head, wanted + CLOSED):
            self._over &= self._kept  # or it is said again
            self._are_closed()
            return _response("204 No Content")
        if _asks(head, wanted + STANDS):
            self.stood = True
            return _response("204 No Content")
        for word, died in ((CRASHED, self.crashed), (TORN, self.torn)):
            if _asks(head, wanted + word):
                died.set()
                return _response("204 No Content")
        if _asks(head, wanted + BARRED):
            if not self.stood:
                self.barred.set()
            wanted += BARRED
        host = _HOST.match(head, len(wanted))
        self._stopped(host[0].decode("ascii") if host else "")
        return _response("204 No Content")

    def _knows(self, head: bytes) -> bool:
        first = not self._started and _asks(head, f"GET /go/{self._token} ")
        return first or (not self.stood and _asks(head, f"GET /again/{self._again} "))

    def _sent_on(self) -> bytes:
        self._started = True
        self.used.set()
        return _response("302 Found", f"Location: {self._location}\r\n")

    def _page(self) -> bytes:
        self._started, self._next = True, secrets.token_urlsafe(24)
        page = _WAITING.replace("NEXT", self._next).replace("AGAIN", self._again)
        return _response("200 OK", _OF_A_PAGE, page.encode("ascii"))


def _asks(head: bytes, wanted: str) -> bool:
    return secrets.compare_digest(head[: len(wanted)], wanted.encode())


_WAITING = """<!doctype html><meta charset="utf-8"><title></title>
<style>html { background: black }</style>
<script>
  fetch("/next/NEXT").then(({ ok }) => { if (ok) location.replace("/again/AGAIN"); });
</script>
"""
_OF_A_PAGE = (
    "Content-Type: text/html\r\nContent-Security-Policy: default-src 'none'; connect-src 'self';"
    " script-src 'unsafe-inline'; style-src 'unsafe-inline'; frame-ancestors 'none'\r\n"
)


def _response(status: str, more: str = "", body: bytes = b"") -> bytes:
    head = f"HTTP/1.1 {status}\r\n{more}Referrer-Policy: no-referrer\r\nCache-Control: no-store\r\n"
    end = f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return f"{head}{end}".encode("ascii") + body


def _ours(port: int) -> bool:
    """Whether the loopback connection from `port` belongs to our own user (/proc/net/tcp)."""
    wanted = f"0100007F:{port:04X}"
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        words = line.split()
        if words[1] == wanted:
            return int(words[7]) == os.getuid()
    return False


Place = tuple[str, tuple[int, ...]]  # a host as it was named, with or without "*.", and its ports
_PORT = re.compile(r"(.*):([0-9]+)")
# This very box, as a browser writes it: 127.1, 0x7f000001 and their like are 127.0.0.1 there.
_LOCAL = (
    r"(?:[^/?#:@]+\.)?localhost\.?|127\.[0-9.]+|0\.0\.0\.0"
    r"|\[::1?\]|\[::ffff:(?:7f[0-9a-f]{2}|0):[0-9a-f]{1,4}\]"
)
_EVERY_TYPE = [
    *("main_frame", "sub_frame", "stylesheet", "script", "image", "font", "object", "media"),
    *("xmlhttprequest", "ping", "csp_report", "websocket", "webtransport", "webbundle", "other"),
]


def place(entry: str, link: str) -> Place:
    """Return where the page of `link` may go by `entry`: a host, or a host and its port.

    Without a port it is the usual ones and the meeting's own; on this box it is the latter alone.
    """
    if found := _PORT.fullmatch(entry):
        return found[1], (int(found[2]),)
    parts = urlsplit(link)
    own = parts.port or (80 if parts.scheme == "http" else 443)
    return entry, (own,) if is_local(entry) else tuple(sorted({80, 443, own}))


def is_local(host: str) -> bool:
    """Whether a host, as it stands in an address of a browser's, is this very box."""
    return re.fullmatch(_LOCAL, host.removeprefix("*.")) is not None


_WORKER = """
const ours = HOSTS;
const within = (url) => {
  if (ours.length === 0) return true;
  try {
    const { protocol, hostname, port } = new URL(url);
    if (!protocol.startsWith("http")) return true;
    if (url.startsWith(`${new URL(STAY).origin}/`)) return true;
    const at = Number(port) || (protocol === "https:" ? 443 : 80);
    return ours.some(([name, ports]) =>
      ports.includes(at) && (hostname === name || hostname.endsWith(`.${name}`)));
  } catch { return true; }
};
chrome.webNavigation.onCreatedNavigationTarget.addListener(({ tabId, url }) => {
  if (!within(url)) chrome.tabs.remove(tabId);
});
const tabs = async () => (await chrome.tabs.query({})).sort((one, other) => one.id - other.id);
// A window that was opened before the rule held is at a foreign page, or has been sent to stay.
const tidy = async () => {
  const [, ...others] = await tabs();
  for (const { id, url, pendingUrl } of others) {
    const there = pendingUrl || url || "";
    if (!there.startsWith("http") || !within(there)) chrome.tabs.remove(id);
  }
};
// A window that the page opened stands over it. That is told, and the answer is whether they are to
// be closed; of too many, those that came last are closed at once.
let words = Date.now(), closing;
const close = (those) => Promise.allSettled(those.map(async ({ id }) => {
  // One that asks before it is left would stay; what was discarded asks nothing.
  const left = await chrome.tabs.discard(id).catch(() => undefined);
  await chrome.tabs.remove(left?.id ?? id);
}));
const others = async () => (await tabs()).slice(1)
  .filter(({ url, pendingUrl }) => within(pendingUrl || url || ""));
const cover = async () => {
  const word = words += 1;
  await closing;
  const over = await others();
  close(over.splice(MOST_OVER));
  if (word !== words) return;
  const said = [word, ...over.map(({ id }) => id)].join("_");
  const answer = await fetch(`${STAY}${over.length > 0 ? COVERED : CLEAR}${said}`);
  const { status } = answer;
  const wanted = status === 200 ? (await answer.text()).split("_").map(Number) : [];
  const unwanted = async () => (await others()).filter(({ id }) => wanted.includes(id));
  if (status === 200) closing = unwanted().then(close).then(() => fetch(STAY + CLOSED));
  if (status === 200 || (over.length > 0 && word === words)) cover();
};
chrome.tabs.onCreated.addListener(cover);
chrome.tabs.onRemoved.addListener(cover);
const pause = (ms) => new Promise((on) => setTimeout(on, ms));
// The rule is read from the disk while this begins, and until it holds a foreign page is gone to. A
// browser that cannot say whether it holds is not waited for.
const foreign = { url: "https://foreign.invalid/", type: "main_frame" };
const holds = () => chrome.declarativeNetRequest.testMatchOutcome(foreign)
  .then(({ matchedRules }) => matchedRules.length > 0, () => true);
const hold = async () => {
  for (let times = 0; ours.length > 0 && times < HOLDS && !await holds(); times += 1) {
    await pause(HOLDING_MS);
  }
};
const held = hold();
const stands = (url = "") =>
  url.startsWith("http") && within(url) && !url.startsWith(new URL(STAY).origin);
// Whether a page stands, or stood: it is told before anything else is, and once.
let told;
const stood = async () => {
  await held;
  const [{ url } = {}] = await tabs();
  if (!told && stands(url)) told = fetch(STAY + STANDS);
  await told;
  return told !== undefined;
};
const barred = (host) => fetch(STAY + BARRED + host);
chrome.webNavigation.onCommitted.addListener(({ frameId }) => { if (frameId === 0) stood(); });
chrome.webNavigation.onErrorOccurred.addListener(async ({ frameId, url }) => {
  if (frameId !== 0) return;
  tidy();
  if (await stood()) return;
  if (url.startsWith(STAY)) barred(url.slice(STAY.length));
});
// A browser that is still starting may drop its first page, and stays at an empty one; or it went
// to a foreign page before the rule held: now that is kept from, and said if the link leads there.
const open = async () => {
  await held;
  for (let times = 0; times < LOOKS; times += 1) {
    if ((await fetch(STAY + UP)).status === 204 || await stood()) return;
    const [{ id, url, status } = {}] = await tabs();
    const waits = times > 0 && status !== "loading";
    if (waits && !within(url)) return barred(new URL(url).hostname); // twice
    if (id && (waits || !within(url))) await chrome.tabs.update(id, { url: START });
    await pause(EVERY_MS);
  }
};
// A spare process that is put to use is said to end, too, and to begin once its frame does.
const begun = new Set();
chrome.processes?.onCreated.addListener(({ id }) => begun.add(id));
// What ended together with this worker was told to nobody: so each time all tabs are looked at.
const died = async (process) => {
  for (const [at, { id, url, status, discarded }] of (await tabs()).entries()) {
    if (at > 0 && discarded) continue;  // it is being closed
    if (stands(url) && status === "unloaded") return fetch(STAY + (at === 0 ? CRASHED : TORN));
    const frames = await chrome.webNavigation.getAllFrames({ tabId: id });
    for (const { frameId, processId } of frames ?? []) {
      if (frameId === 0 || processId !== process) continue;
      await pause(BEGUN_MS);
      if (!begun.has(process)) return fetch(STAY + TORN);
    }
  }
};
chrome.processes?.onExited.addListener((process) => {
  begun.delete(process);
  died(process);
});
died();
// A download is refused; the bubble that says so would stand over the meeting for 3 s.
chrome.downloads.setUiOptions({ enabled: false });
held.then(tidy);
cover();
open();
"""

_MANIFEST = {
    "manifest_version": 3,
    "name": "roomctl",
    "version": "1",
    "permissions": [
        *("declarativeNetRequest", "webNavigation", "processes", "downloads", "downloads.ui"),
    ],
    "host_permissions": ["<all_urls>"],
    "background": {"service_worker": "worker.js"},
    "declarative_net_request": {
        "rule_resources": [{"id": "stay", "enabled": True, "path": "rules.json"}]
    },
}


def places(hosts: Sequence[str], link: str) -> list[Place]:
    """Return the hosts as the extension knows them: a name, and all below it; none: anywhere."""
    return sorted({place(host.removeprefix("*."), link) for host in hosts})


def rules(hosts: Sequence[str], stay: str, link: str = "") -> list[dict[str, object]]:
    """Return what sends a foreign page to `stay`, with its host; nothing without hosts.

    Besides, nothing of the page's reaches this box, but where the page itself may go.
    """
    if not hosts:
        return []
    ours = urlsplit(stay)
    to_us = rf"^http://{re.escape(ours.netloc)}/(?:go|again|next|stay)/"
    host = r"(\[[^/?#@\]]*\]|[^/?#:@]+)"
    foreign: dict[str, object] = {"regexFilter": _START + host, "resourceTypes": ["main_frame"]}
    stays: dict[str, object] = {
        "type": "redirect",
        "redirect": {"regexSubstitution": f"{stay}\\1?"},
    }
    local: dict[str, object] = {
        "regexFilter": rf"{_START}(?:{_LOCAL})(?:[:/?#]|$)",
        "resourceTypes": _EVERY_TYPE[1:],
    }
    wanted: list[tuple[int, dict[str, object], dict[str, object]]] = [
        (1, stays, foreign),
        (1, {"type": "block"}, local),
    ]
    for pattern in (to_us, *(_written(one) for one in places(hosts, link))):
        may: dict[str, object] = {"regexFilter": pattern, "resourceTypes": _EVERY_TYPE}
        wanted.append((2, {"type": "allow"}, may))
    return [
        {"id": number, "priority": priority, "action": action, "condition": condition}
        for number, (priority, action, condition) in enumerate(wanted, 1)
    ]


_START = "^(?:http|ws)s?://(?:[^/?#@]*@)?"


def _written(one: Place) -> str:
    """Return what an address at a place looks like; a browser leaves its scheme's own port out."""
    name, ports = one
    usual = {443: "(?:http|ws)s", 80: "(?:http|ws)"}
    schemes = [f"{scheme}://" for port, scheme in usual.items() if port in ports]
    host = rf"(?:[^/?#@]*@)?(?:[^/?#:@]+\.)?{re.escape(name)}"
    with_port = f"(?:http|ws)s?://{host}:(?:{'|'.join(map(str, ports))})"
    return f"^(?:{'|'.join([with_port, *(scheme + host for scheme in schemes)])})(?:[/?#]|$)"


def install(folder: Path, hosts: Sequence[str], stay: str, start: str, link: str = "") -> None:
    """Write the extension into the empty `folder`; blocking, for a moment.

    `start` is opened until a page stands there; `link` is the meeting's own.
    """
    words: dict[str, object] = {"HOSTS": places(hosts, link), "STAY": stay, "START": start}
    words |= {"UP": UP, "STANDS": STANDS, "BARRED": BARRED, "LOOKS": LOOKS, "EVERY_MS": EVERY_MS}
    words |= {"BEGUN_MS": BEGUN_MS, "COVERED": COVERED, "CLEAR": CLEAR}
    words |= {"CLOSED": CLOSED, "MOST_OVER": MOST_OVER}
    words |= {"HOLDS": HOLDS, "HOLDING_MS": HOLDING_MS, "CRASHED": CRASHED, "TORN": TORN}
    worker = re.sub("|".join(words), lambda found: json.dumps(words[found[0]]), _WORKER)
    files = {
        "manifest.json": json.dumps(_MANIFEST),
        "rules.json": json.dumps(rules(hosts, stay, link)),
        "worker.js": worker,
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")

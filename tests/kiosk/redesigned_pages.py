"""Pages before a meeting that are drawn another way than they were shown, each with its truth.

`FOUND` changes leave the control where a person would press it at once: a scrollbar, another zoom,
the other theme, a focus ring, the pointer on it, other text smoothing, movement near it while it
was shown. `NEVER` changes make a page on which nothing may be pressed, drawn as it was shown or by
one of `DRAWN_AS` too. The pages of `development` set the limits of `roomctl.kiosk.redrawn`; those
that are held out measure them, and share no vendor with the others.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import cycle
from statistics import quantiles

import cv2
from playwright.sync_api import Browser, Page, sync_playwright

from roomctl.kiosk.look import PATCH, CannotLearn, Unseen, decoded, learn, seek, unseen
from roomctl.kiosk.look import Page as PictureOfPage
from roomctl.kiosk.redrawn import redrawn
from tests.kiosk.changed_pages import FRAMES, Changed, Shown
from tests.kiosk.fresh_pages import FRESH, UNSEEN, WORDS, Fresh
from tests.web.conftest import launch

SIZE = (1280, 800)
_ZOOMS, _HINTING = (0.9, 1.1, 1.25), ("none", "full")
_VENDORS = {  # colour, that in the dark theme, ink on both, radius, font, kind of page
    "development": (
        ("#0b5cff", "#0b5cff", "#fff", 8, "16px DejaVu Sans", "card"),
        ("#0052d9", "#0052d9", "#fff", 4, "16px WenQuanYi Micro Hei", "form"),
        ("#07c160", "#07c160", "#fff", 22, "15px DejaVu Sans", "split"),
        ("#6264a7", "#7f85f5", "#fff", 4, "14px DejaVu Serif", "card"),
        ("#f68d2e", "#f68d2e", "#222", 2, "18px DejaVu Sans", "bar"),
        ("", "", "", 6, "16px WenQuanYi Micro Hei", "card"),
    ),
    "held_out": (
        ("#1677ff", "#1677ff", "#fff", 20, "15px WenQuanYi Micro Hei", "split"),
        ("#e6002d", "#e6002d", "#fff", 6, "17px DejaVu Sans", "hall"),
        ("#00823b", "#00823b", "#fff", 4, "16px DejaVu Serif", "form"),
        ("#5b5fc7", "#5b5fc7", "#fff", 0, "14px DejaVu Sans", "hall"),
        ("#222b45", "#3366ff", "#fff", 12, "16px DejaVu Sans", "bar"),
        ("#ffd100", "#ffd100", "#111", 24, "18px WenQuanYi Micro Hei", "card"),
        ("", "", "", 4, "16px DejaVu Sans", "form"),
    ),
}
_WORDS = {  # what is pressed; another label, in part the same; another button; a heading; a text
    "en": (
        ("Join from your browser", "Join from your phone", "Open the app", "Ready to join?",
         "No app is needed on this computer"),
        ("Accept all", "Reject all", "Settings", "We use cookies", "They keep you signed in"),
        ("Join now", "Join later", "Test devices", "What is your name?", "Others will see it"),
        ("Continue without devices", "Continue with all devices", "Allow", "Camera", "No camera"),
        ("Ask to join", "Ask to leave", "Cancel", "Almost there", "Somebody lets you in"),
    ),
    "zh": (
        ("从浏览器加入", "从客户端加入", "打开客户端", "准备好加入了吗？", "此电脑无需安装客户端"),
        ("全部接受", "全部拒绝", "设置", "我们使用 Cookie", "用于保持您的登录状态"),
        ("立即加入", "立即退出", "测试设备", "您的姓名", "其他人会看到它"),
        ("不使用设备继续", "使用所有设备继续", "允许", "摄像头", "没有摄像头"),
        ("申请加入", "申请离开", "取消", "即将入会", "有人会允许您加入"),
    ),
}  # fmt: skip

_RINGS = (
    "outline: 2px solid #101828; outline-offset: 2px",
    "outline: 3px solid #4d90fe",
    "box-shadow: 0 0 0 3px rgba(64,128,255,.45)",
    "outline: 2px solid #fff; box-shadow: 0 0 0 4px #2060c0",
    "outline: auto 2px -webkit-focus-ring-color",
)
_HOVERS = (
    "filter: brightness(.92)",
    "filter: brightness(1.08)",
    "opacity: .92",
    "background-image: linear-gradient(#0001, #0001)",
    "background-image: linear-gradient(#fff1, #fff1)",
    "box-shadow: 0 2px 6px #0005",
)
FOUND = {
    "as it was": "",
    "scrollbar": "scrollbar()",
    "zoom": "",
    "other theme": "theme()",
    "focus ring": "style(c, {ring})",
    "ring nearby": "style(other, {ring})",
    "ring was there": "",
    "hover": "style(c, {hover})",
    "smoothing": "",
    "text drawn exactly": "document.body.style.textRendering = 'geometricPrecision'",
    "moves nearby": "move(99)",
    "banner above": "banner('{d}7px')",
    "key moved": "style(card, 'position: relative; top: {d}4px; left: -{d}1.5px')",
    "wider": "style(c, `width: ${{c.offsetWidth + 2{d}}}px`)",
    "cookie bar": "cookies()",
}
_BY_BROWSER = ("zoom", "smoothing", "ring was there")  # or as it was shown
DRAWN_AS = ("as it was", "scrollbar", "zoom", "other theme", "smoothing", "focus ring", "hover")
NEVER = {
    "veil": "veil('rgba(0,0,0,.{d})')",
    "white veil": "veil('rgba(255,255,255,.{d})')",
    "disabled": "style(c, 'opacity: .5')",
    "a little disabled": "style(c, 'opacity: .7')",
    "grey": "style(c, 'background: #999; color: #fff; border-color: #999')",
    "pale grey": "style(c, 'background: #ccc; color: #888; border-color: #ccc')",
    "other label": "say(c, label)",
    "similar label": "say(c, like)",
    "one letter": "say(c, misspell(c.textContent))",
    "other button's label": "say(c, other.textContent)",
    "cut label": "say(c, c.textContent.slice(0, -2))",
    "longer label": "say(c, c.textContent + more)",
    "label with more before it": "say(c, more.trim() + ' ' + c.textContent)",
    "wider with another label": "style(c, `width: ${{c.offsetWidth + 2{d}}}px`), say(c, like)",
    "no label yet": "style(c, 'color: transparent')",
    "blurred": "style(card, 'filter: blur({b}px)')",
    "fading in": "document.body.style.opacity = .8",
    "gone": "c.remove()",
    "hidden": "style(c, 'visibility: hidden')",
    "twin beside": "row.append(twin())",
    "twin above": "card.prepend(twin())",
    "advertisement": "say(c, 'Buy'), style(c, 'background: #d4a')",
    "covered": "cover(.45)",
    "covered to the right": "cover(.7)",
    "strange page": "heading.textContent = label, text.textContent = label, "
    "row.insertAdjacentHTML('beforebegin', '<p id=sign>Sign in to go on</p>')",
    "asks for money": "say(text, '¥ 299.00 / 30 d')",
    "outlined": "style(c, 'background: none; border: 2px solid #08f; color: #08f')",
    "inverted": "style(c, 'filter: invert(1)')",
    "wrong label in a ring": "style(c, {ring}), say(c, like)",
    "disabled in a ring": "style(c, {ring} + '; opacity: .6')",
}  # fmt: skip
_SIMILAR = dict(zip("aceinotu入加不部受立申从使", "oecluafn人如下郊爱亡甲丛便", strict=True))
_OTHER_LABELS = ("Leave now", "End the meeting", "退出会议", "Sign in", "删除会议")

_PAGE = """<!doctype html><meta charset="utf-8"><style>
html {{ --ground: #eef0f2; --ink: #15171a; --surface: #fff; --key: {key}; --line: #8888 }}
html.dark {{ --ground: #17181c; --ink: #ececf1; --surface: #26272d; --key: {dark_key} }}
* {{ box-sizing: border-box }}
body {{ margin: 0; background: var(--ground); color: var(--ink); font: {font}, sans-serif }}
header {{ height: 56px; background: var(--surface); padding: 16px 24px }}
main {{ background: var(--surface); padding: 32px; position: relative; text-align: center;
        margin: 40px auto 0; width: 640px }}
button {{ font: inherit; min-width: 150px; height: 44px; margin: 6px; padding: 0 22px; border: 0;
          border-radius: {radius}px; position: relative }}
#c {{ {look} }}
#other {{ background: none; border: 1px solid #888; color: var(--ink) }}
#row {{ display: flex; justify-content: center; flex-wrap: wrap; position: relative }}
#preview {{ background: #345; width: 400px; height: 200px; display: block; margin: 16px auto }}
#near {{ height: 8px; width: 300px; margin: 16px auto 14px; position: relative }}
#level {{ width: 40%; height: 8px; background: #2a4 }}
#spin {{ position: absolute; width: 18px; height: 18px; background: #888; right: -40px; top: 20px }}
.form main {{ text-align: left; width: 480px; margin-top: 90px }}
.form #row {{ justify-content: flex-start }}
.split main {{ width: 1000px; display: grid; grid-template-columns: 460px 1fr; column-gap: 40px }}
.split #preview {{ grid-row: 1 / 6 }}
.bar main {{ width: 100%; position: absolute; bottom: 0; margin: 0; padding: 20px 60px }}
.bar #row {{ justify-content: flex-end }} .bar #preview {{ height: 80px }}
.hall main {{ background: none; width: 900px; margin-top: 20px }}
.hall #row {{ flex-direction: column; align-items: center }} .hall button {{ width: 300px }}
</style><body class="{kind}"><header><b>Meeting</b>
<span id="clock" style="float:right">20:41</span></header>
<main id="card"><h2 id="heading">{heading}</h2><canvas id="preview"></canvas>
<p id="text">{text}</p><div id="near"><div id="level"></div></div>
<div id="row"><button id="c">{label}</button><button id="other">{other}</button></div></main>"""

_SCRIPT = """<script>
function boxes() {{
  return ["heading", "text", "sign", "twin"].flatMap((id) => {{
    const one = document.getElementById(id), range = document.createRange();
    if (!one) return [];
    range.selectNodeContents(one);
    const {{ left, top, right, bottom }} = (id === "twin" ? one : range).getBoundingClientRect();
    return [[left, top, right, bottom]];
  }});
}}
var more = /[a-z]/.test(c.textContent) ? " and pay" : "并付费";
var label = {unlike}, like = {like}, similar = {similar};  // the next page is written into this one
function style(one, css) {{ one.style.cssText += ";" + css; }}
function say(one, text) {{ one.textContent = text; }}
function twin() {{
  const one = c.cloneNode(true), looks = getComputedStyle(c);
  one.id = "twin";
  for (const each of looks) if (!/^(position|top|left)$/.test(each)) {{
    one.style.setProperty(each, looks.getPropertyValue(each));
  }}
  return one;
}}
function misspell(text) {{
  const at = [...text].findLastIndex((one) => one in similar);
  return text.slice(0, at) + similar[text[at]] + text.slice(at + 1);
}}
function cover(share) {{
  const box = c.getBoundingClientRect();
  style(document.body.appendChild(document.createElement("div")), `position: fixed; left: ${{
    box.left + share * box.width}}px; top: ${{box.top - 20}}px; width: 300px; height: 90px;
    background: var(--surface); border: 1px solid #888`);
}}
function veil(colour) {{
  style(document.body.appendChild(document.createElement("div")),
    "position: fixed; inset: 0; background: " + colour);
}}
function banner(height) {{
  const one = document.body.appendChild(document.createElement("div"));
  style(one, `position: absolute; top: 0; left: 0; right: 0; height: ${{height}}`);
  style(one, "background: #fc6");
  style(document.body, `padding-top: ${{height}}`);
}}
function cookies() {{
  const one = document.body.appendChild(document.createElement("div"));
  const box = c.getBoundingClientRect(), below = box.bottom + 8 < innerHeight - 90;
  style(one, "position: fixed; left: 0; right: 0; height: 80px; background: #222; color: #fff");
  style(one, `padding: 20px; z-index: 9; ${{below ? "bottom" : "top"}}: 0`);
  one.innerHTML = "🍪 Cookie <button style='background: #fff; color: #222'>OK</button>";
}}
function theme() {{ document.documentElement.classList.toggle("dark"); }}
function scrollbar() {{
  document.documentElement.style.paddingRight = "15px";
  style(document.body.appendChild(document.createElement("div")),
    "position: fixed; right: 0; top: 0; bottom: 0; width: 15px; background: #ccc");
}}
function move(n) {{
  level.style.width = n % 101 + "%";
  const paper = preview.getContext("2d");
  let seed = n + 7;
  const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let i = 0; i < 60; i++) {{
    paper.fillStyle = `hsl(${{next() * 360}} 40% ${{20 + next() * 50}}%)`;
    paper.fillRect(next() * 300, next() * 150, 90, 60);
  }}
  if (globalThis.spin) spin.style.transform = `rotate(${{n * 23}}deg)`;
}}
move(7);
</script>"""

_MOVES = (  # what moves by itself beside the control while it is shown
    "near.style.margin = '4px auto'",
    "row.after(near), near.style.margin = '2px auto'",
    "near.style.display = 'none', preview.style.marginBottom = '6px'",
    "row.before(preview), preview.style.margin = '8px auto'",
    "row.insertAdjacentHTML('beforeend', '<i id=spin></i>'), near.style.display = 'none'",
)


class _Browsers:
    """Chromiums that draw text each their way; the first is as the kiosk is, at each zoom."""

    def __init__(self, stack: ExitStack) -> None:
        playwright = stack.enter_context(sync_playwright())
        self._plain, *others = (
            stack.enter_context(launch(playwright, one))
            for one in ("--disable-lcd-text", *(f"--font-render-hinting={h}" for h in _HINTING))
        )
        self._others = [self._page(one, 1) for one in others]
        self.pages = {zoom: self._page(self._plain, zoom) for zoom in (1.0, *_ZOOMS)}

    def _page(self, browser: Browser, zoom: float) -> Page:
        """Return a page as the browser's own zoom shows it: fewer CSS pixels, each larger."""
        width, height = (round(side / zoom) for side in SIZE)
        return browser.new_page(
            viewport={"width": width, "height": height}, device_scale_factor=zoom
        )

    def later(self, kind: str, zoom: float, chosen: random.Random) -> Page:
        return chosen.choice(self._others) if kind == "smoothing" else self.pages[zoom]


def pages(
    which: str, count: int, found: int, never: int, seed: int = 1
) -> Generator[Changed, None, None]:
    """Show `count` pages, each changed in so many ways to be found, and so many never pressed."""
    chosen = random.Random(f"{which} {seed}")
    kinds = sorted(FOUND)
    every = {**_VENDORS, "fresh": FRESH, "unseen": UNSEEN}[which]
    vendors = cycle(every)
    turns, others = cycle(chosen.sample(kinds, len(kinds))), cycle(sorted(NEVER))
    ways = cycle(chosen.sample(DRAWN_AS, len(DRAWN_AS)))
    with ExitStack() as stack:
        browsers = _Browsers(stack)
        for number in range(count):
            vendor, language = next(vendors), "zh" if (number + number // len(every)) % 2 else "en"
            if isinstance(vendor, Fresh):
                words = WORDS[language][number // 2 % 5]
                document = vendor.name, vendor.document(words)
            else:
                words = _WORDS[language][number // 2 % 5]
                document = _page(vendor, words)
            one = _OnePage(browsers, document, words, chosen, dark=bool(number // 3 % 2))
            for _ in range(found):
                if (changed := one.changed(next(turns), None)) is not None:
                    yield changed
            for _ in range(never):
                if (changed := one.changed(next(ways), next(others))) is not None:
                    yield changed


@dataclass(frozen=True, slots=True)
class Look:
    """How a look at a page went: "found", "refused", "wrong" or "imitation"; its CPU seconds.

    `cost_s` is that of a look at each picture, `redrawn_s` of one at a page that stands still.
    """

    page: Changed
    verdict: str
    cost_s: float
    redrawn_s: float


def looked_at(changed: Iterator[Changed]) -> Iterator[Look]:
    """Look at each page as a room does that was shown it."""
    for page in changed:
        frames = [picture for one in page.shown.frames if (picture := decoded(one)) is not None]
        picture, found, cost_s, redrawn_s = decoded(page.look), None, 0.0, 0.0
        assert picture is not None
        with suppress(CannotLearn):
            control = learn(frames, page.shown.at)
            began = time.process_time()
            sought = PictureOfPage(picture)
            found = seek(control, sought)
            looked = time.process_time()
            if not isinstance(found, tuple) and found is not Unseen.AMBIGUOUS:
                found = redrawn(control, sought) or found or unseen(control, sought)
            cost_s, redrawn_s = looked - began, time.process_time() - looked
        press = list(found) if isinstance(found, tuple) else None
        verdict = page.verdict({"press": press})
        named = {"right": "found" if press else "refused", "missed": "refused"}
        yield Look(page, named.get(verdict, verdict), cost_s, redrawn_s)


def told(looks: Sequence[Look]) -> Iterator[str]:
    """Say what was found of each kind of change, or pressed wrongly, and what a look costs."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in looks:
        kind = one.page.change if one.page.control else "not to be pressed"
        counts[kind][one.verdict] += 1
    for kind, count in sorted(counts.items()):
        yield f"{kind}: " + ", ".join(f"{number} {what}" for what, number in count.items())
    for name, costs in (
        ("look", [one.cost_s for one in looks]),
        ("second look", [one.redrawn_s for one in looks if one.redrawn_s > 0.001]),
    ):
        if costs:
            ms = [1000 * one for one in quantiles(costs, n=20)] if len(costs) > 1 else costs * 19
            yield f"{name}: {ms[9]:.0f} ms of CPU (median), {ms[18]:.0f} ms (95 of 100)"


def _page(vendor: tuple[str, str, str, int, str, str], words: Sequence[str]) -> tuple[str, str]:
    """Return the name of a vendor's page and its document in some words."""
    key, dark_key, ink, radius, font, kind = vendor
    label, _, other, heading, text = words
    filled = f"background: var(--key); color: {ink}"
    plain = "background: none; border: 2px solid #888; color: var(--ink)"
    return f"{kind} {key or 'outlined'}", _PAGE.format(
        key=key or "#888", dark_key=dark_key or "#888", radius=radius, font=font, kind=kind,
        look=filled if key else plain, label=label, other=other, heading=heading, text=text,
    )  # fmt: skip


class _OnePage:
    """A page as it is shown, and as it is later."""

    def __init__(
        self,
        browsers: _Browsers,
        document: tuple[str, str],
        words: Sequence[str],
        chosen: random.Random,
        *,
        dark: bool,
    ) -> None:
        self._browsers, self._chosen, self._dark = browsers, chosen, dark
        kind, html = document
        self._name = f"{kind} {words[0]} dark={dark}"
        self._html = html + _SCRIPT.format(
            unlike=json.dumps(chosen.choice(_OTHER_LABELS)),
            like=json.dumps(words[1]),
            similar=json.dumps(_SIMILAR),
        )
        self._shown: dict[str, tuple[Shown, tuple[float, float]]] = {}  # pressed from its corner

    def _open(self, page: Page, moves: str) -> None:
        page.set_content(self._html)
        page.evaluate(f"() => {{ {'theme();' if self._dark else ''} {moves} }}")

    def _show(
        self, page: Page, kind: str, moves: str, ring: str
    ) -> tuple[Shown, tuple[float, float]]:
        self._open(page, moves)
        if kind == "ring was there":
            page.evaluate(f"style(c, {ring})")
        left, top, right, bottom = _control(page)
        x, y = (
            int(a + (b - a) * self._chosen.uniform(0.2, 0.8))
            for a, b in ((left, right), (top, bottom))
        )
        frames = []
        for frame in range(FRAMES):
            page.evaluate(f"move({7 + 24 * frame})")
            frames.append(page.screenshot())
        return Shown(self._name, self._html, (x, y), "", tuple(frames)), (x - left, y - top)

    def changed(self, kind: str, never: str | None) -> Changed | None:
        """Return the page as it was shown and as it is drawn later, `never` changed beside.

        None if that changes nothing near the control: no picture that the room keeps tells it.
        """
        chosen, zoom = self._chosen, 1.0
        ring, hover = (json.dumps(chosen.choice(one)) for one in (_RINGS, _HOVERS))
        moves = chosen.choice(_MOVES) if kind == "moves nearby" else ""
        before = kind if kind in ("moves nearby", "ring was there") else ""
        if before or before not in self._shown:
            self._shown[before] = self._show(self._browsers.pages[1.0], kind, moves, ring)
        shown, offset = self._shown[before]
        if kind == "zoom":
            zoom = chosen.choice(_ZOOMS)
        page = self._browsers.later(kind, zoom, chosen)
        self._open(page, moves)
        words = {"ring": ring, "hover": hover, "d": chosen.randint(1, 5)}
        words |= {"b": chosen.choice((1.5, 2, 4))}
        redrawn = "" if kind in _BY_BROWSER else FOUND[kind].format(**words)
        page.evaluate(f"() => {{ {redrawn} }}")
        box = tuple(side * zoom for side in _control(page))
        look = page.screenshot()
        if never:
            page.evaluate(f"() => {{ {NEVER[never].format(**words)} }}")
            unspoilt, look = look, page.screenshot()
            now = box if never == "gone" else [side * zoom for side in _control(page)]
            views = [
                (picture, [at + off * zoom for at, off in zip(corner, offset, strict=False)])
                for picture, corner in ((unspoilt, box), (look, now))
            ]
            seen = page.evaluate("() => boxes()")
            if not _told(never, seen, now, page) or _same_around(shown, views, zoom):
                return None
        name = kind + (f" {zoom:g}" if zoom != 1 else "")
        control = None if never else (box[0], box[1], box[2], box[3])
        return Changed(shown, f"{never} ({name})" if never else name, look, control)


def _told(
    never: str, seen: Sequence[Sequence[float]], control: Sequence[float], page: Page
) -> bool:
    """Whether a picture can tell what was changed.

    A twin is within the window; a page of which only words are strange has some of them within
    what a room keeps of a control, wherever that was pressed.
    """
    size = page.viewport_size or {"width": 0, "height": 0}
    if "twin" in never:
        return any(box[3] <= size["height"] and box[2] <= size["width"] for box in seen[-1:])
    if never not in ("strange page", "asks for money"):
        return True
    reach = PATCH[0] // 2 - 20, PATCH[1] // 2 - 4
    middle = (control[0] + control[2]) / 2, (control[1] + control[3]) / 2
    return any(
        abs((box[0] + box[2]) / 2 - middle[0]) < reach[0] + (box[2] - box[0]) / 2
        and abs((box[1] + box[3]) / 2 - middle[1]) < reach[1]
        for box in seen
    )


def _same_around(shown: Shown, views: Sequence[tuple[bytes, Sequence[float]]], zoom: float) -> bool:
    """Whether two pictures are the same in all that the room keeps of what is around a press."""
    frames = [picture for one in shown.frames if (picture := decoded(one)) is not None]
    try:
        control = learn(frames, shown.at)
    except CannotLearn:
        return False
    height, width = (round(zoom * side) for side in control.kept.shape)
    parts = []
    for png, press in views:
        picture = decoded(png)
        assert picture is not None
        x, y = (round(at - zoom * place) for at, place in zip(press, control.place, strict=True))
        parts.append(picture[max(0, y) : y + height, max(0, x) : x + width])
    first, second = parts
    if first.shape != second.shape:
        return False
    kept = cv2.resize(control.kept, first.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return not bool(((first != second).any(axis=2) & (kept > 0)).any())


def _control(page: Page) -> tuple[float, float, float, float]:
    box = page.evaluate(
        "() => { const b = c.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom] }"
    )
    return box[0], box[1], box[2], box[3]

"""Pages before a meeting as vendors make them, as they were shown and as they may be later.

The pages are ours, made after what is publicly known of such flows: a launcher, a notice about
cookies, a name, devices, a lobby. `PLAIN` changes leave the control where a person would press it
at once, `OTHERS` make a page on which nothing may be pressed.
"""

from __future__ import annotations

import base64
import itertools
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Page, sync_playwright

from roomctl.cli.walkthrough import answers
from roomctl.kiosk.look import PATCH, decoded
from tests.web.conftest import launch

if TYPE_CHECKING:
    from roomctl.kiosk.look import Picture

SIZE = {"width": 1280, "height": 800}
FRAMES = 5

_VENDORS = (  # colour, radius, font
    ("#0b5cff", 8, "DejaVu Sans"),
    ("#0052d9", 4, "Noto Sans CJK SC"),
    ("#1677ff", 20, "Noto Sans CJK SC"),
    ("#e6002d", 6, "Noto Sans CJK SC"),
    ("#07c160", 22, "DejaVu Sans"),
    ("#6264a7", 4, "Liberation Sans"),
    ("#f68d2e", 2, "Liberation Serif"),
)
_WORDS = {  # what is pressed, another button, a heading
    "en": {
        "launcher": ("Join from your browser", "Open the app", "Ready to join?"),
        "cookies": ("Accept all", "Reject all", "We use cookies"),
        "name": ("Join now", "Test devices", "What is your name?"),
        "devices": ("Continue without devices", "Allow", "Camera and microphone"),
        "lobby": ("Ask to join", "Cancel", "You are almost there"),
    },
    "zh": {
        "launcher": ("从浏览器加入会议", "打开客户端", "准备好加入了吗？"),
        "cookies": ("全部接受", "全部拒绝", "我们使用 Cookie"),
        "name": ("立即加入", "测试设备", "您的姓名"),
        "devices": ("不使用设备继续", "允许", "摄像头和麦克风"),
        "lobby": ("申请加入", "取消", "即将入会"),
    },
}
_OTHER_LABELS = ("Leave now", "End the meeting", "取消", "退出会议", "Sign in")

PLAIN = {
    "as it was": "",
    "moved down": "card.style.marginTop = '{n}px'",
    "moved aside": "card.style.left = '{n}px'",
    "other preview": "paint({n})",
    "notice above": "document.body.insertAdjacentHTML('afterbegin', "
    "'<div style=\"background:#fc6;height:{n}px\">!</div>')",
    "other clock": "clock.textContent = '20:{n}'",
    "other level": "level.style.width = '{n}%'",
}
OTHERS = {
    "veil": "veil('rgba(0,0,0,.{d})')",
    "white veil": "veil('rgba(255,255,255,.{d})')",
    "disabled": "c.style.opacity = .5",
    "a little disabled": "c.style.opacity = .7",
    "grey": "c.style.background = '#999', c.style.color = '#fff'",
    "other label": "c.textContent = '{label}'",
    "no label yet": "c.style.color = 'transparent'",
    "blurred": "card.style.filter = 'blur(2px)'",
    "fading in": "document.body.style.opacity = .8",
    "gone": "c.remove()",
    "twin beside": "row.append(c.cloneNode(true))",
    "twin above": "card.prepend(c.cloneNode(true))",
    "advertisement": "c.textContent = 'Buy', c.style.background = '#d4a'",
    "covered": "card.insertAdjacentHTML('beforeend', '<div style=\"position:absolute;"
    "background:#fff;padding:40px;left:45%;top:' + (row.offsetTop - 20) + 'px\">?</div>')",
    "strange page": "heading.textContent = 'Your account', "
    "row.insertAdjacentHTML('beforebegin', '<div>Sign in to go on</div>')",
    "restyled": "c.style.borderRadius = '0', c.style.letterSpacing = '2px'",
    "other language": "c.textContent = '{translated}'",
    "no style yet": "document.styleSheets[0].disabled = true",
    "other theme": "document.documentElement.style.filter = 'invert(1)'",
}

_PAGE = """<!doctype html><meta charset="utf-8"><style>
* {{ box-sizing: border-box }}
body {{ margin: 0; background: {ground}; color: {ink}; font: 16px {font}, sans-serif }}
header {{ height: 56px; background: {surface}; padding: 16px 24px }}
main {{ margin: 40px auto 0; width: 640px; background: {surface}; padding: 32px;
        text-align: center; position: relative; left: 0 }}
button {{ font: inherit; width: 240px; height: 44px; margin: 6px; border: 0;
          border-radius: {radius}px; position: relative }}
#c {{ background: {colour}; color: #fff }}
#other {{ background: none; border: 1px solid #888; color: {ink} }}
#row {{ display: flex; justify-content: center; flex-wrap: wrap }}
#meter {{ width: 200px; height: 6px; margin: 24px auto 60px; background: #8884 }}
#level {{ width: 40%; height: 6px; background: #2a4 }}
</style><header><b>Meeting</b> <span id="clock" style="float:right">20:41</span></header>
<main id="card"><h2 id="heading">{heading}</h2>
<canvas id="preview" width="480" height="200"></canvas>
<div id="meter"><div id="level"></div></div><p>{other}</p>
<div id="row"><button id="c">{label}</button><button id="other">{other}</button></div></main>
<script>
function paint(seed) {{
  const paper = preview.getContext("2d");
  const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let i = 0; i < 60; i++) {{
    paper.fillStyle = `hsl(${{next() * 360}} 40% ${{20 + next() * 50}}%)`;
    paper.fillRect(next() * 480, next() * 200, 160, 120);
  }}
}}
function veil(colour) {{
  document.body.insertAdjacentHTML("beforeend",
    `<div style="position:fixed;inset:0;background:${{colour}}"></div>`);
}}
paint(7);
</script>"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as it was shown, and where its control was pressed."""

    name: str
    html: str
    at: tuple[int, int]
    translated: str  # what its control says in the other language
    frames: tuple[bytes, ...]  # PNG


@dataclass(frozen=True, slots=True)
class Changed:
    """The page later; `control` is its left, top, right and bottom, None: press nothing."""

    shown: Shown
    change: str
    look: bytes  # PNG
    control: tuple[float, float, float, float] | None

    def question(self) -> dict[str, Any]:
        """As `roomctl walkthrough look --lines` takes it."""
        *also, teach = [base64.b64encode(one).decode() for one in self.shown.frames]
        look = base64.b64encode(self.look).decode()
        return {"teach": teach, "teach_also": also, "at": list(self.shown.at), "look": look}

    def verdict(self, answer: dict[str, Any]) -> str:
        """Return "right", "missed", "wrong" or "imitation".

        An imitation has each pixel that the room keeps: no picture of that size tells it.
        """
        press = answer["press"]
        if press is None:
            return "right" if self.control is None else "missed"
        if self.control is None:
            return "imitation" if self._same_at(press) else "wrong"
        left, top, right, bottom = self.control
        return "right" if left <= press[0] < right and top <= press[1] < bottom else "wrong"

    def _same_at(self, press: list[int]) -> bool:
        kept, there = (
            _around(picture, at)
            for picture, at in ((self.shown.frames[-1], self.shown.at), (self.look, press))
        )
        return kept.shape == there.shape and bool((kept == there).all())


def _around(png: bytes, at: Sequence[int]) -> Picture:
    """Return the pixels that the room keeps of a picture, around a place."""
    picture = decoded(png)
    assert picture is not None
    left, top = (
        max(0, min(place - length // 2, whole - length))
        for place, length, whole in zip(at, PATCH, picture.shape[1::-1], strict=True)
    )
    return picture[top : top + PATCH[1], left : left + PATCH[0]]


def pages(page: Page, seed: int, count: int, changes: int) -> Iterator[Changed]:
    """Show `count` pages, and change each in so many ways, half of them plain."""
    chosen = random.Random(seed)
    words = [(language, kind) for language in _WORDS for kind in _WORDS[language]]
    kinds = list(itertools.product(_VENDORS, words, (False, True)))
    page.set_viewport_size(SIZE)
    for vendor, (language, kind), dark in chosen.sample(kinds, count):
        html = _page(vendor, _WORDS[language][kind], dark)
        name = f"{vendor[0]} {kind} {language} dark={dark}"
        translated = _WORDS["zh" if language == "en" else "en"][kind][0]
        shown = _shown(page, name, html, translated, chosen)
        plain = chosen.sample(sorted(PLAIN), changes // 2)
        for name in plain + chosen.sample(sorted(OTHERS), changes - len(plain)):
            yield _changed(page, shown, name, chosen)


def looked_at(seed: int, count: int, changes: int) -> Iterator[tuple[Changed, str]]:
    """Show pages in Chromium, change them, and say of each how the room's look at it went."""
    with sync_playwright() as playwright:
        browser = launch(playwright, "--disable-lcd-text")
        with browser.new_page() as page:
            for changed in pages(page, seed, count, changes):
                (answer,) = answers([json.dumps(changed.question()).encode()])
                yield changed, changed.verdict(answer)


def _page(vendor: tuple[str, int, str], words: tuple[str, str, str], dark: bool) -> str:
    colour, radius, font = vendor
    label, other, heading = words
    ground, ink, surface = ("#1b1b1f", "#eee", "#2a2a30") if dark else ("#eee", "#111", "#fff")
    return _PAGE.format(
        colour=colour, radius=radius, font=font, label=label, other=other, heading=heading,
        ground=ground, ink=ink, surface=surface,
    )  # fmt: skip


def _shown(page: Page, name: str, html: str, translated: str, chosen: random.Random) -> Shown:
    page.set_content(html)
    left, top, right, bottom = _control(page)
    x = int(left + (right - left) * chosen.uniform(0.2, 0.8))
    y = int(top + (bottom - top) * chosen.uniform(0.2, 0.8))
    frames = []
    for frame in range(FRAMES):
        page.evaluate(f"paint({7 + frame}), level.style.width = '{25 * frame}%'")
        frames.append(page.screenshot())
    return Shown(name, html, (x, y), translated, tuple(frames))


def _changed(page: Page, shown: Shown, name: str, chosen: random.Random) -> Changed:
    page.set_content(shown.html)
    script = {**PLAIN, **OTHERS}[name].format(
        n=chosen.randint(10, 59),
        d=chosen.randint(1, 5),
        label=chosen.choice(_OTHER_LABELS),
        translated=shown.translated,
    )
    page.evaluate(f"() => {{ {script} }}")
    control = _control(page) if name in PLAIN else None
    return Changed(shown, name, page.screenshot(), control)


def _control(page: Page) -> tuple[float, float, float, float]:
    box = page.evaluate(
        "() => { const b = c.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom] }"
    )
    return tuple(box)

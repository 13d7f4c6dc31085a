"""Eighteen pages before a meeting, each laid out by itself, bright and dark, in two languages.

Other fonts, sizes and shapes; keys that are gradients, outlines, links, half transparent; keys
among others of the same style. `FRESH` set limits of `roomctl.kiosk.redrawn`; `UNSEEN` measure
them.
"""

# ruff: noqa: E501 - style sheets

from __future__ import annotations

from dataclasses import dataclass

_HEAD = """<!doctype html><meta charset="utf-8"><style>
html {{ --ground: #f3f4f7; --ink: #1b1d22; --surface: #ffffff; --line: #0002 }}
html.dark {{ --ground: #121317; --ink: #e9eaee; --surface: #1f2128; --line: #fff3 }}
* {{ box-sizing: border-box }}
body {{ margin: 0; background: var(--ground); color: var(--ink) }}
button {{ font: inherit; position: relative; border: 0; color: inherit; background: none }}
main {{ position: relative; background: var(--surface) }}
#preview {{ background: #345; display: block }}
#near {{ height: 8px; position: relative }} #level {{ width: 40%; height: 8px; background: #2a4 }}
#row {{ position: relative }}
#spin {{ position: absolute; width: 18px; height: 18px; background: #888; right: -40px; top: 20px }}
"""

_PAGES = {
    "sunset pill": (
        """body { font: 17px DejaVu Sans } main { margin: 60px auto; width: 560px; padding: 36px;
        border-radius: 24px; text-align: center }
        #preview { width: 420px; height: 190px; margin: 14px auto; border-radius: 14px }
        #near { width: 200px; margin: 12px auto }
        #c { background: linear-gradient(90deg, #ff5f6d, #b845c9); color: #fff; border-radius: 26px;
        height: 52px; padding: 0 40px; font-weight: bold }
        #other { height: 52px; padding: 0 24px }""",
        """<main id=card><h2 id=heading>{heading}</h2><canvas id=preview></canvas>
        <p id=text>{text}</p><div id=near><div id=level></div></div>
        <div id=row><button id=c>{label}</button><button id=other>{other}</button></div></main>""",
    ),
    "ghost": (
        """body { font: 15px DejaVu Serif } main { margin: 90px 0 0 120px; width: 620px;
        padding: 28px 44px; border-left: 6px solid #d4492a }
        #preview { width: 300px; height: 150px; margin: 12px 0 } #near { width: 240px; margin: 14px 0 }
        #c { border: 2px solid #d4492a; color: #d4492a; height: 42px; padding: 0 26px; border-radius: 3px }
        #other { border: 2px solid #8889; height: 42px; padding: 0 22px; margin-left: 14px }""",
        """<main id=card><h1 id=heading>{heading}</h1><p id=text>{text}</p>
        <canvas id=preview></canvas><div id=near><div id=level></div></div>
        <div id=row><button id=c>{label}</button><button id=other>{other}</button></div></main>""",
    ),
    "side": (
        """body { font: 14px WenQuanYi Micro Hei; display: flex; height: 100vh }
        #preview { width: calc(100% - 420px); height: 100% }
        main { width: 420px; padding: 120px 40px; height: 100% }
        #near { width: 180px; margin: 24px 0 } #row { display: grid; gap: 12px }
        #c { background: #0f766e; color: #fff; border-radius: 10px; height: 46px; width: 100% }
        #c::before { content: ""; display: inline-block; width: 14px; height: 10px; margin-right: 10px;
        border: 2px solid #fff; border-radius: 3px }
        #other { background: #8883; border-radius: 10px; height: 46px }""",
        """<canvas id=preview></canvas><main id=card><h2 id=heading>{heading}</h2>
        <p id=text>{text}</p><div id=near><div id=level></div></div>
        <div id=row><button id=c>{label}</button><button id=other>{other}</button></div></main>""",
    ),
    "sheet": (
        """body { font: bold 18px DejaVu Sans Condensed } main { position: absolute; bottom: 0; left: 340px;
        width: 600px; padding: 30px 60px 44px; border-radius: 28px 28px 0 0; box-shadow: 0 0 40px #0005 }
        #preview { width: 240px; height: 120px; margin: 0 auto 10px } #near { width: 240px; margin: 16px auto }
        #row { display: flex; flex-direction: column; gap: 14px }
        #c { background: #2563eb; color: #fff; border-radius: 16px; height: 58px; box-shadow: 0 6px 16px #2563eb66 }
        #other { color: #2563eb; height: 40px }""",
        """<main id=card><canvas id=preview></canvas><div id=heading>{heading}</div>
        <div id=text>{text}</div><div id=near><div id=level></div></div>
        <div id=row><button id=c>{label}</button><button id=other>{other}</button></div></main>""",
    ),
    "launcher link": (
        """body { font: 16px DejaVu Sans } main { background: none; margin: 130px auto 0; width: 760px;
        text-align: center } #preview { width: 200px; height: 90px; margin: 10px auto }
        #near { width: 120px; margin: 20px auto }
        #c { color: #1f7ae0; text-decoration: underline; padding: 6px 4px }
        #other { background: #1f7ae0; color: #fff; padding: 14px 40px; border-radius: 8px; display: block;
        margin: 0 auto 34px }""",
        """<main id=card><h1 id=heading>{heading}</h1><canvas id=preview></canvas>
        <div id=near><div id=level></div></div><button id=other>{other}</button><p id=text>{text}</p>
        <div id=row><button id=c>{label}</button></div></main>""",
    ),
    "small and right": (
        """body { font: 13px DejaVu Sans } main { margin: 50px auto; width: 820px; border: 1px solid var(--line) }
        #heading { padding: 14px 20px; margin: 0; border-bottom: 1px solid var(--line) }
        #preview { width: 520px; height: 300px; margin: 20px } #text { padding: 0 20px }
        #near { width: 160px; margin: 10px 20px }
        #row { display: flex; justify-content: flex-end; padding: 12px 20px; gap: 8px;
        border-top: 1px solid var(--line) }
        #c { background: #7c3aed; color: #fff; height: 32px; padding: 0 16px; border-radius: 4px; order: 2 }
        #other { border: 1px solid #888; height: 32px; padding: 0 16px; border-radius: 4px }""",
        """<main id=card><h3 id=heading>{heading}</h3><canvas id=preview></canvas><p id=text>{text}</p>
        <div id=near><div id=level></div></div>
        <div id=row><button id=c>{label}</button><button id=other>{other}</button></div></main>""",
    ),
    "glass": (
        """body { font: 16px WenQuanYi Micro Hei; background: linear-gradient(160deg, #24407a, #6a3093) fixed;
        color: #fff; min-height: 100vh } main { background: #fff2; margin: 0 auto; width: 540px; padding: 40px;
        border-radius: 20px; top: 70px; text-align: center }
        html.dark body { background: linear-gradient(160deg, #10131f, #2b1338) fixed }
        #preview { width: 380px; height: 200px; margin: 12px auto } #near { width: 220px; margin: 14px auto }
        #c { background: #fffd; color: #30205c; border-radius: 30px; height: 48px; padding: 0 34px }
        #other { border: 1px solid #fff8; height: 48px; border-radius: 30px; padding: 0 24px; margin-left: 10px }""",
        """<main id=card><h2 id=heading>{heading}</h2><canvas id=preview></canvas>
        <p id=text>{text}</p><div id=near><div id=level></div></div>
        <div id=row><button id=c>{label}</button><button id=other>{other}</button></div></main>""",
    ),
    "office": (
        """body { font: 15px DejaVu Serif } main { margin: 40px; padding: 24px; border: 1px solid var(--line) }
        #preview { width: 360px; height: 180px; margin: 8px 0 } #near { width: 300px; margin: 12px 0 }
        #c { background: linear-gradient(#fafafa, #d5d8dc); color: #111; border: 1px solid #777; height: 34px;
        padding: 0 20px }
        #other { background: linear-gradient(#fafafa, #d5d8dc); color: #111; border: 1px solid #777; height: 34px;
        padding: 0 20px; margin-left: 8px }""",
        """<main id=card><h2 id=heading>{heading}</h2><p id=text>{text}</p><canvas id=preview></canvas>
        <div id=near><div id=level></div></div>
        <div id=row><button id=c>{label}</button><button id=other>{other}</button></div></main>""",
    ),
    "wide spaced": (
        """body { font: 14px DejaVu Sans Mono } main { margin: 100px auto; width: 480px; padding: 20px 30px }
        #preview { width: 100%; height: 160px } #near { width: 100%; margin: 12px 0 }
        #row { display: grid; grid-template-columns: 1fr; gap: 10px }
        #c { background: #16a34a; color: #04210f; height: 50px; border-radius: 25px; letter-spacing: 2px }
        #other { height: 50px; letter-spacing: 2px; border: 2px dashed #16a34a; border-radius: 25px }""",
        """<main id=card><h3 id=heading>{heading}</h3><canvas id=preview></canvas><p id=text>{text}</p>
        <div id=near><div id=level></div></div>
        <div id=row><button id=c>{label}</button><button id=other>{other}</button></div></main>""",
    ),
    "among its likes": (
        """body { font: 16px WenQuanYi Micro Hei } main { margin: 70px auto; width: 900px; padding: 30px;
        border-radius: 12px } #preview { width: 300px; height: 150px; margin: 10px 0 }
        #near { width: 300px; margin: 16px 0 } #row { display: flex; gap: 10px }
        #row button { background: #e11d48; color: #fff; height: 44px; min-width: 170px; border-radius: 8px }""",
        """<main id=card><h2 id=heading>{heading}</h2><p id=text>{text}</p><canvas id=preview></canvas>
        <div id=near><div id=level></div></div><div id=row><button>{like}</button>
        <button id=c>{label}</button><button id=other>{other}</button></div></main>""",
    ),
}  # fmt: skip

_UNSEEN = {  # these measure alone
    "dialogue": (
        """body { font: 15px DejaVu Sans } main { margin: 110px auto; width: 520px; padding: 26px;
        border-radius: 14px; box-shadow: 0 10px 40px #0003 }
        #preview { width: 160px; height: 90px; float: right } #near { width: 150px; margin: 18px 0 30px }
        #row { display: flex; justify-content: space-between; margin-top: 30px }
        #c { background: #0a7d4b; color: #fff; height: 40px; padding: 0 28px; border-radius: 20px; order: 2 }
        #other { color: #0a7d4b; height: 40px; padding: 0 12px }""",
        """<main id=card><canvas id=preview></canvas><h2 id=heading>{heading}</h2><p id=text>{text}</p>
        <div id=near><div id=level></div></div>
        <div id=row><button id=c>{label}</button><button id=other>{other}</button></div></main>""",
    ),
    "bright bar": (
        """body { font: bold 15px DejaVu Sans Condensed } main { width: 100%; padding: 16px 40px; background: none }
        #preview { width: 640px; height: 360px; margin: 0 auto } #near { width: 200px; margin: 10px auto }
        #row { background: #0002; border-radius: 10px; padding: 14px; display: flex; gap: 18px;
        width: 640px; margin: 0 auto } p { margin: 6px auto; width: 640px }
        #c { background: #ff7a00; color: #1a1000; height: 54px; border-radius: 8px; flex: 1 }
        #other { background: #8886; height: 54px; border-radius: 8px; flex: 1 }""",
        """<main id=card><h3 id=heading>{heading}</h3><canvas id=preview></canvas><p id=text>{text}</p>
        <div id=near><div id=level></div></div>
        <div id=row><button id=c>{label}</button><button id=other>{other}</button></div></main>""",
    ),
    "ghost pill": (
        """body { font: 17px WenQuanYi Micro Hei } main { margin: 80px auto; width: 600px; padding: 44px;
        text-align: center; background: none }
        #preview { width: 320px; height: 180px; margin: 0 auto; border-radius: 90px }
        #near { width: 160px; margin: 16px auto }
        #c { border: 2px solid #3b82f6; color: #3b82f6; height: 50px; padding: 0 36px; border-radius: 25px }
        #other { color: #888; height: 50px; padding: 0 20px }""",
        """<main id=card><canvas id=preview></canvas><h2 id=heading>{heading}</h2><p id=text>{text}</p>
        <div id=near><div id=level></div></div>
        <div id=row><button id=c>{label}</button><button id=other>{other}</button></div></main>""",
    ),
    "deep": (
        """body { font: 14px DejaVu Serif } main { margin: 60px 0 0 60px; width: 440px; padding: 30px;
        border-radius: 4px } #preview { width: 380px; height: 220px } #near { width: 220px; margin: 22px 0 }
        #c { background: linear-gradient(#4a90d9, #2a5f9e); color: #fff; height: 38px; padding: 0 24px;
        border-radius: 6px; box-shadow: inset 0 1px 0 #fff6, 0 2px 3px #0005; text-shadow: 0 1px 1px #0008 }
        #other { background: linear-gradient(#eee, #ccc); color: #222; height: 38px; padding: 0 20px;
        border-radius: 6px; margin-left: 12px }""",
        """<main id=card><h2 id=heading>{heading}</h2><canvas id=preview></canvas><p id=text>{text}</p>
        <div id=near><div id=level></div></div>
        <div id=row><button id=c>{label}</button><button id=other>{other}</button></div></main>""",
    ),
    "capitals": (
        """body { font: 13px DejaVu Sans } main { margin: 70px auto; width: 700px; padding: 40px }
        #preview { width: 620px; height: 200px } #near { width: 260px; margin: 18px auto }
        #row { text-align: right } #c { background: #6200ee; color: #fff; height: 36px; padding: 0 18px;
        border-radius: 4px; text-transform: uppercase; letter-spacing: 1.2px; box-shadow: 0 2px 4px #0006 }
        #other { color: #6200ee; height: 36px; padding: 0 18px; text-transform: uppercase;
        letter-spacing: 1.2px }""",
        """<main id=card><h2 id=heading>{heading}</h2><canvas id=preview></canvas><p id=text>{text}</p>
        <div id=near><div id=level></div></div>
        <div id=row><button id=other>{other}</button><button id=c>{label}</button></div></main>""",
    ),
    "large": (
        """body { font: 22px WenQuanYi Micro Hei } main { margin: 30px auto; width: 1000px; padding: 30px 60px }
        #preview { width: 480px; height: 270px } #near { width: 300px; margin: 20px 0 }
        #row { display: flex; gap: 24px } #c { background: #111827; color: #fff; height: 64px; padding: 0 48px;
        border: 1px solid #fff5; border-radius: 32px } #other { height: 64px; border: 1px solid #888;
        border-radius: 32px; padding: 0 40px }""",
        """<main id=card><div id=heading>{heading}</div><canvas id=preview></canvas><p id=text>{text}</p>
        <div id=near><div id=level></div></div>
        <div id=row><button id=c>{label}</button><button id=other>{other}</button></div></main>""",
    ),
    "list of ways": (
        """body { font: 15px DejaVu Sans } main { margin: 60px auto; width: 460px; padding: 20px }
        #preview { width: 420px; height: 120px } #near { width: 200px; margin: 14px 0 }
        #row button { display: block; width: 100%; height: 52px; text-align: left; padding: 0 20px;
        border-bottom: 1px solid var(--line); background: var(--surface); color: var(--ink) }
        #row #c { color: #0b66c3; font-weight: bold }""",
        """<main id=card><h3 id=heading>{heading}</h3><canvas id=preview></canvas><p id=text>{text}</p>
        <div id=near><div id=level></div></div><div id=row><button id=other>{other}</button>
        <button id=c>{label}</button><button>{like}</button></div></main>""",
    ),
    "pale": (
        """body { font: 16px DejaVu Sans Light, DejaVu Sans } main { margin: 90px auto; width: 580px; padding: 34px }
        #preview { width: 260px; height: 146px } #near { width: 260px; margin: 16px 0 }
        #c { background: #d7e3ff; color: #123a8c; height: 44px; padding: 0 30px; border-radius: 22px }
        #other { background: #8882; height: 44px; padding: 0 26px; border-radius: 22px; margin-left: 10px }""",
        """<main id=card><h2 id=heading>{heading}</h2><canvas id=preview></canvas><p id=text>{text}</p>
        <div id=near><div id=level></div></div>
        <div id=row><button id=c>{label}</button><button id=other>{other}</button></div></main>""",
    ),
}  # fmt: skip

WORDS = {  # what is pressed; another label, in part the same; another key; a heading; a text
    "en": (
        ("Use the web client", "Use the web camera", "Download now", "Launch Meeting",
         "Nothing happens? Try the other way"),
        ("Enter the room", "Enter the code", "Check your sound", "Your meeting is ready",
         "Three people are here already"),
        ("Join without audio", "Join without video", "Computer audio", "How do you want to hear?",
         "You can change this later"),
        ("I agree", "I disagree", "Read the terms", "Before you go on", "Our terms have changed"),
        ("Knock", "Knock again", "Go back", "The host has locked this room", "Somebody may open"),
    ),
    "zh": (
        ("使用网页版", "使用手机版", "立即下载", "启动会议", "没有反应？请尝试其他方式"),
        ("进入会议室", "离开会议室", "检查声音", "会议已准备就绪", "已有三人在会议中"),
        ("静音入会", "静音离会", "电脑音频", "您想如何收听？", "稍后可以更改"),
        ("同意", "不同意", "阅读条款", "继续之前", "我们的条款已更新"),
        ("请求入会", "请求共享", "返回", "主持人已锁定会议", "有人会为您开门"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fresh:
    """One of the pages: its name, and its document in the words of a language."""

    name: str
    style: str
    body: str

    def document(self, words: tuple[str, ...]) -> str:
        label, like, other, heading, text = words
        filled = self.body.format(label=label, like=like, other=other, heading=heading, text=text)
        return f"{_HEAD.replace('{{', '{').replace('}}', '}')}{self.style}</style><body>{filled}"


FRESH = tuple(Fresh(name, *page) for name, page in _PAGES.items())
UNSEEN = tuple(Fresh(name, *page) for name, page in _UNSEEN.items())

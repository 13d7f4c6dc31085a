"""Letters beyond ASCII in links and numbers: converted, refused by name, or the sentence goes on.

What must never be: that what stands before such a letter is opened as a meeting of its own.
"""

from __future__ import annotations

import sys
import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.meeting.invitation import ParsedInvitation
from roomctl.meeting.letters import INVISIBLE
from roomctl.meeting.link import by_number, read
from roomctl.meeting.platform import load_platforms
from tests.examples import examples
from tests.meeting.test_link import work

PLATFORMS = load_platforms({})
ZOOM = "https://zoom.us/j/8123456789"


def number(text: str) -> str | None:
    reading = read(text, PLATFORMS)
    return reading.meeting_id if reading.launch else None


@pytest.mark.parametrize("ten", ["０", "٠", "۰", "०", "০", "๐", "𝟎", "𝟘", "𝟬", "𝟶", "\U0001fbf0"])
def test_a_digit_of_another_script_is_that_digit(ten: str):
    zero, nine = ten, chr(ord(ten) + 9)
    assert number(f"{ZOOM}{zero}") == "81234567890"
    assert number(f"{ZOOM}{quote(zero)}") == "81234567890"
    assert number(f"https://zoom.us/j/812345678{nine}") == "8123456789"
    assert number(f"https://zoom.us/join?confno=812345678{nine}") == "8123456789"
    assert number(f"Zoom Meeting ID: 812 345 678{nine}") == "8123456789"
    assert number(f"加入 Zoom 会议 会议号：812-345-678{nine}，密码：1234") == "8123456789"
    assert by_number("zoom", f"812 345 678{nine}", None, PLATFORMS).meeting_id == "8123456789"
    for text in (f"{ZOOM}?pwd=12{nine}4", f"{ZOOM}?pwd=12{quote(nine)}4"):
        assert read(text, PLATFORMS).passcode == "1294"
    printed = f"Zoom Meeting ID: 812 345 6789 Passcode: 12{nine}4"
    assert read(printed, PLATFORMS).passcode == "1294"
    assert by_number("zoom", "8123456789", f"12{nine}4", PLATFORMS).passcode == "1294"


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://zoom.us/j/8123456789？pwd=Abc1", "https://zoom.us/wc/join/8123456789?pwd=Abc1"),
        ("https://zoom.us/j/8123456789？pwd＝Abc1", "https://zoom.us/wc/join/8123456789?pwd=Abc1"),
        (
            "https：／／zoom．us／j／8123456789？pwd＝Abc1＆tk＝b＃x",
            "https://zoom.us/wc/join/8123456789?pwd=Abc1&tk=b#x",
        ),
        ("https://zoom.us：443/j/8123456789", "https://zoom.us/wc/join/8123456789"),
        ("https://zoom。us/j/8123456789", "https://zoom.us/wc/join/8123456789"),
        ("https://ｕｓ０２web.zoom.us/j/8123456789", "https://us02web.zoom.us/wc/join/8123456789"),
        ("https://zoom.us/j/812‑3456‑7890", "https://zoom.us/wc/join/81234567890"),
        ("https://zoom.us/j/812–3456–7890", "https://zoom.us/wc/join/81234567890"),
        ("https://zoom.us/j/812\u20093456\u20097890", "https://zoom.us/wc/join/81234567890"),
        (
            "https://zoom.us/j/812\u200b3456\u2060789\U000e00200",
            "https://zoom.us/wc/join/81234567890",
        ),
        ("https://zoom.us/j/812%E2%80%8B34567890", "https://zoom.us/wc/join/81234567890"),
        ("https://meet.google.com/abc‑defg‐hij", "https://meet.google.com/abc-defg-hij"),
        ("https://acme.webex.com/meet/wang．fang", "https://acme.webex.com/meet/wang.fang"),
    ],
)
def test_a_sign_with_one_meaning_is_converted(link: str, url: str):
    launch = read(link, PLATFORMS).launch
    assert launch
    assert launch.url == url


@pytest.mark.parametrize(
    ("behind", "passcode"),
    [
        ("，密码：1234", "1234"),
        ("。", None),
        ("）", None),
        ("）。", None),
        ("、", None),
        ("；密码：1234", "1234"),
        ("？", None),
        ("！", None),
        ("…", None),
        ("”", None),
        ("》", None),
        ("密码", None),
        ("密码1234", "1234"),
        ("密码：1234", "1234"),
        ("复制该信息", None),
        ("三点开始", None),
        ("一起参加", None),
        ("——密码：1234", "1234"),
        ("です", None),
        ("パスコード：1234", "1234"),
        ("입니다", None),
        ("Пароль", None),
        ("\u3000密码：1234", "1234"),
        ("\u3000123456", None),
        ("\u00a010:00", None),
        ("。Passcode: 1234", "1234"),
        ("🔑1234", None),
        ("→", None),
    ],
)
@pytest.mark.parametrize("link", [ZOOM, "https://meeting.tencent.com/dm/AbCdEfGh1234"])
def test_a_sentence_may_go_on_right_behind_a_link(link: str, behind: str, passcode: str | None):
    reading = read(f"会议链接：{link}{behind}", PLATFORMS)
    assert reading.launch
    assert reading.launch.url == link.replace("/j/", "/wc/join/")
    assert reading.passcode == passcode


def test_it_goes_on_behind_an_escaped_mark_too():
    assert number(f"{ZOOM}{quote('，密码：1234')}") == "8123456789"
    assert number(f"{ZOOM}{quote('。')}") == "8123456789"


ODD = [
    "²",
    "①",
    "❶",
    "⑩",
    "½",
    "ⅸ",
    "〇",
    "三",
    "🔟",
    "🄁",
    "㏠",
    "\u0301",
    "\u20e3",
    "‿",
    "о",
    "оо",
    "é",
    "三四五",
    "ₒ",
    "¯",
]


@pytest.mark.parametrize(
    "letter", [*ODD, "\ufffd", "\u202e", "･9", "\ue000", "٫9", "⁄9", "‥9", "—9", "°9", "©9", "ㅇ"]
)
def test_what_is_not_understood_is_refused_by_its_name(letter: str):
    name = f"U+{ord(letter[0]):04X}"
    for text in (
        f"{ZOOM}{letter}",
        f"{ZOOM}{quote(letter)}",
        f"Join: {ZOOM}{letter} thanks",
        f"https://zoom.us/join?confno=8123456789{letter}",
        f"zoommtg://zoom.us/join?confno=8123456789{letter}",
        f"https://nam12.safelinks.protection.outlook.com/?url={quote(ZOOM + letter, '')}",
    ):
        reading = read(text, PLATFORMS)
        assert reading.refused == "odd_character", text
        assert name in reading.why
        assert name in reading.say("zh-CN")


@pytest.mark.parametrize("letter", ODD)
def test_a_number_in_words_is_not_cut_at_what_is_not_understood(letter: str):
    for text in (
        f"Zoom Meeting ID: 812 345 6789{letter}",
        f"Meeting ID: 812 345 678 901{letter}",  # 12 digits: its first nine are no meeting of Zoom
    ):
        reading = read(text, PLATFORMS)
        assert reading.launch is None
        assert reading.refused == "odd_character"
        assert f"U+{ord(letter[0]):04X}" in reading.why
    beside = read(
        f"{ZOOM} Zoom Meeting ID: 612 345 6789{letter} Passcode: 12345{letter}", PLATFORMS
    )
    assert (beside.meeting_id, beside.passcode) == ("8123456789", None)
    if letter != "🄁":
        typed = by_number("zoom", f"812 345 6789{letter}", None, PLATFORMS)
        assert (typed.launch, typed.refused) == (None, "odd_character")


def test_an_ordinary_booking_with_an_odd_number_is_no_meeting_and_no_fault():
    fields = {"LOCATION": "Raum 3", "DESCRIPTION": "Invoice ID: 12²\nRoom ID: 1234①"}
    assert read(fields, PLATFORMS).refused == "no_meeting"


@pytest.mark.parametrize(
    "text",
    [
        "https://zoom.us/my/wang。fang",
        "https://gotomeet.me/Wang²",
        "https://acme.webex.com/meet/wangé",
    ],
)
def test_a_name_is_not_cut_to_another_persons(text: str):
    assert read(text, PLATFORMS).refused == "odd_character"


def test_a_name_in_any_script_is_kept_as_it_is_written():
    for name in ("会议", "Straße", "Réunion", "Stra%C3%9Fe"):
        launch = read(f"https://meet.jit.si/{name}", PLATFORMS).launch
        assert launch
        assert launch.url == f"https://meet.jit.si/{name}"


def test_other_letters_in_a_query_lose_nothing_of_it():
    launch = read(f"{ZOOM}?uname=Jos%C3%A9&pwd=Abc1", PLATFORMS).launch
    assert launch
    assert launch.url.endswith("?uname=Jos%C3%A9&pwd=Abc1")
    assert read(f"{ZOOM}?uname=José&pwd=Abc1", PLATFORMS).passcode == "Abc1"


KINDS = ("Nd", "No", "Nl", "Pc", "Pd", "Zs", "Mn", "Mc", "Me")
ALL = [
    chr(code)
    for code in range(0x80, sys.maxunicode + 1)
    if unicodedata.category(chr(code)) in KINDS
]
NUMBERS = st.integers(200_000_000, 999_999_999).map(str)


SAFE = "https://nam12.safelinks.protection.outlook.com/?url="


def readings(before: str, letter: str, behind: str) -> list[ParsedInvitation]:
    number = f"{before}{letter}{behind}"
    texts = [
        f"https://zoom.us/j/{number}",
        f"https://zoom.us/j/{quote(number)}",
        f"https://us02web.zoom.us/j/{number}?pwd=Abc1",
        f"加入：https://zoom.us/wc/join/{number}。",
        f"https://zoom.us/join?confno={number}",
        f"{SAFE}{quote(f'https://zoom.us/j/{number}', '')}",
        f"Zoom Meeting ID: {number}",
        f"Zoom 会议号：{number} 密码：1234",
    ]
    return [*(read(t, PLATFORMS) for t in texts), by_number("zoom", number, None, PLATFORMS)]


@settings(max_examples=examples(400), deadline=None)
@given(NUMBERS, st.sampled_from(ALL), st.sampled_from(["", "0", "07"]))
def test_no_letter_makes_another_meeting_of_a_number(before: str, letter: str, behind: str):
    value = unicodedata.decimal(letter, None)
    meant = {f"{before}{behind}"} if value is None else {f"{before}{value}{behind}"}
    if not behind and unicodedata.category(letter) not in ("Pd", "Zs", "Nd"):
        meant = {before} if ord(letter) in INVISIBLE or letter == "＿" else set()
    for reading in readings(before, letter, behind):
        assert reading.launch is None or reading.meeting_id in meant, reading


@pytest.mark.parametrize("piece", ["三", "²", "。a", "\u30001", "оо", "１", "%EF%BC%90", "‿", "é"])
@pytest.mark.parametrize("start", [ZOOM, f"{ZOOM}?pwd=", "Zoom Meeting ID: 812 345 6789"])
def test_twice_the_letters_are_at_most_twice_the_work(start: str, piece: str):
    read(start + piece, PLATFORMS)  # patterns are compiled once
    once = work(lambda: read(start + piece * 400, PLATFORMS))
    twice = work(lambda: read(start + piece * 800, PLATFORMS))
    assert twice <= 2.2 * once

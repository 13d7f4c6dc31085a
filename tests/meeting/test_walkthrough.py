"""A page is passed as it was shown: one try a step, nothing without its picture, else people."""

import base64
import itertools
import json
import struct
import zlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.meeting.walkthrough import (
    LOOK_EVERY_S,
    MOST_LOOKS,
    SKIP_S,
    TWICE_S,
    LookFor,
    NamedPicture,
    NotShown,
    Origin,
    PageName,
    PressOn,
    Replay,
    ShownControl,
    ShownWords,
    StrikeKey,
    Surroundings,
    Teaching,
    Turn,
    TypeLiteral,
    TypeOut,
    TypeWord,
    WalkOutcome,
    WalkStep,
    Walkthrough,
    WalkthroughError,
    Word,
    chosen,
    packed,
    read_walkthrough,
    suited,
    unpacked,
    with_alternatives,
    written,
)
from roomctl.screen.png import grey, png

AROUND = Surroundings("Chromium 156.0", (1920, 1080), 1.0, "en", "light")
AT = datetime(2026, 11, 25, 9, tzinfo=UTC)
WORDS = {Word.NAME: "Bamboo", Word.PASSCODE: "778899", Word.MEETING_ID: "91234567890"}


def shown(x: int = 100, y: int = 100, shade: int = 90) -> ShownControl:
    pixels = bytes((shade, 80, 70)) * (240 * 96)
    patch = png(b"P6\n240 96\n255\n" + pixels, len(pixels))
    return ShownControl(patch, grey(240, 96, 255), (120, 48), (72, 28, 96, 40), 1, (x, y))


def walkthrough(*steps: WalkStep) -> Walkthrough:
    return Walkthrough("zoom-1", "zoom", "staff", AT, AROUND, steps)


def step(x: int, *acts: object, **more: object) -> WalkStep:
    return WalkStep((shown(x),), acts, **more)  # type: ignore[arg-type]


class Page:
    """A page whose controls stand where `there` says, by their number; time is its own."""

    def __init__(self, *steps: WalkStep, words: dict[Word, str] | None = None) -> None:
        self.now = 100.0
        self.replay = Replay(walkthrough(*steps), words or WORDS, self.now)
        self.there: dict[int, tuple[int, int] | str] = {}
        self.did: list[object] = []
        self.still_since = self.now
        self.leads: dict[int, dict[int, tuple[int, int] | str]] = {}

    def show(self, there: dict[int, tuple[int, int] | str]) -> None:
        self.there, self.still_since = there, self.now

    def go(self, for_s: float = 120.0) -> WalkOutcome | None:
        """Let the replay go on; a press of a control shows what it leads to."""
        end = self.now + for_s
        while (todo := self.replay.todo) is not None and self.now < end:
            self.now += 0.3
            if isinstance(todo, LookFor):
                seen = {one: self.there.get(one, "absent") for one in todo.controls}
                self.replay.saw(self.now, seen, self.now - self.still_since)
                continue
            if isinstance(todo, PressOn) and self.there.get(todo.control) != todo.at:
                self.replay.missed()  # a press looks, too
                continue
            self.did.append(todo)
            if isinstance(todo, PressOn) and todo.control in self.leads:
                self.show(self.leads[todo.control])
            self.replay.did(self.now)
        return self.replay.outcome


def test_steps_are_done_in_their_order_and_words_are_those_of_this_meeting() -> None:
    page = Page(
        step(100, TypeWord(Word.NAME)),
        step(200, TypeWord(Word.PASSCODE), StrikeKey("enter")),
        step(300),
    )
    page.show({0: (100, 100)})
    page.leads = {0: {1: (200, 100)}, 1: {2: (300, 100)}, 2: {}}
    assert page.go() is WalkOutcome.DONE
    assert page.did == [
        PressOn(0, (100, 100)),
        TypeOut("Bamboo"),
        PressOn(1, (200, 100)),
        TypeOut("778899"),
        StrikeKey("enter"),
        PressOn(2, (300, 100)),
    ]


def test_nothing_is_pressed_that_was_seen_only_once() -> None:
    page = Page(step(100))
    for there in ({0: (100, 100)}, {}, {0: (101, 100)}, {}, {0: (100, 100)}, {0: (130, 100)}):
        page.show(there)  # type: ignore[arg-type]
        page.go(0.3)
    assert page.did == []


def test_a_press_that_found_nothing_is_looked_for_twice_anew() -> None:
    replay = Replay(walkthrough(step(100)), WORDS, 0.0)
    replay.saw(0.2, {0: (100, 100)}, 0.2)
    replay.missed()
    assert replay.todo == LookFor((0,))
    assert replay.pause_s == LOOK_EVERY_S
    replay.saw(0.5, {0: (100, 100)}, 0.2)
    assert replay.todo == PressOn(0, (100, 100))


def test_a_step_for_which_another_is_skipped_is_looked_at_twice_before_its_press() -> None:
    page = Page(step(100), step(200))
    page.show({1: (200, 100)})
    page.go(SKIP_S)
    while page.replay.pause_s != TWICE_S:
        page.go(0.3)
    page.show({0: (100, 100), 1: (200, 100)})  # the one before comes after all
    page.leads = {0: {1: (200, 100)}, 1: {}}
    page.go()
    assert page.did == [PressOn(0, (100, 100)), PressOn(1, (200, 100))]


def test_a_step_is_tried_once_and_a_page_that_stays_is_handed_over() -> None:
    page = Page(step(100), step(200))
    page.show({0: (100, 100)})
    page.leads = {0: {0: (100, 100)}}
    began = page.now
    assert page.go() is WalkOutcome.CHANGED
    assert page.did == [PressOn(0, (100, 100))]
    assert page.now - began < 10


@pytest.mark.parametrize(
    ("why", "outcome"),
    [
        ("absent", WalkOutcome.CHANGED),
        ("changed", WalkOutcome.CHANGED),
        ("ambiguous", WalkOutcome.AMBIGUOUS),
    ],
)
def test_what_is_not_there_is_handed_over_within_eight_seconds(
    why: str, outcome: WalkOutcome
) -> None:
    page = Page(step(100))
    page.show({0: why})
    began = page.now
    assert page.go() is outcome
    assert page.did == []
    assert page.now - began <= 8.0


def test_a_box_that_is_too_busy_to_look_does_not_give_up_on_a_page() -> None:
    replay, now = Replay(walkthrough(step(100)), WORDS, 0.0), 0.0
    for _ in range(4):
        now += 4.0
        replay.saw(now, {}, now)
    assert replay.outcome is None


def test_a_page_that_loads_slowly_is_waited_for() -> None:
    page = Page(step(100))
    for _ in range(20):
        page.show({})  # something moved
        page.go(2.0)
    page.show({0: (100, 100)})
    page.leads = {0: {}}
    assert page.go() is WalkOutcome.DONE


def test_a_page_that_never_stands_still_is_handed_over_after_a_minute() -> None:
    page = Page(step(100))
    while page.replay.outcome is None:
        page.show({})
        page.go(0.3)
        assert page.now < 163
    assert page.replay.outcome is WalkOutcome.CHANGED


@pytest.mark.parametrize("first", [{0: (100, 100)}, {1: (200, 100)}])
def test_an_optional_step_may_come_or_not(first: dict[int, tuple[int, int] | str]) -> None:
    page = Page(step(100, optional=True), step(200))
    page.show(first)
    page.leads = {0: {1: (200, 100)}, 1: {}}
    assert page.go() is WalkOutcome.DONE
    assert page.did[-1] == PressOn(1, (200, 100))


def test_a_page_that_changed_and_is_shown_again_is_passed_either_way() -> None:
    old = (step(100), step(200, TypeWord(Word.NAME)), step(300))
    new = (step(110), step(210, TypeWord(Word.NAME)), step(310))
    both = with_alternatives(new, old, stopped=2)
    looks = [[look.at[0] for look in one.looks] for one in both]
    assert looks == [[110], [210, 200], [310]]
    third = with_alternatives((step(100), step(220, TypeWord(Word.NAME)), step(300)), both, 3)
    looks = [[look.at[0] for look in one.looks] for one in third]
    assert looks == [[100], [220, 210, 200], [300, 310]]
    for there in (210, 200):
        page = Page(*both)
        control = {210: 1, 200: 2}[there]
        page.leads = {0: {control: (there, 100)}, control: {3: (310, 100)}, 3: {}}
        page.show({0: (110, 100)})
        assert page.go() is WalkOutcome.DONE
        assert PressOn(control, (there, 100)) in page.did


def test_no_earlier_picture_stays_where_another_thing_is_done_or_another_step_is() -> None:
    old = (step(100), step(200, TypeWord(Word.NAME)))
    typed = (step(110), step(210, TypeWord(Word.PASSCODE)))
    assert with_alternatives(typed, old, 2) == typed
    more = (step(110), step(210, TypeWord(Word.NAME)), step(310))
    assert with_alternatives(more, old, 2) == more
    new = (step(110), step(210, TypeWord(Word.NAME)))
    for _ in range(MOST_LOOKS + 2):
        new = with_alternatives((step(111), step(211, TypeWord(Word.NAME))), new, 2)
    assert len(new[1].looks) <= MOST_LOOKS


def test_two_alternatives_that_stand_there_at_once_are_not_pressed() -> None:
    page = Page(*with_alternatives((step(110),), (step(100),), stopped=1))
    page.show({0: (110, 100), 1: (300, 100)})
    assert page.go() is WalkOutcome.AMBIGUOUS
    assert page.did == []


@pytest.mark.parametrize("why", ["absent", "changed"])
def test_a_step_that_does_not_come_is_skipped_once_the_page_has_stood_still(why: str) -> None:
    page = Page(step(100), step(200), step(300))
    page.show({0: why, 1: (200, 100)})
    page.leads = {1: {0: (100, 100), 2: (300, 100)}, 0: {2: (300, 100)}, 2: {}}
    began = page.now
    page.go(SKIP_S)
    assert page.did == []
    assert page.go() is WalkOutcome.DONE
    assert page.did[0] == PressOn(1, (200, 100))
    assert PressOn(0, (100, 100)) in page.did  # it came late
    assert page.replay.skipped == {0}
    kept = walkthrough(step(100), step(200)).skipping(page.replay.skipped)
    assert [one.optional for one in kept.steps] == [True, False]
    assert page.now - began < 20


@pytest.mark.parametrize(
    ("first", "there"),
    [
        (step(100, TypeWord(Word.NAME)), {1: (200, 100)}),
        (step(100, person=True), {1: (200, 100)}),
        (step(100), {0: "ambiguous", 1: (200, 100)}),
        (step(100), {2: (300, 100)}),
        (step(100), {1: "changed"}),
    ],
    ids=["field", "person", "ambiguous", "two_ahead", "next_changed"],
)
def test_no_step_is_done_instead_of_one_that_has_to_come(
    first: WalkStep, there: dict[int, tuple[int, int] | str]
) -> None:
    page = Page(first, step(200), step(300))
    page.show(there)
    assert page.go() in (WalkOutcome.CHANGED, WalkOutcome.AMBIGUOUS)
    assert page.did == []


def test_no_step_is_skipped_while_the_page_of_the_one_before_stands_there() -> None:
    page = Page(step(100), step(200), step(300))
    page.show({0: (100, 100)})
    page.leads = {0: {0: (100, 100), 2: (300, 100)}}
    assert page.go() is WalkOutcome.CHANGED
    assert page.did == [PressOn(0, (100, 100))]


def test_an_optional_step_may_come_late() -> None:
    page = Page(step(100, optional=True), step(200), step(300))
    page.show({1: (200, 100)})
    page.leads = {1: {0: (100, 100)}, 0: {2: (300, 100)}, 2: {}}
    assert page.go() is WalkOutcome.DONE
    assert [one.control for one in page.did if isinstance(one, PressOn)] == [1, 0, 2]


def test_a_dialogue_that_comes_twice_is_pressed_twice_once_the_first_has_gone() -> None:
    page = Page(step(100), WalkStep((shown(100),)))
    both: dict[int, tuple[int, int] | str] = {0: (100, 100), 1: (100, 100)}
    page.show(both)
    page.leads = {0: both}
    page.go(3.0)
    assert page.did == [PressOn(0, (100, 100))], "the first one still stands"
    page.show({})
    page.go(0.7)
    page.show(both)
    page.leads = {1: {}}
    assert page.go() is WalkOutcome.DONE
    assert page.did == [PressOn(0, (100, 100)), PressOn(1, (100, 100))]


def test_a_dialogue_that_was_away_between_two_looks_only_is_pressed_again() -> None:
    both: dict[int, tuple[int, int] | str] = {0: (100, 100), 1: (100, 100)}
    replay, now, pressed = Replay(walkthrough(step(100), step(100)), WORDS, 0.0), 0.0, []
    for look in range(20):
        now += 0.3
        todo = replay.todo
        if isinstance(todo, LookFor):
            replay.saw(now, both, now, gone=look > 12)
        elif isinstance(todo, PressOn):
            pressed.append((todo.control, look > 12))
            replay.did(now)
    assert pressed == [(0, False), (1, True)]


def test_one_of_two_pictures_of_a_step_is_enough_and_two_places_are_too_many() -> None:
    either = WalkStep((shown(100), shown(100, shade=30)))
    page = Page(either)
    page.show({1: (100, 100)})
    page.leads = {1: {}}
    assert page.go() is WalkOutcome.DONE
    page = Page(either)
    page.show({0: (100, 100), 1: (200, 100)})
    assert page.go() is WalkOutcome.AMBIGUOUS
    assert page.did == []


def test_a_page_that_asks_whether_a_person_is_there_is_handed_over_at_once() -> None:
    page = Page(step(100, person=True))
    page.show({0: (100, 100)})
    assert page.go(1.0) is WalkOutcome.PERSON
    assert page.did == []


def test_a_page_that_asks_for_a_word_that_the_meeting_has_not_is_handed_over() -> None:
    page = Page(step(100, TypeWord(Word.PASSCODE)), words={Word.NAME: "Bamboo"})
    page.show({0: (100, 100)})
    assert page.go(1.0) is WalkOutcome.NO_WORD
    assert page.did == []


def test_a_place_farther_than_it_may_stand_is_not_pressed() -> None:
    page = Page(step(100))
    page.show({0: (501, 100)})
    assert page.go() is WalkOutcome.CHANGED
    assert page.did == []


def test_a_page_is_scrolled_once_if_that_was_shown() -> None:
    page = Page(step(100, turns=(Turn(0.5, 0.5, 3),)))
    page.show({})
    page.go(3.0)
    assert page.did == [Turn(0.5, 0.5, 3)]
    page.show({0: (100, 100)})
    page.leads = {0: {}}
    assert page.go() is WalkOutcome.DONE
    assert len(page.did) == 2


def test_a_touch_ends_it_and_nothing_more_is_done() -> None:
    page = Page(step(100, TypeWord(Word.NAME)))
    page.show({0: (100, 100)})
    while not isinstance(page.replay.todo, TypeOut):
        page.go(0.3)
    page.replay.end(WalkOutcome.TOUCHED)
    page.replay.end(WalkOutcome.DONE)
    assert page.go() is WalkOutcome.TOUCHED
    assert page.did == [PressOn(0, (100, 100))]


def test_progress_counts_the_steps() -> None:
    page = Page(step(100), step(200))
    assert page.replay.progress == (1, 2)
    page.show({0: (100, 100)})
    page.leads = {0: {}}
    page.go(3.0)
    assert page.replay.progress == (2, 2)


_LOOKS = st.dictionaries(
    st.integers(0, 3),
    st.one_of(
        st.sampled_from(["absent", "changed", "ambiguous"]),
        st.tuples(st.sampled_from([100, 200, 300, 400]), st.just(100)),
    ),
)


@given(st.lists(st.tuples(_LOOKS, st.floats(0, 3)), max_size=60))
def test_whatever_a_page_does_no_step_is_done_twice_and_nothing_unseen_is_pressed(
    looks: list[tuple[dict[int, tuple[int, int] | str], float]],
) -> None:
    replay = Replay(walkthrough(*(step(x) for x in (100, 200, 300, 400))), WORDS, 0.0)
    now, pressed, last = 0.0, [], []
    for seen, gap_s in looks:
        now += gap_s
        todo = replay.todo
        if todo is None:
            break
        if isinstance(todo, LookFor):
            last = [*last[-1:], {one: seen.get(one, "absent") for one in todo.controls}]
            replay.saw(now, last[-1], gap_s)
        else:
            assert isinstance(todo, PressOn)
            assert last[-1].get(todo.control) == todo.at
            if seen.get(todo.control) != todo.at:
                replay.missed()  # a press looks, too: that is the second look
                continue
            pressed.append(todo.control)
            replay.did(now)
    assert pressed == sorted(set(pressed))


def test_what_is_typed_becomes_the_word_that_it_was_and_the_rest_is_asked_about() -> None:
    teaching = Teaching(WORDS)
    teaching.pressed(shown())
    for text in ("Bamboo", "778899", "912 3456 7890", "Karaoke"):
        teaching.typed(text)
    words = [Word.NAME, Word.PASSCODE, Word.MEETING_ID]
    *typed, other = teaching.steps[0].acts
    assert typed == [TypeWord(word) for word in words]
    assert other == TypeLiteral("Karaoke", asked=True)
    assert "Karaoke" not in repr(teaching.steps)
    (dropped,), (kept,) = chosen(teaching.steps), chosen(teaching.steps, texts=[1])
    assert [*dropped.acts] == typed
    assert kept.acts[-1] == TypeLiteral("Karaoke")


def test_typing_before_any_press_is_refused() -> None:
    with pytest.raises(NotShown, match="press the place first"):
        Teaching(WORDS).typed("Bamboo")
    with pytest.raises(NotShown):
        Teaching(WORDS).struck("enter")


@pytest.mark.parametrize("key", ["tab", "back_tab", "enter", "escape", "back"])
def test_a_text_after_a_key_that_leaves_the_field_is_refused_until_a_place_is_pressed(
    key: str,
) -> None:
    teaching = Teaching(WORDS)
    teaching.pressed(shown())
    teaching.typed("Bamboo")
    teaching.struck("backspace")
    teaching.typed("o")
    teaching.struck(key)
    with pytest.raises(NotShown, match="press the field first"):
        teaching.typed("778899")
    assert "778899" not in repr(teaching.steps)
    teaching.pressed(shown(200))
    teaching.typed("778899")
    assert teaching.steps[1].acts == (TypeWord(Word.PASSCODE),)


def test_a_file_that_types_after_such_a_key_is_refused() -> None:
    blind = step(100, TypeWord(Word.NAME), StrikeKey("tab"), TypeWord(Word.PASSCODE))
    with pytest.raises(WalkthroughError, match="leaves the field"):
        read_walkthrough("zoom-1", written(walkthrough(blind)))


def test_a_turn_of_the_wheel_belongs_to_the_step_that_follows() -> None:
    teaching = Teaching(WORDS)
    teaching.scrolled(0.5, 0.5, 3)
    teaching.pressed(shown())
    assert teaching.steps[0].turns == (Turn(0.5, 0.5, 3),)


FULL = walkthrough(
    step(100, TypeWord(Word.NAME), TypeLiteral('a "b" \\ 会'), StrikeKey("enter"), optional=True),
    WalkStep((shown(200), shown(210, shade=40)), turns=(Turn(0.5, 0.25, -3),), person=True),
)
WRITTEN = ShownWords(grey(120, 19, 60), (-7, -93))
BESIDE = walkthrough(WalkStep((replace(shown(), words=(WRITTEN, replace(WRITTEN, at=(0, 120)))),)))
NAMED = FULL.naming(NamedPicture(PageName.LOBBY, shown(300, shade=70)))


def test_a_walkthrough_is_read_as_it_was_written() -> None:
    for one in (FULL, NAMED, BESIDE):
        assert read_walkthrough("zoom-1", written(one)) == one
        for each in one.steps:
            assert unpacked(packed(each.looks)) == each.looks


@pytest.mark.parametrize(
    ("change", "into"),
    [
        ("at = [-7, -93]", "at = [-401, -93]"),
        ("at = [-7, -93]", "at = [-7.5, -93]"),
        ("at = [-7, -93], picture", "picture"),
        ("at = [-7, -93], picture", "at = [-7, -93], more = 1, picture"),
        ('picture = "iVBOR', 'picture = "AAAA'),
        ("words = [{ at", "words = [{ at = 1 }, { at = 2 }, { at"),
        ("words = [{ at", "words = 1 # [{ at"),
    ],
)
def test_words_beside_a_control_that_are_none_are_refused(change: str, into: str) -> None:
    text = written(BESIDE).decode()
    assert change in text
    with pytest.raises(WalkthroughError):
        read_walkthrough("zoom-1", text.replace(change, into, 1).encode())


def test_the_newest_that_was_shown_on_such_a_screen_is_taken() -> None:
    newer = replace(FULL, name="zoom-2", at=AT.replace(hour=10))
    assert suited([newer, FULL], "zoom", AROUND) == newer
    assert suited([FULL], "webex", AROUND) is None
    asked = replace(FULL, asks_number=True)
    assert suited([FULL, asked], "zoom", AROUND, asks_number=True) == asked
    assert suited([asked], "zoom", AROUND) is None
    assert read_walkthrough(asked.name, written(asked)) == asked
    own, abroad = FULL, replace(newer, origin=Origin("r", "Reed", b"k" * 32, b""))
    assert suited([abroad, own], "zoom", AROUND) == own
    older = replace(abroad, name="zoom-3", at=AT)
    assert suited([older, abroad], "zoom", AROUND) == abroad
    assert suited([older, abroad.missing(1).missing(1)], "zoom", AROUND) == older
    for other in ({"size": (1280, 720)}, {"scale": 1.5}, {"language": "zh-CN"}):
        assert suited([FULL], "zoom", replace(AROUND, **other)) is None  # type: ignore[arg-type]


def bent(change: str, into: str) -> bytes:
    text = written(FULL).decode()
    assert change in text
    return text.replace(change, into, 1).encode()


@pytest.mark.parametrize(
    ("change", "into"),
    [
        ('platform = "zoom"', 'platform = "../zoom"'),
        ('platform = "zoom"', ""),
        ("scale = 1.0", "scale = nan"),
        ("scale = 1.0", "scale = true"),
        ("screen = [1920, 1080]", "screen = [-1, 1080]"),
        ("optional = true", 'optional = "yes"'),
        ('"type {name}"', '"type {token}"'),
        ('"type {name}"', '"run rm"'),
        ('"key enter"', '"key power"'),
        ("place = [120, 48]", "place = [240, 48]"),
        ("core = [72, 28, 96, 40]", "core = [200, 28, 96, 40]"),
        ("alike = 1", "alike = 0"),
        ("turn = [[0.5000", "turn = [[1.5000"),
        ("at = 2026", "more = 1\nat = 2026"),
        ('patch = "iVBOR', 'patch = "AAAA'),
        ('kept = "iVBOR', 'kept = "!!!!'),
        ("tries = 0", "tries = -1"),
    ],
)
def test_a_file_that_is_none_is_refused_with_one_sentence(change: str, into: str) -> None:
    with pytest.raises(WalkthroughError, match=r"^walkthrough 'zoom-1': .{5,}") as refused:
        read_walkthrough("zoom-1", bent(change, into))
    assert "\n" not in str(refused.value)


def test_a_picture_says_one_of_six_words_and_there_are_eight_at_most() -> None:
    text = written(NAMED).decode()
    with pytest.raises(WalkthroughError, match="says is none of lobby, "):
        read_walkthrough("zoom-1", text.replace('says = "lobby"', 'says = "joined"').encode())
    many = NAMED
    for _ in range(7):
        many = many.naming(many.named[0])
    with pytest.raises(NotShown, match="at most 8"):
        many.naming(many.named[0])
    more = written(many).decode() + text[text.index("[[named]]") :]
    with pytest.raises(WalkthroughError, match="9 tables named"):
        read_walkthrough("zoom-1", more.encode())


@pytest.mark.parametrize("name", ["", "../x", "Zoom", "a/b", "x" * 65])
def test_a_name_that_is_no_files_is_refused(name: str) -> None:
    with pytest.raises(WalkthroughError):
        read_walkthrough(name, written(FULL))


@given(st.binary(max_size=400))
def test_any_bytes_are_a_walkthrough_or_refused(data: bytes) -> None:
    with pytest.raises(WalkthroughError):
        read_walkthrough("zoom-1", data)


def chunk(kind: bytes, body: bytes) -> bytes:
    crc = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + crc


def head(width: int, height: int, form: bytes = b"\x08\x02\0\0\0") -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">II", width, height) + form)


END = chunk(b"IEND", b"")
ROWS = zlib.compress(bytes(96 * (1 + 240 * 3)))
PNGS = {
    "a bomb": head(240, 96) + chunk(b"IDAT", zlib.compress(bytes(50_000_000))) + END,
    "larger than allowed": head(241, 96) + chunk(b"IDAT", ROWS) + END,
    "with a text": head(240, 96) + chunk(b"tEXt", b"secret") + chunk(b"IDAT", ROWS) + END,
    "with more behind": head(240, 96) + chunk(b"IDAT", ROWS) + END + b"more",
    "with more in it": head(240, 96) + chunk(b"IDAT", ROWS + b"more") + END,
    "interlaced": head(240, 96, b"\x08\x02\0\0\1") + chunk(b"IDAT", ROWS) + END,
    "grey": head(240, 96, b"\x08\0\0\0\0") + chunk(b"IDAT", ROWS) + END,
    "too short": head(240, 96) + chunk(b"IDAT", zlib.compress(bytes(99))) + END,
    "cut off": (head(240, 96) + chunk(b"IDAT", ROWS))[:-5],
    "damaged": (head(240, 96) + chunk(b"IDAT", ROWS) + END).replace(b"IDAT", b"IDAX"),
    "without pixels": head(240, 96) + END,
}


@pytest.mark.parametrize("data", PNGS.values(), ids=PNGS)
def test_a_picture_that_is_more_or_less_than_one_is_refused(data: bytes) -> None:
    control = json.loads(packed([shown()]))
    control[0]["patch"] = base64.b64encode(data).decode()
    with pytest.raises(ValueError, match=r"PNG|picture"):
        unpacked(json.dumps(control).encode())


@pytest.mark.parametrize("said", ["{}", "[1]", "[[]]", "[{}]", "[" * 5000, '[{"patch": 1}]'])
def test_what_is_no_list_of_controls_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpacked(said.encode())


def test_a_record_counts_tries_and_what_did_not_match() -> None:
    tried = list(itertools.accumulate(["", "changed", ""], Walkthrough.ended, initial=FULL))[-1]
    assert (tried.tries, tried.misses, tried.missed) == (3, 1, "")


def test_the_look_that_has_to_agree_comes_sooner_than_others() -> None:
    replay = Replay(walkthrough(step(100)), WORDS, 0.0)
    waits = replay.pause_s
    replay.saw(0.2, {0: (100, 100)}, 0.2)
    assert TWICE_S == replay.pause_s < waits == LOOK_EVERY_S
    assert replay.todo == PressOn(0, (100, 100)), "the press looks again, and that is the second"

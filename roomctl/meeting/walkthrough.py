"""How a plain page is passed, as a person showed it once. Pure.

A walkthrough is a list of steps. A step is the picture of a control (240 × 96 pixels around the
place that was pressed), the press in it, and what was typed or struck afterwards. The room's name,
a meeting's passcode and its number are kept as the words `{name}`, `{passcode}`, `{meeting_id}`.

Pictures that staff have named (a lobby, a wall, an end) stand beside the steps (`lookout`).

`Teaching` makes steps of what a person did; `Replay` does them again, one try each: it says what to
look for, and presses only what was seen twice at one place, the second time by the press, which
looks itself. Where a step that types nothing does not come, the one after it may. What does not
come is handed over to the people in the room. A file is TOML with its pictures in base64. A file
for other rooms also has the id and the name of the room that showed it, its public key, and a
signature of all bytes before `[signature]`:

    room = "bamboo"
    room_name = "Bamboo"
    key = "BASE64"            32 bytes, Ed25519
    fingerprint = "sha256:…"  of these 32 bytes, for people to compare
    platform = "zoom"         as in a file of the room's own, to the last step or named picture

    [signature]
    ed25519 = "BASE64"        64 bytes; this line is the last one

A room keeps such a file as it came, byte by byte, and what became of it here behind `[here]`.

Knows no clock, no screen, no browser and no way to compare pictures; time comes with every call.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import struct
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from itertools import dropwhile
from typing import Any

from roomctl import toml_reader
from roomctl.errors import RoomctlError
from roomctl.frozen import frozen
from roomctl.tls import PIN

Place = tuple[int, int]  # x, y in pixels; from the left and from above

PATCH = (240, 96)  # width and height of a picture, at most
MOST_STEPS = 30
MOST_NAMED = 8  # pictures that say what a page is
MOST_LOOKS = 4  # pictures of one step, any of which is enough
MOST_ACTS = 12  # after one press
MOST_WORDS = 2  # pictures of words, above and below a control
LONGEST_TEXT = 128
LARGEST_PNG = 80 * 1024  # bytes; 240 × 96 pixels without any compression are 69 kB
LARGEST_FILE = 2 * 1024 * 1024
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_KEYS = frozenset(
    ["enter", "tab", "back_tab", "escape", "backspace", "space", "up", "down", "left", "right"]
) | {"back"}


_LEAVING = frozenset(["enter", "tab", "back_tab", "escape", "back"])  # keys that leave a field


class WalkthroughError(RoomctlError):
    """A file is no walkthrough."""


class NotShown(RoomctlError):
    """What a person did cannot be kept; the text says what to do instead."""


class Word(StrEnum):
    """What is typed anew in every meeting."""

    NAME = "name"
    PASSCODE = "passcode"
    MEETING_ID = "meeting_id"


class PageName(StrEnum):
    """What a picture says of the page it stands on: how the call stands, in its own words."""

    LOBBY = "lobby"
    IN_CALL = "in_call"
    SIGN_IN = "sign_in_required"
    PASSCODE = "passcode_needed"
    REMOVED = "removed"
    ENDED = "ended"


@frozen
class ShownWords:
    """What was written near a control: a grey PNG, and its corner from that of the patch."""

    picture: bytes
    at: Place

    def __post_init__(self) -> None:
        png_size(self.picture, channels=1)
        if not all(abs(one) <= FARTHEST for one in self.at):
            raise ValueError("words are too far from their control")


@frozen
class ShownControl:
    """A control as it was shown: `patch` and `kept` are PNG, and what is black in `kept` moved.

    `place` is where it was pressed, from the patch's corner; `core` corner and size of the control
    alone; `alike` at how many places its label stood; `at` where it was pressed on the screen;
    `words` what was written nearest above and below it.
    """

    patch: bytes
    kept: bytes
    place: Place
    core: tuple[int, int, int, int]
    alike: int
    at: Place
    words: tuple[ShownWords, ...] = ()

    def __post_init__(self) -> None:
        width, height = png_size(self.patch, channels=3)
        if png_size(self.kept, channels=1) != (width, height):
            raise ValueError("what moved is not a picture of the same size")
        x, y, wide, high = self.core
        inside = 0 <= self.place[0] < width and 0 <= self.place[1] < height
        if not (inside and 0 <= x <= width - wide and 0 <= y <= height - high and wide and high):
            raise ValueError("place or core is outside of the picture")
        if not (1 <= self.alike <= 200 and all(0 <= one < 20_000 for one in self.at)):
            raise ValueError("alike or at is out of range")
        if len(self.words) > MOST_WORDS:
            raise ValueError(f"{len(self.words)} words; the most is {MOST_WORDS}")

    def __repr__(self) -> str:
        """Leave the pictures out."""
        return f"ShownControl(at={self.at})"


@frozen
class TypeWord:
    """Type what a word stands for in this meeting."""

    word: Word


@frozen
class TypeLiteral:
    """Type a text that is the same in every meeting; `asked`: somebody still has to say that."""

    text: str
    asked: bool = False

    def __repr__(self) -> str:
        """Leave the text out."""
        return f"TypeLiteral({len(self.text)} characters)"


@frozen
class StrikeKey:
    """Strike a key that has a name."""

    key: str


Act = TypeWord | TypeLiteral | StrikeKey


@frozen
class Turn:
    """Turn the wheel at a place (0-1 of width and height); positive notches are down."""

    x: float
    y: float
    notches: int


@frozen
class WalkStep:
    """One press, and what follows it.

    `looks` are alternatives: one of them has to be there; `turns` bring it into sight. `optional`:
    it may come, once, at any time, or not at all. `person`: the page asks whether somebody is
    there; nothing is pressed, people are asked to.
    """

    looks: tuple[ShownControl, ...]
    acts: tuple[Act, ...] = ()
    turns: tuple[Turn, ...] = ()
    optional: bool = False
    person: bool = False

    @property
    def may_be_skipped(self) -> bool:
        """Whether the next one may be done without it: a notice, no field and no question."""
        return not self.acts and not self.person


@frozen
class NamedPicture:
    """A picture that nothing is pressed on: where it stands, the page is what it says."""

    says: PageName
    look: ShownControl


@frozen
class Surroundings:
    """What a page looked like for: another browser, size, scale or language draws it anew."""

    browser: str
    size: Place
    scale: float
    language: str
    theme: str  # light or dark


@frozen
class Origin:
    """Whose a walkthrough is that came from another room: its id, name and public key.

    All are empty if the file is not signed. `file` is what came, to the byte.
    """

    room: str
    room_name: str
    key: bytes
    file: bytes

    def __repr__(self) -> str:
        """Leave the file out."""
        return f"Origin({self.room!r}, {self.room_name!r})"


@frozen
class Walkthrough:
    """How a platform's page is passed: who showed it when, and how often it was done since.

    `missed` says why it did not end well the last time; "": it did. `asks_number`: of the vendor's
    page that asks for a number, not of that behind a link. `origin` is None for one of the room's
    own; of any other, `done` says whether it was ever done here to its end, and `missed_at` at
    which steps, from 1, it was not.
    """

    name: str
    platform: str
    by: str
    at: datetime
    around: Surroundings
    steps: tuple[WalkStep, ...]
    tries: int = 0
    misses: int = 0
    missed: str = ""
    asks_number: bool = False
    named: tuple[NamedPicture, ...] = ()
    origin: Origin | None = None
    done: bool = False
    missed_at: tuple[int, ...] = ()

    def ended(self, why: str) -> Walkthrough:
        """Return it with one more try; `why` it did not end well, or ""."""
        return replace(self, tries=self.tries + 1, misses=self.misses + bool(why), missed=why)

    def missing(self, step: int) -> Walkthrough:
        """Return it with a step, from 1, at which it did not match; the room's own keeps none."""
        told = self.origin is None or self.given_up
        return self if told else replace(self, missed_at=(*self.missed_at, step))

    @property
    def given_up(self) -> bool:
        """Whether another room's missed twice at one step here, and was never done."""
        return not self.done and len(set(self.missed_at)) < len(self.missed_at)

    @property
    def by_room(self) -> str | None:
        """The name of the other room that it came from; "": nobody signed it; None: its own."""
        return None if self.origin is None else self.origin.room_name or self.origin.room

    def skipping(self, steps: Iterable[int]) -> Walkthrough:
        """Return it with those steps, numbered from 0, optional: it was done without them."""
        skipped = frozenset(steps)
        return replace(
            self,
            steps=tuple(
                replace(step, optional=step.optional or at in skipped)
                for at, step in enumerate(self.steps)
            ),
        )

    def naming(self, picture: NamedPicture) -> Walkthrough:
        """Return it with one more named picture; NotShown if it has as many as it can."""
        if len(self.named) >= MOST_NAMED:
            raise NotShown(f"a walkthrough has at most {MOST_NAMED} named pictures; forget it")
        return replace(self, named=(*self.named, picture))

    @property
    def words(self) -> frozenset[Word]:
        """What it types of a meeting."""
        acts = (act for step in self.steps for act in step.acts)
        return frozenset(act.word for act in acts if isinstance(act, TypeWord))


# Showing.


class Teaching:
    """What a person does on a page, as steps."""

    def __init__(self, words: Mapping[Word, str]) -> None:
        """`words` are those of this meeting; empty ones stand for nothing."""
        self._words = {word: _bare(text) for word, text in words.items() if text}
        self.steps: tuple[WalkStep, ...] = ()
        self._turns: tuple[Turn, ...] = ()

    def check(self, *, press: bool) -> None:
        """Raise NotShown if one more press, or else one more act after it, cannot be kept."""
        if press and len(self.steps) >= MOST_STEPS:
            raise NotShown(f"a walkthrough has at most {MOST_STEPS} steps; keep it, or discard it")
        if not press and not self.steps:
            raise NotShown("press the place first, then type: a text belongs to a field")
        if not press and len(self.steps[-1].acts) >= MOST_ACTS:
            raise NotShown(f"a step has at most {MOST_ACTS} texts and keys; press the next place")

    def check_text(self) -> None:
        """Raise NotShown if a text cannot be kept: nobody has seen where it goes."""
        self.check(press=False)
        if any(_leaves_field(act) for act in self.steps[-1].acts):
            raise NotShown("that key may have left the field; press the field first, then type")

    def pressed(self, control: ShownControl) -> None:
        """Keep a press, with the picture that was there before it."""
        self.check(press=True)
        self.steps = (*self.steps, WalkStep((control,), turns=self._turns))
        self._turns = ()

    def typed(self, text: str) -> None:
        """Keep what a text stands for; one that is none of the meeting's words is asked about."""
        self.check_text()
        word = next((one for one, known in self._words.items() if known == _bare(text)), None)
        self._add(TypeWord(word) if word is not None else TypeLiteral(text, asked=True))

    def struck(self, key: str) -> None:
        """Keep a key."""
        self.check(press=False)
        self._add(StrikeKey(key))

    def scrolled(self, x: float, y: float, notches: int) -> None:
        """Keep a turn of the wheel, for the step that follows."""
        if len(self._turns) < MOST_ACTS:
            self._turns = (*self._turns, Turn(x, y, notches))

    def _add(self, act: Act) -> None:
        last = self.steps[-1]
        self.steps = (*self.steps[:-1], replace(last, acts=(*last.acts, act)))


def _leaves_field(act: Act) -> bool:
    return isinstance(act, StrikeKey) and act.key in _LEAVING


def chosen(
    steps: Iterable[WalkStep],
    *,
    optional: Iterable[int] = (),
    person: Iterable[int] = (),
    texts: Iterable[int] = (),
) -> tuple[WalkStep, ...]:
    """Return the steps as they are kept, numbered from 1.

    `texts` names the steps whose other texts are kept; all others are left out.
    """
    optional, person, texts = frozenset(optional), frozenset(person), frozenset(texts)
    return tuple(
        replace(
            step,
            acts=tuple(_settled(step.acts, keep=number in texts)),
            optional=number in optional,
            person=number in person,
        )
        for number, step in enumerate(steps, 1)
    )


def with_alternatives(
    new: tuple[WalkStep, ...], old: tuple[WalkStep, ...], stopped: int
) -> tuple[WalkStep, ...]:
    """Return steps that were shown again, each with the earlier pictures that may come back.

    The old steps came as far as number `stopped`, from 1, and did not match there: what stood there
    before stays as an alternative, as does what is one already. Where other things are done now,
    nothing stays. The newest pictures come first, `MOST_LOOKS` at most.
    """
    if len(new) != len(old):
        return new
    return tuple(
        replace(step, looks=tuple(dict.fromkeys((*step.looks, *before.looks)))[:MOST_LOOKS])
        if (number == stopped or len(before.looks) > 1)
        and (step.acts, step.person) == (before.acts, before.person)
        else step
        for number, (step, before) in enumerate(zip(new, old, strict=True), 1)
    )


def _settled(acts: Iterable[Act], *, keep: bool) -> Iterator[Act]:
    for act in acts:
        if not isinstance(act, TypeLiteral) or not act.asked:
            yield act
        elif keep and len(act.text) <= LONGEST_TEXT:
            yield TypeLiteral(act.text)


def _bare(text: str) -> str:
    """Return a text as it is compared: numbers are written with blanks and hyphens, or without."""
    bare = re.sub(r"[\s-]", "", text)
    return bare if bare.isdecimal() else text.strip()


# Doing it again.

LOOK_EVERY_S = 0.15
TWICE_S = 0.1  # between the two looks that see the same; the press has the second one
GIVE_UP_S = 6.5  # of a page that stands still without the picture; with the looks, below 8
LEAST_LOOKS = 8  # at it; a box that has no time for them has none for the page either
LONGEST_S = 60.0  # for one step, on a page that never stands still
SKIP_S = 3.0  # a page stands still so long without a step before the one after it is looked for
SCROLL_S = 1.0  # a page stands still so long before it is scrolled
GONE_S = 1.0  # a control that was pressed has gone when it looked otherwise for so long
FARTHEST = 400  # pixels, across or down, from where it was shown
ONE_PLACE = 8


class WalkOutcome(StrEnum):
    """How a replay ended: the closed list that panels translate."""

    DONE = "done"
    CHANGED = "changed"
    AMBIGUOUS = "ambiguous"
    PERSON = "person"
    NO_WORD = "no_word"
    STOPPED = "stopped"
    TOUCHED = "touched"
    FAILED = "failed"


@frozen
class LookFor:
    """Look for these controls, by their numbers."""

    controls: tuple[int, ...]


@frozen
class PressOn:
    """Press a control if it stands where it was seen."""

    control: int
    at: Place


@frozen
class TypeOut:
    """Type a text."""

    text: str

    def __repr__(self) -> str:
        """Leave the text out: it may be a passcode."""
        return "TypeOut()"


Todo = LookFor | PressOn | TypeOut | StrikeKey | Turn

Sighted = Mapping[int, Place | str]
"""What a look saw, by the control's number: where to press, or why not."""


class Replay:
    """One walkthrough, done once."""

    def __init__(self, walkthrough: Walkthrough, words: Mapping[Word, str], now: float) -> None:
        """`words` are those of this meeting; times are monotonic seconds."""
        self._steps, self._words = walkthrough.steps, words
        self.controls = tuple(look for step in self._steps for look in step.looks)
        self._step_of = tuple(at for at, step in enumerate(self._steps) for _ in step.looks)
        self.outcome: WalkOutcome | None = None
        self._todo: deque[Todo] = deque()
        self._done: set[int] = set()
        self._turned: set[int] = set()
        self._since = now
        self._found: tuple[PressOn, float] | None = None
        self._pressed: PressOn | None = None
        self._otherwise_since: float | None = None
        self._ambiguous = False
        self._skips = False  # the step that does not come: the one after it is looked for too
        self.skipped: frozenset[int] = frozenset()  # steps that did not come, from 0
        self._looks = 0  # since the last thing that was done

    @property
    def progress(self) -> tuple[int, int]:
        """Return the step that is under way, from 1, and how many there are."""
        first = next((at for at in self._needed if at not in self._done), len(self._steps) - 1)
        return first + 1, len(self._steps)

    @property
    def _needed(self) -> tuple[int, ...]:
        return tuple(at for at in range(len(self._steps)) if not self._may_not_come(at))

    def _may_not_come(self, at: int) -> bool:
        return self._steps[at].optional or at in self.skipped

    @property
    def _next(self) -> tuple[int, ...]:
        """Return the step that has to come, and the one after it where that may be skipped."""
        left = [at for at in self._needed if at not in self._done]
        skips = self._skips and bool(left) and self._steps[left[0]].may_be_skipped
        return tuple(left[: 2 if skips else 1])

    @property
    def todo(self) -> Todo | None:
        """What is to be done next; None: it is over."""
        if self.outcome is not None:
            return None
        return self._todo[0] if self._todo else LookFor(self._wanted())

    @property
    def pause_s(self) -> float:
        """How long to wait before the next look or press: less where a second look has to agree."""
        return LOOK_EVERY_S if self._found is None else TWICE_S

    def end(self, outcome: WalkOutcome) -> None:
        """End it from outside: stopped, touched, in the call; the first end stays."""
        if self.outcome is None:
            self.outcome = outcome
            self._todo.clear()

    def did(self, now: float) -> None:
        """Take it that what was to be done is done."""
        if not self._todo:
            return
        act = self._todo.popleft()
        self._since, self._looks, self._skips, self._found = now, 0, False, None
        if isinstance(act, PressOn):
            at = self._step_of[act.control]
            self.skipped |= {before for before in self._next if before < at}
            self._done.add(at)
            self._pressed, self._otherwise_since = act, None
            for following in self._steps[at].acts:
                self._todo.append(self._carried_out(following))

    def missed(self) -> None:
        """Take it that the control was gone when it should have been pressed: look again."""
        if self._todo:
            self._todo.popleft()
        self._found = None

    def saw(self, now: float, seen: Sighted, still_s: float, gone: bool = False) -> None:
        """Take what a look saw; `still_s` is for how long the screen has stood still.

        `gone`: what was pressed last was away at some time since, if only between two looks.
        """
        if gone:
            self._pressed = None
        self._looks += 1
        self._skips = self._still_without(min(still_s, now - self._since))
        self._let_go(now, seen)
        self._ambiguous = any(seen.get(one) == "ambiguous" for one in self._wanted())
        there = [
            PressOn(control, place)
            for control in self._wanted()
            if isinstance(place := seen.get(control), tuple) and self._may_press(control, place)
        ]
        if there:
            self._consider(there, now)
            return
        self._found = None
        self._wait(now, min(still_s, now - self._since))

    def _wanted(self) -> tuple[int, ...]:
        """Return the controls that may be pressed now, and the last one, until it has gone."""
        steps = [
            at
            for at in range(len(self._steps))
            if at not in self._done and (at in self._next or self._may_not_come(at))
        ]
        last = () if self._pressed is None else (self._pressed.control,)
        wanted = [one for one, at in enumerate(self._step_of) if at in steps]
        return tuple(dict.fromkeys((*wanted, *last)))

    def _still_without(self, quiet_s: float) -> bool:
        """Whether a page has stood still for so long without a step that it may not come at all.

        The page of the step before has to have gone: one that did not hear a press is no next page.
        """
        long = quiet_s >= SKIP_S and self._looks >= LEAST_LOOKS
        return self._pressed is None and (self._skips or long)

    def _may_press(self, control: int, place: Place) -> bool:
        if self._step_of[control] in self._done:
            return False
        if self._pressed is not None and _near(place, self._pressed.at, ONE_PLACE):
            return False
        return _near(place, self.controls[control].at, FARTHEST)

    def _let_go(self, now: float, seen: Sighted) -> None:
        """Forget the last press once its control has gone: the next may look just like it."""
        if self._pressed is None:
            return
        place = seen.get(self._pressed.control)
        if isinstance(place, tuple) and _near(place, self._pressed.at, ONE_PLACE):
            self._otherwise_since = None
            return
        if self._otherwise_since is None:
            self._otherwise_since = now
        if place == "absent" or now - self._otherwise_since >= GONE_S:
            self._pressed = None

    def _consider(self, there: list[PressOn], now: float) -> None:
        first = min(self._step_of[one.control] for one in there)
        same = [one for one in there if self._step_of[one.control] == first]
        skips = bool(self._next) and first > self._next[0] and not self._may_not_come(first)
        unclear = skips and self._ambiguous  # the step before may stand there, at two places
        if unclear or any(not _near(one.at, same[0].at, ONE_PLACE) for one in same):
            self._found, self._ambiguous = None, True
            self._wait(now, now - self._since)
            return
        step = self._steps[first]
        if step.person:
            self.end(WalkOutcome.PERSON)
        elif any(isinstance(act, TypeWord) and not self._words.get(act.word) for act in step.acts):
            self.end(WalkOutcome.NO_WORD)
        elif not skips:  # the press looks for itself, so this was the first look of two
            self._found = (same[0], now)
            self._todo.append(same[0])
        elif self._found is None or self._found[0] != same[0]:
            self._found = (same[0], now)  # the step before may come meanwhile
        elif now - self._found[1] >= TWICE_S:
            self._todo.append(same[0])

    def _wait(self, now: float, quiet_s: float) -> None:
        """Scroll, or give up, once the page has stood still for long enough."""
        left = [at for at in self._needed if at not in self._done]
        if left and left[0] not in self._turned and quiet_s >= SCROLL_S:
            self._turned.add(left[0])
            self._todo.extend(self._steps[left[0]].turns)
        elif (quiet_s >= GIVE_UP_S and self._looks >= LEAST_LOOKS) or (
            now - self._since >= LONGEST_S
        ):
            if not left and self._pressed is None:
                self.end(WalkOutcome.DONE)
            else:
                self.end(WalkOutcome.AMBIGUOUS if self._ambiguous else WalkOutcome.CHANGED)

    def _carried_out(self, act: Act) -> Todo:
        match act:
            case TypeWord(word=word):
                return TypeOut(self._words[word])
            case TypeLiteral(text=text):
                return TypeOut(text)
            case StrikeKey():
                return act


def _near(first: Place, second: Place, limit: int) -> bool:
    return max(abs(first[0] - second[0]), abs(first[1] - second[1])) <= limit


def suited(
    walkthroughs: Iterable[Walkthrough],
    platform: str | None,
    around: Surroundings,
    *,
    asks_number: bool = False,
) -> Walkthrough | None:
    """Return the walkthrough of a platform's page for such a screen, or None."""
    fit = [
        one
        for one in walkthroughs
        if (one.platform, one.asks_number) == (platform, asks_number)
        and not one.given_up
        and (one.around.size, one.around.scale, one.around.language)
        == (around.size, around.scale, around.language)
    ]
    return preferred(fit)


def preferred(walkthroughs: Iterable[Walkthrough]) -> Walkthrough | None:
    """Return the newest of the room's own, or else of the others, or None."""
    return max(walkthroughs, key=lambda one: (one.origin is None, one.at), default=None)


# Files.

_FILE = frozenset(
    ["platform", "by", "at", "browser", "screen", "scale", "language", "theme"]
) | frozenset(["tries", "misses", "missed", "asks_number", "step", "named"])


_HERE = b"\n[here]\n"
_SIGNATURE = re.compile(rb'\n\[signature\]\ned25519 = "([A-Za-z0-9+/]{86}==)"\n\Z')
_SIGNER = ("room", "room_name", "key", "fingerprint")


def written(walkthrough: Walkthrough) -> bytes:
    """Return a walkthrough as the bytes of the file that the room keeps."""
    if walkthrough.origin is not None:
        return walkthrough.origin.file + _HERE + _text_of(_record_lines(walkthrough))
    return _text_of(_lines(walkthrough))


def for_others(
    own: Walkthrough, room: str, room_name: str, key: bytes, sign: Callable[[bytes], bytes]
) -> bytes:
    """Return a walkthrough of the room's own as a signed file, without its record."""
    signer = [
        f"room = {_quoted(_tidy(room))}",
        f"room_name = {_quoted(_tidy(room_name))}",
        f'key = "{base64.b64encode(key).decode("ascii")}"',
        f'fingerprint = "{fingerprint(key)}"',
    ]
    body = _text_of(_lines(replace(own, tries=0, misses=0, missed=""), signer))
    signature = base64.b64encode(sign(body))
    return body + b'\n[signature]\ned25519 = "' + signature + b'"\n'


def fingerprint(key: bytes) -> str:
    """Return what people compare of a public key: sha256:HEX of its 32 bytes."""
    return PIN + hashlib.sha256(key).hexdigest()


def _tidy(text: str) -> str:
    """Return a name as a file may have it: printable, and at most 80 characters."""
    return "".join(one if one.isprintable() else " " for one in text).strip()[:80]


def _text_of(lines: Iterable[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode("utf-8")


def _lines(walkthrough: Walkthrough, signer: Iterable[str] = ()) -> list[str]:
    around = walkthrough.around
    lines = [
        "# How a page is passed, as it was shown to roomctl. Pictures are PNG, in base64.",
        *signer,
        f"platform = {_quoted(walkthrough.platform)}",
        f"by = {_quoted(walkthrough.by)}",
        f"at = {walkthrough.at.isoformat()}",
        f"browser = {_quoted(around.browser)}",
        f"screen = {list(around.size)}",
        f"scale = {float(around.scale)}",
        f"language = {_quoted(around.language)}",
        f"theme = {_quoted(around.theme)}",
        f"tries = {walkthrough.tries}",
        f"misses = {walkthrough.misses}",
        f"missed = {_quoted(walkthrough.missed)}",
    ]
    lines += ["asks_number = true"] if walkthrough.asks_number else []
    for step in walkthrough.steps:
        turns = ", ".join(f"[{one.x:.4f}, {one.y:.4f}, {one.notches}]" for one in step.turns)
        lines += ["", "[[step]]", f"optional = {str(step.optional).lower()}"]
        lines += [f"person = {str(step.person).lower()}", f"turn = [{turns}]"]
        lines += [f"act = [{', '.join(_quoted(said(act)) for act in step.acts)}]"]
        for look in step.looks:
            lines += ["", "[[step.look]]", *_look_lines(look)]
    for one in walkthrough.named:
        lines += ["", "[[named]]", f'says = "{one.says}"', *_look_lines(one.look)]
    return lines


def _record_lines(walkthrough: Walkthrough) -> Iterator[str]:
    """Write what became here of another room's walkthrough."""
    yield f"tries = {walkthrough.tries}"
    yield f"misses = {walkthrough.misses}"
    yield f"missed = {_quoted(walkthrough.missed)}"
    yield f"done = {str(walkthrough.done).lower()}"
    yield f"missed_at = {list(walkthrough.missed_at)}"
    yield f"optional = {[at for at, step in enumerate(walkthrough.steps, 1) if step.optional]}"
    for one in walkthrough.named:
        yield from ("", "[[named]]", f'says = "{one.says}"', *_look_lines(one.look))


def _look_lines(look: ShownControl) -> Iterator[str]:
    yield f"at = {list(look.at)}"
    yield f"place = {list(look.place)}"
    yield f"core = {list(look.core)}"
    yield f"alike = {look.alike}"
    for key in ("patch", "kept"):
        yield f'{key} = "{_base64(getattr(look, key))}"'
    if look.words:
        words = (
            f'{{ at = {list(one.at)}, picture = "{_base64(one.picture)}" }}' for one in look.words
        )
        yield f"words = [{', '.join(words)}]"


def said(act: Act) -> str:
    """Return an act as a file says it."""
    match act:
        case TypeWord(word=word):
            return f"type {{{word}}}"
        case TypeLiteral(text=text):
            return f"text {text}"
        case StrikeKey(key=key):
            return f"key {key}"


def read_walkthrough(name: str, data: bytes) -> Walkthrough:
    """Return what a file says that the room has kept; WalkthroughError says what is wrong."""
    file, foreign, record = data.rpartition(_HERE)
    if foreign:
        came = _came(name, file)
        return _explained(name, lambda: _with_record(came, _parsed(record)))
    return _explained(name, lambda: _walkthrough(name, _parsed(_checked(name, data))))


def read_from_others(
    name: str, data: bytes, signed_by: Callable[[bytes, bytes, bytes], bool]
) -> Walkthrough:
    """Return what a file says that came from another room, with its origin; WalkthroughError.

    `signed_by` says of a public key, a signature and bytes whether they belong together.
    """
    found = _came(name, data)
    assert found.origin is not None  # noqa: S101 - it came
    if found.origin.key:
        body, signature = _unsigned(data)
        if not signed_by(found.origin.key, signature, body):
            why = f"is not as room {found.by_room!r} has signed it: it was changed, or is damaged"
            raise WalkthroughError(f"walkthrough {name!r}: {why}; export it there again")
    return found


def _came(name: str, data: bytes) -> Walkthrough:
    return _explained(name, lambda: _of_others(name, _checked(name, data)))


def _checked(name: str, data: bytes) -> bytes:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:80]!r} is not a name; use a-z, 0-9, - and _, at most 64")
    if len(data) > LARGEST_FILE:
        raise ValueError(f"has {len(data)} bytes; the most is {LARGEST_FILE}")
    return data


def _explained(name: str, read: Callable[[], Walkthrough]) -> Walkthrough:
    try:
        return read()
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        why = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise WalkthroughError(f"walkthrough {name[:64]!r}: {why}"[:400]) from None


# Any: as below.
def _parsed(data: bytes) -> dict[str, Any]:
    try:
        return toml_reader.loads(data.decode("utf-8"))
    except ValueError as error:
        raise ValueError(f"is not a walkthrough, or damaged: {error}") from None


def _unsigned(data: bytes) -> tuple[bytes, bytes]:
    """Return what is signed of a file, and its signature; the file and b"" if it has none."""
    found = _SIGNATURE.search(data)
    return (data, b"") if found is None else (data[: found.start()], _decoded(found[1].decode()))


def _decoded(text: str) -> bytes:
    """Return what base64 says; ValueError if it can be written in another way."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode("ascii") != text:
        raise ValueError("a key or signature is not base64")
    return data


def _of_others(name: str, data: bytes) -> Walkthrough:
    body, signature = _unsigned(data)
    said = _parsed(body)
    if not signature and not any(one in said for one in (*_SIGNER, "signature")):
        origin = Origin("", "", b"", data)
    else:
        room, room_name = _text(said, "room", 80), _text(said, "room_name", 80)
        key = _decoded(_text(said, "key", 44))
        if not room or len(key) != 32:
            raise ValueError("has no room's id, or a key that has not 32 bytes")
        if _text(said, "fingerprint", 80) != fingerprint(key):
            raise ValueError("has a key with another fingerprint than it says")
        if not signature:
            why = "and its signature is missing or damaged; export it there again"
            raise ValueError(f"says that room {room_name or room!r} signed it, {why}")
        origin = Origin(room, room_name, key, data)
    rest = {one: what for one, what in said.items() if one not in _SIGNER}
    return replace(_walkthrough(name, rest), tries=0, misses=0, missed="", origin=origin)


# Any: as below.
def _with_record(came: Walkthrough, said: dict[str, Any]) -> Walkthrough:
    known = {"tries", "misses", "missed", "done", "missed_at", "optional", "named"}
    _only(said, known, "what became of it here")
    optional, missed_at = (_step_numbers(said, key) for key in ("optional", "missed_at"))
    steps = tuple(
        replace(step, optional=number in optional) for number, step in enumerate(came.steps, 1)
    )
    if all(step.optional for step in steps) or not isinstance(said["done"], bool):
        raise ValueError("no step has to be there, or done is neither true nor false")
    named = tuple(map(_named, _tables(said, "named", MOST_NAMED))) if "named" in said else ()
    tries, misses, missed = _count(said, "tries"), _count(said, "misses"), _text(said, "missed", 32)
    record = replace(came, tries=tries, misses=misses, missed=missed, done=said["done"])
    return replace(record, steps=steps, named=named, missed_at=missed_at)


def _step_numbers(said: Mapping[str, Any], key: str) -> tuple[int, ...]:
    found = said[key]
    if not isinstance(found, list) or len(found) > MOST_STEPS + 1:
        raise ValueError(f"{key} is not a list of steps")
    if not all(type(one) is int and 1 <= one <= MOST_STEPS for one in found):
        raise ValueError(f"{key} is not a list of steps")
    return tuple(found)


# Any: TOML's values, whose types are what is being found out.
def _walkthrough(name: str, said: dict[str, Any]) -> Walkthrough:
    _only(said, _FILE, "the file")
    at, scale, size = said["at"], said["scale"], said["screen"]
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise ValueError("at is not an instant with its offset")
    if type(scale) not in (int, float) or not 0.5 <= scale <= 4:
        raise ValueError("scale is not 0.5-4")
    platform, theme = _text(said, "platform", 64), _text(said, "theme", 8)
    if not re.fullmatch(r"[a-z0-9_]+", platform) or theme not in ("light", "dark"):
        raise ValueError("platform is not a platform's key, or theme neither light nor dark")
    around = Surroundings(
        _text(said, "browser", 80), _pair(size, "screen"), scale, _text(said, "language", 16), theme
    )
    steps = tuple(map(_step, _tables(said, "step", MOST_STEPS)))
    if all(step.optional for step in steps):
        raise ValueError("no step has to be there; at least one may not be optional")
    tries, misses = _count(said, "tries"), _count(said, "misses")
    by, missed = _text(said, "by", 80), _text(said, "missed", 32)
    asks = said.get("asks_number", False)
    if not isinstance(asks, bool):
        raise ValueError("asks_number is true or false")
    found = Walkthrough(name, platform, by, at, around, steps, tries, misses, missed)
    named = tuple(map(_named, _tables(said, "named", MOST_NAMED))) if "named" in said else ()
    return replace(found, asks_number=asks, named=named)


def _step(said: dict[str, Any]) -> WalkStep:
    _only(said, {"optional", "person", "turn", "act", "look"}, "a step")
    if not all(isinstance(said[key], bool) for key in ("optional", "person")):
        raise ValueError("optional and person are true or false")
    acts, turns = said["act"], said["turn"]
    if not (isinstance(acts, list) and isinstance(turns, list)):
        raise ValueError("act and turn are lists")
    if max(len(acts), len(turns)) > MOST_ACTS:
        raise ValueError(f"a step has at most {MOST_ACTS} acts, and turns")
    looks = tuple(map(_look, _tables(said, "look", MOST_LOOKS)))
    done = (tuple(map(_act, acts)), tuple(map(_turn, turns)))
    behind = dropwhile(lambda act: not _leaves_field(act), done[0])
    if not all(isinstance(act, StrikeKey) for act in behind):
        raise ValueError("a text follows a key that leaves the field it was typed into")
    return WalkStep(looks, *done, said["optional"], said["person"])


def _named(said: dict[str, Any]) -> NamedPicture:
    if said["says"] not in set(PageName):
        raise ValueError(f"says is none of {', '.join(PageName)}")
    look = _look({key: value for key, value in said.items() if key != "says"})
    return NamedPicture(PageName(said["says"]), look)


def _look(said: dict[str, Any]) -> ShownControl:
    _only(said, {"at", "place", "core", "alike", "patch", "kept", "words"}, "a picture")
    core = said["core"]
    if not (isinstance(core, list) and len(core) == 4 and all(type(one) is int for one in core)):
        raise ValueError("core is not [x, y, width, height]")
    if type(said["alike"]) is not int:
        raise ValueError("alike is not a number")
    patch, kept = _png(said, "patch"), _png(said, "kept")
    place, at = _pair(said["place"], "place"), _pair(said["at"], "at")
    box = core[0], core[1], core[2], core[3]
    words = map(_words, _tables(said, "words", MOST_WORDS)) if "words" in said else ()
    return ShownControl(patch, kept, place, box, said["alike"], at, tuple(words))


def _words(said: dict[str, Any]) -> ShownWords:
    _only(said, {"at", "picture"}, "words")
    match said["at"]:
        case [int(x), int(y)]:
            return ShownWords(_png(said, "picture"), (x, y))
    raise ValueError("at is not [x, y]")


def _act(said: object) -> Act:
    kind, _, what = said.partition(" ") if isinstance(said, str) else ("", "", "")
    if kind == "type" and what[:1] + what[-1:] == "{}" and what[1:-1] in set(Word):
        return TypeWord(Word(what[1:-1]))
    if kind == "text" and 0 < len(what) <= LONGEST_TEXT and what.isprintable():
        return TypeLiteral(what)
    if kind == "key" and what in _KEYS:
        return StrikeKey(what)
    raise ValueError("an act is none of: type {name}, {passcode} or {meeting_id}; text …; key …")


def _turn(said: object) -> Turn:
    match said:
        case [int() | float() as x, int() | float() as y, int(notches)] if (
            0 <= x <= 1 and 0 <= y <= 1 and 1 <= abs(notches) <= 20
        ):
            return Turn(float(x), float(y), notches)
    raise ValueError("a turn is not [x, y, notches]")


def _tables(said: Mapping[str, Any], key: str, most: int) -> list[dict[str, Any]]:
    found = said[key]
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError(f"{key} is not a list of tables")
    if not 1 <= len(found) <= most:
        raise ValueError(f"{len(found)} tables {key}; 1-{most} are allowed")
    return found


def _only(said: Mapping[str, Any], known: Iterable[str], what: str) -> None:
    if foreign := sorted(said.keys() - set(known)):
        raise ValueError(f"{what} has {foreign[0][:40]!r}, which is not known")


def _text(said: Mapping[str, Any], key: str, longest: int) -> str:
    found = said[key]
    if not isinstance(found, str) or len(found) > longest or not found.isprintable():
        raise ValueError(f"{key} is not a text of at most {longest} printable characters")
    return found


def _count(said: Mapping[str, Any], key: str) -> int:
    found = said[key]
    if type(found) is not int or not 0 <= found < 2**31:
        raise ValueError(f"{key} is not a count")
    return found


def _pair(said: object, key: str) -> Place:
    match said:
        case [int(x), int(y)] if 0 <= x < 20_000 and 0 <= y < 20_000:
            return x, y
    raise ValueError(f"{key} is not [x, y]")


def _png(said: Mapping[str, Any], key: str) -> bytes:
    text = said[key]
    if not isinstance(text, str) or len(text) > LARGEST_PNG * 2:
        raise ValueError(f"{key} is not a picture of at most {LARGEST_PNG} bytes")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError(f"{key} is not base64") from None


def _quoted(text: str) -> str:
    """Write a string as JSON does, which TOML reads the same, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def packed(controls: Iterable[ShownControl]) -> bytes:
    """Return controls as bytes for whoever looks for them."""
    return json.dumps([_plain(one) for one in controls]).encode("ascii")


def _plain(control: ShownControl) -> dict[str, Any]:
    pictures = {key: _base64(getattr(control, key)) for key in ("patch", "kept")}
    place, core, at = list(control.place), list(control.core), list(control.at)
    words = [{"at": list(one.at), "picture": _base64(one.picture)} for one in control.words]
    plain = {**pictures, "place": place, "core": core, "alike": control.alike, "at": at}
    return {**plain, "words": words} if words else plain


def unpacked(data: bytes) -> tuple[ShownControl, ...]:
    """Return what `packed` made; ValueError for anything else."""
    try:
        said = json.loads(data)
        if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
            raise ValueError("no list of controls")
        if len(said) > MOST_STEPS * MOST_LOOKS + MOST_NAMED:
            raise ValueError(f"{len(said)} controls are too many")
        return tuple(map(_look, said))
    except (TypeError, KeyError, RecursionError) as error:
        raise ValueError("no list of controls") from error


_PNG_START = b"\x89PNG\r\n\x1a\n"


def png_size(data: bytes, channels: int) -> Place:
    """Return width and height of a picture of ours; ValueError for any other, or for more.

    8 bits a channel, 3 (colour) or 1 (grey), at most 240 × 96, and nothing in it but pixels.
    """
    if len(data) > LARGEST_PNG or not data.startswith(_PNG_START):
        raise ValueError(f"a picture is not a PNG of at most {LARGEST_PNG} bytes")
    chunks = list(_chunks(data[len(_PNG_START) :]))
    kinds = [kind for kind, _ in chunks]
    if kinds[:1] != [b"IHDR"] or kinds[-1:] != [b"IEND"] or set(kinds[1:-1]) != {b"IDAT"}:
        raise ValueError("a PNG has more in it than a picture, or less")
    if len(chunks[0][1]) != 13:
        raise ValueError("a PNG is damaged")
    width, height, *form = struct.unpack(">IIBBBBB", chunks[0][1])
    if form != [8, {3: 2, 1: 0}[channels], 0, 0, 0]:
        raise ValueError(f"a PNG has not 8 bits in each of {channels} channels")
    if not (0 < width <= PATCH[0] and 0 < height <= PATCH[1]):
        raise ValueError(f"a picture has {width} × {height} pixels; the most is 240 × 96")
    _check_pixels(b"".join(body for kind, body in chunks[1:-1]), height * (1 + width * channels))
    return width, height


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        if len(data) - at < 12:
            raise ValueError("a PNG is cut off")
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        if at + 12 + length > len(data):
            raise ValueError("a PNG is cut off")
        (crc,) = struct.unpack_from(">I", data, at + 8 + length)
        if crc != zlib.crc32(kind + body):
            raise ValueError("a PNG is damaged")
        yield kind, body
        at += 12 + length


def _check_pixels(compressed: bytes, expected: int) -> None:
    reader = zlib.decompressobj()
    try:
        pixels = reader.decompress(compressed, expected + 1)
    except zlib.error:
        raise ValueError("a PNG is damaged") from None
    if len(pixels) != expected or not reader.eof or reader.unused_data:
        raise ValueError("a PNG has other pixels than it says")

"""Finding a control on a picture of the screen, as it was shown once. Knows no screen, no page.

A picture is an array of height × width × 3 bytes (blue, green, red), at the scale it was shown at.
What is kept of a control is its patch, 240 × 96 pixels around the place that was pressed, without
what moved while it was shown; and the words that stood nearest above and below it.

Correlation finds, it does not decide: it is blind to brightness and contrast, which is how pages
say *not now*. What decides is the worst tile: the greatest mean difference (0-255, of the channel
that differs most) over any 8 × 8 pixels. It sees a veil, a button that is disabled, another label.
Two more things are asked of the page around it. Its label stands there at no more places than when
it was shown, whatever key it stands on; and the words beside it are the same. Shape alone tells
both: a theme changes the colours.
The limits were measured on 3,300 changed pages at scale 1; `make soak` looks at 1,000. Those of
labels and words lie between .75 and .89, and between .33 and .85, of 800 pages.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING

import cv2
import numpy as np

from roomctl.frozen import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]
    Point = tuple[int, int]  # x, y; from the left and from above
    Box = tuple[int, int, int, int]  # left, top, right, bottom; the last two are outside

PATCH = (240, 96)  # width and height that are compared: the control and what stands around it
CORES = ((96, 40), (144, 60), (192, 80), PATCH)  # where the control is not told from its ground
LARGEST, LEAST = (640, 120), (12, 10)  # of a control whose ground and label are told
TILE = 8
LIKE_NCC, SAME_TILE, NEAR_TILE = 0.9, 12.0, 24.0
ALIKE_NCC = 0.8  # of a label, or of words: what a person might take for it
SIZES = (1.0, 0.9, 1.1, 1.25)  # of other labels, beside this one's
LABEL_BLUR = 0.8  # pixels: text is drawn anew at every part of a pixel
WORDS_WITHIN, WORDS_ASIDE, WORDS_WIDE = 150, 60, 120  # pixels: from the control, and of a picture
WORDS_HIGH, WORDS_LEAST = (8, 44), 20
WORDS_MOVE = 16  # pixels from where they stood beside the control, before the page is searched
LIKELY = 10  # places that are looked at closely
LEAST_CONTRAST = 12.0  # of a control that is told from its ground, by its worst tile
BLUR = 1.2  # pixels: with text that is drawn anew, tiles are up to 80 apart
SAME_CORE = 6.0  # of the control alone: a pale one that is disabled differs by little
HALF_BLUR = 1.0  # pixels: a thin outline at odd offsets is elsewhere at half size
HALF_LOSES = 0.3  # thin text at odd offsets correlates so much less at half size
MOVED = 6  # levels; less is noise of the page's own making
GROWN = 2  # pixels around what moved
LEAST_KEPT, LEAST_KEPT_CORE = 0.8, 0.98
_EVEN = 0.05  # of the variance, in levels: what rounding leaves of it where nothing varies
FLAT = 2.0  # standard deviation in levels: correlation with less is about 1 everywhere
MOST_PEAKS, FEW_PEAKS = 200, 24  # the few, where only the reason is asked for
ANY_TILE = 255.0
_NEAR_MOVE = 5  # pixels: what moves so near to each other is one thing
_STRIP = 128  # rows of half a picture that are correlated at a time: what that takes is not small
_PARTS, _PART_MOVES = (3, 2), 12  # of a patch; levels by which half a pixel changes one's mean
_REFINED = 3  # pixels around a peak of half the size
_NEIGHBOUR = 3  # levels from one pixel to the next within one ground, which may be a gradient
_GROUND = (23, 15)  # around a press, in which the ground of what was pressed prevails
_LETTER = 24  # pixels: an area that is no larger may be a letter or within one
_SHADE = 32  # levels
_INK = 32  # levels from the ground
_EDGE = 3  # pixels, of a control
_WORD_SPACE, _WORD_INK = (15, 5), 0.2
_SPACE = (9, 5)  # between letters of one text
_MARGIN = 16  # around a label that is beside the press
_NEAR_LABEL = PATCH[0] // 2 - _MARGIN
_ROW, _LINE = 10, 0.9  # pixels above and below a press; share of its columns

cv2.setNumThreads(1)  # a look in a call leaves the other cores to the call


class Unsuitable(StrEnum):
    """Why a place cannot be learned."""

    OUTSIDE = "outside"  # of the picture
    FLAT = "flat"
    MOVES = "moves"  # the control itself, or too much around it
    TWICE = "twice"  # two places that look the same, with all that stands around them
    HIDDEN = "hidden"  # too near to what was typed


class Unseen(StrEnum):
    """Why nothing may be pressed."""

    ABSENT = "absent"
    CHANGED = "changed"  # it stands there, but not as it was shown
    AMBIGUOUS = "ambiguous"  # more than one place looks like it


class CannotLearn(Exception):
    """A place on a picture is unsuitable to be found again."""

    def __init__(self, why: Unsuitable) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """What is written near a control, grey, and where: from the corner of its patch."""

    picture: Picture
    at: Point


@dataclass(frozen=True, slots=True, eq=False)
class Control:
    """A control as it was shown: `patch`, of which `kept` (0 or 1) counts.

    `place` is where it was pressed, from the patch's corner; `core` the corner and size of the
    control alone; `alike` at how many places its label stood; `words` what stood beside it.
    """

    patch: Picture
    kept: Picture
    place: Point
    core: tuple[int, int, int, int]
    alike: int
    words: tuple[Wording, ...] = ()


@frozen
class _Candidate:
    """A place: its worst tile, and the worst if those count that the patch's edge cuts."""

    corner: Point
    tile: float
    cut: float


def decoded(png: bytes) -> Picture | None:
    """Return a PNG as a picture, without what is transparent in it; None if it is damaged."""
    data = np.frombuffer(png, np.uint8)
    try:
        found = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if found is None else np.asarray(found, np.uint8)


def encoded(picture: Picture) -> bytes:
    """Return a picture, or what is kept of one, as PNG."""
    done, data = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not done:
        raise ValueError("a picture cannot be written")
    return bytes(data)


def of_ppm(data: bytes) -> Picture:
    """Return a PPM (P6, 8 bits) as a picture; OSError if it is none."""
    try:
        kind, size, depth, pixels = data.split(b"\n", 3)
        width, height = map(int, size.split())
        if (kind, depth) != (b"P6", b"255"):
            raise ValueError("no PPM of 8 bits")
        found = np.frombuffer(pixels, np.uint8).reshape(height, width, 3)
    except ValueError as error:
        raise OSError("a picture of the display is damaged") from error
    return np.asarray(cv2.cvtColor(found, cv2.COLOR_RGB2BGR), np.uint8)


def of_rows(data: bytes, size: Point) -> Picture:
    """Return rows of 4 bytes a pixel, blue first, as a picture."""
    found = np.frombuffer(data, np.uint8).reshape(size[1], size[0], 4)
    return np.asarray(cv2.cvtColor(found, cv2.COLOR_BGRA2BGR), np.uint8)


def learn(frames: Sequence[Picture], at: Point, hidden: Sequence[Box] = ()) -> Control:
    """Keep what stands around `at`; `frames` are of one page, the last as it was pressed.

    Five frames over 1.5 s show what moves by itself. Nothing of the boxes `hidden`, where something
    was typed, is in the picture. Raises CannotLearn.
    """
    last = frames[-1]
    height, width = last.shape[:2]
    if not (0 <= at[0] < width and 0 <= at[1] < height):
        raise CannotLearn(Unsuitable.OUTSIDE)
    frames, aim = [one for one in frames if one.shape == last.shape], _aim(last, at)
    corner, size = _window(at, aim, (width, height), hidden)
    kept = _still([cut(frame, corner, size) for frame in frames])
    if kept.mean() < LEAST_KEPT:  # keep what lies beside that which moves
        try:
            corner, size = _window(at, aim, (width, height), [*hidden, *_moving(frames, at)])
        except CannotLearn:
            raise CannotLearn(Unsuitable.MOVES) from None
        kept = _still([cut(frame, corner, size) for frame in frames])
    patch = np.ascontiguousarray(cut(last, corner, size))
    place = at[0] - corner[0], at[1] - corner[1]
    core = _core(patch, place)
    x, y, wide, high = core
    if kept.mean() < LEAST_KEPT or kept[y : y + high, x : x + wide].mean() < LEAST_KEPT_CORE:
        raise CannotLearn(Unsuitable.MOVES)
    if _contrast(patch) <= SAME_CORE:  # no look would see that it has gone
        raise CannotLearn(Unsuitable.FLAT)
    control = Control(patch, kept, place, core, 1)
    page = Page(last)
    if sum(one.tile <= NEAR_TILE for one in _places(control, page, NEAR_TILE)) > 1:
        raise CannotLearn(Unsuitable.TWICE)
    words = tuple(_words(control, frames, corner, hidden))
    return replace(control, alike=max(1, _labels(control, page)), words=words)


def find(control: Control, picture: Picture) -> Point | Unseen:
    """Return where to press, or why not."""
    page = Page(picture)
    return seek(control, page) or unseen(control, page)


def seek(control: Control, page: Page) -> Point | Unseen | None:
    """Return where to press, or why not; None if nothing on the page is near to the control."""
    places = _places(control, page, NEAR_TILE)
    same = [
        one for one in places if one.cut <= SAME_TILE and _same(control, page.picture, one.corner)
    ]
    if not same:
        return Unseen.CHANGED if places else None
    if sum(one.tile <= NEAR_TILE for one in places) > 1:
        return Unseen.AMBIGUOUS
    x, y = same[0].corner
    return objection(control, page, (x, y)) or (x + control.place[0], y + control.place[1])


def unseen(control: Control, page: Page) -> Unseen:
    """Return whether a control that is not near to what was shown is there, changed, or absent."""
    others = _candidates(control.patch, control.kept, page, LIKE_NCC, ANY_TILE, most=FEW_PEAKS)
    return Unseen.CHANGED if any(others) else Unseen.ABSENT


def objection(
    control: Control, page: Page, corner: tuple[float, float], zoom: float = 1.0
) -> Unseen | None:
    """Return what the page says against a press, with the patch's corner there; None: nothing."""
    gone = [
        one
        for one in control.words
        if not page.shows(resized(one.picture, zoom), placed(one.at, corner, zoom))
    ]
    if gone:
        left, top, right, bottom = _whole(control)
        (left, top), (right, bottom) = (
            placed(one, corner, zoom) for one in ((left, top), (right, bottom))
        )
        now = _written([page.picture], (left, top, right, bottom))
        if any((one.at[1] < control.core[1]) in now for one in gone):
            return Unseen.CHANGED  # other words stand where they were
    if _more_in_row(control, page, corner, zoom):
        return Unseen.CHANGED
    return Unseen.AMBIGUOUS if _labels(control, page, zoom) > control.alike else None


def stands(control: Control, picture: Picture, at: Point) -> bool:
    """Whether it still stands where it was pressed, however bright: it may be held, or fading."""
    height, width = control.patch.shape[:2]
    corner = at[0] - control.place[0], at[1] - control.place[1]
    window = cut(picture, corner, (width, height))
    if min(corner) < 0 or window.shape != control.patch.shape:
        return False
    first, second = (_levelled(one, control.kept) for one in (control.patch, window))
    return _ncc(first, second) >= LIKE_NCC


def drawn(picture: Picture, at: Point) -> Control:
    """Return what stands around a place as a control, to see whether it stays so."""
    height, width = picture.shape[:2]
    size = min(PATCH[0], width), min(PATCH[1], height)
    corner = _corner(at, size, (width, height))
    patch = np.ascontiguousarray(cut(picture, corner, size))
    place = at[0] - corner[0], at[1] - corner[1]
    return Control(patch, np.ones(patch.shape[:2], np.uint8), place, (0, 0, *size), 1)


def same(control: Control, picture: Picture, at: Point) -> bool:
    """Whether a control stands at a place just as it was shown; looks for no other one."""
    height, width = control.patch.shape[:2]
    corner = at[0] - control.place[0], at[1] - control.place[1]
    window = cut(picture, corner, (width, height))
    if min(corner) < 0 or window.shape != control.patch.shape:
        return False
    return worst_tiles(control.patch, window, control.kept)[1] <= SAME_TILE


def twins(first: Control, second: Control) -> bool:
    """Whether two controls cannot be told from each other, such as a dialogue that comes twice."""
    if first is second or first.patch.shape != second.patch.shape:
        return False
    return worst_tiles(first.patch, second.patch, first.kept & second.kept)[0] <= NEAR_TILE


def same_words(first: Control, second: Control) -> bool:
    """Whether the same was written beside two controls."""
    page = [np.pad(one.picture, WORDS_MOVE, mode="edge") for one in second.words]
    return all(
        any((abs(correlation(one, words.picture)) >= ALIKE_NCC).any() for one in page)
        for words in first.words
    )


def _same(control: Control, picture: Picture, corner: Point) -> bool:
    """Whether the control alone is at a place as it was shown."""
    x, y, width, height = control.core
    pairs = (
        (control.patch, (x, y)),
        (picture, (corner[0] + x, corner[1] + y)),
        (control.kept, (x, y)),
    )
    first, second, kept = (cut(one, at, (width, height)) for one, at in pairs)
    return worst_tiles(first, second, kept)[0] <= SAME_CORE


def _places(control: Control, page: Page, tile: float) -> list[_Candidate]:
    """Return the places that look like the whole patch but for brightness and contrast.

    Those of which some tile is worse than `tile` anyway, as their mean tells, may be missing.
    """
    return _apart(_candidates(control.patch, control.kept, page, LIKE_NCC, tile))


def placed(at: Point, corner: tuple[float, float], zoom: float) -> Point:
    x, y = (round(start + zoom * one) for start, one in zip(corner, at, strict=True))
    return x, y


class Page:
    """A picture of the screen on which controls, labels and words are sought.

    Grey, and made smaller but once, for all of them.
    """

    def __init__(self, picture: Picture) -> None:
        self.picture, self.whole = picture, grey(picture)
        half = _half(blurred(self.whole, HALF_BLUR))
        self.smaller = {2: half, 4: _half(half)}

    def places(self, sought: Picture, by: int = 2) -> Iterator[Point]:
        """Yield the corners where it, or its negative, stands; it is sought so much smaller."""
        small, soft = blurred(sought, HALF_BLUR), blurred(sought, LABEL_BLUR)
        small = resized(small, 1 / by)
        if min(small.shape) < 2:
            return
        scores = abs(correlation(self.smaller[by], small))
        highest = scores >= cv2.dilate(scores, np.ones((5, 5), np.uint8))
        ys, xs = np.nonzero(highest & (scores >= ALIKE_NCC - HALF_LOSES))
        for at in np.argsort(-scores[ys, xs])[:LIKELY]:
            if (
                found := self._near(soft, (by * int(xs[at]), by * int(ys[at])), by + 1)
            ) is not None:
                yield found

    def shows(self, words: Picture, at: Point) -> bool:
        """Whether words stand by a place, or else anywhere on the page."""
        return self._near(blurred(words, LABEL_BLUR), at, WORDS_MOVE) is not None or any(
            True for _ in self.places(words)
        )

    def _near(self, soft: Picture, at: Point, far: int) -> Point | None:
        """Return the corner where a blurred picture stands, so far from a place at most."""
        (height, width), (left, top) = soft.shape, (max(0, one - far) for one in at)
        around = self.whole[top : max(0, at[1] + height + far), left : max(0, at[0] + width + far)]
        scores = abs(correlation(blurred(around, LABEL_BLUR), soft))
        _, best, _, (x, y) = cv2.minMaxLoc(scores) if scores.size else (0, 0.0, 0, (0, 0))
        return (left + x, top + y) if best >= ALIKE_NCC else None


def correlation(whole: Picture, sought: Picture) -> NDArray[np.float32]:
    """Return how much the window at each corner correlates, -1 to 1; 0 if one of both is flat.

    It is `cv2.TM_CCOEFF_NORMED` in half the time, and finite.
    """
    (height, width), size = sought.shape, sought.shape[::-1]
    rows, columns = whole.shape[0] - height + 1, whole.shape[1] - width + 1
    if rows < 1 or columns < 1:
        return np.zeros((0, 0), np.float32)
    about = sought - np.float32(sought.mean())
    products = cv2.matchTemplate(whole.astype(np.float32), about, cv2.TM_CCORR)
    means, squares = (
        summed(whole, cv2.CV_32F, size, anchor=(0, 0))[:rows, :columns]
        for summed in (cv2.boxFilter, cv2.sqrBoxFilter)
    )
    spread = cv2.subtract(squares, cv2.multiply(means, means, dst=means), dst=squares)
    products[spread < _EVEN] = 0
    norms = cv2.sqrt(np.maximum(spread, _EVEN))
    scale = 1 / max(_EVEN, math.sqrt(about.size) * cv2.norm(about))
    found = cv2.divide(products, norms, dst=products, scale=scale)
    return np.asarray(np.clip(found, -1, 1, out=found), np.float32)


def _labels(control: Control, page: Page, zoom: float = 1.0) -> int:
    """Count the places at which a control's label stands, in any colours, or a little larger."""
    x, y, width, height = _label(control)
    shown = resized(grey(cut(control.patch, (x, y), (width, height))), zoom)
    found: list[Box] = []
    for size in SIZES:
        sought = resized(shown, size)
        high, wide = sought.shape
        for left, top in page.places(sought, 2 if size == 1 else 4):
            box = left + wide // 4, top + high // 4, left + wide - wide // 4, top + high - high // 4
            if not any(_overlap(box, one) for one in found):
                found.append(box)
    return len(found)


def _label(control: Control) -> tuple[int, int, int, int]:
    """Return the corner and size of what is written on a control; of all if that is little."""
    x, y, wide, high = control.core
    core = cut(control.patch, (x, y), (wide, high))
    inked = (edges(core) > _INK)[_EDGE:-_EDGE, _EDGE:-_EDGE]
    columns, rows = (np.nonzero(inked.any(axis=axis))[0] + _EDGE for axis in (0, 1))
    if not columns.size or np.ptp(columns) < LEAST[0] or np.ptp(rows) < LEAST[1]:
        return control.core
    left, top = int(columns[0]), int(rows[0])
    return x + left, y + top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top


def _words(
    control: Control, frames: Sequence[Picture], corner: Point, hidden: Sequence[Box]
) -> Iterator[Wording]:
    """Yield what is written nearest above and below a control."""
    left, top, right, bottom = (corner[n % 2] + side for n, side in enumerate(_whole(control)))
    for x0, y0, x1, y1 in _written(frames, (left, top, right, bottom), hidden).values():
        x0 = max(x0, min((left + right - WORDS_WIDE) // 2, x1 - WORDS_WIDE))
        width = min(WORDS_WIDE, x1 - x0)
        picture = np.ascontiguousarray(grey(cut(frames[-1], (x0, y0), (width, y1 - y0))))
        yield Wording(picture, (x0 - corner[0], y0 - corner[1]))


def _written(frames: Sequence[Picture], key: Box, hidden: Sequence[Box] = ()) -> dict[bool, Box]:
    """Return the boxes of what is written nearest above (True) and below (False) a control.

    It stands on the page's own ground: what is on a key, or in a field, may be another one each
    time.
    """
    left, top, right, bottom = key
    x, y = max(0, left - WORDS_WITHIN), max(0, top - WORDS_WITHIN)
    size = max(1, right + WORDS_WITHIN - x), max(1, bottom + WORDS_WITHIN - y)
    parts = [cut(one, (x, y), size) for one in frames]
    inked = (edges(parts[-1]) > _INK).astype(np.uint8) * _still(parts)
    for x0, y0, x1, y1 in (*hidden, key):
        inked[max(0, y0 - y) : max(0, y1 - y), max(0, x0 - x) : max(0, x1 - x)] = 0
    across, down = _WORD_SPACE[0] // 2, _WORD_SPACE[1] // 2
    linked = cv2.dilate(inked, np.ones(_WORD_SPACE[::-1], np.uint8))
    nearest: dict[bool, Box] = {}
    for a, b, wide, high, _ in cv2.connectedComponentsWithStats(linked)[2][1:].tolist():
        box = x + a + across, y + b + down, x + a + wide - across, y + b + high - down
        part = inked[box[1] - y : box[3] - y, box[0] - x : box[2] - x]
        if not (WORDS_HIGH[0] <= box[3] - box[1] <= WORDS_HIGH[1]) or part.shape[1] < WORDS_LEAST:
            continue
        above = box[3] <= top
        aside = box[2] < left - WORDS_ASIDE or box[0] > right + WORDS_ASIDE
        if aside or not (above or box[1] >= bottom) or part.mean() < _WORD_INK:
            continue
        if any(_overlap(box, one) for one in hidden) or _on_a_key(frames[-1], box):
            continue
        known = nearest.setdefault(above, box)
        if box[3] > known[3] if above else box[1] < known[1]:
            nearest[above] = box
    return nearest


def _whole(control: Control) -> Box:
    """Return the box of a control, its edge included, as far as its patch shows it."""
    x, y, wide, high = control.core
    left, top, right, bottom = x, y, x + wide, y + high
    found = even(control.patch, control.place)
    if found is not None and inside(found[1], control.patch.shape[1::-1]):
        left, top = min(left, found[1][0]), min(top, found[1][1])
        right, bottom = max(right, found[1][2]), max(bottom, found[1][3])
    return left - _EDGE, top - _EDGE, right + _EDGE, bottom + _EDGE


def _on_a_key(picture: Picture, box: Box) -> bool:
    """Whether words stand on an even area as large as a control, such as a key or a field."""
    found = even(picture, (max(0, box[0] - _EDGE), (box[1] + box[3]) // 2))
    return found is not None and _overlap(found[1], box)


def _overlap(first: Box, second: Box) -> bool:
    return (
        first[0] < second[2]
        and second[0] < first[2]
        and first[1] < second[3]
        and second[1] < first[3]
    )


def _contrast(core: Picture) -> float:
    """Return how much its worst tile differs from its prevailing colour, 0-255."""
    soft = blurred(core, BLUR)
    ground = np.median(soft.reshape(-1, 3), axis=0).astype(np.uint8)
    flat = np.ascontiguousarray(np.broadcast_to(ground, core.shape))
    return worst_tiles(flat, soft, np.ones(core.shape[:2], np.uint8))[0]


def _candidates(
    patch: Picture,
    kept: Picture,
    page: Page,
    ncc: float,
    tile: float,
    most: int = MOST_PEAKS,
) -> Iterator[_Candidate]:
    """Yield the places that correlate at least so, the likeliest first.

    Places whose mean is too far from the patch's for a worst tile of `tile` may be missing.
    """
    height, width = patch.shape[:2]
    if page.whole.shape[0] < height or page.whole.shape[1] < width:
        return
    whole, sought = page.smaller[2], _half(blurred(grey(patch), HALF_BLUR))
    around = _Around(patch, kept)
    peaks = _peaks(whole, sought, around.near(whole, sought, tile), ncc - HALF_LOSES)
    seen: set[Point] = set()
    for x, y in peaks[:most]:
        corner = around.nearest(page.whole, 2 * x, 2 * y)
        if corner not in seen and (found := around.judged(page.picture, corner, ncc, tile)):
            yield found
        seen.add(corner)


class _Around:
    """A patch held against places of a picture at full size."""

    def __init__(self, patch: Picture, kept: Picture) -> None:
        self._patch, self._kept = patch, kept
        self._grey = grey(patch)
        self._size = patch.shape[1], patch.shape[0]
        self._levelled = _levelled(patch, kept)
        self._area = math.prod(self._size)
        self._mask = None if kept.all() else kept  # without one, differences are quickly summed

    def near(self, whole: Picture, sought: Picture, tile: float) -> Picture:
        """Return 255 at each corner by which no tile may be worse than `tile`; all at half size.

        The mean of each part of what stands there is near to the patch's.
        """
        (height, width), (rows, columns) = sought.shape, whole.shape
        size = -(-width // _PARTS[0]), -(-height // _PARTS[1])
        means, corners = (
            cv2.blur(whole, size, anchor=(0, 0)),
            (columns - width + 1, rows - height + 1),
        )
        near = np.asarray(np.full(corners[::-1], 255), np.uint8)
        for x, y in product(_starts(width, size[0]), _starts(height, size[1])):
            kept = cut(self._kept, (2 * x, 2 * y), (2 * size[0], 2 * size[1]))
            far = _farthest(kept, tile) + 255 * (1 - float(kept.mean())) + _PART_MOVES
            mean = float(cut(sought, (x, y), size).mean())
            there = cut(np.asarray(means, np.uint8), (x, y), corners)
            cv2.bitwise_and(near, cv2.inRange(there, mean - far, mean + far), dst=near)
        return np.asarray(cv2.dilate(near, np.ones((_REFINED + 2,) * 2, np.uint8)), np.uint8)

    def nearest(self, grey: Picture, x: int, y: int) -> Point:
        """Return the corner, some pixels around a place, at which the patch differs least."""
        (width, height), sought, mask = self._size, self._grey, self._mask
        spans = []
        for at, size, whole in zip((x, y), self._size, grey.shape[1::-1], strict=True):
            last = whole - size
            first = max(0, min(at, last) - _REFINED)
            spans.append(range(first, min(last, first + 2 * _REFINED) + 1))
        return min(
            product(spans[0], spans[1]),
            key=lambda at: cv2.norm(
                grey[at[1] : at[1] + height, at[0] : at[0] + width], sought, cv2.NORM_L1, mask=mask
            ),
        )

    def judged(self, picture: Picture, corner: Point, ncc: float, tile: float) -> _Candidate | None:
        """Return how bad the worst tile of a place is; None if it correlates less than `ncc`.

        None, too, if some tile is worse than `tile`, as the mean difference tells.
        """
        window = cut(picture, corner, self._size)
        mean = cv2.norm(window, self._patch, cv2.NORM_L1, mask=self._mask) / (3 * self._area)
        if mean > _farthest(self._kept, tile):
            return None
        if _ncc(self._levelled, _levelled(window, self._kept)) < ncc:
            return None
        return _Candidate(corner, *worst_tiles(self._patch, window, self._kept))


def _farthest(kept: Picture, tile: float) -> float:
    """Return how great the mean difference of all that is kept can be with such tiles.

    Tiles overlap at the edge; those with little that is kept do not count.
    """
    tiled: float = math.prod(-(-side // TILE) * TILE for side in kept.shape) / kept.size
    return tile * tiled + 255 * (1 - float(kept.mean())) / 3


def _starts(length: int, part: int) -> list[int]:
    """Return where parts of a length begin; the last may reach into the one before."""
    return [min(at, length - part) for at in range(0, length, part)]


def _peaks(whole: Picture, sought: Picture, near: Picture, least: float) -> list[Point]:
    """Return the highest of those corners, the best first and `MOST_PEAKS` at most."""
    found: list[tuple[float, int, int]] = []
    for top in range(0, near.shape[0], _STRIP):
        strip = near[top : top + _STRIP]
        columns = np.nonzero(strip.max(axis=0))[0]
        if not columns.size:
            continue
        left, right = int(columns[0]), int(columns[-1]) + 1
        window = whole[top : top + len(strip) + sought.shape[0] - 1]
        window = window[:, left : right + sought.shape[1] - 1]
        scores = correlation(window, sought)
        scores[strip[:, left:right] == 0] = -1
        highest = cv2.dilate(scores, np.ones((5, 5), np.uint8))
        ys, xs = np.nonzero((scores >= highest) & (scores >= least))
        found += zip(
            scores[ys, xs].tolist(), (xs + left).tolist(), (ys + top).tolist(), strict=True
        )
    return [(x, y) for _, x, y in sorted(found, reverse=True)[:MOST_PEAKS]]


def _apart(found: Iterable[_Candidate]) -> list[_Candidate]:
    """Leave one of those that are one place, a few pixels off."""
    places: list[_Candidate] = []
    for one in sorted(found, key=lambda candidate: candidate.tile):
        (x, y) = one.corner
        if all(max(abs(x - o.corner[0]), abs(y - o.corner[1])) > TILE for o in places):
            places.append(one)
    return places


def _ncc(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Return the correlation, -1 to 1, of two that are levelled; 0 if one of them is flat."""
    norm = cv2.norm(first) * cv2.norm(second)
    return float(np.vdot(first, second)) / norm if norm else 0.0


def _levelled(picture: Picture, kept: Picture) -> NDArray[np.float32]:
    """Return what is kept, grey, about its mean; 0 elsewhere."""
    levels = grey(picture).astype(np.float32)
    return np.asarray((levels - cv2.mean(levels, mask=kept)[0]) * kept, np.float32)


def worst_tiles(patch: Picture, window: Picture, kept: Picture) -> tuple[float, float]:
    """Return the greatest mean difference, 0-255, over any tile of which a quarter is kept.

    And the greatest if what the edge leaves of a tile is one, too: a text that comes into the patch
    by two rows is seen there alone.
    """
    far = differences(patch, window).astype(np.float32) * kept
    area, tile = float(TILE * TILE), (TILE, TILE)
    sums, counts = (
        cv2.boxFilter(one, -1, tile, normalize=False, borderType=cv2.BORDER_CONSTANT)
        for one in (far, kept.astype(np.float32))
    )
    means = np.where(counts >= area / 4, sums / np.maximum(counts, 1), 0)
    inner = np.s_[TILE // 2 : 1 - TILE // 2, TILE // 2 : 1 - TILE // 2]
    return float(means[inner].max()), float(means.max())


def _still(frames: Sequence[Picture]) -> Picture:
    """Return 1 where nothing moved in all frames, else 0."""
    moved = greatest(np.ptp(np.stack(frames), axis=0)) > MOVED
    grown = cv2.dilate(moved.astype(np.uint8), np.ones((2 * GROWN + 1,) * 2, np.uint8))
    return np.asarray(1 - grown, np.uint8)


def _moving(frames: Sequence[Picture], at: Point) -> list[Box]:
    """Return the boxes of what moves by itself around a place, as far as a patch could reach."""
    whole = frames[-1].shape[1], frames[-1].shape[0]
    left, top = (max(0, place - length) for place, length in zip(at, PATCH, strict=True))
    size = tuple(min(length, 2 * side) for length, side in zip(whole, PATCH, strict=True))
    still = _still([cut(frame, (left, top), (size[0], size[1])) for frame in frames])
    moved = cv2.dilate(1 - still, np.ones((_NEAR_MOVE, _NEAR_MOVE), np.uint8))
    _, _, boxes, _ = cv2.connectedComponentsWithStats(moved)
    return [
        (left + int(x), top + int(y), left + int(x + wide), top + int(y + high))
        for x, y, wide, high, _ in boxes[1:]
    ]


def even(picture: Picture, at: Point) -> tuple[Picture, Box] | None:
    """Return the even area that was pressed, label or not, as 0 or 1, and its box in the picture.

    None if it is larger than a control: the ground of a card, or of the page.
    """
    left, top = max(0, at[0] - LARGEST[0]), max(0, at[1] - LARGEST[1])
    around = picture[top : at[1] + LARGEST[1], left : at[0] + LARGEST[0]].copy()
    mask = np.zeros((around.shape[0] + 2, around.shape[1] + 2), np.uint8)
    seed, alike = _ground(around, (at[0] - left, at[1] - top)), (_NEIGHBOUR,) * 3
    flags = cv2.FLOODFILL_MASK_ONLY | (1 << 8)
    x, y, wide, high = cv2.floodFill(around, mask, seed, 0, alike, alike, flags)[3]
    if wide > LARGEST[0] or high > LARGEST[1]:
        return None
    area = mask[y + 1 : y + high + 1, x + 1 : x + wide + 1]
    return area, (left + x, top + y, left + x + wide, top + y + high)


def _ground(picture: Picture, at: Point) -> Point:
    """Return the nearest pixel of the colour that prevails around a place."""
    height, width = picture.shape[:2]
    size = min(_GROUND[0], width), min(_GROUND[1], height)
    left, top = _corner(at, size, (width, height))
    around = cut(picture, (left, top), size) // _SHADE  # a gradient is one colour, as its label is
    colours = around.astype(np.int32) @ (1, 1 << 8, 1 << 16)
    each, count = np.unique(colours, return_counts=True)
    ys, xs = np.nonzero(colours == each[count.argmax()])
    nearest = int(np.argmin((xs + left - at[0]) ** 2 + (ys + top - at[1]) ** 2))
    return int(xs[nearest]) + left, int(ys[nearest]) + top


def _aim(picture: Picture, at: Point) -> Point:
    """Return the middle of what is kept: the press, unless the label of a wide control is beside.

    What has no label is told by its nearer end; what has no face of its own, such as a row of a
    list, by what is written in the row. Raises CannotLearn if the label is too far from the press:
    what the control says would not be in the picture.
    """
    found, half, reach = even(picture, at), PATCH[0] // 2, PATCH[0] - _MARGIN
    if found is None:
        wanted = _in_row(picture, at, reach)
        if not wanted.size or np.abs(wanted - at[0]).min() <= _NEAR_LABEL:
            return at
    else:
        area, (left, _, right, _) = found
        if at[0] - half <= left and right <= at[0] + half:
            return at
        first, last = area.argmax(axis=1), area.shape[1] - 1 - area[:, ::-1].argmax(axis=1)
        columns = np.arange(area.shape[1])
        inked = ((area == 0) & (columns > first[:, None]) & (columns < last[:, None])).any(axis=0)
        wanted = np.nonzero(inked)[0] + left
        if not wanted.size:
            wanted = np.array([left if at[0] - left < right - at[0] else right])
        if np.abs(wanted - at[0]).min() > reach:
            raise CannotLearn(Unsuitable.FLAT)
    begin = max(int(wanted.min()) - _MARGIN, at[0] - reach)
    end = min(int(wanted.max()) + _MARGIN, at[0] + reach)
    x = max(min(at[0], begin + half), end - half)
    return max(at[0] - reach + half, min(x, at[0] + reach - half)), at[1]


def _in_row(picture: Picture, at: Point, reach: int) -> NDArray[np.intp]:
    """Return the columns, so far from a press at most, in which something is written beside it.

    A line across all of them is not.
    """
    left = max(0, at[0] - reach)
    row = picture[max(0, at[1] - _ROW) : at[1] + _ROW, left : at[0] + reach]
    inked = edges(row) > _INK
    return np.nonzero(inked[inked.mean(axis=1) < _LINE].any(axis=0))[0] + left


def _more_in_row(control: Control, page: Page, corner: tuple[float, float], zoom: float) -> bool:
    """Whether something is beside the press where the patch ends, and nothing was: see `_aim`.

    Or whether the page ends before that.
    """
    press = placed(control.place, corner, zoom)
    height, width = page.whole.shape
    if not (0 <= press[0] < width and 0 <= press[1] < height):
        return True
    columns = _in_row(page.picture, press, _NEAR_LABEL)
    outside = (columns < corner[0]) | (columns >= corner[0] + zoom * control.patch.shape[1])
    return bool(outside.any()) and even(page.picture, press) is None


def _tight(patch: Picture, place: Point) -> Box | None:
    """Return the box of the control alone: an even area within its corners, or else a text."""
    height, width = patch.shape[:2]
    area = _face(patch, place)
    if area is None or not inside(area[1], (width, height)):
        return _text(patch, place)
    _, (left, _, right, _) = area
    across = left == 0 and right == width  # a wide button, or a bar with links in it
    return (_text(patch, place) if across else None) or _inset(*area)


def _face(patch: Picture, place: Point) -> tuple[Picture, Box] | None:
    """Return the even area that was pressed; around a letter that was, the one above or below."""
    area = even(patch, place)
    if area is None:
        return None
    left, top, right, bottom = area[1]
    if right - left > _LETTER or bottom - top > _LETTER:
        return area
    for y in (top - _LETTER // 4, bottom + _LETTER // 4):
        around = even(patch, (place[0], y)) if 0 <= y < patch.shape[0] else None
        if around and around[1][0] < left and around[1][2] > right:
            return around
    return area


def inside(box: Box, whole: Point) -> bool:
    """Whether a box is as large as a control, and has nothing of it above or below the whole."""
    left, top, right, bottom = box
    large = right - left >= LEAST[0] and bottom - top >= LEAST[1]  # the inside of a letter is not
    return large and top > 0 and bottom < whole[1]


def _inset(area: Picture, box: Box) -> Box:
    """Return the part of a box in whose corners the area is: what is round is on any ground."""
    inset, corners = 0, np.ix_((0, -1), (0, -1))
    while not area[corners].all() and min(area.shape) > 2 * LEAST[1]:
        area, inset = area[1:-1, 1:-1], inset + 1
    left, top, right, bottom = box
    return left + inset, top + inset, right - inset, bottom - inset


def _text(patch: Picture, place: Point) -> Box | None:
    """Return the box of the text, or sign, that was pressed; None if there is none."""
    x, y = _ground(patch, place)
    ground = np.broadcast_to(patch[y, x], patch.shape)
    ink = (differences(patch, ground) > _INK).astype(np.uint8)
    texts = cv2.dilate(ink, np.ones(_SPACE[::-1], np.uint8))
    _, which, boxes, _ = cv2.connectedComponentsWithStats(texts)
    pressed = int(which[place[1], place[0]])
    left, top, wide, high = (int(value) for value in boxes[pressed][:4])
    return (left, top, left + wide, top + high) if pressed else None


def _core(patch: Picture, place: Point) -> tuple[int, int, int, int]:
    """Return the corner and size of the control alone.

    Where it is not told, those of the least surroundings of `place` that are not flat.
    """
    height, width = patch.shape[:2]
    if (box := _tight(patch, place)) is not None:
        for grown in (0, 4):
            x0, y0 = max(0, box[0] - grown), max(0, box[1] - grown)
            x1, y1 = min(width, box[2] + grown), min(height, box[3] + grown)
            size = x1 - x0, y1 - y0
            fits = LEAST[0] <= size[0] and LEAST[1] <= size[1] <= CORES[2][1]
            if fits and _contrast(patch[y0:y1, x0:x1]) >= LEAST_CONTRAST:
                return x0, y0, *size
    for core in CORES:
        size = min(core[0], width), min(core[1], height)
        corner = _corner(place, size, (width, height))
        if _contrast(cut(patch, corner, size)) > SAME_CORE:
            break
    return *corner, *size


def _window(at: Point, aim: Point, whole: Point, hidden: Sequence[Box]) -> tuple[Point, Point]:
    """Return corner and size of what is kept around `aim`; CannotLearn if too little is left."""
    left, top, right, bottom = 0, 0, *whole
    for x0, y0, x1, y1 in hidden:
        sides = {
            (left, top, right, min(bottom, y0)): y0 - at[1],
            (left, max(top, y1), right, bottom): at[1] - y1 + 1,
            (left, top, min(right, x0), bottom): x0 - at[0],
            (max(left, x1), top, right, bottom): at[0] - x1 + 1,
        }
        if x1 <= left or y1 <= top or x0 >= right or y0 >= bottom:
            continue
        best = max(sides, key=lambda side: (sides[side] > 0, _least(side)))
        if sides[best] <= 0:
            raise CannotLearn(Unsuitable.HIDDEN)
        left, top, right, bottom = best
    size = min(PATCH[0], right - left), min(PATCH[1], bottom - top)
    if size[0] < min(CORES[0][0], whole[0]) or size[1] < min(CORES[0][1], whole[1]):
        raise CannotLearn(Unsuitable.HIDDEN)
    x, y = _corner((aim[0] - left, aim[1] - top), size, (right - left, bottom - top))
    return (x + left, y + top), size


def _least(side: Box) -> int:
    """Return how much of a patch fits into a box."""
    return min(PATCH[0], side[2] - side[0]) * min(PATCH[1], side[3] - side[1])


def _corner(at: Point, size: Point, whole: Point) -> Point:
    """Return the corner of a window of `size` around `at`, moved so that it lies in the whole."""
    x, y = (
        max(0, min(place - length // 2, limit - length))
        for place, length, limit in zip(at, size, whole, strict=True)
    )
    return x, y


def cut(picture: Picture, corner: Point, size: Point) -> Picture:
    return picture[corner[1] : corner[1] + size[1], corner[0] : corner[0] + size[0]]


def differences(first: Picture, second: Picture) -> Picture:
    """Return of each pixel how much the channel differs that differs most."""
    return greatest(np.asarray(cv2.absdiff(first, second), np.uint8))


def greatest(picture: Picture) -> Picture:
    """Return of each pixel the greatest channel; NumPy's own way takes thirty times as long."""
    blue, green, red = cv2.split(picture)
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def grey(picture: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


def blurred(picture: Picture, sigma: float) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8) if sigma else picture


def _half(grey: Picture) -> Picture:
    size = grey.shape[1] // 2, grey.shape[0] // 2
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def edges(picture: Picture) -> Picture:
    ones = np.ones((3, 3), np.uint8)
    return greatest(np.asarray(cv2.morphologyEx(picture, cv2.MORPH_GRADIENT, ones), np.uint8))


def resized(picture: Picture, by: float) -> Picture:
    size = max(1, round(picture.shape[1] * by)), max(1, round(picture.shape[0] * by))
    how = cv2.INTER_AREA if by < 1 else cv2.INTER_LINEAR
    return (
        picture if by == 1 else np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8)
    )

"""Finding a control that is drawn another way than it was shown. Knows no screen, no page.

For pages that stand still and on which `look.find` sees nothing: content moved by half a pixel,
text smoothed another way, another zoom, the other theme, a focus ring, the pointer on the control.
It costs some looks' time, so it is not done at each.

Where it may be, correlation of the control alone says, at each of a few zooms. What decides is
pixels again, never shape alone: both pictures are blurred, so that text that was drawn anew is the
same, and each tile may be moved by a pixel. The control has to have its own colours; of what stands
around it a closed thin line, or the ground's colour in the other theme, may differ. A pointer on
the control may make it a little darker or brighter, but for what dims the page too.

The limits were set on the pages `development` of tests/kiosk/redesigned_pages.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING

import cv2
import numpy as np

from roomctl.frozen import frozen
from roomctl.kiosk import look
from roomctl.kiosk.look import TILE, Control, Unseen, blurred, cut, even, greatest, grey

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from roomctl.kiosk.look import Picture, Point

ZOOMS = (1.0, 0.9, 1.1, 1.25, 0.95, 1.05, 1.15, 1.2)
_SMALL = 4  # the picture is searched so much smaller
_LIKE, _PEAKS, _JUDGED = 0.3, 6, 24
_REFINED = 6
_BLUR = 1.2
_EDGE = 3
SAME, SAME_ZOOMED, OTHER = 12.0, 18.0, 30.0  # worst tiles: the same, and surely another
SAME_TEXT, SAME_ENLARGED_TEXT = 10.0, 18.0  # of the control; a smaller text tells less
UNEVEN, LEAST_USUAL, INKED = 3.5, 1.0, 24  # times the median of what is inked: another letter
LEVEL = 6.0  # of the prevailing colours
LEAST_COUNTED = 0.1  # of a tile: a text may reach into a strip beside what moves
WHOLE_STEPS = (0.0, -1.0, 1.0)
STEPS = (-1.0, -0.5, 0.0, 0.5, 1.0)  # pixels by which a tile may have moved
THIN, LONG, ENCLOSED = 9, 24, 150  # pixels, of a ring
HOVER, HOVER_CONTRAST = 28.0, 0.905
FAR, WITNESSES = 155, 30  # levels that a veil would change well, and so many pixels of them
OTHER_GROUND = 100
EDGE, FAINT, STRAY = 24, 6, 0.1


@frozen
class _Place:
    """Where the control alone may be, and how much it is zoomed there."""

    like: float
    zoom: float
    corner: Point


def find(control: Control, picture: Picture) -> Point | Unseen:
    """Return where to press, however the control is drawn, or why not."""
    found = look.find(control, picture)
    return (
        found
        if isinstance(found, tuple) or found is Unseen.AMBIGUOUS
        else redrawn(control, picture, found)
    )


def redrawn(control: Control, picture: Picture, otherwise: Unseen) -> Point | Unseen:
    """Return where to press a control that is drawn another way than it was shown."""
    key = _key(control)
    good: list[_Place] = []
    alike: list[_Place] = []

    def judge(places: list[_Place]) -> None:
        for place in places:
            if any(_overlap(place, one, control) for one in alike):
                continue
            window, inside = _window(control, picture, place)
            verdict = _Compared(control, key, window, control.kept & inside, place.zoom)
            if verdict.core <= OTHER:
                alike.append(place)
                if verdict.same(picture):
                    good.append(place)

    judge(_places(control, picture, ZOOMS, _SMALL))
    if good:  # what looks like it is sought with more care than it
        judge(_places(control, picture, (good[0].zoom,), 2))
    if not good:
        return otherwise
    if len(good) > 1 or len(alike) > max(1, control.alike):
        return Unseen.AMBIGUOUS
    (place,) = good
    x, y = (
        round(at + (press - core) * place.zoom)
        for at, press, core in zip(place.corner, control.place, control.core, strict=False)
    )
    return x, y


def _overlap(first: _Place, second: _Place, control: Control) -> bool:
    return all(
        abs(a - b) < side / 2
        for a, b, side in zip(first.corner, second.corner, control.core[2:], strict=True)
    )


def _places(
    control: Control, picture: Picture, zooms: tuple[float, ...], smaller: int
) -> list[_Place]:
    """Return where the control alone correlates best, at any zoom, the likeliest first."""
    whole, core = grey(picture), grey(_core(control, control.patch))
    small = _resized(blurred(whole, look.HALF_BLUR), 1 / smaller)
    found = []
    for zoom in zooms:
        sought = _resized(blurred(core, look.HALF_BLUR), zoom / smaller)
        for x, y, like in _peaks(small, sought):
            found.append((like, zoom, (x * smaller, y * smaller)))
    refined = []
    for _, zoom, near in sorted(found, reverse=True)[:_JUDGED]:
        sought = _resized(core, zoom)
        left, top = (max(0, at - _REFINED) for at in near)
        height, width = sought.shape
        around = whole[top : near[1] + height + _REFINED, left : near[0] + width + _REFINED]
        if best := _peaks(around, sought)[:1]:
            x, y, like = best[0]
            refined.append(_Place(like, zoom, (left + x, top + y)))
    return sorted(refined, key=lambda one: -one.like)


def _peaks(whole: Picture, sought: Picture) -> list[tuple[int, int, float]]:
    """Return the highest correlations of a window, the best first."""
    if whole.shape[0] < sought.shape[0] or whole.shape[1] < sought.shape[1] or sought.size < 16:
        return []
    scores = cv2.matchTemplate(whole, sought, cv2.TM_CCOEFF_NORMED)
    scores[~np.isfinite(scores) | (scores > 1.001)] = -1
    ys, xs = np.nonzero((scores >= cv2.dilate(scores, np.ones((5, 5)))) & (scores >= _LIKE))
    order = np.argsort(-scores[ys, xs])[:_PEAKS]
    return [(int(xs[n]), int(ys[n]), float(scores[ys[n], xs[n]])) for n in order]


def _window(control: Control, picture: Picture, place: _Place) -> tuple[Picture, Picture]:
    """Return what is around a place, as large as the patch, and 1 where the picture has it."""
    (height, width), zoom = control.patch.shape[:2], place.zoom
    x, y = (
        at - zoom * core + (zoom - 1) / 2
        for at, core in zip(place.corner, control.core, strict=False)
    )
    matrix = np.array([[zoom, 0, x], [0, zoom, y]], np.float32)
    inverse = cv2.WARP_INVERSE_MAP
    window = cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR | inverse)
    ones = np.ones(picture.shape[:2], np.uint8)
    inside = cv2.warpAffine(ones, matrix, (width, height), flags=cv2.INTER_NEAREST | inverse)
    return np.asarray(window, np.uint8), np.asarray(inside, np.uint8)


def _key(control: Control) -> NDArray[np.bool_]:
    """Return where the control is in its patch, its edge included."""
    x, y, wide, high = control.core
    mask = np.zeros(control.kept.shape, np.uint8)
    mask[y : y + high, x : x + wide] = 1
    found = even(control.patch, control.place)
    if found is not None:
        _, (left, top, right, bottom) = found
        mask[top:bottom, left:right] = 1
    return np.asarray(cv2.dilate(mask, np.ones((7, 7), np.uint8)) > 0)


class _Compared:
    """A control as it was shown beside what stands at a place now."""

    def __init__(
        self, control: Control, key: NDArray[np.bool_], window: Picture, kept: Picture, zoom: float
    ) -> None:
        self._control, self._key, self._window, self._kept = control, key, window, kept
        self._zoomed = zoom != 1
        self._limit = SAME_ZOOMED if self._zoomed else SAME
        self._text_limit = SAME_ENLARGED_TEXT if zoom > 1 else SAME_TEXT
        shown, now = (_core(control, one) for one in (control.patch, window))
        self._shown, self._now = shown, now
        self._tiles = _tiles(shown, now, _inner(_core(control, kept)))
        self.core = float(self._tiles.max())

    def same(self, picture: Picture) -> bool:
        """Whether it may be pressed: it, and what is around, are as shown but for the drawing."""
        if self._kept.mean() < look.LEAST_KEPT - 0.4:
            return False
        own = self._own()
        around = self._kept * (~self._key)
        alike = self._alike(around) or self._alike(around * (1 - self._rings()))
        if own and alike:
            return True
        if self._zoomed:
            return False
        return (own and self._other_theme(picture, around)) or (alike and self._pointed_at(around))

    def _own(self) -> bool:
        """Whether the control is as shown: each of its pixels, or else all of its text drawn anew.

        Where one part of a text differs more than the others, it says something else.
        """
        shown, now, kept = self._shown, self._now, _core(self._control, self._kept)
        if not self._zoomed and _worst_tile(shown, now, kept, 0, WHOLE_STEPS) <= look.SAME_CORE:
            return True
        return self.core <= self._text_limit and _level(shown, now) <= LEVEL and self._equally()

    def _equally(self) -> bool:
        """Whether no part of the text differs much more than the others."""
        face = np.median(self._shown.reshape(-1, 3), axis=0)
        inked = cv2.blur(abs(self._shown - face).max(axis=2), (TILE, TILE)) > INKED
        usual = float(np.median(self._tiles[inked])) if inked.any() else 0.0
        return self.core <= UNEVEN * max(usual, LEAST_USUAL)

    def _alike(self, around: Picture) -> bool:
        both = self._control.patch, self._window, around
        return _prevailing(*both) <= LEVEL and _worst_tile(*both) <= self._limit

    def _rings(self) -> Picture:
        """Return 1 where a closed thin line came or went, which is a ring of the focus."""
        x, y, wide, high = self._control.core
        differences = greatest(cv2.absdiff(self._control.patch, self._window))
        changed = ((differences > look.MOVED) & (self._kept > 0)).astype(np.uint8)
        linked = np.asarray(cv2.dilate(changed, np.ones((3, 3), np.uint8)), np.uint8)
        linked[y : y + high, x : x + wide] = 0
        count, which, boxes, _ = cv2.connectedComponentsWithStats(linked)
        solid = cv2.erode(linked, np.ones((THIN, THIN), np.uint8)) > 0
        rings = np.zeros_like(linked)
        for number in range(1, count):
            one = which == number
            if max(boxes[number][2:4]) >= LONG and not solid[one].any():
                rings |= _ring(one)
        return np.asarray(cv2.dilate(rings, np.ones((5, 5), np.uint8)), np.uint8)

    def _other_theme(self, picture: Picture, around: Picture) -> bool:
        """Whether only the theme changed around it: the ground of the page, not what is on it."""
        mask = around > 0
        before, now = (
            float(np.median(grey(one)[mask])) for one in (self._control.patch, self._window)
        )
        page = float(np.median(grey(picture)[::8, ::8]))
        if abs(before - now) < OTHER_GROUND or (page < 128) != (now < 128):
            return False
        first, second = (_edges(one) for one in (self._control.patch, self._window))
        strays = [
            (one > EDGE) & (cv2.dilate(other, np.ones((5, 5), np.uint8)) < FAINT) & mask
            for one, other in ((first, second), (second, first))
        ]
        stray = (strays[0] | strays[1]).astype(np.float32)
        return float(cv2.blur(stray, (12, 12)).max()) <= STRAY

    def _pointed_at(self, around: Picture) -> bool:
        """Whether the control is but a little darker or brighter, and its label as clear as it was.

        What dims the page dims the control too: something around has to show that this is not so.
        """
        shown, now = (one.reshape(-1, 3).astype(np.float32) for one in (self._shown, self._now))
        if self.core > HOVER:
            return False
        middle, spread = shown.mean(axis=0), shown.std(axis=0)
        slope = ((shown - middle) * (now - now.mean(axis=0))).mean(axis=0) / (spread**2 + 1e-6)
        slope = np.where(spread < look.FLAT, 1.0, slope)
        expected = np.clip((shown - middle) * slope + now.mean(axis=0), 0, 255)
        drawn = expected.reshape(self._now.shape).astype(np.uint8)
        kept = _core(self._control, self._kept)
        if (
            slope.min() < HOVER_CONTRAST
            or look.worst_tiles(drawn, self._now, kept)[0] > look.SAME_CORE
        ):
            return False
        rest, there = (
            one[around > 0].astype(np.int16) for one in (self._control.patch, self._window)
        )
        far = (
            rest.max(axis=1) >= 255 - FAR if now.mean() < shown.mean() else rest.min(axis=1) <= FAR
        )
        unveiled = abs(rest - there).max(axis=1)[far]
        return len(unveiled) >= WITNESSES and bool(np.median(unveiled) <= 3)


def _ring(line: NDArray[np.bool_]) -> Picture:
    """Return 1 where a line parts an inside from an outside, without what hangs on to it.

    None of it does if one of both is smaller than a part of a control.
    """
    _, which, boxes, _ = cv2.connectedComponentsWithStats((~line).astype(np.uint8), connectivity=4)
    areas = boxes[1:, cv2.CC_STAT_AREA]
    if (areas >= ENCLOSED).sum() < 2:
        return np.zeros(line.shape, np.uint8)
    inside = (which != 1 + int(areas.argmax())).astype(np.uint8)
    plain = cv2.morphologyEx(inside, cv2.MORPH_OPEN, np.ones((2 * THIN,) * 2, np.uint8))
    around = cv2.dilate(plain, np.ones((5, 5), np.uint8))
    deep = cv2.erode(plain, np.ones((2 * THIN + 1,) * 2, np.uint8))
    return np.asarray(line & (around > deep), np.uint8)


def _core(control: Control, picture: Picture) -> Picture:
    x, y, width, height = control.core
    return cut(picture, (x, y), (width, height))


def _worst_tile(
    first: Picture,
    second: Picture,
    kept: Picture,
    blur: float = _BLUR,
    steps: tuple[float, ...] = STEPS,
) -> float:
    return float(_tiles(first, second, kept, blur, steps).max())


def _inner(kept: Picture) -> Picture:
    """Return what is kept without its edge, which may lie between two pixels."""
    inner = np.zeros_like(kept)
    inside = np.s_[_EDGE:-_EDGE, _EDGE:-_EDGE]
    inner[inside] = kept[inside]
    return inner


def _tiles(
    first: Picture,
    second: Picture,
    kept: Picture,
    blur: float = _BLUR,
    steps: tuple[float, ...] = STEPS,
) -> NDArray[np.float32]:
    """Return how much each tile of two blurred pictures differs, moved as it fits best."""
    before, after = (blurred(one, blur) for one in (first, second))
    mask = (kept > 0).astype(np.float32)
    counts = cv2.boxFilter(mask, -1, (TILE, TILE), borderType=cv2.BORDER_CONSTANT)
    best = np.full(first.shape[:2], 255, np.float32)
    for moved in _moved(after, steps):
        difference = greatest(cv2.absdiff(before, moved)).astype(np.float32) * mask
        sums = cv2.boxFilter(difference, -1, (TILE, TILE), borderType=cv2.BORDER_CONSTANT)
        cv2.min(best, sums, best)
    return np.where(counts >= LEAST_COUNTED, best / np.maximum(counts, 0.01), 0).astype(np.float32)


def _moved(picture: Picture, steps: tuple[float, ...]) -> Iterator[Picture]:
    """Yield a picture moved by each of the steps, of a half or a whole pixel, across and down."""
    height, width = picture.shape[:2]
    whole = cv2.copyMakeBorder(picture, 1, 2, 1, 2, cv2.BORDER_REPLICATE)
    drawn = {(0.0, 0.0): whole}
    if any(step % 1 for step in steps):
        across = cv2.addWeighted(whole[:, :-1], 0.5, whole[:, 1:], 0.5, 0)
        down, both = (
            cv2.addWeighted(one[:-1], 0.5, one[1:], 0.5, 0) for one in (whole, across)
        )
        drawn |= {(0.5, 0.0): across, (0.0, 0.5): down, (0.5, 0.5): both}
    for x, y in product(steps, steps):
        left, top = 1 + math.floor(x), 1 + math.floor(y)
        yield drawn[x % 1, y % 1][top : top + height, left : left + width]


def _level(shown: Picture, now: Picture) -> float:
    return _prevailing(shown, now, np.ones(shown.shape[:2], np.uint8))


def _prevailing(shown: Picture, now: Picture, kept: Picture) -> float:
    """Return how much the prevailing colours of two pictures differ."""
    mask = kept > 0
    if not mask.any():
        return 0.0
    first, second = (np.median(one[mask], axis=0) for one in (shown, now))
    return float(abs(first - second).max())


def _edges(picture: Picture) -> Picture:
    ones = np.ones((3, 3), np.uint8)
    return greatest(np.asarray(cv2.morphologyEx(picture, cv2.MORPH_GRADIENT, ones), np.uint8))


def _resized(picture: Picture, by: float) -> Picture:
    size = max(1, round(picture.shape[1] * by)), max(1, round(picture.shape[0] * by))
    how = cv2.INTER_AREA if by < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8)

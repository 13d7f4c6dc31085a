"""Finding a control that is drawn another way than it was shown. Knows no screen, no page.

For pages that stand still and on which `look.find` sees nothing: content moved by half a pixel,
text smoothed another way, another zoom, the other theme, a focus ring, the pointer on the control.
It costs some looks' time, so it is not done at each.

Where it may be, correlation of the control alone says, at each of a few zooms. What decides is
pixels again, never shape alone: both pictures are blurred, so that text that was drawn anew is the
same, and each tile may be moved by a pixel. The control has to have its own colours; of what stands
around it a closed thin line, or the ground's colour in the other theme, may differ. A pointer on
the control may make it a little darker or brighter, but for what dims the page too. Each letter of
the label is compared by itself: one stroke is little of a tile, but much of a letter.

The limits were set on the pages `development` and `fresh` of tests/kiosk/redesigned_pages.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import cv2
import numpy as np

from roomctl.frozen import frozen
from roomctl.kiosk import look
from roomctl.kiosk.look import (
    GROWN,
    TILE,
    Control,
    Page,
    Unseen,
    blurred,
    cut,
    differences,
    edges,
    even,
    greatest,
    grey,
    resized,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from roomctl.kiosk.look import Picture, Point

    Read = Callable[[Picture], str | None]

ZOOMS = (1.0, 0.9, 1.1, 1.25)  # as Chromium zooms
_SMALL = 4  # the picture is searched so much smaller
_LIKE, _PEAKS, _JUDGED = 0.3, 6, 24
_REFINED, _REFINED_LIKE = 6, 0.5
_BLUR = 1.2
_EDGE = 3
SAME, SAME_ZOOMED, OTHER = 12.0, 18.0, 30.0  # worst tiles: the same, and surely another
SAME_TEXT, SAME_ZOOMED_TEXT = 13.0, 18.0  # of the control
LETTER, LETTER_BLUR = (13, 17), 0.8  # pixels: about a letter, in which one stroke tells
LETTERED = 0.3  # of the greatest variance; what has less has no letter's stroke in it
OTHER_LETTER = {0: 0.026, -1: 0.12, 1: 0.06}  # 1 less the correlation: moved, smaller, enlarged
DOUBTFUL_LETTER = 0.2
INKED = 24
LEVEL = 6.0  # of the prevailing colours
KEPT_SPREAD = 0.92  # of a label: a zoom that enlarges leaves .93, a veil of a tenth .90
KEPT_INK = 0.94  # of its contrast as it stands there: drawn anew it has .97, under that veil .90
LEAST_COUNTED = 0.1  # of a tile: a text may reach into a strip beside what moves
WHOLE_STEPS = (0.0, -1.0, 1.0)
STEPS = (-1.0, -0.5, 0.0, 0.5, 1.0)  # pixels by which a tile may have moved
THIN, LONG, ENCLOSED = 9, 24, 150  # pixels, of a ring
HOVER, HOVER_CONTRAST = 28.0, 0.905
FAR, WITNESSES = 155, 30  # levels that a veil would change well, and so many pixels of them
OTHER_GROUND = 100
GREY_INK, SAME_INK, KEPT_CONTRAST, KEPT_SHARE = 40.0, 60.0, 0.82, 0.95
OTHER_GROUND_LETTER = 0.06
LABEL_MARGIN, WIDER, BAR = 4, 40, 12  # pixels
EDGE, FAINT, STRAY = 24, 6, 0.1
FACE = 13  # pixels: by half of it a control's edge is no part of its face


@frozen
class _Place:
    """Where the control alone may be, and how much it is zoomed there."""

    like: float
    zoom: float
    corner: Point


def find(control: Control, picture: Picture) -> Point | Unseen:
    """Return where to press, however the control is drawn, or why not."""
    page = Page(picture)
    found = look.seek(control, page)
    if isinstance(found, tuple) or found is Unseen.AMBIGUOUS:
        return found
    return redrawn(control, page) or found or look.unseen(control, page)


def redrawn(control: Control, page: Page, read: Read | None = None) -> Point | Unseen | None:
    """Return where to press a control that is drawn another way than it was shown, or why not.

    None if nothing there is drawn so. `read` is a second witness of the label: it says what a
    picture of one reads, None if it cannot tell. Where it reads another label nothing is pressed;
    where pixels alone leave a doubt about a zoomed letter, it has to read the same.
    """
    key, shape, picture = _key(control), grey(_core(control, control.patch)), page.picture
    good: list[_Place] = []
    alike: list[_Place] = []
    doubtful: list[_Place] = []

    def judge(places: list[_Place]) -> None:
        for place in places:
            if any(_overlap(place, one, control) for one in alike):
                continue
            verdict = _Compared(control, key, page, place)
            if verdict.core <= OTHER:
                alike.append(place)
                if verdict.same():
                    good.append(place)
                elif place.zoom != 1 and verdict.same(DOUBTFUL_LETTER):
                    doubtful.append(place)

    judge(_places(shape, page, ZOOMS, _SMALL))
    if good or doubtful:  # what looks like it is sought with more care than it
        judge(_places(shape, page, ((good or doubtful)[0].zoom,), 2))
    found = good + doubtful if read else good
    if len(found) > 1 or (found and len(alike) > max(1, control.alike)):
        return Unseen.AMBIGUOUS
    if found:
        pressed, place = control, found[0]
    else:
        other = _on_other_ground(control, key, page) or _widened(control, key, page)
        if other is None:
            return None
        pressed, place = other
    if read is not None and not _Compared(pressed, key, page, place).as_it_was():
        shown, now = (
            read(one) for one in (_core(pressed, pressed.patch), _there(pressed, picture, place))
        )
        unsure = shown is None or now is None
        if place in doubtful if unsure else shown != now:
            return Unseen.CHANGED
    corner = _patch_corner(pressed, place)
    return look.objection(control, page, corner, place.zoom) or _pressed(pressed, place)


def _patch_corner(control: Control, place: _Place) -> tuple[float, float]:
    x, y = (at - place.zoom * core for at, core in zip(place.corner, control.core, strict=False))
    return x, y


def _there(control: Control, picture: Picture, place: _Place) -> Picture:
    """Return the control alone as it is drawn at a place."""
    wide, high = (round(side * place.zoom) for side in control.core[2:])
    return cut(picture, place.corner, (wide, high))


def _pressed(control: Control, place: _Place) -> Point:
    x, y = (
        round(at + (press - core) * place.zoom)
        for at, press, core in zip(place.corner, control.place, control.core, strict=False)
    )
    return x, y


def _unbarred(kept: Picture, window: Picture) -> Picture:
    """Return what is kept without that to which a bar has grown that moved, such as a level.

    A bar is the same from above to below; a text that comes there is not.
    """
    _, _, boxes, _ = cv2.connectedComponentsWithStats(1 - kept)
    still = kept.copy()
    for x, y, wide, high, _ in boxes[1:]:
        if high > BAR or wide < 2 * high:
            continue
        for first, last in ((max(0, x - wide // 3), x), (x + wide, x + wide + wide // 3)):
            strip = window[y + GROWN : y + high - GROWN, first:last]
            if strip.size:
                even = np.ptp(strip, axis=0).max(axis=1) <= INKED
                still[y : y + high, first:last][:, even] = 0
    return still


def _on_other_ground(
    control: Control, key: NDArray[np.bool_], page: Page
) -> tuple[Control, _Place] | None:
    """Return where a control without a face of its own is in the other theme."""
    shape, found = grey(_core(control, control.patch)), list[_Place]()
    if _dark(control.patch) == _dark(page.picture[::8, ::8]):
        return None
    for sought in (shape, 255 - shape):
        for place in _places(np.asarray(sought, np.uint8), page, ZOOMS[:1], _SMALL):
            if any(_overlap(place, one, control) for one in found):
                continue
            if _Compared(control, key, page, place).on_other_ground():
                found.append(place)
    return (control, found[0]) if len(found) == 1 else None


def _dark(picture: Picture) -> bool:
    return bool(np.median(grey(picture)) < 128)


def _label(control: Control) -> Control | None:
    """Return the label of a control as one; None if there is none."""
    x, y, wide, high = control.core
    inked = edges(_core(control, control.patch)) > INKED
    columns = np.nonzero(inked[_EDGE:-_EDGE, _EDGE:-_EDGE].any(axis=0))[0] + x + _EDGE
    if not columns.size:
        return None
    left = max(x, int(columns[0]) - LABEL_MARGIN)
    right = min(x + wide, int(columns[-1]) + 1 + LABEL_MARGIN)
    return replace(control, core=(left, y, right - left, high))


def _widened(control: Control, key: NDArray[np.bool_], page: Page) -> tuple[Control, _Place] | None:
    """Return where the label of a control is that is wider around it than it was.

    The label is as shown; what is on either side of it stands farther, as it was, and
    between both is nothing but the control's face.
    """
    if (label := _label(control)) is None:
        return None
    left, y, wide, high = label.core
    right, rows = left + wide, np.nonzero(key.any(axis=1))[0]
    sought = grey(_core(label, label.patch))
    likely = [one for one in _places(sought, page, ZOOMS[:1], 2) if one.like > look.ALIKE_NCC]
    if not likely or not all(_overlap(one, likely[0], label) for one in likely):
        return None
    place = likely[0]
    if not _Compared(label, key, page, place).own():
        return None
    corner = place.corner[0] - left, place.corner[1] - y
    height, width = control.patch.shape[:2]
    view = _view(page.picture, 1.0, (corner[0] - WIDER, corner[1]), (width + 2 * WIDER, height))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    parts = (
        (np.s_[:top, :], 0),
        (np.s_[bottom:, :], 0),
        (np.s_[top:bottom, :left], -1),
        (np.s_[top:bottom, right:], 1),
    )
    if not all(_stands_aside(control, view, part, side) for part, side in parts):
        return None
    return replace(label, place=(left + wide // 2, y + high // 2)), place


def _stands_aside(
    control: Control, view: tuple[Picture, Picture], part: tuple[slice, slice], side: int
) -> bool:
    """Whether a part of a patch stands in a view, some pixels to the left or to the right.

    At a `side` of the label (-1, 1), what came between has to be the control's face.
    """
    patch, kept = control.patch[part], control.kept[part]
    band, inside = (one[part[0]] for one in view)
    if not patch.size or not kept.any():
        return True
    first = part[1].start or 0
    reach = band[:, first : first + patch.shape[1] + 2 * WIDER]
    scores = cv2.matchTemplate(reach, patch, cv2.TM_SQDIFF, mask=cv2.merge([kept] * 3))
    at = int(np.nan_to_num(scores[0], nan=np.inf).argmin())
    columns = np.s_[:, first + at : first + at + patch.shape[1]]
    there = kept & inside[columns]
    if there.mean() < look.LEAST_KEPT - 0.4 or _worst_tile(patch, band[columns], there) > SAME:
        return False
    moved = side * (at - WIDER)
    if moved <= 0:
        return moved == 0
    end = WIDER + (part[1].stop if side < 0 else first)
    gap = band[:, end - moved : end] if side < 0 else band[:, end : end + moved]
    face = patch[:, -1:] if side < 0 else patch[:, :1]
    plain = np.asarray(cv2.repeat(face, 1, moved), np.uint8)
    return _worst_tile(plain, gap, np.ones(gap.shape[:2], np.uint8)) <= SAME


def _overlap(first: _Place, second: _Place, control: Control) -> bool:
    return all(
        abs(a - b) < side / 2
        for a, b, side in zip(first.corner, second.corner, control.core[2:], strict=True)
    )


def _places(core: Picture, page: Page, zooms: tuple[float, ...], smaller: int) -> list[_Place]:
    """Return where a control alone correlates best, at any zoom, the likeliest first."""
    whole, small = page.whole, resized(page.whole, 1 / smaller)
    found = []
    for zoom in zooms:
        sought = resized(core, zoom / smaller)
        for x, y, like in _peaks(small, sought):
            found.append((like, zoom, (x * smaller, y * smaller)))
    refined = []
    for _, zoom, near in sorted(found, reverse=True)[:_JUDGED]:
        sought = resized(core, zoom)
        left, top = (max(0, at - _REFINED) for at in near)
        height, width = sought.shape
        around = whole[top : near[1] + height + _REFINED, left : near[0] + width + _REFINED]
        scores = look.correlation(around, sought)
        _, like, _, (x, y) = cv2.minMaxLoc(scores) if scores.size else (0, 0.0, 0, (0, 0))
        if like >= _REFINED_LIKE:
            refined.append(_Place(like, zoom, (left + x, top + y)))
    return sorted(refined, key=lambda one: -one.like)


def _peaks(whole: Picture, sought: Picture) -> list[tuple[int, int, float]]:
    """Return the highest correlations of a window, the best first."""
    scores = look.correlation(whole, sought)
    if not scores.size or sought.size < 16:
        return []
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
    return _view(picture, zoom, (x, y), (width, height))


def _view(
    picture: Picture, zoom: float, corner: tuple[float, float], size: Point
) -> tuple[Picture, Picture]:
    """Return a part of a picture, drawn at a size, and 1 where the picture has it."""
    matrix = np.array([[zoom, 0, corner[0]], [0, zoom, corner[1]]], np.float32)
    inverse = cv2.WARP_INVERSE_MAP
    view = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR | inverse)
    ones = np.ones(picture.shape[:2], np.uint8)
    inside = cv2.warpAffine(ones, matrix, size, flags=cv2.INTER_NEAREST | inverse)
    near = np.ones((2 * _EDGE + 1,) * 2, np.uint8)
    kept = inside if inside.all() else cv2.erode(inside, near)  # what is blurred into it is not
    return np.asarray(view, np.uint8), np.asarray(kept, np.uint8)


def _key(control: Control) -> NDArray[np.bool_]:
    """Return where the control is in its patch, its edge included."""
    x, y, wide, high = control.core
    mask = np.zeros(control.kept.shape, np.uint8)
    mask[y : y + high, x : x + wide] = 1
    whole = control.patch.shape[1], control.patch.shape[0]
    for at in (control.place, (x, y), (x + wide - 1, y + high - 1)):  # or that is within a letter
        found = even(control.patch, at)
        if found is not None and look.inside(found[1], whole):  # else the ground of the page
            _, (left, top, right, bottom) = found
            mask[top:bottom, left:right] = 1
            break
    return np.asarray(cv2.dilate(mask, np.ones((7, 7), np.uint8)) > 0)


class _Compared:
    """A control as it was shown beside what stands at a place now."""

    def __init__(self, control: Control, key: NDArray[np.bool_], page: Page, place: _Place) -> None:
        window, inside = _window(control, page.picture, place)
        kept, zoom = _unbarred(control.kept, window) & inside, place.zoom
        self._control, self._key, self._window, self._kept = control, key, window, kept
        self._page, self._place, self._zoomed = page, place, zoom != 1
        self._limit = SAME_ZOOMED if self._zoomed else SAME
        self._text_limit = SAME_ZOOMED_TEXT if self._zoomed else SAME_TEXT
        self._letter_limit = OTHER_LETTER[(zoom > 1) - (zoom < 1)]
        shown, now = (_core(control, one) for one in (control.patch, window))
        self._shown, self._now = shown, now
        inner = _inner(_core(control, kept))
        other = _surely_other(shown, now, inner)  # as most are, at a tenth of the cost
        self.core = look.ANY_TILE if other else float(_tiles(shown, now, inner).max())

    def same(self, letter: float | None = None) -> bool:
        """Whether it may be pressed: it, and what is around, are as shown but for the drawing."""
        if self._kept.mean() < look.LEAST_KEPT - 0.4:
            return False
        if self._more_is_written():
            return False
        own = self.own(letter)
        around = self._kept * (~self._key)
        alike = self._alike(around) or self._alike(around * (1 - self._rings()))
        if own and alike:
            return True
        if self._zoomed:
            return False
        if alike:
            return self._pointed_at(around)
        return own and self._other_theme(around)

    def as_it_was(self) -> bool:
        """Whether each pixel of the control is as shown."""
        kept = _core(self._control, self._kept)
        tile = _worst_tile(self._shown, self._now, kept, 0, WHOLE_STEPS)
        return not self._zoomed and tile <= look.SAME_CORE

    def own(self, letter: float | None = None) -> bool:
        """Whether the control is as shown: each of its pixels, or else all of its text drawn anew.

        A text that is drawn anew differs in each letter by about as much; another one, in one.
        """
        shown, now, kept = self._shown, self._now, _core(self._control, self._kept)
        return self.as_it_was() or (
            self.core <= self._text_limit
            and _level(shown, now) <= LEVEL
            and self._as_clear()
            and _other_letter(grey(shown), grey(now), kept) <= (letter or self._letter_limit)
        )

    def _as_clear(self) -> bool:
        """Whether the label is no paler, as it is under a veil of its ground's colour.

        One that is enlarged to the size that was shown has less of a spread of its own making, and
        one that is made smaller more: what stands on the page tells.
        """
        spread = _spread(self._now) >= KEPT_SPREAD * _spread(self._shown)
        there = _there(self._control, self._page.picture, self._place)
        return (spread and self._place.zoom >= 1) or (
            _contrast(there) >= KEPT_INK * _contrast(self._shown)
        )

    def on_other_ground(self) -> bool:
        """Whether a control without a face of its own, such as a link, is drawn on another ground.

        Its ink is the same, or as grey as it was; its contrast is no less than what a page gives
        what works.
        """
        around = self._kept * (~self._key)
        inks = []
        for core, whole in ((self._shown, self._control.patch), (self._now, self._window)):
            ground = np.median(core.reshape(-1, 3), axis=0)
            page = np.median(whole[around > 0], axis=0) if around.any() else ground + 255
            if abs(ground - page).max() > LEVEL:
                return False
            inks.append(_ink(core, ground))
        (first, ink, contrast, share), (second, other_ink, other_contrast, other_share) = inks
        grey_inks = all(float(np.ptp(one)) <= GREY_INK for one in (ink, other_ink))
        kept = _inner(_core(self._control, self._kept))
        return (
            (grey_inks or float(abs(ink - other_ink).max()) <= SAME_INK)
            and other_contrast >= KEPT_CONTRAST * contrast
            and other_share >= KEPT_SHARE * share
            and _worst_tile(first, second, kept) <= SAME_TEXT
            and _other_letter(grey(first), grey(second), kept) <= OTHER_GROUND_LETTER
            and self._other_theme(around)
        )

    def _alike(self, around: Picture) -> bool:
        both = self._control.patch, self._window, around
        return _prevailing(*both) <= LEVEL and _worst_tile(*both) <= self._limit

    def _rings(self) -> Picture:
        """Return 1 where a closed thin line came or went, which is a ring of the focus."""
        x, y, wide, high = self._control.core
        far = differences(self._control.patch, self._window)
        changed = ((far > look.MOVED) & (self._kept > 0)).astype(np.uint8)
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

    def _other_theme(self, around: Picture) -> bool:
        """Whether only the theme changed around it: the ground of the page, not what is on it."""
        mask = around > 0
        before, now = (
            float(np.median(grey(one)[mask])) for one in (self._control.patch, self._window)
        )
        page = float(np.median(self._page.whole[::8, ::8]))
        if abs(before - now) < OTHER_GROUND or (page < 128) != (now < 128):
            return False
        return not self._strays(mask)

    def _more_is_written(self) -> bool:
        """Whether something came or went on the control's face, beside the label that it has."""
        face = cv2.erode(self._key.astype(np.uint8), np.ones((FACE,) * 2, np.uint8))
        x, y, wide, high = self._control.core
        face[y : y + high, x + _EDGE : x + wide - _EDGE] = 0
        return self._strays((face > 0) & (self._kept > 0))

    def _strays(self, mask: NDArray[np.bool_]) -> bool:
        """Whether there are edges in one of both pictures alone, however bright they are."""
        first, second = (edges(one) for one in (self._control.patch, self._window))
        strays = [
            (one > EDGE) & (cv2.dilate(other, np.ones((5, 5), np.uint8)) < FAINT) & mask
            for one, other in ((first, second), (second, first))
        ]
        stray = (strays[0] | strays[1]).astype(np.float32)
        return float(cv2.blur(stray, (12, 12)).max()) > STRAY

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
        telling = slope[spread >= spread.max() / 2]  # what hardly varies tells little
        expected = np.clip((shown - middle) * slope + now.mean(axis=0), 0, 255)
        drawn = expected.reshape(self._now.shape).astype(np.uint8)
        kept = _core(self._control, self._kept)
        if (
            telling.min() < HOVER_CONTRAST
            or look.worst_tiles(drawn, self._now, kept)[0] > look.SAME_CORE
        ):
            return False
        rest, there = self._beside(around)
        far = (
            rest.max(axis=1) >= 255 - FAR if now.mean() < shown.mean() else rest.min(axis=1) <= FAR
        )
        unveiled = abs(rest - there).max(axis=1)[far]
        return len(unveiled) >= WITNESSES and bool(np.median(unveiled) <= 3)

    def _beside(self, around: Picture) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        """Return the pixels of what is around the control, its words too, as shown and now."""
        pairs = [[one[around > 0] for one in (self._control.patch, self._window)]]
        corner = _patch_corner(self._control, self._place)
        for words in self._control.words:
            x, y = look.placed(words.at, corner, 1.0)
            now = cut(self._page.whole, (max(0, x), max(0, y)), words.picture.shape[::-1])
            if now.shape == words.picture.shape:
                pairs.append([np.stack([one.ravel()] * 3, 1) for one in (words.picture, now)])
        before, after = (np.concatenate(one).astype(np.int16) for one in zip(*pairs, strict=True))
        return before, after


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
        difference = differences(before, moved).astype(np.float32) * mask
        sums = cv2.boxFilter(difference, -1, (TILE, TILE), borderType=cv2.BORDER_CONSTANT)
        cv2.min(best, sums, best)
    return np.where(counts >= LEAST_COUNTED, best / np.maximum(counts, 0.01), 0).astype(np.float32)


def _surely_other(first: Picture, second: Picture, kept: Picture) -> bool:
    """Whether some tile differs by more than `OTHER` however it is moved, as its mean tells."""
    before, after = (cv2.blur(blurred(one, _BLUR), (TILE, TILE)) for one in (first, second))
    near = np.ones((3, 3), np.uint8)  # what moves a pixel has the mean of one of these, or between
    above, below = (
        cv2.subtract(before, cv2.dilate(after, near)),
        cv2.subtract(cv2.erode(after, near), before),
    )
    whole = cv2.erode(kept, np.ones((TILE, TILE), np.uint8))
    return bool((greatest(np.asarray(cv2.max(above, below), np.uint8)) * whole).max() > OTHER + 1)


def _moved(picture: Picture, steps: tuple[float, ...]) -> Iterator[Picture]:
    """Yield a picture moved by each of the steps, of a half or a whole pixel, across and down."""
    height, width = picture.shape[:2]
    whole = cv2.copyMakeBorder(picture, 1, 2, 1, 2, cv2.BORDER_REPLICATE)
    drawn = {(0.0, 0.0): whole}
    if any(step % 1 for step in steps):
        across = cv2.addWeighted(whole[:, :-1], 0.5, whole[:, 1:], 0.5, 0)
        down, both = (cv2.addWeighted(one[:-1], 0.5, one[1:], 0.5, 0) for one in (whole, across))
        drawn |= {(0.5, 0.0): across, (0.0, 0.5): down, (0.5, 0.5): both}
    for x, y in product(steps, steps):
        left, top = 1 + math.floor(x), 1 + math.floor(y)
        moved = drawn[x % 1, y % 1][top : top + height, left : left + width]
        yield np.asarray(moved, np.uint8)


def _other_letter(first: Picture, second: Picture, kept: Picture) -> float:
    """Return how unlike the least like letter of two texts is, 0-2, moved as it fits best."""
    before, after = (blurred(one, LETTER_BLUR) for one in (first, second))
    shown = before.astype(np.float32)
    mean = _around(shown)
    variance = _around(shown * shown) - mean * mean
    best = np.full(before.shape, -1, np.float32)
    for moved in _moved(after, STEPS):
        now = moved.astype(np.float32)
        level = _around(now)
        spread = variance * (_around(now * now) - level * level)
        found = (_around(shown * now) - mean * level) / np.sqrt(np.maximum(spread, 1))
        cv2.max(best, found, best)
    inner = _inner(kept) > 0
    inked = inner & (variance > LETTERED * float(variance[inner].max(initial=0.0)))
    return 1 - float(best[inked].min(initial=1.0))


def _around(values: NDArray[np.float32]) -> NDArray[np.float32]:
    found = cv2.boxFilter(values, -1, LETTER, borderType=cv2.BORDER_REFLECT)
    return np.asarray(found, np.float32)


def _ink(
    core: Picture, ground: NDArray[np.float64]
) -> tuple[Picture, NDArray[np.float64], float, float]:
    """Return a text as white on black, its colour, and how far that is from its ground.

    And what share (0-1) that is of the most that its ground allows: a page that fades, or is
    veiled in its ground's colour, has less, though another theme may have more contrast by nature.
    """
    pixels = core.reshape(-1, 3).astype(np.float64)
    away = abs(pixels - ground).max(axis=1)
    ink = np.median(pixels[away >= np.percentile(away, 99)], axis=0)
    along = ink - ground
    inked = (core - ground) @ along / max(1.0, float(along @ along))
    white = np.clip(255 * inked, 0, 255).astype(np.uint8)
    contrast, most = abs(along), np.maximum(ground, 255 - ground)
    return cv2.merge([white] * 3), ink, float(contrast.max()), float((contrast / most).max())


def _spread(picture: Picture) -> float:
    """Return how much a label and its ground differ: it is less under a veil of that ground."""
    return float(blurred(grey(picture)[_EDGE:-_EDGE, _EDGE:-_EDGE], _BLUR).std())


def _contrast(picture: Picture) -> float:
    """Return how far the ink of a label is from its ground, 0-255."""
    levels = grey(picture)[_EDGE:-_EDGE, _EDGE:-_EDGE]
    ground = float(np.median(levels))
    return max(ground - float(levels.min()), float(levels.max()) - ground)


def _level(shown: Picture, now: Picture) -> float:
    """Return how much the colours of two faces differ, without what is written there."""
    plain = ((edges(shown) < INKED) & (edges(now) < INKED)).astype(np.uint8)
    return _prevailing(shown, now, plain if plain.any() else np.ones_like(plain))


def _prevailing(shown: Picture, now: Picture, kept: Picture) -> float:
    """Return how much the prevailing colours of two pictures differ."""
    mask = kept > 0
    if not mask.any():
        return 0.0
    first, second = (np.median(one[mask], axis=0) for one in (shown, now))
    return float(abs(first - second).max())

"""What is wrong with a picture: on rooms that are drawn, in many lights, with noise and people.

No real pictures are here. `python -m tests.camera.test_seeing FOLDER` counts the false findings on
a folder of JPEG or PNG photographs.
"""

import random
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from roomctl.camera.seeing import HEIGHT, WIDTH, PictureFault, detail, fault_of
from roomctl.camera.sim.view import grey, picture

GOOD = 240
SIZE = WIDTH * HEIGHT


def place(chance: random.Random) -> bytes:
    """Return what a camera sees at a place of the drawn room that has some detail."""
    while True:
        aside, up, zoom = chance.uniform(-80, 85), chance.uniform(-15, 15), chance.uniform(0, 60)
        seen = grey(picture(aside, up, zoom), WIDTH, HEIGHT)
        if detail(seen) >= 4:
            return seen


def later(seen: bytes, chance: random.Random) -> bytes:
    """Return the same at another time: in another light, with noise, and two more people."""
    gain, lift = chance.uniform(0.45, 1.3), chance.uniform(-10, 25)
    levels = [gain * level + lift + chance.gauss(0, 1.5) for level in seen]
    for _ in range(2):
        left, tone = chance.randrange(WIDTH - 4), chance.uniform(30, 200)
        for y in range(HEIGHT - 7, HEIGHT):
            levels[y * WIDTH + left : y * WIDTH + left + 4] = [tone] * 4
    return bytes(round(min(max(level, 0), 255)) for level in levels)


def pairs(count: int = GOOD) -> list[tuple[bytes, bytes]]:
    chance = random.Random(36)
    kept = [place(chance) for _ in range(count)]
    return [(later(one, chance), one) for one in kept]


def flat(level: int, chance: random.Random) -> bytes:
    return bytes(round(min(max(level + chance.gauss(0, 0.6), 0), 255)) for _ in range(SIZE))


def test_nothing_is_wrong_with_240_good_pictures() -> None:
    assert [fault for now, kept in pairs() if (fault := fault_of(now, kept))] == []


@pytest.mark.parametrize("level", [30, 60, 128, 200, 250])
def test_a_covered_camera_is_found_whatever_covers_it(level: int) -> None:
    chance = random.Random(level)
    found = {fault_of(flat(level, chance), kept) for _, kept in pairs(50)}
    assert found == {PictureFault.COVERED}


def test_a_hand_that_lets_some_light_through_covers_it_too() -> None:
    hand = bytes(60 + x // 2 + y // 3 for y in range(HEIGHT) for x in range(WIDTH))
    assert {fault_of(hand, kept) for _, kept in pairs(50)} == {PictureFault.COVERED}


def test_a_black_picture_is_black_and_a_small_lamp_in_it_changes_nothing() -> None:
    chance = random.Random(1)
    black = bytearray(flat(6, chance))
    assert {fault_of(bytes(black), kept) for _, kept in pairs(50)} == {PictureFault.BLACK}
    black[100:104] = bytes((250,) * 4)
    assert {fault_of(bytes(black), kept) for _, kept in pairs(50)} == {PictureFault.BLACK}


def test_a_picture_that_is_turned_is_found_and_no_other_is_called_so() -> None:
    found = [fault_of(now[::-1], kept) for now, kept in pairs()]
    turned = found.count(PictureFault.UPSIDE_DOWN)
    assert turned >= GOOD * 0.75  # of others one half looks like the other, turned
    assert set(found) <= {PictureFault.UPSIDE_DOWN, PictureFault.CHANGED, None}


def test_a_picture_that_stays_as_at_the_preset_before_is_frozen() -> None:
    made = pairs(60)
    for (before, kept_before), (_, kept) in pairwise(made):
        assert fault_of(before, kept, (before, kept_before)) in (PictureFault.FROZEN, None)
    (door, kept_door), (_, kept_table) = made[0], made[1]
    assert fault_of(door, kept_table, (door, kept_door)) is PictureFault.FROZEN
    assert fault_of(door, kept_door, (door, kept_door)) is None  # two presets of the same view


def test_a_picture_like_nothing_that_was_kept_has_changed() -> None:
    made = pairs(60)
    found = [fault_of(now, kept) for (now, _), (_, kept) in pairwise(made)]
    assert found.count(PictureFault.CHANGED) >= 10
    assert PictureFault.COVERED not in found


@pytest.mark.parametrize("kept", [bytes(SIZE), bytes((200,)) * SIZE], ids=["black", "white wall"])
def test_a_kept_picture_that_shows_nothing_proves_nothing(kept: bytes) -> None:
    chance = random.Random(2)
    assert fault_of(flat(3, chance), bytes(SIZE)) is None
    assert fault_of(flat(200, chance), kept) is None


@pytest.mark.parametrize("size", [0, SIZE - 1, SIZE + 1])
def test_what_is_no_small_picture_is_an_error(size: int) -> None:
    with pytest.raises(ValueError, match="are no picture of 32 × 18"):
        fault_of(bytes(size), bytes(SIZE))


def judge(folder: Path) -> None:
    """Count what is found in parts of photographs, each beside the same part in another light."""
    import av

    chance, kept = random.Random(36), list[bytes]()
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in {".jpg", ".jpeg", ".png"}:
            continue
        with av.open(str(path)) as photograph:
            (frame,) = photograph.decode(video=0)
        whole = frame.reformat(format="gray").to_ndarray()
        height, width = whole.shape
        for _ in range(40):
            wide = chance.randint(min(width, height * 16 // 9) // 2, min(width, height * 16 // 9))
            high = wide * 9 // 16
            left, top = chance.randint(0, width - wide), chance.randint(0, height - high)
            part = whole[top : top + high, left : left + wide]
            small = av.VideoFrame.from_ndarray(part.copy(), "gray").reformat(
                WIDTH, HEIGHT, interpolation="AREA"
            )
            kept.append(bytes(small.to_ndarray()))
    good = Counter(fault_of(later(one, chance), one) for one in kept)
    turned = Counter(fault_of(later(one, chance)[::-1], one) for one in kept)
    others = Counter(fault_of(later(one, chance), two) for one, two in pairwise(kept))
    said = f"{len(kept)} pictures: {good}; turned: {turned}; another part: {others}\n"
    sys.stdout.write(said)


if __name__ == "__main__":
    judge(Path(sys.argv[1]))

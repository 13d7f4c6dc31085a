"""A walkthrough as a file for other rooms: signed to the byte, kept as it came, with a record."""

import base64
import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from roomctl.meeting.walkthrough import (
    LARGEST_FILE,
    NamedPicture,
    PageName,
    Walkthrough,
    WalkthroughError,
    for_others,
    read_from_others,
    read_walkthrough,
    written,
)
from roomctl.store.signers import Signers, signed_by
from tests.meeting.test_walkthrough import FULL, NAMED, shown

SIGNERS, STRANGER = Signers(None), Signers(None)


def signed(
    one: Walkthrough = NAMED, room: str = "bamboo", name: str = "Bamboo", by: Signers = SIGNERS
) -> bytes:
    return for_others(one, room, name, by.public(), by.sign)


SIGNED = signed()
BODY, _, BLOCK = SIGNED.partition(b"\n[signature]\n")


def read(data: bytes) -> Walkthrough:
    return read_from_others("zoom-1", data, signed_by)


def test_a_signed_file_says_whose_it_was_when_and_on_what() -> None:
    tried = replace(NAMED, tries=7, misses=2, missed="changed")
    found = read(signed(tried))
    assert found.origin is not None
    assert (found.origin.room, found.origin.room_name) == ("bamboo", "Bamboo")
    assert (found.origin.key, found.by_room) == (SIGNERS.public(), "Bamboo")
    assert replace(found, origin=None) == NAMED, "all that was shown is there, and no record"


def test_what_came_is_kept_to_the_byte_with_what_became_of_it_here() -> None:
    plain = signed(replace(NAMED, steps=(replace(FULL.steps[0], optional=False), *FULL.steps[1:])))
    here = read(plain).skipping([0]).naming(NamedPicture(PageName.ENDED, shown(400)))
    here = replace(here.missing(2).ended("changed"), done=True)
    assert written(here).startswith(plain)
    kept = read_walkthrough("zoom-1", written(here))
    assert kept == here
    assert kept.origin is not None
    assert read(kept.origin.file) == read(plain)


def test_a_file_of_an_earlier_version_is_taken_and_nobodys() -> None:
    old = written(replace(NAMED, tries=3))
    found = read(old)
    assert found.origin is not None
    assert (found.origin.key, found.by_room, found.tries) == (b"", "", 0)
    assert read_walkthrough("zoom-1", written(found)) == found
    assert read_walkthrough("zoom-1", old).origin is None, "on the room's disk it is its own"


@given(at=st.integers(0, len(SIGNED) - 1), to=st.integers(0, 255))
@example(at=0, to=ord(" "))
@example(at=len(BODY) + 1, to=ord("#"))
@example(at=len(SIGNED) - 1, to=ord(" "))
def test_one_changed_byte_anywhere_is_refused(at: int, to: int) -> None:
    changed = SIGNED[:at] + bytes([to]) + SIGNED[at + 1 :]
    if changed != SIGNED:
        with pytest.raises(WalkthroughError):
            read(changed)


def test_each_byte_outside_of_pictures_counts() -> None:
    whole = re.sub(rb'(?<=patch = ")[^"]*|(?<=kept = ")[^"]*', b"", SIGNED)
    places = [at for line in whole.splitlines() for at in [SIGNED.find(line)] if line]
    for at in [*places, *range(len(BODY), len(SIGNED))]:
        for bit in (1, 32):
            changed = SIGNED[:at] + bytes([SIGNED[at] ^ bit]) + SIGNED[at + 1 :]
            with pytest.raises(WalkthroughError):
                read(changed)


@given(cut=st.integers(0, len(SIGNED) - 1))
def test_a_file_that_is_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(WalkthroughError):
        read(SIGNED[:cut])


def lines(first: bytes) -> bytes:
    return re.sub(rb"\nroom = [^\n]*\n", first, SIGNED, count=1)


KEY = base64.b64encode(SIGNERS.public())
FORGED = {
    "steps of another": signed(FULL).partition(b"\n[signature]\n")[0] + SIGNED[len(BODY) :],
    "no signature": BODY,
    "two signatures": SIGNED + b"\n[signature]\n" + BLOCK,
    "two, the second of the whole": SIGNED
    + b'\n[signature]\ned25519 = "'
    + base64.b64encode(SIGNERS.sign(SIGNED))
    + b'"\n',
    "behind the signature": SIGNED + b"\n[here]\ntries = 1\n",
    "another room": lines(b'\nroom = "reed"\n'),
    "no room": lines(b"\n"),
    "another key": SIGNED.replace(KEY, base64.b64encode(STRANGER.public())),
    "a key that is not a point": SIGNED.replace(KEY, base64.b64encode(b"\xff" * 32)),
    "a key that is too short": SIGNED.replace(KEY, base64.b64encode(b"\x01" * 31)),
    "a key that is not base64": SIGNED.replace(KEY, b"%" * 44),
    "no key": SIGNED.replace(b'key = "' + KEY + b'"\n', b""),
    "signed by nobody": for_others(
        NAMED, "bamboo", "Bamboo", SIGNERS.public(), lambda _: bytes(64)
    ),
    "the same signature written otherwise": SIGNED[:-5] + bytes([SIGNED[-5] + 1]) + SIGNED[-4:],
    "lines as Windows has them": SIGNED.replace(b"\n", b"\r\n"),
    "a mark of byte order": b"\xef\xbb\xbf" + SIGNED,
    "a space at the end": SIGNED + b" ",
    "too long": SIGNED.replace(b"# How", b"#" * LARGEST_FILE),
}


@pytest.mark.parametrize("data", FORGED.values(), ids=FORGED)
def test_a_file_that_is_not_as_its_room_has_signed_it_is_refused(data: bytes) -> None:
    with pytest.raises(WalkthroughError) as told:
        read(data)
    assert len(str(told.value)) <= 400


def test_the_sentence_says_whose_signature_does_not_fit_and_what_to_do() -> None:
    with pytest.raises(WalkthroughError, match=r"'Bamboo' has signed it.*export it there again"):
        read(SIGNED.replace(b'by = "staff"', b'by = "stafg"'))


@pytest.mark.parametrize("name", ["B" * 81, "Bam\u202eoob", "Bam\\nboo", "Bam\u200bboo", "\x1b[2J"])
def test_a_name_that_is_huge_or_turns_the_line_around_is_refused_though_signed(name: str) -> None:
    body = re.sub(rb"room_name = [^\n]*", b"room_name = @", BODY)
    body = body.replace(b"@", b'"' + name.encode() + b'"')
    block = b'\n[signature]\ned25519 = "' + base64.b64encode(SIGNERS.sign(body)) + b'"\n'
    with pytest.raises(WalkthroughError):
        read(body + block)


@given(name=st.text(max_size=200), room=st.text(max_size=80).filter(lambda one: one.isprintable()))
@example(name="会议室\u3000竹 \u202e", room="x")
def test_a_room_of_any_name_signs_what_others_read(name: str, room: str) -> None:
    found = read(signed(room=f"r{room}"[:80], name=name))
    assert found.by_room is not None
    assert found.by_room.isprintable()
    assert 0 < len(found.by_room) <= 80


def test_a_record_that_makes_no_sense_is_refused() -> None:
    kept = written(read(SIGNED))
    for was, becomes in (
        (b"done = false", b"done = 1"),
        (b"missed_at = []", b"missed_at = [0]"),
        (b"missed_at = []", b"missed_at = " + str([1] * 32).encode()),
        (b"optional = [1]", b"optional = [1, 2]"),
        (b"missed = ", b"more = 1\nmissed = "),
    ):
        with pytest.raises(WalkthroughError):
            read_walkthrough(
                "zoom-1", kept[: len(SIGNED)] + kept[len(SIGNED) :].replace(was, becomes)
            )


def test_another_rooms_is_given_up_once_it_missed_twice_at_one_step_and_was_never_done() -> None:
    came = read(SIGNED)
    assert not came.missing(1).missing(2).given_up
    assert came.missing(1).missing(2).missing(1).given_up
    assert not replace(came, done=True).missing(1).missing(1).given_up
    assert not NAMED.missing(1).missing(1).given_up, "a room tries its own as ever"

"""`make fuzz` in small: a hundredth of its cases, and that a breach is told."""

from random import Random

import pytest

from tests.fuzz.__main__ import fuzzed, run
from tests.fuzz.invitations import LINKS
from tests.fuzz.subjects import SUBJECTS, cut_at_ends, must


@pytest.mark.parametrize("name", SUBJECTS)
def test_no_damage_makes_the_codec_say_what_was_not_sent(name: str) -> None:
    done, counts, breach = fuzzed(SUBJECTS[name], 1000, Random(name))
    assert (done, breach) == (1000, "")
    assert counts


def test_no_text_opens_a_strangers_door() -> None:
    done, counts, breach = fuzzed(LINKS["invitations"], 5000, Random(1))
    assert (done, breach) == (5000, "")
    assert counts["opened"] > 200
    assert len(counts) > 10  # many reasons to refuse are met


def test_every_subject_meets_both_good_and_bad_bytes() -> None:
    _, replies, _ = fuzzed(SUBJECTS["from_camera"], 300, Random(1))
    assert min(replies["reply"], replies["no reply"], replies["no frame"]) > 10
    _, requests, _ = fuzzed(SUBJECTS["to_camera"], 300, Random(1))
    assert min(requests["request"], requests["refused"]) > 10
    _, anything, _ = fuzzed(SUBJECTS["any_bytes"], 1000, Random(1))
    assert min(anything[word] for word in ("command", "inquiry", "reply", "refused")) > 10


def test_a_breach_is_counted_and_told_with_its_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    def breached(rng: Random) -> list[str]:
        must(rng.random() < 0.5, "too much", b"\x90\xff")
        return ["fine"]

    assert run(100, 1, {"breached": breached, "fine": lambda _: ["fine"]}) == 1
    assert "too much: 90 ff" in capsys.readouterr().out


def test_an_exception_is_a_breach() -> None:
    done, _, breach = fuzzed(lambda rng: [str(1 // 0)], 10, Random(1))
    assert (done, breach) == (1, "ZeroDivisionError: integer division or modulo by zero")


def test_the_same_seed_makes_the_same_cases() -> None:
    assert len({str(fuzzed(SUBJECTS["any_bytes"], 200, Random(7))) for _ in range(2)}) == 1


def test_the_reference_splitter_cuts_as_the_standard_says() -> None:
    stream = b"\x90\x41\xff\x90\xff" + b"\x90" * 17 + b"\xff" + b"\x90" * 16 + b"\xff\x90"
    assert cut_at_ends(stream) == [b"\x90\x41\xff", None, None, b"\x90" * 16 + b"\xff"]

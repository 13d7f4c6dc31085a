"""The log in invented time."""

import io
import logging

from roomctl.cli.options import KINDS, MINUTE_S, SAID, FoldingHandler


class Log:
    def __init__(self):
        self.now, self.text = 0.0, io.StringIO()
        self.handler = FoldingHandler(self.text, lambda: self.now)

    def say(self, msg, *args, level=logging.WARNING):
        self.handler.handle(logging.LogRecord("roomctl.x", level, "", 0, msg, args, None))

    @property
    def lines(self):
        return self.text.getvalue().splitlines()


def test_a_line_that_comes_back_is_said_a_few_times_and_then_counted_once_a_minute():
    log = Log()
    for number in range(1000):
        log.say("front: lost %d times", number)
    assert len(log.lines) == SAID
    log.say("another")
    assert log.lines[-1] == "another"
    log.now = MINUTE_S
    log.say("front: lost %d times", 1000)
    assert log.lines[-2:] == [
        f"{1000 - SAID} more lines in a minute like: front: lost %d times",
        "front: lost 1000 times",
    ]


def test_the_end_of_the_program_tells_what_was_counted():
    log = Log()
    for _ in range(SAID + 3):
        log.say("no descriptor\nTraceback %s", "...")
    log.handler.close()
    assert log.lines[-1] == "3 more lines in a minute like: no descriptor"


def test_frames_that_were_asked_for_are_all_said():
    log = Log()
    for _ in range(1000):
        log.say("81 09 04 00 FF", level=logging.DEBUG)
    assert len(log.lines) == 1000


def test_lines_that_are_never_the_same_are_bounded_too():
    log = Log()
    for number in range(20_000):
        log.say(f"made of {number}")
    assert len(log.lines) == KINDS + SAID
    assert len(log.handler._kinds) == KINDS + 1

"""`python -m tests.killed_writers COUNT FOLDER`: kill a program that writes, again and again.

Each time several threads of a process write into one `history.sqlite`, and say through a pipe what
was answered; SIGKILL ends it at some instant. Then another process reads the file: it is whole, and
all that was answered is in it. A power cut also loses what the kernel has not written yet; that is
what fsync is for (`tests/test_database.py` counts them).
"""

import os
import random
import select
import signal
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path

from roomctl.store import Database, Disk, History, QuarterHour

WRITERS = 4
LIMIT_S = 60.0


def write(folder: Path, first: int, told: int) -> None:
    """Write quarters until the end, several at once; tell each one that is answered."""
    history = History(Database(Disk(folder)))

    def writing(start: int) -> None:
        while True:
            history.add([QuarterHour(900 * start, occupied_s=float(start))])
            os.write(told, f"{start}\n".encode("ascii"))  # a pipe takes short lines whole
            start += WRITERS

    for number in range(WRITERS):
        threading.Thread(target=writing, args=(first + number,)).start()


def killed(folder: Path, first: int, chance: random.Random) -> list[int]:
    """Let a process write, and kill it; return what it was answered."""
    reads, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        write(folder, first, told)
        signal.pause()
    os.close(told)
    answers = b""
    with os.fdopen(reads, "rb", buffering=0) as pipe:
        least = chance.randrange(1, 40)  # answers; then it may end at any instant
        while answers.count(b"\n") < least:
            assert select.select([pipe], [], [], LIMIT_S)[0], "nothing is written"
            answers += pipe.read(4096)
        threading.Event().wait(chance.random() * 0.003)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := pipe.read(4096):
            answers += more
    return [int(line) for line in answers.split()]


def lost(folder: Path, answered: set[int]) -> list[int]:
    """Return what was answered and is not there; AssertionError if the file is damaged."""
    with closing(sqlite3.connect(folder / "history.sqlite")) as base:
        assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        there = {start // 900 for (start,) in base.execute("SELECT start FROM quarters")}
    return sorted(answered - there)


def kill(count: int, folder: Path, seed: int = 1) -> str:
    """Kill it `count` times; say how that went, AssertionError if anything was lost."""
    chance, answered = random.Random(seed), set[int]()
    for _ in range(count):
        answered.update(killed(folder, max(answered, default=0) + 10 * WRITERS, chance))
        assert lost(folder, answered) == []
    set_aside = [path.name for path in folder.iterdir() if "damaged" in path.name]
    assert set_aside == []
    return f"{count} kills, {len(answered)} answered writes, none lost"


if __name__ == "__main__":
    sys.stdout.write(kill(int(sys.argv[1]), Path(sys.argv[2])) + "\n")

"""The hardware lab: drivers on real kernel drivers in virtual machines, and boxes. `make hwlab`.

Everything runs in two machines side by side, for each has one emulated processor; what is named in
the arguments runs in one. Prints what pytest says inside, and one line with the time. Exit code:
pytest's own; 3 if the lab cannot be had here (the reason is the last line); 4 if a machine did not
run.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.hwlab.lab import build, machine
from tests.hwlab.lab.packages import Unavailable

TREE = Path(__file__).resolve().parents[2]
FOLDER = Path(sys.prefix) / "hwlab"
SCENARIOS = "tests/hwlab/scenarios"
BOX = "tests/hwlab/box"
FIRST = ("test_speakerphone.py", "test_user.py")  # take as long as all others
UNAVAILABLE, DIED = 3, 4
NO_TESTS = 5  # pytest's, where what was asked for is another machine's


def main(arguments: list[str]) -> int:
    """Run scenarios and boxes; `arguments` go to pytest."""
    if any(BOX in each for each in arguments):
        machine.empty(FOLDER / "run")
        return run_boxes(arguments)
    statuses = run_machines(arguments)
    only = any(SCENARIOS in each for each in arguments)
    return statuses if statuses == UNAVAILABLE or only else max(statuses, run_boxes(arguments))


def run_boxes(arguments: list[str]) -> int:
    """Run the tests of whole boxes here, and not in a machine; return the worst of their statuses.

    Those of each release of Debian run side by side: they wait for most of their time.
    """
    wanted = arguments if any(BOX in each for each in arguments) else [*arguments, BOX]
    releases = os.environ.get("ROOMCTL_BOX_RELEASES", "13 12").split()
    with ThreadPoolExecutor(len(releases)) as pool:
        statuses = list(pool.map(lambda release: run_box(release, wanted), releases))
    return max(0 if each == NO_TESTS else each for each in statuses)


def run_box(release: str, arguments: list[str]) -> int:
    """Run the tests of the boxes of one release of Debian, print what pytest says."""
    report = FOLDER / "run" / f"debian{release}" / "junit.xml"
    line = [sys.executable, "-m", "pytest", f"--junitxml={report}", "-p", "no:cacheprovider"]
    around = {**os.environ, "ROOMCTL_BOX_RELEASES": release}
    done = subprocess.run(
        [*line, *arguments],
        cwd=TREE,
        env=around,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    say(f"hwlab: boxes of Debian {release}\n{done.stdout}")
    return done.returncode


def run_machines(arguments: list[str]) -> int:
    """Run the scenarios in two machines; return the worst of their statuses."""
    began = time.monotonic()
    try:
        parts = build.parts(FOLDER, say)
    except Unavailable as error:
        FOLDER.with_suffix(".unavailable").write_text(str(error), encoding="utf-8")
        say(f"hwlab: {error}")
        return UNAVAILABLE
    ready_s = time.monotonic() - began
    machine.empty(FOLDER / "run")
    shares = [arguments] if any(SCENARIOS in each for each in arguments) else halves(arguments)
    with ThreadPoolExecutor(len(shares)) as pool:
        numbers = range(1, len(shares) + 1)
        running = [pool.submit(run, parts, *each) for each in zip(numbers, shares, strict=True)]
        ends = [each.result() for each in running]
    parts_s = f"parts ready after {ready_s:.0f} s, " if ready_s > 1 else ""
    first_s = max((each.first_test_s or 0 for each in ends), default=0)
    whole_s = max(each.took_s for each in ends)
    say(f"hwlab: {parts_s}first test {first_s:.0f} s after the start, whole run {whole_s:.0f} s")
    statuses = [DIED if each.status is None else each.status for each in ends]
    return max([each for each in statuses if each != NO_TESTS] or statuses)


def halves(arguments: list[str]) -> list[list[str]]:
    """Return what each of two machines is to run."""
    first = [f"{SCENARIOS}/{name}" for name in FIRST]
    return [[*arguments, *first], [*arguments, SCENARIOS, *(f"--ignore={each}" for each in first)]]


def run(parts: machine.Parts, number: int, arguments: list[str]) -> machine.Ended:
    """Have a machine run pytest, started once more if it does not start; print what it said."""
    color = f"--color={'yes' if sys.stdout.isatty() else 'no'}"
    command = shlex.join([color, *arguments])
    given = {"PYTHON": sys.executable, "ARGUMENTS": command, "CI": os.environ.get("CI", "")}
    text = "".join(f"{name}={shlex.quote(value)}\n" for name, value in given.items())
    lab, start = FOLDER / "run" / str(number), TREE / "tests" / "hwlab" / "guest.sh"
    ended = machine.run(parts, lab, start, {"run": text})
    if not ended.started:
        say(f"{ended.said}\nhwlab: machine {number} did not start; once more")
        ended = machine.run(parts, lab, start, {"run": text})
    say(f"hwlab: machine {number}\n{ended.said}")
    if ended.status is None:
        say(f"hwlab: machine {number} died, or did not end, after {ended.took_s:.0f} s")
    return ended


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

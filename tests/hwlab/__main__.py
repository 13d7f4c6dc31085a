"""The hardware lab: the drivers on real kernel drivers, in a virtual machine. `make hwlab`.

Prints what pytest says inside, and one line with its time. Exit code: pytest's own; 3 if the lab
cannot be had here (the reason is the last line); 4 if the machine did not run.
"""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path

from tests.hwlab.lab import build, machine
from tests.hwlab.lab.packages import Unavailable

TREE = Path(__file__).resolve().parents[2]
FOLDER = Path(sys.prefix) / "hwlab"
SCENARIOS = "tests/hwlab/scenarios"
UNAVAILABLE, DIED = 3, 4


def main(arguments: list[str]) -> int:
    """Run the scenarios; `arguments` go to pytest."""
    began = time.monotonic()
    try:
        parts = build.parts(FOLDER, say)
    except Unavailable as error:
        FOLDER.with_suffix(".unavailable").write_text(str(error), encoding="utf-8")
        say(f"hwlab: {error}")
        return UNAVAILABLE
    ready_s = time.monotonic() - began
    lab = FOLDER / "run"
    ended = run(parts, lab, arguments)
    if not ended.started:
        say("hwlab: the machine did not start; once more")
        ended = run(parts, lab, arguments)
    if ended.status is None:
        say(f"hwlab: the machine died, or did not end, after {ended.took_s:.0f} s")
        return DIED
    parts_s = f"parts ready after {ready_s:.0f} s, " if ready_s > 1 else ""
    first_s = "no test" if ended.first_test_s is None else f"first test {ended.first_test_s:.0f} s"
    say(f"hwlab: {parts_s}{first_s} after the start, whole run {ended.took_s:.0f} s")
    return ended.status


def run(parts: machine.Parts, lab: Path, arguments: list[str]) -> machine.Ended:
    """Start a machine that runs pytest."""
    color = f"--color={'yes' if sys.stdout.isatty() else 'no'}"
    named = any(SCENARIOS in each for each in arguments)
    given = [color, *arguments, *([] if named else [SCENARIOS])]
    text = f"PYTHON={shlex.quote(sys.executable)}\nARGUMENTS={shlex.quote(shlex.join(given))}\n"
    return machine.run(parts, lab, TREE / "tests" / "hwlab" / "guest.sh", {"run": text})


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

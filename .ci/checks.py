"""Checks and tests in four speeds, each with one line at its end that says what was counted.

    checks.py quick [ARGS]   the tests that need nothing real
    checks.py check [ARGS]   the same, format, lint, types and contracts
    checks.py test [ARGS]    the same with every test but the lab's; ARGS go to pytest
    checks.py hwlab [ARGS]   the lab: whole calls, displays and sound, then real kernel drivers

A check that fails does not stop the next one; the exit code is 0 only if all of them passed.
With CI set, a check that cannot run here has failed; otherwise it is skipped, and says why.
Run it through `make quick`, `make check`, `make test` and `make hwlab`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from node_tools import bring, find_node

TREE = Path(__file__).resolve().parent.parent
VENV = Path(sys.prefix)
IN_CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}
CORES = os.cpu_count() or 1
MOST_WORKERS = 4
QUICK = "not real"  # the tests of `make quick` and `make check`
NO_LAB = "not lab"  # the tests of `make test`
LAB = "lab"  # the rooms of `make hwlab`
WORKER_BYTES = 1_500_000_000  # a worker of pytest, with the browser and the room that it drives


@dataclass(frozen=True)
class Outcome:
    """How one check went; `skipped` says why it did not run."""

    name: str
    passed: bool
    skipped: str = ""

    def __str__(self) -> str:
        if self.skipped:
            return f"{self.name} {'FAILED' if IN_CI else 'skipped'} ({self.skipped})"
        return f"{self.name} {'ok' if self.passed else 'FAILED'}"

    @property
    def good(self) -> bool:
        return not IN_CI if self.skipped else self.passed


@dataclass
class Tests:
    """What pytest counted, and why it skipped what it skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"

    def add(self, more: Tests) -> None:
        """Count `more` as well."""
        self.passed += more.passed
        self.failed += more.failed
        self.skipped += more.skipped
        self.reasons += more.reasons


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for and return the exit code."""
    started = time.monotonic()
    match arguments:
        case ["quick", *rest]:
            outcome, tests = check_tests(("-m", QUICK, *rest))
            outcomes = [outcome]
        case ["check", *rest]:
            outcomes, tests = check_all("-m", QUICK, *rest)
        case ["test", *rest]:
            browser = check_browser()
            outcomes, tests = check_all(*(rest or ("-m", NO_LAB)))
            outcomes.insert(0, browser)
        case ["hwlab", *rest]:
            outcomes, tests = check_lab(rest)
        case _:
            print(__doc__)
            return 2

    print()
    for reason, count in sorted(tests.reasons.items()):
        print(f"skipped {count}: {reason}")
    print("checks:", " · ".join(map(str, outcomes)), f"({time.monotonic() - started:.0f} s)")
    print(tests, flush=True)
    return 0 if all(outcome.good for outcome in outcomes) else 1


def check_all(*pytest_arguments: str) -> tuple[list[Outcome], Tests]:
    """Run the checks that read the source beside the tests that are chosen: no core waits."""
    checks: list[Callable[[], Outcome]] = [
        lambda: check("mypy", module("mypy", "--strict")),
        lambda: check("ruff", module("ruff", "check")),
        lambda: check("format", module("ruff", "format", "--check")),
        lambda: check("imports", [str(VENV / "bin" / "lint-imports"), "--no-cache", "--no-logo"]),
        check_types_of_the_panel,
    ]
    with ThreadPoolExecutor(1) as beside:
        outcomes = beside.map(lambda one: one(), checks)
        outcome, tests = check_tests(pytest_arguments)
        return [*outcomes, outcome], tests


def module(name: str, *arguments: str) -> list[str]:
    """Return the command that runs a Python module of this environment."""
    return [sys.executable, "-m", name, *arguments]


def run(title: str, command: Sequence[str], cwd: Path = TREE) -> bool:
    """Run `command` under a heading; whether it passed."""
    print(f"\n== {title}", flush=True)
    return subprocess.run(command, cwd=cwd, check=False).returncode == 0


def check(name: str, command: Sequence[str]) -> Outcome:
    """Run one tool, and show what it says once it has ended: another may run beside it."""
    done = subprocess.run(
        command, cwd=TREE, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    print(f"\n== {name}\n{done.stdout}", end="", flush=True)
    return Outcome(name, done.returncode == 0)


def check_browser() -> Outcome:
    """Bring Chromium and a Chinese font, where that needs no password."""
    if run("browser", ["bash", str(TREE / ".ci" / "browser")]):
        return Outcome("browser", passed=True)
    return Outcome("browser", passed=False, skipped="no Chromium or no Chinese font")


def check_types_of_the_panel() -> Outcome:
    """Check the JSDoc types of web/ with the TypeScript compiler that the lock file names."""
    node = find_node()
    if node is None:
        return Outcome("tsc", passed=False, skipped="no Node for this machine's processor")
    folder = bring("typescript", node)
    if folder is None:
        return Outcome("tsc", passed=False)
    tsc = folder / "node_modules/typescript/bin/tsc"
    return check("tsc", [str(node.program), str(tsc), "--project", str(TREE / "web")])


def check_tests(arguments: Sequence[str]) -> tuple[Outcome, Tests]:
    """Run the tests, whole files side by side, in the order that tests/conftest.py gives them.

    A process runs for each core where no test waits, and in the lab, whose sound is heard in real
    time; else two, as real tests wait for more than half of their time; fewer where there is little
    memory. The counts come from pytest's report.
    """
    wanted = CORES if QUICK in arguments or LAB in arguments else 2 * CORES
    workers = max(1, min(wanted, MOST_WORKERS, memory() // WORKER_BYTES))
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # roomctl is started 200 times
    report = VENV / "pytest.xml"
    report.unlink(missing_ok=True)
    side_by_side = (f"--numprocesses={workers}", "--dist=loadfile", "--no-loadscope-reorder")
    brief = ("--tb=short",) if IN_CI else ()  # a log that is cut should name more failures
    command = module("pytest", f"--junitxml={report}", *side_by_side, *brief, *arguments)
    passed = run("pytest", command)
    tests = read_report(report) if report.exists() else Tests(failed=1)
    return Outcome("pytest", passed), tests


def memory() -> int:
    """Return how many bytes this machine has, or the container that this runs in."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    told = limit.read_text(encoding="ascii").strip() if limit.exists() else ""
    return min(machine, int(told)) if told.isdecimal() else machine


def check_lab(arguments: Sequence[str]) -> tuple[list[Outcome], Tests]:
    """Run the rooms and then the machines of the lab; with arguments the machines alone."""
    if arguments:
        return check_hardware_lab(arguments)
    browser, (rooms, tests) = check_browser(), check_tests(("-m", LAB))
    machines, more = check_hardware_lab(())
    tests.add(more)
    return [browser, rooms, *machines], tests


def check_hardware_lab(arguments: Sequence[str]) -> tuple[list[Outcome], Tests]:
    """Run the drivers on real kernel drivers, in virtual machines; minutes."""
    runs, unavailable = VENV / "hwlab" / "run", VENV / "hwlab.unavailable"
    shutil.rmtree(runs, ignore_errors=True)
    unavailable.unlink(missing_ok=True)
    passed = run("hwlab", module("tests.hwlab", *arguments))
    counted = Tests()
    reports = list(runs.glob("*/junit.xml"))
    for report in reports:
        counted.add(read_report(report))
    why = unavailable.read_text(encoding="utf-8") if unavailable.exists() else ""
    if why:
        counted.add(
            Tests(failed=1) if IN_CI else Tests(skipped=1, reasons=Counter([f"hwlab: {why}"]))
        )
    elif not reports or (not passed and not counted.failed):
        counted.failed += 1  # a machine died
    return [Outcome("hwlab", passed, why)], counted


def read_report(report: Path) -> Tests:
    """Count a JUnit report; an error while collecting or tearing down counts as failed."""
    tests = Tests()
    for case in ET.parse(report).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            tests.failed += 1
        elif (skipped := case.find("skipped")) is not None:
            tests.skipped += 1
            tests.reasons[f"{case.get('classname')}: {skipped.get('message')}"] += 1
        else:
            tests.passed += 1
    return tests


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m tests.soak`: pull a camera's cable hundreds of times, then meet again and again.

On real wires, with pyserial at the near end. Says how soon the camera was offline and back, what
was left over, and what a line costs whose camera says nothing; fails if one of them is too much.
The meetings are in `soak_meetings`, hours of a whole room in `soak_room` and, over real sockets, in
`soak_sockets`; replies that get lost are in `fuzz.sessions`, in invented time. Of tables of which
the suite plays a few members, it has pytest play the others, which are marked `more`. A program
that writes what happened is killed a thousand times (`killed_writers`).
"""

import argparse
import asyncio
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

from roomctl.device import Status
from tests.camera.site import held, room
from tests.killed_writers import kill
from tests.kiosk import redesigned_pages, wall_histories
from tests.kiosk.changed_pages import looked_at
from tests.soak_meetings import meetings
from tests.soak_room import hours
from tests.soak_sockets import hours_by_sockets
from tests.web.conftest import launch
from tests.web.endurance import endure

OFFLINE_S, BACK_S = 1.0, 2.0
BUSY_PCT = 1.0
REDESIGNS_PCT = 90
WARMING = 5  # cycles before anything is counted: what is made once for all, is made


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def cycles(scheme: str, count: int, folder: Path) -> bool:
    """Pull and plug `count` times; say how that went, and return whether it went well."""
    async with room(folder, scheme) as rig:
        for _ in range(WARMING):
            await rig.cycle()
        before = held()
        gone, back = zip(*[await rig.cycle() for _ in range(count)], strict=True)
        after = held()
    more = {what: after[what] - before[what] for what in before}
    leaked = {what: number for what, number in more.items() if number > (what == "threads")}
    say(
        f"{scheme}: {count} unplugs; offline after {median(gone):.3f} s (at most {max(gone):.3f}), "
        f"online after {median(back):.3f} s (at most {max(back):.3f}); left over: {leaked or 0}"
    )
    return not leaked and max(gone) < OFFLINE_S and max(back) < BACK_S


async def silence(scheme: str, seconds: float, folder: Path) -> bool:
    """Measure what a silent camera costs, its simulated end included; whether that is little."""
    async with room(folder, scheme) as rig:
        rig.camera.silent = True
        while rig.front.health.status is Status.ONLINE:
            await asyncio.sleep(0.1)
        began, used = time.monotonic(), time.process_time()
        await asyncio.sleep(seconds)
        pct = 100 * (time.process_time() - used) / (time.monotonic() - began)
    say(f"{scheme}: a silent camera costs {pct:.2f} % of a core")
    return pct < BUSY_PCT


async def soak(count: int, seconds: float) -> bool:
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for scheme in ("serial", "tcp", "socket"):
            good &= await cycles(scheme, count, Path(folder))
            good &= await silence(scheme, seconds, Path(folder))
    return good


def looks(count: int) -> bool:
    """Look at about so many changed pages for a control that was shown; none is pressed wrongly."""
    found: Counter[str] = Counter()
    for page, verdict in looked_at(seed=19, count=max(1, count // 12), changes=12):
        found[verdict] += 1
        if verdict != "right":
            say(f"look: {verdict}: {page.change} of {page.shown.name}")
    say(f"look: {found.total()} changed pages: {dict(found)}")
    return found["wrong"] == 0


def redesigns(count: int, seed: int) -> bool:
    """Look at about so many pages that are drawn another way; none is pressed wrongly."""
    each = max(1, count // 48)
    looked = [
        one
        for which in ("held_out", "unseen")
        for one in redesigned_pages.looked_at(redesigned_pages.pages(which, each, 4, 20, seed))
    ]
    for one in looked:
        if one.verdict in ("wrong", "imitation"):
            say(f"redesign: {one.verdict}: {one.page.change} of {one.page.shown.name}")
    for line in redesigned_pages.told(looked):
        say(f"redesign: {line}")
    wanted = [one.verdict == "found" for one in looked if one.page.control is not None]
    say(f"redesign: {sum(wanted)} of {len(wanted)} found, bar {REDESIGNS_PCT} %")
    wrong = any(one.verdict == "wrong" for one in looked)
    return not wrong and 100 * sum(wanted) >= REDESIGNS_PCT * len(wanted)


def panel(updates: int, views: int) -> bool:
    """Leave a panel on in a real browser for so many updates and changes of view."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        told, well = endure(browser, updates, views)
        browser.close()
    say(told)
    return well


def joins(count: int) -> bool:
    """Show each vendor's page once, and have the room join so many times on each."""
    words = ("-n0", "-m", "more or not more", "tests/calls/test_walkthrough.py")
    done = tested(*words, ROOMCTL_JOINS=str(count))
    how = "all" if done else "not all"
    say(f"walkthroughs: {count} joins on each vendor's page, {how} of them done")
    return done


def kills(count: int) -> bool:
    """Kill a program that writes what happened so many times; nothing that was answered is lost."""
    with tempfile.TemporaryDirectory() as folder:
        said = kill(count, Path(folder))
    say(f"store: {said}")
    return True


def tested(*words: str, **more: str) -> bool:
    """Run pytest with these words, and more in its environment; whether all went well."""
    line = [sys.executable, "-m", "pytest", "-q", *words]
    return subprocess.run(line, env={**os.environ, **more}, check=False).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--cycles", type=int, default=500, help="unplugs of each wire; 0: none")
    parser.add_argument("--rest", type=float, default=10.0, help="seconds of a silent line")
    parser.add_argument("--meetings", type=int, default=20, help="rounds of two meetings; 0: none")
    parser.add_argument("--looks", type=int, default=1000, help="changed pages to look at; 0: none")
    parser.add_argument("--redesigns", type=int, default=1344, help="pages drawn anew; 0: none")
    parser.add_argument("--seed", type=int, default=1, help="of the pages that are drawn anew")
    parser.add_argument("--updates", type=int, default=200_000, help="of a panel; 0: none")
    parser.add_argument("--joins", type=int, default=50, help="by each walkthrough; 0: none")
    parser.add_argument("--tables", type=int, default=1, help="what the suite leaves out; 0: none")
    parser.add_argument("--hours", type=float, default=8.0, help="of a room's life; 0: none")
    parser.add_argument("--sockets", type=float, default=8.0, help="hours by sockets; 0: none")
    parser.add_argument("--histories", type=int, default=1000, help="of a wall; 0: none")
    parser.add_argument("--kills", type=int, default=1000, help="of what writes; 0: none")
    parser.add_argument("--power-cuts", type=int, default=50, help="of a box's disk; 0: none")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    good = asked.cycles == 0 or asyncio.run(soak(asked.cycles, asked.rest))
    if asked.kills:
        good &= kills(asked.kills)
    if asked.meetings:
        with tempfile.TemporaryDirectory() as folder:
            good &= meetings(asked.meetings, Path(folder))
    if asked.looks:
        good &= looks(asked.looks)
    if asked.redesigns:
        good &= redesigns(asked.redesigns, asked.seed)
    if asked.updates:
        good &= panel(asked.updates, views=max(asked.updates // 400, 25))
    if asked.joins:
        good &= joins(asked.joins)
    if asked.tables:
        good &= tested("-m", "more", "--numprocesses=auto", "--dist=loadfile")
    if asked.hours:
        told, well = hours(asked.hours)
        say(told)
        good &= well
    if asked.histories:
        good &= not wall_histories.main(asked.histories)
    if asked.sockets:
        told, well = hours_by_sockets(asked.sockets)
        say(told)
        good &= well
    if asked.power_cuts and os.geteuid() != 0:
        say("power cuts: skipped; root alone makes the image that they are tried on")
    elif asked.power_cuts:
        more = {"ROOMCTL_POWER_CUTS": str(asked.power_cuts), "ROOMCTL_BOX_RELEASES": "13"}
        more["ROOMCTL_BOX_LONG"] = "1"
        files = ("tests/hwlab/box/test_power_cuts.py", "tests/hwlab/box/test_image.py")
        good &= tested("-s", *files, "-k", "power_cut", **more)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

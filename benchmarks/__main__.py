"""`python -m benchmarks [NAME...] [--json]`: measure, and show the figures."""

from __future__ import annotations

import argparse
import sys
import time

from benchmarks import (
    api,
    clients,
    day,
    descriptors,
    exit,
    join,
    kept,
    line,
    links,
    look,
    mute,
    press,
    rest,
    start,
    video,
    voice,
    wall,
)
from benchmarks.report import Figure, as_json, table

SUBJECTS = {
    "start": start.figures,
    "rest": rest.figures,
    "kept": kept.figures,
    "press": press.figures,
    "mute": mute.figures,
    "voice": voice.figures,
    "wall": wall.figures,
    "join": join.figures,
    "api": api.figures,
    "line": line.figures,
    "clients": clients.figures,
    "links": links.figures,
    "look": look.figures,
    "video": video.figures,
    "day": day.figures,
    "descriptors": descriptors.figures,
    "exit": exit.figures,
}
PARTS = join.PARTS  # of a subject, measured when they are named


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    known = SUBJECTS | PARTS
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}")
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(known):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there is {', '.join(known)}")
    began = time.monotonic()
    found: dict[str, list[Figure]] = {}
    for name in asked.names or SUBJECTS:
        sys.stderr.write(f"{name} ...\n")
        found[name] = known[name]()
        if not asked.json:
            print(table(name, found[name]), end="\n\n", flush=True)
    took_s = time.monotonic() - began
    print(as_json(found, took_s) if asked.json else f"took {took_s:.0f} s")


if __name__ == "__main__":
    main()

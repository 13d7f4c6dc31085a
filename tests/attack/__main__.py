"""`python -m tests.attack`: every attack as a whole, on the real program, one line each.

Exit code 1 if the room gave way to one of them, or, with CI set, if one could not run.
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.attack.program import Program
from tests.attack.registry import attacks, carried_out

IN_CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="attack", description=__doc__)
    parser.add_argument("only", nargs="*", help="words of the names of those to carry out")
    parser.add_argument("--small", action="store_true", help="as little as the suite does")
    asked = parser.parse_args()
    Program.is_forked = False
    verdicts: Counter[str] = Counter()
    for one in attacks():
        if asked.only and not any(word in one.name for word in asked.only):
            continue
        with tempfile.TemporaryDirectory(prefix="roomctl-attack-") as folder:
            outcome = carried_out(one, Path(folder), one.small if asked.small else one.whole)
        verdicts[outcome.verdict] += 1
        sys.stdout.write(f"{outcome}\n")
        sys.stdout.flush()
    said = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
    sys.stdout.write(f"{verdicts.total()} attacks: {said or 'none of that name'}\n")
    return 1 if not verdicts or verdicts["FAILED"] or (IN_CI and verdicts["skipped"]) else 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.fuzz [--cases N] [--seed N]`: codec and link reader against damage.

Exit code 1 on the first breach of each subject, with the bytes; the same seed finds it again.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping
from random import Random

from tests.fuzz.invitations import LINKS
from tests.fuzz.subjects import SUBJECTS, Subject

CASES, SEED = 1_000_000, 1


def run(cases: int, seed: int, subjects: Mapping[str, Subject] = SUBJECTS) -> int:
    """Give each subject its share of the cases; return how many subjects were breached."""
    breached = 0
    for number, (name, subject) in enumerate(subjects.items()):
        share = cases // len(subjects) + (number < cases % len(subjects))
        began = time.perf_counter()
        done, counts, breach = fuzzed(subject, share, Random(f"{seed} {name}"))
        took_s = time.perf_counter() - began
        total = sum(counts.values()) or 1
        ratios = ", ".join(f"{word} {n} ({n / total:.1%})" for word, n in counts.most_common())
        sys.stdout.write(f"{name:16} {done:>9} cases {took_s:6.1f} s  {ratios}\n")
        if breach:
            breached += 1
            sys.stdout.write(f"BREACH in {name}, case {done}, seed {seed}: {breach}\n")
        sys.stdout.flush()
    return breached


def fuzzed(subject: Subject, cases: int, rng: Random) -> tuple[int, Counter[str], str]:
    """Return how many cases were made, what they were counted under, and the breach, if any."""
    counts: Counter[str] = Counter()
    for done in range(cases):
        try:
            counts.update(subject(rng))
        except Exception as error:  # any exception is a breach: that is what is looked for
            return done + 1, counts, f"{type(error).__name__}: {error}"
    return cases, counts, ""


def main() -> None:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES, help=f"of each; {CASES} if not said")
    parser.add_argument("--seed", type=int, default=SEED, help=f"{SEED} if not said")
    asked = parser.parse_args()
    began = time.perf_counter()
    breached = run(asked.cases, asked.seed) + run(asked.cases, asked.seed, LINKS)
    took_s = time.perf_counter() - began
    sys.stdout.write(
        f"{asked.cases} cases of each, seed {asked.seed}, {took_s:.0f} s, {breached} breached\n"
    )
    sys.exit(1 if breached else 0)


if __name__ == "__main__":
    main()

"""How many examples a property is tried on: a tenth in the suite, all of them in `make fuzz`."""

from hypothesis import settings

FULL = 100  # of a property that names no number

settings.register_profile("suite", deadline=None, max_examples=FULL // 10)
settings.register_profile("full", deadline=None, max_examples=FULL)


def examples(full: int, share: int = 10) -> int:
    """Return how many to try now, where `full` would be thorough: one in `share`; 5 at least."""
    everything = settings().max_examples >= FULL
    return full if everything else max(5, full // share)

"""What happens to bytes on a bad line: as captured from RS-232 cameras, and worse.

Knows no codec. The first four are what python-visca's logs of an FCB-ER8550 show: bytes lost inside
a frame, frames that run together because their FF is lost, tails without a header, and runs of
more than 16 bytes with no FF at all.
"""

from itertools import pairwise
from random import Random

END = b"\xff"


def lost_bytes(rng: Random, data: bytes) -> bytes:
    first = rng.randrange(len(data) + 1)
    return data[:first] + data[first + rng.randint(1, 6) :]


def run_together(rng: Random, data: bytes) -> bytes:
    ends = [at for at, byte in enumerate(data) if byte == 0xFF]
    if not ends:
        return data
    at = rng.choice(ends)
    return data[:at] + data[at + 1 :]


def tail_only(rng: Random, data: bytes) -> bytes:
    return data[rng.randint(1, 3) :]


def endless_run(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    run = rng.randbytes(rng.randint(17, 60)).replace(END, b"\x00")
    return data[:at] + run + data[at:]


def flipped_bits(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data)) if data else 0
    return (
        data[:at]
        + bytes(byte ^ 1 << rng.randrange(8) for byte in data[at : at + 1])
        + data[at + 1 :]
    )


def noise(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.randint(1, 8)) + data[at:]


def said_twice(rng: Random, data: bytes) -> bytes:
    return data + data[: rng.randrange(len(data) + 1)]


KINDS = (lost_bytes, run_together, tail_only, endless_run, flipped_bits, noise, said_twice)


def damaged(rng: Random, data: bytes) -> bytes:
    """Return `data` after up to three damages."""
    for _ in range(rng.randint(0, 3)):
        data = rng.choice(KINDS)(rng, data)
    return data


def in_pieces(rng: Random, data: bytes) -> list[bytes]:
    """Return `data` as reads may hand it over: cut anywhere."""
    cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.randint(0, 4)))
    edges = [0, *cuts, len(data)]
    return [data[start:end] for start, end in pairwise(edges)]

"""What can be wrong with a simulated camera and with its line, as plain attributes.

Knows no port and no clock. Words are what a camera says, in hex without header and FF: `41` is an
ACK, `51` a completion, `500203` an answer. Field reports that each fault is taken from stand in
the projects named: glikely/obs-ptz, bitfocus/companion-module-ptzoptics-visca (ptzoptics),
quartzo/webcam-visca-ip, GrantSparks/grafton-visca, misterhay/VISCA-IP-Controller.
"""

from __future__ import annotations

import random
import re

from roomctl.visca.sim.profile import SimProfile

ACK, COMPLETION, ANSWER, ERROR = "4.", "5.", "50.+", "6.*"


class CameraFaults:
    """What is wrong with one camera. Patterns are regular expressions over words, "" is none.

    `silent`: hears and says nothing. `hung`: the same, until it loses power.
    `hangs_on_second`: a second command before the first is complete hangs it (Vaddio, obs-ptz 90).
    `dies_after_s`: hangs so long after it was given power (obs-ptz 57).
    `garble_next`: one byte of the next reply arrives damaged; `shorten_next`: one is missing.
    `delay_s`: every reply comes that much later; `ack_late_s`: every ACK does.
    `ack`: "normal", or "none" (no ACKs, no sockets, all is complete at once: a Cisco, obs-ptz 19).
    `lose`, `twice`: words that never leave, or leave twice. `lose_next`: one pattern each, once.
    `lost_part`: the part of all words (0-1) that never leaves; `chance` says which.
    `after_answer`: words said after every answer (`6002`: webcam-visca-ip).
    `header`: of every reply, such as `91`; `replies_as`: the address in it (2: ptzoptics 57).
    `names_socket`: said for every command, whichever it is in (ptzoptics 42; 0: none).
    `menu_refuses_stop`: an open menu refuses even a stop (BRC-X400 list p.7).
    `refusal`: how "not executable" is said (grafton-visca: with a socket that holds nothing).
    `acks_refusals`: an ACK goes before it. `unanswered`: questions without an answer, such as
    `0447`. `unknown`: what an unknown question is answered with. `version`: data of the version
    answer, if odd. `cancels`: whether Cancel is obeyed; `clear_cancels`: whether IF_Clear gives up
    what runs (EVI manuals; BRC lists guarantee nothing). `drive_holds`: a drive is complete only
    when it ends. `forgets_replaced`: what a newer command ends is never complete.
    `lag_cycles`: a message is taken so many video cycles late (BRC-X400: up to 3).
    `automatic`: its address comes from AddressSet.
    """

    def __init__(self, profile: SimProfile) -> None:
        self.silent = self.hung = self.hangs_on_second = False
        self.garble_next = self.shorten_next = self.menu_refuses_stop = False
        self.dies_after_s: float | None = None
        self.delay_s = self.ack_late_s = 0.0
        self.ack = "none" if profile.has("no-ack") else "normal"
        self.lose = self.twice = self.after_answer = self.unanswered = ""
        self.lose_next: list[str] = []
        self.lost_part = 0.0
        self.chance = random.Random(1)  # noqa: S311 - a fault, not a secret
        self.header: str | None = None
        self.replies_as: int | None = 2 if profile.has("replies-as-2") else None
        self.names_socket: int | None = 1 if profile.has("one-socket-for-all") else None
        self.refusal, self.unknown = "6141", "6002"
        self.acks_refusals = self.drive_holds = self.forgets_replaced = False
        self.version: str | None = None
        self.cancels = profile.cancel
        self.clear_cancels = profile.name.startswith("Sony EVI")
        self.lag_cycles = 0
        self.automatic = False

    def times(self, words: str) -> int:
        """Return how often these words leave: 0, 1 or 2 times."""
        for pattern in self.lose_next:
            if re.fullmatch(pattern, words):
                self.lose_next.remove(pattern)
                return 0
        if self.lose and re.fullmatch(self.lose, words):
            return 0
        if self.lost_part and self.chance.random() < self.lost_part:
            return 0
        return 2 if self.twice and re.fullmatch(self.twice, words) else 1

    def heads(self, address: int) -> str:
        """Return the header of its replies, in hex."""
        return self.header or f"{(self.replies_as or address) + 8:x}0"


class LineFaults:
    """What is wrong with a line, in both directions unless said otherwise.

    `loss`, `corruption`: the part of the bytes (0-1) that is lost, or has a wrong bit.
    `split`: every byte of a reply comes alone; `pause_s`: the last ones come that much later.
    `loses_broadcasts`: what is said to all comes back to nobody. `merge_s`: what leaves within that
    time comes at once, as from a USB adapter that waits (FTDI: 16 ms).
    `insert`: bytes that come in the middle of the next reply, before its byte `insert_at`.
    `spoken_baud`: what the other end writes and reads at, if not what the cameras are set to.
    """

    def __init__(self, seed: int = 1) -> None:
        self.loss = self.corruption = 0.0
        self.split = self.loses_broadcasts = False
        self.pause_s = 0.0
        self.merge_s = 0.0
        self.insert, self.insert_at = b"", 1
        self.spoken_baud: int | None = None
        self._chance = random.Random(seed)  # noqa: S311 - a fault, not a secret

    def damaged(self, data: bytes) -> bytes:
        """Return what is left of bytes that travel."""
        if not (self.loss or self.corruption):
            return data
        kept = (byte for byte in data if not self._happens(self.loss))
        return bytes(byte ^ self._wrong_bit() for byte in kept)

    def interrupted(self, data: bytes) -> bytes:
        """Return a reply with what is to be inserted in its middle."""
        inserted, self.insert = self.insert, b""
        return data[: self.insert_at] + inserted + data[self.insert_at :]

    def _wrong_bit(self) -> int:
        return 1 << self._chance.randrange(8) if self._happens(self.corruption) else 0

    def _happens(self, part: float) -> bool:
        return part > 0 and self._chance.random() < part


def misheard(data: bytes, spoken_baud: int, heard_baud: int) -> bytes:
    """Return what a receiver set to `heard_baud` makes of bytes written at `spoken_baud`.

    The line as a UART sees it: idle 1, start bit 0, eight bits from the lowest, stop bit 1. A byte
    begins at a falling edge and is sampled in the middle of its bits; one without a stop bit is
    passed on, as drivers do that ignore framing errors.
    """
    levels = [1]
    for byte in data:
        levels += [0, *((byte >> bit) & 1 for bit in range(8)), 1]
    levels += [1] * 10
    step = spoken_baud / heard_baud
    heard, at = bytearray(), 0.5
    while (begun := _falling(levels, at)) is not None:
        samples = [begun + (bit + 1.5) * step for bit in range(8)]
        heard.append(sum(_level(levels, s) << bit for bit, s in enumerate(samples)))
        at = begun + 9.5 * step
    return bytes(heard)


def _falling(levels: list[int], at: float) -> float | None:
    for index in range(int(at) + 1, len(levels)):
        if levels[index - 1] and not levels[index]:
            return float(index)
    return None


def _level(levels: list[int], at: float) -> int:
    return levels[int(at)] if at < len(levels) else 1

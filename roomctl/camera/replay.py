"""A trace replayed: what a line said then, said to a session of now, in invented time.

Knows no port, no clock and no file. It proves that the session survives the trace, how the commands
in it end, and what it takes the cameras to be in the end. What the session tells the cameras is
compared too: `divergence` is the first command that was said then and is not now, or the other way
round, by more than a second; questions change nothing and do not count. A trace of an older
roomctl, or of another controller, may well diverge, and still end as it must.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from roomctl.camera.baud import baud_of
from roomctl.camera.profile import CameraProfile, recognised, shipped
from roomctl.camera.recorded import Divergence, Ended, Recorded
from roomctl.camera.spoken import Voice
from roomctl.camera.state import described
from roomctl.camera.trace import SCHEME_IP, Trace, is_datagram
from roomctl.camera.visca import connection
from roomctl.visca.bus import Bus
from roomctl.visca.connection import Connection
from roomctl.visca.ip import OverIp
from roomctl.wire import Record, Virtual


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it: each camera's last state by address, in words; commands; divergence."""

    cameras: Mapping[int, Mapping[str, str]]
    ended: Sequence[Ended]
    divergence: Divergence | None

    def facts(self) -> dict[str, str]:
        """Return all that a trace may expect by `# ends:`; see `expected`."""
        many = len(self.cameras) > 1
        facts = {
            f"{address} {name}" if many else name: value
            for address, camera in self.cameras.items()
            for name, value in camera.items()
        }
        commands = [f"{ended.name} {ended.end.value}" for ended in self.ended]
        return {**facts, "commands": ", ".join(commands) or "none"}


def expected(trace: Trace) -> dict[str, str]:
    """Return the facts that a trace is to end with: `# ends: pan_deg=3.0; commands=none`.

    With several cameras a fact begins with its camera's address: `2 pan_deg=3.0`.
    """
    given = [fact.partition("=") for fact in trace.facts.get("ends", "").split(";") if fact.strip()]
    return {name.strip(): value.strip() for name, _, value in given}


def replay(trace: Trace) -> Replayed:
    """Replay a trace with the profile that its facts name, or that its cameras are recognised by.

    Raises KeyError if there is no such profile.
    """
    fixed = shipped()[trace.facts["profile"]] if "profile" in trace.facts else None
    talks: dict[int, Connection] = {}
    ended: list[Ended] = []
    divergence: Divergence | None = None
    for section in trace.sections():
        then = _replayed(section, fixed)
        talks |= then.talks
        ended += then.ended
        divergence = divergence or then.divergence
    cameras = {address: _in_words(talks[address], fixed) for address in sorted(talks)}
    return Replayed(cameras, ended, divergence)


class _Nobody:
    """Whom a Connection tells what happens: its state is looked at in the end."""

    def answered(self) -> None:
        """Nothing to note."""

    def silent(self, detail: str) -> None:
        """Nothing to note."""

    def changed(self) -> None:
        """Nothing to note."""


def _replayed(records: Sequence[Record], fixed: CameraProfile | None) -> Recorded:
    """Let happen once more what happened between an opening of the port and the next one."""
    url = next((r.note for r in records if r.direction == "open"), "serial:")
    over_ip = url.startswith(SCHEME_IP) or any(is_datagram(r.data) for r in records)
    talks = {
        address: connection(f"camera {address}", address, _Nobody(), fixed)
        for address in _addresses(records, over_ip=over_ip)
    }
    line = Bus(list(talks.values()), None if over_ip else baud_of(url))
    then = Recorded(records, talks, over_ip=over_ip)
    room = Virtual(OverIp(line) if over_ip else line, then, now=records[0].at)
    room.run(then.until - records[0].at)
    then.over()
    return then


def _addresses(records: Sequence[Record], *, over_ip: bool) -> list[int]:
    voice = Voice(over_ip=over_ip)
    out = [record for record in records if record.direction == "out"]
    spoken = [frame for record in out for frame in voice.frames(record.data, record.at)]
    return sorted({s.frame[0] & 0x0F for s in spoken if 1 <= s.frame[0] & 0x0F <= 7}) or [1]


def _in_words(talk: Connection, fixed: CameraProfile | None) -> dict[str, str]:
    profile = fixed or recognised(talk.seen.version)
    state = described(profile, talk.seen, preset=None, tally=None, tracks=None)
    known = {field.name: getattr(state, field.name) for field in fields(state)}
    words = {name: _word(value) for name, value in known.items() if value is not None}
    return {"ready": _word(talk.ready and not talk.silent), **words}


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{round(value, 1) + 0.0:.1f}" if isinstance(value, float) else str(value)

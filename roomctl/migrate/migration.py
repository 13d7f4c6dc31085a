"""A room's move as it stands: planned, applied stage by stage, taken back. Kept: `migration.json`.

Each stage that is applied is a revision of the configuration (`store.configs`), which names its
day; from that day on the room does by itself what it says, by its clock (`meeting.leaving`). So a
stage is undone by the revision before it, to the byte.

The revision counts: it is written first, and a stage is applied, or undone, if its revision is the
one that counts. So a power cut between the two files leaves nothing half (`_as_it_counts`).

What is kept is refused rather than guessed at: a plan for another configuration than the one that
counts, a second plan, a rollback over somebody else's change.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from roomctl.errors import Refused, RoomctlError
from roomctl.frozen import frozen
from roomctl.meeting.leaving import ExitStage, JoinEvidence, PlatformExit, WalkthroughNeed
from roomctl.migrate import stages
from roomctl.migrate.plan import ExitPlan, text_digest
from roomctl.migrate.verdict import Verdict
from roomctl.store import AppliedConfigs
from roomctl.store.documents import Document
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

_FILE = "migration"
_BACK = "migrate: back before"  # why a revision is written once more
_PROVEN = (ExitStage.DEFAULT, ExitStage.JOIN_ONLY, ExitStage.ENDED)  # want a join that was seen


@frozen
class JoinProof:
    """A meeting on the new platform that this room was in: proven by media, or seen by a person."""

    at: datetime
    who: str
    host: str
    evidence: JoinEvidence
    walkthrough: WalkthroughNeed = "not_needed"


@frozen
class AppliedStage:
    """A stage that is written: its revision, and which one counted before (0: room.toml)."""

    stage: ExitStage
    revision: int
    before: int
    digest: str
    at: datetime
    who: str


@frozen
class KeptPlan:
    """What of a plan is kept: how it was bound, and what stands in its way."""

    departure: PlatformExit
    room_link: str | None
    base: int
    digest: str
    base_text: str
    made_at: datetime
    who: str
    dead: int
    at_risk: int
    not_moved: int


class Migration:
    """The one move of a room."""

    def __init__(self, configs: AppliedConfigs) -> None:
        """Read what is kept beside the configurations; what makes no sense is set aside."""
        self._store, self._configs, self._file = configs.store, configs, configs.file
        kept = self._store.read(_FILE, _fits)
        self.plan = _plan(kept["plan"]) if kept.get("plan") else None
        self.applied = tuple(map(_applied, kept.get("applied", ())))
        self.proofs = tuple(map(_proof, kept.get("proofs", ())))
        self.look_again()

    def look_again(self) -> None:
        """See which stages count by now: a configuration may have been put back; blocking."""
        self.applied = self._as_it_counts()

    @property
    def next_stage(self) -> ExitStage | None:
        """The stage that would be applied next; None: none is left, or there is no plan."""
        if self.plan is None:
            return None
        done = {one.stage for one in self.applied}
        return next((stage for stage in _stages_of(self.plan) if stage not in done), None)

    def text(self) -> str:
        """Return the configuration that counts from the next start on; RoomctlError, blocking."""
        number = self._configs.wanted
        return self._configs.text(number) if number else self._file_text()

    def _file_text(self) -> str:
        try:
            return self._file.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RoomctlError(f"{self._file}: cannot be read: {error}") from error

    def refuse_plan(self, departure_from: str, to: str) -> None:
        """Refused "plan_exists" if another plan is there, or this one has begun."""
        if self.plan is None:
            return
        known = self.plan.departure
        pair = f"{known.platform} to {known.to}"
        if self.applied:
            why = f"the move from {pair} has begun; `roomctl migrate rollback` takes it back"
            raise Refused("migrate", "plan_exists", why)
        if (known.platform, known.to) != (departure_from, to):
            why = f"{pair} is planned already; `roomctl migrate rollback` drops that plan"
            raise Refused("migrate", "plan_exists", why)

    async def keep(self, plan: ExitPlan, who: str) -> KeptPlan:
        """Keep a plan, in place of an earlier one for the same move; nothing of the room changes.

        Refused "plan_stale" if the configuration is another one by now.
        """
        self.refuse_plan(plan.departure.platform, plan.departure.to)
        text = await in_thread(self.text)
        if text_digest(text) != plan.digest:
            why = "the configuration was changed while the plan was made; plan again"
            raise Refused("migrate", "plan_stale", why)
        kept = KeptPlan(
            plan.departure,
            plan.room_link,
            self._configs.wanted,
            plan.digest,
            text,
            plan.made_at,
            who,
            plan.count(Verdict.DEAD),
            plan.count(Verdict.AT_RISK),
            len(plan.not_moved),
        )
        await self._write(kept, (), ())
        return kept

    async def to_apply(
        self, stage: ExitStage | None, *, leave_behind: bool, dead: int | None = None
    ) -> tuple[ExitStage, str]:
        """Return the next stage, and the room.toml with it; Refused says what is missing.

        `stage`: which one whoever asks takes for the next; `leave_behind`: bookings that die are
        known and left; `dead`: how many those are by now, None: as many as the plan found.
        """
        plan, due = self._begun(), self.next_stage
        if due is None:
            raise Refused("migrate", "nothing_left", "every stage of the plan is applied")
        if stage is not None and stage is not due:
            why = f"the next stage is {due}; stages are applied in their order"
            raise Refused("migrate", "stage_order", why)
        await self._refuse_stale(plan)
        if due in _PROVEN and not self.proofs:
            to = plan.departure.to
            why = f"{due} needs proof that this room joins on {to}; join a meeting there, and run"
            raise Refused("migrate", "no_proof", f"{why} `roomctl migrate drill`")
        dead = plan.dead if dead is None else dead
        if due is ExitStage.ENDED and dead and not leave_behind:
            why = f"{dead} bookings cannot be joined after that; have them moved, or confirm"
            raise Refused("migrate", "bookings_die", f"{why} with --leave-behind")
        return due, _with_stage(plan, due)

    async def apply(self, stage: ExitStage, text: str, who: str, at: datetime) -> AppliedStage:
        """Have a stage count from the next start on, as a revision of the configuration."""
        plan, before = self._begun(), self._configs.wanted
        known = plan.departure
        why = f"migrate {known.platform} to {known.to}: {stage}"
        revision = await self._configs.apply(text, who, why, at)
        done = AppliedStage(stage, revision.number, before, text_digest(text), at, who)
        try:
            await self._write(plan, (*self.applied, done), self.proofs)
        except RoomctlError:
            await self._configs.roll_back(before)
            raise
        _log.info("%s, as revision %d of the configuration, by %s", why, revision.number, who)
        return done

    async def prove(self, proof: JoinProof) -> None:
        """Keep that the room was in a meeting on the new platform; Refused without a plan."""
        await self._write(self._begun(), self.applied, (*self.proofs, proof)[-20:])

    async def before(self, stage: ExitStage | None) -> str | None:
        """Return the room.toml before a stage (None: before all); None: only a plan is there.

        Refused says why nothing can be taken back: no plan, or a change of somebody else's.
        """
        plan = self._begun()
        if stage is not None and all(one.stage is not stage for one in self.applied):
            done = ", ".join(one.stage for one in self.applied) or "none"
            why = f"{stage} is not applied; applied: {done}"
            raise Refused("migrate", "stage_not_applied", why)
        if not self.applied:
            return None
        await self._refuse_changed(plan)
        place = self._place(stage)
        return _with_stage(plan, self.applied[place - 1].stage) if place else plan.base_text

    def _place(self, stage: ExitStage | None) -> int:
        return next((n for n, one in enumerate(self.applied) if one.stage is stage), 0)

    async def roll_back(self, stage: ExitStage | None, who: str, at: datetime) -> int:
        """Have the revision before a stage count again (None: before all); return its number.

        The plan goes with its first stage. The text is the same to the byte.
        """
        text = await self.before(stage)
        plan, place = self._begun(), self._place(stage)
        if text is not None:
            await self._restore(self.applied[place], text, who, at)
        left = self.applied[:place]
        await self._write(plan if left else None, left, self.proofs if left else ())
        known = plan.departure
        _log.info("migrate %s to %s: taken back by %s", known.platform, known.to, who)
        return self._configs.wanted

    async def _restore(self, one: AppliedStage, text: str, who: str, at: datetime) -> None:
        """Have the revision before a stage count; where it is not kept any more, its text anew."""
        if one.before == 0 or one.before in {known.number for known in self._configs.revisions}:
            await self._configs.roll_back(one.before)
        else:
            await self._configs.apply(text, who, f"{_BACK} {one.stage}", at)

    def _as_it_counts(self) -> tuple[AppliedStage, ...]:
        """Return the stages that the configuration which counts has: what was cut off is mended.

        What is neither a stage's text nor the one before is somebody else's, and told later.
        """
        plan, wanted = self.plan, self._configs.wanted
        if plan is None or (self.applied and wanted == self.applied[-1].revision):
            return self.applied
        try:
            digest = text_digest(self.text())
        except RoomctlError:
            return self.applied
        revision = next((one for one in self._configs.revisions if one.number == wanted), None)
        back = revision is not None and revision.why.startswith(_BACK)
        if digest == plan.digest and (wanted == plan.base or back):
            return ()
        for place, stage in enumerate(_stages_of(plan)[: len(self.applied) + 1]):
            if revision is not None and digest == text_digest(_with_stage(plan, stage)):
                before = self.applied[place - 1].revision if place else plan.base
                done = AppliedStage(stage, wanted, before, digest, revision.at, revision.who)
                return (*self.applied[:place], done)
        return self.applied

    def _begun(self) -> KeptPlan:
        if self.plan is None:
            why = "there is no plan; make one: roomctl migrate plan --from PLATFORM --to PLATFORM"
            raise Refused("migrate", "no_plan", why)
        return self.plan

    async def _refuse_stale(self, plan: KeptPlan) -> None:
        if self.applied:
            await self._refuse_changed(plan)
        elif text_digest(await in_thread(self.text)) != plan.digest:
            why = f"the configuration was changed since the plan of {plan.made_at:%Y-%m-%d %H:%M}"
            raise Refused("migrate", "plan_stale", f"{why} UTC; plan again")

    async def _refuse_changed(self, plan: KeptPlan) -> None:
        """Refused "changed" names whoever changed the configuration since the last stage."""
        last, wanted = self.applied[-1], self._configs.wanted
        if wanted == last.revision:
            if plan.base == 0 and text_digest(await in_thread(self._file_text)) != plan.digest:
                why = f"{self._file} was changed since the plan was made"
            elif text_digest(await in_thread(self.text)) != last.digest:
                why = f"the text of revision {wanted} is not what was applied"
            else:
                return
        elif wanted == 0:
            why = f"{self._file} was changed since, and is in use again"
        else:
            other = next((one for one in self._configs.revisions if one.number == wanted), None)
            said = f" by {other.who} ({other.why or 'no reason given'})" if other else ""
            why = f"revision {wanted} was applied since{said}"
        hint = f"restore revision {last.revision} first, or move by hand"
        raise Refused("migrate", "changed", f"{why}; {hint}: nothing was changed")

    async def _write(
        self,
        plan: KeptPlan | None,
        applied: tuple[AppliedStage, ...],
        proofs: tuple[JoinProof, ...],
    ) -> None:
        document: Document = {
            "plan": None if plan is None else _plan_record(plan),
            "applied": [_record(one) for one in applied],
            "proofs": [_record(one) for one in proofs],
        }
        try:
            await in_thread(self._store.write, _FILE, document)
        except OSError as error:
            where = self._store.folder / f"{_FILE}.json"
            raise RoomctlError(f"{where}: cannot be written: {error}") from error
        self.plan, self.applied, self.proofs = plan, applied, proofs


def _stages_of(plan: KeptPlan) -> list[ExitStage]:
    return [stage for stage in ExitStage if stage in plan.departure.days]


def _with_stage(plan: KeptPlan, stage: ExitStage) -> str:
    """Return the room.toml with a stage of a plan, and those before it."""
    days = {one: day for one, day in plan.departure.days.items() if one.number <= stage.number}
    return stages.written(plan.base_text, replace(plan.departure, days=days), plan.room_link)


def _record(one: AppliedStage | JoinProof) -> Document:
    record = {name: getattr(one, name) for name in one.__dataclass_fields__}
    return {**record, "at": one.at.isoformat()}


def _plan_record(plan: KeptPlan) -> Document:
    departure = plan.departure
    record = {name: getattr(plan, name) for name in plan.__dataclass_fields__}
    return {
        **record,
        "made_at": plan.made_at.isoformat(),
        "departure": {
            "platform": departure.platform,
            "to": departure.to,
            "days": {stage.value: day.isoformat() for stage, day in departure.days.items()},
        },
    }


def _plan(kept: Mapping[str, Any]) -> KeptPlan:
    said = kept["departure"]
    days = {ExitStage(key): date.fromisoformat(day) for key, day in said["days"].items()}
    if not isinstance(said["platform"], str) or not isinstance(said["to"], str):
        raise TypeError("names no platforms")
    departure = PlatformExit(said["platform"], said["to"], days)
    return KeptPlan(
        **{
            **kept,
            "departure": departure,
            "made_at": _instant(kept["made_at"]),
        }
    )


def _applied(kept: Mapping[str, Any]) -> AppliedStage:
    at, stage = _instant(kept["at"]), ExitStage(kept["stage"])
    return AppliedStage(**{**kept, "at": at, "stage": stage})


def _proof(kept: Mapping[str, Any]) -> JoinProof:
    return JoinProof(**{**kept, "at": _instant(kept["at"])})


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("an instant without its zone")
    return found


def _fits(document: Document) -> bool:
    """Whether it is what was written; an error in the reading says no, too."""
    plan = _plan(document["plan"]) if document["plan"] is not None else None
    applied = tuple(map(_applied, document["applied"]))
    proofs = tuple(map(_proof, document["proofs"]))
    numbers = [n for one in applied for n in (one.revision, one.before)]
    texts = [text for one in applied for text in (one.digest, one.who)]
    texts += [text for one in proofs for text in (one.who, one.host)]
    if plan is not None:
        numbers += [plan.base, plan.dead, plan.at_risk, plan.not_moved]
        texts += [plan.digest, plan.base_text, plan.who, plan.room_link or ""]
    known = all(
        one.evidence in ("media", "person")
        and one.walkthrough in ("not_needed", "missing", "shown")
        for one in proofs
    )
    sound = all(type(n) is int and n >= 0 for n in numbers)
    whole = plan is not None or not (applied or proofs)
    return known and sound and whole and all(isinstance(text, str) for text in texts)

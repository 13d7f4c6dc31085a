"""`roomctl migrate`: a room, or many rooms, leave a platform for another one.

With files nothing is kept and no room is asked; else the room that runs is. Annotations are no text
here, as in `main`.
"""

import glob
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from roomctl.cli import ask
from roomctl.cli.language import say, translated, word
from roomctl.cli.options import Json, Token, Url, dump, end
from roomctl.cli.told import columns_of, wide
from roomctl.errors import RoomctlError

migrate_app = typer.Typer(
    help="Move rooms to another meeting platform, and back.",
    no_args_is_help=True,
)

CALL_S = 60.0  # until a meeting that was joined for a drill has its media; then a person looks

Stage = Annotated[
    str | None, typer.Option(help="dual, default, join_only or ended; default: the next one.")
]
When = Annotated[bool, typer.Option("--when-free", help="Wait until the room is free.")]
Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[ROOM.toml[=AGENDA.ics]]...",
        help="Rooms to read from their files; default: the running room.",
    ),
]


@migrate_app.command(
    epilog="Example: roomctl migrate plan --from zoom --to tencent "
    "--room-link https://meeting.tencent.com/p/1234567890"
)
def plan(
    leaving: Annotated[str, typer.Option("--from", help="The platform to leave.")],
    to: Annotated[str, typer.Option("--to", help="The platform to move to.")],
    files: Files = None,
    on: Annotated[str | None, typer.Option(help="The day on which the default moves.")] = None,
    ends: Annotated[
        str | None, typer.Option("--end", help="The day from which its links are refused.")
    ] = None,
    room_link: Annotated[
        str | None, typer.Option(help="The standing meeting on the new platform.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the bookings there, for Excel.")] = None,
    ics: Annotated[
        Path | None, typer.Option(help="Write bookings that die or are at risk as events.")
    ] = None,
    letters: Annotated[
        Path | None, typer.Option(help="Write the drafts to organizers into this folder.")
    ] = None,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Show what a move means: a dry run, nothing changes.

    The running room keeps its plan, for `apply`.
    """
    days = [_day("--on", on), _day("--end", ends)]
    if files:
        found = _from_files(files, leaving, to, days, room_link)
    else:
        body = {"leaving": leaving, "to": to, "on": on, "ends": ends, "room_link": room_link}
        found = [_from_room(url, token, body, csv, ics)]
    _write(found, csv, ics, letters)
    if as_json:
        typer.echo(dump([_record(one) for one in found]))
    elif len(found) == 1:
        typer.echo("".join(_plan_words(one["record"]) for one in found if one["record"]))
    else:
        typer.echo(_table("migrate_planned", [_plan_row(one["record"]) for one in _read(found)]))
    _complain(found)


@migrate_app.command(epilog="Example: roomctl migrate status")
def status(
    files: Files = None, url: Url = None, token: Token = None, as_json: Json = False
) -> None:
    """Show how far the move of one or many rooms is.

    For files it shows what [meeting.leaving] says for today, and which bookings must still move.
    """
    if files:
        found = _status_of_files(files)
        if as_json:
            typer.echo(dump([_record(one) for one in found]))
        else:
            rows = [row for one in _read(found) for row in _status_rows(one["record"])]
            typer.echo(_table("migrate_rooms", rows))
        _complain(found)
        return
    told = ask.access(url, token, "GET", "migration")
    typer.echo(dump(told) if as_json else _status_words(told))


@migrate_app.command(epilog="Example: roomctl migrate drill https://n.qsh1.cn/d/Room01 --seen")
def drill(
    link: Annotated[
        str | None,
        typer.Argument(metavar="[LINK]", help="A meeting on the new platform, to join first."),
    ] = None,
    seen: Annotated[
        bool, typer.Option("--seen", help="I looked: the room is in the meeting.")
    ] = False,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Prove that the room can join on the new platform.

    It takes the open meeting, or joins LINK. The meeting's media prove it, or a person who looked;
    the plan notes which. If the call fails, the exit status is 3, as with `roomctl join`.
    """
    from roomctl.cli import joining

    if link is not None:
        tell = partial(typer.echo, err=as_json)
        _, status = joining.join_and_wait(url, token, link, tell, CALL_S)
        if status == joining.NOT_JOINED:
            end(status)
    found = ask.access(url, token, "POST", "migration/proof", {"seen": seen})
    typer.echo(dump(found) if as_json else _status_words(found))


@migrate_app.command(epilog="Example: roomctl migrate apply --stage dual")
def apply(
    stage: Stage = None,
    leave_behind: Annotated[
        bool,
        typer.Option("--leave-behind", help="Accept that some bookings cannot be joined any more."),
    ] = False,
    when_free: When = False,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Apply the next stage of the plan, from its day on."""
    body = {"stage": stage, "leave_behind": leave_behind, "when": "free" if when_free else "now"}
    found = ask.access(url, token, "POST", "migration/apply", body)
    typer.echo(dump(found) if as_json else _status_words(found))


@migrate_app.command(epilog="Example: roomctl migrate rollback")
def rollback(
    stage: Annotated[
        str | None, typer.Option(help="Go back to before this stage; default: before all.")
    ] = None,
    when_free: When = False,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Undo a stage, or the whole move, byte for byte; or drop a plan."""
    body = {"stage": stage, "when": "free" if when_free else "now"}
    found = ask.access(url, token, "POST", "migration/rollback", body)
    typer.echo(dump(found) if as_json else _status_words(found))


def _day(option: str, text: str | None) -> Any:  # noqa: ANN401 - a date or None
    try:
        return None if text is None else datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007
    except ValueError:
        why = "is not a day; write it like 2027-03-01"
        raise RoomctlError(f"migrate: {option} {text}: {why}") from None


def _from_files(
    files: Sequence[str], leaving: str, to: str, days: Sequence[Any], room_link: str | None
) -> list[dict[str, Any]]:
    from roomctl import app
    from roomctl.migrate import ExitRequest
    from roomctl.migrate.rooms import RoomAccess, plan_rooms

    asked = ExitRequest(leaving, to, days[0], days[1], room_link)
    access = RoomAccess(app.load, app.calendar)
    found = plan_rooms(_rooms(files), asked, datetime.now(UTC), access)
    return [{name: getattr(one, name) for name in _OUTCOME} for one in found]


def _status_of_files(files: Sequence[str]) -> list[dict[str, Any]]:
    from roomctl import app
    from roomctl.migrate.rooms import RoomAccess, status_of_rooms

    access = RoomAccess(app.load, app.calendar)
    found = status_of_rooms(_rooms(files), datetime.now(UTC), access)
    return [{name: getattr(one, name) for name in _OUTCOME} for one in found]


_OUTCOME = ("file", "record", "csv", "ics", "error")


def _rooms(files: Sequence[str]) -> list[Any]:
    """Return the rooms that are named, each file of a pattern one."""
    from roomctl.migrate.rooms import RoomToRead

    rooms = []
    for given in files:
        config, _, agenda = given.partition("=")
        for path in sorted(glob.glob(config)) or [config]:
            rooms.append(RoomToRead(Path(path), Path(agenda) if agenda else None))
    return rooms


def _read(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in found if one["record"] is not None]


def _record(one: dict[str, Any]) -> dict[str, Any]:
    """Return what JSON has of a room, also of one that could not be read."""
    return {"file": one["file"], **(one["record"] or {}), "error": one["error"] or None}


def _complain(found: Sequence[dict[str, Any]]) -> None:
    """Name every room that could not be read; the command has failed then."""
    failed = [one for one in found if one["error"]]
    for one in failed:
        typer.echo(f"roomctl: {one['file']}: {translated(one['error'])}", err=True)
    if failed:
        typer.echo(say("migrate_failed", count=len(failed), all=len(found)), err=True)
        raise typer.Exit(1)


def _from_room(
    url: str | None, token: Path | None, body: dict[str, Any], csv: Path | None, ics: Path | None
) -> dict[str, Any]:
    record = ask.access(url, token, "POST", "migration/plan", body)
    texts = {
        form: ask.text(url, token, f"migration/evidence?form={form}&bom=no") if wanted else ""
        for form, wanted in (("csv", csv), ("ics", ics))
    }
    return {"file": "", "record": record, **texts, "error": ""}


def _write(
    found: Sequence[dict[str, Any]], csv: Path | None, ics: Path | None, letters: Path | None
) -> None:
    """Write the evidence of all rooms together; CSV with the mark that Excel wants."""
    if csv is not None:
        tables = [one["csv"] for one in found if one["csv"]]
        rows = [table.partition("\r\n")[2] if at else table for at, table in enumerate(tables)]
        csv.write_bytes(("\ufeff" + "".join(rows)).encode())
    if ics is not None:
        begin, end = "BEGIN:VEVENT\r\n", "END:VCALENDAR\r\n"
        calendars = [one["ics"] for one in found if one["ics"]]
        events = [begin + text.partition(begin)[2] for text in calendars if begin in text]
        head = calendars[0].partition(begin)[0].removesuffix(end) if calendars else ""
        ics.write_bytes((head + "".join(text.removesuffix(end) for text in events) + end).encode())
    if letters is not None:
        letters.mkdir(parents=True, exist_ok=True)
        from roomctl.migrate.evidence import cell
        from roomctl.migrate.letter import LetterRow, files

        told = [LetterRow(**one) for room in _read(found) for one in room["record"]["letter_rows"]]
        for name, data in files(told, cell):
            (letters / name).write_bytes(data)


def _table(heading: str, rows: Sequence[Sequence[str]]) -> str:
    """Return rows under their heading, whose columns stand in one text."""
    lines = [say(heading).split("|"), *rows]
    widths = [max(map(columns_of, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(wide(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _plan_row(record: dict[str, Any]) -> tuple[str, ...]:
    counts, by_hand = record["counts"], [one["fate"] for one in record["artefacts"]]
    numbers = (record["on_leaving"], *(counts[one] for one in ("at_risk", "dead", "replaced")))
    last = max((one["start"][:10] for one in record["last_occurrences"]), default="-")
    return (record["room"], *map(str, numbers), last, str(by_hand.count("by_hand")))


def _status_rows(record: dict[str, Any]) -> list[tuple[str, ...]]:
    if not record["moves"]:
        return [(record["room"], "-", "-", "-", "-", "-", "-")]
    return [
        (
            record["room"],
            f"{one['from']} → {one['to']}",
            one["stage"] or "-",
            f"{one['next_stage']} {one['next_on']}" if one["next_stage"] else "-",
            str(one["on_leaving"]),
            str(one["counts"]["at_risk"]),
            str(one["counts"]["dead"]),
        )
        for one in record["moves"]
    ]


def _plan_words(record: dict[str, Any]) -> str:
    counts = record["counts"]
    lines = [say("migrate_plan", room=record["room"], old=record["from"], new=record["to"])]
    lines += [f"  {day}  {word('migrate_stage', stage)}" for stage, day in record["stages"].items()]
    lines.append(say("migrate_bookings", count=record["on_leaving"], series=record["series"]))
    lines += [f"  {counts[one]:>5}  {word('migrate_verdict', one)}" for one in counts]
    lines += [
        say("migrate_week", week=week, count=sum(of.values()))
        for week, of in list(record["weeks"].items())[:8]
    ]
    lines += [
        f"  {word('migrate_artefact', one['kind'])}: {_before_after(one)}  "
        f"({word('migrate_fate', one['fate'])}{', ' + one['key'] if one['key'] else ''}: "
        f"{word('migrate_reason', one['reason'])})"
        for one in record["artefacts"]
        if one["kind"] not in ("firewall_name", "media_origin", "dial_pattern")
    ]
    names = [one["value"] for one in record["artefacts"] if one["kind"] == "firewall_name"]
    lines.append(say("migrate_names", names=", ".join(names)))
    lines += [
        say("migrate_left_out", count=sum(one["count"] for one in record["left_out"]))
    ] * bool(record["left_out"])
    reached = {one["email"] for one in record["letters"]} - {""}
    lines.append(say("migrate_letters", count=len(reached)))
    return "\n".join(lines)


def _before_after(artefact: dict[str, Any]) -> str:
    if artefact["fate"] != "moved":
        return str(artefact["value"])
    return f"{artefact['value']} → {artefact['after'] or '-'}"


def _status_words(found: dict[str, Any]) -> str:
    if found["leaving"] is None:
        return say("migrate_none")
    lines = [say("migrate_move", old=found["leaving"], new=found["to"])]
    for one in found["stages"]:
        done = (
            say("migrate_applied", who=one["who"], revision=one["revision"], before=one["before"])
            if one["applied_at"]
            else say("migrate_next" if one["stage"] == found["next_stage"] else "migrate_later")
        )
        lines.append(f"  {one['day']}  {word('migrate_stage', one['stage'])}: {done}")
    if found["walkthrough"] is not None:
        lines.append(say(f"migrate_walkthrough.{found['walkthrough']}", new=found["to"]))
    for one in found["proofs"]:
        evidence = word("migrate_evidence", one["evidence"])
        lines.append(say("migrate_proof", host=one["host"], who=one["who"], evidence=evidence))
    return "\n".join(lines)

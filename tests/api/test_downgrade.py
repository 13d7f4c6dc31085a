"""A step back by one version keeps what people set: what a later version adds is passed over."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from roomctl.clock import VirtualClock
from roomctl.meeting.first_try import StartOutcome
from roomctl.roles import Role
from roomctl.room.ledger import Ledger
from roomctl.room.starts import count, months
from roomctl.store import AuditLog, Database, Disk, History, Settings
from roomctl.store.history import QuarterHour
from tests.api import rig
from tests.room.test_written import booking
from tests.test_audit_log import event

AT = datetime(2026, 3, 2, tzinfo=UTC)
PLACE = ("camera", "front", "presets", "2")


def of_a_later_version(found: Any) -> Any:
    """Return a document with one more text in each object that has values of its own."""
    if isinstance(found, list):
        return [of_a_later_version(one) for one in found]
    if not isinstance(found, dict):
        return found
    more = {name: of_a_later_version(one) for name, one in found.items()}
    plain = [one for one in found.values() if not isinstance(one, dict | list)]
    return {**more, "of_a_later_version": "x"} if plain else more


def documents(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob("*.json"))


async def test_what_a_later_version_has_written_is_read(tmp_path: Path) -> None:
    house = rig.House(tmp_path, keep=True, restart=lambda why: None)
    _, token = await house.tokens.make("dashboard", Role.READ, None)
    await house.cookie()
    assert house.configs is not None
    await house.configs.apply(rig.ROOM + "# another\n", "Chen", "a new camera", AT)
    settings = Settings(house.store.disk)
    await settings.change(PLACE, "Lectern", "Chen", "named", AT)
    house.store.write("mute", {"muted": True})
    database = Database(house.store.disk)
    History(database).add([QuarterHour(900, occupied_s=60.0)])
    AuditLog(database).append([event(1)])
    Ledger(database, VirtualClock(AT)).released(booking("a", 0), "panel")
    database.close()

    names = {file.name for file in documents(tmp_path)}
    assert names >= {"tokens.json", "sessions.json", "config.json", "mute.json"}
    for file in documents(tmp_path):
        file.write_text(json.dumps(of_a_later_version(json.loads(file.read_text()))))
    toml = tmp_path / "settings.toml"
    toml.write_text(toml.read_text().replace("who = ", 'of_a_later_version = "x"\nwho = '))
    with closing(sqlite3.connect(tmp_path / "history.sqlite")) as base, base:
        base.execute("PRAGMA user_version = 9000")
        named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        for (name,) in base.execute(named).fetchall():
            base.execute(f"ALTER TABLE {name} ADD COLUMN of_a_later_version TEXT")

    after = rig.House(tmp_path, keep=True, restart=lambda why: None)
    found = after.tokens.bearer(f"Bearer {token}")
    assert found is not None
    assert found.name == "token dashboard"
    assert not after.tokens.is_new
    assert after.configs is not None
    assert after.configs.text(1).endswith("# another\n")
    assert Settings(Disk(tmp_path)).now[PLACE] == "Lectern"
    database = Database(after.store.disk)
    history = History(database)
    history.add([QuarterHour(1800)])
    assert [one.start for one in history.quarters(0, 3600)] == [900, 1800]
    log = AuditLog(database)
    log.append([event(2)])
    assert [one.event.arguments["preset"] for one in log.entries()][-2:] == [1, 2]
    assert log.verify().broken is None
    ledger = Ledger(database, VirtualClock(AT))
    ledger.released(booking("b", 0), "panel")
    assert [one.booking for one in ledger.entries()] == ["a", "b"]
    outcome = StartOutcome("jitsi", "plain", "slow", 1, None)
    database.write(partial(count, month="2026-11", outcome=outcome))
    assert database.read(months) == {"2026-11": {"plain": {"slow": 1}}}
    assert after.store.disk.quarantined == ()

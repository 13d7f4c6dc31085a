"""An import that came by the API: what is refused, and what becomes of it at the next start."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from roomctl.cli.importing import finish, judge
from roomctl.cli.judging import judged
from roomctl.cli.moving import export, written
from roomctl.clock import Moment
from roomctl.errors import Refused
from roomctl.room.storage import Storage
from roomctl.store import AppliedConfigs, Database, Imports, Store
from roomctl.store.archive import packed, unpacked
from roomctl.store.configs import LONGEST
from roomctl.store.imports import IMPORT_FILES
from tests.cli.test_moving import HOSTILE, PLAIN, SETTINGS, a_room, everything, made

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
SECRETS = {
    "calendar-url": "ics:https://example.org/a",
    "webhook-0-url": "https://example.org/hook",
    "webhook-0-secret": "whsec_azRuNHJpZW5rNG40cmllbg==",
}


def another(folder: Path) -> bytes:
    """Return the export of another room, which has settings, a profile and three secrets."""
    config, state = a_room(folder)
    (state / "settings.toml").write_text(SETTINGS)
    (state / "room.json").write_text('{"id": "another"}')
    return export(config, state).data


def a_box(folder: Path, secrets: Mapping[str, str] = SECRETS) -> tuple[Path, Path, Store]:
    """Return a box on which a room of its own runs."""
    config, state = a_room(folder, PLAIN.decode())
    (config.parent / "cameras" / "our_ptz.toml").unlink()
    (config.parent / "secrets").mkdir(mode=0o700)
    for name, value in secrets.items():
        (config.parent / "secrets" / name).write_text(value)
        (config.parent / "secrets" / name).chmod(0o600)
    (config.parent / "secrets").chmod(0o700)
    return config, state, Store(state)


def kept(store: Store, archive: bytes) -> Imports:
    imports = Imports(store)
    imports.keep(archive, NOW, "admin", "desk")
    return imports


def refusal(archive: bytes, config: Path, state: Path) -> str:
    with pytest.raises(Refused) as refused:
        judge(archive, config, state, "secrets", judged)
    return refused.value.code


async def test_what_came_is_the_room_of_the_next_start(tmp_path: Path) -> None:
    archive = another(tmp_path / "old")
    config, state, store = a_box(tmp_path / "box")
    plan = judge(archive, config, state, "secrets", judged)
    assert (plan.secrets, [Path(path).name for path in plan.over]) == ((), ["room.json"])
    kept(store, archive)
    done = await finish(config, store, judged)
    assert done is not None
    assert (done.source.role, done.source.name, done.result) == ("admin", "desk", "done")
    assert config.read_bytes() == PLAIN, "room.toml is never written"
    configs = AppliedConfigs(store, config)
    assert configs.text(configs.wanted).encode() == unpacked(archive)["room.toml"]
    assert (configs.revisions[-1].who, configs.revisions[-1].why) == ("desk", "import")
    assert export(config, state).data == archive
    assert (state / "room.json.2026-11-27T09-00-00Z").read_text() == '{"id": "7b1c"}'
    assert not [name for name in IMPORT_FILES if (state / name).exists()]
    assert store.disk.quarantined == ()


async def test_without_an_import_nothing_happens(tmp_path: Path) -> None:
    config, state, store = a_box(tmp_path)
    (state / "import.tar").write_bytes(b"left by a power cut before the document about it")
    assert await finish(config, store, judged) is None
    assert not (state / "import.tar").exists()
    assert store.disk.quarantined == ()


@pytest.mark.parametrize("count", range(5))
async def test_what_a_power_cut_ended_is_done_again(tmp_path: Path, count: int) -> None:
    archive = another(tmp_path / "old")
    config, state, store = a_box(tmp_path / "box")
    files = unpacked(archive)
    targets = {
        state / "room.json": files["room.json"],
        state / "settings.toml": files["settings.toml"],
        state / "settings.toml.bak": files["settings.toml"],
        config.parent / "cameras" / "our_ptz.toml": files["profiles/camera/our_ptz.toml"],
    }
    over, new = [str(state / "room.json")], [*map(str, list(targets)[1:])]
    imports = kept(store, archive)
    waiting = imports.waiting()
    assert waiting is not None
    imports.begin(waiting[0], over, new)
    with written(dict(list(targets.items())[:count]), [state / "room.json"], NOW):
        pass  # and here the power is cut
    done = await finish(config, store, judged)
    assert done is not None
    assert done.result == "done"
    assert export(config, state).data == archive
    assert (state / "room.json.2026-11-27T09-00-00Z").read_text() == '{"id": "7b1c"}'


async def test_an_import_that_was_cut_off_and_then_fails_is_put_back(tmp_path: Path) -> None:
    archive = another(tmp_path / "old")
    config, state, store = a_box(tmp_path / "box")
    before = everything(tmp_path / "box")
    imports = kept(store, archive)
    waiting = imports.waiting()
    assert waiting is not None
    over, new = [state / "room.json"], [state / "settings.toml"]
    imports.begin(waiting[0], map(str, over), map(str, new))
    with written(dict.fromkeys((*over, *new), SETTINGS.encode()), over, NOW):
        pass
    (config.parent / "cameras" / "our_ptz.toml").write_text("[")  # what it needs is no profile
    done = await finish(config, store, judged)
    assert done is not None
    assert done.result == "failed: import"
    after = everything(tmp_path / "box")
    assert {path: after[path] for path in before} == before
    assert not (state / "settings.toml").exists()


async def test_what_fails_at_the_end_is_put_back_and_set_aside(tmp_path: Path) -> None:
    archive = another(tmp_path / "old")
    config, state, store = a_box(tmp_path / "box", SECRETS | {"webhook-0-url": "no url"})
    before = everything(tmp_path / "box")
    assert refusal(archive, config, state) == "config_invalid"
    kept(store, archive)
    done = await finish(config, store, judged)
    assert done is not None
    assert done.result == "failed: import"
    [told] = store.disk.quarantined
    after = everything(tmp_path / "box")
    assert told.file == "import.tar"
    [issue] = Storage(store.disk, Database(store.disk), lambda: None).issues(
        Moment(0.0, NOW, synced=True)
    )
    detail = str(issue.params["detail"])
    assert "webhook" in detail
    assert "no url" not in detail
    assert after.pop(str(state / (told.kept_as or ""))) == archive
    assert after == before
    assert await finish(config, store, judged) is None, "it is not tried again and again"


async def test_a_disk_that_refuses_leaves_all_as_it_was(tmp_path: Path) -> None:
    archive = another(tmp_path / "old")
    config, state, store = a_box(tmp_path / "box")
    (state / "settings.toml.bak").mkdir()  # no file takes its place
    assert refusal(archive, config, state) == "not_writable"
    kept(store, archive)
    before = everything(tmp_path / "box")
    done = await finish(config, store, judged)
    assert done is not None
    assert done.result == "failed: import"
    after = everything(tmp_path / "box")
    names = {str(state / name) for name in IMPORT_FILES}
    assert {path: data for path, data in before.items() if path not in names}.items() <= (
        after.items()
    )
    assert not (state / "settings.toml").exists()


async def test_an_archive_that_is_not_what_came_is_set_aside(tmp_path: Path) -> None:
    config, state, store = a_box(tmp_path)
    kept(store, made({"room.toml": PLAIN, "room.json": b'{"id": "another"}'}))
    (state / "import.tar").write_bytes(made({"room.toml": PLAIN, "room.json": b'{"id": "third"}'}))
    assert await finish(config, store, judged) is None
    assert [one.file for one in store.disk.quarantined] == ["import.tar"]
    assert (state / "room.json").read_text() == '{"id": "7b1c"}'


@pytest.mark.parametrize("document", [{}, {"sha256": 1}, {"over": "a", "new": "b"}])
async def test_a_document_that_makes_no_sense_is_set_aside(
    tmp_path: Path, document: dict[str, object]
) -> None:
    config, state, store = a_box(tmp_path)
    usual = {"sha256": hashlib.sha256(b"").hexdigest(), "at": NOW.isoformat()}
    usual |= {"role": "admin", "name": "desk"}
    (state / "import.json").write_text(json.dumps({**usual, **document} if document else []))
    assert await finish(config, store, judged) is None
    assert [one.file for one in store.disk.quarantined] == ["import.json"]


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_room_is_refused_and_nothing_is_changed(tmp_path: Path, what: str) -> None:
    config, state, _ = a_box(tmp_path / "box")
    before = everything(tmp_path)
    assert refusal(HOSTILE[what], config, state) in ("no_archive", "config_invalid")
    assert everything(tmp_path) == before


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    archive = another(tmp_path / "old")
    config, state, _ = a_box(tmp_path / "box", {"calendar-url": SECRETS["calendar-url"]})
    plan = judge(archive, config, state, "secrets", judged)
    assert plan.secrets == ("webhook-0-secret", "webhook-0-url")


def test_what_is_for_the_boxs_operator_to_change_is_refused(tmp_path: Path) -> None:
    config, state, _ = a_box(tmp_path)
    long = PLAIN + b"#" + b"x" * LONGEST
    assert refusal(packed({"room.toml": long}), config, state) == "config_invalid"
    moved = PLAIN + b'[secrets]\ndir = "/etc"\n'
    assert refusal(packed({"room.toml": moved}), config, state) == "config_invalid"
    with pytest.raises(Refused, match="not changed from afar"):
        judge(packed({"room.toml": PLAIN}), config, state, "/run/secrets", judged)
    same = PLAIN + b'[secrets]\ndir = "secrets"\n'
    assert judge(packed({"room.toml": same}), config, state, None, judged).files == ()


def test_room_toml_is_not_written_under_another_name(tmp_path: Path) -> None:
    config, state, _ = a_box(tmp_path)
    text = PLAIN + b'[camera]\nprofiles = "."\n'
    archive = packed({"room.toml": text, "profiles/camera/room.toml": b""})
    assert refusal(archive, config, state) == "no_archive"


def test_a_file_that_is_there_to_the_byte_need_not_be_written(tmp_path: Path) -> None:
    archive = another(tmp_path / "old")
    config, state, _ = a_box(tmp_path / "box")
    (config.parent / "cameras" / "our_ptz.toml").write_bytes(
        unpacked(archive)["profiles/camera/our_ptz.toml"]
    )
    names = [Path(path).name for path in judge(archive, config, state, "secrets", judged).files]
    assert names == ["room.json", "settings.toml", "settings.toml.bak"]

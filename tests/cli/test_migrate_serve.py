"""`roomctl migrate` typed against `serve` under a supervisor, which is killed in the middle."""

import contextlib
import hashlib
import json
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.rig import LIMIT_S, ROOMCTL, Said, environment, roomctl, until, written

pytestmark = pytest.mark.real

ROOM = """# 会议室“竹” — café, written by a person
[room]
display_name = "竹"
timezone = "Asia/Shanghai"
[meeting]
platform = "zoom"
[meeting.new.zoom]
room_link = "https://zoom.us/j/91234567891"
[api]
listen = "127.0.0.1:0"
"""
PLAN = ("plan", "--from", "zoom", "--to", "quanshi", "--on", "2099-08-20")
LINK = ("--room-link", "https://n.qsh1.cn/d/Room01")
MOVE = {"leaving": "zoom", "to": "quanshi", "on": "2099-08-20", "room_link": LINK[1]}
KILLS = 4


class Box:
    """A box whose supervisor starts the room anew whenever it ends."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "room.toml"
        self.file.write_text(ROOM, encoding="utf-8")
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    @property
    def said(self) -> Path:
        return self.folder / "run/roomctl/api.json"

    def start(self) -> None:
        self.said.unlink(missing_ok=True)
        self.starts += 1
        self.process = subprocess.Popen(
            [*ROOMCTL, "serve", "--config", str(self.file)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(self.folder) | {"INVOCATION_ID": "a" * 32},
        )
        until(lambda: written(self.said))

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(LIMIT_S)

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(LIMIT_S)

    def type(self, *words: str) -> Said:
        return roomctl(self.folder, "migrate", *words)

    def ask(self, method: str, path: str, body: object = None) -> dict:
        """Ask as `roomctl` does, without a process for each question."""
        told = json.loads(self.said.read_text())
        headers = {"Authorization": f"Bearer {told['token']}"}
        answer = httpx.request(
            method, f"{told['api']}/api/v1/{path}", json=body, headers=headers, timeout=LIMIT_S
        )
        return answer.json()

    def status(self) -> dict:
        return self.ask("GET", "migration")

    def kept(self) -> dict:
        """What is kept of configurations; where nothing was ever applied, there is no file."""
        file = self.folder / "state/roomctl/config.json"
        return json.loads(file.read_text()) if file.exists() else {"applied": 0}


def unheard(box: Box, *words: object) -> None:
    """Ask a room that may be killed before it answers."""
    with contextlib.suppress(httpx.HTTPError):
        box.ask(*words)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    box = Box(tmp_path)
    box.start()
    yield box
    with contextlib.suppress(ProcessLookupError):
        box.stop()


def test_a_move_is_typed_applied_while_the_room_runs_and_taken_back_to_the_byte(box: Box) -> None:
    before = hashlib.sha256(box.file.read_bytes()).hexdigest()
    assert "no plan" in box.type("apply").err
    assert box.type("status").out.startswith("no move is planned")
    planned = box.type(*PLAN, *LINK, "--json")
    assert planned.status == 0, planned.err
    assert planned.json[0]["to"] == "quanshi"
    assert "zoom to tencent" not in box.type(*PLAN[:4], "tencent", *LINK).out
    applied = box.type("apply", "--stage", "dual")
    assert applied.status == 0, applied.err
    assert "applied by" in applied.out
    assert box.process is not None
    assert box.process.poll() is None, "the room goes on"
    assert [one["applied_at"] is not None for one in box.status()["stages"]][:2] == [True, False]
    room = roomctl(box.folder, "status", "--json").json
    assert [(one["platform"], one["to"]) for one in room["leaving"]] == [("zoom", "quanshi")]
    assert "joins on quanshi" in box.type("apply").err  # no proof yet

    assert box.stop() == 0
    box.start()  # what was applied still counts
    assert box.status()["next_stage"] == "default"
    back = box.type("rollback")
    assert back.status == 0, back.err
    assert box.status()["leaving"] is None
    assert roomctl(box.folder, "status", "--json").json["leaving"] == []
    assert box.kept()["applied"] == 0
    assert hashlib.sha256(box.file.read_bytes()).hexdigest() == before


def test_a_kill_in_the_middle_of_apply_or_rollback_leaves_nothing_half(box: Box) -> None:
    chance = random.Random(21)
    box.ask("POST", "migration/plan", MOVE)
    for _ in range(KILLS):
        begun = box.status()["stages"][0]["applied_at"] is not None
        words = ("POST", "migration/rollback" if begun else "migration/apply", {"stage": "dual"})
        asked = threading.Thread(target=unheard, args=(box, *words))
        asked.start()
        changed = (box.folder / "state/roomctl").stat().st_mtime_ns
        while asked.is_alive() and (box.folder / "state/roomctl").stat().st_mtime_ns == changed:
            time.sleep(0.002)  # until the first file of the two is written, or nearly
        time.sleep(chance.choice((0, 0, 0.001, 0.003, 0.01)))
        box.kill()
        asked.join()
        box.start()
        found = box.status()
        [applied, *_] = [one["applied_at"] is not None for one in found["stages"]] or [False]
        kept = box.kept()
        room = box.ask("GET", "room")
        assert applied == bool(kept["applied"]) == bool(room["leaving"]), (found, kept["applied"])
        if found["leaving"] is None:  # its rollback was done to the end
            box.ask("POST", "migration/plan", MOVE)
    assert box.type("rollback").status == 0
    assert box.file.read_text(encoding="utf-8") == ROOM
    assert box.kept()["applied"] == 0

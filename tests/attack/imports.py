"""Imports over the API: archives that are none, and the power cut while one is carried out."""

import random
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from roomctl.store.archive import packed, unpacked
from tests.attack.program import ROOM, Program
from tests.attack.registry import attack
from tests.cli.test_moving import HOSTILE

# Two megabytes of small lists in profiles: some 300 MB in whoever reads them all.
GREEDY = packed(
    {
        "room.toml": (ROOM + '[camera]\nprofiles = "ours"\n').encode(),
        **{f"profiles/camera/a{n}.toml": b"x = [" + b"[]," * 80_000 + b"]" for n in range(8)},
    }
)
PICTURES = 40
AGAIN = 20
SHARE = 4  # each of HOSTILE is refused in tests/cli/test_moving.py; one in so many comes by the API
SETTINGS = """[[revision]]
number = 1
at = 2026-11-26T09:00:00+00:00
who = "panel 1a2b3c4d"
why = "name of preset 2 of front"
"""


@contextmanager
def supervised(folder: Path) -> Iterator[Program]:
    """Yield a program, not started, to which somebody listens as systemd does."""
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(place))
        yield Program(folder, env={"NOTIFY_SOCKET": str(place)})


def hand_over(program: Program, archive: bytes) -> httpx.Response:
    head = {"Authorization": f"Bearer {program.token}", "Content-Type": "application/x-tar"}
    with program.client() as client:
        return client.post("/api/v1/import?force=true", content=archive, headers=head)


@attack("an import that is none", small=1, whole=50)
def hostile(folder: Path, count: int) -> str:
    chance = random.Random(1)
    good = packed({"room.toml": ROOM.encode(), "settings.toml": SETTINGS.encode()})
    with supervised(folder) as program, program:
        given = [*list(HOSTILE.values())[:: SHARE if count == 1 else 1], GREEDY]
        for _ in range(count):
            at, bit = chance.randrange(len(good)), 1 << chance.randrange(8)
            given.append(good[:at] + bytes([good[at] ^ bit]) + good[at + 1 :])
            given.append(good[:at])
        taken = 0
        for archive in given:
            answer = hand_over(program, archive)
            if answer.status_code == 202:  # a bit that counts for nothing, such as in the padding
                assert unpacked(archive) == unpacked(good), "an archive that is another one"
                taken += 1
                assert program.process.wait(60) == 0
                program.start()
                continue
            code = answer.json()["code"]
            assert code in ("no_archive", "config_invalid"), f"{answer.status_code} {code}"
            assert program.process.poll() is None
        assert not list(folder.glob("**/import.*")), "an archive that is refused is kept"
        memory_mb = program.memory_mb()
        assert memory_mb < 300, f"{memory_mb:.0f} MB"
        assert "Traceback" not in program.log, "an archive is a fault of the program"
    return f"{len(given) - taken} of {len(given)} archives refused, nothing of them kept"


@attack("a power cut while an import is carried out", small=1, whole=25)
def cut_off(folder: Path, count: int) -> str:
    chance, began, turn = random.Random(2), 0, 0
    # A kill may come late where this side was held up: then the import was over.
    while turn < count or (not began and turn < count + AGAIN):
        pictures = {f"pictures/front.{n}.jpg": bytes([turn, n]) * 9 for n in range(PICTURES)}
        text = ROOM.replace("Attacked", f"Imported {turn}").encode()
        room = {"room.toml": text, "room.json": f'{{"id": "room-{turn}"}}'.encode(), **pictures}
        with supervised(folder / str(turn)) as program:
            with program:
                port = f'\n[api]\nlisten = "{program.host}:{program.port}"\n'.encode()
                room["room.toml"] += port
                answer = hand_over(program, packed(room))
                assert answer.status_code == 202, answer.text
                assert program.process.wait(60) == 0
            _cut(program, chance.randrange(PICTURES))
            began += (program.state / "import.json").exists()
            with program:
                assert program.room()["identity"]["display_name"] == f"Imported {turn}"
                assert program.room()["identity"]["id"] == f"room-{turn}"
                for name, data in pictures.items():
                    assert (program.state / name).read_bytes() == data, f"{name} is another"
                assert not list(program.state.glob("import.*"))
                assert "storage.quarantined" not in program.issues()
                [copy] = program.state.glob("room.json.*Z")
                assert "room-" not in copy.read_text(encoding="utf-8"), "the copy is no copy"
        turn += 1
    assert began, "none was cut off while it was carried out"
    return f"{turn} cuts, {began} of them in the middle: each import was done whole"


def _cut(program: Program, count: int) -> None:
    """Start a program that has an import to carry out, and kill it after so many files."""
    program.launch()
    pictures, end = program.state / "pictures", time.monotonic() + 60
    while program.process.poll() is None and time.monotonic() < end:
        done = not (program.state / "import.json").exists()
        if done or (pictures.exists() and len(list(pictures.glob("*.jpg"))) > count):
            break
    program.kill()

"""Attacks by whoever can write into the room's calendar, or answer in its server's place."""

import gzip
import http.server
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.attack import Program, attack
from tests.attack.program import ROOM
from tests.booking import hostile


@contextmanager
def answering(
    body: bytes, headers: Mapping[str, str], status: int = 200
) -> Iterator[tuple[str, list[str]]]:
    """Serve one answer to everything; yield its url, and the paths that were asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value.format(port=server.server_port))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def zeros(count: int) -> bytes:
    """Return `count` MB of zeros as gzip, without ever holding them."""
    packed = zlib.compressobj(9, wbits=31)
    megabyte = bytes(1_000_000)
    return b"".join(packed.compress(megabyte) for _ in range(count)) + packed.flush()


def room(url: str) -> str:
    return f'{ROOM}[calendar]\nurl = "ics:{url}"\n'


def slowest_until(program: Program, issue: str) -> float:
    """Ask for the room until it has an issue; return how long the slowest answer took."""
    slowest_s = 0.0

    def there() -> bool:
        nonlocal slowest_s
        began = time.monotonic()
        found = program.issues()
        slowest_s = max(slowest_s, time.monotonic() - began)
        return issue in found

    program.until(there)
    return slowest_s


@attack("calendar of endless series", small=1, whole=10)
def endless_series(folder: Path, count: int) -> str:
    now = datetime.now(UTC)
    bombs = [hostile.every_second_by_lists(), *map(hostile.hourly_since_1970, range(count))]
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "bombs.ics"
    file.write_bytes(hostile.calendar(*bombs, hostile.good(now)))
    with Program(folder, room=room(str(file))) as program:
        slowest_s = slowest_until(program, "calendar.event_skipped")
        (issue,) = program.issues()["calendar.event_skipped"]
        assert issue["params"]["count"] == len(bombs), f"left out: {issue['params']}"
        titles = [booking["title"] for booking in program.room()["bookings"]]
        assert titles == ["Good"], f"shown: {titles}"
        assert slowest_s < 20.0, f"a request took {slowest_s:.1f} s meanwhile"
    return f"{len(bombs)} left out and named, the good one shown, slowest {slowest_s:.2f} s"


@attack("calendar with 2 MB of fields", small=1, whole=1)
def many_fields(folder: Path, count: int) -> str:
    now = datetime.now(UTC)
    lines = [f"X-MICROSOFT-{number}:{'a' * 60}" for number in range(24_000 * count)]
    event = hostile.good(now).replace("SUMMARY:Good", "\r\n".join(("SUMMARY:Good", *lines)))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fields.ics").write_bytes(hostile.calendar(event))
    with Program(folder, room=room(f"{folder}/fields.ics")) as program:
        program.until(lambda: program.room()["bookings"])
        memory_mb = program.memory_mb()
        assert memory_mb < 250, f"it holds {memory_mb:.0f} MB"
    return f"{len(event) / 1e6:.1f} MB in one event, shown; the program holds {memory_mb:.0f} MB"


@attack("calendar of gzip in gzip", small=10, whole=1_000)
def gzip_in_gzip(folder: Path, count: int) -> str:
    bomb = gzip.compress(zeros(count))
    with (
        answering(bomb, {"Content-Encoding": "gzip, gzip"}) as (url, asked),
        Program(folder, room=room(f"{url}/room.ics")) as program,
    ):
        slowest_until(program, "calendar.stale")
        memory_mb = program.memory_mb()
        assert asked, "it did not ask"
        assert memory_mb < 250, f"it holds {memory_mb:.0f} MB"
    return f"{len(bomb)} bytes that hold {count} MB refused; the program holds {memory_mb:.0f} MB"


@attack("calendar that leads to this box", small=1, whole=2)
def redirect_home(folder: Path, count: int) -> str:
    targets = ("https://127.0.0.2:{port}/metadata", "http://127.0.0.1:{port}/metadata")
    for number, target in enumerate(targets[:count]):
        with (
            answering(b"", {"Location": target}, 302) as (url, asked),
            Program(folder / str(number), room=room(f"{url}/room.ics")) as program,
        ):
            slowest_until(program, "calendar.stale")
            assert asked == ["/room.ics"], f"it went on to {asked[1:]}"
    return f"{count} redirects refused, and said"

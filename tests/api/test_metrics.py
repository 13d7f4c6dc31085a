"""What Prometheus is told: every series is described, and nobody can add one by asking."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import prometheus_client
import pytest
from prometheus_client.parser import text_string_to_metric_families

from roomctl.api.exposition import build_labels
from roomctl.meeting.first_try import MODES, WHYS
from roomctl.meeting.platform import load_platforms
from roomctl.room.commands import CommandStatus
from roomctl.room.document import ConditionType
from roomctl.room.issues import Severity
from roomctl.room.tally import OTHER, Histogram
from roomctl.version import BuildInfo, build_info
from tests.api.rig import BEARER, JITSI, PORT, House, leaves

WORDS = Path(__file__).resolve().parents[2] / "web" / "i18n" / "en.json"
NAME = re.compile(r"roomctl_[a-z_]+")
HOSTILE = 2000
BORN = datetime(2026, 11, 29, 15, 30, tzinfo=UTC)
CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")


async def read(house):
    """Return all metrics of a room by name."""
    async with house.in_process(headers=BEARER) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {one.name: one for one in text_string_to_metric_families(answer.text)}


def value(families, family, name=None, **labels):
    """Return one number; 0 if there is no such series."""
    for sample in families[family].samples:
        if sample.name == (name or family) and sample.labels == labels:
            return sample.value
    return 0


def series(families):
    """Return every series that is told."""
    return {(s.name, *sorted(s.labels.items())) for one in families.values() for s in one.samples}


async def ask(app, path, method="GET", body=None, headers=BEARER):
    """Call an app as a server does; return the status. Quicker than a client, for thousands."""
    said, status = json.dumps(body).encode() if body is not None else b"", []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"host", f"127.0.0.1:{PORT}".encode()),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(said)).encode()),
            *((name.lower().encode(), text.encode()) for name, text in headers.items()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", PORT),
    }

    async def receive():
        return {"type": "http.request", "body": said, "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            status.append(message["status"])

    await app(scope, receive, send)
    return status[0]


async def test_thousands_of_paths_add_one_series_at_most(house):
    await ask(house.app, "/nothing/here")
    before = series(await read(house))
    for number in range(HOSTILE):
        method = "GET" if number % 2 else f"M{number}"
        assert await ask(house.app, f"/nothing/here/{number}", method) in (404, 405)
    families = await read(house)
    asked = value(
        families, "roomctl_http_requests", "roomctl_http_requests_total", route=OTHER, status="4xx"
    )
    assert asked == HOSTILE + 1
    looked = ("roomctl_http_requests_total", ("route", "/metrics"), ("status", "2xx"))
    assert series(families) - before == {looked}  # `before` itself was counted when answered


async def test_hundreds_of_names_in_a_path_are_one_series_of_its_route(house):
    for number in range(HOSTILE // 10):
        assert await ask(house.app, f"/api/v1/commands/c{number}") == 404
    told = [labels for labels in series(await read(house)) if "commands/" in str(labels)]
    assert told == [
        (
            "roomctl_http_requests_total",
            ("route", "/api/v1/commands/{command_id}"),
            ("status", "4xx"),
        )
    ]


async def test_thousands_of_command_names_are_one_series(house):
    for number in range(HOSTILE):
        body = {"type": f"camera.{number}", "args": {}}
        assert await ask(house.app, "/api/v1/commands", "POST", body) == 422
    families = await read(house)
    [one] = families["roomctl_commands"].samples
    assert one.labels == {"type": OTHER, "result": "refused"}
    assert one.value == HOSTILE


@pytest.mark.parametrize("kind", [None, 7, [], {}, "x" * 5000, 'a"\n\\', "camera.raw\0"])
async def test_whatever_a_command_calls_itself_it_is_counted_as_another(house, kind):
    assert await ask(house.app, "/api/v1/commands", "POST", {"type": kind, "args": {}}) == 422
    [one] = (await read(house))["roomctl_commands"].samples
    assert one.labels == {"type": OTHER, "result": "refused"}


async def test_a_command_that_exists_is_counted_by_its_name_though_it_says_nonsense(house):
    body = {"type": "camera.recall", "args": {"camera": []}}
    assert await ask(house.app, "/api/v1/commands", "POST", body) == 422
    [one] = (await read(house))["roomctl_commands"].samples
    assert one.labels == {"type": "camera.recall", "result": "refused"}


async def test_every_metric_says_what_it_is_and_has_a_name_by_the_rules(house):
    for one in (await read(house)).values():
        assert one.documentation, one.name
        assert one.name.startswith(("process_", "roomctl_")), one.name
        assert not one.name.startswith("roomctl_") or NAME.fullmatch(one.name)
        assert not re.search(r"_(ms|s|pct|min)(_|$)", one.name), one.name
        for sample in one.samples:
            assert (one.type == "counter") == sample.name.endswith("_total"), sample.name


async def test_the_build_is_named_with_commit_and_date(house):
    [sample] = (await read(house))["roomctl_build_info"].samples
    assert sample.name == "roomctl_build_info"
    assert sample.labels.items() >= build_labels(build_info()).items()


@pytest.mark.parametrize(
    ("build", "labels"),
    [
        (BuildInfo("1.2", None, None, None), ["unknown", "unknown", "unknown"]),
        (BuildInfo("1.2", "c0ffee1", BORN, True), ["c0ffee1", "2026-11-29T15:30:00Z", "true"]),
        (BuildInfo("1.2", "c0ffee1", BORN, False), ["c0ffee1", "2026-11-29T15:30:00Z", "false"]),
    ],
)
def test_what_is_not_known_of_a_build_is_a_label_that_says_so(build, labels):
    names = ("version", "commit", "date", "modified")
    assert build_labels(build) == dict(zip(names, ["1.2", *labels], strict=True))


async def test_two_rooms_of_one_program_count_for_themselves(tmp_path):
    one, other = House(tmp_path / "one"), House(tmp_path / "other")
    for _ in range(3):
        await ask(one.app, "/nothing")
    where = {"route": OTHER, "status": "4xx"}
    name = "roomctl_http_requests_total"
    assert value(await read(one), "roomctl_http_requests", name, **where) == 3
    assert value(await read(other), "roomctl_http_requests", name, **where) == 0
    told = {metric.name for metric in prometheus_client.REGISTRY.collect()}
    assert not {name for name in told if name.startswith("roomctl")}


@pytest.mark.real
def test_the_library_is_not_imported_before_somebody_asks():
    line = "import sys, roomctl.app, roomctl.cli.server, roomctl.api.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True)
    assert "roomctl.api.app" in done.stdout.split()
    assert "prometheus_client" not in done.stdout.split()


def allowed(house):
    """Return what each label may be, of each metric that has it."""
    words = json.loads(WORDS.read_text(encoding="utf-8"))
    return {
        "condition": set(get_args(ConditionType)),
        "device": {one.name for one in house.room.document.devices},
        "kind": {one.kind for one in house.room.document.devices} | {"events", "live"},
        "code": {word.removeprefix("issue.") for word in words if word.startswith("issue.")},
        "severity": set(get_args(Severity)),
        "platform": {one.key for one in load_platforms({})} | {OTHER},
        "type": {one.name for one in house.room.declared} | {OTHER},
        "status": {"true", "false", "unknown", "starting", "online", "offline", *CLASSES},
        "result": {status.value for status in CommandStatus},
        "mode": set(MODES),
        "outcome": set(WHYS),
        "route": {path for _, path, _ in leaves(house.app.routes)} | {"/ui", OTHER},
    }


async def test_a_room_that_was_used_tells_it_and_each_label_is_from_its_closed_set(alive, program):
    await alive.until(lambda document: document.phase == "ready")
    join = {"type": "meeting.join", "args": {"link": JITSI}}
    assert (await program.post("/api/v1/commands?wait_s=30", json=join)).status_code == 200
    await alive.until(lambda document: document.meeting.state == "in_call")
    panel = await alive.panel()
    families = await read(alive)
    await panel.socket.close()
    sets = allowed(alive)
    room = families.pop("roomctl_room_info")
    for one in families.values():
        for sample in one.samples:
            for label, told in sample.labels.items():
                assert label not in sets or told in sets[label], sample
                assert label in {*sets, "state", "le", "python", *build_info().as_object()}, sample
    about = alive.room.document.identity
    assert [one.labels for one in room.samples] == [{"id": about.id, "name": about.display_name}]
    joined = "roomctl_calls_joined"
    assert value(families, joined, f"{joined}_total", platform="jitsi") == 1
    assert value(families, "roomctl_call_state", state="in_call") == 1
    assert value(families, "roomctl_device_up", device="camera.front", kind="camera") == 1
    assert value(families, "roomctl_clients", kind="live") == 1
    done = {"type": "meeting.join", "result": "done"}
    assert value(families, "roomctl_commands", "roomctl_commands_total", **done) == 1
    text = str([sample for one in families.values() for sample in one.samples])
    assert "DesignReview" not in text
    assert "127.0.0.1" not in text


def test_a_duration_on_a_bound_is_in_the_bucket_of_that_bound():
    measured = Histogram((0.1, 1.0))
    for took_s in (0.1, 0.5, 7.0):
        measured.add(took_s)
    assert measured.buckets == [("0.1", 1), ("1.0", 2), ("+Inf", 3)]
    assert measured.sum_s == pytest.approx(7.6)

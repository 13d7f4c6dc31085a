"""A real daemon takes in another room's export over HTTP, and is that room from then on."""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from roomctl.api.guard import LARGEST_BODY
from roomctl.store.archive import packed
from roomctl.store.imports import LARGEST_IMPORT
from tests.api.rig import BEARER
from tests.cli.rig import LIMIT_S, ROOMCTL, environment, roomctl, until, written
from tests.cli.test_serve import SIMULATED

TAR = {"Content-Type": "application/x-tar"}
OTHER = f'{SIMULATED}[room]\ndisplay_name = "Pine"\n'.encode()
ARCHIVE = packed({"room.toml": OTHER, "room.json": b'{"id": "pine-7"}'})


@contextmanager
def supervised(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client, Path]]:
    """Run a room as systemd does; yield it, a client of an admin, and a file with the token."""
    file, token = folder / "room.toml", folder / "token"
    if not file.exists():
        file.write_text(SIMULATED)
    around = {**environment(folder), "NOTIFY_SOCKET": str(folder / "notify")}
    with (
        (folder / "log").open("a") as log,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor,
        subprocess.Popen(
            [*ROOMCTL, "serve", "--config", str(file)], env=around, stdout=log, stderr=log
        ) as process,
    ):
        try:
            Path(around["NOTIFY_SOCKET"]).unlink(missing_ok=True)
            supervisor.bind(around["NOTIFY_SOCKET"])
            left = folder / "run/roomctl/api.json"
            until(lambda: written(left))
            said = json.loads(left.read_text())
            token.write_text(said["token"])
            token.chmod(0o600)
            head = {"Authorization": f"Bearer {said['token']}"}
            with httpx.Client(
                base_url=said["api"], headers=head, timeout=LIMIT_S, trust_env=False
            ) as client:
                yield process, client, token
            process.send_signal(signal.SIGTERM)
            process.wait(LIMIT_S)
        finally:
            process.kill()


@pytest.mark.real
def test_a_room_is_the_one_of_the_file_from_its_next_start_on(tmp_path: Path) -> None:
    with supervised(tmp_path) as (process, client, _):
        answer = client.post("/api/v1/import?check=true", content=ARCHIVE, headers=TAR)
        assert (answer.status_code, answer.json()["kept"]) == (200, False)
        assert [Path(one).name for one in answer.json()["over"]] == ["room.json"]
        answer = client.post("/api/v1/import", content=ARCHIVE, headers=TAR)
        assert (answer.status_code, answer.json()["code"]) == (409, "exists")
        answer = client.post("/api/v1/import", content=b"no tar", headers=TAR)
        assert (answer.status_code, answer.json()["code"]) == (409, "no_archive")
        assert client.get("/api/v1/room").json()["identity"]["display_name"] != "Pine"
        answer = client.post("/api/v1/import?force=true", content=ARCHIVE, headers=TAR)
        assert (answer.status_code, answer.json()["kept"]) == (202, True)
        assert process.wait(LIMIT_S) == 0
    with supervised(tmp_path) as (_, client, _):
        identity = client.get("/api/v1/room").json()["identity"]
        assert (identity["display_name"], identity["id"]) == ("Pine", "pine-7")
        assert client.get("/api/v1/config").json()["running"] == 1
        audit = client.get("/api/v1/audit?limit=50").json()["entries"]
        found = [(one["command"], one["result"], one["arguments"]) for one in audit]
        asked = {"check": False, "force": True}
        assert ("POST /api/v1/import", "done", asked) in found
        assert ("POST /api/v1/import", "refused: exists", {"check": False, "force": False}) in found
        assert ("room.import", "done", {}) in found
    assert (tmp_path / "room.toml").read_text() == SIMULATED


@pytest.mark.real
def test_the_command_does_it_from_afar(tmp_path: Path) -> None:
    file = tmp_path / "pine.tar"
    file.write_bytes(ARCHIVE)
    with supervised(tmp_path) as (process, client, token):
        at = (str(file), "--room", str(client.base_url), "--token-file", str(token))
        said = roomctl(tmp_path, "import", *at, "--check")
        assert (said.status, "would be written" in said.out) == (0, True), said.err
        assert "only with --force" in said.out
        refused = roomctl(tmp_path, "import", *at)
        assert (refused.status, "is there already" in refused.err) == (1, True)
        taken = roomctl(tmp_path, "import", *at, "--force", "--json")
        assert (taken.status, taken.json["written"]) == (0, True), taken.err
        assert process.wait(LIMIT_S) == 0
    assert json.loads((tmp_path / "state/roomctl/import.json").read_text())["name"]


# What the door lets in


async def test_an_import_is_a_tar_and_nothing_else_is(house) -> None:
    async with house.in_process(headers=BEARER) as client:
        answer = await client.post("/api/v1/import", json={"a": 1})
        assert (answer.status_code, answer.json()["code"]) == (415, "not_tar")
        answer = await client.post("/api/v1/commands", content=ARCHIVE, headers=TAR)
        assert (answer.status_code, answer.json()["code"]) == (415, "not_json")
        answer = await client.post("/api/v1/import", content=ARCHIVE, headers=TAR)
        assert (answer.status_code, answer.json()["code"]) == (409, "no_file")


async def test_only_an_admins_import_may_be_large(house) -> None:
    large = bytes(LARGEST_BODY + 1)
    async with house.in_process(headers=BEARER) as client:
        answer = await client.post("/api/v1/import", content=large, headers=TAR)
        assert answer.json()["code"] == "no_file"
        answer = await client.post("/api/v1/import", content=bytes(LARGEST_IMPORT + 1), headers=TAR)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        body = {"name": "desk", "scope": "technician"}
        token = (await client.post("/api/v1/tokens", json=body)).json()["token"]
    desk = {**TAR, "Authorization": f"Bearer {token}"}
    async with house.in_process(headers=desk) as client:
        assert (await client.post("/api/v1/import", content=large)).status_code == 413
        answer = await client.post("/api/v1/import", content=ARCHIVE)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    async with house.in_process(headers=TAR) as client:
        assert (await client.post("/api/v1/import", content=large)).status_code == 413
        assert (await client.post("/api/v1/import", content=ARCHIVE)).status_code == 401

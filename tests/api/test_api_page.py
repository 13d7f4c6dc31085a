"""Every example of docs/api.md does what the page says."""

import asyncio
import os
import re
import shutil
from pathlib import Path

import pytest

from tests.api.rig import ADMIN, LIMIT_S, ROOM, running

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="no curl, or jq"),
]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
EXAMPLE = re.compile(r"```sh\n(.*?)```\n(?:```text\n(.*?)```)?", re.S)
EXAMPLES = [(script, shown.splitlines()) for script, shown in EXAMPLE.findall(PAGE.read_text())]


@pytest.fixture
async def filed(tmp_path):
    """A room that runs, and was read from a file."""
    file = tmp_path / "etc" / "room.toml"
    file.parent.mkdir()
    file.write_text(ROOM)
    async with running(tmp_path, config_file=file) as house:
        yield house


async def test_every_example_does_what_the_page_says(filed, tmp_path):
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "token").write_text(f"{ADMIN}\n")
    assert len(EXAMPLES) > 10
    (preamble, _), *examples = EXAMPLES
    for script, shown in examples:
        process = await asyncio.create_subprocess_exec(
            *("bash", "-euo", "pipefail", "-c", preamble + script),
            cwd=desk,
            env={**os.environ, "ROOM": filed.base, "no_proxy": "*"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(2 * LIMIT_S):
            said = (await process.communicate())[0].decode()
        assert process.returncode == 0, (script, said)
        for line in shown:
            assert line in said, (script, said)
    assert (desk / "diagnostics.zip").read_bytes().startswith(b"PK")
    assert filed.screen.muted


async def test_the_page_names_every_condition(house):
    told = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.M)
    async with house.in_process(headers={"Authorization": f"Bearer {ADMIN}"}) as client:
        schemas = (await client.get("/openapi.json")).json()["components"]["schemas"]
    assert told == schemas["ConditionEntry"]["properties"]["type"]["enum"]

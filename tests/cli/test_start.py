"""What a room that was started holds, and what it has not loaded."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.rig import LIMIT_S, ROOMCTL, SIMULATE, environment, simulating

pytestmark = pytest.mark.real

AT_REST_KB = 70 * 1024
NEVER_BEFORE_NEED = {
    "aiomqtt",
    "argon2",
    "authlib",
    "caldav",
    "cryptography",
    "cv2",
    "dateutil",
    "holidays",
    "httpcore",
    "httpx",
    "icalendar",
    "jinja2",
    "numpy",
    "paho",
    "prometheus_client",
    "pulsectl",
    "pydantic.v1.main",
    "pyudev",
    "recurring_ical_events",
    "rich",
    "roomctl.api.mqtt",
    "roomctl.api.sign_in",
    "roomctl.cli.chinese",
    "roomctl.display.pjlink",
    "roomctl.display.sim",
    "roomctl.kiosk",
    "roomctl.migrate",
    "segno",
    "serial",
    "tarfile",
    "usb",
}


def test_a_room_holds_no_more_than_70_mb(tmp_path: Path) -> None:
    with simulating(tmp_path, "--screen", "simulated") as room:
        facts = Path(f"/proc/{room.process.pid}/status").read_text(encoding="ascii").splitlines()
    (resident,) = [line.split()[1] for line in facts if line.startswith("VmRSS")]
    assert int(resident) <= AT_REST_KB


def test_a_room_loads_only_what_it_needs(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*ROOMCTL, *SIMULATE, "--screen", "simulated"],
        env=environment(tmp_path) | {"PYTHONPROFILEIMPORTTIME": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # all are ready
        process.terminate()
        said = process.communicate(timeout=LIMIT_S)[1]
    loaded = {line.rpartition("|")[2].strip() for line in said.splitlines() if "|" in line}
    assert {"roomctl.room.room", "roomctl.api.app", "fastapi"} <= loaded
    early = {name for name in NEVER_BEFORE_NEED if name in loaded}
    assert not early


def test_a_database_is_loaded_with_the_first_row_that_is_kept() -> None:
    code = "import sys, roomctl.app, roomctl.api.app; sys.exit('sqlite3' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=LIMIT_S)


def test_the_description_is_whole_though_its_models_are_built_late(tmp_path: Path) -> None:
    early = "from roomctl.api.lean import load_fastapi; load_fastapi();"
    ask = (
        "import json, pathlib, sys; from tests.api.rig import House;"
        "app = House(pathlib.Path(sys.argv[1])).app;"
        "print(json.dumps(app.openapi(), sort_keys=True))"
    )
    plain, lean = (
        subprocess.check_output([sys.executable, "-c", before + ask, tmp_path])
        for before in ("", early)
    )
    assert json.loads(plain)["paths"]
    assert lean == plain

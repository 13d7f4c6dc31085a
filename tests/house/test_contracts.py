"""Every import contract in pyproject.toml catches a breach, and the code as it stands has none."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

TREE = Path(__file__).resolve().parents[2]
WRITTEN = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]
CONTRACTS = {contract["id"]: contract["name"] for contract in WRITTEN}

# contract, the module that commits it, the import that must not pass
BREACHES = [
    ("floors", "errors", "import roomctl.config"),
    ("floors", "camera/planted", "import roomctl.speakerphone"),
    ("floors", "occupancy/planted", "import roomctl.room"),
    ("floors", "camera/planted", "import roomctl.room"),
    ("floors", "device", "import roomctl.ports"),
    ("floors", "api/planted", "import roomctl.simulator"),
    ("floors", "ports/planted", "import roomctl.camera"),
    ("simulated-devices", "camera/camera", "import roomctl.camera.sim"),
    ("simulated-devices", "api/planted", "import roomctl.occupancy.sim"),
    ("simulated-devices", "cli", "import roomctl.booking.sim"),
    ("simulated-devices", "camera/camera", "import roomctl.visca.sim.motion"),
    ("simulated-devices", "visca/planted", "import roomctl.visca.sim.camera"),
    ("simulated-devices", "simulator/planted", "import roomctl.visca.sim.camera"),
    ("floors", "screen/driver", "import roomctl.kiosk.agent"),
    ("floors", "kiosk/planted", "import roomctl.api"),
    ("kiosk", "cli/server", "import roomctl.kiosk.privilege"),
    ("kiosk", "cli/simulation", "import roomctl.kiosk"),
    ("kiosk", "room/planted", "import roomctl.kiosk.audio.pulse"),
    ("pure", "rules", "import time"),
    ("pure", "visca/message", "import socket"),
    ("floors", "visca/planted", "import roomctl.camera"),
    ("floors", "visca/planted", "import roomctl.device"),
    ("floors", "motion", "import roomctl.visca"),
    ("pure", "motion", "import time"),
    ("pure", "visca/bus", "import asyncio"),
    ("pure", "visca/connection", "import time"),
    ("pure", "visca/sim/wires", "import threading"),
    ("mute", "room/mute", "from time import monotonic"),
    ("mute", "room/mute", "import roomctl.clock"),
    ("pure", "speakerphone/telephony", "import asyncio"),
    ("pure", "occupancy/presence", "import time"),
    ("pure", "occupancy/evaluation/evaluate", "import time"),
    ("pure", "screen/protocol", "import socket"),
    ("pure", "meeting/call", "import asyncio"),
    ("pure", "meeting/link", "import socket"),
    ("pure", "booking/agenda", "import time"),
    ("door-ports", "camera/camera", "import serial"),
    ("door-video", "ports/video", "import av"),
    ("door-ports", "speakerphone/driver", "import usb.core"),
    ("door-ports", "occupancy/driver", "import gpiozero"),
    ("door-kiosk", "screen/driver", "import pulsectl"),
    ("door-kiosk", "kiosk/browser/tab", "import playwright"),
    ("door-api", "room/planted", "from fastapi import FastAPI"),
    ("door-auth", "api/planted", "import argon2"),
    ("door-certificate", "api/certificate", "import cryptography"),
    ("door-metrics", "api/planted", "import prometheus_client"),
    ("door-store", "room/planted", "import sqlite3"),
    ("door-cli", "room/planted", "import typer"),
    ("door-data", "camera/camera", "import pydantic"),
    ("door-calendar", "booking/agenda", "import icalendar"),
    ("door-http", "meeting/link", "import httpx"),
]

ALLOWED = [
    ("simulator", "roomctl.camera.sim"),
    ("visca/sim/planted", "roomctl.visca.sim.motion"),
    ("ports/planted", "serial"),
    ("ports/planted", "asyncio"),
    ("ports/planted", "threading"),
    ("camera/camera", "asyncio"),
    ("camera/profile", "pydantic"),
    ("camera/planted", "roomctl.device"),
    ("camera/planted", "roomctl.wire"),
    ("booking/occurrence", "icalendar"),
    ("booking/fetch", "httpcore"),
    ("api/planted", "fastapi"),
    ("cli/planted", "typer"),
    ("cli/planted", "httpx"),
    ("cli/planted", "roomctl.simulator"),
    ("cli/display", "roomctl.kiosk"),
    ("kiosk/planted", "roomctl.screen.protocol"),
]


def copied(folder: Path) -> Path:
    """Copy the package and its contracts into `folder`."""
    bytecode = shutil.ignore_patterns("__pycache__")
    shutil.copytree(TREE / "roomctl", folder / "roomctl", ignore=bytecode)
    shutil.copy(TREE / "pyproject.toml", folder)
    return folder


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a folder with a copy of the package and of its contracts."""
    return copied(tmp_path)


@pytest.fixture(scope="module")
def breached(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Commit all breaches in one copy; return what the linter says of each contract."""
    folder = copied(tmp_path_factory.mktemp("breached"))
    for _, module, statement in BREACHES:
        imported = statement.split()[1]
        if imported.startswith("roomctl."):  # the linter sees only imports of what exists
            plant(folder / "roomctl", imported.removeprefix("roomctl.").replace(".", "/"), "")
        plant(folder / "roomctl", module, statement)
    code, said = lint(folder)
    assert code == 1, said
    _, _, broken = said.partition("Broken contracts")
    parts = re.split("^(.+)\n-+$", broken, flags=re.MULTILINE)  # a heading, what is below it, …
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.fixture(scope="module")
def allowed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Do all that is allowed in one copy; return what the linter says."""
    folder = copied(tmp_path_factory.mktemp("allowed"))
    for module, imported in ALLOWED:
        if imported in {"roomctl.camera.sim", "roomctl.simulator"}:
            plant(folder / "roomctl", imported.removeprefix("roomctl.").replace(".", "/"), "")
        plant(folder / "roomctl", module, f"import {imported}")
    _, said = lint(folder)
    assert "Contracts:" in said  # it came to an end
    return said


def lint(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run the import linter on the package in `folder`; return its exit code and what it said."""
    linter = Path(sys.executable).with_name("lint-imports")
    command = [linter, "--no-cache", "--no-logo", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def link(module: str, imported: str) -> str:
    """Return how the linter names an import; of a library it knows only the first name."""
    library = imported if imported.startswith("roomctl.") else imported.partition(".")[0]
    return f"roomctl.{module.replace('/', '.')} -> {library} "


def plant(package: Path, module: str, statement: str) -> None:
    """Add `statement` to a module of `package`, making the module and its folder if need be."""
    file = package / f"{module}.py"
    file.parent.mkdir(exist_ok=True)
    (file.parent / "__init__.py").touch()
    with file.open("a", encoding="utf-8") as code:
        code.write(f"\n{statement}\n")


def test_the_code_as_it_stands_keeps_every_contract(copy: Path) -> None:
    code, said = lint(copy)

    assert code == 0, said
    assert [name for name in CONTRACTS.values() if f"{name} KEPT" not in said] == []


@pytest.mark.parametrize(("contract", "module", "statement"), BREACHES)
def test_a_breach_is_caught_by_its_contract(
    breached: Mapping[str, str], contract: str, module: str, statement: str
) -> None:
    assert link(module, statement.split()[1]) in breached[CONTRACTS[contract]]


def test_the_design_names_every_layer_in_its_order() -> None:
    design = (TREE / "docs" / "design.md").read_text(encoding="utf-8")
    paragraph = design.partition("## Layers\n")[2].partition(".\nSiblings")[0]
    named = [set(re.findall(r"\w+", layer)) for layer in paragraph.split(">")]
    (layers,) = (one["layers"] for one in WRITTEN if one["id"] == "floors")
    kept = [set(re.findall(r"\w+", layer)) for layer in layers]
    assert named == kept[1:], "the first is python -m roomctl"


def test_every_contract_is_breached_once() -> None:
    assert {contract for contract, _, _ in BREACHES} == set(CONTRACTS)


def test_a_module_without_a_floor_is_caught(copy: Path) -> None:
    plant(copy / "roomctl", "planted", "")

    code, said = lint(copy, "--contract", "floors")

    assert code == 1, said
    assert "planted" in said


@pytest.mark.parametrize(("module", "imported"), ALLOWED)
def test_what_is_allowed_stays_allowed(allowed: str, module: str, imported: str) -> None:
    assert link(module, imported) not in allowed

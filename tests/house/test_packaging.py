"""What is installed is whole: data files, typing marker, licence; no hardware library is needed."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

TREE = Path(__file__).resolve().parents[2]

DATA = """
import roomctl
from roomctl.installed import data_path
print(roomctl.__file__)
print(data_path("web") / "index.html")
print(data_path("firmware_profiles") / "camera")
"""

IMPORT_ALL = """
import importlib, pkgutil, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

BLOCKED = set(sys.argv[1:])
sys.meta_path.insert(0, Missing())
import roomctl
for module in pkgutil.walk_packages(roomctl.__path__, "roomctl."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
        print(module.name)
"""


def python(code: str, *arguments: str, path: Path | None = None) -> str:
    """Run `code` in a fresh interpreter away from the tree; return what it printed."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONWARNINGS": "error"}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(
        command, cwd="/", env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the backend that pyproject.toml names, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "-d", folder]
    done = subprocess.run(command, cwd=TREE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an empty folder."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    command = [*pip, "--target", folder, wheel]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("folder", ["firmware_profiles", "web"])
def test_the_wheel_holds_every_data_file(wheel: Path, folder: str) -> None:
    files = [file for file in (TREE / folder).rglob("*") if file.is_file()]
    wanted = {f"roomctl/_data/{file.relative_to(TREE).as_posix()}" for file in files}

    assert wanted
    assert wanted - names(wheel) == set()


def test_the_wheel_holds_the_platforms_the_typing_marker_and_the_licence(wheel: Path) -> None:
    found = names(wheel)

    platforms = {
        f"roomctl/meeting/platforms/{file.name}"
        for file in (TREE / "roomctl/meeting/platforms").glob("*.toml")
    }
    assert platforms
    assert platforms - found == set()
    assert "roomctl/py.typed" in found
    assert any(name.endswith("licenses/LICENSE") for name in found)


def test_the_wheel_holds_nothing_but_the_package(wheel: Path) -> None:
    roots = {name.partition("/")[0] for name in names(wheel)}

    assert {root for root in roots if not root.endswith(".dist-info")} == {"roomctl"}
    assert not [name for name in names(wheel) if "__pycache__" in name or "node_modules" in name]


def test_a_plain_installation_asks_for_no_hardware_library(wheel: Path) -> None:
    (metadata,) = (name for name in names(wheel) if name.endswith(".dist-info/METADATA"))
    with zipfile.ZipFile(wheel) as archive:
        headers = Parser().parsestr(archive.read(metadata).decode())

    base = [line for line in headers.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert base
    assert not [line for line in base if line.startswith(("gpiozero", "lgpio", "gpiod"))]


def test_an_installed_wheel_finds_its_own_data(installed: Path) -> None:
    package, index, profiles = map(Path, python(DATA, path=installed).split("\n")[:3])

    assert package.is_relative_to(installed)
    assert index.is_relative_to(installed)
    assert index.is_file()
    assert profiles.is_relative_to(installed)
    assert list(profiles.glob("*.toml"))


def test_an_editable_installation_reads_the_tree() -> None:
    package, index, profiles = map(Path, python(DATA).split("\n")[:3])

    assert package == TREE / "roomctl/__init__.py"
    assert index == TREE / "web/index.html"
    assert index.is_file()
    assert profiles == TREE / "firmware_profiles/camera"
    assert list(profiles.glob("*.toml"))


def test_every_module_imports_without_gpio_and_sound_libraries() -> None:
    imported = python(IMPORT_ALL, "gpiozero", "lgpio", "gpiod", "pyudev", "pulsectl").split()

    assert {"roomctl.cli", "roomctl.api.app", "roomctl.room"} <= set(imported)

"""What is installed is whole, and says which build it is; no hardware library is needed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
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


# Which build it is.

SHIPPED = ("roomctl", "firmware_profiles", "web", ".ci")
TOP = ("pyproject.toml", "README.md", "LICENSE", ".gitignore")
FACTS = "roomctl/_data/build.json"
UNKNOWN = {"commit": None, "date": None, "modified": None}
ASK = """
import sys
from roomctl.cli import main
sys.argv = ["roomctl", *sys.argv[1:]]
main()
"""


def without_git(tree: Path) -> Path:
    """Copy what the program is built from."""
    for name in SHIPPED:
        ignored = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(TREE / name, tree / name, ignore=ignored)
    for name in TOP:
        shutil.copy(TREE / name, tree)
    return tree


def git(tree: Path, *words: str, date: str = "") -> str:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    env = {**os.environ, "GIT_COMMITTER_DATE": date, "TZ": "UTC"}
    done = subprocess.run(
        ["git", *who, *words], cwd=tree, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def logged(tree: Path) -> dict[str, object]:
    """Return what `git log` says of the newest commit."""
    show = ["-1", "--format=%H %cd", "--date=format-local:%Y-%m-%dT%H:%M:%SZ"]
    commit, date = git(tree, "log", *show).split()
    return {"commit": commit, "date": date, "modified": False}


def built(tree: Path, target: str, folder: Path, **more: str) -> Path:
    """Build a wheel or an sdist of a tree; nothing around it says which commit it is."""
    unsaid = {"ROOMCTL_COMMIT", "SOURCE_DATE_EPOCH"}
    env = {name: value for name, value in os.environ.items() if name not in unsaid} | more
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "-d", folder]
    done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = folder.iterdir()
    return file


def facts(wheel: Path) -> Mapping[str, object]:
    """Return what a wheel says of itself, but for its version."""
    with zipfile.ZipFile(wheel) as archive:
        assert archive.namelist().count(FACTS) == 1
        told = json.loads(archive.read(FACTS))
    assert told.pop("version") == wheel.name.split("-")[1]
    return dict(told)


def unpacked(sdist: Path, folder: Path) -> Path:
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (tree,) = folder.iterdir()
    return tree


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of two commits; the older one is called `first`."""
    tree = without_git(tmp_path_factory.mktemp("checkout"))
    git(tree, "init", "--quiet")
    git(tree, "add", ".")
    git(tree, "commit", "--quiet", "-m", "one", date="2026-01-31T23:59:59+0800")
    git(tree, "tag", "first")
    (tree / "web" / "another.js").write_text("// of the second commit\n")
    git(tree, "add", ".")
    git(tree, "commit", "--quiet", "-m", "two", date="2026-02-01T00:00:01+0800")
    return tree


def by_pip(tree: Path, folder: Path) -> Path:
    """Build a wheel as an installation from a tree does."""
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    command = [*pip, "--wheel-dir", folder, tree]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def newest(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the newer commit."""
    return built(checkout, "wheel", tmp_path_factory.mktemp("newest"))


def test_an_installed_wheel_says_of_which_commit_it_is_as_git_log_does(
    checkout: Path, newest: Path, tmp_path: Path
) -> None:
    older = tmp_path / "older"
    git(checkout, "worktree", "add", "--quiet", str(older), "first")
    said = []
    for tree, wheel in ((checkout, newest), (older, by_pip(older, tmp_path / "pip"))):
        place = tmp_path / "of" / tree.name  # of both the version is the same
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(place)
        told = json.loads(python(ASK, "version", "--json", path=place))
        assert {"version": told["version"], **logged(tree)} == told
        line = python(ASK, "--version", path=place)
        assert line == f"roomctl {told['version']} ({told['commit'][:12]}, {told['date'][:10]})\n"
        said.append(line)
    assert said[0] != said[1]


def test_one_commit_makes_one_wheel_to_the_byte_wherever_it_is_built(
    checkout: Path, newest: Path, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "--quiet", str(checkout), "elsewhere")
    second = built(tmp_path / "elsewhere", "wheel", tmp_path / "other")
    assert newest.read_bytes() == second.read_bytes()
    (tmp_path / "elsewhere" / "web" / "new.js").write_text("// not committed\n")
    third = built(tmp_path / "elsewhere", "wheel", tmp_path / "third")
    assert facts(third) == {**logged(checkout), "modified": True}


def test_a_wheel_from_an_sdist_says_what_the_sdist_was_made_from(
    checkout: Path, tmp_path: Path
) -> None:
    sdist = built(checkout, "sdist", tmp_path / "sdist")
    tree = unpacked(sdist, tmp_path / "unpacked")
    assert not (tree / ".git").exists()
    assert facts(built(tree, "wheel", tmp_path / "wheel")) == logged(checkout)
    given = built(tree, "wheel", tmp_path / "given", ROOMCTL_COMMIT="b" * 40)
    assert facts(given) == {**UNKNOWN, "commit": "b" * 40}


def test_a_tree_without_git_knows_what_the_environment_says_and_nothing_else(
    tmp_path: Path,
) -> None:
    tree = without_git(tmp_path / "tree")
    wheel = built(tree, "wheel", tmp_path / "wheel")
    assert facts(wheel) == UNKNOWN
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    for place in (tmp_path / "installed", tree):
        assert json.loads(python(ASK, "version", "--json", path=place)).items() >= UNKNOWN.items()
        assert python(ASK, "--version", path=place).endswith(" (commit unknown)\n")
    more = {"ROOMCTL_COMMIT": "0123456789ABCDEF", "SOURCE_DATE_EPOCH": "1769875199"}
    said = facts(built(tree, "wheel", tmp_path / "given", **more))
    assert said == {**UNKNOWN, "commit": "0123456789abcdef", "date": "2026-01-31T15:59:59Z"}


@pytest.mark.parametrize(
    ("name", "value"), [("ROOMCTL_COMMIT", "main; rm"), ("SOURCE_DATE_EPOCH", "yesterday")]
)
def test_what_the_environment_says_must_be_a_commit_and_a_date(
    tmp_path: Path, name: str, value: str
) -> None:
    tree = without_git(tmp_path / "tree")
    with pytest.raises(AssertionError, match=f"{name}=.*: expected"):
        built(tree, "wheel", tmp_path / "wheel", **{name: value})

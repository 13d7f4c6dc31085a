"""What holds for the whole suite: it bounds work, not seconds, and a quick test uses nothing real.

A test is quick, and in `make check`, unless it is marked `real` or `browser`, or its folder is.
A quick test that starts a process, opens a socket or a terminal, or sleeps, fails and says so:
invent what it needs, or mark it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import tests.examples  # noqa: F401 - has the profiles

settings.load_profile("suite")  # `make fuzz` names another

_REAL_NAMES = ("attack", "calls", "hwlab/scenarios", "web")
_REAL_FOLDERS = tuple(Path(__file__).parent / name for name in _REAL_NAMES)
_REAL = {  # what Python's audit events are called here
    "os.fork": "started a process",
    "os.posix_spawn": "started a process",
    "subprocess.Popen": "started a process",
    "socket.bind": "opened a socket",
    "socket.connect": "opened a socket",
    "time.sleep": "slept",
}
_touched: set[str] = set()


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event in _REAL:
        _touched.add(_REAL[event])
    elif event == "open" and str(arguments[0]).startswith(("/dev/pts/", "/dev/ptmx")):
        _touched.add("opened a terminal")


def pytest_configure() -> None:
    sys.addaudithook(_note)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is real, and have it begin first: at the end no file may run alone for minutes."""
    for item in items:
        if _in_real_folder(item) or item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.real)
    real = {item.path for item in items if item.get_closest_marker("real")}
    items.sort(key=lambda item: (not _in_real_folder(item), item.path not in real))


def _in_real_folder(item: pytest.Item) -> bool:
    return any(item.path.is_relative_to(folder) for folder in _REAL_FOLDERS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    _touched.clear()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    yield
    if _touched and item.get_closest_marker("real") is None:
        pytest.fail(f"a quick test {' and '.join(sorted(_touched))}: invent it, or mark it `real`")

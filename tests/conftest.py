"""What holds for the whole suite: it bounds work, not seconds, and a quick test uses nothing real.

A test is quick, and in `make check`, unless it is marked `real` or `browser`, or its folder is.
A quick test that starts a process, opens a socket or a terminal, or sleeps, fails and says so:
invent what it needs, or mark it.
"""

from __future__ import annotations

import functools
import gc
import math
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import tests.examples  # noqa: F401 - has the profiles
from roomctl.version import build_info

settings.load_profile("suite")  # `make fuzz` names another

_REAL_NAMES = ("attack", "calls", "hwlab/box", "hwlab/scenarios", "web")
_LAB_NAMES = ("attack", "calls", "kiosk")  # what is real in them runs in `make hwlab`
_LONG = Path(__file__).parent / "calls"
_TOGETHER = Path(__file__).parent / "web"  # its files share a browser, which ends with the last
_REAL_FOLDERS = tuple(Path(__file__).parent / name for name in _REAL_NAMES)
_LAB_FOLDERS = tuple(Path(__file__).parent / name for name in _LAB_NAMES)
_REAL = {  # what Python's audit events are called here
    "os.fork": "started a process",
    "os.posix_spawn": "started a process",
    "subprocess.Popen": "started a process",
    "socket.bind": "opened a socket",
    "socket.connect": "opened a socket",
    "time.sleep": "slept",  # heard since Python 3.13
}
_ALL_REAL = re.compile(
    r"^pytestmark = (\[[^]]*?|[^\[\n]*?)pytest\.mark\.(real|browser)\b", re.MULTILINE
)
_GARBAGE = 10_000  # objects made before Python looks for cycles: its 700 are for small programs
_TOOK = "roomctl/took"  # in pytest's cache
_MORE = "more"  # the mark of what runs only when it is named
_SLOWEST = 10  # files that the summary names
_touched: set[str] = set()
_cpu: Counter[str] = Counter()
"""CPU seconds of each file here, and in the end of all workers; with the processes it started."""
_took: Counter[str] = Counter()
"""Seconds of each file, waits and all."""


def _note(
    event: str,
    arguments: tuple[object, ...],
    real: Mapping[str, str] = _REAL,  # bound: the hook outlives this module's names
) -> None:
    if event == "time.sleep" and not arguments[0]:
        return  # it only lets others go on
    if event in real:
        _touched.add(real[event])
    elif event == "open" and str(arguments[0]).startswith(("/dev/pts/", "/dev/ptmx")):
        _touched.add("opened a terminal")


def pytest_configure() -> None:
    sys.addaudithook(_note)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no cycles while tests are collected: nothing of them is garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Have each worker begin elsewhere in a folder: what one has compiled, the others only load.

    They sort all tests in the end, and agree.
    """
    report = yield
    worker = getattr(collector.config, "workerinput", None)
    if worker is not None and isinstance(collector, pytest.Directory) and report.result:
        number = int(worker["workerid"].removeprefix("gw"))
        cut = len(report.result) * number // worker["workercount"]
        report.result = [*report.result[cut:], *report.result[:cut]]
    return report


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Have `make check` import nothing that it does not run."""
    if config.option.markexpr != "not real":
        return None
    return True if _in_real_folder(collection_path) or _is_all_real(collection_path) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what `make soak` plays, mark what is real, and have long files begin first.

    At the end none may run alone for long. How long they took is remembered. In a fresh clone whole
    calls begin, which are few and long; then the file with the most tests. Files that share a
    browser follow each other.
    """
    if _MORE not in config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker(_MORE)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker(_MORE)]
    for item in items:
        if _in_real_folder(item.path) or item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.real)
        if item.get_closest_marker("real") and _is_in(item.path, _LAB_FOLDERS):
            item.add_marker(pytest.mark.lab)
    real = {item.path for item in items if item.get_closest_marker("real")}
    took, tests = _remembered(config), Counter(item.path for item in items)

    @functools.cache
    def order(path: Path) -> tuple[bool, bool, bool, float, int, str]:
        file = path.relative_to(config.rootpath).as_posix()
        together = path.is_relative_to(_TOGETHER)
        kinds = not _in_real_folder(path), path not in real, together
        guess_s = math.inf if path.is_relative_to(_LONG) else 0.0
        return (*kinds, -took.get(file, guess_s), -tests[path], file)  # all workers agree

    items.sort(key=lambda item: order(item.path))


def _remembered(config: pytest.Config) -> dict[str, float]:
    """Return how many seconds files took when they were last run here; a worker is told."""
    if hasattr(config, "workerinput"):
        return dict(config.workerinput["took"])
    cache = getattr(config, "cache", None)
    return {} if cache is None else dict(cache.get(_TOOK, {}))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["took"] = _remembered(node.config)  # all go by the same order


def _in_real_folder(file: Path) -> bool:
    return _is_in(file, _REAL_FOLDERS)


@functools.cache
def _is_in(file: Path, folders: tuple[Path, ...]) -> bool:
    return any(file.is_relative_to(folder) for folder in folders)


def _is_all_real(file: Path) -> bool:
    return file.suffix == ".py" and _ALL_REAL.search(file.read_text(encoding="utf-8")) is not None


def pytest_collection_finish() -> None:
    """Have the collector of cycles pass over what stays: a quarter of the suite's time was that."""
    build_info()  # asks git, once in a process: no quick test shall
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    file, began_s, before_s = item.nodeid.partition("::")[0], time.monotonic(), _cpu_s()
    yield
    _cpu[file] += _cpu_s() - before_s
    _took[file] += time.monotonic() - began_s


def _cpu_s() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["costs"] = (dict(_cpu), dict(_took))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    cpu, took = getattr(node, "workeroutput", {}).get("costs", ({}, {}))
    _cpu.update(cpu)
    _took.update(took)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the files that cost most: who adds seconds sees them; remember them for their order."""
    cache = getattr(terminalreporter.config, "cache", None)
    if cache is not None and _took:
        cache.set(_TOOK, _remembered(terminalreporter.config) | dict(_took))
    if len(_cpu) <= _SLOWEST:
        return
    title = f"{_cpu.total():.0f} s of CPU in {_took.total():.0f} s of tests; the most costly files"
    terminalreporter.section(title)
    for file, cpu_s in _cpu.most_common(_SLOWEST):
        terminalreporter.write_line(f"{cpu_s:7.1f} s in {_took[file]:7.1f} s  {file}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    _touched.clear()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    yield
    if _touched and item.get_closest_marker("real") is None:
        pytest.fail(f"a quick test {' and '.join(sorted(_touched))}: invent it, or mark it `real`")

"""Plug-ins of this process: what one test installs, the next one does not find."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from roomctl import plugins
from roomctl.cli import do
from tests.plugins.site import BLINDS, blinds_points, brought

Bring = Callable[..., None]

collect_ignore = ["roomctl_blinds"]  # a distribution of its own: `test_page` runs its tests


def _forget() -> None:
    for cached in (plugins.installed, plugins.load, do.commands):
        cached.cache_clear()


@pytest.fixture
def bring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bring]:
    """Yield what installs a distribution: its name, its entry points, its module."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    _forget()

    def bringing(name: str, points: dict[str, str], module: str | None = None) -> None:
        brought(site, name, points, module)
        _forget()

    yield bringing
    _forget()
    for name, module in [*sys.modules.items()]:
        if (getattr(module, "__file__", None) or "").startswith(str(site)):
            del sys.modules[name]


@pytest.fixture
def blinds(bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the blinds installed, from their folder."""
    monkeypatch.syspath_prepend(str(BLINDS))
    bring("roomctl-blinds", blinds_points())

"""Commands in this process speak English, wherever the tests are run; typer makes them once."""

import functools

import pytest
import typer.testing

typer.testing._get_command = functools.cache(typer.testing._get_command)  # else for each call


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

"""The Debian package, as far as it is seen without making it; tests/hwlab/box installs it."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TREE = Path(__file__).resolve().parents[2]
DEB: dict[str, Any] = runpy.run_path(str(TREE / ".ci" / "deb.py"))
PAGES: dict[str, Any] = runpy.run_path(str(TREE / ".ci" / "debian" / "pages.py"))
ARCHITECTURES = sorted(DEB["MACHINES"])


def pinned(arch: str) -> dict[str, str]:
    text = (TREE / ".ci" / "debian" / f"wheels-{arch}.txt").read_text(encoding="ascii")
    lines = re.findall(r"^([^=\s]+)==(\S+) --hash=sha256:[0-9a-f]{64}$", text, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in lines}


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_dependency_has_a_wheel_that_fits_or_is_debians(arch: str) -> None:
    project = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"]]
    for extra in DEB["EXTRAS"]:
        lines += project["optional-dependencies"][extra]
    wanted = [Requirement(line) for line in lines]
    around = DEB["target"](arch)
    there, debians = pinned(arch), DEB["FROM_DEBIAN"].get(arch, {})
    assert there
    for one in wanted:
        if one.marker is not None and not one.marker.evaluate(around):
            continue
        name = canonicalize_name(one.name)
        assert name in there or name in debians, one
        if name in there:
            assert one.specifier.contains(there[name]), one


def test_a_unit_of_the_package_starts_the_packages_program() -> None:
    units = sorted((TREE / "deploy" / "systemd").glob("*.service"))
    texts = [DEB["packaged"](unit) for unit in units]
    assert any(DEB["PACKAGED"] in text for text in texts)
    assert [text for text in texts if "/opt/" in text] == []


def test_all_that_deploy_has_goes_into_the_package_or_is_not_for_the_box_itself() -> None:
    others = {"grafana/roomctl.json", "prometheus/roomctl.yml"}  # for who watches many rooms
    session = {"labwc/autostart"}  # for one that a person logs in to
    taken = {file for pattern in DEB["PLACES"] for file in (TREE / "deploy").glob(pattern)}
    image = {file for file in (TREE / "deploy/image").rglob("*") if file.is_file()}
    left = {file for file in (TREE / "deploy").rglob("*") if file.is_file()} - taken - image
    assert {str(file.relative_to(TREE / "deploy")) for file in left} == others | session


def test_the_manual_has_every_command_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")  # it sets the language itself, and this puts it back
    made = PAGES["printed"]("0.0.0", "2026-01-01")
    english, chinese = made["man/man1/roomctl.1.gz"], made["man/zh_CN/man1/roomctl.1.gz"]
    for command in ("serve", "doctor", "init", "secret set"):
        assert f".SS roomctl {command} " in english
        assert f".SS roomctl {command} " in chinese
    assert "设置会议室" in chinese
    assert "_ROOMCTL_COMPLETE=complete_bash" in made["bash-completion/completions/roomctl"]


@pytest.mark.parametrize("name", ["preinst", "postinst", "prerm", "postrm"])
def test_a_script_of_the_package_stops_at_the_first_failure(name: str) -> None:
    lines = (TREE / ".ci" / "debian" / name).read_text(encoding="ascii").splitlines()
    assert lines[0] == "#!/bin/sh"
    assert "set -e" in lines[1:3]

"""`make sbom`: valid CycloneDX of everything that roomctl needs, and of nothing else."""

import json
import runpy
import tomllib

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.pages import TREE

PROJECT = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def made():
    return runpy.run_path(str(TREE / ".ci" / "sbom.py"))["sbom"]()


def names(lines):
    return {canonicalize_name(Requirement(line).name) for line in lines}


def test_it_is_cyclonedx_as_its_schema_has_it(made):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(made[0]) is None


def test_it_has_everything_that_the_package_and_its_extras_ask_for(made):
    text, missing = made
    told = {one["name"] for one in json.loads(text)["components"]}
    asked = names(PROJECT["dependencies"])
    for extra, lines in PROJECT["optional-dependencies"].items():
        asked |= names(line for line in lines if extra != "test" and ";" not in line)
    assert asked - told - missing == set()
    assert names(PROJECT["dependencies"]) & missing == set()
    assert "starlette" in told, "what fastapi needs is needed, too"


def test_it_has_nothing_that_only_the_tests_use(made):
    told = {one["name"] for one in json.loads(made[0])["components"]}
    assert told.isdisjoint({"pytest", "hypothesis", "playwright", "ruff", "xandikos", "roomctl"})


def test_every_package_has_a_version_and_a_licence(made):
    parts = json.loads(made[0])["components"]
    assert [one["name"] for one in parts if not one.get("version") or not one.get("licenses")] == []


def test_the_same_environment_gives_the_same_bytes(made):
    assert runpy.run_path(str(TREE / ".ci" / "sbom.py"))["sbom"]()[0] == made[0]

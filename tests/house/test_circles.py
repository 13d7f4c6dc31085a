"""No module imports itself through others, wherever the import stands: in Python and in web/.

An import inside a function or for types alone counts, too: it hides a circle and mends none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

TREE = Path(__file__).resolve().parents[2]
WEB = TREE / "web"
IMPORTED = re.compile(
    r"""^\s*(?:import|export)\b[^"';]*["'](?P<static>[^"']+)["']"""
    r"""|\bimport\(\s*["'](?P<later>[^"']+)["']\s*\)"""
    r"""|@import\b[^"']*["'](?P<types>[^"']+)["']""",
    re.MULTILINE,
)


def circle(imports: Mapping[str, Iterable[str]]) -> list[str]:
    """Return one circle, each module before the one that it imports; empty if there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found[::-1]
    return []


def python_imports(package: str) -> dict[str, set[str]]:
    """Return what each module imports; an import from outside of a package loads that, too."""
    graph = grimp.build_graph(package, cache_dir=None)
    direct = {each: graph.find_modules_directly_imported_by(each) for each in graph.modules}
    return {
        each: found | {one for name in found for one in packages(name) if is_outside(each, one)}
        for each, found in direct.items()
    }


def packages(module: str) -> Iterable[str]:
    parts = module.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts)))


def is_outside(module: str, package: str) -> bool:
    return module != package and not module.startswith(f"{package}.")


def script_imports(files: Collection[Path]) -> dict[str, set[str]]:
    return {str(file): set(imported(file)) for file in files}


def imported(file: Path) -> Iterable[str]:
    for match in IMPORTED.finditer(file.read_text(encoding="utf-8")):
        where = next(filter(None, match.groups()))
        yield str((file.parent / where).resolve())


@pytest.mark.parametrize("package", ["roomctl", "benchmarks", "tests"])
def test_no_python_module_imports_itself_through_others(package: str) -> None:
    imports = python_imports(package)

    assert len(imports) > 10
    assert circle(imports) == [], "move what both need to a module below both"


def test_no_script_imports_itself_through_others() -> None:
    imports = script_imports(sorted(WEB.rglob("*.js")))

    assert str(WEB / "lib" / "dom.js") in imports[str(WEB / "panel.js")]
    assert circle(imports) == [], "move what both need to a module below both"


@pytest.mark.parametrize(
    "line",
    [
        "from planted import two",
        "from planted.two import TWO",
        "import planted.two",
        "def late():\n    from planted import two",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from planted.two import TWO",
    ],
)
def test_a_circle_in_python_is_seen(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "planted").mkdir()
    for name, text in {"__init__": "", "one": line, "two": "import planted.one"}.items():
        (tmp_path / "planted" / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    assert sorted(set(circle(python_imports("planted")))) == ["planted.one", "planted.two"]


def test_a_circle_through_a_package_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("planted", "planted/inner"):
        (tmp_path / folder).mkdir()
    (tmp_path / "planted/__init__.py").touch()
    (tmp_path / "planted/inner/__init__.py").write_text("import planted.one", encoding="utf-8")
    (tmp_path / "planted/inner/two.py").touch()
    (tmp_path / "planted/one.py").write_text("import planted.inner.two", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    assert sorted(set(circle(python_imports("planted")))) == ["planted.inner", "planted.one"]


@pytest.mark.parametrize(
    "line",
    [
        'import { two } from "./two.js";',
        'import {\n  two,\n} from "./two.js";',
        'import "./two.js";',
        'export { two } from "./two.js";',
        'const load = async () => (await import("./two.js")).two;',
        '/** @import { Two } from "./two.js" */',
        '/** @param {import("./two.js").Two} two */',
    ],
)
def test_a_circle_in_scripts_is_seen(line: str, tmp_path: Path) -> None:
    one, two = tmp_path / "one.js", tmp_path / "two.js"
    one.write_text(line, encoding="utf-8")
    two.write_text('import { one } from "./one.js";', encoding="utf-8")

    assert set(circle(script_imports([one, two]))) == {str(one), str(two)}

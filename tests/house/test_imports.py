"""No module imports itself through others, and an import inside a function has a reason.

In Python and in web/, wherever the import stands: one inside a function or for types alone hides a
circle and mends none. One inside a function is there for the start of a program; of what is loaded
with its module it spares nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
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


def is_late(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def named(tree: ast.AST, modules: Collection[str], *, late: bool) -> Iterator[tuple[int, str]]:
    """Yield the modules that a module imports when it is loaded, or `late`, with their lines."""
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, inside = waiting.pop()
        if is_for_types(node):
            continue
        waiting += [(each, inside or is_late(node)) for each in ast.iter_child_nodes(node)]
        if inside is not late:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, one.name) for one in node.names if one.name in modules)
        if isinstance(node, ast.ImportFrom):
            for one in node.names:
                module = f"{node.module}.{one.name}"
                module = module if module in modules else str(node.module)
                if module in modules:
                    yield node.lineno, module


def loaded_with(module: str, direct: Mapping[str, Collection[str]]) -> set[str]:
    """Return every module that the import of one loads, itself included."""
    found, waiting = set[str](), [module]
    while waiting:
        if (one := waiting.pop()) not in found:
            found.add(one)
            waiting += (*direct.get(one, ()), *packages(one))
    return found


def needless(trees: Mapping[str, ast.AST]) -> list[str]:
    """Return the imports inside functions of what is loaded with their module."""
    direct = {
        each: {one for _, one in named(tree, trees, late=False)} for each, tree in trees.items()
    }
    return [
        f"{each}:{line}: {module}"
        for each, tree in trees.items()
        for line, module in named(tree, trees, late=True)
        if module in loaded_with(each, direct)
    ]


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


def test_an_import_inside_a_function_spares_something() -> None:
    paths = {
        file: file.relative_to(TREE).with_suffix("") for file in (TREE / "roomctl").rglob("*.py")
    }
    trees = {
        ".".join(path.parts).removesuffix(".__init__"): ast.parse(file.read_text(encoding="utf-8"))
        for file, path in paths.items()
    }

    assert needless(trees) == [], "import it at the top: it is loaded with its module anyway"


def test_an_import_that_spares_nothing_is_seen() -> None:
    texts = {
        "planted": "",
        "planted.one": "import planted.two\ndef late():\n    from planted.three import THREE",
        "planted.two": "from planted import three",
        "planted.three": "def late():\n    import planted.one",
    }
    trees = {each: ast.parse(text) for each, text in texts.items()}

    assert needless(trees) == ["planted.one:3: planted.three"]


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

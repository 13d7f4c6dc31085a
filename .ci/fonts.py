"""Cuts the fonts that the pages bring: Inter, and Noto Sans SC with the characters of GB 2312.

`make fonts` fetches both from npm, cuts them with fontTools, and writes `web/fonts/`. Level 1 of
GB 2312 (3,755 characters, those of our own words included) stands in three weights, level 2 (3,008,
those of names) in one. Both fonts are under the SIL Open Font License 1.1, which is written beside.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from node_tools import find_node

ROOT = Path(__file__).resolve().parent.parent
FONTS = ROOT / "web" / "fonts"
INTER = "@fontsource-variable/inter@5.3.0"
NOTO = "@expo-google-fonts/noto-sans-sc@0.4.3"
WEIGHTS = {400: "400Regular", 500: "500Medium", 700: "700Bold"}
MARKS = "“”‘’…—·、。〈〉《》「」『』【】〔〕！（），：；？～￥％－＋\u3000"
LEVEL_1, LEVEL_2 = range(0xB0, 0xD8), range(0xD8, 0xF8)  # the rows of GB 2312


def level(rows: range) -> set[str]:
    """Return the characters of rows of GB 2312."""
    found = set()
    for row in rows:
        for cell in range(0xA1, 0xFF):
            found.update(bytes([row, cell]).decode("gb2312", errors="ignore"))
    return found


def fetch(package: str, folder: Path) -> Path:
    """Fetch a package from npm; returns its folder."""
    node = find_node()
    if node is None:
        sys.exit("there is no Node for this machine's processor")
    folder.mkdir()
    command = [str(node.program), "--use-system-ca", str(node.npm), "pack", "--silent", package]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def cut(source: Path, characters: set[str], target: Path) -> None:
    """Write what of a font draws `characters`, compressed."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as text:
        text.write("".join(sorted(characters)))
        text.flush()
        how = [f"--text-file={text.name}", "--flavor=woff2", "--layout-features=*", "--no-hinting"]
        subprocess.run(
            [sys.executable, "-m", "fontTools.subset", source, *how, f"--output-file={target}"],
            check=True,
        )


def main() -> None:
    """Write web/fonts anew."""
    ours = {c for c in (ROOT / "web/i18n/zh-CN.json").read_text("utf-8") if ord(c) > 0x2E00}
    common = level(LEVEL_1) | ours | set(MARKS)
    FONTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        inter = fetch(INTER, Path(folder) / "inter")
        for part in ("latin", "latin-ext"):
            name = part.replace("latin", "inter")
            shutil.copy(
                inter / f"files/inter-{part}-standard-normal.woff2", FONTS / f"{name}.woff2"
            )
        shutil.copy(inter / "LICENSE", FONTS / "LICENSE-inter.txt")
        noto = fetch(NOTO, Path(folder) / "noto")
        for weight, name in WEIGHTS.items():
            source = noto / name / f"NotoSansSC_{name}.ttf"
            cut(source, common, FONTS / f"noto-sans-sc-{weight}.woff2")
            if weight == 400:
                cut(source, level(LEVEL_2) - common, FONTS / "noto-sans-sc-rare.woff2")
        shutil.copy(noto / "LICENSE_FONT", FONTS / "LICENSE-noto-sans-sc.txt")


if __name__ == "__main__":
    main()

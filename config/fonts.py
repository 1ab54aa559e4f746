"""A Chinese font for reports on paper, where this machine has none: fetched once into var/fonts from npm, by the lock.

Called by config/install.sh at the end of the environment's making. Noto Sans SC (SIL Open Font License 1.1), its
regular and bold weights; nothing of it is committed. A machine with a Chinese font of its own fetches nothing; without
the network `make run` goes on, and only the PDF of a report is refused.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKED = ROOT / "config" / "font_package"  # package.json and its lock, which names no host
FONTS = ROOT / "var" / "fonts"
PACKAGE = Path("node_modules", "@expo-google-fonts", "noto-sans-sc")
WANTED = ("400Regular/NotoSansSC_400Regular.ttf", "700Bold/NotoSansSC_700Bold.ttf", "LICENSE_FONT")


def is_there() -> bool:
    """Whether typst finds a Chinese font here: the system's, or one in var/fonts."""
    import typst

    from cycles.report_families import FAMILIES

    found = typst.Fonts(include_embedded_fonts=False, font_paths=[str(FONTS)] if FONTS.is_dir() else [])
    return not set(FAMILIES).isdisjoint(found.families())


def fetch() -> None:
    """The two weights and their licence stand in var/fonts. CalledProcessError or OSError where npm does not answer."""
    npm = str(Path(sys.executable).parent / "npm")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(LOCKED / name, folder)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=folder, check=True, timeout=300)
        FONTS.mkdir(parents=True, exist_ok=True)
        for name in WANTED:
            shutil.copy(Path(folder) / PACKAGE / name, FONTS / Path(name).name)


def main() -> int:
    if is_there():
        return 0
    print("取中文字体（报告 PDF 用）· fetching a Chinese font for reports on paper ...", flush=True)
    try:
        fetch()
    except (OSError, subprocess.SubprocessError) as error:
        print(f"未取到字体,仅影响报告 PDF · no font, only PDFs of reports are affected: {error}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

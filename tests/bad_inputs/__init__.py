"""Bad input of every kind: our own cases, always there, and the public collections where the real data is.

A file of bodies/ is named after the problem code that refuses it: <code>--<what>.json.
"""

from __future__ import annotations

import json
from pathlib import Path

from django.conf import settings

HERE = Path(__file__).resolve().parent


def bodies() -> list[tuple[str, bytes, str]]:
    """Our own bodies that strict JSON refuses: what it is, its bytes, the problem code."""
    return [(path.stem, path.read_bytes(), path.stem.split("--")[0]) for path in sorted(HERE.glob("bodies/*.json"))]


def strings() -> list[str]:
    """Our own strings that are awkward and yet allowed: nothing may fail on them, nothing may change them."""
    found: list[str] = json.loads((HERE / "strings.json").read_text(encoding="ascii"))
    return found


def public_bodies() -> list[tuple[str, bytes]]:
    """The cases of JSONTestSuite: what it is, its bytes. Empty without the real data."""
    folder = settings.REAL_DATA_DIR / "bad_inputs"
    paths = [*folder.glob("json_parsing/*.json"), *folder.glob("json_transform/*.json")]
    return [(path.stem, path.read_bytes()) for path in sorted(paths)]


def public_strings() -> list[str]:
    """The big list of naughty strings. Empty without the real data."""
    path = settings.REAL_DATA_DIR / "bad_inputs" / "blns.json"
    found: list[str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return found

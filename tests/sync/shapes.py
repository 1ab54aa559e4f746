"""Holds every document that a test's phone is told against its shape in the API's description; called by wire.py."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from backend import feeds
from backend.http.sync_shapes import component

# What the phone leaves out where it says nothing is left out when it is told back, too.
SAID_WHEN_THERE = {"visits"}


@cache
def _schemas() -> dict[str, Any]:
    return json.loads((Path(settings.BASE_DIR) / "docs" / "openapi.json").read_text(encoding="utf-8"))["components"]


@cache
def _validator(collection: str) -> Draft202012Validator:
    whole = {"components": _schemas(), "$ref": f"#/components/schemas/{component(collection)}"}
    return Draft202012Validator(whole, format_checker=FormatChecker())


def check(collection: str, version: int, document: dict[str, Any]) -> None:
    """Nothing unknown, nothing missing, and each value of its type. A deleted one is its id alone. Feeds without a
    shape, which tests make, are not looked at."""
    feed = feeds.feed(collection, version)
    if feed is None or feed.shape is None:
        return
    if document["_deleted"]:
        assert sorted(document) == ["_deleted", "id"]
        return
    assert [f"{error.json_path}: {error.message[:300]}" for error in _validator(collection).iter_errors(document)] == []
    if collection not in SAID_WHEN_THERE:
        shape = _schemas()["schemas"][component(collection)]
        if "properties" in shape:
            assert sorted(shape["properties"]) == sorted(document)

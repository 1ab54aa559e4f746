"""The documents of /sync in the API's description, as components `sync.<Collection>`; for backend/http/schema.py.

Made of the shapes that feeds name (backend/feeds.py), so that phones' types are made of what the server tells.
"""

from __future__ import annotations

from typing import Any

import msgspec
from django.db.models import Choices

from backend import feeds
from backend.documents import Deleted
from backend.feeds import Feed

_PLACE = "#/components/schemas/"
_TEMPLATE = _PLACE + "sync.{name}"
_PULLED = "backend.PulledOut"
_PUSH = "/sync/{collection}/{version}/push"


def component(collection: str) -> str:
    """The component of a collection: `sync.ShopMonths` of shop_months."""
    return f"sync.{''.join(word.title() for word in collection.split('_'))}"


def describe(document: dict[str, Any]) -> None:
    """Adds every collection's component to a description, and names them in what pull answers and push takes.

    A collection of one newest version is described; feeds without a shape (of tests) are left out. ValueError where two
    collections' names make one component.
    """
    described = [feed for feed in feeds.latest() if feed.shape is not None]
    shapes, kinds = msgspec.json.schema_components(
        [*(feed.shape for feed in described), Deleted], schema_hook=_choices, ref_template=_TEMPLATE
    )
    found = {f"sync.{name}": _bare(kind) for name, kind in kinds.items()}
    for feed, shape in zip(described, shapes, strict=False):
        name = component(feed.collection)
        if found.setdefault(name, shape) is not shape and shape != _ref(name):
            raise ValueError(f"{name} is something else already")
    schemas = document["components"]["schemas"]
    schemas.update(found)
    told = [_ref(component(feed.collection)) for feed in described]
    schemas[_PULLED]["properties"]["documents"]["items"] = {"anyOf": [*told, _ref("sync.Deleted")]}
    _name_pushed(document["paths"][_PUSH]["post"], described)


def _name_pushed(operation: dict[str, Any], described: list[Feed]) -> None:
    """A pushed state, and a conflict's, are of a collection that phones write."""
    states = [_ref(component(feed.collection)) for feed in described if feed.push is not None]
    rows = operation["requestBody"]["content"]["application/json"]["schema"]["items"]["properties"]
    rows["newDocumentState"] = {"anyOf": states}
    answers = operation["responses"]["200"]["content"]["application/json"]["schema"]
    answers["items"] = {"anyOf": [*states, _ref("sync.Deleted")]}


def _choices(kind: type) -> dict[str, Any]:
    """Choices of a model. NotImplementedError for what is none."""
    if not issubclass(kind, Choices):
        raise NotImplementedError
    return {"type": "integer" if issubclass(kind, int) else "string", "enum": list(kind.values)}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _PLACE + name}


def _bare(part: Any) -> Any:
    """Without titles, which repeat the names, and defaults: a field that may be left out is told or is not, and types
    made of the description would take one with a default for always there."""
    if isinstance(part, list):
        return [_bare(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {key: _bare(value) for key, value in part.items() if key != "default" and not _is_title(key, value)}


def _is_title(key: str, value: Any) -> bool:
    return key == "title" and isinstance(value, str)

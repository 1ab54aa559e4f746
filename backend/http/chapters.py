"""The API description arranged by noun, for the readable page /api/docs (backend/pages.py)."""

from __future__ import annotations

from typing import Any

from backend.http.schema import document


def chapters() -> list[dict[str, Any]]:
    """Each noun with its operations: parameters, body fields, answers and problems."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, operations in sorted(document()["paths"].items()):
        for method, said in operations.items():
            found.setdefault(said["tags"][0], []).append(
                {
                    "method": method.upper(),
                    "path": path,
                    "anchor": said["operationId"],
                    "about": said.get("description", ""),
                    "parameters": [{**p, "type": _shape(p["schema"])} for p in said.get("parameters", ())],
                    "body": _body(said.get("requestBody")),
                    "answers": [
                        {"status": status, "about": a.get("description", ""), "fields": _body(a)}
                        for status, a in sorted(said["responses"].items())
                    ],
                }
            )
    return [{"name": name, "operations": operations} for name, operations in sorted(found.items())]


def _body(holder: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The fields of a JSON body or answer, one row each; problems are told by their codes instead."""
    shape = (holder or {}).get("content", {}).get("application/json", {}).get("schema")
    return _fields(_resolved(shape)) if shape else []


def _resolved(shape: dict[str, Any]) -> dict[str, Any]:
    name = shape.get("$ref", "").rpartition("/")[2]
    return document()["components"]["schemas"][name] if name else shape


def _fields(shape: dict[str, Any]) -> list[dict[str, Any]]:
    required = shape.get("required", ())
    return [
        {"name": name, "type": _shape(inner), "required": name in required, "about": inner.get("description", "")}
        for name, inner in shape.get("properties", {}).items()
    ]


def _shape(shape: dict[str, Any]) -> str:
    """A type in a few words: string (uuid), list of Shop, ..."""
    if "$ref" in shape:
        return shape["$ref"].rpartition("/")[2]
    for several in ("oneOf", "anyOf", "allOf"):
        if several in shape:
            return " | ".join(map(_shape, shape[several]))
    kinds = shape.get("type", "any")
    if kinds == "array":
        return f"list of {_shape(shape.get('items', {}))}"
    words = " | ".join(kinds) if isinstance(kinds, list) else kinds
    if "enum" in shape:
        return f"{words}: {', '.join(map(str, shape['enum']))}"
    return f"{words} ({shape['format']})" if "format" in shape else words

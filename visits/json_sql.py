"""SQL that writes JSON as text, null fields left out; for documents of many lines, in visits/telling.py and feeds.py.

A third of what jsonb_build_object with jsonb_strip_nulls costs: phones' first sync writes twenty thousand lines so.
"""

from __future__ import annotations


def plain(name: str, value: str) -> str:
    """SQL of a field whose value prints as JSON does: a number, a boolean, JSON itself."""
    return f"'\"{name}\":'::text || ({value})"


def quoted(name: str, value: str) -> str:
    """SQL of a field whose value needs quotes and no escapes: an id, a date, a word of ours."""
    return f"'\"{name}\":\"'::text || ({value}) || '\"'"


def field(name: str, value: str) -> str:
    """SQL of a field of any type."""
    return f"'\"{name}\":'::text || to_json({value})"


def or_null(name: str, value: str) -> str:
    """SQL of a field that is said as null too."""
    return f"'\"{name}\":'::text || coalesce(to_json({value})::text, 'null')"


def obj(*fields: str) -> str:
    """SQL of an object of these fields, as text."""
    return f"('{{' || concat_ws(',', {', '.join(fields)}) || '}}')"


def array(items: str, order: str, only: str = "") -> str:
    """SQL of an aggregate: a list of JSON texts in an order, as text; null for none."""
    return f"'[' || string_agg({items}, ',' ORDER BY {order}){f' FILTER (WHERE {only})' if only else ''} || ']'"

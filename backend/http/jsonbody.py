"""Strict JSON at the door: the parser of every API route, and the list form that the batch intake calls.

Accepted is RFC 8259 in UTF-8 less what no honest client sends: a byte order mark, NUL, lone surrogates, a key twice in
one object, more than 20 levels, NaN and infinities, integers of 2^63 and more, numbers beyond 1e15 or longer than 30
characters. A list is split before it is judged, so that one bad item refuses itself only.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from backend.errors import Problem

MAX_DEPTH = 20
MAX_NUMBER_CHARACTERS = 30
MAX_INTEGER = 2**63 - 1
MAX_FLOAT = 1e15

_SUSPECT_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
# Digits as 0, exponents as e, the letters of NaN and Infinity as N: three searches of plain bytes instead of a regex.
_NUMBER_SHAPE = bytes(
    ord("0") if c in b"0123456789" else ord("e") if c in b"eE" else ord("N") if c in b"NI" else 32 for c in range(256)
)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_AS_SQUARE = bytes.maketrans(b"{}", b"[]")
_UNFIT_TEXT = re.compile("[\x00\ud800-\udfff]")
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{},]', re.DOTALL)
_BLANK = b" \t\r\n"
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Item(NamedTuple):
    """One element of a list body: its bytes as they came, and what is wrong with it (None: nothing)."""

    raw: bytes
    problem: Problem | None


def decode(body: bytes) -> Any:
    """The value of a JSON body. Problems malformed_json, invalid_text, duplicate_key, too_deep, number_out_of_range."""
    text = _text_of(body)
    if not _shallow(_outside_strings(body), MAX_DEPTH):
        raise Problem("too_deep")
    value = _parse(text)
    if _SUSPECT_ESCAPE.search(body):
        _refuse_unfit_text(value)
    return value


def decode_list(body: bytes, max_items: int) -> list[Item]:
    """The elements of a JSON array, each with its own verdict, in order. 100 clean items of 2 KB take about 2 ms.

    Problems for the whole body: malformed_json (not an array, cut off), too_many_items. All else is an item's own.
    """
    raws = _elements(body)
    if len(raws) > max_items:
        raise Problem("too_many_items", limit=max_items)
    if _clean(body):
        return [Item(raw, None) for raw in raws]
    return [Item(raw, inspect(raw)) for raw in raws]


def inspect(raw: bytes) -> Problem | None:
    """What is wrong with one value by the rules above, or None."""
    try:
        decode(raw)
    except Problem as problem:
        return problem
    return None


def read_body(request: HttpRequest) -> bytes:
    """The whole body. Problem payload_too_large before a byte is read, unsupported_media_type for a compressed one."""
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in {"", "identity"}:
        raise Problem("unsupported_media_type")
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    declared = str(request.META.get("CONTENT_LENGTH") or "0")
    if declared.isdecimal() and limit is not None and int(declared[:20]) > limit:
        raise Problem("payload_too_large", limit=limit)
    try:
        return request.body
    except RequestDataTooBig:
        raise Problem("payload_too_large", limit=limit) from None


def json_body(request: Request) -> bytes:
    """The bytes of a JSON body, for what reads them itself; unsupported_media_type for any other."""
    plain = request._request
    charset = (plain.content_params or {}).get("charset", "utf-8")
    if plain.content_type != "application/json" or charset.lower() not in {"utf-8", "utf8"}:
        raise Problem("unsupported_media_type")
    return read_body(plain)


class StrictJSONParser(BaseParser):
    """application/json for Django REST framework; form and multipart bodies are not taken (415)."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        request: HttpRequest = (parser_context or {})["request"]._request
        charset = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", media_type or "", re.IGNORECASE)
        if charset and charset[1].lower() not in {"utf-8", "utf8"}:
            raise Problem("unsupported_media_type")
        return decode(read_body(request))


# -- one value ---------------------------------------------------------------------------------------------------------


def _text_of(body: bytes) -> str:
    if body.startswith(b"\xef\xbb\xbf"):
        raise Problem("invalid_text")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Problem("invalid_text") from None
    if "\x00" in text:
        raise Problem("invalid_text")
    return text


def _parse(text: str) -> Any:
    try:
        return _loads(text)
    except (ValueError, RecursionError):
        raise Problem("malformed_json") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Problem("duplicate_key")
    return found


def _integer(digits: str) -> int:
    if len(digits) > MAX_NUMBER_CHARACTERS or abs(value := int(digits)) > MAX_INTEGER:
        raise Problem("number_out_of_range")
    return value


def _float(digits: str) -> float:
    value = float(digits)
    if len(digits) > MAX_NUMBER_CHARACTERS or not math.isfinite(value) or abs(value) > MAX_FLOAT:
        raise Problem("number_out_of_range")
    return value


def _constant(name: str) -> float:
    raise Problem("number_out_of_range")


_loads = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
).decode


def _refuse_unfit_text(value: Any) -> None:
    if isinstance(value, str):
        if _UNFIT_TEXT.search(value):
            raise Problem("invalid_text")
    elif isinstance(value, list):
        for element in value:
            _refuse_unfit_text(element)
    elif isinstance(value, dict):
        for key, element in value.items():
            _refuse_unfit_text(key)
            _refuse_unfit_text(element)


def _outside_strings(body: bytes) -> bytes:
    """The bytes that are not inside a string, by splitting at the quotes that no backslash escapes."""
    return b"".join(body.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2])


def _suspect_number(outside: bytes) -> bool:
    """Whether a number may break a rule: 16 digits in a row, an exponent, NaN, Infinity."""
    shape = outside.translate(_NUMBER_SHAPE)
    return b"0" * 16 in shape or b"0e" in shape or b"N" in shape


def _shallow(outside: bytes, limit: int) -> bool:
    """Whether brackets nest at most `limit` deep: each turn peels one level. Unpaired ones are left to the parser."""
    left = outside.translate(_AS_SQUARE, _NOT_BRACKETS)
    for _ in range(limit):
        peeled = left.replace(b"[]", b"")
        if len(peeled) == len(left):
            return len(left) <= limit
        left = peeled
    return not left


# -- a list ------------------------------------------------------------------------------------------------------------


def _clean(body: bytes) -> bool:
    """Whether no rule can be broken anywhere in the body, judged at once: what nearly every batch passes."""
    if _SUSPECT_ESCAPE.search(body) or b"\x00" in body:
        return False
    outside = _outside_strings(body)
    if _suspect_number(outside) or not _shallow(outside, MAX_DEPTH + 1):
        return False
    try:
        again = msgspec.json.encode(msgspec.json.decode(body))
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return False
    # Written again a doubled key is gone, and with it its colon: cheaper than looking at every object.
    return again == body or _outside_strings(again).count(b":") == outside.count(b":")


def _elements(body: bytes) -> list[bytes]:
    try:
        return [bytes(raw) for raw in _split(body)]
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _elements_slowly(body)


def _elements_slowly(body: bytes) -> list[bytes]:
    """Splits an array that holds something unfit, by its brackets; malformed_json when it is not an array at all."""
    trimmed = body.strip(_BLANK)
    if not trimmed.startswith(b"["):
        raise Problem("malformed_json", detail_zh="此处须为 JSON 数组。", detail_en="A JSON array is expected here.")
    found, depth, start, end = [], 0, 1, -1
    for token in _TOKEN.finditer(trimmed):
        mark = token[0]
        if mark in (b"[", b"{"):
            depth += 1
        elif mark in (b"]", b"}"):
            depth -= 1
            if depth == 0:
                found.append(trimmed[start : token.start()])
                end = token.end()
                break
        elif mark == b"," and depth == 1:
            found.append(trimmed[start : token.start()])
            start = token.end()
    raws = [raw.strip(_BLANK) for raw in found]
    if end != len(trimmed) or not trimmed.endswith(b"]") or not all(map(_looks_like_json, raws)):
        raise Problem("malformed_json")
    return raws


def _looks_like_json(raw: bytes) -> bool:
    """Whether the item is JSON apart from the rules that an item may break by itself."""
    try:
        json.loads(raw.decode("utf-8", "replace"), strict=False)
    except RecursionError:
        return True
    except ValueError as error:
        return "digits" in str(error)  # an integer longer than Python converts: number_out_of_range, the item's own
    return True

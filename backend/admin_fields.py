"""Fields of the desk: JSON by the rules of the API's door, choices that may be no key; called by admin_site.py."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError

from backend.errors import Problem
from backend.http import jsonbody


class StrictJson(json.JSONDecoder):
    """JSON as the API takes it: what the database or a page could not hold is no valid JSON."""

    def decode(self, s: str, *args: Any) -> Any:
        try:
            return jsonbody.decode(s.encode())
        except Problem as problem:
            raise json.JSONDecodeError(problem.code, s, 0) from problem


class SearchedSelect(AutocompleteSelect):
    """Django's, which fails on showing again what is no key of its model."""

    def optgroups(self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None) -> Any:
        return super().optgroups(name, [one for one in value if self._is_key(one)], attrs)

    def _is_key(self, given: str) -> bool:
        try:
            self.field.target_field.to_python(given)
        except ValidationError:
            return False
        return True

"""The reader's own filters on a list; used by the templates of lists."""

from __future__ import annotations

from typing import Any

from django import template

from backend.http.auth import actor
from web.boards import saved

register = template.Library()


@register.inclusion_tag("boards/_saved.html", takes_context=True)
def saved_filters(context: template.Context) -> dict[str, Any]:
    """Links to them where the reader stands, and the form that keeps the present one. One query."""
    request, here = context["request"], context["here"]
    page = request.resolver_match.url_name
    query = saved.query_of(page, request.GET.items())
    rows = [(row, saved.address(row, here), row.query == query) for row in saved.of(actor(request), page)]
    return {
        "csrf_token": context.get("csrf_token"),
        "here": here,
        "page": page,
        "query": query,
        "rows": rows,
        "is_kept": any(is_present for *_, is_present in rows),
        "name_max": saved.NAME_MAX,
    }

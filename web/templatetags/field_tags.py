"""How policies, what shops know of them, and small figures beside them are written; used by the pages of the field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from backend.language import is_english
from visits.models import Policy, PolicyVersion
from web.boards import policy_views
from web.boards.acts import Refused

register = template.Library()
_SYSTEMS = (
    ("Android", "安卓手机", "Android phone"),
    ("iPhone", "苹果手机", "iPhone"),
    ("iPad", "苹果平板", "iPad"),
    ("Windows", "Windows 电脑", "Windows computer"),
    ("Macintosh", "苹果电脑", "Mac"),
    ("Linux", "Linux 电脑", "Linux computer"),
)  # Android says Linux too, so it comes first
_BROWSER = re.compile(r"(Edg|Chrome|Firefox|Version)/(\d+)\.")  # the dot: a name is cut, perhaps within a number
_BROWSERS = {"Edg": "Edge", "Version": "Safari"}


@register.filter
def titled(policy: Policy) -> str:
    """The title in the reader's language."""
    return (is_english() and policy.title_en) or policy.title


@register.filter
def version_state(version: PolicyVersion) -> str:
    """Draft, in force, superseded or recalled."""
    if version.released_at is None:
        return pgettext("policy", "draft")
    if version.recalled_at is not None:
        return pgettext("policy", "recalled")
    return pgettext("policy", "in force") if version.superseded_at is None else pgettext("policy", "superseded")


@register.filter
def audience_words(version: PolicyVersion) -> str:
    """For which shops it is."""
    return " · ".join(policy_views.audience(version)) or _("for all shops under its unit")


@register.filter
def share(rate: Decimal | None) -> str:
    """A rate in percent; – where there is nothing to divide by."""
    return "–" if rate is None else f"{rate:.1f}"


@register.filter
def mark_sign(state: str) -> str:
    """What a shop has of a version, as a sign; its word says the same."""
    return {"passed": "✓", "not_passed": "✗", "told": "○", "due": "·", "none": "–"}[state]


@register.filter
def mark_name(state: str) -> str:
    return {
        "passed": _("understood"),
        "not_passed": _("not understood"),
        "told": _("told, nothing proves it"),
        "due": _("not told yet"),
        "none": _("not meant for it"),
    }[state]


@register.filter
def kind_name(kind: str) -> str:
    """What was refused, by the name of its kind on the wire; that of a kind without a word."""
    return {
        "visit": _("visit"),
        "stop": _("planned stop"),
        "stops": _("planned stop"),
        "action": _("action"),
        "actions": _("action"),
        "reading": _("reading of a policy"),
        "attempt": _("quiz attempt"),
    }.get(kind, kind)


@register.filter
def signed(seconds: int) -> str:
    """+12, −3, 0."""
    return f"+{seconds}" if seconds > 0 else f"−{-seconds}" if seconds < 0 else "0"


@register.filter
def split_words(text: str) -> list[str]:
    return text.split()


@register.filter
def of(held: Mapping[str, Any], name: str) -> Any:
    """What a mapping holds under a name that the template has in a variable."""
    return held.get(name, "")


@register.filter
def is_of(refused: Refused | None, key: object) -> bool:
    """Whether it was this row's form that was refused, so that it stays open."""
    return refused is not None and refused.about == str(key)


@register.filter
def phone_named(name: str) -> str:
    """A phone's name as people say it: what a browser says of itself becomes its system and, where it is told, its
    browser; a name that a person gave stands as it is."""
    if not name.startswith("Mozilla/"):
        return name
    system = next(((en if is_english() else zh) for word, zh, en in _SYSTEMS if word in name), "")
    told: dict[str, str] = dict(_BROWSER.findall(name))
    kind = next((one for one in ("Edg", "Firefox", "Chrome", "Version") if one in told), None)
    browser = f"{_BROWSERS.get(kind, kind)} {told[kind]}" if kind else ""
    return " ".join(part for part in (system, browser) if part) or name

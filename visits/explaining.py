"""Why a display check scored what it did: item by item, in words; for visits/template_api.py."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from visits import carrying, scoring
from visits.carrying import Asked
from visits.models import CheckLine, TemplateVersion, Visit
from visits.scoring import Before

Words = tuple[str, str]
Item = dict[str, Any]

_NOT_ANSWERED = ("未作答，按未达标计", "not answered: counts as not passed")
_SPARED = ("不适用，不计入总分", "not applicable: left out of both sums")
_PASSED = ("达标", "passed")
_FAILED = ("未达标", "not passed")
_FIXED = ("检查时未达标，现场已整改", "not passed as found; put right on the spot")
_MUST = ("必达项未达标，整次检查计 0 分", "must pass and did not: the whole check is 0")
_FIRST = ("首次检查，持续项得满分", "the shop's first check: full marks")
_KEPT = ("本次各项均达标", "no other item failed")
_KEPT_TWICE = ("本次与上次检查各项均达标", "no other item failed at this check or the one before")
_LOST_NOW = ("本次检查有未达标项", "another item failed at this check")
_LOST_BEFORE = ("上次检查有未达标项", "an item failed at the check before")


def explain(visit: Visit) -> dict[str, Any] | None:
    """The score of a visit's check with the points of every item and why; None where nothing was checked.

    Three queries, one more for a template whose items carry over.
    """
    if visit.template_version_id is None:
        return None
    version = TemplateVersion.objects.select_related("template").get(pk=visit.template_version_id)
    lines = {line.item_code: line for line in CheckLine.objects.filter(month=visit.month, visit_id=visit.pk)}
    held = scoring.scheme(version.items)
    asked = Asked(visit.pk, visit.retailer_id, visit.started_at, version.pk)
    before = carrying.before([asked])[visit.pk] if held.carried else Before()
    fine = sum(line.passed is not False for line in lines.values())
    failed = fine < len(held.items) - len(held.carried)
    items = [
        _carried(item, before, failed) if item.get("rule") else _item(item, lines.get(item["code"]))
        for item in version.items
    ]
    spared = sum((Decimal(str(item["weight"])) for item in items if item["passed"] is None), Decimal())
    return {
        "visit": visit.pk,
        "template": version.template.code,
        "name": version.template.name,
        "name_en": version.template.name_en,
        "number": version.number,
        "score": visit.display_score,
        "points": sum((Decimal(str(item["points"])) for item in items), Decimal()),
        "possible": Decimal(str(held.points)) - spared,
        "is_void": any(item["is_void"] for item in items),
        "items": items,
    }


def _item(item: Mapping[str, Any], line: CheckLine | None) -> Item:
    passed = None if line is not None and line.passed is None else line is not None and bool(line.passed)
    void = bool(item.get("must_pass")) and passed is False
    found = _told(item, passed, Decimal(line.points) if line else Decimal(), _why(item, line, void))
    if line is not None:
        found |= {"answer": line.answer, "is_fixed": line.fixed}
        if line.products is not None:
            found["missing"] = [one for one in item["products"] if one not in line.products]
    return found | {"is_void": void}


def _why(item: Mapping[str, Any], line: CheckLine | None, void: bool) -> Words:
    if line is not None and line.passed is None:
        return _SPARED
    if void:
        return _MUST
    if line is None:
        return _NOT_ANSWERED
    if item["kind"] in ("count", "product_list"):
        asked = f"{line.answer}/{item['pass_at']}"
        word = _PASSED if line.passed else _FAILED
        fixed = (";" + _FIXED[0], "; " + _FIXED[1]) if line.fixed else ("", "")
        return f"{word[0]}：{asked}{fixed[0]}", f"{word[1]}: {asked}{fixed[1]}"
    if line.fixed:
        return _FIXED
    return _PASSED if line.passed else _FAILED


def _carried(item: Mapping[str, Any], before: Before, failed: bool) -> Item:
    holds = scoring.continuity_holds(item, before, failed)
    if before.is_first:
        why = _FIRST
    elif holds:
        why = _KEPT_TWICE if item.get("before") else _KEPT
    else:
        why = _LOST_NOW if failed else _LOST_BEFORE
    return _told(item, holds, Decimal(str(item["weight"])) if holds else Decimal(), why)


def _told(item: Mapping[str, Any], passed: bool | None, points: Decimal, why: Words) -> Item:
    return {
        "code": item["code"],
        "name": item["name"],
        "name_en": item.get("name_en", ""),
        "kind": item["kind"],
        "weight": Decimal(str(item["weight"])),
        "answer": "",
        "passed": passed,
        "points": points,
        "is_fixed": False,
        "missing": [],
        "is_void": False,
        "why": why[0],
        "why_en": why[1],
    }

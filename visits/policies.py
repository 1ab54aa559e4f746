"""Policies: opened for a unit, written in numbered versions, released, recalled; called by visits/policy_api.py."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from backend import audit, clock, marks
from backend.errors import FieldError, Problem
from backend.models import Unit
from backend.reach import require_unit
from backend.scope import Actor
from brands.models import Product
from visits import quiz
from visits.models import Policy, PolicyVersion
from visits.quiz import Question

EDIT = "policies.edit"
MARK = "policies"


@dataclass(frozen=True)
class Draft:
    """A policy, or a new product, as its editor names it."""

    unit: Unit
    code: str
    title: str
    title_en: str = ""
    product: Product | None = None


@dataclass(frozen=True)
class Text:
    """What a version says, for which shops (an empty list, a missing tier: all), and what is asked about it."""

    body: str
    card: str = ""
    market_types: Sequence[str] = ()
    business_types: Sequence[str] = ()
    terminal_types: Sequence[str] = ()
    tier_from: int | None = None
    tier_to: int | None = None
    effective_on: date | None = None
    quiz: Sequence[Question] = ()
    shop_quiz: Sequence[Question] = ()
    pass_percent: int = 80
    brief_by: date | None = None  # as planned; the release says it


def open_policy(*, actor: Actor, draft: Draft) -> Policy:
    """A policy of the unit exists, one about a product when it names one; what it says comes in versions.

    policies.edit over the unit (not_found), else conflict for a known code.
    """
    require_unit(actor, EDIT, draft.unit.pk)
    kind = Policy.Kind.PRODUCT if draft.product else Policy.Kind.POLICY
    try:
        with transaction.atomic():
            policy = Policy.objects.create(kind=kind, **vars(draft))
            audit.record(actor, "policy.open", policy, after=audit.snapshot(policy), unit_id=policy.unit_id)
    except IntegrityError as error:
        raise Problem("conflict") from error
    return policy


def write_version(*, actor: Actor, policy: Policy, text: Text) -> PolicyVersion:
    """The next version of the policy stands as a draft, which may be mended. Once released its text never changes: a
    correction is the next number.

    Problem invalid for tiers in the wrong order and for questions whose right answer is none of their choices.
    """
    require_unit(actor, EDIT, policy.unit_id)
    _check(text)
    with transaction.atomic():
        Policy.objects.select_for_update().get(pk=policy.pk)  # two editors get two numbers
        last = policy.versions.aggregate(last=Max("number"))["last"] or 0
        version = PolicyVersion.objects.create(policy=policy, number=last + 1, **_columns(text))
        audit.record(actor, "policy.write", version, after=audit.snapshot(version), unit_id=policy.unit_id)
    return version


def mend(*, actor: Actor, version: PolicyVersion, text: Text) -> PolicyVersion:
    """The draft says this from now on, under its number. What is released is a conflict; invalid as for a new one."""
    require_unit(actor, EDIT, version.policy.unit_id)
    _check(text)
    with transaction.atomic():
        held = _held(version)
        if held.released_at is not None:
            raise released_already()
        before, columns = audit.snapshot(held), _columns(text)
        for name, value in columns.items():
            setattr(held, name, value)
        held.save(update_fields=list(columns))
        unit = held.policy.unit_id
        audit.record(actor, "policy.mend", held, before=before, after=audit.snapshot(held), unit_id=unit)
    return held


def _columns(text: Text) -> dict[str, Any]:
    """What a text is in the columns of a version; the salt of its quiz is a new one."""
    salt = secrets.token_hex(16) if text.quiz else ""
    told = {key: list(value) if isinstance(value, tuple) else value for key, value in vars(text).items()}
    return {**told, "quiz_salt": salt, "quiz_shown": quiz.shown(text.quiz, salt)}


def release(*, actor: Actor, version: PolicyVersion, brief_by: date | None) -> PolicyVersion:
    """Account managers may brief the version from now on (once they passed its quiz), all its shops by `brief_by`; the
    versions before it are superseded: a late briefing of one is kept and counts for that one alone.

    Once only (conflict); a day that is past is refused (bad_date).
    """
    require_unit(actor, EDIT, version.policy.unit_id)
    if brief_by is not None and brief_by < clock.today():
        raise Problem("bad_date", detail_zh="宣讲期限已过。", detail_en="The day to be briefed by is past.")
    with transaction.atomic():
        held = _held(version)
        if held.released_at is not None:
            raise released_already()
        before = audit.snapshot(held)
        held.released_at, held.brief_by = clock.now(), brief_by
        held.save(update_fields=["released_at", "brief_by"])
        earlier = PolicyVersion.objects.filter(policy=held.policy, released_at__isnull=False, superseded_at=None)
        replaced = list(earlier.exclude(pk=held.pk).values_list("number", flat=True).order_by("number"))
        earlier.exclude(pk=held.pk).update(superseded_at=held.released_at)
        _told(actor, "policy.release", held, (before, {**audit.snapshot(held), "supersedes": replaced}), "")
    return held


def recall(*, actor: Actor, version: PolicyVersion, reason: str) -> PolicyVersion:
    """The version may not be briefed any more, from now on; what was told before stands. With its reason.

    A draft and one that is recalled already are a conflict. A version that it superseded does not come back by itself.
    """
    require_unit(actor, EDIT, version.policy.unit_id)
    with transaction.atomic():
        held = _held(version)
        if held.released_at is None:
            raise Problem("conflict", detail_zh="该版本尚未发布。", detail_en="The version is not released yet.")
        if held.recalled_at is not None:
            raise Problem("conflict", detail_zh="该版本已撤回。", detail_en="The version is recalled already.")
        before = audit.snapshot(held)
        held.recalled_at, held.recall_reason = clock.now(), reason
        held.save(update_fields=["recalled_at", "recall_reason"])
        _told(actor, "policy.recall", held, (before, audit.snapshot(held)), reason)
    return held


def released_already() -> Problem:
    """What the second sending of a release is told, and who would mend a released text."""
    return Problem(
        "conflict",
        detail_zh="该版本已发布，正文不再更改。",
        detail_en="The version is released; its text never changes.",
    )


def _held(version: PolicyVersion) -> PolicyVersion:
    """The version, with its policy locked: releases of one policy take turns."""
    Policy.objects.select_for_update().get(pk=version.policy_id)
    return PolicyVersion.objects.select_for_update(of=("self",)).select_related("policy").get(pk=version.pk)


def _told(
    actor: Actor, act: str, held: PolicyVersion, states: tuple[dict[str, Any], dict[str, Any]], reason: str
) -> None:
    before, after = states
    unit = held.policy.unit_id
    audit.record(actor, act, held, before=before, after=after, reason=reason, unit_id=unit)
    marks.mark(MARK, [(unit, clock.today())])


_TIERS = ("档位起止颠倒", "The tiers are in the wrong order")
_RIGHT = ("正确答案不在选项中", "The right answer is none of the choices")


def _check(text: Text) -> None:
    errors = []
    if text.tier_from and text.tier_to and text.tier_from > text.tier_to:
        errors.append(FieldError("invalid", *_TIERS, pointer="/tier_to"))
    for name in ("quiz", "shop_quiz"):
        errors += [
            FieldError("invalid", *_RIGHT, pointer=f"/{name}/{n}/right")
            for n, question in enumerate(getattr(text, name))
            if question["right"] >= len(question["choices"])
        ]
    if errors:
        raise Problem("invalid", errors=errors)

"""Policies: opened for a unit, written in numbered versions, released once; called by visits/policy_api.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Max

from backend import audit, clock
from backend.errors import Problem
from backend.models import Unit
from backend.reach import require_unit
from backend.scope import Actor
from visits.models import Policy, PolicyVersion

EDIT = "policies.edit"


@dataclass(frozen=True)
class Draft:
    """A policy as its editor names it."""

    unit: Unit
    code: str
    title: str
    title_en: str = ""


def open_policy(*, actor: Actor, draft: Draft) -> Policy:
    """A policy of the unit exists; what it says comes in versions. policies.edit over the unit (not_found), else
    conflict for a known code."""
    require_unit(actor, EDIT, draft.unit.pk)
    try:
        with transaction.atomic():
            policy = Policy.objects.create(unit=draft.unit, code=draft.code, title=draft.title, title_en=draft.title_en)
            audit.record(actor, "policy.open", policy, after=audit.snapshot(policy), unit_id=policy.unit_id)
    except IntegrityError as error:
        raise Problem("conflict") from error
    return policy


def write_version(*, actor: Actor, policy: Policy, body: str, card: str = "") -> PolicyVersion:
    """The next version of the policy stands as a draft. Its text never changes: a correction is the next number."""
    require_unit(actor, EDIT, policy.unit_id)
    with transaction.atomic():
        Policy.objects.select_for_update().get(pk=policy.pk)  # two editors get two numbers
        last = policy.versions.aggregate(last=Max("number"))["last"] or 0
        version = PolicyVersion.objects.create(policy=policy, number=last + 1, body=body, card=card)
        audit.record(actor, "policy.write", version, after=audit.snapshot(version), unit_id=policy.unit_id)
    return version


def release(*, actor: Actor, version: PolicyVersion, brief_by: date | None) -> PolicyVersion:
    """Account managers may brief the version from now on, all shops by `brief_by`. Once only (conflict); a day that is
    past is refused (bad_date)."""
    require_unit(actor, EDIT, version.policy.unit_id)
    if brief_by is not None and brief_by < clock.today():
        raise Problem("bad_date", detail_zh="传达期限已过。", detail_en="The day to be briefed by is past.")
    with transaction.atomic():
        held = PolicyVersion.objects.select_for_update(of=("self",)).select_related("policy").get(pk=version.pk)
        if held.released_at is not None:
            raise Problem("conflict")
        before = audit.snapshot(held)
        held.released_at, held.brief_by = clock.now(), brief_by
        held.save(update_fields=["released_at", "brief_by"])
        audit.record(
            actor, "policy.release", held, before=before, after=audit.snapshot(held), unit_id=held.policy.unit_id
        )
    return held

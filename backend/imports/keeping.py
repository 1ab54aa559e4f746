"""Profiles are kept, changed and removed by stewards; called by profile_api.py and the boards' page of mappings."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from backend import audit
from backend.errors import Problem
from backend.imports import kinds, profiles
from backend.models import ImportProfile, Unit
from backend.reach import require_unit
from backend.scope import Actor


def keep(*, actor: Actor, kind: str, name: str, unit: Unit, rules: dict[str, Any]) -> ImportProfile:
    """The unit has a profile of that name for files of the kind. Problems forbidden, not_found (a unit out of reach),
    unknown_import_kind, invalid (the rules do not fit), conflict (the name is taken)."""
    require_unit(actor, "imports.run", unit.pk)
    profiles.check(kinds.kind(kind), rules)
    if ImportProfile.objects.filter(unit=unit, kind=kind, name=name).exists():
        raise Problem("conflict")
    with transaction.atomic():
        made = ImportProfile.objects.create(kind=kind, name=name, unit=unit, rules=rules)
        audit.record(actor, "import_profile.create", made, after=audit.snapshot(made), unit_id=made.unit_id)
    return made


def change(*, actor: Actor, profile: ImportProfile, name: str, rules: dict[str, Any]) -> ImportProfile:
    """The profile has this name and these rules. Problems invalid, conflict. The caller holds the row's lock."""
    before = audit.snapshot(profile)
    profile.name, profile.rules = name, rules
    profiles.check(kinds.kind(profile.kind), rules)
    named = ImportProfile.objects.filter(unit=profile.unit_id, kind=profile.kind, name=name)
    if named.exclude(pk=profile.pk).exists():
        raise Problem("conflict")
    profile.version += 1
    profile.save()
    after = audit.snapshot(profile)
    audit.record(actor, "import_profile.change", profile, before=before, after=after, unit_id=profile.unit_id)
    return profile


def remove(*, actor: Actor, profile: ImportProfile) -> None:
    """The profile is gone; imports that were read by it keep its rules. The caller holds the row's lock."""
    before = audit.snapshot(profile)
    audit.record(actor, "import_profile.remove", profile, before=before, unit_id=profile.unit_id)
    profile.delete()

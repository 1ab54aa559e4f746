"""What the demo's prefecture watches: the rules that ship, adopted by its leader; called by loading.py."""

from __future__ import annotations

from backend.models import Level, Person, Unit
from backend.scope import actor_of
from market.alerts import rules as alert_rules
from market.alerts import telling, watching

LEADER = "zhao"


def write() -> None:
    """The prefecture has every rule that ships, its figures were looked at once, and their owners were told."""
    prefecture = Unit.objects.filter(level=Level.PREFECTURE).order_by("pk").first()
    leader = actor_of(Person.objects.get(username=LEADER))
    for code in alert_rules.SHIPPED:
        alert_rules.adopt(actor=leader, unit=prefecture, code=code)
    watching.watch()
    telling.follow()

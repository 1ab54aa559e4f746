"""The one sentence at the top of a board: drafted by rule from its figures, with the place that proves it.

Each draft is a code with parameters; `text` renders it in the reader's language. Called by the API and the pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from backend.models import Unit
from market import kpis
from market.boards.overview import Child, UnitBoard

# Version 1 of each template; a change of words is a new key.
TEMPLATES = {
    "nothing_due": gettext_noop("%(unit)s has no active shop this month."),
    "nothing_seen": gettext_noop("No visit of this month has arrived yet: %(due)s shops of %(unit)s are due."),
    "all_seen": gettext_noop("All %(due)s shops of %(unit)s have been seen this month."),
    "unseen": gettext_noop("%(unseen)s of %(due)s shops of %(unit)s have not been seen this month."),
    "unseen_below": gettext_noop(
        "%(unseen)s of %(due)s shops of %(unit)s have not been seen this month, %(below_unseen)s of them in %(below)s"
        " (coverage %(below_rate)s %%)."
    ),
}


@dataclass(frozen=True)
class Why:
    """What stands out. `evidence` is the unit whose board shows it; None when the board itself does."""

    code: str
    parameters: dict[str, Any] = field(default_factory=dict)
    evidence: Unit | None = None

    @property
    def text(self) -> str:
        return _(TEMPLATES[self.code]) % self.parameters


def why(board: UnitBoard, children: Sequence[Child]) -> Why:
    """What the month's visits still lack, and in which child unit most of it."""
    unseen = board.acts.shops_due - board.acts.shops_seen
    told: dict[str, Any] = {"unit": _called(board.unit), "due": board.acts.shops_due, "unseen": unseen}
    if not board.acts.shops_due:
        return Why("nothing_due", told)
    if not board.acts.visits:
        return Why("nothing_seen", told)
    if not unseen:
        return Why("all_seen", told)
    worst = max(children, key=lambda child: child.acts.shops_due - child.acts.shops_seen, default=None)
    if worst is None:
        return Why("unseen", told)
    below = {
        "below": _called(worst.unit),
        "below_unseen": worst.acts.shops_due - worst.acts.shops_seen,
        "below_rate": worst.figure(kpis.COVERAGE).value,
    }
    return Why("unseen_below", {**told, **below}, worst.unit)


def _called(unit: Unit) -> str:
    english = (get_language() or "").startswith("en")
    return (unit.name_en if english else "") or unit.name

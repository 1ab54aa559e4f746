"""The shapes of what phones hold of visits and of what they are held against; for the feeds of visits/.

A visit's own fields are those of visits/wire.py, defaults left out; what the server adds is not there before it saw it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from backend.documents import Decimal, Figures, Told
from visits.models import DisplayTask, PlannedStop, Policy, PolicyQuestion, Remark, Visit
from visits.wire import TOLD, QuizAnswer, VisitIn

# -- what the server says of a visit -----------------------------------------------------------------------------------

_OWN = {one.name: one for one in msgspec.structs.fields(VisitIn) if one.name in TOLD}
_SERVERS: dict[str, Any] = {
    "month": date,
    "presence": Visit.Presence,
    "flags": list[str],
    "received_at": datetime,
    "distance_m": float | None,
    "display_score": float | None,
    "revision": int,
    "person_id": UUID,
    "person_name": str,
    "photos_missing": list[UUID],
}


def _own(one: msgspec.structs.FieldInfo) -> tuple[Any, ...]:
    default = one.default_factory() if one.default_factory is not msgspec.NODEFAULT else one.default
    return (one.name, one.type) if one.required else (one.name, one.type, default)


Visits = msgspec.defstruct(
    "Visits",
    [*map(_own, _OWN.values()), *((name, type_ | UnsetType, UNSET) for name, type_ in _SERVERS.items())],
    bases=(Told,),
    kw_only=True,
    module=__name__,
    namespace={"__doc__": "A visit as its phone tells it, with what the server made of it."},
)


# -- down --------------------------------------------------------------------------------------------------------------


class Heard(Struct, forbid_unknown_fields=True):
    kind: Remark.Kind
    text: str


class RecentVisit(Struct, forbid_unknown_fields=True):
    """`seen`: product, stock in packs, price of a carton in fen. `failed`: items that were not put right."""

    id: UUID
    on_date: date
    started_at: datetime
    person_id: UUID
    person_name: str
    presence: Visit.Presence
    purposes: list[Visit.Purpose]
    note: str
    display_score: Decimal | None
    checked: int
    failed: list[str]
    briefed: list[int]
    promised: list[UUID]
    seen: list[tuple[int, int | None, int | None]]
    heard: list[Heard]


class RecentVisits(Told, kw_only=True):
    """The last five visits of a shop, the latest first; `id` is the shop's."""

    visits: list[RecentVisit]


class QuizQuestion(Struct, forbid_unknown_fields=True):
    """`check`: SHA-256 over what is right, salted (docs/decisions/0017)."""

    question: str
    choices: list[str]
    check: str


class ShopQuestion(Struct, forbid_unknown_fields=True):
    """What the shop is asked; `right` counts the choices from 0."""

    question: str
    choices: list[str]
    right: int


class PolicyReply(Struct, forbid_unknown_fields=True):
    question: str
    answer: str


class Policies(Told, kw_only=True):
    """A released version of a policy. Nothing in a list of types: of all of them."""

    version_id: int
    policy_id: int
    unit_id: int
    code: str
    title: str
    title_en: str
    kind: Policy.Kind
    product_id: int | None
    number: int
    body: str
    card: str
    market_types: list[str]
    business_types: list[str]
    terminal_types: list[str]
    tier_from: int | None
    tier_to: int | None
    effective_on: date | None
    quiz: list[QuizQuestion]
    quiz_salt: str
    shop_quiz: list[ShopQuestion]
    pass_percent: int
    released_at: datetime
    brief_by: date | None
    superseded_at: datetime | None
    recalled_at: datetime | None
    recall_reason: str
    answers: list[PolicyReply]


class TemplateItem(Struct, forbid_unknown_fields=True):
    """An item of the display check: passed by at least `pass_at` (yes is 1), worth `weight`."""

    code: str
    kind: str
    name: str
    weight: float
    name_en: str | UnsetType = UNSET
    pass_at: Any = UNSET
    products: list[int] | UnsetType = UNSET
    choices: list[str] | UnsetType = UNSET
    must_pass: bool | UnsetType = UNSET
    before: bool | UnsetType = UNSET
    rule: str | UnsetType = UNSET


class Templates(Told, kw_only=True):
    """A version of a display template, to a day that is not in it."""

    version_id: int
    template_id: int
    unit_id: int
    level: int
    code: str
    name: str
    name_en: str
    number: int
    from_date: date | None
    to_date: date | None
    items: list[TemplateItem]
    terminal_types: list[str]
    market_types: list[str]
    tier_from: int | None
    tier_to: int | None


class DisplayTasks(Told, kw_only=True):
    retailer_id: UUID
    kind: DisplayTask.Kind
    template_id: int | None
    item_code: str
    name: str
    name_en: str
    figures: Figures
    opened_on: date
    opened_visit_id: UUID
    failures: int
    last_on: date
    due_on: date
    closed_on: date | None
    closed_visit_id: UUID | None
    days: int | None


class PolicyQuestions(Told, kw_only=True):
    version_id: int
    retailer_id: UUID
    visit_id: UUID
    asked_by: UUID
    asked_on: date
    text: str
    due_on: date
    state: PolicyQuestion.State
    answer: str | None


# -- both ways ---------------------------------------------------------------------------------------------------------


class StopReason(Struct, forbid_unknown_fields=True):
    """Why the shop is visited: its words are in `settings`, under `stop.<code>@1`."""

    id: UUID
    code: str
    kind: str
    parameters: Figures


class Plan(Told, kw_only=True):
    """A planned stop; a phone makes none."""

    retailer_id: UUID
    month: date
    on_date: date
    position: int
    state: PlannedStop.State
    miss_reason: PlannedStop.MissReason | None
    words: str | None
    reasons: list[StopReason]
    visit_id: UUID | None
    is_own: bool
    version: int


class QuizAttempts(Told, kw_only=True):
    version_id: int
    answers: list[QuizAnswer]
    read_at: datetime
    answered_at: datetime
    person_id: UUID | UnsetType = UNSET
    received_at: datetime | UnsetType = UNSET
    asked: int | UnsetType = UNSET
    right: int | UnsetType = UNSET
    passed: bool | UnsetType = UNSET
    minutes_from_release: int | UnsetType | None = UNSET

"""Who may see and who may write what: the only place that decides it; every read and write passes through here.

Two gates. Read: a position at a territory sees the shops assigned to that territory today; a position above it sees the
tree by the unit stamped on the record. Write: was the shop assigned to me on the fact's own date? See
docs/decisions/0004-two-gates.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from backend import clock

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

M = TypeVar("M", bound=Model)

COUNTY, OFFICE, TERRITORY = 3, 4, 5  # backend.models.Level, which imports this module


@dataclass(frozen=True)
class Held:
    """One position held today: where, as what, and what it allows."""

    unit_id: int
    level: int
    role: str
    capabilities: frozenset[str]
    ancestors: tuple[int, ...] = ()


@dataclass(frozen=True)
class Actor:
    """Somebody who asks: the person, the device, and the positions held at this moment."""

    person_id: UUID
    held: tuple[Held, ...] = ()
    device_id: UUID | None = None

    def can(self, capability: str) -> bool:
        """Whether any position held today carries the capability."""
        return any(capability in position.capabilities for position in self.held)

    def units(self, capability: str, *, levels: Iterable[int] = range(6)) -> list[int]:
        """Ids of the units at which the capability is held, of the given levels."""
        wanted = set(levels)
        return [p.unit_id for p in self.held if p.level in wanted and capability in p.capabilities]


def actor_of(person: AbstractBaseUser, *, device_id: UUID | None = None) -> Actor:
    """The person with the positions of today. One query; positions that ended yesterday are gone."""
    position = apps.get_model("backend", "Position")
    rows = position.objects.filter(
        person_id=person.pk, during__contains=clock.today(), unit__during__contains=clock.today()
    ).values_list("unit_id", "unit__level", "role_id", "role__capabilities", "unit__ancestors")
    held = tuple(Held(u, level, role, frozenset(caps), tuple(above)) for u, level, role, caps, above in rows)
    return Actor(person_id=person.pk, held=held, device_id=device_id)


def has_held(actor: Actor, capability: str) -> bool:
    """Whether the person holds the capability or ever did, for late work of one who left. One query at most."""
    if actor.can(capability):
        return True
    position = apps.get_model("backend", "Position")
    return position.objects.filter(person_id=actor.person_id, role__capabilities__contains=[capability]).exists()


# -- which territory a shop belongs to is known by a higher app; it registers here at start ----------------------------


@dataclass(frozen=True)
class AssignmentSource:
    """The model that says which shop belongs to which territory, and when (`retailer_id`, `territory_id`, `during`)."""

    model: str

    def rows(self) -> QuerySet[Any]:
        return apps.get_model(self.model)._default_manager.all()

    @property
    def table(self) -> str:
        return apps.get_model(self.model)._meta.db_table


_assignment: AssignmentSource | None = None


def register_assignment(model: str) -> None:
    """Names the assignment model ("app.Model"); called once, by that app's AppConfig.ready."""
    global _assignment
    _assignment = AssignmentSource(model)


def assignment() -> AssignmentSource:
    if _assignment is None:
        raise LookupError("no assignment model is registered; an AppConfig must call register_assignment")
    return _assignment


# -- scope declarations: what a model says about itself ----------------------------------------------------------------


class Scope:
    """How rows of a model are reached; subclasses turn an actor into a WHERE clause."""

    def where(self, actor: Actor, on: date) -> Q:
        raise NotImplementedError


NOTHING = Q(pk__in=[])


class Internal(Scope):
    """Never served to anybody."""

    def where(self, actor: Actor, on: date) -> Q:
        return NOTHING


class Everyone(Scope):
    """Served to everybody who is signed in and holds a position."""

    def where(self, actor: Actor, on: date) -> Q:
        return Q() if actor.held else NOTHING


def units_under(unit_ids: Iterable[int]) -> QuerySet[Any, Any]:
    """Ids of the units at or below the given ones, as a subquery."""
    return apps.get_model("backend", "Unit").objects.filter(ancestors__overlap=list(unit_ids)).values("id")


@dataclass(frozen=True)
class Downward(Scope):
    """Rows of a unit under mine; with `owner` also my own rows; with `and_above` also rows of the units above me."""

    capability: str
    unit: str
    owner: str = ""
    and_above: bool = False

    def where(self, actor: Actor, on: date) -> Q:
        mine = actor.units(self.capability)
        reach = Q(**{f"{self.unit}__in": units_under(mine)}) if mine else NOTHING
        if self.owner:
            reach |= Q(**{self.owner: actor.person_id})
        if self.and_above and mine:
            above = {u for p in actor.held if self.capability in p.capabilities for u in p.ancestors}
            reach |= Q(**{f"{self.unit}__in": sorted(above)})
        return reach


@dataclass(frozen=True)
class Owned(Scope):
    """My own rows, and with the capability those of people who hold a position under my units today."""

    capability: str
    owner: str

    def where(self, actor: Actor, on: date) -> Q:
        reach = Q(**{self.owner: actor.person_id})
        mine = actor.units(self.capability)
        if mine:
            position = apps.get_model("backend", "Position")
            below = position.objects.filter(
                person_id=OuterRef(self.owner), during__contains=on, unit__ancestors__overlap=mine
            )
            reach |= Q(Exists(below))
        return reach


@dataclass(frozen=True)
class Stamped(Scope):
    """Facts about a shop: a territory sees them by today's assignment, everybody above by the stamped unit."""

    capability: str
    shop: str = "retailer_id"
    territory: str = "territory_id"
    county: str = "county_id"

    def where(self, actor: Actor, on: date) -> Q:
        reach = NOTHING
        if own := actor.units(self.capability, levels=[TERRITORY]):
            reach |= Q(Exists(assigned(self.shop, own, on)))
        if offices := actor.units(self.capability, levels=[OFFICE]):
            reach |= Q(**{f"{self.territory}__in": units_under(offices)})
        if above := actor.units(self.capability, levels=range(COUNTY + 1)):
            reach |= Q(**{f"{self.county}__in": units_under(above)})
        return reach


@dataclass(frozen=True)
class Restrictable(Stamped):
    """As Stamped; a row marked `is_restricted` is only for its author and where its reader holds `restricted` too."""

    restricted: str = ""
    owner: str = ""

    def where(self, actor: Actor, on: date) -> Q:
        trusted = Actor(actor.person_id, tuple(p for p in actor.held if self.restricted in p.capabilities))
        told = Q(is_restricted=False) | Q(**{self.owner: actor.person_id}) | super().where(trusted, on)
        return super().where(actor, on) & told


@dataclass(frozen=True)
class OfShop(Scope):
    """The shop itself and what hangs on it: by today's assignment; from the county up also shops without one."""

    capability: str
    shop: str
    county: str

    def where(self, actor: Actor, on: date) -> Q:
        reach = NOTHING
        if own := actor.units(self.capability, levels=[TERRITORY]):
            reach |= Q(Exists(assigned(self.shop, own, on)))
        if offices := actor.units(self.capability, levels=[OFFICE]):
            reach |= Q(Exists(assigned(self.shop, units_under(offices), on)))
        if above := actor.units(self.capability, levels=range(COUNTY + 1)):
            reach |= Q(**{f"{self.county}__in": units_under(above)})
        return reach


@dataclass(frozen=True)
class Routed(OfShop):
    """What hangs on a shop and may be routed to a department: posts of a department (role -> its value of `field`) see
    only what is routed to it, everybody else as OfShop."""

    field: str = "department"
    departments: tuple[tuple[str, str], ...] = ()

    def where(self, actor: Actor, on: date) -> Q:
        posts = dict(self.departments)
        others = tuple(p for p in actor.held if p.role not in posts)
        reach = super().where(Actor(actor.person_id, others), on)
        for role, department in self.departments:
            if own := tuple(p for p in actor.held if p.role == role):
                reach |= Q(**{self.field: department}) & super().where(Actor(actor.person_id, own), on)
        return reach


@dataclass(frozen=True)
class About(Scope):
    """What is said of a shop (as its facts are read) or, where there is no shop, of a unit (at or under mine).

    With `restricted` a row marked `is_restricted` needs that capability as well, held where the row is reached from.
    """

    capability: str
    restricted: str = ""
    shop: str = "retailer_id"
    territory: str = "territory_id"
    county: str = "county_id"
    unit: str = "unit_id"

    def where(self, actor: Actor, on: date) -> Q:
        reach = self._reach(actor, on)
        if self.restricted:
            trusted = Actor(actor.person_id, tuple(p for p in actor.held if self.restricted in p.capabilities))
            return reach & Q(is_restricted=False) | self._reach(trusted, on)
        return reach

    def _reach(self, actor: Actor, on: date) -> Q:
        shops = Stamped(self.capability, self.shop, self.territory, self.county).where(actor, on)
        units = Downward(self.capability, self.unit).where(actor, on)
        return Q(**{f"{self.shop}__isnull": False}) & shops | Q(**{f"{self.shop}__isnull": True}) & units


def assigned(shop: str, territories: Iterable[int] | QuerySet[Any, Any], on: date) -> QuerySet[Any]:
    """Assignments on a day of the outer query's shop to one of the territories: for use in Exists."""
    return assignment().rows().filter(retailer_id=OuterRef(shop), territory_id__in=territories, during__contains=on)


def visible_to(queryset: QuerySet[M], actor: Actor, on: date | None = None) -> QuerySet[M]:
    """Narrows a queryset to what the actor may see on a day (default today): in WHERE, before LIMIT, no extra query."""
    declared: Scope = queryset.model.SCOPE  # type: ignore[attr-defined]  # held by the system check backend.E001
    where = declared.where(actor, on or clock.today())
    return queryset.filter(where) if where else queryset


# -- the write gate ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stamp:
    """The units that a fact about a shop carries for ever: those of its business date."""

    territory_id: int
    county_id: int
    prefecture_id: int
    ancestors: tuple[int, ...]


_WRITE_GATE = """
SELECT DISTINCT k.retailer_id, k.on_date, a.territory_id, u.ancestors
FROM unnest(%s::uuid[], %s::date[]) AS k(retailer_id, on_date)
JOIN {assignment} a ON a.retailer_id = k.retailer_id AND a.during @> k.on_date
JOIN backend_unit u ON u.id = a.territory_id
WHERE EXISTS (
    SELECT 1 FROM backend_position p JOIN backend_role r ON r.code = p.role_id
    WHERE p.person_id = %s AND p.during @> k.on_date AND %s = ANY(r.capabilities) AND p.unit_id = ANY(u.ancestors))
"""


def writable(actor: Actor, capability: str, pairs: Iterable[tuple[UUID, date]]) -> dict[tuple[UUID, date], Stamp]:
    """Which (shop, business date) pairs the actor may write about, each with its stamp. One query for any number."""
    wanted = list(pairs)
    if not wanted:
        return {}
    query = _WRITE_GATE.format(assignment=assignment().table)
    with connection.cursor() as cursor:
        cursor.execute(query, [[p[0] for p in wanted], [p[1] for p in wanted], actor.person_id, capability])
        rows = cursor.fetchall()
    return {
        (shop, day): Stamp(territory, ancestors[COUNTY], ancestors[COUNTY - 1], tuple(ancestors))
        for shop, day, territory, ancestors in rows
    }

"""Whatever two phones, the network and the county do in whatever order: what stands is what the last word says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise, permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backend import clock, marks
from backend.marks import Key
from backend.models import Quarantined, Receipt
from market.models import UnitMonth
from market.rollups import recompute as rollups
from retail import assignment
from retail.assignment import Move
from retail.models import Assignment
from tests.cast import NOW, TODAY, Cast, phone_of
from tests.examples import examples
from tests.sync.wire import Phone
from tests.visits.items import everything, full_item, item, receive
from visits import following, photos, standing, storing
from visits.models import PlannedStop, StoredPhoto, Visit, VisitRevision

pytestmark = pytest.mark.django_db

MARCH = date(2026, 3, 1)
SERVERS_OWN = "'revision', 'content_sha256', 'device_id'"  # what a first acceptance of the same content may differ in


def rows_of(visit_id: UUID) -> list[Any]:
    """A visit's row and its lines as they stand, as text."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (to_jsonb(v) - ARRAY[{SERVERS_OWN}])::text FROM visits_visit v WHERE id = %s", [visit_id]
        )
        found += cursor.fetchall()
        for table in storing.LINE_TABLES:
            cursor.execute(f"SELECT to_jsonb(l)::text FROM {table} l WHERE visit_id = %s ORDER BY line_no", [visit_id])
            found += cursor.fetchall()
    return found


@dataclass
class Device:
    """A phone of Lin's as RxDB keeps it: what it holds, what it takes for the server's, what it has still to push."""

    wire: Phone
    holds: dict[str, dict[str, Any]] = field(default_factory=dict)
    master: dict[str, dict[str, Any]] = field(default_factory=dict)
    dirty: set[str] = field(default_factory=set)
    sent: list[list[dict[str, Any]]] = field(default_factory=list)

    def write(self, document: dict[str, Any]) -> None:
        self.holds[document["id"]] = {"_deleted": False, **document}
        self.dirty.add(document["id"])

    def push(self, *, answer_lost: bool = False) -> None:
        rows = [self._row(key) for key in sorted(self.dirty)]
        if not rows:
            return
        self.sent.append(rows)
        answered = {document["id"]: document for document in self.wire.push(*rows)}
        if answer_lost:
            return
        for row in rows:
            new = row["newDocumentState"]
            self._take(answered.get(new["id"], new))
        self.dirty.clear()

    def pull(self) -> None:
        while page := self.wire.page(50):
            for document in page:
                if document["id"] not in self.dirty:
                    self._take(document)

    def _row(self, key: str) -> dict[str, Any]:
        row = {"newDocumentState": self.holds[key]}
        return row | ({"assumedMasterState": self.master[key]} if key in self.master else {})

    def _take(self, document: dict[str, Any]) -> None:
        self.master[document["id"]] = self.holds[document["id"]] = document

    def live(self) -> dict[str, dict[str, Any]]:
        return {key: document for key, document in self.holds.items() if not document["_deleted"]}


@dataclass
class World:
    """Lin's two phones, the batch that an older app still sends, and the shop that may go to Ma in the middle."""

    cast: Cast
    now: datetime = NOW
    devices: list[Device] = field(default_factory=list)
    first: dict[str, dict[str, Any]] = field(default_factory=dict)  # id -> the content under which it was made

    def create(self, device: int, kind: int, shop: int) -> None:
        make = (item, full_item, everything)[kind]
        sent = make(self.cast, retailer_id=str(self.cast.shops[shop].pk), place=None)
        self.first[sent["submission_id"]] = sent
        self.devices[device].write({"id": sent["submission_id"], **sent})

    def edit(self, device: int, which: int, how: int) -> None:
        if document := self._chosen(device, which):
            edits: list[dict[str, Any]] = [
                {"note": f"改{self.now:%H%M}{device}"},
                {"observations": [], "tags": ["改"]},
                {"started_at": "2026-03-13T10:00:00+08:00"},
            ]
            self.devices[device].write(document | edits[how])

    def delete(self, device: int, which: int, _: int) -> None:
        if document := self._chosen(device, which):
            self.devices[device].write(document | {"_deleted": True})

    def push(self, device: int, lost: int, _: int) -> None:
        self.devices[device].push(answer_lost=lost == 1)

    def pull(self, device: int, *_: int) -> None:
        self.devices[device].pull()

    def replay(self, device: int, which: int, _: int) -> None:
        """A request of long ago arrives once more; nobody reads the answer."""
        if sent := self.devices[device].sent:
            self.devices[device].wire.push(*sent[which % len(sent)])

    def batch(self, _: int, which: int, __: int) -> None:
        if self.first:
            receive(self.cast.actor("lin"), list(self.first.values())[which % len(self.first)])

    def photo(self, _: int, which: int, __: int) -> None:
        declared = [p for sent in self.first.values() for p in sent.get("photos", ())]
        if declared:
            one = declared[which % len(declared)]
            StoredPhoto.objects.get_or_create(
                pk=one["id"],
                defaults={
                    "sha256": bytes.fromhex(one["sha256"]), "size_bytes": one["bytes"], "name": one["id"],
                    "arrived_at": self.now, "person": self.cast.lin,
                },
            )  # fmt: skip
            photos.link([UUID(one["id"])])

    def move(self, *_: int) -> None:
        shop = self.cast.shops[0]
        if shop.assignments.filter(territory=self.cast.next_territory).exists():
            return
        today = clock.today()
        assignment.transfer(
            actor=self.cast.actor("zhao"), move=Move([shop.pk], self.cast.next_territory, today, reason="调整")
        )

    def tick(self, *_: int) -> None:
        rollups.drain()
        following.follow()

    def wait(self, hours: int, *_: int) -> None:
        self.now += timedelta(hours=1 + 9 * hours)

    def _chosen(self, device: int, which: int) -> dict[str, Any] | None:
        live = list(self.devices[device].live().values())
        return live[which % len(live)] if live else None


@pytest.fixture
def begin(cast: Cast) -> Callable[[], World]:
    def world() -> World:
        made = World(cast)
        for name in ("first", "second"):
            made.devices.append(Device(Phone(phone_of(cast.people["lin"], device_id=name), "visits")))
        for shop in cast.shops:
            PlannedStop.objects.create(
                month=MARCH, retailer=shop, territory=cast.territory, county=cast.county, on_date=TODAY, position=1
            )
        return made

    return world


ACTS = ("create", "create", "edit", "edit", "edit", "delete", "push", "push", "push", "pull", "replay", "batch",
        "photo", "move", "tick", "wait")  # fmt: skip
STEPS = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 1), st.integers(0, 2), st.integers(0, 2)), min_size=8, max_size=30
)


def settled(world: World) -> None:
    """Everybody comes online: pushes, sees what the other pushed, and the tick has its turn."""
    for _ in range(2):
        for device in world.devices:
            device.pull()
            device.push()
            device.pull()
    marks.drain("phones", "assignments", lambda keys: None)
    world.tick()


def check(world: World) -> None:
    shops = {str(shop.pk) for shop in world.cast.shops if _owner(shop) == world.cast.territory.pk}
    server = {str(visit.pk): visit for visit in Visit.objects.all() if str(visit.retailer_id) in shops}
    receipts = set(Receipt.objects.values_list("submission_id", flat=True))
    refused = {str(q) for q in Quarantined.objects.values_list("submission_id", flat=True)} - set(map(str, receipts))
    for device in world.devices:  # what was refused before it ever stood stays with its author, who was told
        assert set(device.live()) - refused == set(server)
        for key in server:
            document = device.live()[key]
            assert document.get("note", "") == server[key].note
            assert document["revision"] == server[key].revision
    gone = set(VisitRevision.objects.filter(act="withdraw").values_list("visit_id", flat=True))
    stand = set(Visit.objects.values_list("pk", flat=True))
    assert (stand | gone, stand & gone) == (receipts, set())
    unheard = set(world.first) - set(map(str, receipts)) - refused  # deleted before it was sent, and no visit anyway
    assert all(device.holds.get(key, {"_deleted": True})["_deleted"] for key in unheard for device in world.devices)
    for visit_id in receipts:
        _check_history(visit_id)
    for visit_id in stand:
        _check_rows(world, visit_id)
    _check_followed(world)


def _owner(shop: Any) -> int:
    return shop.assignments.get(during__contains=clock.today()).territory_id


def _check_history(visit_id: UUID) -> None:
    """Numbers without a gap, each beginning where the one before it ended, the last at what stands."""
    history = list(VisitRevision.objects.filter(visit_id=visit_id).order_by("number"))
    assert [r.number for r in history] == list(range(2, len(history) + 2))
    for earlier, later in pairwise(history):
        assert later.before == earlier.after
    held = standing.locked([visit_id])[visit_id].held
    assert (history[-1].after if history else None) == (held.content if held and history else None)
    assert held is None or held.revision == len(history) + 1


def _check_rows(world: World, visit_id: UUID) -> None:
    """The rows are those that a first acceptance of the present content would make."""
    held = standing.locked([visit_id])[visit_id].held
    assert held is not None
    stamped = Assignment.objects.get(retailer_id=held.retailer_id, during__contains=held.on_date).territory_id
    if stamped != held.territory_id:
        return  # the shop moved later on that very day: records keep the territory that they were accepted with
    stand = rows_of(visit_id)
    with transaction.atomic():
        storing.clear([(held.id, held.month)], whole=True)
        Receipt.objects.filter(pk=visit_id).delete()
        [outcome] = receive(world.cast.actor("lin"), held.content, received_at=held.received_at)
        assert outcome.word == "created", outcome
        assert rows_of(visit_id) == stand
        transaction.set_rollback(True)


def _counted() -> list[tuple[int, ...]]:
    columns = ("unit_id", "visits", "checks", "notes", "observations", "remarks")
    return sorted(row for row in UnitMonth.objects.filter(month=MARCH).values_list(*columns) if any(row[1:]))


def _check_followed(world: World) -> None:
    """Boards and stops say what a recomputation says."""
    before = _counted()
    rollups.recompute([Key(world.cast.territory.pk, MARCH), Key(world.cast.next_territory.pk, MARCH)])
    assert _counted() == before
    assert following.link(MARCH) == 0
    served = PlannedStop.objects.exclude(visit_id=None).values_list("visit_id", flat=True)
    assert set(served) <= set(Visit.objects.values_list("pk", flat=True))


@given(steps=STEPS)
@settings(
    max_examples=examples(8, thorough=40),
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_order_of_creates_edits_deletes_replays_photos_and_a_transfer_ends_in_the_last_word(
    begin: Callable[[], World], steps: list[tuple[str, int, int, int]]
) -> None:
    with transaction.atomic():
        world = begin()
        for act, *chosen in steps:
            with clock.at(world.now):
                getattr(world, act)(*chosen)
        with clock.at(world.now):
            settled(world)
            check(world)
        transaction.set_rollback(True)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_create_two_edits_and_a_delete_end_alike_in_whatever_order_they_arrive(
    cast: Cast, order: tuple[int, ...]
) -> None:
    """R13: the requests of one phone, delayed and out of order; then the phone asks what stands and says its last
    word again, as its client does after a conflict."""
    sent = {"id": str(uuid4()), **full_item(cast)}
    sent["submission_id"] = sent["id"]
    states = [sent, sent | {"note": "一"}, sent | {"note": "二"}, sent | {"note": "二", "_deleted": True}]
    requests = [{"newDocumentState": new} for new in states]
    for earlier, row in zip(states, requests[1:], strict=False):
        row["assumedMasterState"] = earlier
    phone = Phone(phone_of(cast.people["lin"]), "visits")
    for number in order:
        phone.push(requests[number])
    phone.pull()
    if sent["id"] in phone.documents:
        stands = phone.documents[sent["id"]]
        assert phone.push({"newDocumentState": {**stands, "_deleted": True}, "assumedMasterState": stands}) == []
    assert phone.pull() == {}
    assert (Visit.objects.count(), Receipt.objects.count()) == (0, 1)
    assert VisitRevision.objects.get(act="withdraw").visit_id == UUID(sent["id"])
    told = {r.before.get("note") for r in VisitRevision.objects.all()} | {
        json.loads(bytes(q.payload)).get("note") for q in Quarantined.objects.filter(kind="visit")
    }
    assert told == {sent["note"], "一", "二"}  # every word is kept: in the history, or as a conflict

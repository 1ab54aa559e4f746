"""What follows from the demo's visits, and what people decided about it; called by demo/loading.py once all is lived.

Photos of Lin's last visits are taken over and read as any other; tasks, breaches and signals are derived by the verbs
of daily work, and a few of them were answered, seen or closed by those whose part that is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final
from uuid import uuid5

from backend import clock, marks
from backend.models import Level, Person, Unit
from backend.scope import Actor, actor_of
from demo import camera, months
from demo.staging import Plan
from market.rollups import recompute as rollups
from retail import news
from visits import breaches, checked, faq, photo_processing, photo_store, photos, signalling
from visits.faq import Reply
from visits.models import Breach, CheckLine, Photo, PolicyQuestion, Signal, StoredPhoto, Visit

VISITS_WITH_PHOTOS: Final = 8
SAID: Final = (
    "店主在仓库点货，就近见面。",
    "店里只有老人看店，核对库存后离开。",
    "店门口修路，车停在巷口打卡。",
)
CLOSED: Final = ("现场指导，已整改。", "约谈店主，限期改正，复查合格。", "转片区专卖管理所核查，未见异常。")
ANSWERED: Final = "按本月供货规则执行，规则单已发至各市场部，可对照讲解。"


def live(plan: Plan) -> None:
    """Photos stand with their visits, tasks, breaches, signals and proposed points are those that the visits make, and
    a few were dealt with. In the caller's transaction."""
    _photograph(Random(f"{plan.seed}/photos"))
    since = months.first_lived(plan.as_of)
    keys = Visit.objects.filter(month__gte=since).order_by().values_list("territory_id", "on_date").distinct()
    checked.recompute([marks.Key(*place) for place in keys])
    _explain()
    _settle()
    _reply()


def count(plan: Plan) -> None:
    """The boards count repairs, replies and collection points, which were written after their months were lived. In the
    caller's transaction."""
    since = months.first_lived(plan.as_of)
    span = [clock.add_months(since, step) for step in range(months.MONTHS_LIVED + 1)]
    territories = Unit.objects.filter(level=Level.TERRITORY).values_list("pk", flat=True)
    marks.mark(news.SERVICE, [(unit, month) for unit in territories for month in span])
    kinds = (*rollups.SERVICE, *rollups.REPAIRS)
    while marks.drain(rollups.CONSUMER, kinds, rollups.recompute_repairs, limit=months.KEYS_AT_ONCE):
        pass


# -- photos ------------------------------------------------------------------------------------------------------------


def _photograph(rng: Random) -> None:
    """Lin's last visits have their photos: of the shop, and of what was put right before and after it."""
    mine = Visit.objects.filter(person__username="lin", presence="valid", template_version_id__isnull=False)
    visits = list(mine.order_by("-started_at")[:VISITS_WITH_PHOTOS])
    made = [(line, content) for visit in visits for line, content in _taken(visit, rng)]
    Photo.objects.bulk_create([line for line, _ in made])
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        rows = [_kept(line, content, Path(folder)) for line, content in made]
    by_visit = {visit.pk: visit for visit in visits}
    for row, (line, _) in zip(rows, made, strict=True):
        row.person_id, row.device_id = by_visit[line.visit_id].person_id, by_visit[line.visit_id].device_id
    StoredPhoto.objects.bulk_create(rows)
    photos.link([row.pk for row in rows])
    photo_processing.process(list(StoredPhoto.objects.filter(pk__in=[row.pk for row in rows]).order_by("arrived_at")))


def _taken(visit: Visit, rng: Random) -> Iterator[tuple[Photo, bytes]]:
    failed = CheckLine.objects.filter(month=visit.month, visit_id=visit.pk, passed=False, answer="0").first()
    kinds = ("before", "after") if failed else ("shop",)
    place = (visit.lon, visit.lat) if visit.lon is not None and visit.lat is not None else None
    found = []
    for number, kind in enumerate(kinds, start=1):
        at = visit.started_at + timedelta(seconds=60 * number)
        content = camera.shelf(rng, at.astimezone(clock.BUSINESS_ZONE), place)
        line = Photo(
            month=visit.month, visit_id=visit.pk, line_no=number, photo_id=uuid5(visit.pk, kind),
            sha256=sha256(content).digest(), size_bytes=len(content), taken_at=at, kind=kind,
            item_code=failed.item_code if failed else "",
        )  # fmt: skip
        found.append(line)
        yield line, content
    Visit.objects.filter(month=visit.month, pk=visit.pk).update(photos_declared=len(found), photos_missing=len(found))
    if failed:
        same = CheckLine.objects.filter(month=visit.month, visit_id=visit.pk, line_no=failed.line_no)
        same.update(fixed=True, before_photo_id=found[0].photo_id, after_photo_id=found[1].photo_id)


def _kept(line: Photo, content: bytes, folder: Path) -> StoredPhoto:
    """Its bytes stand in the store."""
    arrived_at: datetime = line.taken_at + timedelta(minutes=20)
    name = photo_store.name_of(line.photo_id, bytes(line.sha256), arrived_at)
    path = folder / line.photo_id.hex
    path.write_bytes(content)
    photo_store.put(name, path)
    return StoredPhoto(
        id=line.photo_id, sha256=line.sha256, size_bytes=len(content), name=name, taken_at=line.taken_at,
        arrived_at=arrived_at,
    )  # fmt: skip


# -- what people did ---------------------------------------------------------------------------------------------------


def _explain() -> None:
    """Lin says how some of her signals came, and Chen takes the first as explained."""
    lin, chen = _actor("lin"), _actor("chen")
    mine = Signal.objects.filter(person__username="lin", kind__in=("too_far", "too_short")).order_by("raised_at", "id")
    for signal, words in zip(mine[: len(SAID)], SAID, strict=False):
        signalling.answer(actor=lin, signal=signal, text=words)
    for signal in mine[:1]:
        signalling.decide(actor=chen, signal=signal, accepted=True, text="与行程一致。")


def _settle() -> None:
    """Tang has looked at the first breaches, and closed some of them."""
    tang = _actor("tang")
    found = list(Breach.objects.order_by("reported_at", "id")[: 2 * len(CLOSED)])
    for number, breach in enumerate(found):
        seen = breaches.see(actor=tang, breach=breach)
        if number < len(CLOSED):
            breaches.close(actor=tang, breach=seen, outcome=CLOSED[number])


def _reply() -> None:
    """Shao has answered what shops asked first."""
    shao = _actor("shao")
    asked = PolicyQuestion.objects.filter(state=PolicyQuestion.State.OPEN).select_related("policy_version__policy")
    for question in asked.order_by("asked_on", "id")[:3]:
        faq.answer(actor=shao, question=question, reply=Reply(ANSWERED))


def _actor(username: str) -> Actor:
    return actor_of(Person.objects.get(username=username))

"""What the demo's departments, points and samples must come to; called by test_loading.py on its one demo."""

from __future__ import annotations

from datetime import date

from django.db import connection

from market.models import CollectionPoint, Sample
from retail.models import Need, NeedEvent, NeedReply
from visits import satisfaction


def one(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def departments_answer(as_of: date) -> None:
    """Each routed need has its clock and its event, each that was replied to its reply, by a post of its department;
    nothing happened on the day of the demo or later, and some are waiting."""
    routed = Need.objects.exclude(department="")
    assert {need.department for need in routed} == {"service_desk", "enforcement", "brand", "logistics"}
    assert NeedEvent.objects.count() == routed.count() > 20
    assert NeedReply.objects.count() == routed.filter(replied_at__isnull=False).count() > 15
    assert one("SELECT count(*) FROM retail_need WHERE replied_at < taken_at OR taken_at < routed_at") == 0
    assert (
        one("SELECT count(*) FROM retail_need WHERE (replied_at AT TIME ZONE 'Asia/Shanghai')::date > closed_on") == 0
    )
    assert not routed.filter(replied_at__date__gte=as_of).exists()
    assert routed.filter(replied_at=None, closed_on=None).exists()
    strangers = """SELECT count(*) FROM retail_needreply r JOIN retail_need n ON n.id = r.need_id
        WHERE NOT EXISTS (SELECT FROM backend_position p JOIN backend_role o ON o.code = p.role_id
            WHERE p.person_id = r.person_id AND 'requests.answer' = ANY(o.capabilities)
            AND replace(p.role_id, 'brand_manager', 'brand') = n.department)"""
    assert one(strangers) == 0


def samples_were_taken(as_of: date) -> None:
    """Each territory has its six points; the running week is due, those before are over, and a manager decided."""
    by_stratum = CollectionPoint.objects.values_list("territory_id", "stratum").order_by("territory_id", "stratum")
    territories = set(CollectionPoint.objects.values_list("territory_id", flat=True))
    assert sorted(by_stratum) == sorted(
        (unit, stratum) for unit in territories for stratum in ("large", "large", "middle", "middle", "middle", "small")
    )
    assert Sample.objects.count() == 9 * 6 * len(territories)
    assert set(Sample.objects.filter(state="due").values_list("week_on", flat=True)) == {as_of}
    assert {row.state for row in Sample.objects.filter(week_on__lt=as_of)} == {"taken", "late", "missed"}
    assert Sample.objects.filter(is_accepted=True).exists()
    assert Sample.objects.filter(is_accepted=False).exclude(decided_words="").exists()
    assert Sample.objects.exclude(suspects=[]).filter(decided_at=None).exists()


def shops_score(month: date) -> None:
    """Every territory of the demo has scores enough to be told of in a whole month."""
    units = list(CollectionPoint.objects.values_list("territory_id", flat=True).distinct())
    told = satisfaction.by_unit(units, month)
    assert [row.unit_id for row in told if row.scores is None] == []

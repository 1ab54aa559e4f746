"""The client rules that a day makes true: visits, licences, promises, needs and new clients; declared at start.

They are asked again each business day of the running month. Thresholds are those in force in the shop's territory.
"""

from __future__ import annotations

from backend.parameters import Declared, declared
from cycles.grid import Dimension
from cycles.models import Action, Goal
from cycles.rules.client import NO_UNIT, TRADE, in_force
from cycles.rules.rule import Proposal, Rule, add
from retail.parameters import LICENCE_NOTICE_DAYS
from visits.parameters import EVERY_DAYS

NEW_WORKDAYS = Declared(
    "client.new_workdays", int, 7, "新入网户跟踪期（工作日）", "a client is new for so many working days", TRADE
)
LICENCE_NOTICE = declared(LICENCE_NOTICE_DAYS)
CADENCE = tuple(declared(key) for key in EVERY_DAYS.values())


def _record(kind: str, key: str) -> str:
    return f"jsonb_build_object('kind', '{kind}', 'ids', jsonb_build_array({key}), 'rows', 1)"


# Of the month from the day on: what is asked for late in it can still be done.
_DAYS_LEFT = "((%(month)s::date + interval '1 month')::date - greatest(%(as_of)s::date, %(month)s::date))"

VISIT_OVERDUE = Rule(
    code="client.visit_overdue",
    version=2,
    dimension=Dimension.CLIENT,
    subject="shop",
    name="走访逾期",
    name_en="visit overdue",
    reads="最近一次有效走访（待核实的不计）与走访周期；从未走访的自入网日起算",
    reads_en="the last visit (none still to be verified) and the cadence; without one from the first day as a client",
    zh="{visit_class} 类零售户应每 {every:n} 天走访一次，距上次走访（{last_on:day}）已 {days:n} 天。",
    en="A shop of class {visit_class} is visited every {every:n} days; the last visit ({last_on:day}) was"
    " {days:n} days ago.",
    find=f"""
    WITH {in_force(*CADENCE)},
    own AS (
        SELECT s.retailer_id, s.visit_class, v.last_visit_id, v.last_on, b.threshold,
            coalesce(v.visits_so_far, 0) AS so_far,
            CASE s.visit_class WHEN 'A' THEN b.every_days_a WHEN 'B' THEN b.every_days_b ELSE b.every_days_c END
                AS every,
            %(as_of)s - coalesce(v.last_on, s.opened_on) AS days
        FROM an_shop s JOIN b USING (territory_id) LEFT JOIN an_visit v USING (retailer_id)
        WHERE s.state = 'active')
    SELECT o.retailer_id, {NO_UNIT}, jsonb_build_object('visit_class', o.visit_class, 'every', o.every,
            'last_on', o.last_on, 'days', o.days, 'baseline', o.so_far,
            'target', o.so_far + greatest(1, floor({_DAYS_LEFT} / o.every::numeric)), 'best', NULL) AS figures,
        o.threshold, CASE WHEN o.last_visit_id IS NULL THEN {_record("retailer", "o.retailer_id")}
            ELSE {_record("visit", "o.last_visit_id")} END AS evidence
    FROM own o WHERE o.every > 0 AND o.days > o.every
    """,  # noqa: S608
    bases=("an_visit",),
    severity=2,
    thresholds=CADENCE,
    every_day=True,
    proposal=Proposal(
        "client.visit",
        "按走访周期上门，当月至少走访 {target:n} 次",
        "Visit by its cadence: at least {target:n} this month",
        "visits",
        Goal.AT_LEAST,
        Action.Serves.VISIT,
    ),
)

_LICENCE = f"""
WITH {in_force(LICENCE_NOTICE)}
SELECT s.retailer_id, {NO_UNIT}, jsonb_build_object('valid_until', s.licence_valid_until,
        'days', abs(s.licence_valid_until - %(as_of)s), 'baseline',
        s.licence_valid_until - (%(month)s::date + interval '1 month - 1 day')::date, 'target', 1, 'best', NULL)
        AS figures,
    b.threshold, {_record("retailer", "s.retailer_id")} AS evidence
FROM an_shop s JOIN b USING (territory_id)
WHERE
"""  # noqa: S608

LICENCE_EXPIRING = Rule(
    code="client.licence_expiring",
    version=1,
    dimension=Dimension.CLIENT,
    subject="shop",
    name="许可证即将到期",
    name_en="licence expiring",
    reads="烟草专卖零售许可证有效期",
    reads_en="until when the retail licence runs",
    zh="烟草专卖零售许可证 {valid_until:day}到期，还有 {days:n} 天，请提醒持证人及时办理延续。",
    en="The retail licence runs until {valid_until:day}, {days:n} days from now; the holder is to ask for renewal.",
    find=f"{_LICENCE} s.licence_valid_until >= %(as_of)s"
    " AND s.licence_valid_until - %(as_of)s <= b.licence_notice_days",
    bases=(),
    severity=2,
    thresholds=(LICENCE_NOTICE,),
    every_day=True,
    proposal=Proposal(
        "client.renew_licence",
        "提醒并协助持证人办理许可证延续，{valid_until:day}前办结",
        "Remind the holder to renew the licence, and help: done by {valid_until:day}",
        "licence_days",
        Goal.AT_LEAST,
        Action.Serves.VISIT,
    ),
)

LICENCE_EXPIRED = Rule(
    code="client.licence_expired",
    version=1,
    dimension=Dimension.CLIENT,
    subject="shop",
    name="许可证已过期",
    name_en="licence expired",
    reads="烟草专卖零售许可证有效期",
    reads_en="until when the retail licence runs",
    zh="烟草专卖零售许可证已于 {valid_until:day}到期，逾期 {days:n} 天，请书面告知专卖部门。",
    en="The retail licence ended on {valid_until:day}, {days:n} days ago; enforcement is to be told in writing.",
    find=f"{_LICENCE} s.licence_valid_until < %(as_of)s",
    bases=(),
    severity=1,
    thresholds=(LICENCE_NOTICE,),
    every_day=True,
    proposal=Proposal(
        "client.report_licence",
        "上门核实持证情况，书面告知专卖部门并协助补办",
        "Check the licence at the shop, tell enforcement in writing, help to obtain a valid one",
        "licence_days",
        Goal.AT_LEAST,
        Action.Serves.VISIT,
    ),
)


def _overdue(table: str, kind: str, begun_on: str, ended_on: str) -> str:
    """SQL of rows of a ledger that were open and past their date as the day began, one row a shop, the oldest first."""
    return f"""
    SELECT x.retailer_id, {NO_UNIT}, jsonb_build_object('n', count(*), 'due_on', min(x.due_on),
            'days', %(as_of)s - min(x.due_on), 'baseline', count(*), 'target', 0, 'best', NULL) AS figures,
        '{{}}'::jsonb AS threshold, jsonb_build_object('kind', '{kind}',
            'ids', to_jsonb((array_agg(x.id ORDER BY x.due_on, x.id))[1:50]), 'rows', count(*)) AS evidence
    FROM an_shop s JOIN {table} x USING (retailer_id)
    WHERE {begun_on} < %(as_of)s AND x.due_on < %(as_of)s AND coalesce({ended_on} >= %(as_of)s, true)
    GROUP BY x.retailer_id
    """  # noqa: S608


PROMISE_OVERDUE = Rule(
    code="client.promise_overdue",
    version=1,
    dimension=Dimension.CLIENT,
    subject="shop",
    name="承诺逾期",
    name_en="promise overdue",
    reads="未兑现的承诺及其应兑现日期",
    reads_en="open promises and their dates",
    zh="有 {n:n} 项承诺逾期未兑现，最早一项应于 {due_on:day}兑现，已逾期 {days:n} 天。",
    en="{n:n} of our promises overdue; the oldest was due on {due_on:day}, {days:n} days ago.",
    find=_overdue("retail_promise", "promise", "x.promised_on", "x.settled_on"),
    bases=(),
    severity=1,
    every_day=True,
    proposal=Proposal(
        "client.keep_promise",
        "兑现逾期的 {n:n} 项承诺；确实无法兑现的，向零售户说明原因",
        "Keep the promises that are overdue ({n:n}), or tell the retailer why one cannot be kept",
        "promises_overdue",
        Goal.AT_MOST,
        Action.Serves.NOTHING,
        evidence_needed=0,
    ),
)

NEED_OVERDUE = Rule(
    code="client.need_overdue",
    version=1,
    dimension=Dimension.CLIENT,
    subject="shop",
    name="诉求逾期未办结",
    name_en="need open past its date",
    reads="未办结的客户诉求及其办结期限",
    reads_en="open needs and their dates",
    zh="有 {n:n} 项诉求逾期未办结，最早一项应于 {due_on:day}办结，已逾期 {days:n} 天。",
    en="{n:n} needs open past their date; the oldest was due on {due_on:day}, {days:n} days ago.",
    find=_overdue("retail_need", "need", "x.raised_on", "x.closed_on"),
    bases=(),
    severity=2,
    every_day=True,
    proposal=Proposal(
        "client.settle_need",
        "办结逾期的 {n:n} 项诉求，并向零售户反馈结果",
        "Settle the needs that are overdue ({n:n}) and tell the retailer the outcome",
        "needs_overdue",
        Goal.AT_MOST,
        Action.Serves.NOTHING,
        evidence_needed=0,
    ),
)

NEW_CLIENT = Rule(
    code="client.new",
    version=1,
    dimension=Dimension.CLIENT,
    subject="shop",
    name="新入网零售户",
    name_en="new client",
    reads="入网日期与工作日历；入网以来的订单",
    reads_en="the first day as a client, the working calendar, orders since",
    zh="新入网零售户，今日为入网第 {day:n} 个工作日（跟踪期 {workdays:n} 个工作日），已订货 {orders:n} 次。",
    en="A new client on working day {day:n} of {workdays:n}, with {orders:n} orders so far.",
    find=f"""
    WITH {in_force(NEW_WORKDAYS)},
    own AS (
        SELECT s.retailer_id, s.territory_id, (SELECT count(*) FROM an_workday w WHERE w.on_date >= s.opened_on) AS day
        FROM an_shop s
        WHERE s.state = 'active' AND s.opened_on <= %(as_of)s AND s.opened_on > (SELECT min(on_date) FROM an_workday))
    SELECT o.retailer_id, {NO_UNIT}, jsonb_build_object('day', o.day, 'workdays', b.new_workdays,
            'orders', coalesce(x.orders0, 0), 'baseline', coalesce(x.orders0, 0), 'target', 1, 'best', NULL) AS figures,
        b.threshold, {_record("retailer", "o.retailer_id")} AS evidence
    FROM own o JOIN b USING (territory_id) LEFT JOIN an_total x USING (retailer_id)
    WHERE o.day <= b.new_workdays
    """,  # noqa: S608
    bases=("an_workday", "an_total"),
    severity=2,
    thresholds=(NEW_WORKDAYS,),
    every_day=True,
    proposal=Proposal(
        "client.first_order",
        "上门核对基础信息与分类，指导完成首次订货，当月至少订货 {target:n} 次",
        "Check the shop's file and class on site and help with the first order: {target:n} this month",
        "orders",
        Goal.AT_LEAST,
        Action.Serves.VISIT,
    ),
)

add(VISIT_OVERDUE, LICENCE_EXPIRING, LICENCE_EXPIRED, PROMISE_OVERDUE, NEED_OVERDUE, NEW_CLIENT)

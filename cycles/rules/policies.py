"""The market rules on policies: shops that must still be told before the deadline, and how many a territory still has.

Asked every business day: what is due follows from dates, what was told from visits.
"""

from __future__ import annotations

from backend.parameters import Declared
from cycles.grid import Dimension
from cycles.models import Action, Goal
from cycles.rules.client import OURS, in_force
from cycles.rules.rule import Proposal, Rule, add
from cycles.rules.subjects import NO_UNIT, TERRITORY

DAYS_BEFORE = Declared(
    "market.policy_days_before", int, 7, "政策宣讲截止前几天提示", "policies: days before the deadline", OURS
)
DAYS_AFTER = Declared(
    "market.policy_days_after", int, 14, "政策宣讲截止后几天仍提示", "policies: days after the deadline", OURS
)

_POLICIES = """'policies', jsonb_agg(o.title ORDER BY o.brief_by, o.version_id),
    'policies_en', jsonb_agg(o.title_en ORDER BY o.brief_by, o.version_id),
    'policy_version_ids', jsonb_agg(o.version_id ORDER BY o.brief_by, o.version_id)"""

UNTOLD = Rule(
    code="market.untold",
    version=1,
    dimension=Dimension.MARKET,
    subject="shop",
    name="政策未宣讲",
    name_en="policies not yet told",
    reads="已发布政策的宣讲截止日，与该户的宣讲记录",
    reads_en="deadlines of released policies, and what the shop was told",
    zh="{n:n} 项政策尚未宣讲：{policies:list}，最早 {due:date}截止。",
    en="{n:n} policies are still to be told: {policies_en:list}, the first by {due:date}.",
    find=f"""
    WITH {in_force(DAYS_BEFORE, DAYS_AFTER)},
    own AS (
        SELECT o.retailer_id, o.territory_id, count(*) AS n, jsonb_build_object({_POLICIES}) AS named,
            min(o.brief_by) AS due, jsonb_agg(o.version_id ORDER BY o.brief_by, o.version_id) AS versions
        FROM an_untold o GROUP BY o.retailer_id, o.territory_id)
    SELECT o.retailer_id, {NO_UNIT}, o.named || jsonb_build_object('n', o.n, 'due', o.due, 'baseline', o.n,
            'target', 0, 'best', NULL) AS figures,
        b.threshold, jsonb_build_object('kind', 'policy_version', 'ids', o.versions, 'rows', o.n) AS evidence
    FROM own o JOIN b USING (territory_id)
    """,  # noqa: S608
    bases=("an_untold", "an_unit"),
    severity=2,
    thresholds=(DAYS_BEFORE, DAYS_AFTER),
    every_day=True,
    proposal=Proposal(
        "market.brief",
        "上门宣讲{policies:list}，并请零售户复述要点",
        "Tell of {policies_en:list} at the shop, and let the retailer say it again",
        "policies_unbriefed",
        Goal.AT_MOST,
        Action.Serves.BRIEFING,
        due_days=7,
    ),
)

BEHIND = Rule(
    code="market.briefing",
    version=1,
    dimension=Dimension.MARKET,
    subject="territory",
    name="政策宣讲进度滞后",
    name_en="shops still to be told before a deadline",
    reads="已发布政策的宣讲截止日，与片区各户的宣讲记录",
    reads_en="deadlines of released policies, and what the territory's shops were told",
    zh="{n:n} 项政策临近或超过截止日（{policies:list}），还有 {shops:n} 户未宣讲，最早 {due:date}截止。",
    en="{n:n} policies are at their deadline ({policies_en:list}); {shops:n} shops are still to be told, the first by"
    " {due:date}.",
    find=f"""
    WITH {in_force(DAYS_BEFORE, DAYS_AFTER)},
    shop AS (SELECT territory_id, count(DISTINCT retailer_id) AS shops FROM an_untold GROUP BY territory_id),
    own AS (
        SELECT o.territory_id, count(*) AS n, jsonb_build_object({_POLICIES}) AS named, min(o.brief_by) AS due,
            jsonb_agg(o.version_id ORDER BY o.brief_by, o.version_id) AS versions
        FROM (SELECT DISTINCT territory_id, version_id, title, title_en, brief_by FROM an_untold) o
        GROUP BY o.territory_id)
    SELECT {TERRITORY}, o.named || jsonb_build_object('n', o.n, 'shops', s.shops, 'due', o.due,
            'baseline', s.shops, 'target', 0, 'best', NULL) AS figures,
        b.threshold, jsonb_build_object('kind', 'policy_version', 'ids', o.versions, 'rows', o.n) AS evidence
    FROM own o JOIN shop s USING (territory_id) JOIN b USING (territory_id)
    """,  # noqa: S608
    bases=("an_untold", "an_unit"),
    severity=3,
    thresholds=(DAYS_BEFORE, DAYS_AFTER),
    every_day=True,
    proposal=Proposal(
        "market.briefing",
        "排定路线补齐宣讲，未宣讲户数由 {baseline:n} 户降到 {target:n} 户",
        "Plan the routes so that all are told: shops still to be told from {baseline:n} to {target:n}",
        "shops_unbriefed",
        Goal.AT_MOST,
        Action.Serves.BRIEFING,
    ),
)

add(UNTOLD, BEHIND)

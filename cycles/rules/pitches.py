"""The brand rules over pitches: success below target, or too few to tell, which is said and accuses nobody."""

from __future__ import annotations

from cycles.grid import Dimension
from cycles.models import Action, Goal
from cycles.rules.brand import PITCH_RATE, PITCHES_MIN
from cycles.rules.client import in_force
from cycles.rules.rule import Proposal, Rule, add
from cycles.rules.subjects import TERRITORY, proof

_FIGURES = """'pitches', o.pitches, 'accepted', o.accepted, 'rate', round(100.0 * o.accepted / o.pitches, 1),
    'limit', b.pitch_rate, 'least', b.pitches_min"""
_EVIDENCE = proof("visits_with_pitch", "o.visits", since="o.since", until="%(as_of)s")
_FROM = "FROM an_pitch o JOIN b USING (territory_id)"

LOW = Rule(
    code="brand.pitches",
    version=1,
    dimension=Dimension.BRAND,
    subject="territory",
    name="推介成功率低",
    name_en="pitches succeed too seldom",
    reads="近三个月的推介记录（不少于规定次数）",
    reads_en="pitches of three months, where there are enough",
    zh="近三个月推介 {pitches:n} 次，接受 {accepted:n} 次，成功率 {rate:percent}（目标 {limit:percent}）。",
    en="{pitches:n} pitches in three months, {accepted:n} accepted: {rate:percent} (target {limit:percent}).",
    find=f"""
    WITH {in_force(PITCH_RATE, PITCHES_MIN)}
    SELECT {TERRITORY}, jsonb_build_object({_FIGURES}, 'baseline', round(100.0 * o.accepted / o.pitches, 1),
            'target', b.pitch_rate, 'best', NULL) AS figures, b.threshold, {_EVIDENCE} AS evidence
    {_FROM} WHERE o.pitches >= b.pitches_min AND 100 * o.accepted < b.pitch_rate * o.pitches
    """,
    bases=("an_pitch", "an_unit"),
    severity=2,
    thresholds=(PITCH_RATE, PITCHES_MIN),
    proposal=Proposal(
        "brand.pitches",
        "由市场经理陪访辅导推介方法，推介成功率由 {baseline:percent} 提高到 {target:percent}",
        "The market manager coaches on joint visits: pitch success from {baseline:percent} to {target:percent}",
        "pitch_success_rate",
        Goal.AT_LEAST,
        Action.Serves.PITCH,
    ),
)

TOO_FEW = Rule(
    code="brand.pitches_few",
    version=1,
    dimension=Dimension.BRAND,
    subject="territory",
    name="推介样本太小",
    name_en="pitches: sample too small",
    reads="近三个月的推介记录（少于规定次数）",
    reads_en="pitches of three months, where there are too few",
    zh="近三个月推介 {pitches:n} 次，不足 {least:n} 次，样本太小，成功率不作评价。",
    en="{pitches:n} pitches in three months, fewer than {least:n}: sample too small, success is not judged.",
    find=f"""
    WITH {in_force(PITCH_RATE, PITCHES_MIN)}
    SELECT {TERRITORY}, jsonb_build_object('pitches', o.pitches, 'accepted', o.accepted, 'least', b.pitches_min)
            AS figures,
        b.threshold, {_EVIDENCE} AS evidence
    {_FROM} WHERE o.pitches < b.pitches_min
    """,
    bases=("an_pitch", "an_unit"),
    severity=3,
    thresholds=(PITCH_RATE, PITCHES_MIN),
)

add(LOW, TOO_FEW)

"""What the demo's last months came to, in lines; printed by `manage.py demo_method`, read by people and README.

Lin's cells of both whole months as they stand drafted, one day of her plan with its reasons, a miss of the first month
with its outcome in the second, and the figures of the whole prefecture: findings by rule, share of cells that asked for
no typing, share of sentences with evidence, errors of the forecast, and differences to a recomputation from facts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import Count

from backend import clock
from backend.models import Level, Person, Position, Unit
from backend.scope import Actor, actor_of
from cycles import drafting, forecast_errors, papers, plan_reading
from cycles.chain_reads import asks
from cycles.models import Action, Finding, Improvement, ManagerCycle, Result, Sighting
from cycles.recompute import recompute as made_again
from cycles.rules.rule import rules
from visits.models import PlannedStop

RULE = "-" * 72


def report(*, recompute: bool) -> Iterator[str]:
    """The lines, in the active language with heads in both. Months are the two before the running one."""
    running = clock.month_of(clock.today())
    lived = [clock.add_months(running, -2), clock.add_months(running, -1)]
    lin = Person.objects.get(username="lin")
    actor = actor_of(lin)
    for month in lived:
        yield from _cells(actor, lin, month)
    yield from _day(actor, lin, running)
    yield from _miss(lin, lived[0])
    yield from _prefecture(lived)
    if recompute:
        yield from _recomputed(lived)


def _head(text: str) -> Iterator[str]:
    yield from ("", RULE, text, RULE)


def _cells(actor: Actor, lin: Person, month: date) -> Iterator[str]:

    cycle = ManagerCycle.objects.select_related("unit", "person").get(person=lin, month=month)
    yield from _head(f"林晓梅 {month:%Y-%m} 十五格 · Lin's 15 cells")
    for one in papers.paper_of(actor, cycle).cells:
        typed = "需说明 · asks for words" if one.asks else "无需键入 · no typing"
        yield f"[{one.cell.name}] {one.row.get_state_display()} · {typed}"
        for sentence in one.sentences:
            yield f"    {drafting.text_of(sentence)}  〔证据 · evidence {sentence['evidence']['rows']}〕"
        if one.row.words:
            yield f"    她的话 · her words: {one.row.words}"


def _day(actor: Actor, lin: Person, month: date) -> Iterator[str]:

    unit = Position.objects.get(person=lin, role_id="account_manager").unit_id
    ahead = PlannedStop.objects.filter(territory_id=unit, month=month, on_date__gte=clock.today())
    on = ahead.order_by("on_date").values_list("on_date", flat=True).first() or month
    stops = plan_reading.stops_of(actor, unit, month, on)
    sentences = plan_reading.Sentences(stops)
    yield from _head(f"林晓梅 {on} 的计划 · Lin's plan of a day: {len(stops)} 户 · shops")
    for stop in stops:
        yield f"{stop.position}. {stop.retailer.name} ({stop.get_state_display()})"
        for reason in sentences.of(stop):
            yield f"    {reason['text']}  〔{reason['link']}〕"


def _miss(lin: Person, month: date) -> Iterator[str]:

    unit = Position.objects.get(person=lin, role_id="account_manager").unit_id
    mine = Improvement.objects.filter(month=month, territory_id=unit).exclude(state=Improvement.State.DROPPED)
    row = mine.filter(state__in=["met", "partly"]).order_by("rule", "id").first() or mine.order_by("rule", "id").first()
    yield from _head(f"{month:%Y-%m} 的一项未达成 · a miss and its outcome")
    if row is None:
        yield "没有 · none"
        return
    told = Action.objects.select_related("result", "retailer").filter(improvement=row).order_by("month")
    result = Result.objects.get(action_id=row.origin_id)
    yield f"{row.retailer.name if row.retailer else row.unit} · {asks(row)}"
    yield f"  {month:%Y-%m}: 目标 · target {row.target}, 实绩 · measured {result.value}, 原因 · reason {result.reason}"
    for action in told:
        outcome = getattr(action, "result", None)
        measured = "进行中 · running" if outcome is None else f"{outcome.value} ({outcome.get_outcome_display()})"
        yield f"  {action.month:%Y-%m}: 目标 · target {action.target}, {measured}"
    yield f"  改进 · improvement: {row.get_state_display()}, 实绩 · outcome {row.outcome}"


def _prefecture(lived: list[date]) -> Iterator[str]:

    yield from _head("全市 · the prefecture")
    for unit in Unit.objects.filter(level=Level.PREFECTURE).order_by("code"):
        for month in lived:
            found = papers.effort(month, unit)
            share = 100 * found.cells_without_typing / max(1, found.cells)
            proved = 100 * found.sentences_with_evidence / max(1, found.sentences)
            yield (
                f"{unit.name} {month:%Y-%m}: 无需键入的格 · cells without typing {share:.1f} % of {found.cells};"
                f" 有证据的句子 · sentences with evidence {proved:.1f} % of {found.sentences}"
            )

    counted = dict(Finding.objects.values_list("rule").annotate(n=Count("pk")).order_by("rule"))
    yield f"发现 · findings ({Sighting.objects.count()} 次 · sightings):"
    for one in rules():
        yield f"  {one.code}: {counted.get(one.code, 0)}  {one.name}"
    for method, (error, accuracy) in forecast_errors.total(forecast_errors.backtest(12)).items():
        yield f"预测 · forecast {method}: 误差 · error {error} %, 准确率 · accuracy {accuracy} %"


def _recomputed(lived: list[date]) -> Iterator[str]:

    for month in lived:
        yield f"重算 · recompute {month:%Y-%m}: {made_again(month).unexplained} 处差异 · differences"

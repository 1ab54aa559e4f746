"""The sentences of a manager's month, in both languages; drafting.py fills them in, cycles/sentences.py says them."""

from __future__ import annotations

from cycles.sentences import Template, register

# Counts are of records unless a shop is named; names are at most five, so a longer list says "such as".
TEMPLATES: tuple[Template, ...] = tuple(
    Template(f"month.{key}", 1, zh, en)
    for key, zh, en in (
        # analyze
        ("findings", "发现 {n:n} 条，涉及 {shops:n} 户。", "{n:n} findings at {shops:n} shops."),
        ("findings_of_unit", "发现 {n:n} 条。", "{n:n} findings."),
        ("rule_few", "{rule}：{shops:n} 户（{names:list}）。", "{rule_en}: {shops:n} shops ({names:list})."),
        (
            "rule_many",
            "{rule}：{shops:n} 户，先看{names:list}。",
            "{rule_en}: {shops:n} shops; look first at {names:list}.",
        ),
        ("rule_of_unit", "{rule}：{n:n} 条。", "{rule_en}: {n:n}."),
        ("flagged_few", "{n:n} 条须说明原因：{names:list}。", "Say why for {n:n}: {names:list}."),
        ("flagged_many", "{n:n} 条须说明原因，如{names:list}。", "Say why for {n:n}, such as {names:list}."),
        (
            "carried",
            "其中 {n:n} 条以前月份已有，最早始于{since:day}。",
            "{n:n} of these stand from earlier months, the oldest since {since:day}.",
        ),
        ("findings_most", "{unit}最多：{n:n} 条，占 {share:percent}。", "Most are in {unit}: {n:n}, {share:percent}."),
        ("product", "{product}：发现 {n:n} 条，{shops:n} 户。", "{product}: {n:n} findings at {shops:n} shops."),
        # plan
        (
            "actions",
            "措施 {n:n} 项：已接受 {accepted:n}，待定 {drafted:n}，不做 {dropped:n}。",
            "{n:n} actions: {accepted:n} accepted, {drafted:n} to decide, {dropped:n} dropped.",
        ),
        (
            "above_best_few",
            "{n:n} 项目标明显高于近 12 个月最好水平，须说明依据：{names:list}。",
            "{n:n} targets stand far above the best of 12 months; say what they rest on: {names:list}.",
        ),
        (
            "above_best_many",
            "{n:n} 项目标明显高于近 12 个月最好水平，须说明依据，如{names:list}。",
            "{n:n} targets stand far above the best of 12 months; say what they rest on, such as {names:list}.",
        ),
        (
            "stops",
            "计划走访 {n:n} 次，{shops:n} 户，分布在 {days:n} 天。",
            "{n:n} visits planned at {shops:n} shops on {days:n} days.",
        ),
        ("forecast", "预测 {cartons:n} 条，上月 {last:n} 条。", "Forecast {cartons:n} cartons; last month {last:n}."),
        (
            "forecast_changed",
            "模型预测 {model:n} 条，改为 {cartons:n} 条：{reason}。",
            "The model said {model:n} cartons, changed to {cartons:n}: {reason}.",
        ),
        (
            "forecasts",
            "{n:n} 个片区预测合计 {cartons:n} 条，上月 {last:n} 条，其中 {changed:n} 个片区改过。",
            "{n:n} territories forecast {cartons:n} cartons (last month {last:n}); {changed:n} were changed by hand.",
        ),
        # execute
        (
            "visits",
            "走访 {n:n} 次，到户 {shops:n} 户，共 {of:n} 户。",
            "{n:n} visits at {shops:n} of {of:n} shops.",
        ),
        (
            "stops_done",
            "计划 {n:n} 次，完成 {done:n} 次，未走访 {missed:n} 次。",
            "{n:n} stops planned: {done:n} done, {missed:n} missed.",
        ),
        (
            "stops_unexplained_few",
            "{n:n} 次未走访须说明原因：{names:list}。",
            "Say why {n:n} stops were missed: {names:list}.",
        ),
        (
            "stops_unexplained_many",
            "{n:n} 次未走访须说明原因，如{names:list}。",
            "Say why {n:n} stops were missed, such as {names:list}.",
        ),
        (
            "served",
            "{n:n} 项措施须有走访记录，已有 {done:n} 项。",
            "{n:n} actions want a record of a visit; {done:n} have it.",
        ),
        (
            "pitches",
            "推介 {n:n} 次，接受 {accepted:n} 次，成功率 {share:percent}。",
            "{n:n} pitches, {accepted:n} accepted: {share:percent}.",
        ),
        (
            "seen",
            "采集价格或库存 {n:n} 条，来自 {shops:n} 户。",
            "{n:n} prices or stocks seen at {shops:n} shops.",
        ),
        # evaluate
        (
            "results",
            "评估 {n:n} 项：达成 {hit:n}，未达成 {miss:n}，无法衡量 {unmeasured:n}。",
            "{n:n} measured: {hit:n} hit, {miss:n} missed, {unmeasured:n} not measurable.",
        ),
        ("misses_few", "{n:n} 项未达成须说明原因：{names:list}。", "Say why {n:n} were missed: {names:list}."),
        (
            "misses_many",
            "{n:n} 项未达成须说明原因，如{names:list}。",
            "Say why {n:n} were missed, such as {names:list}.",
        ),
        (
            "results_least",
            "{unit}达成率最低：可衡量的 {n:n} 项中达成 {hit:n} 项。",
            "{unit} hit the smallest share: {hit:n} of {n:n} that could be measured.",
        ),
        (
            "accuracy",
            "预测 {cartons:n} 条，实际 {actual:n} 条，准确率 {accuracy:percent}。",
            "Forecast {cartons:n} cartons, ordered {actual:n}: accuracy {accuracy:percent}.",
        ),
        # improve
        (
            "improvements",
            "改进 {n:n} 项：待确认 {proposed:n}，进行中 {open:n}，达成 {met:n}，部分达成 {partly:n}，"
            "放弃 {dropped:n}。",
            "{n:n} improvements: {proposed:n} proposed, {open:n} open, {met:n} met, {partly:n} partly met,"
            " {dropped:n} dropped.",
        ),
        (
            "aged",
            "{n:n} 项改进评估过两次以上仍未达成，最长 {months:n} 个月。",
            "{n:n} improvements were measured twice or more without being met, the oldest {months:n} months.",
        ),
        ("advice", "经营指导单 {n:n} 份，已写建议 {written:n} 份。", "{n:n} advice sheets, {written:n} with words."),
    )
)

register(*TEMPLATES)

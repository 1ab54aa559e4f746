// What the shop's card says; the keys of both languages are the same.
import { words } from "../words";

export const w = words({
  shop: "零售户", gone: "手机里没有这一户", gone_note: "它可能已划给别的片区。", visit: "开始走访", go_on: "继续走访", map: "打开地图", call: "拨打 {name}",
  who: "店主与联系人", holder: "持证人 {name}", code: "客户编码 {code}", licence_until: "许可证到{day}", licence_soon: "许可证 {n} 天后到期", licence_late: "许可证已过期 {n} 天", order_day: "{weekday}订货",
  monday: "周一", tuesday: "周二", wednesday: "周三", thursday: "周四", friday: "周五", saturday: "周六", sunday: "周日",
  urban: "城镇", rural: "乡村", ordinary: "普通终端", modern: "现代终端", franchise: "加盟终端", class_A: "每周一访", class_B: "两周一访", class_C: "每月一访",
  active: "正常", suspended: "停业", closed: "歇业",
  due_in: "还有 {n} 天", due_today: "今天到期", due_late: "逾期 {n} 天", owed: "答应过、还没兑现", needs: "还没办结的诉求", none_owed: "没有未兑现的承诺",
  to_do: "这个月要做的", at_least: "目标不低于 {target}，起草时 {baseline}", at_most: "目标不超过 {target}，起草时 {baseline}", evidence: "走访记录须 {of} 次，已有 {n} 次", found: "发现的问题", found_none: "没有未解决的发现", since: "自{day}", records: "依据 {n} 条记录",
  last: "上次走访", last_by: "{day}，{name}", failed: "未通过：{items}", score: "陈列 {score} 分", heard: "听到的", never: "近半年没有走访记录", more_visits: "再早的 {n} 次",
  bought: "订货", cartons: "{n} 条", cartons_of: "{month}：{n} 条", year_ago: "去年同月 {n} 条", bought_chart: "近十三个月订货：{all}", money: "{yuan} 元",
  seen: "价格与库存", packs: "库存 {n} 包", price: "{yuan} 元/条", guide: "指导价 {yuan} 元/条", stock_chart: "{name} 库存变化：{all}", price_chart: "{name} 价格变化：{all}", seen_none: "近几次走访没有看过价格和库存", all_products: "全部 {n} 个品规",
  policies: "还要宣讲的政策", policies_none: "该讲的都讲了", brief_by: "{day}前讲完", learn_first: "先完成测验才能宣讲", tasks: "要整改的陈列", task_due: "{day}前整改", carried: "延续的改进", reasons: "今天为什么来",
  mine: "我的走访记录", mine_note: "本月和上月您自己的记录可以修改或撤回，每一版都留在历史里。", mine_sent: "已发送", mine_waits: "等待发送", mine_refused: "没有被接受，见“待发送”", mine_edited: "已修改 {n} 次",
  mine_edit: "修改", mine_withdraw: "撤回这次走访", mine_withdraw_note: "{when} 的走访将不再计入任何统计；内容留在历史里，主管看得到。发送之前可以恢复。", mine_withdraw_do: "确定撤回", mine_keep: "保留", mine_withdrawn: "已撤回",
  mine_back: "已恢复", mine_too_late: "撤回已经发送，不能恢复", mine_draft_first: "这户有一次没完成的走访，请先完成它", mine_no_template: "手机里没有当时的陈列标准，请联网后再试", mine_no_shop: "手机里没有这一户", mine_failed: "没有成功：{reason}",
}, {
  shop: "Shop", gone: "This shop is not on the phone", gone_note: "It may belong to another territory by now.", visit: "Start the visit", go_on: "Go on with the visit", map: "Open the map", call: "Call {name}",
  who: "Who is here", holder: "Holder {name}", code: "Client code {code}", licence_until: "Licence to {day}", licence_soon: "Licence ends in {n} days", licence_late: "Licence ended {n} days ago", order_day: "orders on {weekday}",
  monday: "Monday", tuesday: "Tuesday", wednesday: "Wednesday", thursday: "Thursday", friday: "Friday", saturday: "Saturday", sunday: "Sunday",
  urban: "urban", rural: "rural", ordinary: "ordinary terminal", modern: "modern terminal", franchise: "franchise terminal", class_A: "visited weekly", class_B: "visited every two weeks", class_C: "visited monthly",
  active: "active", suspended: "suspended", closed: "closed for good",
  due_in: "{n} days left", due_today: "due today", due_late: "{n} days late", owed: "Promised, and not kept yet", needs: "Needs that are open", none_owed: "No promise is open",
  to_do: "To be done this month", at_least: "to reach {target}, {baseline} when drafted", at_most: "at most {target}, {baseline} when drafted", evidence: "{n} of {of} records", found: "Findings", found_none: "No finding is open", since: "since {day}", records: "from {n} records",
  last: "The last visit", last_by: "{day}, {name}", failed: "Failed: {items}", score: "Display {score} points", heard: "Heard", never: "No visit in the last six months", more_visits: "{n} before it",
  bought: "Bought", cartons: "{n} cartons", cartons_of: "{month}: {n} cartons", year_ago: "{n} cartons a year ago", bought_chart: "Bought in thirteen months: {all}", money: "{yuan} yuan",
  seen: "Prices and stock", packs: "{n} packs in stock", price: "{yuan} yuan a carton", guide: "guide price {yuan} yuan", stock_chart: "Stock of {name}: {all}", price_chart: "Price of {name}: {all}", seen_none: "No price or stock was looked at in the last visits", all_products: "All {n} products",
  policies: "Policies still to brief", policies_none: "Everything was briefed", brief_by: "to be briefed by {day}", learn_first: "pass the quiz first", tasks: "Display to mend", task_due: "to be mended by {day}", carried: "Improvements carried on", reasons: "Why today",
  mine: "My records here", mine_note: "Your own of this month and the last can be edited or withdrawn; every version is kept.", mine_sent: "sent", mine_waits: "waits to be sent", mine_refused: "not accepted, see Unsent", mine_edited: "edited {n} times",
  mine_edit: "Edit", mine_withdraw: "Withdraw this visit", mine_withdraw_note: "The visit of {when} will count nowhere any more. What it told is kept, and your manager can read it. Until that is sent it can be brought back.", mine_withdraw_do: "Withdraw it", mine_keep: "Keep it", mine_withdrawn: "Withdrawn",
  mine_back: "It stands again", mine_too_late: "The withdrawal was sent already and stays", mine_draft_first: "A visit here is not finished: finish it first", mine_no_template: "The display template of that day is not on the phone; try again with a network", mine_no_shop: "This shop is not on the phone", mine_failed: "That did not work: {reason}",
});

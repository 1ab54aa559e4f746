// What the screen Month says; the keys of both languages are the same.
import { words } from "../words";

export const w = words({
  month_of: "{month}的工作", none: "还没有本月的工作表", none_note: "每月第一个工作日之前自动生成。",
  drafted: "待提交", submitted: "已提交，等主管审核", sent_back: "退回，请补充", approved: "已通过", locked: "已锁定",
  nothing: "暂时没有要写的", back_because: "主管：{reason}", needs: "需要您补充说明", words: "我的说明", words_note: "写完自动保存，没有网络也能写。", phrases: "常用语",
  phrase_1: "已上门核实，情况属实。", phrase_2: "已与店主约好时间，下次走访跟进。", phrase_3: "货源不足，已向上级反映。", phrase_4: "店主近期不在，已电话沟通。",
  submit: "提交本月工作", submit_cell: "提交这一格", withdraw: "撤回这一格", submit_note: "提交需要网络；您写的说明会先送出。", submitting: "正在提交", done: "已提交", withdrawn: "已撤回",
  wanting: "还有 {n} 格要写说明", wanting_list: "{cells}", stale: "数据刚更新过，请再看一遍后提交。", offline: "没有网络，联网后再提交。内容都在手机里。", failed: "没有成功：{reason}",
  words_wanted: "还有格子没有写说明。", cell_not_so: "这一格已经提交或锁定。", month_locked: "这个月已经锁定。", mine_left: "没有要提交的格子",
  actions: "措施", actions_note: "{accepted} 项已接受，{drafted} 项待定", accept_all: "全部接受（须说明的除外）", accept: "接受", drop: "不做", drop_why: "为什么不做", flagged: "目标明显偏高，请逐项确认", accepted: "已接受", accepted_n: "已接受 {n} 项",
  of_territory: "片区", at_least: "目标不低于 {target}，起草时 {baseline}", at_most: "目标不超过 {target}，起草时 {baseline}", show_drafted: "查看待定的 {n} 项",
  reason_done: "已经做了", reason_not_so: "情况不属实", reason_no_supply: "没有货源", reason_holder: "店主不愿意", reason_later: "先做别的", reason_event: "店要关或有变动", reason_other: "其他，写明", say_why: "写明原因", keep: "记下",
  improvements: "改进", improvements_none: "没有进行中的改进。没有达成的措施会在评估后延续到这里。", proposed: "待确认", open: "进行中", months_open: "已延续 {n} 个月", due: "{day}前", closed_met: "达成", closed_partly: "部分达成", closed_dropped: "放弃", just_closed: "最近结束的",
  outcomes: "我的成果", outcomes_none: "还没有措施。接受措施、做完并衡量后，成果会出现在这里。", outcomes_of: "{month}：{n} 项有结果", hit: "达成 {n}", miss: "未达成 {n}", unmeasured: "无法衡量 {n}", waiting: "还在做 {n}", outcomes_bar: "{month}达成 {n} 项，可衡量 {of} 项", visits: "走访 {n} 次，{shops} 户",
  more: "再看 {n} 项",
}, {
  month_of: "Work of {month}", none: "There is no paper for this month yet", none_note: "It is drafted before the first working day of each month.",
  drafted: "to be handed in", submitted: "handed in, waits for review", sent_back: "sent back, please add to it", approved: "approved", locked: "locked",
  nothing: "Nothing to say here yet", back_because: "Your manager: {reason}", needs: "Words of your own are wanted", words: "My words", words_note: "Kept as you write, also without a network.", phrases: "Phrases",
  phrase_1: "Checked at the shop; it is so.", phrase_2: "Agreed a time with the holder; followed up at the next visit.", phrase_3: "Supply is short; told my manager.", phrase_4: "The holder is away; settled by phone.",
  submit: "Hand in the month", submit_cell: "Hand in this cell", withdraw: "Take this cell back", submit_note: "Handing in needs a network; your words go first.", submitting: "Handing in", done: "Handed in", withdrawn: "Taken back",
  wanting: "{n} cells still want words", wanting_list: "{cells}", stale: "The figures have just changed. Look again, then hand in.", offline: "No network; hand in once there is one. Everything is on the phone.", failed: "That did not work: {reason}",
  words_wanted: "A cell still wants words.", cell_not_so: "This cell is handed in or locked.", month_locked: "This month is locked.", mine_left: "Nothing is left to hand in",
  actions: "Actions", actions_note: "{accepted} accepted, {drafted} to decide", accept_all: "Accept all but those to explain", accept: "Accept", drop: "Not to be done", drop_why: "Why it is not to be done", flagged: "The target is unusually high: decide one by one", accepted: "Accepted", accepted_n: "{n} accepted",
  of_territory: "Territory", at_least: "to reach {target}, {baseline} when drafted", at_most: "at most {target}, {baseline} when drafted", show_drafted: "Look at the {n} to decide",
  reason_done: "Done already", reason_not_so: "It is not so", reason_no_supply: "No supply", reason_holder: "The holder does not want to", reason_later: "Other work goes first", reason_event: "Shop closes or changes", reason_other: "Other, in words", say_why: "Say why", keep: "Note it",
  improvements: "Improvements", improvements_none: "No improvement is open. An action that missed its target is carried on here once it was evaluated.", proposed: "to be confirmed", open: "open", months_open: "carried {n} months", due: "by {day}", closed_met: "met", closed_partly: "partly met", closed_dropped: "dropped", just_closed: "Closed of late",
  outcomes: "What came of it", outcomes_none: "No actions yet. Once they are accepted, done and measured, what came of them stands here.", outcomes_of: "{month}: {n} with a result", hit: "{n} hit", miss: "{n} missed", unmeasured: "{n} not measurable", waiting: "{n} under way", outcomes_bar: "{month}: {n} hit of {of} measurable", visits: "{n} visits at {shops} shops",
  more: "{n} more",
});

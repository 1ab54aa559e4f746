// What the screen Today says; the keys of both languages are the same.
import { words } from "../words";

export const w = words({
  day_of: "{day}（{weekday}）", tomorrow: "明天", other_day: "其他日期", stops: "计划 {n} 户，已完成 {done} 户", no_stops: "这一天没有计划的走访", no_stops_note: "可以搜索一户，直接去走访。",
  find: "找一户去走访", find_label: "店名、拼音首字母、店主、客户编码或地址", found_none: "没有找到", found_note: "只能找到今天属于本片区的零售户。",
  hours: "营业 {from}–{to}", open_now: "营业中", closed_now: "现在不营业", distance: "距此约 {far}", where: "显示距离", where_why: "只在按下时取一次位置，不保存。", no_place: "取不到位置", locating: "正在取位置",
  no_point: "没有店铺坐标", map: "打开地图", card: "店铺情况", visit: "开始走访", go_on: "继续走访", visited: "已走访", missed: "未走访", dropped: "已取消", replan: "调整",
  up: "往前一位", down: "往后一位", first: "排到最前", last: "排到最后", to_day: "改到哪一天", moved: "已改到 {day}", drop: "取消这次走访", drop_why: "为什么取消", drop_do: "取消走访", was_dropped: "已取消，原因已记下",
  shop_shut: "店铺暂停营业", told_by_phone: "已电话沟通", with_other: "与其他走访合并", holder_asked: "店主要求改期",
  unsent_some: "{documents} 条记录、{photos} 张照片等待发送", unsent_none: "全部已发送", drafts: "还没有完成的走访",
  why_missed: "{n} 次计划走访没有去，还没说明原因", why_missed_note: "请选一个原因，主管不用再来问。", said: "已记下",
  shop_closed: "店铺关门", holder_away: "店主不在", weather: "天气", duty: "另有任务", leave: "请假", vehicle: "没有车", no_time: "时间不够", other: "其他",
  other_words: "写明原因", save: "记下", cannot: "没有成功：{reason}", finding_since: "自{since}起有一条发现未解决", suspended: "停业", closed: "歇业", order_day: "今天订货",
  away: "这户已不在本片区", say_why: "说明原因", more: "再看 {n} 次", note: "补充说明",
}, {
  day_of: "{weekday}, {day}", tomorrow: "Tomorrow", other_day: "Another day", stops: "{n} planned, {done} done", no_stops: "Nothing is planned for this day", no_stops_note: "Search for a shop and visit it.",
  find: "Find a shop to visit", find_label: "Name, pinyin initials, holder, client code or address", found_none: "Nothing found", found_note: "Only shops that are your territory's today are found.",
  hours: "Open {from}–{to}", open_now: "open now", closed_now: "closed now", distance: "about {far} from here", where: "Show distances", where_why: "Your position is read once, when you press, and not kept.", no_place: "No position", locating: "Reading the position",
  no_point: "the shop has no coordinates", map: "Open the map", card: "The shop", visit: "Start the visit", go_on: "Go on with the visit", visited: "visited", missed: "missed", dropped: "taken off", replan: "Change",
  up: "One place earlier", down: "One place later", first: "To the front", last: "To the end", to_day: "Move to which day", moved: "Moved to {day}", drop: "Take this visit off", drop_why: "Why it is taken off", drop_do: "Take it off", was_dropped: "Taken off, with your reason",
  shop_shut: "The shop is shut for a while", told_by_phone: "Settled by phone", with_other: "Joined with another visit", holder_asked: "The holder asked for another day",
  unsent_some: "{documents} records and {photos} photos wait to be sent", unsent_none: "Everything is sent", drafts: "Visits that are not finished",
  why_missed: "{n} planned visits were missed without a reason", why_missed_note: "Choose a reason, and nobody needs to ask.", said: "Noted",
  shop_closed: "Shop was closed", holder_away: "Holder was away", weather: "Weather", duty: "Other duty", leave: "Leave", vehicle: "No vehicle", no_time: "No time left", other: "Other",
  other_words: "Say why", save: "Note it", cannot: "That did not work: {reason}", finding_since: "A finding has been open since {since}", suspended: "suspended", closed: "closed for good", order_day: "orders today",
  away: "This shop has left the territory", say_why: "Say why", more: "{n} more", note: "More to say",
});

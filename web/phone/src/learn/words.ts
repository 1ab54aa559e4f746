// What the screen Learn says; the keys of both languages are the same.
import { words } from "../words";

export const w = words({
  policies: "政策", products: "新品", to_learn: "要学的", learnt: "学过的", nothing: "目前没有要学的政策", nothing_note: "新政策发布后会出现在这里，没有网络也能学。",
  open: "还没测验", passed: "已通过，可以宣讲", failed: "还没通过", no_quiz: "可以直接宣讲", brief_by: "{day}前讲完", effective_on: "{day}起执行", version: "第 {n} 版", released: "{day}发布",
  card: "给零售户讲的话", body: "全文", answers: "零售户问过的", questions: "还没有答复的问题", quiz: "测验", quiz_note: "共 {n} 题，答对 {percent}% 通过。没有网络也能测。", start: "开始测验", again: "再测一次",
  question_of: "第 {at} 题，共 {n} 题", next: "下一题", finish: "交卷", result: "答对 {right} 题，共 {n} 题", is_passed: "通过了，可以去宣讲。", is_failed: "还差一点，看看全文再测一次。", waits: "联网后给出结果。", right: "答对", wrong: "答错", not_kept: "没有存下：{reason}",
  gone: "手机里没有这项政策", to_list: "回到学习", recalled: "已撤回：{reason}", superseded: "已有新版本",
  price_pack: "指导价 {yuan} 元/包", price_carton: "指导价 {yuan} 元/条", wholesale: "批发价 {yuan} 元/条", tar: "焦油 {mg} 毫克", of: "{brand} · {maker}", new_since: "{day}起列为新品", no_products: "目前没有新品", seen_in: "片区里 {n} 户见过它", shop_quiz: "问零售户的话",
}, {
  policies: "Policies", products: "New products", to_learn: "To learn", learnt: "Learnt", nothing: "There is no policy to learn", nothing_note: "New ones appear here when they are released, and can be learnt without a network.",
  open: "quiz not taken", passed: "passed, may be briefed", failed: "not passed yet", no_quiz: "may be briefed", brief_by: "to be briefed by {day}", effective_on: "in force from {day}", version: "version {n}", released: "released {day}",
  card: "What to tell the shop", body: "In full", answers: "What shops have asked", questions: "Questions without an answer yet", quiz: "Quiz", quiz_note: "{n} questions, {percent}% right to pass. Works without a network.", start: "Take the quiz", again: "Take it again",
  question_of: "Question {at} of {n}", next: "Next", finish: "Hand it in", result: "{right} of {n} right", is_passed: "Passed: you may brief it.", is_failed: "Not yet. Read it once more and try again.", waits: "The result comes with a network.", right: "right", wrong: "wrong", not_kept: "Not kept: {reason}",
  gone: "This policy is not on the phone", to_list: "Back to Learn", recalled: "Recalled: {reason}", superseded: "There is a newer version",
  price_pack: "guide price {yuan} yuan a pack", price_carton: "guide price {yuan} yuan a carton", wholesale: "wholesale {yuan} yuan a carton", tar: "tar {mg} mg", of: "{brand} · {maker}", new_since: "new since {day}", no_products: "There is no new product", seen_in: "seen at {n} shops of the territory", shop_quiz: "Questions for the shop",
});

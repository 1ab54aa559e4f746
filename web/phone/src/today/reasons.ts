// Why a stop is on the plan, in words: of a finding or improvement what it says, as the boards say it; for today/ and shop/.
import { all } from "../data/live";
import { fill, say } from "../sentences";
import { language } from "../words";
import type { Stop } from "./day";
import { w } from "./words";

type Reason = Stop["reasons"][number];
export const MOST = 5;

/** One reason in a sentence. */
export function reasonOf(reason: Reason): string {
  if (reason.kind === "finding") {
    const finding = all("findings").value.get(reason.id);
    const said = finding === undefined ? "" : say(finding.template, finding.template_version, finding.figures);
    return said || w("finding_since", { since: fill("{since:date}", reason.parameters, language.value) });
  }
  if (reason.kind === "improvement") {
    const improvement = all("improvements").value.get(reason.id);
    const said = improvement === undefined ? "" : say(improvement.template, improvement.template_version, improvement.parameters);
    if (said !== "") return said;
  }
  return say(`stop.${reason.code}`, 1, reason.parameters);
}

/** At most five, without those that say the same or nothing. */
export function reasonsOf(stop: Stop): string[] {
  return [...new Set(stop.reasons.map(reasonOf))].filter((said) => said !== "").slice(0, MOST);
}

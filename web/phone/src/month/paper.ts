// The manager's own month on the phone: its cells in the grid, whose turn each is, and the words that the server has not seen. Pure.
import type { Docs } from "../data/docs";
import type { Cell, CellState } from "../ui/pictures";

export type Paper = Extract<Docs["cycles"], { kind: "manager" }>;
export type Drafted = Paper["cells"][number];
export type Words = Docs["cell_words"];
type State = Drafted["state"];

export const ROWS = ["client", "brand", "market"] as const;
export const COLUMNS = ["analyze", "plan", "execute", "evaluate", "improve"] as const;

/** All 15 cells of a month: one without a row is drafted, and nothing was drafted into it yet. */
export function whole(paper: Paper): Paper {
  const by = new Map(paper.cells.map((cell) => [cell.cell, cell]));
  const cells = ROWS.flatMap((row) => COLUMNS.map((column) => by.get(`${row}_${column}`) ?? { cell: `${row}_${column}`, state: "drafted" as const, needs_words: false, reason: null, sentences: [] }));
  return { ...paper, cells };
}

/** The months of a person that the phone holds, whole, the latest first. */
export function papersOf(person: string, cycles: Iterable<Docs["cycles"]>): Paper[] {
  const mine = [...cycles].filter((one): one is Paper & { id: string } => one.kind === "manager" && one.person_id === person);
  return mine.map(whole).sort((a, b) => b.month.localeCompare(a.month));
}

/** The month that is worked on: the one of today where there is one, else the latest. */
export const current = (papers: readonly Paper[], today: string): Paper | undefined => papers.find((one) => one.month === today.slice(0, 7)) ?? papers[0];

/** The months whose visits are handed in: nothing is asked about them any more. */
export const handedIn = (papers: readonly Paper[]): ReadonlySet<string> => new Set(papers.filter((one) => !isMine(one.cells.find((cell) => cell.cell === "client_execute")?.state ?? "drafted")).map((one) => one.month.slice(0, 7)));

/** Whether the author may still write and submit. */
export const isMine = (state: State): boolean => state === "drafted" || state === "sent_back";

/** A cell as the sign shows it: approved is done, what is handed in or to be handed in is open, sent back has the dot. */
export function cellOf(cell: Drafted | undefined): Cell {
  if (cell === undefined) return { state: 0 };
  const states: Readonly<Record<State, CellState>> = { drafted: 1, submitted: 1, sent_back: 1, approved: 2, locked: 2 };
  const isIdle = cell.state === "drafted" && cell.sentences.length === 0;
  return { state: isIdle ? 0 : states[cell.state], overdue: cell.state === "sent_back" };
}

export function grid(paper: Paper): Cell[][] {
  const by = new Map(paper.cells.map((cell) => [cell.cell, cell]));
  return ROWS.map((row) => COLUMNS.map((column) => cellOf(by.get(`${row}_${column}`))));
}

/** Cells of mine that want words and have none. */
export function wanting(paper: Paper, words: ReadonlyMap<string, string>): string[] {
  return paper.cells.filter((cell) => cell.needs_words && isMine(cell.state) && (words.get(cell.cell) ?? "").trim() === "").map((cell) => cell.cell);
}

/** What was written of a month, by cell. */
export function wordsOf(cycleId: string, all: Iterable<Words>): Map<string, string> {
  return new Map([...all].filter((one) => one.cycle_id === cycleId).map((one) => [one.cell, one.words ?? ""]));
}

interface Told { cell: string; words: string; state: string; etag: string }

/** Words on the phone that differ from the server's, of cells that are still mine: they go first when the month is handed in. */
export function unseen<C extends Told>(cells: readonly C[], words: ReadonlyMap<string, string>): { cell: C; words: string }[] {
  return cells.flatMap((cell) => {
    const mine = words.get(cell.cell);
    return mine !== undefined && mine !== cell.words && isMine(cell.state as State) ? [{ cell, words: mine }] : [];
  });
}

export interface Counted { hit: number; miss: number; unmeasured: number; open: number }

/** What came of a person's actions of a month. */
export function outcomes(actions: Iterable<Docs["actions"]>, month: string): Counted {
  const found: Counted = { hit: 0, miss: 0, unmeasured: 0, open: 0 };
  for (const action of actions) {
    if (!action.month.startsWith(month) || action.state === "dropped") continue;
    const outcome = action.result?.outcome;
    if (outcome === undefined && action.state !== "accepted") continue;
    found[outcome === "hit" ? "hit" : outcome === "miss" ? "miss" : outcome === "not_measurable" ? "unmeasured" : "open"] += 1;
  }
  return found;
}

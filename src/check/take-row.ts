import type { StreamRule, Take } from "../model/model.ts";
import { formatEnd, sameEnd } from "./compare.ts";
import type { Found } from "./divergence.ts";
import type { TakeRules } from "./rules.ts";

/**
 * Whether a row of shapes is one that the rule allows: the prefix, then shapes of the middle in any order and number, then
 * one of the endings. A row that was cut short may stop anywhere.
 */
export function fitsStream(rule: StreamRule, row: readonly string[], whole: boolean): boolean {
  const { prefix, middle, endings } = rule;
  const shared = Math.min(prefix.length, row.length);
  for (let i = 0; i < shared; i++) if (row[i] !== prefix[i]) return false;
  if (row.length < prefix.length) return !whole;
  const repeats = new Set(middle);
  // From each place on: how many shapes of the middle follow without a break.
  let middleEnd = prefix.length;
  while (middleEnd < row.length && repeats.has(row[middleEnd]!)) middleEnd++;
  if (!whole && middleEnd === row.length) return true;
  for (const ending of endings) {
    const start = row.length - ending.length;
    if (start >= prefix.length && start <= middleEnd && ending.every((name, i) => row[start + i] === name)) return true;
    if (!whole && endsWithin(row, prefix.length, middleEnd, ending)) return true;
  }
  return whole && endings.length === 0 && middleEnd === row.length;
}

/** Whether the row stops inside this ending, which began at some place that the middle reaches. */
function endsWithin(row: readonly string[], from: number, to: number, ending: readonly string[]): boolean {
  for (let start = Math.max(from, row.length - ending.length); start <= to; start++)
    if (row.slice(start).every((name, i) => name === ending[i])) return true;
  return false;
}

/** What the take itself breaks of its variant's rules: its row of shapes, its end. */
export function compareTake(take: Pick<Take, "shapes" | "end">, rules: TakeRules): Found[] {
  const out: Found[] = [];
  const { stream, body } = rules;
  const row = (): string => take.shapes.join(" ");
  if (stream !== undefined && !fitsStream(stream, take.shapes, take.end.shape === "clean"))
    out.push({ path: "stream", category: "event_order", expected: formatStream(stream), actual: row() });
  if (stream === undefined && body !== undefined) {
    const fits = take.shapes.length <= 1 && take.shapes.every((name) => body.includes(name));
    if (!fits) out.push({ path: "body", category: "value_mismatch", expected: body.join(" or "), actual: row() });
  }
  if (!rules.termination.some((end) => sameEnd(end, take.end))) {
    const expected = rules.termination.map(formatEnd).join(" or ");
    out.push({ path: "termination", category: "termination_mismatch", expected, actual: formatEnd(take.end) });
  }
  return out;
}

/** `role (content | usage)* then finish done`. */
function formatStream({ prefix, middle, endings }: StreamRule): string {
  const repeated = middle.length === 0 ? [] : [`(${middle.join(" | ")})*`];
  const ends = endings.map((e) => e.join(" ")).filter((e) => e !== "");
  return [...prefix, ...repeated, ...(ends.length === 0 ? [] : ["then", ends.join(" or ")])].join(" ");
}

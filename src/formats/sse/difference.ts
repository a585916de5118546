import type { EventDifference } from "../format.ts";
import { jsonDifference } from "../json-difference.ts";
import { linePaths, readLines, readPayload, valueOf, type SseLine } from "./lines.ts";

interface Side {
  readonly text: string;
  readonly lines: readonly SseLine[];
  readonly paths: readonly string[];
}

/**
 * Where two events differ, smallest places: `event`, `id`, `data.choices[0].delta.role`, `data` (text). Lines are paired by name,
 * the nth with the nth. What a reader would not notice (line ends, order of the lines, a missing space) is one difference of kind
 * `encoding` at the event as a whole.
 */
export function sseDifference(expected: string, actual: string): readonly EventDifference[] {
  if (expected === actual) return [];
  const [e, a] = [readSide(expected), readSide(actual)];
  const out: EventDifference[] = [];
  const partners = pairLines(e.lines, a.lines);
  const paired = new Set(partners);
  let hasData = false;
  e.lines.forEach((line, i) => {
    const path = e.paths[i]!;
    const partner = a.lines[partners[i]!];
    if (line.kind === "blank") return;
    if (line.kind === "data") {
      if (!hasData) comparePayloads(e, a, out);
      hasData = true;
    } else if (partner === undefined) out.push({ path, kind: "missing", expected: valueOf(expected, line) });
    else compareValues(path, valueOf(expected, line), valueOf(actual, partner), out);
  });
  a.lines.forEach((line, j) => {
    if (paired.has(j) || line.kind === "blank") return;
    if (line.kind !== "data") out.push({ path: a.paths[j]!, kind: "extra", actual: valueOf(actual, line) });
    else if (!hasData) {
      out.push({ path: "data", kind: "extra", actual: readPayload(actual, a.lines)!.text });
      hasData = true;
    }
  });
  if (out.length === 0 || hasOtherLayout(e, a, partners)) out.push({ path: "", kind: "encoding", expected, actual });
  return out;
}

function readSide(text: string): Side {
  const lines = readLines(text);
  return { text, lines, paths: linePaths(lines) };
}

function compareValues(path: string, expected: string, actual: string, out: EventDifference[]): void {
  if (expected !== actual) out.push({ path, kind: "value", expected, actual });
}

function comparePayloads(e: Side, a: Side, out: EventDifference[]): void {
  const expected = readPayload(e.text, e.lines)!;
  const actual = readPayload(a.text, a.lines);
  const raws = { expected: expected.text, actual: actual?.text };
  if (actual === undefined) out.push({ path: "data", kind: "missing", expected: expected.text });
  else if (expected.json !== undefined && actual.json !== undefined) {
    const sides = [
      { root: expected.json, text: expected.text },
      { root: actual.json, text: actual.text },
    ] as const;
    out.push(...jsonDifference(...sides, "data"));
  } else if ((expected.json === undefined) !== (actual.json === undefined))
    out.push({ path: "data", kind: "type", ...raws });
  else if (expected.lines.length !== actual.lines.length) out.push({ path: "data", kind: "value", ...raws });
  else
    expected.lines.forEach((line, n) => {
      const path = expected.lines.length === 1 ? "data" : `data#${n}`;
      compareValues(path, valueOf(e.text, line), valueOf(a.text, actual.lines[n]!), out);
    });
}

/** For each line of the one side the number of its partner on the other, or -1. */
function pairLines(lines: readonly SseLine[], others: readonly SseLine[]): readonly number[] {
  const places = new Map<string, number[]>();
  others.forEach((line, j) => {
    const list = places.get(keyOf(line));
    if (list === undefined) places.set(keyOf(line), [j]);
    else list.push(j);
  });
  const used = new Map<string, number>();
  return lines.map((line) => {
    const n = used.get(keyOf(line)) ?? 0;
    used.set(keyOf(line), n + 1);
    return places.get(keyOf(line))?.[n] ?? -1;
  });
}

function keyOf(line: SseLine): string {
  return line.kind === "field" ? `:${line.name}` : line.kind;
}

/** Whether lines that both have stand in another order, or look different beside their values; likewise the blank lines. */
function hasOtherLayout(e: Side, a: Side, partners: readonly number[]): boolean {
  let last = -1;
  for (let i = 0; i < e.lines.length; i++) {
    const j = partners[i]!;
    const line = e.lines[i]!;
    if (j < 0) {
      if (line.kind === "blank") return true;
      continue;
    }
    if (j < last) return true;
    last = j;
    if (around(e.text, line) !== around(a.text, a.lines[j]!)) return true;
  }
  const blanks = (side: Side): number => side.lines.filter((line) => line.kind === "blank").length;
  return blanks(e) !== blanks(a);
}

function around(text: string, line: SseLine): string {
  return `${text.slice(line.start, line.valueStart)}|${text.slice(line.valueEnd, line.end)}`;
}

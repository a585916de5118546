import { parseJson } from "../../base/json.ts";
import type { DissectOptions, Dissection, Leaf, LeafKind } from "../format.ts";
import { visitJsonLeaves } from "../json-leaves.ts";
import { isProse } from "../leaf-kind.ts";
import { linePaths, readLines, readPayload, valueOf, type SsePayload } from "./lines.ts";

/** Path of the payload in an event. */
const DATA = "data";

/** Takes a leaf: what is between it and the one before is literal. */
type Cut = (start: number, end: number, kind: LeafKind, path: string) => void;

/**
 * Cuts an event at its leaves: JSON scalars of the payload (or lines of a text payload), ids, retry times, comments and unknown
 * fields. The event name is literal text.
 */
export function dissectSse(text: string, options?: DissectOptions): Dissection {
  const lines = readLines(text);
  const payload = readPayload(text, lines);
  const segments: string[] = [];
  const leaves: Leaf[] = [];
  let at = 0;
  const cut: Cut = (start, end, kind, path) => {
    segments.push(text.slice(at, start));
    leaves.push({ kind, path, raw: text.slice(start, end) });
    at = end;
  };
  // Of a payload on several lines all leaves are found at its first, and other lines may stand between: they are put in order.
  const isSpread = payload !== undefined && payload.lines.length > 1;
  const held: Parameters<Cut>[] = [];
  const take: Cut = isSpread ? (...leaf) => void held.push(leaf) : cut;
  let event: string | undefined;
  let paths: readonly string[] | undefined;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    if (line.kind === "event") event = valueOf(text, line);
    else if (line.kind === "data") {
      if (line === payload!.lines[0]) cutPayload(text, payload!, options, take);
    } else if (line.hasColon) {
      paths ??= linePaths(lines);
      take(line.valueStart, line.valueEnd, "line", paths[i]!);
    }
  }
  if (isSpread) for (const leaf of held.sort((a, b) => a[0] - b[0])) cut(...leaf);
  segments.push(text.slice(at));
  if (payload?.json === undefined) return { segments, leaves, event };
  return { segments, leaves, event, json: payload.json, jsonText: payload.text, jsonPath: DATA };
}

function cutPayload(text: string, payload: SsePayload, options: DissectOptions | undefined, cut: Cut): void {
  if (payload.json === undefined) return cutText(text, payload, cut);
  const shift = payload.lines[0]!.valueStart;
  if (payload.lines.length === 1) {
    visitJsonLeaves(payload.json, DATA, options, (kind, path, node) =>
      cut(node.start + shift, node.end + shift, kind, path),
    );
    return;
  }
  const toText = createOffsetMap(payload);
  visitJsonLeaves(
    payload.json,
    DATA,
    options,
    (kind, path, node) => {
      const start = toText(node.start);
      cut(start, start + node.end - node.start, kind, path);
    },
    // A leaf is one run of the event's text: a container that is spread over lines is none.
    (node) => !payload.text.slice(node.start, node.end).includes("\n"),
  );
}

/**
 * Leaves of a payload that is text, such that no JSON can stand in them: one line is of kind `text`; of several the first that is
 * prose is of kind `prose` and all others are free; where none is prose, only whole JSON scalars are leaves, of their kinds (no
 * other scalars of the same kinds make JSON of what is not).
 */
function cutText(text: string, payload: SsePayload, cut: Cut): void {
  const { lines } = payload;
  const [first] = lines;
  if (lines.length === 1) {
    if (first!.hasColon) cut(first!.valueStart, first!.valueEnd, "text", "data");
    return;
  }
  const prose = lines.findIndex((line) => isProse(valueOf(text, line)));
  lines.forEach((line, n) => {
    const kind = n === prose ? "prose" : prose >= 0 ? "line" : scalarKind(valueOf(text, line));
    if (line.hasColon && kind !== undefined) cut(line.valueStart, line.valueEnd, kind, `data#${n}`);
  });
}

function scalarKind(value: string): LeafKind | undefined {
  const node = parseJson(value);
  const isScalar = node !== undefined && !("values" in node) && node.start === 0 && node.end === value.length;
  return isScalar && value.isWellFormed() ? node.kind : undefined;
}

/** Offsets of a payload of several lines as offsets of the event's text. To be asked in rising order. */
function createOffsetMap(payload: SsePayload): (offset: number) => number {
  const { lines } = payload;
  let n = 0;
  let lineStart = 0; // in the payload
  return (offset) => {
    for (;;) {
      const line = lines[n]!;
      const length = line.valueEnd - line.valueStart;
      if (offset <= lineStart + length || n + 1 === lines.length) return line.valueStart + offset - lineStart;
      lineStart += length + 1;
      n++;
    }
  };
}

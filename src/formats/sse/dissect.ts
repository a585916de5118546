import { scanJsonValue, type JsonNode } from "../../base/json.ts";
import type { DissectOptions, Dissection, Leaf, LeafKind } from "../format.ts";
import { visitJsonLeaves } from "../json-leaves.ts";
import { isProse } from "../leaf-kind.ts";
import { linePaths, readLines, readPayload, valueOf, type SseLine, type SsePayload } from "./lines.ts";

interface Cut {
  readonly start: number;
  readonly end: number;
  readonly kind: LeafKind;
  readonly path: string;
}

/**
 * Cuts an event at its leaves: JSON scalars of the payload (or lines of a text payload), ids, retry times, comments and unknown
 * fields. The event name is literal text.
 */
export function dissectSse(text: string, options?: DissectOptions): Dissection {
  const lines = readLines(text);
  const payload = readPayload(text, lines);
  const cuts: Cut[] = [];
  let event: string | undefined;
  let hasData = false;
  let paths: readonly string[] | undefined;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    if (line.kind === "event") event = valueOf(text, line);
    else if (line.kind === "data") {
      if (!hasData) cutPayload(text, payload!, options, cuts);
      hasData = true;
    } else if (line.hasColon) {
      paths ??= linePaths(lines);
      cuts.push({ start: line.valueStart, end: line.valueEnd, kind: "line", path: paths[i]! });
    }
  }
  // The payload's cuts were made at its first line; other lines may stand between its lines.
  if (payload !== undefined && payload.lines.length > 1) cuts.sort((a, b) => a.start - b.start);
  const segments: string[] = [];
  const leaves: Leaf[] = [];
  let at = 0;
  for (const { start, end, kind, path } of cuts) {
    segments.push(text.slice(at, start));
    leaves.push({ kind, path, raw: text.slice(start, end) });
    at = end;
  }
  segments.push(text.slice(at));
  return payload?.json === undefined
    ? { segments, leaves, event }
    : { segments, leaves, event, json: payload.json, jsonText: payload.text };
}

function cutPayload(text: string, payload: SsePayload, options: DissectOptions | undefined, cuts: Cut[]): void {
  if (payload.json === undefined) return cutText(text, payload, cuts);
  const isOneLine = payload.lines.length === 1;
  const toText = isOneLine ? undefined : createOffsetMap(payload);
  const shift = payload.lines[0]!.valueStart;
  // A leaf is one run of the event's text: a container that is spread over lines is none.
  const canBeOpaque = (node: JsonNode): boolean =>
    isOneLine || !payload.text.slice(node.start, node.end).includes("\n");
  visitJsonLeaves(
    payload.json,
    "data",
    options,
    (kind, path, node) => {
      const start = toText === undefined ? node.start + shift : toText(node.start);
      cuts.push({ start, end: start + node.end - node.start, kind, path });
    },
    canBeOpaque,
  );
}

/**
 * Leaves of a payload that is text, such that no JSON can stand in them: one line is of kind `text`; of several the first that is
 * prose is of kind `prose` and all others are free; where none is prose, only whole JSON scalars are leaves, of their kinds (no
 * other scalars of the same kinds make JSON of what is not).
 */
function cutText(text: string, payload: SsePayload, cuts: Cut[]): void {
  const { lines } = payload;
  if (lines.length === 1) {
    if (lines[0]!.hasColon) cuts.push(cutLine(lines[0]!, "text", "data"));
    return;
  }
  const prose = lines.findIndex((line) => isProse(valueOf(text, line)));
  lines.forEach((line, n) => {
    if (!line.hasColon) return;
    const kind = n === prose ? "prose" : prose >= 0 ? "line" : scalarKind(valueOf(text, line));
    if (kind !== undefined) cuts.push(cutLine(line, kind, `data#${n}`));
  });
}

function cutLine(line: SseLine, kind: LeafKind, path: string): Cut {
  return { start: line.valueStart, end: line.valueEnd, kind, path };
}

function scalarKind(value: string): LeafKind | undefined {
  if (value === "" || scanJsonValue(value, 0) !== value.length) return undefined;
  switch (value[0]) {
    case "{":
    case "[":
      return undefined;
    case '"':
      return "string";
    case "t":
    case "f":
      return "boolean";
    case "n":
      return "null";
    default:
      return "number";
  }
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

import { parseJson, type JsonNode } from "../../base/json.ts";
import { pathKey } from "../../base/path.ts";

/** What a line of an event is. `comment` begins with a colon, `field` has a name that the standard does not know. */
export type SseLineKind = "event" | "data" | "id" | "retry" | "comment" | "field" | "blank";

/** One line of an event's text, as offsets: `start`, prefix (name, colon, space), `valueStart`, value, `valueEnd`, line end, `end`. */
export interface SseLine {
  readonly kind: SseLineKind;
  /** Name of a `field`; else the kind. */
  readonly name: string;
  /** A line without a colon is a field with an empty value that has no place. */
  readonly hasColon: boolean;
  readonly start: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly end: number;
}

const COLON = 58;
const SPACE = 32;
const CR = 13;
const LF = 10;

/** The lines of a text; every character belongs to exactly one. Linear. */
export function readLines(text: string): SseLine[] {
  const out: SseLine[] = [];
  let nextLf = text.indexOf("\n");
  let nextCr = text.indexOf("\r");
  let nextColon = text.indexOf(":");
  for (let start = 0; start < text.length;) {
    if (nextLf >= 0 && nextLf < start) nextLf = text.indexOf("\n", start);
    if (nextCr >= 0 && nextCr < start) nextCr = text.indexOf("\r", start);
    if (nextColon >= 0 && nextColon < start) nextColon = text.indexOf(":", start);
    let lineEnd = nextLf < 0 ? text.length : nextLf;
    if (nextCr >= 0 && nextCr < lineEnd) lineEnd = nextCr;
    const isPair = text.charCodeAt(lineEnd) === CR && text.charCodeAt(lineEnd + 1) === LF;
    const end = lineEnd === text.length ? lineEnd : lineEnd + (isPair ? 2 : 1);
    out.push(readLine(text, start, nextColon >= 0 && nextColon < lineEnd ? nextColon : -1, lineEnd, end));
    start = end;
  }
  return out;
}

function readLine(text: string, start: number, colon: number, lineEnd: number, end: number): SseLine {
  if (lineEnd === start)
    return { kind: "blank", name: "blank", hasColon: false, start, valueStart: start, valueEnd: start, end };
  const hasColon = colon >= 0;
  const nameEnd = hasColon ? colon : lineEnd;
  const valueStart = hasColon ? (text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1) : lineEnd;
  const kind = kindOf(text, start, nameEnd);
  const name = kind === "field" ? text.slice(start, nameEnd) : kind;
  return { kind, name, hasColon, start, valueStart, valueEnd: lineEnd, end };
}

function kindOf(text: string, start: number, end: number): SseLineKind {
  if (text.charCodeAt(start) === COLON) return "comment";
  const length = end - start;
  if (length === 4 && text.startsWith("data", start)) return "data";
  if (length === 5 && text.startsWith("event", start)) return "event";
  if (length === 2 && text.startsWith("id", start)) return "id";
  if (length === 5 && text.startsWith("retry", start)) return "retry";
  return "field";
}

/** What the data lines of an event say together: their values, joined with LF. */
export interface SsePayload {
  readonly lines: readonly SseLine[];
  readonly text: string;
  /** Its tree, where it is JSON; offsets are into `text`. */
  readonly json: JsonNode | undefined;
}

/** The payload of an event, or undefined where it has no data line. */
export function readPayload(text: string, lines: readonly SseLine[]): SsePayload | undefined {
  const data = lines.filter((line) => line.kind === "data");
  if (data.length === 0) return undefined;
  const [first] = data;
  const payload =
    data.length === 1 ? text.slice(first!.valueStart, first!.valueEnd) : data.map((l) => valueOf(text, l)).join("\n");
  const json = parseJson(payload);
  // JSON is UTF-8: bytes that are not are text, so that a shape holds them without loss.
  return { lines: data, text: payload, json: json !== undefined && payload.isWellFormed() ? json : undefined };
}

export function valueOf(text: string, line: SseLine): string {
  return text.slice(line.valueStart, line.valueEnd);
}

/** Paths of lines: the kind (`id`), `fields.name` for unknown ones, with `#n` where several lines have one name. */
export function linePaths(lines: readonly { readonly kind: SseLineKind; readonly name: string }[]): string[] {
  const keyOf = (line: { readonly kind: SseLineKind; readonly name: string }): string =>
    line.kind === "field" ? `:${line.name}` : line.kind;
  const totals = new Map<string, number>();
  for (const line of lines) totals.set(keyOf(line), (totals.get(keyOf(line)) ?? 0) + 1);
  const seen = new Map<string, number>();
  return lines.map((line) => {
    const key = keyOf(line);
    const n = seen.get(key) ?? 0;
    seen.set(key, n + 1);
    return linePath(line.kind, line.name, totals.get(key) === 1 ? -1 : n);
  });
}

/** Path of a line; `n` is its number among those of its name, or -1 where it is the only one. */
function linePath(kind: SseLineKind, name: string, n: number): string {
  const number = n < 0 ? "" : `#${n}`;
  if (kind !== "field") return `${kind}${number}`;
  const path = pathKey("fields", name);
  return path.endsWith("]") ? pathKey("fields", `${name}${number}`) : `${path}${number}`;
}

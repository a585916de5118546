/**
 * An event as it stands in `symbols.json` (`compile` reads it back):
 *
 *     {"event": "tick", "data": {"n": {"$hole": "n", "kind": "number"}}}
 *     {"text": "[DONE]"}                                      a payload that is not JSON; a list where it has several lines
 *     {"layout": "id: {id}\r\nx: {value}\r\ndata: {data}\r\n\r\n", "id": {"$hole": "id"}, "fields": {"x": "1"}, "data": [1, 2]}
 *
 * `layout` is the frame with a place for each value, left out where it is `event:`, `data:` and LF; a brace that is no place is
 * doubled. One `data` line in it stands for as many as the payload has lines. A line without a colon has no place.
 */
import { JSON_STYLE_KEYS, show, showHole, showJson, showStyle, type FilledLeaf, type ShowNode } from "../json-shape.ts";
import type { Dissection, Filling, LeafKind } from "../format.ts";
import { readLines, readPayload, valueOf, type SseLine, type SsePayload } from "./lines.ts";

/** The layout that is not said. */
export function defaultLayout(hasEvent: boolean): string {
  return `${hasEvent ? "event: {event}\n" : ""}data: {data}\n\n`;
}

/** What stands in a layout for the value of a line of this kind. */
export function placeOf(line: Pick<SseLine, "kind">): string {
  return line.kind === "field" ? "{value}" : `{${line.kind}}`;
}

type Entry = [string, ShowNode];

/** The shape of a dissected event, as the text of a JSON object. */
export function formatSseShape(dissection: Dissection, filling: readonly Filling[], indent: string): string {
  const { text, leafAt } = joinDissection(dissection, filling);
  const lines = readLines(text);
  const payload = readPayload(text, lines);
  const showValue = (line: SseLine, implied: LeafKind): ShowNode => {
    const leaf = leafAt(line.valueStart, line);
    if (leaf === undefined) return JSON.stringify(valueOf(text, line));
    return "hole" in leaf.filling ? showHole(leaf.filling.hole, leaf.kind, implied) : JSON.stringify(leaf.filling.raw);
  };
  const entries: Entry[] = [];
  const add = (kind: SseLine["kind"], shown: readonly ShowNode[]): void => {
    if (shown.length > 0) entries.push([`${JSON.stringify(kind)}: `, oneOrList(shown)]);
  };
  const done = new Set<SseLine["kind"]>(["blank"]);
  for (const { kind } of lines) {
    if (done.has(kind)) continue;
    done.add(kind);
    const alike = lines.filter((line) => line.kind === kind && line.hasColon);
    if (kind === "data") {
      if (payload?.json === undefined) {
        const isList = payload!.lines.length > 1;
        const shown = alike.map((line) => showValue(line, isList ? "line" : "text"));
        if (shown.length > 0) entries.push(['"text": ', isList ? listOf(shown) : shown[0]!]);
      } else entries.push(...jsonEntries(payload, leafAt));
    } else if (kind === "field") {
      if (alike.length > 0) entries.push(['"fields": ', fieldsEntry(alike, showValue)]);
    } else
      add(
        kind,
        alike.map((line) => showValue(line, "line")),
      );
  }
  const layout = layoutOf(text, lines);
  const hasPayload = entries.some(([key]) => key === '"data": ' || key === '"text": ');
  const isDefault = hasPayload && layout === defaultLayout(entries.some(([key]) => key === '"event": '));
  const style = entries.filter(([key]) => JSON_STYLE_KEYS.has(key));
  const others = entries.filter(([key]) => !JSON_STYLE_KEYS.has(key));
  const all: Entry[] = [
    ...(isDefault ? [] : [['"layout": ', JSON.stringify(layout)] satisfies Entry]),
    ...style,
    ...others,
  ];
  return show({ open: "{", entries: all }, indent);
}

/** The text of a dissection, and what fills its leaves by where they begin. */
function joinDissection(
  dissection: Dissection,
  filling: readonly Filling[],
): { text: string; leafAt: (start: number, line?: SseLine) => FilledLeaf | undefined } {
  const leaves = new Map<number, FilledLeaf>();
  let text = dissection.segments[0]!;
  dissection.leaves.forEach((leaf, i) => {
    leaves.set(text.length, { kind: leaf.kind, filling: filling[i]! });
    text += leaf.raw + dissection.segments[i + 1]!;
  });
  // An empty line value begins where its line ends, and nothing else can begin there but a value of that line.
  return { text, leafAt: (start, line) => (line?.hasColon === false ? undefined : leaves.get(start)) };
}

function jsonEntries(payload: SsePayload, leafAt: (start: number) => FilledLeaf | undefined): Entry[] {
  const starts = lineStarts(payload);
  const leafOf = (node: { readonly start: number }): FilledLeaf | undefined => {
    let n = 0;
    if (starts.length > 1) while (n + 1 < starts.length && starts[n + 1]! <= node.start) n++;
    return leafAt(payload.lines[n]!.valueStart + node.start - starts[n]!);
  };
  const root = payload.json!;
  return [...showStyle(root, payload.text, leafOf), ['"data": ', showJson(root, leafOf)]];
}

/** Where the lines of a payload begin in it. */
function lineStarts(payload: SsePayload): number[] {
  let at = 0;
  return payload.lines.map((line) => {
    const start = at;
    at += line.valueEnd - line.valueStart + 1;
    return start;
  });
}

function fieldsEntry(lines: readonly SseLine[], showValue: (line: SseLine, implied: LeafKind) => ShowNode): ShowNode {
  const byName = new Map<string, ShowNode[]>();
  for (const line of lines) {
    const list = byName.get(line.name);
    if (list === undefined) byName.set(line.name, [showValue(line, "line")]);
    else list.push(showValue(line, "line"));
  }
  return { open: "{", entries: [...byName].map(([name, shown]) => [`${JSON.stringify(name)}: `, oneOrList(shown)]) };
}

function oneOrList(shown: readonly ShowNode[]): ShowNode {
  return shown.length === 1 ? shown[0]! : listOf(shown);
}

function listOf(shown: readonly ShowNode[]): ShowNode {
  return { open: "[", entries: shown.map((node) => ["", node]) };
}

/** The frame with places for values; neighbouring data lines that look the same stand as one. */
function layoutOf(text: string, lines: readonly SseLine[]): string {
  const shown = lines.map((line) => {
    const prefix = text.slice(line.start, line.valueStart).replaceAll("{", "{{");
    return `${prefix}${line.hasColon ? placeOf(line) : ""}${text.slice(line.valueEnd, line.end)}`;
  });
  const data = lines.flatMap((line, i) => (line.kind === "data" ? [i] : []));
  const [first = 0] = data;
  const isOne = data.every((at, n) => at === first + n && lines[at]!.hasColon && shown[at] === shown[first]);
  return (isOne ? shown.filter((_, i) => i <= first || lines[i]!.kind !== "data") : shown).join("");
}

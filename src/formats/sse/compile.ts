/** Shapes of events, read back from `symbols.json` as a person may have edited them (`shape` writes them). */
import type { JsonNode } from "../../base/json.ts";
import { pathIndex, pathKey } from "../../base/path.ts";
import type { LeafKind, Part } from "../format.ts";
import { compileJson, createPartList, invalid, readHole, readStyle } from "../json-compile.ts";
import { keyText } from "../json-leaves.ts";
import { isJsonText, isProse } from "../leaf-kind.ts";
import { linePaths, readLines, valueOf, type SseLine } from "./lines.ts";
import { defaultLayout, placeOf } from "./shape.ts";

const KEYS: ReadonlySet<string> = new Set([
  "layout",
  "spaced",
  "indent",
  "gaps",
  "event",
  "id",
  "retry",
  "comment",
  "fields",
  "data",
  "text",
]);
const TEXT_LINE_KINDS: ReadonlySet<string> = new Set(["line", "prose", "string", "number", "boolean", "null"]);

/** What stands for the value of one line: parts whose paths are given once all lines are known. */
type Value = readonly Part[];

/** A line of the event to be, its value to be filled in. */
interface LayoutLine {
  readonly kind: SseLine["kind"];
  readonly name: string;
  readonly prefix: string;
  readonly hasPlace: boolean;
  readonly lineEnd: string;
}

/** Compiles a shape. Throws WraithError MODEL_INVALID with `field` inside the shape. */
export function compileSseShape(shape: JsonNode): readonly Part[] {
  const fields = readFields(shape, "", (key) => KEYS.has(key));
  if (fields.has("data") && fields.has("text")) throw invalid("a shape has either data (JSON) or text", "text");
  const values = readValues(fields);
  const layout = fields.get("layout");
  if (layout !== undefined && layout.kind !== "string") throw invalid("layout is a string", "layout");
  if (layout === undefined && !fields.has("data") && !fields.has("text"))
    throw invalid("a shape without a layout has data or text", "");
  const layoutText = layout === undefined ? defaultLayout(fields.has("event")) : (JSON.parse(layout.raw) as string);
  const lines = repeatData(readLayout(layoutText), values);
  const paths = linePaths(lines);
  const out = createPartList();
  const used = new Map<string, number>();
  lines.forEach((line, i) => {
    out.add(line.prefix);
    if (line.hasPlace) {
      const key = keyOf(line);
      const n = used.get(key) ?? 0;
      used.set(key, n + 1);
      const value = values.get(key)?.[n];
      if (value === undefined)
        throw invalid(`the layout has a place for ${key} that has no value`, fieldOf(line, fields));
      for (const part of value)
        out.add(typeof part === "string" || part.path !== "" ? part : { ...part, path: paths[i]! });
    }
    out.add(line.lineEnd);
  });
  for (const [key, list] of values) {
    const count = used.get(key) ?? 0;
    const [kind, name = ""] = key.split(":", 2);
    const field = kind === "field" ? pathKey("fields", name) : kind === "data" && fields.has("text") ? "text" : kind!;
    if (count < list.length) throw invalid(`the layout has ${count} places for the ${list.length} values`, field);
  }
  return out.parts;
}

function keyOf(line: Pick<LayoutLine, "kind" | "name">): string {
  return line.kind === "field" ? `field:${line.name}` : line.kind;
}

function fieldOf(line: LayoutLine, fields: ReadonlyMap<string, JsonNode>): string {
  if (line.kind === "field") return pathKey("fields", line.name);
  return line.kind === "data" && fields.has("text") ? "text" : line.kind;
}

function readFields(node: JsonNode, field: string, isKnown: (key: string) => boolean): Map<string, JsonNode> {
  if (node.kind !== "object") throw invalid("an object is wanted here", field);
  const out = new Map<string, JsonNode>();
  node.keys.forEach((raw, i) => {
    const key = keyText(raw);
    if (!isKnown(key)) throw invalid(`a shape has no field ${JSON.stringify(key)}`, pathKey(field, key));
    if (out.has(key)) throw invalid(`${key} stands here twice`, pathKey(field, key));
    out.set(key, node.values[i]!);
  });
  return out;
}

/** The values of each kind of line, in order. */
function readValues(fields: ReadonlyMap<string, JsonNode>): Map<string, readonly Value[]> {
  const values = new Map<string, readonly Value[]>();
  for (const kind of ["event", "id", "retry", "comment"] as const) {
    const node = fields.get(kind);
    if (node !== undefined) values.set(kind, readLineValues(node, kind, kind !== "event"));
  }
  const others = fields.get("fields");
  if (others !== undefined)
    for (const [name, node] of readFields(others, "fields", () => true))
      values.set(`field:${name}`, readLineValues(node, pathKey("fields", name), true));
  const text = fields.get("text");
  if (text !== undefined) values.set("data", readText(text));
  const data = fields.get("data");
  const style = readStyle(fields);
  if (data !== undefined) values.set("data", splitLines(compileJson(data, style, "data", "data")));
  else if (style.spaced || style.indent !== undefined || style.gaps.length > 0)
    throw invalid(
      "spaced, indent and gaps belong to data",
      style.gaps.length > 0 ? "gaps" : style.spaced ? "spaced" : "indent",
    );
  return values;
}

function readLineValues(node: JsonNode, field: string, mayBeHole: boolean): readonly Value[] {
  return eachOf(node, field, (item, at) => {
    const hole = readHole(item, at);
    if (hole === undefined) return [readLineText(item, at)];
    if (!mayBeHole) throw invalid("the name of an event is a constant", at);
    if (hole.kind !== undefined && hole.kind !== "line")
      throw invalid(`a hole has no kind ${JSON.stringify(hole.kind)} here`, at);
    return [{ hole: hole.name, kind: "line", path: "" }];
  });
}

function eachOf(node: JsonNode, field: string, read: (item: JsonNode, field: string) => Value): readonly Value[] {
  if (node.kind !== "array") return [read(node, field)];
  if (node.values.length === 0) throw invalid("a list has at least one value", field);
  return node.values.map((item, i) => read(item, pathIndex(field, i)));
}

function readLineText(node: JsonNode, field: string): string {
  if (node.kind !== "string") throw invalid("a string or a hole is wanted here", field);
  const text = JSON.parse(node.raw) as string;
  if (/[\r\n]/.test(text)) throw invalid("a value of one line has no line end in it", field);
  return text;
}

/** The lines of a text payload. Throws where JSON could stand there: such a shape would take everything. */
function readText(node: JsonNode): readonly Value[] {
  const isList = node.kind === "array";
  const values = eachOf(node, "text", (item, at) => {
    const hole = readHole(item, at);
    if (hole === undefined) return [readLineText(item, at)];
    const kind = hole.kind ?? (isList ? "line" : "text");
    if (isList ? !TEXT_LINE_KINDS.has(kind) : kind !== "text")
      throw invalid(`a hole has no kind ${JSON.stringify(kind)} here`, at);
    return [{ hole: hole.name, kind: kind as LeafKind, path: "" }];
  });
  const parts = values.map((value) => value[0]!);
  if (isList && parts.some((part) => (typeof part === "string" ? isProse(part) : part.kind === "prose"))) return values;
  if (isList && parts.some((part) => typeof part !== "string" && part.kind === "line"))
    throw invalid('one line at least is no JSON: a constant, or a hole of "kind": "prose"', "text");
  const example = parts.map((part) => (typeof part === "string" ? part : EXAMPLES[part.kind]));
  if (example.every((line) => line !== undefined) && isJsonText(example.join("\n")))
    throw invalid("this text is JSON: it belongs under data", "text");
  return values;
}

/** One of each kind: whether tokens make JSON does not depend on which. */
const EXAMPLES: Readonly<Partial<Record<LeafKind, string>>> = {
  string: '""',
  number: "0",
  boolean: "true",
  null: "null",
};

/** A JSON text as the lines that its line ends make of it. */
function splitLines(parts: readonly Part[]): readonly Value[] {
  const out: Part[][] = [[]];
  for (const part of parts) {
    if (typeof part !== "string") {
      out.at(-1)!.push(part);
      continue;
    }
    if (part.includes("\r")) throw invalid("lines of data end as the layout says: white space has \\n only", "gaps");
    part.split("\n").forEach((piece, i) => {
      if (i > 0) out.push([]);
      if (piece !== "") out.at(-1)!.push(piece);
    });
  }
  return out;
}

/** Reads a layout into lines. Throws for a brace that is neither a place at the right line nor doubled. */
function readLayout(layout: string): LayoutLine[] {
  return readLines(layout).map((line) => {
    const value = valueOf(layout, line);
    const hasPlace = value === placeOf(line);
    const { kind } = line;
    const literal = unescape(layout.slice(line.start, hasPlace ? line.valueStart : line.valueEnd));
    const name = kind === "field" ? unescape(line.name) : kind;
    return { kind, name, prefix: literal, hasPlace, lineEnd: layout.slice(line.valueEnd, line.end) };
  });
}

function unescape(literal: string): string {
  return literal.replaceAll(/\{\{|\{/g, (brace) => {
    if (brace === "{")
      throw invalid(
        "a brace in a layout is a place that fits its line ({id}, {event}, {data}, {value} ...), or is doubled",
        "layout",
      );
    return "{";
  });
}

/** One data line of a layout stands for as many as the payload has; several stand for one each. */
function repeatData(lines: readonly LayoutLine[], values: Map<string, readonly Value[]>): readonly LayoutLine[] {
  const data = values.get("data");
  if (data === undefined) return lines;
  const dataLines = lines.filter((line) => line.kind === "data");
  const places = dataLines.filter((line) => line.hasPlace).length;
  if (dataLines.length === 1 && places === 1)
    return lines.flatMap((line) => (line.kind === "data" ? data.map(() => line) : [line]));
  if (places < dataLines.length && dataLines.length === data.length) {
    // A line without a place is an empty line of the payload.
    const filled = data.filter((value, n) => {
      if (!dataLines[n]!.hasPlace && value.length > 0)
        throw invalid("a line without a place stands for an empty line of data", "layout");
      return dataLines[n]!.hasPlace;
    });
    values.set("data", filled);
  }
  return lines;
}

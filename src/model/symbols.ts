/** Reads `symbols.json` (docs/model-format.md), as a person may have edited it; `symbols-format` writes it. */
import { WraithError } from "../base/errors.ts";
import type { JsonNode } from "../base/json.ts";
import { joinPath, pathSegments } from "../base/path.ts";
import type { Codec, Formats, Part } from "../formats/format.ts";
import { keyText } from "../formats/json-leaves.ts";
import { readHoleRule } from "./hole-text.ts";
import {
  invalidAt,
  openJson,
  readEntries,
  readFields,
  readItems,
  readString,
  readWhole,
  readWord,
  type JsonPlace,
} from "./json-document.ts";
import { codecOfRoute } from "./loaded-model.ts";
import type { HoleRule, Model, Route, Shape } from "./model.ts";
import { createPathCheck, readVariant } from "./symbols-variant.ts";

export { formatModel } from "./symbols-format.ts";

/**
 * Reads `symbols.json`, as a person may have edited it: spelling of constants is kept. Throws WraithError MODEL_INVALID with
 * file, line, column and field for what is not JSON, unknown fields, wrong types, and names that nothing defines.
 */
export function parseModel(text: string, file: string, formats: Formats): Model {
  const fields = readFields(openJson({ file, text, firstLine: 1 }), ["wraith", "twin", "routes"]);
  const version = fields.need("wraith");
  const written = readWhole(version);
  if (written !== 1)
    throw invalidAt(
      version,
      `this is a model of format ${written}, and this wraith reads format 1 only; use the wraith that wrote it`,
    );
  const names = new Set<string>();
  const takes = new Set<string>();
  const routes = readItems(fields.need("routes")).map((place) => {
    const route = readRoute(place, formats, takes);
    if (names.has(route.route)) throw invalidAt(fieldOf(place, "route"), `the route ${route.route} stands here twice`);
    names.add(route.route);
    return route;
  });
  return { twin: readString(fields.need("twin")), routes };
}

function readRoute(place: JsonPlace, formats: Formats, takesFiles: Set<string>): Route {
  const fields = readFields(place, ["route", "format", "holes", "shapes", "variants"]);
  const routePlace = fields.need("route");
  const route = readString(routePlace);
  const m = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+) ([/*]\S*)$/.exec(route);
  if (m === null) throw invalidAt(routePlace, "a route is a method, a space and a path that begins with /");
  const [method, pattern] = [m[1]!, m[2]!];
  const params = new Set(pattern.split("/").flatMap((s) => (s.length > 1 && s.startsWith(":") ? [s.slice(1)] : [])));
  const format = readWord(
    fields.need("format"),
    formats.all.map((f) => f.id),
  );
  const checkPath = createPathCheck(params);
  const holes = new Map<string, HoleRule>();
  for (const [name, at] of readEntries(fields.need("holes"))) holes.set(name, readHoleRule(at, checkPath));
  const codecs = new Map<string, Codec>();
  const codecOf = (id: string): Codec => {
    let codec = codecs.get(id);
    if (codec === undefined) codecs.set(id, (codec = codecOfRoute({ method, pattern }, id, formats)));
    return codec;
  };
  const shapes = new Map<string, Shape>();
  for (const [name, at] of readEntries(fields.need("shapes"))) {
    if (!isShapeName(name)) throw invalidAt(at, "the name of a shape is a word without white space and *");
    shapes.set(name, readShape(name, at, format, holes, formats, codecOf));
  }
  const variantNames = new Set<string>();
  const variants = readItems(fields.need("variants")).map((at) => {
    const variant = readVariant(at, { format, holes, shapes, formats, checkPath });
    if (variantNames.has(variant.name))
      throw invalidAt(fieldOf(at, "variant"), `the variant ${variant.name} stands here twice`);
    if (takesFiles.has(variant.takesFile))
      throw invalidAt(fieldOf(at, "takes"), `two variants have their takes in ${variant.takesFile}`);
    variantNames.add(variant.name);
    takesFiles.add(variant.takesFile);
    return variant;
  });
  return { route, method, pattern, format, holes, shapes, variants };
}

function fieldOf(place: JsonPlace, name: string): JsonPlace {
  return readEntries(place).get(name) ?? place;
}

/** Names of shapes stand in a take's row with spaces between and `*` behind. */
function isShapeName(name: string): boolean {
  return /^[^\s*]+$/.test(name);
}

function readShape(
  name: string,
  place: JsonPlace,
  routeFormat: string,
  holes: ReadonlyMap<string, HoleRule>,
  formats: Formats,
  codecOf: (format: string) => Codec,
): Shape {
  const { node, source, format, seen } = readShapeHead(place, routeFormat, formats);
  let parts: readonly Part[];
  try {
    parts = codecOf(format).compileShape(node);
  } catch (error) {
    if (!(error instanceof WraithError) || error.place.file !== undefined) throw error;
    const inside = error.place.field ?? "";
    const at = { ...place, field: joinPath(place.field, inside) };
    throw invalidAt(at, error.message, findNode(node, inside).start);
  }
  for (const part of parts)
    if (typeof part !== "string" && !holes.has(part.hole)) throw undefinedHole(place, node, part.hole);
  return { name, format, parts, ...(seen === undefined ? {} : { seen }), source };
}

interface ShapeHead {
  /** The shape without what is said about it. */
  readonly node: JsonNode;
  readonly source: string;
  readonly format: string;
  readonly seen: number | undefined;
}

/** Takes `format` and `seen` off the front of a shape (see `symbols-format`). */
function readShapeHead(place: JsonPlace, routeFormat: string, formats: Formats): ShapeHead {
  const { document, node } = place;
  const { text } = document;
  const whole = text.slice(node.start, node.end);
  if (node.kind !== "object") throw invalidAt(place, "a shape is an object");
  let count = 0;
  let format = routeFormat;
  let seen: number | undefined;
  const at = (field: string): JsonPlace => ({
    document,
    node: node.values[count]!,
    field: joinPath(place.field, field),
  });
  if (node.keys[count] === '"format"') {
    format = readWord(
      at("format"),
      formats.all.map((f) => f.id),
    );
    count++;
  }
  if (node.keys[count] === '"seen"') {
    seen = readWhole(at("seen"), 1);
    count++;
  }
  if (count === 0) return { node, source: whole, format, seen };
  const inner: JsonNode = { ...node, keys: node.keys.slice(count), values: node.values.slice(count) };
  const after = text.slice(node.values[count - 1]!.end, node.end).replace(/^\s*,/, "");
  const source = inner.keys.length === 0 ? "{}" : `{${after.replace(/^ +(?!\n)/, "")}`;
  return { node: inner, source, format, seen };
}

/** The node at a path inside another, or the last on the way that there is. */
function findNode(root: JsonNode, path: string): JsonNode {
  let node = root;
  for (const segment of pathSegments(path) ?? []) {
    let next: JsonNode | undefined;
    if (typeof segment === "number") next = node.kind === "array" ? node.values[segment] : undefined;
    else if (node.kind === "object") next = node.values[node.keys.findIndex((raw) => keyText(raw) === segment)];
    if (next === undefined) return node;
    node = next;
  }
  return node;
}

function undefinedHole(place: JsonPlace, node: JsonNode, hole: string): WraithError {
  const found = findHole(node, hole, place.field);
  const at = found === undefined ? place : { ...place, ...found };
  return invalidAt(at, `no rule under "holes" defines the hole ${JSON.stringify(hole)}`);
}

function findHole(node: JsonNode, hole: string, field: string): { node: JsonNode; field: string } | undefined {
  if (!("values" in node)) return undefined;
  for (let i = 0; i < node.values.length; i++) {
    const value = node.values[i]!;
    const key = node.kind === "object" ? keyText(node.keys[i]!) : undefined;
    if (key === "$hole" && value.kind === "string" && JSON.parse(value.raw) === hole) return { node, field };
    const inside =
      key === undefined ? `${field}[${i}]` : joinPath(field, /^[\w$-]+$/.test(key) ? key : `[${JSON.stringify(key)}]`);
    const found = findHole(value, hole, inside);
    if (found !== undefined) return found;
  }
  return undefined;
}

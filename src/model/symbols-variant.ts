import { pathSegments } from "../base/path.ts";
import type { Formats } from "../formats/format.ts";
import { isTextPath } from "./guard.ts";
import {
  invalidAt,
  rawOf,
  readEntries,
  readFields,
  readItems,
  readNumber,
  readString,
  readTrue,
  readWhole,
  readWord,
  type JsonPlace,
} from "./json-document.ts";
import type { Band, Condition, Guard, HeaderTemplate, HoleRule, Shape, StreamRule, Variant } from "./model.ts";
import { readTermination } from "./termination-text.ts";

/** What a variant may refer to. */
export interface RouteNames {
  readonly format: string;
  readonly holes: ReadonlyMap<string, HoleRule>;
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly formats: Formats;
  checkPath(place: JsonPlace, path: string): void;
}

/** Refuses paths of a request that nothing can stand at: an unknown beginning, a parameter that the route does not have. */
export function createPathCheck(params: ReadonlySet<string>): RouteNames["checkPath"] {
  return (place, path) => {
    const segments = pathSegments(path);
    const root = segments?.[0];
    if (segments === undefined || typeof root !== "string" || !["body", "query", "headers", "path"].includes(root))
      throw invalidAt(
        place,
        `${JSON.stringify(path)} is no path of a request: body, query, headers or path, and a place in it`,
      );
    if (root === "body") return;
    if (segments.length !== 2 || typeof segments[1] !== "string")
      throw invalidAt(place, `${root} has one name behind it`);
    if (root === "path" && !params.has(segments[1]))
      throw invalidAt(place, `the route has no parameter ${JSON.stringify(segments[1])}`);
  };
}

const FIELDS = [
  "variant",
  "format",
  "guard",
  "status",
  "headers",
  "otherHeaders",
  "stream",
  "body",
  "trailers",
  "otherTrailers",
  "termination",
  "coding",
  "timing",
  "takes",
];

/** Reads a variant. Throws WraithError MODEL_INVALID. */
export function readVariant(place: JsonPlace, names: RouteNames): Variant {
  const fields = readFields(place, FIELDS);
  const optional = <T>(name: string, read: (at: JsonPlace) => T): T | undefined => {
    const at = fields.find(name);
    return at && read(at);
  };
  const name = readString(fields.need("variant"));
  const format =
    optional("format", (at) =>
      readWord(
        at,
        names.formats.all.map((f) => f.id),
      ),
    ) ?? names.format;
  const isUnary = names.formats.byId(format)?.unary === true;
  const [here, other] = isUnary ? ["body", "stream"] : ["stream", "body"];
  const misplaced = fields.find(other);
  if (misplaced !== undefined)
    throw invalidAt(misplaced, `a variant in the format ${format} has ${here} and no ${other}`);
  const events = fields.need(here);
  const headersOf = (at: JsonPlace): HeaderTemplate => readHeaders(at, names);
  const shapeOf = (at: JsonPlace): string => readShapeName(at, format, names);
  const coding = optional("coding", readString);
  return {
    name,
    format,
    guard: readGuard(fields.need("guard"), names),
    status: readStatus(fields.need("status")),
    headers: [
      headersOf(fields.need("headers")),
      ...(optional("otherHeaders", (at) => readItems(at).map(headersOf)) ?? []),
    ],
    trailers: [
      optional("trailers", headersOf),
      ...(optional("otherTrailers", (at) =>
        readItems(at).map((t) => (t.node.kind === "null" ? undefined : headersOf(t))),
      ) ?? []),
    ],
    ...(isUnary ? { body: readItems(events).map(shapeOf) } : { stream: readStream(events, shapeOf) }),
    termination: readEnds(fields.need("termination")),
    ...(coding === undefined ? {} : { coding }),
    timing: optional("timing", readTiming) ?? {},
    takesFile: readTakesFile(fields.need("takes")),
  };
}

function readStatus(place: JsonPlace): number {
  const status = readWhole(place, 100);
  if (status > 999) throw invalidAt(place, "a status has three digits");
  return status;
}

function readGuard(place: JsonPlace, names: RouteNames): Guard {
  const guard: Condition[] = [];
  for (const [path, at] of readEntries(place)) {
    names.checkPath(at, path);
    readFields(at, ["equals", "present", "absent"]);
    const tests = readEntries(at);
    if (tests.size === 0) throw invalidAt(at, "a condition is equals, present or absent");
    for (const [test, value] of tests)
      if (test === "equals") guard.push({ path, test, value: readEquals(value, path) });
      else {
        readTrue(value);
        guard.push({ path, test: test === "present" ? "present" : "absent" });
      }
  }
  return guard;
}

function readEquals(place: JsonPlace, path: string): string {
  if (isTextPath(path)) return readString(place);
  if ("values" in place.node) throw invalidAt(place, "equals has a string, a number, a boolean or null");
  return rawOf(place);
}

function readHeaders(place: JsonPlace, names: RouteNames): HeaderTemplate {
  return readItems(place).map((pair) => {
    const [name, value, ...more] = readItems(pair);
    if (name === undefined || value === undefined || more.length > 0)
      throw invalidAt(pair, 'a header is [name, value], the value a string or {"$hole": name}');
    if (value.node.kind === "string") return [readString(name), readString(value)];
    const holePlace = readFields(value, ["$hole"]).need("$hole");
    const hole = readString(holePlace);
    if (!names.holes.has(hole))
      throw invalidAt(holePlace, `no rule under "holes" defines the hole ${JSON.stringify(hole)}`);
    return [readString(name), { hole }];
  });
}

function readShapeName(place: JsonPlace, format: string, names: RouteNames): string {
  const name = readString(place);
  const shape = names.shapes.get(name);
  if (shape === undefined) throw invalidAt(place, `nothing under "shapes" defines the shape ${JSON.stringify(name)}`);
  if (shape.format !== format)
    throw invalidAt(
      place,
      `the shape ${JSON.stringify(name)} is in the format ${shape.format}, and this variant in ${format}`,
    );
  return name;
}

function readStream(place: JsonPlace, shapeOf: (at: JsonPlace) => string): StreamRule {
  const fields = readFields(place, ["prefix", "middle", "endings"]);
  return {
    prefix: readItems(fields.need("prefix")).map(shapeOf),
    middle: readItems(fields.need("middle")).map(shapeOf),
    endings: readItems(fields.need("endings")).map((row) => readItems(row).map(shapeOf)),
  };
}

function readEnds(place: JsonPlace): Variant["termination"] {
  if (place.node.kind !== "array") return [readTermination(place)];
  return readItems(place).map(readTermination);
}

function readTiming(place: JsonPlace): Variant["timing"] {
  const fields = readFields(place, ["firstMs", "gapMs"]);
  const band = (name: string): Band | undefined => {
    const at = fields.find(name);
    if (at === undefined) return undefined;
    const bounds = readFields(at, ["p50", "p99"]);
    return { p50: readNumber(bounds.need("p50")), p99: readNumber(bounds.need("p99")) };
  };
  const [firstMs, gapMs] = [band("firstMs"), band("gapMs")];
  return { ...(firstMs && { firstMs }), ...(gapMs && { gapMs }) };
}

/** A stem below `model/takes`: a path that cannot leave it. */
function readTakesFile(place: JsonPlace): string {
  const stem = readString(place);
  if (!/^[A-Za-z0-9_-][\w.-]*(?:\/[A-Za-z0-9_-][\w.-]*)*$/.test(stem))
    throw invalidAt(
      place,
      "takes names a file below model/takes, without extension: words of letters, digits, dots and dashes",
    );
  return stem;
}

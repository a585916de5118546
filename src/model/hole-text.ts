import type { ShowNode } from "../formats/json-shape.ts";
import {
  invalidAt,
  rawOf,
  readFields,
  readItems,
  readNumber,
  readString,
  readTrue,
  readWhole,
  readWord,
  type Fields,
  type JsonPlace,
} from "./json-document.ts";
import { HOLE_CLASSES, type HoleClass, type HoleRule } from "./model.ts";
import { isJsonValue } from "./raw-value.ts";

/** A hole's rule as it stands in `symbols.json`: `{"class": "counter", "scope": "event", "start": 1, "step": 1}`. */
export function showHoleRule(rule: HoleRule): ShowNode {
  const entries: [string, ShowNode][] = [
    ['"class": ', JSON.stringify(rule.class)],
    ['"scope": ', JSON.stringify(rule.scope)],
  ];
  const add = (name: string, value: ShowNode): void => void entries.push([`${JSON.stringify(name)}: `, value]);
  if (rule.nullable === true) add("nullable", "true");
  switch (rule.class) {
    case "timestamp":
      add("unit", JSON.stringify(rule.unit));
      break;
    case "counter":
      if (rule.start !== undefined) add("start", JSON.stringify(rule.start));
      add("step", JSON.stringify(rule.step));
      break;
    case "echoed":
      add("from", JSON.stringify(rule.from));
      break;
    case "generated":
      if (rule.prefix !== undefined) add("prefix", listOf(rule.prefix.map((p) => JSON.stringify(p))));
      add("alphabet", JSON.stringify(rule.alphabet));
      add("length", typeof rule.length === "number" ? String(rule.length) : listOf(rule.length.map(String)));
      break;
    case "enum":
      add("values", listOf(rule.values.map(showRaw)));
      break;
    default:
  }
  return { open: "{", entries };
}

function listOf(items: readonly string[]): ShowNode {
  return { open: "[", entries: items.map((item) => ["", item]) };
}

/** A raw value that may be text: JSON stands as it is, anything else as `{"raw": "..."}`. */
function showRaw(raw: string): string {
  return isJsonValue(raw) && !/^[[{]/.test(raw) ? raw : `{"raw": ${JSON.stringify(raw)}}`;
}

const FIELDS: Readonly<Record<HoleClass, readonly string[]>> = {
  json: [],
  timestamp: ["unit"],
  counter: ["start", "step"],
  echoed: ["from"],
  generated: ["prefix", "alphabet", "length"],
  boolean: [],
  number: [],
  enum: ["values"],
  text: [],
};

/** Reads a hole's rule. `checkPath` refuses a path of the request that cannot be. Throws WraithError MODEL_INVALID. */
export function readHoleRule(place: JsonPlace, checkPath: (place: JsonPlace, path: string) => void): HoleRule {
  const all = readFields(place, ["class", "scope", "nullable", ...Object.values(FIELDS).flat()]);
  const name = readWord(all.need("class"), HOLE_CLASSES);
  const fields = readFields(place, ["class", "scope", "nullable", ...FIELDS[name]]);
  const nullable = fields.find("nullable");
  const common = {
    scope: readWord(fields.need("scope"), ["stream", "event"]),
    ...(nullable === undefined ? {} : { nullable: readTrue(nullable) }),
  };
  switch (name) {
    case "timestamp":
      return { class: name, ...common, unit: readWord(fields.need("unit"), ["s", "ms", "us", "ns", "iso", "http"]) };
    case "counter": {
      const start = fields.find("start");
      return {
        class: name,
        ...common,
        ...(start && { start: readNumber(start) }),
        step: readNumber(fields.need("step")),
      };
    }
    case "echoed": {
      const from = fields.need("from");
      const path = readString(from);
      checkPath(from, path);
      return { class: name, ...common, from: path };
    }
    case "generated":
      return { class: name, ...common, ...readIdForm(fields) };
    case "enum":
      return { class: name, ...common, values: readItems(fields.need("values")).map(readRaw) };
    default:
      return { class: name, ...common };
  }
}

type IdForm = Pick<Extract<HoleRule, { class: "generated" }>, "prefix" | "alphabet" | "length">;

function readIdForm(fields: Fields): IdForm {
  const prefix = fields.find("prefix");
  const length = fields.need("length");
  return {
    ...(prefix && { prefix: prefix.node.kind === "string" ? [readString(prefix)] : readItems(prefix).map(readString) }),
    alphabet: readWord(fields.need("alphabet"), ["digits", "hex", "base62", "base64url", "printable", "uuid"]),
    length: length.node.kind === "array" ? readRange(length) : readWhole(length),
  };
}

function readRange(place: JsonPlace): readonly [number, number] {
  const [least, most, ...more] = readItems(place).map((item) => readWhole(item));
  if (least === undefined || most === undefined || more.length > 0 || most < least)
    throw invalidAt(place, "a length is one number, or the least and the most");
  return [least, most];
}

function readRaw(place: JsonPlace): string {
  if (place.node.kind === "object") return readString(readFields(place, ["raw"]).need("raw"));
  if (place.node.kind === "array") throw invalidAt(place, "a value of an enum is a scalar");
  return rawOf(place);
}

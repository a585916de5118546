/** Reads JSON documents that people edit: whatever is wrong is told with file, line, column and field. */
import { lineAndColumn, WraithError } from "../base/errors.ts";
import { parseJsonOrOffset, type JsonNode } from "../base/json.ts";
import { pathIndex, pathKey } from "../base/path.ts";
import { keyText } from "../formats/json-leaves.ts";

export interface JsonDocument {
  readonly file: string;
  readonly text: string;
  /** Number in the file of the text's first line. */
  readonly firstLine: number;
}

/** A value of a document. */
export interface JsonPlace {
  readonly document: JsonDocument;
  readonly node: JsonNode;
  /** Path from the document's root. */
  readonly field: string;
}

/** The root of a document. Throws WraithError MODEL_INVALID where it is not JSON. */
export function openJson(document: JsonDocument): JsonPlace {
  const node = parseJsonOrOffset(document.text);
  if (typeof node !== "number") return { document, node, field: "" };
  const isEnd = node >= document.text.trimEnd().length;
  throw errorAt(document, node, "", isEnd ? "the JSON ends too early" : "this is not JSON");
}

/** The error for what is wrong at a place; `message` is a sentence without its capital and its full stop. `offset`: where inside, if not at its start. */
export function invalidAt(place: JsonPlace, message: string, offset = place.node.start): WraithError {
  return errorAt(place.document, offset, place.field, message);
}

function errorAt(document: JsonDocument, offset: number, field: string, message: string): WraithError {
  const { line, column } = lineAndColumn(document.text, offset);
  return new WraithError("MODEL_INVALID", `${message[0]!.toUpperCase()}${message.slice(1)}.`, {
    file: document.file,
    line: line + document.firstLine - 1,
    column,
    field,
  });
}

/** The entries of an object, names decoded. Throws where it is none, and where a name comes twice. */
export function readEntries(place: JsonPlace): ReadonlyMap<string, JsonPlace> {
  const { document, node, field } = place;
  if (node.kind !== "object") throw invalidAt(place, `an object is wanted here, not ${describe(node)}`);
  const entries = new Map<string, JsonPlace>();
  node.values.forEach((value, i) => {
    const key = keyText(node.keys[i]!);
    const entry: JsonPlace = { document, node: value, field: pathKey(field, key) };
    if (entries.has(key)) throw invalidAt(entry, `${JSON.stringify(key)} stands here twice`);
    entries.set(key, entry);
  });
  return entries;
}

/** An object of known fields. `need` gives one that must be there. */
export interface Fields {
  find(name: string): JsonPlace | undefined;
  need(name: string): JsonPlace;
}

/** The fields of an object. Throws where there is one that is not known. */
export function readFields(place: JsonPlace, known: readonly string[]): Fields {
  const entries = readEntries(place);
  for (const [name, entry] of entries)
    if (!known.includes(name))
      throw invalidAt(entry, `there is no field ${JSON.stringify(name)} here (${known.join(", ")})`);
  return {
    find: (name) => entries.get(name),
    need: (name) => {
      const entry = entries.get(name);
      if (entry === undefined) throw invalidAt(place, `the field ${JSON.stringify(name)} is missing`);
      return entry;
    },
  };
}

/** The elements of an array. */
export function readItems(place: JsonPlace): readonly JsonPlace[] {
  const { document, node, field } = place;
  if (node.kind !== "array") throw invalidAt(place, `an array is wanted here, not ${describe(node)}`);
  return node.values.map((value, i) => ({ document, node: value, field: pathIndex(field, i) }));
}

/** The elements of an array, most of which `quick` can read without knowing where they stand; `read` reads the others, or throws. */
export function readScalars<T>(
  place: JsonPlace,
  quick: (node: JsonNode) => T | undefined,
  read: (place: JsonPlace) => T,
): readonly T[] {
  const { document, node, field } = place;
  if (node.kind !== "array") throw invalidAt(place, `an array is wanted here, not ${describe(node)}`);
  return node.values.map((value, i) => quick(value) ?? read({ document, node: value, field: pathIndex(field, i) }));
}

export function readString(place: JsonPlace): string {
  if (place.node.kind !== "string") throw invalidAt(place, `a string is wanted here, not ${describe(place.node)}`);
  return JSON.parse(place.node.raw) as string;
}

export function readNumber(place: JsonPlace): number {
  if (place.node.kind !== "number") throw invalidAt(place, `a number is wanted here, not ${describe(place.node)}`);
  return Number(place.node.raw);
}

/** A whole number of at least `least`. */
export function readWhole(place: JsonPlace, least = 0): number {
  const value = readNumber(place);
  if (!Number.isSafeInteger(value) || value < least)
    throw invalidAt(place, `a whole number from ${least} is wanted here`);
  return value;
}

export function readTrue(place: JsonPlace): true {
  if (place.node.kind !== "boolean" || place.node.raw !== "true") throw invalidAt(place, "only true can stand here");
  return true;
}

/** One of a few words. */
export function readWord<W extends string>(place: JsonPlace, words: readonly W[]): W {
  const text = readString(place);
  const word = words.find((w) => w === text);
  if (word === undefined) throw invalidAt(place, `${JSON.stringify(text)} is none of ${words.join(", ")}`);
  return word;
}

/** The text of a value as it stands in the document. */
export function rawOf(place: JsonPlace): string {
  return place.document.text.slice(place.node.start, place.node.end);
}

function describe(node: JsonNode): string {
  return node.kind === "null" ? "null" : `${node.kind === "array" || node.kind === "object" ? "an" : "a"} ${node.kind}`;
}

/**
 * JSON that keeps its spelling: `JSON.parse` loses `1.0`, `1e2`, integers above 2^53, duplicate keys, escapes and white
 * space, and all of them are bytes a client can see. Nodes carry offsets into the text they were read from; scalars and
 * keys carry their raw text. Grammar: RFC 8259.
 */
export type JsonNode = JsonObject | JsonArray | JsonScalar;

export interface JsonObject {
  readonly kind: "object";
  /** Raw spelling, quotes included, in order, duplicates kept. */
  readonly keys: readonly string[];
  readonly values: readonly JsonNode[];
  readonly start: number;
  readonly end: number;
}

interface JsonArray {
  readonly kind: "array";
  readonly values: readonly JsonNode[];
  readonly start: number;
  readonly end: number;
}

export interface JsonScalar {
  readonly kind: "string" | "number" | "boolean" | "null";
  readonly raw: string;
  readonly start: number;
  readonly end: number;
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Nesting beyond this is text, not JSON: a bound that no real payload reaches and that no stack overflows at. */
const MAX_DEPTH = 512;

class Malformed extends Error {
  readonly offset: number;
  constructor(offset: number) {
    super("not JSON");
    this.offset = offset;
  }
}

interface Reader {
  readonly text: string;
  at: number;
}

function skipSpace(r: Reader): void {
  for (;;) {
    const c = r.text.charCodeAt(r.at);
    if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return;
    r.at++;
  }
}

/** End of the string whose quote stands at `at`, or -1 - offset of what does not belong in it. */
function stringEnd(text: string, at: number): number {
  let p = at + 1;
  for (;;) {
    const c = text.charCodeAt(p);
    if (c === 34) return p + 1;
    if (c === 92) {
      ESCAPE.lastIndex = p;
      if (!ESCAPE.test(text)) return -1 - p;
      p = ESCAPE.lastIndex;
    } else if (c >= 32) p++;
    else return -1 - p; // control character, or NaN at the end of the text
  }
}

function readString(r: Reader): void {
  const end = stringEnd(r.text, r.at);
  if (end < 0) throw new Malformed(-1 - end);
  r.at = end;
}

function readValue(r: Reader, depth: number): JsonNode {
  skipSpace(r);
  const { text } = r;
  const start = r.at;
  const c = text.charCodeAt(start);
  if (c === 34) {
    readString(r);
    return { kind: "string", raw: text.slice(start, r.at), start, end: r.at };
  }
  if (c === 123 || c === 91) {
    if (depth >= MAX_DEPTH) throw new Malformed(start);
    return c === 123 ? readObject(r, depth) : readArray(r, depth);
  }
  // t, f, n: everything else is a number or nothing.
  if (c === 116 || c === 102 || c === 110) {
    const word = c === 116 ? "true" : c === 102 ? "false" : "null";
    if (!text.startsWith(word, start)) throw new Malformed(start);
    r.at += word.length;
    return { kind: c === 110 ? "null" : "boolean", raw: word, start, end: r.at };
  }
  const end = scanJsonNumber(text, start);
  if (end < 0) throw new Malformed(start);
  r.at = end;
  return { kind: "number", raw: text.slice(start, end), start, end };
}

function readObject(r: Reader, depth: number): JsonObject {
  const { text } = r;
  const start = r.at++;
  const keys: string[] = [];
  const values: JsonNode[] = [];
  skipSpace(r);
  if (text.charCodeAt(r.at) === 125) r.at++;
  else
    for (;;) {
      skipSpace(r);
      const k = r.at;
      if (text.charCodeAt(k) !== 34) throw new Malformed(k);
      readString(r);
      keys.push(text.slice(k, r.at));
      skipSpace(r);
      if (text.charCodeAt(r.at) !== 58) throw new Malformed(r.at);
      r.at++;
      values.push(readValue(r, depth + 1));
      skipSpace(r);
      const c = text.charCodeAt(r.at++);
      if (c === 125) break;
      if (c !== 44) throw new Malformed(r.at - 1);
    }
  return { kind: "object", keys, values, start, end: r.at };
}

function readArray(r: Reader, depth: number): JsonArray {
  const { text } = r;
  const start = r.at++;
  const values: JsonNode[] = [];
  skipSpace(r);
  if (text.charCodeAt(r.at) === 93) r.at++;
  else
    for (;;) {
      values.push(readValue(r, depth + 1));
      skipSpace(r);
      const c = text.charCodeAt(r.at++);
      if (c === 93) break;
      if (c !== 44) throw new Malformed(r.at - 1);
    }
  return { kind: "array", values, start, end: r.at };
}

/** The tree of a JSON text, or undefined where it is not JSON (a BOM, a tail, nesting above 512 included). Never throws. */
export function parseJson(text: string): JsonNode | undefined {
  const result = parseJsonOrOffset(text);
  return typeof result === "number" ? undefined : result;
}

/** The tree, or the offset of the first character that is not JSON. */
export function parseJsonOrOffset(text: string): JsonNode | number {
  const r: Reader = { text, at: 0 };
  try {
    const node = readValue(r, 0);
    skipSpace(r);
    return r.at < text.length ? r.at : node;
  } catch (error) {
    if (error instanceof Malformed) return Math.min(error.offset, text.length);
    throw error;
  }
}

/** End of the JSON value (white space not included) that begins at `at`, or -1. */
export function scanJsonValue(text: string, at: number): number {
  const c = text.charCodeAt(at);
  if (c === 34) return scanJsonString(text, at);
  if (c === 45 || (c >= 48 && c <= 57)) return scanJsonNumber(text, at);
  if (c === 32 || c === 10 || c === 13 || c === 9) return -1;
  const r: Reader = { text, at };
  try {
    readValue(r, 0);
    return r.at;
  } catch (error) {
    if (error instanceof Malformed) return -1;
    throw error;
  }
}

/** End of the JSON string that begins at `at`, or -1. */
export function scanJsonString(text: string, at: number): number {
  return text.charCodeAt(at) === 34 ? Math.max(-1, stringEnd(text, at)) : -1;
}

/** End of the JSON number that begins at `at`, or -1. */
export function scanJsonNumber(text: string, at: number): number {
  let p = text.charCodeAt(at) === 45 ? at + 1 : at;
  const whole = digitsEnd(text, p);
  if (whole === p) return -1;
  p = text.charCodeAt(p) === 48 ? p + 1 : whole;
  if (text.charCodeAt(p) === 46) {
    const fraction = digitsEnd(text, p + 1);
    if (fraction === p + 1) return p;
    p = fraction;
  }
  if ((text.charCodeAt(p) | 32) === 101) {
    const sign = text.charCodeAt(p + 1);
    const from = sign === 43 || sign === 45 ? p + 2 : p + 1;
    const exponent = digitsEnd(text, from);
    if (exponent > from) p = exponent;
  }
  return p;
}

function digitsEnd(text: string, at: number): number {
  let p = at;
  while (text.charCodeAt(p) >= 48 && text.charCodeAt(p) <= 57) p++;
  return p;
}

/** The value of an object's key (given decoded), or undefined; the last of duplicates, as JSON.parse has it. */
export function findField(node: JsonNode | undefined, key: string): JsonNode | undefined {
  if (node?.kind !== "object") return undefined;
  const raw = JSON.stringify(key);
  for (let i = node.keys.length - 1; i >= 0; i--) {
    const k = node.keys[i]!;
    if (k === raw || (k.includes("\\") && JSON.parse(k) === key)) return node.values[i];
  }
  return undefined;
}

/** Decoded text of a string node; undefined for any other node. */
export function stringValue(node: JsonNode | undefined): string | undefined {
  return node?.kind === "string" ? (JSON.parse(node.raw) as string) : undefined;
}

/** Compact text of a tree, spelling of keys and scalars kept. */
export function compactJson(node: JsonNode): string {
  switch (node.kind) {
    case "object":
      return `{${node.keys.map((k, i) => `${k}:${compactJson(node.values[i]!)}`).join(",")}}`;
    case "array":
      return `[${node.values.map(compactJson).join(",")}]`;
    default:
      return node.raw;
  }
}

/**
 * Text that two trees share exactly if they are equal as JSON values: keys sorted and in one spelling, strings in one
 * spelling, numbers by value (`1.0` is `1`, `1e2` is `100`; integers beyond 2^53 by their digits).
 */
export function canonicalJson(node: JsonNode): string {
  switch (node.kind) {
    case "object": {
      const last = new Map<string, JsonNode>();
      node.keys.forEach((k, i) => last.set(JSON.parse(k) as string, node.values[i]!));
      const sorted = [...last].sort(([a], [b]) => (a < b ? -1 : 1));
      return `{${sorted.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(",")}}`;
    }
    case "array":
      return `[${node.values.map(canonicalJson).join(",")}]`;
    case "string":
      return JSON.stringify(JSON.parse(node.raw));
    case "number": {
      const value = Number(node.raw);
      return /^-?\d+$/.test(node.raw) && !Number.isSafeInteger(value) ? node.raw : String(value === 0 ? 0 : value);
    }
    default:
      return node.raw;
  }
}

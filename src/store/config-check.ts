import type { WraithError } from "../base/errors.ts";
import { checkBaseUrl } from "./base-url.ts";
import type { Field, FieldType } from "./config-fields.ts";
import type { FieldPath } from "./toml-places.ts";

/** A document's fields by dotted path, defaults filled in: what the table of fields promises of each. */
export type CheckedFields = ReadonlyMap<string, unknown>;

/** Makes the error for a field that is wrong. */
export type Refuse = (field: FieldPath, reason: string) => WraithError;

type Table = Readonly<Record<string, unknown>>;

/** Checks a document against a table of fields. Throws what `refuse` makes, for the first field that is wrong. */
export function checkFields(
  document: Table,
  fields: readonly Field[],
  refuse: Refuse,
  around: FieldPath = [],
): CheckedFields {
  refuseUnknownKeys(document, fields, refuse, around);
  const out = new Map<string, unknown>();
  for (const field of fields) {
    const keys = field.path.split(".");
    const value = keys.reduce<unknown>((table, key) => (isTable(table) ? table[key] : undefined), document);
    const path = [...around, ...keys];
    if (value !== undefined) out.set(field.path, checkValue(value, field.type, path, refuse));
    else if (field.required === true) throw refuse(path, "is missing");
    else if (field.fallback !== undefined) out.set(field.path, field.fallback);
  }
  return out;
}

function refuseUnknownKeys(document: Table, fields: readonly Field[], refuse: Refuse, around: FieldPath): void {
  const visit = (table: Table, keys: readonly string[]): void => {
    const prefix = keys.map((k) => `${k}.`).join("");
    const known = new Set(
      fields.filter((f) => f.path.startsWith(prefix)).map((f) => f.path.slice(prefix.length).split(".", 1)[0]!),
    );
    for (const [key, value] of Object.entries(table)) {
      const path = [...around, ...keys, key];
      if (!known.has(key)) throw refuse(path, `is not a field; ${suggestion(key, [...known])}`);
      if (fields.some((f) => f.path === prefix + key)) continue;
      if (!isTable(value)) throw refuse(path, "must be a table");
      visit(value, [...keys, key]);
    }
  };
  visit(document, []);
}

function checkValue(value: unknown, type: FieldType, path: FieldPath, refuse: Refuse): unknown {
  switch (type.kind) {
    case "text":
      return checkText(value, type.choices, path, refuse);
    case "url":
      return checkBaseUrl(checkText(value, undefined, path, refuse), refuse(path, "is wrong").place);
    case "number":
    case "integer":
      return checkNumber(value, type, path, refuse);
    case "boolean":
      if (typeof value === "boolean") return value;
      throw refuse(path, "must be true or false");
    case "list":
      if (!Array.isArray(value)) throw refuse(path, "must be a list of text");
      return value.map((item, i) => checkText(item, undefined, [...path, i], refuse));
    case "map":
      return checkMap(value, type, path, refuse);
    default:
      return checkTables(value, type.fields, path, refuse);
  }
}

function checkNumber(
  value: unknown,
  type: FieldType & { kind: "number" | "integer" },
  path: FieldPath,
  refuse: Refuse,
): number {
  const { kind, least, most } = type;
  const isKind = typeof value === "number" && (kind === "number" || Number.isSafeInteger(value));
  if (isKind && value >= least && value <= most) return value;
  throw refuse(path, `must be a ${kind === "integer" ? "whole number" : "number"} from ${least} to ${most}`);
}

function checkMap(
  value: unknown,
  type: FieldType & { kind: "map" },
  path: FieldPath,
  refuse: Refuse,
): Readonly<Record<string, string>> {
  if (!isTable(value)) throw refuse(path, `must be a table of text by ${type.keys}`);
  const checked = Object.entries(value).map(([key, item]) => {
    if (isTable(item)) throw refuse([...path, key], `must be text; put a ${type.keys} that has dots in quotes`);
    const text = checkText(item, type.choices, [...path, key], refuse);
    const fault = type.fault?.(key, text);
    if (fault !== undefined) throw refuse([...path, key], fault);
    return [key, text] as const;
  });
  return Object.fromEntries(checked);
}

function checkTables(
  value: unknown,
  fields: readonly Field[],
  path: FieldPath,
  refuse: Refuse,
): readonly CheckedFields[] {
  if (!Array.isArray(value)) throw refuse(path, `must be written as [[${path.join(".")}]]`);
  return value.map((item, i) => {
    if (!isTable(item)) throw refuse([...path, i], "must be a table");
    return checkFields(item, fields, refuse, [...path, i]);
  });
}

function checkText(value: unknown, choices: readonly string[] | undefined, path: FieldPath, refuse: Refuse): string {
  if (typeof value !== "string") throw refuse(path, "must be text in quotes");
  if (choices === undefined || choices.includes(value)) return value;
  throw refuse(path, `must be one of ${choices.join(", ")}; ${JSON.stringify(value)} is none of them`);
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** What a person may have meant, or what there is. */
function suggestion(key: string, known: readonly string[]): string {
  const nearest = known.map((name) => ({ name, far: distance(key, name) })).sort((a, b) => a.far - b.far)[0];
  if (nearest !== undefined && nearest.far <= Math.max(2, key.length / 3)) return `did you mean ${nearest.name}?`;
  return `the fields here are ${known.join(", ")}`;
}

/** Edits that make one word the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}

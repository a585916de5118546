/**
 * Where the fields of a TOML document stand: its parser gives values without places, and an error has to name one. The text is
 * trusted to be TOML (it was parsed before), so this only has to find its way through it, not to judge it.
 */

/** A field of a document: keys and indices, from the top. */
export type FieldPath = readonly (string | number)[];

/** Offset of the key (of an array's element: of the element) that defines a field, or of the nearest field around it that is written down. */
export function findTomlField(text: string, field: FieldPath): number {
  const places = new Map<string, number>();
  const remember = (path: FieldPath, at: number): void => {
    const key = JSON.stringify(path);
    if (!places.has(key)) places.set(key, at);
  };
  readDocument({ text, at: 0 }, remember);
  for (let length = field.length; length > 0; length--) {
    const at = places.get(JSON.stringify(field.slice(0, length)));
    if (at !== undefined) return at;
  }
  return 0;
}

interface Cursor {
  readonly text: string;
  at: number;
}

type Remember = (path: FieldPath, at: number) => void;

function readDocument(c: Cursor, remember: Remember): void {
  /** Number of tables so far of each array of tables. */
  const counts = new Map<string, number>();
  let table: FieldPath = [];
  for (;;) {
    skipBlank(c);
    if (c.at >= c.text.length) return;
    if (c.text[c.at] === "[") {
      const isArray = c.text[c.at + 1] === "[";
      c.at += isArray ? 2 : 1;
      skipSpace(c);
      const at = c.at;
      const path = throughArrays(readKey(c), counts, isArray);
      if (isArray) remember(path.slice(0, -1), at);
      remember(path, at);
      table = path;
      c.at += isArray ? 2 : 1;
      continue;
    }
    readPair(c, table, remember);
  }
}

/** The path of a table's header: where it goes through an array of tables it means the last one. */
function throughArrays(keys: readonly string[], counts: Map<string, number>, isNew: boolean): FieldPath {
  let path: FieldPath = [];
  keys.forEach((key, i) => {
    path = [...path, key];
    const id = JSON.stringify(path);
    if (isNew && i === keys.length - 1) counts.set(id, (counts.get(id) ?? -1) + 1);
    const index = counts.get(id);
    if (index !== undefined) path = [...path, index];
  });
  return path;
}

function readPair(c: Cursor, table: FieldPath, remember: Remember): void {
  const at = c.at;
  const keys = readKey(c);
  const path = [...table, ...keys];
  // A dotted key also makes the tables on its way.
  keys.forEach((_, i) => remember([...table, ...keys.slice(0, i + 1)], at));
  skipSpace(c);
  c.at++; // =
  readValue(c, path, remember);
}

function readKey(c: Cursor): string[] {
  const keys: string[] = [];
  for (;;) {
    skipSpace(c);
    const quote = c.text[c.at];
    const from = c.at;
    if (quote === '"' || quote === "'") {
      skipString(c);
      const raw = c.text.slice(from, c.at);
      keys.push(quote === '"' ? unescaped(raw) : raw.slice(1, -1));
    } else {
      while (/[\w-]/.test(c.text[c.at] ?? "")) c.at++;
      keys.push(c.text.slice(from, c.at));
      if (c.at === from) c.at++; // not TOML: go on all the same
    }
    skipSpace(c);
    if (c.text[c.at] !== ".") return keys;
    c.at++;
  }
}

function readValue(c: Cursor, path: FieldPath, remember: Remember): void {
  skipBlank(c);
  const first = c.text[c.at];
  if (first === '"' || first === "'") skipString(c);
  else if (first === "[") {
    c.at++;
    for (let index = 0; ; index++) {
      skipBlank(c);
      if (c.text[c.at] === "]" || c.at >= c.text.length) break;
      remember([...path, index], c.at);
      readValue(c, [...path, index], remember);
      skipBlank(c);
      if (c.text[c.at] === ",") c.at++;
    }
    c.at++;
  } else if (first === "{") {
    c.at++;
    for (;;) {
      skipBlank(c);
      if (c.text[c.at] === "}" || c.at >= c.text.length) break;
      readPair(c, path, remember);
      skipBlank(c);
      if (c.text[c.at] === ",") c.at++;
    }
    c.at++;
  } else {
    const from = c.at;
    while (c.at < c.text.length && !/[,\]}#\n]/.test(c.text[c.at]!)) c.at++;
    if (c.at === from) c.at++;
  }
}

function skipString(c: Cursor): void {
  const quote = c.text[c.at]!;
  const long = c.text.startsWith(quote.repeat(3), c.at);
  const end = long ? quote.repeat(3) : quote;
  c.at += end.length;
  while (c.at < c.text.length && !c.text.startsWith(end, c.at)) c.at += quote === '"' && c.text[c.at] === "\\" ? 2 : 1;
  c.at += end.length;
  // A long string may end with up to two quotes of its own.
  if (long) while (c.text[c.at] === quote) c.at++;
}

function unescaped(raw: string): string {
  try {
    return JSON.parse(raw) as string;
  } catch {
    return raw.slice(1, -1);
  }
}

function skipSpace(c: Cursor): void {
  while (c.text[c.at] === " " || c.text[c.at] === "\t") c.at++;
}

/** White space, line ends and comments. */
function skipBlank(c: Cursor): void {
  for (;;) {
    while (/[ \t\r\n]/.test(c.text[c.at] ?? "")) c.at++;
    if (c.text[c.at] !== "#") return;
    const end = c.text.indexOf("\n", c.at);
    c.at = end < 0 ? c.text.length : end;
  }
}

/** Which fields of a JSON document or message a rule means. */
import type { ScrubAction } from "./scrub-tokens.ts";

/** A place in a document: keys and indices from its root. */
export type DocumentPath = readonly (string | number)[];

/** What is to be done with the fields at some places. */
interface Wanted {
  readonly name: string;
  readonly match: string;
  readonly action: ScrubAction;
}

export interface FieldPaths {
  /** The rule for the value at a path, or undefined. */
  find(path: DocumentPath): Pick<Wanted, "name" | "action"> | undefined;
  /** False where no rule can apply to a key of this name: a cheap question before `find`. */
  mayEndIn(key: string): boolean;
  /** Text that a document must have (one of its quoted keys) for any rule to apply; undefined where that cannot be said. */
  readonly hint: RegExp | undefined;
}

type Segment =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "any-index" }
  | { readonly kind: "any" }
  | { readonly kind: "any-depth" };

/**
 * Compiles path rules and the names of fields that are secret at the top. In messages names compare without underscores and case:
 * `create_request` is `createRequest`. At the top, names compare without case.
 */
export function compileFieldPaths(
  rules: readonly Wanted[],
  top: readonly Wanted[],
  notation: "json" | "message" = "json",
): FieldPaths {
  const isMessage = notation === "message";
  const normal = isMessage
    ? (key: string): string => key.replaceAll("_", "").toLowerCase()
    : (key: string): string => key;
  const normalTop = isMessage ? normal : (key: string): string => key.toLowerCase();
  const byTop = new Map(top.map((t) => [normalTop(t.match), t]));
  const paths = rules.map((rule) => ({
    rule,
    segments: (parseFieldPath(rule.match) ?? []).map((s) => normalSegment(s, normal)),
  }));
  const ends = new Set<string>();
  let isOpenEnded = false;
  for (const { segments } of paths) {
    const last = segments.findLast((s) => s.kind !== "index" && s.kind !== "any-index");
    if (last?.kind === "key") ends.add(last.key);
    else isOpenEnded = true;
  }
  const words = [...byTop.keys(), ...ends].map((w) => w.replace(/[^\w]/g, "\\$&"));
  return {
    find(path) {
      const [first] = path;
      const found = path.length === 1 && typeof first === "string" ? byTop.get(normalTop(first)) : undefined;
      if (found !== undefined || paths.length === 0) return found;
      const names = path.map((p) => (typeof p === "string" ? normal(p) : p));
      return paths.find(({ segments }) => matches(segments, 0, names, 0))?.rule;
    },
    mayEndIn: (key) => isOpenEnded || ends.has(normal(key)) || byTop.has(normalTop(key)),
    // In messages names have a second spelling, and a backslash may be the beginning of a third in JSON.
    hint: isOpenEnded || isMessage ? undefined : new RegExp(`"(?:${words.join("|")})"|\\\\u00[2-7]`, "i"),
  };
}

function normalSegment(segment: Segment, normal: (key: string) => string): Segment {
  return segment.kind === "key" ? { kind: "key", key: normal(segment.key) } : segment;
}

function matches(pattern: readonly Segment[], p: number, path: DocumentPath, at: number): boolean {
  const segment = pattern[p];
  if (segment === undefined) return at === path.length;
  if (segment.kind === "any-depth") {
    for (let next = at; next <= path.length; next++) if (matches(pattern, p + 1, path, next)) return true;
    return false;
  }
  const name = path[at];
  if (name === undefined) return false;
  const fits =
    segment.kind === "any" ||
    (segment.kind === "any-index"
      ? typeof name === "number"
      : name === (segment.kind === "key" ? segment.key : segment.index));
  return fits && matches(pattern, p + 1, path, at + 1);
}

/** `a.b[].c`, `a[0]`, `a["b c"]`, `*` for any key or index, `**` for any number of them. Undefined where it is none of that. */
export function parseFieldPath(text: string): readonly Segment[] | undefined {
  const out: Segment[] = [];
  const segment = /\.?(?:(\*\*)|(\*)|([\w$-]+))|\[(\*|\d*)\]|\[("(?:[^"\\]|\\.)*")\]/y;
  while (segment.lastIndex < text.length) {
    const m = segment.exec(text);
    if (m === null) return undefined;
    const [, deep, any, key, index, quoted] = m;
    if (deep !== undefined) out.push({ kind: "any-depth" });
    else if (any !== undefined) out.push({ kind: "any" });
    else if (key !== undefined) out.push({ kind: "key", key });
    else if (index !== undefined)
      out.push(index === "" || index === "*" ? { kind: "any-index" } : { kind: "index", index: Number(index) });
    else
      try {
        out.push({ kind: "key", key: JSON.parse(quoted!) as string });
      } catch {
        return undefined;
      }
  }
  return out.length === 0 ? undefined : out;
}

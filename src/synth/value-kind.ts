import type { LeafKind } from "../formats/format.ts";

/** What a place holds, whatever its spelling: `text` is raw text outside JSON (lines, headers). */
export type ValueKind = "string" | "number" | "boolean" | "json" | "text";

/** Kind of the values at a leaf; of a nullable one (`scalar`) that of a value which is not null, if there is one. */
export function valueKind(kind: LeafKind, raw: string): ValueKind {
  switch (kind) {
    case "string":
    case "number":
    case "boolean":
    case "json":
      return kind;
    case "line":
    case "text":
    case "prose":
    case "rest":
      return "text";
    case "scalar":
    case "null":
      break;
  }
  const c = raw.charCodeAt(0);
  if (c === 34) return "string";
  if (c === 116 || c === 102) return "boolean";
  return c === 110 ? "json" : "number";
}

/** A leaf of this kind, to spell a value as it stands there. */
export function leafKindOf(kind: ValueKind): LeafKind {
  return kind === "text" ? "line" : kind;
}

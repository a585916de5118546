import type { LeafKind, Part } from "../formats/format.ts";
import { scanLeaf } from "../formats/leaf-kind.ts";
import type { Shape, Template } from "./model.ts";

/** Joins neighbouring literals and cuts the parts of a shape at its holes. */
export function templateFromParts(parts: readonly Part[]): Template {
  const segments: string[] = [];
  const holes: string[] = [];
  const kinds: LeafKind[] = [];
  const paths: string[] = [];
  let literal = "";
  for (const part of parts)
    if (typeof part === "string") literal += part;
    else {
      segments.push(literal);
      literal = "";
      holes.push(part.hole);
      kinds.push(part.kind);
      paths.push(part.path);
    }
  segments.push(literal);
  return { segments, holes, kinds, paths };
}

/**
 * Raw values of the template's holes in this event text, or undefined where it does not have this shape. Linear in the text: a
 * value ends where the scanner of its kind says, and the literal after it must stand exactly there, so nothing is tried twice.
 */
export function matchTemplate(text: string, template: Template): readonly string[] | undefined {
  const { segments, kinds } = template;
  const first = segments[0]!;
  if (!text.startsWith(first)) return undefined;
  const count = kinds.length;
  if (count === 0) return text.length === first.length ? [] : undefined;
  // The last literal tells most events apart, and is looked at before any value is cut out.
  if (!text.endsWith(segments[count]!)) return undefined;
  const values: string[] = [];
  let at = first.length;
  for (let i = 0; i < count; i++) {
    const end = scanLeaf(kinds[i]!, text, at);
    const literal = segments[i + 1]!;
    if (end < 0 || !text.startsWith(literal, end)) return undefined;
    values.push(text.slice(at, end));
    at = end + literal.length;
  }
  return at === text.length ? values : undefined;
}

/** The event text with these raw values, one a hole: the inverse of `matchTemplate`. */
export function renderTemplate(template: Template, values: readonly string[]): string {
  const { segments } = template;
  let text = segments[0]!;
  for (let i = 1; i < segments.length; i++) text += values[i - 1]! + segments[i]!;
  return text;
}

const templates = new WeakMap<Shape, Template>();

/** The template of a shape, made once. */
export function templateOfShape(shape: Shape): Template {
  let template = templates.get(shape);
  if (template === undefined) templates.set(shape, (template = templateFromParts(shape.parts)));
  return template;
}

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
  return matchAfter(text, template, undefined);
}

/**
 * `matchTemplate` for an event that may say again what one of this shape said before: those values are seen without being scanned,
 * and where all are the same, `before` itself is given.
 */
export function matchAfter(
  text: string,
  template: Template,
  before: readonly string[] | undefined,
): readonly string[] | undefined {
  const { segments, kinds } = template;
  const count = kinds.length;
  const last = segments[count]!;
  // The last literal tells most events apart, and is looked at before any value is cut out.
  if (!isAt(text, segments[0]!, 0) || !isAt(text, last, text.length - last.length)) return undefined;
  let values: string[] | undefined;
  let at = segments[0]!.length;
  for (let i = 0; i < count; i++) {
    const literal = segments[i + 1]!;
    const known = before?.[i];
    // A value's end and form depend on it and on the characters around it alone, and those are the same where literals are.
    if (
      known !== undefined &&
      literal !== "" &&
      (i === 0 || segments[i] !== "") &&
      mayBeAt(text, known, at) &&
      isAt(text, known, at) &&
      isAt(text, literal, at + known.length)
    ) {
      if (values !== undefined) values[i] = known;
      at += known.length + literal.length;
      continue;
    }
    const end = scanLeaf(kinds[i]!, text, at);
    if (end < 0 || !isAt(text, literal, end)) return undefined;
    values ??= before === undefined ? [] : before.slice(0, i);
    values[i] = text.slice(at, end);
    at = end + literal.length;
  }
  if (at !== text.length) return undefined;
  return values ?? before ?? [];
}

/** Matches events of one shape, one after the other: `matchTemplate` of each, for less the more they are alike. */
export interface Matcher {
  match(text: string): readonly string[] | undefined;
}

export function createMatcher(template: Template): Matcher {
  const { segments, kinds } = template;
  let last: readonly string[] | undefined;
  /** Holes that said two things so far, and those whose neighbours are no literals. */
  const isOpen = kinds.map((_, i) => segments[i + 1] === "" || (i > 0 && segments[i] === ""));
  /** The template with the other holes as what they said: few long literals. */
  let fold: Template | undefined;
  let places: readonly number[] = [];

  const foldAgain = (values: readonly string[]): void => {
    places = isOpen.flatMap((open, i) => (open ? [i] : []));
    fold = templateFromParts([
      segments[0]!,
      ...kinds.flatMap((kind, i) => [isOpen[i] ? { hole: "", kind, path: "" } : values[i]!, segments[i + 1]!]),
    ]);
  };
  return {
    match(text) {
      const before = last;
      if (fold !== undefined && before !== undefined) {
        const known = places.map((i) => before[i]!);
        const found = matchAfter(text, fold, known);
        if (found === known) return before;
        if (found !== undefined) {
          const values = before.slice();
          for (let k = 0; k < places.length; k++) values[places[k]!] = found[k]!;
          return (last = values);
        }
      }
      const values = matchAfter(text, template, before);
      if (values === undefined) return undefined;
      last = values;
      if (before === undefined) return values;
      for (let i = 0; i < values.length; i++) if (values[i] !== before[i]) isOpen[i] = true;
      foldAgain(values);
      return values;
    },
  };
}

/** Whether the part stands there. (A slice is compared by words; `startsWith` goes character by character, which takes four times as long.) */
export function isAt(text: string, part: string, at: number): boolean {
  return text.slice(at, at + part.length) === part;
}

/** False for most values that are others: counts differ in their last digit, texts before their last quote. */
export function mayBeAt(text: string, value: string, at: number): boolean {
  const { length } = value;
  return (
    length < 2 ||
    (text.charCodeAt(at + length - 1) === value.charCodeAt(length - 1) &&
      text.charCodeAt(at + length - 2) === value.charCodeAt(length - 2))
  );
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

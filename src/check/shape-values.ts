import { pathPattern } from "../base/path.ts";
import type { Codec, DissectOptions, EventDifference } from "../formats/format.ts";
import type { Template } from "../model/model.ts";
import { createMatcher, type Matcher } from "../model/template.ts";
import type { Projection } from "../recording/projection.ts";

/** Reads hole values of a projection's events; an event is matched once, however often it is asked for. */
export interface ShapeReader {
  /** Hole values of event n; undefined where it does not have this shape exactly, with all constants of the template. */
  match(index: number, template: Template): readonly string[] | undefined;
  /** What stands at the holes' paths in an event that does not; undefined at holes whose place it does not have. */
  loose(index: number, template: Template): readonly (string | undefined)[];
}

const MOST_TEMPLATES = 64;

export function createShapeReader(projection: Projection, codec: Codec): ShapeReader {
  const { events } = projection;
  const templates = new Array<Template | undefined>(events.length);
  const matched = new Array<readonly string[] | undefined>(events.length);
  const matchers = new Map<Template, Matcher>();
  const matcherOf = (template: Template): Matcher => {
    let matcher = matchers.get(template);
    if (matcher === undefined) {
      // One recording may be compared with many models.
      if (matchers.size >= MOST_TEMPLATES) matchers.clear();
      matchers.set(template, (matcher = createMatcher(template)));
    }
    return matcher;
  };
  const match = (index: number, template: Template): readonly string[] | undefined => {
    if (templates[index] === template) return matched[index];
    templates[index] = template;
    return (matched[index] = matcherOf(template).match(events[index]!.text));
  };
  return {
    match,
    loose: (index, template) => looseValues(events[index]!.text, template, codec),
  };
}

/** Values at the template's paths, whatever stands around them. */
function looseValues(text: string, template: Template, codec: Codec): readonly (string | undefined)[] {
  const leaves = new Map<string, string>();
  for (const leaf of codec.dissect(text, dissectOptions(template)).leaves)
    if (!leaves.has(leaf.path)) leaves.set(leaf.path, leaf.raw);
  return template.paths.map((path) => leaves.get(path));
}

const optionsOf = new WeakMap<Template, DissectOptions>();

/** Where an event of this shape is opaque or nullable. */
function dissectOptions(template: Template): DissectOptions {
  const known = optionsOf.get(template);
  if (known !== undefined) return known;
  const at = (kind: string): ReadonlySet<string> =>
    new Set(template.paths.filter((_, i) => template.kinds[i] === kind).map(pathPattern));
  const options = { opaque: at("json"), nullable: at("scalar") };
  optionsOf.set(template, options);
  return options;
}

/** Whether a path is a hole of the template, or lies inside one that is opaque. */
export function isAtHole(path: string, template: Template): boolean {
  return template.paths.some(
    (hole, i) =>
      path === hole || (template.kinds[i] === "json" && (path.startsWith(`${hole}.`) || path.startsWith(`${hole}[`))),
  );
}

/** The differences that the shape's holes do not account for: all that lie elsewhere, and places that one side lacks. */
export function differencesOutsideHoles(
  differences: readonly EventDifference[],
  template: Template | undefined,
): readonly EventDifference[] {
  if (template === undefined) return differences;
  return differences.filter((d) => {
    if (!isAtHole(d.path, template)) return true;
    return template.paths.includes(d.path) && (d.kind === "missing" || d.kind === "extra");
  });
}

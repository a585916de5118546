/**
 * Every place of a `symbols.json` where one thing can be changed, and where a check must tell of it (SPEC section 7, "A check that
 * cannot fail is worthless"). Places are found in the text, not in the model: what a reader of the text can change is what counts.
 */
import { parseJson, type JsonNode } from "../base/json.ts";
import { joinPath, pathIndex, pathKey } from "../base/path.ts";
import { entriesOf, fieldOf, itemsOf, otherKey, otherValues, type AddMutation, type Mutation } from "./mutation.ts";
import { addShapeMutations } from "./shape-mutations.ts";
import { addVariantMutations } from "./variant-mutations.ts";

/** The text with one change made. */
export function applyMutation(text: string, { start, end }: Mutation, replacement: string): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

/** All mutations of a `symbols.json` that `parseModel` accepts, route by route. */
export function findMutations(text: string): readonly Mutation[] {
  const out: Mutation[] = [];
  itemsOf(fieldOf(parseJson(text), "routes")).forEach((node, route) => {
    const place = pathIndex("routes", route);
    const add: AddMutation = (at, kind, { start, end }, replacements, target) => {
      const others = replacements.filter((r) => r !== text.slice(start, end));
      if (others.length > 0)
        out.push({ place: joinPath(place, at), kind, route, target, start, end, replacements: others });
    };
    const pattern = fieldOf(node, "route");
    if (pattern?.kind === "string")
      add("route", "route", pattern, [pattern.raw.replace("/", "/X")], { kind: "selection" });
    for (const { name, key, value } of entriesOf(text, fieldOf(node, "holes"))) {
      const at = pathKey("holes", name);
      add(at, "name", key, [otherKey(text.slice(key.start, key.end))], { kind: "hole", hole: name });
      addHoleMutations(text, name, value, at, add);
    }
    const shapes = entriesOf(text, fieldOf(node, "shapes"));
    for (const { name, key, value } of shapes) {
      const at = pathKey("shapes", name);
      add(at, "name", key, [otherKey(text.slice(key.start, key.end))], { kind: "shape", shape: name });
      addShapeMutations(text, name, value, at, add);
    }
    itemsOf(fieldOf(node, "variants")).forEach((variant, n) => {
      const walk = { text, add, variant: n, shapes: shapes.map((s) => s.name) };
      addVariantMutations(walk, variant, pathIndex("variants", n));
    });
  });
  return out;
}

const UNITS = ["s", "ms", "us", "ns"];

/** What a hole's rule promises, changed so that its recorded values break the promise. `scope` and looser rules promise less only. */
function addHoleMutations(text: string, hole: string, rule: JsonNode, at: string, add: AddMutation): void {
  const change = (name: string, node: JsonNode, replacements: readonly string[], value?: string): void =>
    add(`${at}.${name}`, "rule", node, replacements, { kind: "hole", hole, value });
  const rawOf = (node: JsonNode): string => text.slice(node.start, node.end);
  for (const { name, value } of entriesOf(text, rule)) {
    if (name === "unit") change(name, value, otherUnits(rawOf(value)));
    else if (name === "step" || name === "from") change(name, value, otherValues(rawOf(value)));
    else if (name === "start") change(name, value, [farNumber(rawOf(value))]);
    else if (name === "alphabet") change(name, value, [rawOf(value) === '"uuid"' ? '"digits"' : '"uuid"']);
    else if (name === "length" || name === "prefix" || name === "values") {
      const items = value.kind === "array" ? value.values : [value];
      // Of a range only one bound at a time is moved inwards; the values that reach it are outside then.
      const by = (i: number): number => (name === "length" && i === 1 ? -1 : 1);
      items.forEach((item, i) => {
        const raw = rawOf(item);
        const other = name === "length" ? [String(Number(raw) + by(i))] : otherValues(raw);
        change(value.kind === "array" ? `${name}[${i}]` : name, item, other, name === "values" ? raw : undefined);
      });
    }
  }
}

function otherUnits(raw: string): readonly string[] {
  const unit = JSON.parse(raw) as string;
  if (unit === "iso") return ['"http"'];
  return unit === "http" ? ['"iso"'] : [JSON.stringify(UNITS[(UNITS.indexOf(unit) + 1) % UNITS.length])];
}

/** A row of numbers that begins nearby could be the same row with an event less at one end and one more at the other. */
function farNumber(raw: string): string {
  return raw.replace(/\d{1,12}/, (digits) => `7${digits}000`);
}

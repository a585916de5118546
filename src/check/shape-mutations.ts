import type { JsonNode } from "../base/json.ts";
import { joinPath, pathIndex, pathKey, pathSegments } from "../base/path.ts";
import { entriesOf, fieldOf, otherKey, otherValues, type AddMutation } from "./mutation.ts";

/** Fields that say how an event is spelled. */
const SPELLING: ReadonlySet<string> = new Set(["spaced", "indent", "gaps"]);

/** Fields about a shape that no event shows. */
const SAID: ReadonlySet<string> = new Set(["seen", "format"]);

/** Mutations of one shape: its constants, keys, order of keys, layout and spelling. `at` is its place in the route. */
export function addShapeMutations(text: string, shape: string, node: JsonNode, at: string, add: AddMutation): void {
  for (const { name, value } of entriesOf(text, node)) {
    const place = pathKey(at, name);
    if (SAID.has(name)) continue;
    if (name === "layout") add(place, "layout", value, otherLayouts(value), { kind: "shape", shape });
    else if (SPELLING.has(name)) addSpelling(text, shape, value, place, add);
    else addTree({ text, shape, at, add }, value, name);
  }
}

function addSpelling(text: string, shape: string, value: JsonNode, place: string, add: AddMutation): void {
  if (value.kind !== "array")
    add(place, "layout", value, otherValues(text.slice(value.start, value.end)), { kind: "shape", shape });
  else
    value.values.forEach((gap, i) => {
      const space = gap.kind === "array" ? gap.values[1] : undefined;
      const raw = space === undefined ? "" : text.slice(space.start, space.end);
      if (space !== undefined)
        add(pathIndex(place, i), "layout", space, [`${raw.slice(0, -1)} "`], { kind: "shape", shape });
    });
}

/** Another line end, the first that there is. */
function otherLayouts(node: JsonNode): readonly string[] {
  if (node.kind !== "string") return [];
  const { raw } = node;
  if (raw.includes("\\r\\n")) return [raw.replace("\\r\\n", "\\n")];
  return raw.includes("\\n") ? [raw.replace("\\n", "\\r\\n")] : [];
}

interface Tree {
  readonly text: string;
  readonly shape: string;
  /** Place of the shape in the route. */
  readonly at: string;
  readonly add: AddMutation;
}

/** Constants, keys and orders in a part of a shape; `path` is its place in the shape. Holes are no constants. */
function addTree(tree: Tree, node: JsonNode, path: string): void {
  const { text, shape, at, add } = tree;
  const place = joinPath(at, path);
  const target = (...paths: readonly string[]) =>
    ({ kind: "shape", shape, paths: [...new Set(paths.flatMap(pathsInEvent))] }) as const;
  if (fieldOf(node, "$hole") !== undefined) return;
  if (node.kind === "array") node.values.forEach((value, i) => addTree(tree, value, pathIndex(path, i)));
  else if (node.kind === "object") {
    const entries = entriesOf(text, node);
    for (const { name, key, value } of entries) {
      const inside = pathKey(path, withoutDollar(name));
      const raw = text.slice(key.start, key.end);
      const other = otherKey(raw);
      const otherPath = pathKey(path, withoutDollar(JSON.parse(other) as string));
      add(joinPath(at, inside), "key", key, [other], target(inside, otherPath));
      addTree(tree, value, inside);
    }
    const [first, second] = entries;
    if (first !== undefined && second !== undefined) {
      const [a, b] = [first, second].map((e) => text.slice(e.key.start, e.value.end));
      const between = text.slice(first.value.end, second.key.start);
      const range = { start: first.key.start, end: second.value.end };
      add(place, "order", range, [b! + between + a!], target(path));
    }
  } else add(place, "constant", node, otherValues(text.slice(node.start, node.end)), target(path));
}

function withoutDollar(name: string): string {
  return name.startsWith("$$") ? name.slice(1) : name;
}

/**
 * Paths that a check may give a place of a shape: formats name their trees in the shape (`data`, `json`), and not all of them in
 * the event, too; a text is `data`, or the whole event.
 */
function pathsInEvent(path: string): readonly string[] {
  const segments = pathSegments(path) ?? [];
  const rest = path.slice(path.search(/[.[]/) < 0 ? path.length : path.search(/[.[]/)).replace(/^\./, "");
  if (segments[0] !== "text") return [path, rest];
  return segments.length === 1 ? ["data", ""] : [`data#${String(segments[1])}`, "data", ""];
}

import { pathIndex, pathKey, pathPattern } from "../base/path.ts";
import type { JsonNode } from "../base/json.ts";
import type { Dissection, DissectOptions } from "../formats/format.ts";
import { keyText } from "../formats/json-leaves.ts";
import { discriminatorsOf, isInArray, splitByTags, type Part } from "./discriminators.ts";
import type { Skeleton } from "./skeletons.ts";

/** More shapes of one family than that are no shapes: a place of theirs holds data. */
const FAMILY_LIMIT = 16;
/** Structures that a place must have to be that place. */
const STRUCTURES = 8;
/** Families that no inner place explains may become one hole as a whole beyond this. */
const HOPELESS = 64;
/** Patterns of null in one structure of keys that stay apart. */
const NULL_PATTERNS = 4;
/** Lengths of an array of scalars that stay apart. */
const LENGTHS = 2;
/** An array of scalars that takes more characters is data, as a long string is. */
const LONG = 200;
/** So is a list or table of anything that takes more characters, long strings and smaller such places in it not counted: nobody reads it. */
const HUGE = 64 * 1024;

/** Places that are not looked into, or that do not tell shapes apart. All are path patterns. */
export interface Wide extends Required<DissectOptions> {
  readonly opaque: ReadonlySet<string>;
  readonly nullable: ReadonlySet<string>;
  /** Discriminators that are none. */
  readonly plain: ReadonlySet<string>;
}

/** What is to be wider, given these skeletons; undefined where all is well. Asked again after each change, until it is. */
export function widen(skeletons: Iterable<Skeleton>, wide: Wide): Wide | undefined {
  const families = new Map<string, Part[]>();
  const opaque = new Set<string>();
  for (const skeleton of skeletons) {
    const { dissection } = skeleton;
    if (dissection.json === undefined) continue;
    for (const part of splitByTags(skeleton, discriminatorsOf(skeleton, wide.plain))) {
      const key = familyOf(part);
      const family = families.get(key);
      if (family === undefined) families.set(key, [part]);
      else family.push(part);
    }
    for (const { path, node } of containersOf(dissection, wide))
      if (isScalarArray(node) && node.end - node.start > LONG) opaque.add(path);
    if (dissection.json.end - dissection.json.start > HUGE) openHuge(dissection, wide, opaque);
  }
  const nullable = new Set<string>();
  const plain = new Set<string>();
  for (const family of families.values()) {
    if (family.length < 2) continue;
    openNulls(family, nullable);
    openArrays(family, wide, opaque);
  }
  drop(opaque, wide.opaque);
  drop(nullable, wide.nullable);
  if (opaque.size === 0 && nullable.size === 0)
    for (const family of families.values()) if (family.length > FAMILY_LIMIT) openDeepest(family, wide, opaque, plain);
  drop(opaque, wide.opaque);
  if (opaque.size === 0 && nullable.size === 0 && plain.size === 0) return undefined;
  return {
    opaque: new Set([...wide.opaque, ...opaque]),
    nullable: new Set([...wide.nullable, ...nullable]),
    plain: new Set([...wide.plain, ...plain]),
  };
}

function drop(from: Set<string>, known: ReadonlySet<string>): void {
  for (const path of known) from.delete(path);
}

/** Whether an event of this skeleton is cut otherwise once these places are wider than before. */
export function isAffected(skeleton: Skeleton, before: Wide, after: Wide): boolean {
  const { dissection } = skeleton;
  const isNew = (path: string, name: "opaque" | "nullable"): boolean =>
    after[name].has(path) && !before[name].has(path);
  if (dissection.json === undefined) return false;
  if (dissection.leaves.some((leaf) => isNew(pathPattern(leaf.path), "nullable"))) return true;
  return containersOf(dissection, before).some(({ path }) => isNew(path, "opaque"));
}

/** Shapes of one frame: same event name, same places outside JSON, same discriminators outside arrays. */
function familyOf({ skeleton, tags, values }: Part): string {
  const { event, leaves } = skeleton.dissection;
  const outer = tags.flatMap((i, k) => (isInArray(leaves[i]!.path) ? [] : [`${leaves[i]!.path}=${values[k]!}`]));
  const lines = leaves.flatMap((leaf) => (leaf.kind === "line" ? [leaf.path] : []));
  return [event ?? "", ...lines, ...outer].join("\u0001");
}

/** One structure of keys with many patterns of null: those leaves may be null, whatever else they are. */
function openNulls(family: readonly Part[], nullable: Set<string>): void {
  const alike = new Map<string, Skeleton[]>();
  for (const { skeleton, values } of family) {
    const key = `${skeleton.dissection.segments.join("\u0001")}\u0002${values.join("\u0001")}`;
    const list = alike.get(key);
    if (list === undefined) alike.set(key, [skeleton]);
    else list.push(skeleton);
  }
  for (const list of alike.values()) {
    if (list.length <= NULL_PATTERNS) continue;
    list[0]!.dissection.leaves.forEach((leaf, i) => {
      const kinds = new Set(list.map((s) => s.dissection.leaves[i]!.kind));
      if (kinds.size > 1 && kinds.has("null") && !kinds.has("json")) nullable.add(pathPattern(leaf.path));
    });
  }
}

function isScalarArray(node: JsonNode): boolean {
  return node.kind === "array" && node.values.length > 0 && node.values.every((v) => !("values" in v));
}

/** Arrays, and objects within others, that are huge: the innermost that are, so that what is around them keeps its shape. */
function openHuge(dissection: Dissection, wide: Wide, opaque: Set<string>): void {
  const root = dissection.json!;
  /** Characters that stand in a shape or its takes' lines. */
  const walk = (node: JsonNode, path: string): number => {
    const size = node.end - node.start;
    if (!("values" in node)) return size > LONG ? 0 : size;
    const at = pathPattern(path);
    if (wide.opaque.has(at) || opaque.has(at)) return 0;
    let own = size;
    node.values.forEach((value, i) => {
      const inner = node.kind === "object" ? pathKey(path, keyText(node.keys[i]!)) : pathIndex(path, i);
      own -= value.end - value.start - walk(value, inner);
    });
    if (own <= HUGE || (node === root && node.kind === "object")) return own;
    opaque.add(at);
    return 0;
  };
  walk(root, dissection.jsonPath ?? "");
}

/** Arrays of scalars of many lengths are data. */
function openArrays(family: readonly Part[], wide: Wide, opaque: Set<string>): void {
  const lengths = new Map<string, Set<number> | undefined>();
  for (const { skeleton } of family)
    for (const { path, node } of containersOf(skeleton.dissection, wide)) {
      if (node.kind !== "array" || node.values.some((v) => "values" in v)) lengths.set(path, undefined);
      else if (!lengths.has(path)) lengths.set(path, new Set([node.values.length]));
      else lengths.get(path)?.add(node.values.length);
    }
  for (const [path, seen] of lengths) if (seen !== undefined && seen.size > LENGTHS) opaque.add(path);
}

/**
 * Too many shapes: gives up on discriminators in arrays, else on the deepest place that has many structures. (The place with most
 * structures would be an outer one, with constants in it.)
 */
function openDeepest(family: readonly Part[], wide: Wide, opaque: Set<string>, plain: Set<string>): void {
  const inner = new Map<string, Set<string>>();
  for (const { skeleton, tags, values } of family)
    tags.forEach((i, k) => {
      const { path } = skeleton.dissection.leaves[i]!;
      if (!isInArray(path)) return;
      const seen = inner.get(pathPattern(path));
      if (seen === undefined) inner.set(pathPattern(path), new Set([values[k]!]));
      else seen.add(values[k]!);
    });
  const structures = new Map<string, Set<string>>();
  for (const { skeleton } of family) addStructures(skeleton.dissection, wide, structures);
  let best: string | undefined;
  let depth = 0;
  for (const [path, seen] of structures) {
    const d = path === "" ? 0 : path.split(/[.[]/).length;
    if (seen.size >= STRUCTURES && d > depth) {
      depth = d;
      best = path;
    }
  }
  const root = family[0]!.skeleton.dissection.jsonPath ?? "";
  const isRoot = best === undefined || best === root;
  if (!isRoot) opaque.add(best!);
  else if ([...inner].some(([, seen]) => seen.size > 1))
    for (const [path, seen] of inner) if (seen.size > 1) plain.add(path);
  if (isRoot && plain.size === 0 && family.length > HOPELESS) opaque.add(root);
}

/** For each container of an event its path pattern, and what it is made of: keys, order, kinds. */
function addStructures(dissection: Dissection, wide: Wide, structures: Map<string, Set<string>>): void {
  const walk = (node: JsonNode, path: string): string => {
    if (!("values" in node)) return node.kind;
    const at = pathPattern(path);
    if (wide.opaque.has(at)) return "json";
    const inner =
      node.kind === "object"
        ? node.values.map((value, i) => `${node.keys[i]!}:${walk(value, pathKey(path, keyText(node.keys[i]!)))}`)
        : node.values.map((value, i) => walk(value, pathIndex(path, i)));
    const structure = node.kind === "object" ? `{${inner.join(",")}}` : `[${inner.join(",")}]`;
    const seen = structures.get(at);
    if (seen === undefined) structures.set(at, new Set([structure]));
    else seen.add(structure);
    return structure;
  };
  walk(dissection.json!, dissection.jsonPath ?? "");
}

interface Container {
  /** Path pattern. */
  readonly path: string;
  readonly node: JsonNode;
}

const containers = new WeakMap<Dissection, readonly Container[]>();

/** The objects and arrays of an event that are looked into. */
function containersOf(dissection: Dissection, wide: Wide): readonly Container[] {
  const known = containers.get(dissection);
  if (known !== undefined) return known;
  const out: Container[] = [];
  const walk = (node: JsonNode, path: string): void => {
    if (!("values" in node)) return;
    const at = pathPattern(path);
    if (wide.opaque.has(at)) return;
    out.push({ path: at, node });
    if (node.kind === "object") node.values.forEach((value, i) => walk(value, pathKey(path, keyText(node.keys[i]!))));
    else node.values.forEach((value, i) => walk(value, pathIndex(path, i)));
  };
  if (dissection.json !== undefined) walk(dissection.json, dissection.jsonPath ?? "");
  containers.set(dissection, out);
  return out;
}

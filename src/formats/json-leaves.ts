import type { JsonNode } from "../base/json.ts";
import { pathIndex, pathKey, pathPattern } from "../base/path.ts";
import type { DissectOptions, LeafKind } from "./format.ts";

/** Called for each leaf of a tree, in the order of the text. */
export type LeafVisitor = (kind: LeafKind, path: string, node: JsonNode) => void;

/** Where trees may be cut, beyond the caller's options: containers for which it answers false are never one leaf. */
export type CanBeOpaque = (node: JsonNode) => boolean;

/** Decoded text of a key in its raw spelling, quotes included. */
export function keyText(raw: string): string {
  return raw.includes("\\") ? (JSON.parse(raw) as string) : raw.slice(1, -1);
}

/**
 * Visits the leaves of a JSON tree: every scalar, and the containers that the options declare opaque. `rootPath` is the path
 * of the root (`data`, or empty). Containers without a leaf inside (`{}`, `[]`) are not visited.
 */
export function visitJsonLeaves(
  root: JsonNode,
  rootPath: string,
  options: DissectOptions | undefined,
  visit: LeafVisitor,
  canBeOpaque?: CanBeOpaque,
): void {
  const opaque = options?.opaque?.size ? options.opaque : undefined;
  const nullable = options?.nullable?.size ? options.nullable : undefined;
  const walk = (node: JsonNode, place: Place): void => {
    if (node.kind !== "object" && node.kind !== "array") {
      visit(nullable?.has(patternOf(place)) ? "scalar" : node.kind, place.path, node);
      return;
    }
    if (opaque?.has(patternOf(place)) && canBeOpaque?.(node) !== false) {
      visit("json", place.path, node);
      return;
    }
    const { values } = node;
    if (node.kind === "array") for (let i = 0; i < values.length; i++) walk(values[i]!, itemOf(place, i));
    else for (let i = 0; i < values.length; i++) walk(values[i]!, fieldOf(place, node.keys[i]!, i));
  };
  walk(root, rootOf(rootPath));
}

/** A path that was made before: making one anew costs more than reading the value that stands there. */
interface Place {
  readonly path: string;
  pattern: string | undefined;
  readonly rawKey: string;
  /** By raw key. */
  readonly fields: Map<string, Place>;
  /** By position, as last seen: comparing a key is cheaper than looking it up, and objects of one kind have their keys in one order. */
  readonly order: Place[];
  readonly items: Place[];
}

/** Beyond this the places are forgotten: payloads whose keys are data would fill the memory. */
const MAX_PLACES = 50_000;
let places = new Map<string, Place>();
let placeCount = 0;

function placeOf(path: string, rawKey = ""): Place {
  placeCount++;
  return { path, pattern: undefined, rawKey, fields: new Map(), order: [], items: [] };
}

function rootOf(path: string): Place {
  if (placeCount > MAX_PLACES) {
    places = new Map();
    placeCount = 0;
  }
  let root = places.get(path);
  if (root === undefined) places.set(path, (root = placeOf(path)));
  return root;
}

function fieldOf(parent: Place, rawKey: string, position: number): Place {
  const usual = parent.order[position];
  if (usual !== undefined && usual.rawKey === rawKey) return usual;
  let place = parent.fields.get(rawKey);
  if (place === undefined) {
    place = placeOf(pathKey(parent.path, keyText(rawKey)), rawKey);
    if (placeCount <= MAX_PLACES) parent.fields.set(rawKey, place);
  }
  if (position <= parent.order.length && placeCount <= MAX_PLACES) parent.order[position] = place;
  return place;
}

function itemOf(parent: Place, index: number): Place {
  let place = parent.items[index];
  if (place === undefined) {
    place = placeOf(pathIndex(parent.path, index));
    if (placeCount <= MAX_PLACES && index === parent.items.length) parent.items.push(place);
  }
  return place;
}

function patternOf(place: Place): string {
  return (place.pattern ??= pathPattern(place.path));
}

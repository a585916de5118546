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
  const walk = (node: JsonNode, path: string): void => {
    if (node.kind !== "object" && node.kind !== "array") {
      visit(nullable?.has(pathPattern(path)) ? "scalar" : node.kind, path, node);
      return;
    }
    if (opaque?.has(pathPattern(path)) && canBeOpaque?.(node) !== false) {
      visit("json", path, node);
      return;
    }
    const { values } = node;
    if (node.kind === "array") for (let i = 0; i < values.length; i++) walk(values[i]!, pathIndex(path, i));
    else for (let i = 0; i < values.length; i++) walk(values[i]!, pathKey(path, keyText(node.keys[i]!)));
  };
  walk(root, rootPath);
}

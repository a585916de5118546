import type { JsonNode } from "../../base/json.ts";
import { pathIndex, pathKey } from "../../base/path.ts";
import { keyText } from "../json-leaves.ts";

/** Path of a node inside a tree; of a key's text that stands for a scalar, which is no node, the empty path. */
export function placeOfNode(root: JsonNode, wanted: JsonNode): string {
  const find = (node: JsonNode, path: string): string | undefined => {
    if (node === wanted) return path;
    if (node.kind !== "object" && node.kind !== "array") return undefined;
    for (let i = 0; i < node.values.length; i++) {
      const place = node.kind === "object" ? pathKey(path, keyText(node.keys[i]!)) : pathIndex(path, i);
      const found = find(node.values[i]!, place);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return find(root, "") ?? "";
}

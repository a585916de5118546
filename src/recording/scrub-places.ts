/** Leaves of an event with what the rules have to know of them. */
import type { JsonNode } from "../base/json.ts";
import { pathSegments } from "../base/path.ts";
import type { Dissection, Leaf } from "../formats/format.ts";
import type { DocumentPath, FieldPaths } from "./scrub-fields.ts";
import type { FieldRule } from "./scrub-rules.ts";
import { decodeSpelling } from "./scrub-spelling.ts";

/** A leaf, where it begins in the event's text, and the rule that its field has. */
export interface Place {
  readonly leaf: Leaf;
  readonly start: number;
  readonly rule: FieldRule | undefined;
  /** Leaves of several events that share it are one text: same path, and same numbers in `index` fields beside the path. */
  readonly thread: string;
}

interface TreeLeaf {
  readonly rule: FieldRule | undefined;
  readonly indices: string;
}

const JSON_KINDS: ReadonlySet<string> = new Set(["string", "number", "boolean", "null"]);
const INDEX_NAME = /^"(?:\w*_)?[iI]ndex"$/;

/** The places of an event. */
export function placesOf({ segments, leaves, json }: Dissection, fields: FieldPaths): readonly Place[] {
  const tree: TreeLeaf[] = [];
  if (json !== undefined) visit(json, [], undefined, "", fields, tree);
  const inTree = json === undefined ? 0 : leaves.filter((l) => JSON_KINDS.has(l.kind)).length;
  // Where a format cuts its leaves in another way, their own paths must do.
  const isMatching = inTree === tree.length && json !== undefined;
  let next = 0;
  let start = 0;
  return leaves.map((leaf, i) => {
    start += segments[i]!.length;
    const at = start;
    start += leaf.raw.length;
    if (isMatching && JSON_KINDS.has(leaf.kind)) {
      const { rule, indices } = tree[next++]!;
      return { leaf, start: at, rule, thread: leaf.path + indices };
    }
    const rule = isMatching ? undefined : fields.find(pathSegments(leaf.path) ?? [leaf.path]);
    return { leaf, start: at, rule, thread: leaf.path };
  });
}

function visit(
  node: JsonNode,
  path: DocumentPath,
  around: FieldRule | undefined,
  indices: string,
  fields: FieldPaths,
  out: TreeLeaf[],
): void {
  if (node.kind === "array") {
    node.values.forEach((value, i) => {
      const here = [...path, i];
      visit(value, here, around ?? fields.find(here), indices, fields, out);
    });
  } else if (node.kind === "object") {
    let inner = indices;
    node.keys.forEach((key, i) => {
      const value = node.values[i]!;
      if (value.kind === "number" && INDEX_NAME.test(key)) inner += ` ${key}${value.raw}`;
    });
    node.keys.forEach((raw, i) => {
      const key = decodeSpelling(raw.slice(1, -1), "json");
      const here = [...path, key];
      visit(
        node.values[i]!,
        here,
        around ?? (fields.mayEndIn(key) ? fields.find(here) : undefined),
        inner,
        fields,
        out,
      );
    });
  } else out.push({ rule: around, indices });
}

import { parseJsonOrOffset, type JsonNode } from "../../base/json.ts";
import { scanLeaf } from "../leaf-kind.ts";

/** Trees that are kept: a stream has few kinds of messages. */
const MOST_TREES = 8;

/** A scalar of a kept tree, which takes the spelling of each text. */
interface KeptScalar {
  readonly kind: "string" | "number" | "boolean" | "null";
  raw: string;
}

/** A text's tree, with the text around its scalars. */
interface KeptTree {
  readonly root: JsonNode;
  readonly literals: readonly string[];
  readonly scalars: readonly KeptScalar[];
}

/**
 * Reads JSON texts most of which differ in their scalars alone, as the messages of a stream do: their tree is made once and filled
 * again. What is given is the tree, or the offset of what is no JSON; it holds until the next call, and its offsets are not kept.
 */
export function createTreeReader(): (text: string) => JsonNode | number {
  let kept: KeptTree[] = [];
  return (text) => {
    for (let i = 0; i < kept.length; i++) {
      const tree = kept[i]!;
      if (!fill(tree, text)) continue;
      if (i > 0) kept = [tree, ...kept.filter((other) => other !== tree)];
      return tree.root;
    }
    const root = parseJsonOrOffset(text);
    if (typeof root !== "number") kept = [treeOf(root, text), ...kept].slice(0, MOST_TREES);
    return root;
  };
}

function treeOf(root: JsonNode, text: string): KeptTree {
  const literals: string[] = [];
  const scalars: KeptScalar[] = [];
  let at = 0;
  const walk = (node: JsonNode): void => {
    if ("values" in node) for (const value of node.values) walk(value);
    else {
      literals.push(text.slice(at, node.start));
      scalars.push(node);
      at = node.end;
    }
  };
  walk(root);
  literals.push(text.slice(at));
  return { root, literals, scalars };
}

/** Puts the scalars of a text in their places; false where it is made otherwise. */
function fill({ literals, scalars }: KeptTree, text: string): boolean {
  let at = literals[0]!.length;
  if (text.slice(0, at) !== literals[0]) return false;
  for (let i = 0; i < scalars.length; i++) {
    const scalar = scalars[i]!;
    const { raw, kind } = scalar;
    const literal = literals[i + 1]!;
    let end = at + raw.length;
    // What follows a scalar inside JSON ends it, so one that stands there again is the whole of it.
    if (literal === "" || text.slice(at, end) !== raw || text.slice(end, end + literal.length) !== literal) {
      end = scanLeaf(kind, text, at);
      if (end < 0 || text.slice(end, end + literal.length) !== literal) return false;
      scalar.raw = text.slice(at, end);
    }
    at = end + literal.length;
  }
  return at === text.length;
}

import { joinPath, pathIndex, pathKey } from "../../base/path.ts";
import type { JsonNode } from "../../base/json.ts";
import { invalid, readHole } from "../json-compile.ts";
import { keyText } from "../json-leaves.ts";
import { encodeMessage, writeMember } from "./encode-message.ts";
import { UNKNOWN_MESSAGE, type MessagePlan, type TypeIndex } from "./message-plan.ts";
import { placeOfNode } from "./node-place.ts";
import { Unencodable } from "./unencodable.ts";
import { createWireWriter } from "./wire-writer.ts";

/**
 * Refuses a shape whose keys or constants the message's type does not have, before anything is served from it. Throws WraithError
 * MODEL_INVALID with the place inside the shape.
 */
export function checkShape(root: JsonNode, plan: MessagePlan | undefined, isPlain: boolean, types: TypeIndex): void {
  const scratch = createWireWriter();
  /** Encodes what has no hole inside. */
  const attempt = (node: JsonNode, path: string, encode: () => void): void => {
    scratch.at = 0;
    try {
      encode();
    } catch (error) {
      if (!(error instanceof Unencodable)) throw error;
      throw invalid(error.message, joinPath(path, placeOfNode(node, error.node)));
    }
  };
  const check = (node: JsonNode, message: MessagePlan, path: string): void => {
    if (node.kind !== "object" || isHole(node)) return;
    node.keys.forEach((raw, i) => {
      const key = keyText(raw);
      const value = node.values[i]!;
      const place = pathKey(path, key);
      if (!hasHole(value)) return attempt(value, place, () => writeMember(scratch, raw, value, message, types));
      const found = message.find(raw);
      // What has a hole is looked into only where keys are names of fields.
      if (found === undefined) attempt(value, place, () => writeMember(scratch, raw, EMPTY, message, types));
      const inner = found?.field.message;
      if (found === undefined || inner === undefined || found.field.shape === "map") return;
      if (inner.special !== undefined && found.style !== "plain") return;
      if (value.kind === "array") value.values.forEach((element, k) => check(element, inner, pathIndex(place, k)));
      else check(value, inner, place);
    });
  };
  const message = plan ?? UNKNOWN_MESSAGE;
  if (!hasHole(root)) attempt(root, "message", () => encodeMessage(scratch, root, plan, isPlain, types));
  else if (message.special === undefined || isPlain) check(root, message, "message");
}

const EMPTY: JsonNode = { kind: "array", values: [], start: 0, end: 0 };

function isHole(node: JsonNode): boolean {
  return readHole(node, "") !== undefined;
}

function hasHole(node: JsonNode): boolean {
  if (node.kind !== "object" && node.kind !== "array") return false;
  return isHole(node) || node.values.some(hasHole);
}

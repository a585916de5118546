import type { JsonNode } from "../../base/json.ts";

/** Thrown inside the encoder, which tells where it is: this node cannot stand where it stands. */
export class Unencodable extends Error {
  readonly node: JsonNode;
  constructor(node: JsonNode, expected: string) {
    super(`this is no ${expected}`);
    this.node = node;
  }
}

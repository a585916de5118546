import type { Codec } from "../format.ts";
import { createMessageCodec } from "./codec.ts";
import { frameFromMessage, PREFIX_BYTES } from "./framer.ts";
import { compileSchemas } from "./schema.ts";

/**
 * Rewrites the texts of messages that no schema names, read by their wire types; the lengths around them follow. Undefined where no text
 * became another one, or what came out is no message.
 */
export function createTextRewriter(
  maxMessageBytes: number,
): (message: Uint8Array, rewrite: (inner: string) => string) => Uint8Array | undefined {
  let codec: Codec | undefined;
  const createCodec = (): Codec => {
    const { types } = compileSchemas({ protoFiles: [], descriptorSets: [], maxMessageBytes });
    return createMessageCodec({ plan: undefined, types, coding: undefined, maxMessageBytes });
  };
  return (message, rewrite) => {
    codec ??= createCodec();
    const text = codec.decode(frameFromMessage(message, false));
    const { segments, leaves } = codec.dissect(text);
    let out = segments[0]!;
    leaves.forEach(({ kind, raw }, i) => {
      out += (kind === "string" ? `"${rewrite(raw.slice(1, -1))}"` : raw) + segments[i + 1]!;
    });
    if (out === text) return undefined;
    try {
      return codec.encode(out).subarray(PREFIX_BYTES);
    } catch {
      return undefined;
    }
  };
}

import type { Format } from "../format.ts";
import { createJsonRefusal } from "../own-answer.ts";
import { readRequestPayload } from "../request-payload.ts";
import { bodyCodec } from "./codec.ts";
import { createBodyFramer } from "./framer.ts";

/** A whole answer as one event: JSON, text or bytes. Every exchange that no other format recognises is one. */
export function createBodyFormat(options: { readonly maxMessageBytes: number }): Format {
  return {
    id: "body",
    eventPath: () => "body",
    unary: true,
    recognises: () => true,
    createFramer: () => createBodyFramer(options.maxMessageBytes),
    createCodec: () => bodyCodec,
    requestPayload: readRequestPayload,
    // Whether a length was kept is for the transport to say.
    termination: (evidence) => evidence.close,
    variantKey: () => "",
    liveHeaders: [],
    actsOnFirstMessage: false,
    refusal: createJsonRefusal,
    adapt: () => undefined,
  };
}

import { findHeader, mediaType } from "../../base/http.ts";
import type { Format } from "../format.ts";
import { createJsonRefusal } from "../own-answer.ts";
import { readRequestPayload } from "../request-payload.ts";
import { sseCodec } from "./codec.ts";
import { createSseFramer } from "./framer.ts";
import { readWholeStream } from "./whole.ts";

/** Server-Sent Events (WHATWG HTML, 9.2), recognised by the response's content type alone: who asked for a stream may not get one. */
export function createSseFormat(options: { readonly maxMessageBytes: number }): Format {
  return {
    id: "sse",
    eventPath: (index) => `events[${index}]`,
    unary: false,
    recognises: (_request, response) => mediaType(findHeader(response.headers, "content-type")) === "text/event-stream",
    createFramer: () => createSseFramer(options.maxMessageBytes),
    createCodec: () => sseCodec,
    readWhole: (body) => readWholeStream(body, options.maxMessageBytes),
    requestPayload: readRequestPayload,
    // A stream has no end of its own: how the transport ended is all there is. An event that was cut off by a clean end is kept as a
    // malformed piece, and the end is still clean, for the client cannot tell it from one.
    termination: (evidence) => evidence.close,
    variantKey: () => "",
    liveHeaders: [],
    actsOnFirstMessage: false,
    refusal: createJsonRefusal,
    adapt: () => undefined,
  };
}

import { createBodyFormat } from "./body/index.ts";
import type { Format, Formats, SchemaSources } from "./format.ts";
import { createGrpcFormat, isGrpcRequest } from "./grpc/index.ts";
import { createTextRewriter } from "./grpc/rewrite-texts.ts";
import { createSseFormat } from "./sse/index.ts";

/** The formats of a run, in the order in which they are asked. Throws WraithError SCHEMA_INVALID for a malformed schema. */
export function createFormats(schemas: SchemaSources): Formats {
  const { maxMessageBytes } = schemas;
  const grpc = createGrpcFormat(schemas);
  const body = createBodyFormat({ maxMessageBytes });
  const all: readonly Format[] = [grpc, createSseFormat({ maxMessageBytes }), body];
  return {
    all,
    find: (request, response) => all.find((format) => format.recognises(request, response)) ?? body,
    findForRequest: (request) => (isGrpcRequest(request) ? grpc : body),
    byId: (id) => all.find((format) => format.id === id),
    rewriteTexts: createTextRewriter(maxMessageBytes),
  };
}

/** gRPC over HTTP/2: messages with a length before each, read with schemas where there are some, a status at the end. */
import { concatBytes } from "../../base/bytes.ts";
import { findHeader, headerValues, mediaType, type HeaderList, type RequestHead } from "../../base/http.ts";
import { parseJson } from "../../base/json.ts";
import { decompress } from "../encoding.ts";
import type { Adaptation, Codec, CodecContext, Format, RequestPayload, SchemaSources } from "../format.ts";
import { createMessageCodec } from "./codec.ts";
import { createMessageFramer, frameFromMessage, PREFIX_BYTES } from "./framer.ts";
import { splitMessageText } from "./message-text.ts";
import type { MessagePlan } from "./message-plan.ts";
import { compileSchemas } from "./schema.ts";
import { createGrpcRefusal, grpcTermination, grpcVariantKey } from "./status.ts";

const CONTENT_TYPES: ReadonlySet<string> = new Set(["application/grpc", "application/grpc+proto"]);

/** Creates the format with all schemas of a run. Throws WraithError SCHEMA_INVALID with the place. */
export function createGrpcFormat(schemas: SchemaSources): Format {
  const compiled = compileSchemas(schemas);
  const { types } = compiled;
  const { maxMessageBytes } = schemas;
  const codecs = new Map<string, Codec>();

  const codingOf = ({ request, response, direction }: CodecContext): string | undefined =>
    findHeader(direction === "client" ? request.headers : (response?.headers ?? []), "grpc-encoding")
      ?.trim()
      .toLowerCase();
  const planOf = ({ request, direction }: CodecContext): MessagePlan | undefined => {
    const method = compiled.findMethod(request.path);
    return method === undefined ? undefined : types.message(direction === "client" ? method.input : method.output);
  };
  const createCodec = (context: CodecContext): Codec => {
    const plan = planOf(context);
    const coding = codingOf(context);
    const key = `${plan?.name ?? ""} ${coding ?? ""}`;
    let codec = codecs.get(key);
    if (codec === undefined) {
      codec = createMessageCodec({ plan, types, coding, maxMessageBytes });
      // Codings are a peer's words: what a stranger sends is not kept for ever.
      if (codecs.size < MAX_CODECS) codecs.set(key, codec);
    }
    return codec;
  };
  const createFramer: Format["createFramer"] = (context) => {
    const isUnknown = context.direction === "server" && context.response === undefined;
    return createMessageFramer({ maxMessageBytes, mayBeCompressed: isUnknown || codingOf(context) !== undefined });
  };
  return {
    id: "grpc",
    eventPath: (index) => `events[${index}]`,
    unary: false,
    recognises: (request, response) =>
      CONTENT_TYPES.has(contentType(response.headers)) ||
      (contentType(response.headers) === "" && CONTENT_TYPES.has(contentType(request.headers))),
    createFramer,
    createCodec,
    requestPayload: (request, body) => firstPayload(request, body, createFramer, createCodec),
    termination: grpcTermination,
    variantKey: grpcVariantKey,
    liveHeaders: ["grpc-status", "grpc-message"],
    actsOnFirstMessage: true,
    refusal: createGrpcRefusal,
    adapt: (request, headers) => adaptCoding(request, headers, maxMessageBytes),
  };
}

const MAX_CODECS = 10_000;

function contentType(headers: HeaderList): string {
  return mediaType(findHeader(headers, "content-type"));
}

/** Whether requests of this kind are read by this format. */
export function isGrpcRequest(request: RequestHead): boolean {
  return CONTENT_TYPES.has(contentType(request.headers));
}

function firstPayload(
  request: RequestHead,
  body: Uint8Array,
  createFramer: Format["createFramer"],
  createCodec: Format["createCodec"],
): RequestPayload {
  const context: CodecContext = { request, direction: "client" };
  const framer = createFramer(context);
  const frame = [...framer.push(body), ...framer.end()][0];
  if (frame === undefined) return { kind: "none" };
  if (frame.kind !== "message") return { kind: "bytes" };
  const { isOpaque, json } = splitMessageText(createCodec(context).decode(frame.bytes));
  const tree = isOpaque ? undefined : parseJson(json);
  return tree === undefined ? { kind: "bytes" } : { kind: "json", json: tree };
}

/** Decompressed messages for a client that does not say it can read the recorded coding, nor sends in it. */
function adaptCoding(request: RequestHead, headers: HeaderList, maxMessageBytes: number): Adaptation | undefined {
  const coding = findHeader(headers, "grpc-encoding")?.trim().toLowerCase();
  if (coding === undefined || coding === "identity") return undefined;
  const accepted = [
    ...headerValues(request.headers, "grpc-accept-encoding"),
    ...headerValues(request.headers, "grpc-encoding"),
  ];
  if (accepted.flatMap((v) => v.split(",")).some((v) => v.trim().toLowerCase() === coding)) return undefined;
  return {
    headers: headers.filter(([name]) => name.toLowerCase() !== "grpc-encoding"),
    frame(bytes) {
      if (bytes[0] !== 1) return bytes;
      const message = decompress(coding, bytes.subarray(PREFIX_BYTES), maxMessageBytes);
      return message === undefined ? bytes : frameFromMessage(concatBytes([message]), false);
    },
  };
}

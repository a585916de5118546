import type { IncomingHttpHeaders } from "node:http2";
import { findHeader, mediaType, type RequestHead } from "../base/http.ts";
import { markSensitive } from "./http2-headers.ts";
import { headersFromRaw, splitTarget } from "./request-head.ts";

/** The head of an h2 request: `grpc` where its content type is gRPC's own (not gRPC-Web). */
export function requestHeadFromHttp2(headers: IncomingHttpHeaders, rawHeaders: readonly string[]): RequestHead {
  const list = markSensitive(headersFromRaw(rawHeaders), headers);
  return {
    protocol: isGrpcType(mediaType(findHeader(list, "content-type"))) ? "grpc" : "http",
    httpVersion: "2",
    method: headers[":method"] ?? "GET",
    ...splitTarget(headers[":path"] ?? "/"),
    headers: list,
  };
}

function isGrpcType(type: string): boolean {
  return type === "application/grpc" || type.startsWith("application/grpc+");
}

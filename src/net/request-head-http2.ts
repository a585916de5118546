import type { IncomingHttpHeaders } from "node:http2";
import type { RequestHead } from "../base/http.ts";
import { markSensitive } from "./http2-headers.ts";
import { headersFromRaw, http2Protocol, splitTarget } from "./request-head.ts";

/** The head of an h2 request: `grpc` where its content type is gRPC's own (not gRPC-Web). */
export function requestHeadFromHttp2(headers: IncomingHttpHeaders, rawHeaders: readonly string[]): RequestHead {
  const list = markSensitive(headersFromRaw(rawHeaders), headers);
  return {
    protocol: http2Protocol(list),
    httpVersion: "2",
    method: headers[":method"] ?? "GET",
    ...splitTarget(headers[":path"] ?? "/"),
    headers: list,
  };
}

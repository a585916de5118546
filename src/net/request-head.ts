import type { IncomingMessage } from "node:http";
import { findHeader, mediaType, type HeaderList, type RequestHead } from "../base/http.ts";

/** Names and values in turn, as Node gives them, as pairs; without h2 pseudo headers. */
export function headersFromRaw(raw: readonly string[]): HeaderList {
  const out: (readonly [string, string])[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) if (!raw[i]!.startsWith(":")) out.push([raw[i]!, raw[i + 1]!]);
  return out;
}

/** Path and query of a request target. An absolute target loses its origin; `//host/x` is a path. */
export function splitTarget(target: string): { path: string; query: string } {
  const absolute = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/?#]*/.exec(target);
  const local = absolute === null ? target : target.slice(absolute[0].length);
  const at = local.indexOf("?");
  const path = at < 0 ? local : local.slice(0, at);
  return { path: path === "" ? "/" : path, query: at < 0 ? "" : local.slice(at + 1) };
}

/** The head of an HTTP/1 request, as it was sent. */
export function requestHeadFromHttp1(request: IncomingMessage): RequestHead {
  return {
    protocol: "http",
    httpVersion: request.httpVersion === "1.0" ? "1.0" : "1.1",
    method: request.method ?? "GET",
    ...splitTarget(request.url ?? "/"),
    headers: headersFromRaw(request.rawHeaders),
  };
}

/** `grpc` where the content type is gRPC's own (not gRPC-Web); only h2 carries it. */
export function http2Protocol(headers: HeaderList): RequestHead["protocol"] {
  const type = mediaType(findHeader(headers, "content-type"));
  return type === "application/grpc" || type.startsWith("application/grpc+") ? "grpc" : "http";
}

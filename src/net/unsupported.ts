import { findHeader, mediaType, type RequestHead } from "../base/http.ts";

/** What a request of a protocol that wraith does not speak yet is answered with, by both commands. */
export interface Unsupported {
  readonly status: 415 | 501;
  readonly message: string;
}

/** Why this request cannot be taken, or undefined. Upgrades to `h2c` are no such request: RFC 9113 lets a server ignore them. */
export function findUnsupported(head: RequestHead): Unsupported | undefined {
  const type = mediaType(findHeader(head.headers, "content-type"));
  if (type.startsWith("application/grpc-web"))
    return {
      status: 415,
      message: `gRPC-Web (${type}) is not supported yet: use plain gRPC over HTTP/2 on this port.`,
    };
  if (type.startsWith("application/connect+") || findHeader(head.headers, "connect-protocol-version") !== undefined)
    return {
      status: 415,
      message: "the Connect protocol is not supported yet: use plain gRPC over HTTP/2 on this port.",
    };
  const upgrade = findHeader(head.headers, "upgrade");
  if (upgrade !== undefined && upgrade.trim().toLowerCase() === "websocket")
    return { status: 501, message: "WebSocket is not supported yet." };
  return undefined;
}

/** The JSON body of every answer that wraith gives of its own: `{"error":{"message":...}}`. */
export function errorBody(message: string): string {
  return `${JSON.stringify({ error: { message: `wraith: ${message}`, type: "wraith" } })}\n`;
}

import type { ServerResponse } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import { findHeader, type RequestHead } from "../base/http.ts";

/** Everything under it belongs to wraith and is never forwarded or learned. */
const CONTROL_PREFIX = "/__wraith/";

/** What an endpoint is asked with. */
export interface ControlRequest {
  readonly query: string;
  /** `X-Wraith-Session`, where the client named one. */
  readonly session: string | undefined;
}

export interface ControlAnswer {
  readonly status: number;
  /** Sent as JSON. */
  readonly body: unknown;
}

export interface ControlEndpoint {
  readonly method: "GET" | "POST";
  answer(request: ControlRequest): ControlAnswer | Promise<ControlAnswer>;
}

/** The control plane of a command (SPEC section 2). */
export interface Control {
  /** Whether the request is for the control plane. */
  owns(head: RequestHead): boolean;
  /** The answer: the endpoint's, or 401, 404, 405, 500 with one sentence. Never throws. */
  answer(head: RequestHead): Promise<ControlAnswer>;
}

/** Endpoints by name (`health` is `/__wraith/health`). With a token every one of them needs it (`Authorization: Bearer` or `X-Wraith-Token`). */
export function createControl(options: {
  endpoints: Readonly<Record<string, ControlEndpoint>>;
  token?: string | undefined;
}): Control {
  const { endpoints, token } = options;
  return {
    owns: (head) => head.path.startsWith(CONTROL_PREFIX) || head.path === CONTROL_PREFIX.slice(0, -1),
    answer: async (head) => {
      if (token !== undefined && !sameText(tokenOf(head), token))
        return refusal(
          401,
          "the control plane needs its token, as `Authorization: Bearer TOKEN` or `X-Wraith-Token: TOKEN`",
        );
      const name = head.path.slice(CONTROL_PREFIX.length);
      const endpoint = Object.hasOwn(endpoints, name) ? endpoints[name] : undefined;
      if (endpoint === undefined) {
        const known = Object.entries(endpoints).map(([n, e]) => `${e.method} ${CONTROL_PREFIX}${n}`);
        return refusal(404, `no control endpoint ${head.path}; there are ${known.join(", ")}`);
      }
      if (head.method !== endpoint.method && !(endpoint.method === "GET" && head.method === "HEAD"))
        return refusal(405, `${head.path} takes ${endpoint.method}, not ${head.method}`);
      try {
        return await endpoint.answer({ query: head.query, session: findHeader(head.headers, "x-wraith-session") });
      } catch (error) {
        return refusal(500, error instanceof Error ? error.message : String(error));
      }
    },
  };
}

function refusal(status: number, message: string): ControlAnswer {
  return { status, body: { error: { message: `wraith: ${message}`, type: "wraith" } } };
}

function tokenOf(head: RequestHead): string {
  const own = findHeader(head.headers, "x-wraith-token");
  if (own !== undefined) return own;
  return /^Bearer +(.*)$/i.exec(findHeader(head.headers, "authorization") ?? "")?.[1]?.trim() ?? "";
}

/** Compares without telling by its time how much was right. */
function sameText(a: string, b: string): boolean {
  let different = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) different |= (a.charCodeAt(i) || 0) ^ b.charCodeAt(i);
  return different === 0;
}

/** Sends JSON of wraith's own as a whole HTTP/1 answer. */
export function sendJsonHttp1(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": bytes.length });
  response.end(bytes);
}

/** Sends JSON of wraith's own as a whole h2 answer. */
export function sendJsonHttp2(stream: ServerHttp2Stream, status: number, body: unknown): void {
  if (stream.closed || stream.destroyed || stream.headersSent) return;
  stream.respond({ ":status": status, "content-type": "application/json" });
  stream.end(`${JSON.stringify(body)}\n`);
}

import { request as openRequest } from "node:http";
import type { HeaderList, RequestHead, ResponseHead } from "../base/http.ts";
import type { Formats, Frame } from "../formats/format.ts";

/** An event as the demo's client got it. */
export interface ReceivedEvent {
  readonly index: number;
  /** Milliseconds since the request was sent. */
  readonly atMs: number;
  /** JSON of the event, for people. */
  readonly view: string;
}

export interface Received {
  readonly status: number;
  readonly headers: HeaderList;
  readonly events: readonly ReceivedEvent[];
  readonly bytes: number;
}

/**
 * Posts a JSON body and reads the answer event by event, as a client would. Rejects where nothing or only a part of an answer comes,
 * and with the signal's reason.
 */
export function post(
  url: string,
  body: object,
  options: { readonly formats: Formats; readonly signal: AbortSignal; onEvent?(event: ReceivedEvent): void },
): Promise<Received> {
  const headers = {
    "content-type": "application/json",
    accept: "*/*",
    authorization: "Bearer sk-demo-0123456789abcdefghij",
  };
  const target = new URL(url);
  const head: RequestHead = {
    protocol: "http",
    httpVersion: "1.1",
    method: "POST",
    path: target.pathname,
    query: "",
    headers: Object.entries(headers),
  };
  return new Promise((resolve, reject) => {
    const sentMs = performance.now();
    const request = openRequest(target, { method: "POST", headers, agent: false, signal: options.signal }, (answer) => {
      const response: ResponseHead = { status: answer.statusCode ?? 0, headers: pairs(answer.rawHeaders) };
      const format = options.formats.find(head, response);
      const context = { request: head, response, direction: "server" as const };
      const [framer, codec] = [format.createFramer(context), format.createCodec(context)];
      const events: ReceivedEvent[] = [];
      let bytes = 0;
      const take = (frames: readonly Frame[]): void => {
        for (const frame of frames) {
          if (frame.kind !== "message") continue;
          const view = codec.view(codec.decode(frame.bytes));
          const event = { index: events.length, atMs: performance.now() - sentMs, view };
          events.push(event);
          options.onEvent?.(event);
        }
      };
      answer.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        take(framer.push(new Uint8Array(chunk)));
      });
      answer.on("end", () => {
        take(framer.end());
        resolve({ ...response, events, bytes });
      });
      answer.on("error", reject);
    });
    request.on("error", reject);
    request.end(JSON.stringify(body));
  });
}

function pairs(raw: readonly string[]): HeaderList {
  const out: (readonly [string, string])[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) out.push([raw[i]!, raw[i + 1]!]);
  return out;
}

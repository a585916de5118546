import { createControl } from "../../src/net/control-server.ts";
import { startProxy, type OpenedExchange } from "../../src/net/proxy.ts";
import { createUpstream } from "../../src/net/upstream.ts";
import type { HeaderList, Termination } from "../../src/base/http.ts";
import type { ReceivedHead } from "../../src/net/sides.ts";

/** What the tap of one exchange heard. */
export interface Heard {
  readonly opened: OpenedExchange;
  readonly log: string[];
  readonly clientChunks: Buffer[];
  readonly chunks: Buffer[];
  clientEnded: boolean;
  clientTrailers: HeaderList;
  readonly informational: { status: number; headers: HeaderList }[];
  head: ReceivedHead | undefined;
  trailers: HeaderList | undefined;
  closed: Termination | undefined;
}

/** A proxy in front of `baseUrl` that keeps what its taps hear in memory. */
export async function startTestProxy(baseUrl: string, ca?: readonly string[]) {
  const exchanges: Heard[] = [];
  const proxy = await startProxy({
    port: 0,
    upstream: createUpstream(baseUrl, ca),
    control: createControl({
      endpoints: { health: { method: "GET", answer: () => ({ status: 200, body: { ok: true } }) } },
    }),
    openTap: (opened) => {
      if (opened.session === "bad name") return "a session name";
      const heard: Heard = {
        opened,
        log: [],
        clientChunks: [],
        chunks: [],
        clientEnded: false,
        clientTrailers: [],
        informational: [],
        head: undefined,
        trailers: undefined,
        closed: undefined,
      };
      exchanges.push(heard);
      return {
        clientData: (bytes) => (heard.log.push("client data"), heard.clientChunks.push(Buffer.from(bytes))),
        clientEnd: (trailers) => (
          heard.log.push("client end"),
          (heard.clientEnded = true),
          (heard.clientTrailers = trailers)
        ),
        informational: (status, headers) => (
          heard.log.push(`${status}`),
          heard.informational.push({ status, headers })
        ),
        head: (head) => (heard.log.push("head"), (heard.head = head)),
        data: (bytes) => (heard.log.push("data"), heard.chunks.push(Buffer.from(bytes))),
        trailers: (trailers) => (heard.log.push("trailers"), (heard.trailers = trailers)),
        close: (termination) => (heard.log.push("close"), (heard.closed = termination)),
      };
    },
  });
  return { ...proxy, exchanges };
}

/** Waits until `condition` holds; fails after 10 s. */
export async function until(condition: () => boolean, what = "the condition"): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

import type { HeaderList, Termination } from "../base/http.ts";
import type { ClientSide, OutgoingRequest, ReceivedHead, UpstreamHandlers, UpstreamSide } from "./sides.ts";

/** Hears everything that crosses, after it was passed on. Never throws, never waits. */
export interface ExchangeTap {
  clientData(bytes: Uint8Array): void;
  clientEnd(trailers: HeaderList): void;
  informational(status: number, headers: HeaderList): void;
  head(head: ReceivedHead): void;
  data(bytes: Uint8Array): void;
  trailers(trailers: HeaderList): void;
  /** Once, at the end; calls after it are ignored. */
  close(termination: Termination): void;
}

/** How long a reset may come after the end of a stream that it belongs to, for the recording. */
const RESET_AFTER_END_MS = 20;

/**
 * Passes one exchange through, both ways at once, with back-pressure: whoever cannot take more pauses the other, and nothing
 * is kept but what the sockets keep. The client gets every piece before the tap hears of it (SPEC section 3). `finished` is
 * called once, when the response is over. The returned function ends the exchange for the recorder's sake: the client is cut.
 */
export function relay(
  client: ClientSide,
  open: (request: OutgoingRequest, handlers: UpstreamHandlers) => UpstreamSide,
  tap: ExchangeTap,
  finished: () => void,
): { stop(): void } {
  let over = false;
  let begun = false;
  let ended = false;
  let halfClosed = false;
  const finish = (termination: Termination): void => {
    over = true;
    tap.close(termination);
    finished();
  };
  const upstream = open(client, {
    informational: (status, reason, headers) => {
      if (over) return;
      client.sendInformational(status, reason, headers);
      tap.informational(status, headers);
    },
    head: (head) => {
      if (over) return;
      begun = true;
      const said = client.sendHead(head);
      tap.head(head);
      if (said) return;
      client.refuse(`the upstream answered with status ${head.status}, which cannot be passed on`);
      upstream.abort(undefined);
      finish({ shape: "error", by: "server", detail: `status ${head.status}` });
    },
    data: (bytes) => {
      if (over) return;
      if (!client.send(bytes)) upstream.pause();
      tap.data(bytes);
    },
    end: (trailers, sure) => {
      if (over) return;
      client.end(trailers);
      if (trailers.length > 0) tap.trailers(trailers);
      if (sure) return finish({ shape: "clean", by: "server" });
      ended = true;
      setTimeout(() => over || finish({ shape: "clean", by: "server" }), RESET_AFTER_END_MS);
    },
    lost: ({ code, goaway, detail }) => {
      if (over) return;
      if (begun || code !== undefined) client.cut(code, detail);
      else client.refuse(`the upstream gave no answer: ${detail}`);
      // Servers that take the end of a connection's one side for a client that left cut their answer then.
      if (halfClosed) finish({ shape: "truncated", by: "client", detail: "the client closed the connection" });
      else
        finish({
          shape: begun && code === undefined ? "truncated" : "error",
          by: "server",
          code: code ?? goaway,
          detail,
        });
    },
    drain: () => client.resume(),
    released: (code) => {
      // Whatever the client still sends is read and dropped, so that its connection can go on.
      client.resume();
      if (ended && !over)
        finish(
          code === 0
            ? { shape: "clean", by: "server" }
            : { shape: "error", by: "server", code, detail: "the upstream reset the stream" },
        );
      client.release(code);
    },
  });
  client.begin({
    data: (bytes) => {
      if (!upstream.send(bytes)) client.pause();
      tap.clientData(bytes);
    },
    end: (trailers) => {
      upstream.end(trailers);
      tap.clientEnd(trailers);
    },
    halfClosed: () => {
      halfClosed = true;
      upstream.halfClose();
    },
    left: (code, detail) => {
      upstream.abort(code);
      if (!over) finish({ shape: "truncated", by: "client", code, detail });
    },
    drain: () => upstream.resume(),
  });
  return {
    stop: () => {
      if (over) return;
      upstream.abort(undefined);
      finish({ shape: "truncated", by: "recorder", detail: "the recorder was stopped" });
    },
  };
}

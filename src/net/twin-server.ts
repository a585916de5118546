import { WraithError } from "../base/errors.ts";
import type { RequestHead } from "../base/http.ts";
import type { Formats } from "../formats/format.ts";
import type { Twin } from "../twin/twin.ts";
import type { ResponsePlan } from "../twin/plan.ts";
import type { Control } from "./control-server.ts";
import { takeWishes, type Wishes } from "./incoming.ts";
import { listen } from "./listener.ts";
import { ownAnswer } from "./own-answer.ts";
import { createScheduler, type Scheduler } from "./scheduler.ts";
import { createDirectHandler } from "./twin-direct.ts";
import { createHttp1Handler } from "./twin-http1.ts";
import type { Conversation } from "./twin-http2.ts";
import { findUnsupported } from "./unsupported.ts";

export interface TwinServerOptions {
  /** Default: loopback. */
  readonly host?: string | undefined;
  readonly port: number;
  readonly twin: Twin;
  readonly formats: Formats;
  readonly control: Control;
  /** 1 is as recorded, Infinity without waiting. */
  readonly speed: number;
  /** `X-Wraith-Provenance`, `-Route` and `-Exchange` on every answer. */
  readonly provenanceHeaders: boolean;
  /** A request body above it is refused with 413. */
  readonly maxBodyBytes: number;
  /** Whether a session may be named so. */
  readonly isSession: (name: string) => boolean;
  /** A request as recordings hold it (SPEC section 6, "scrubbed as recordings are"). */
  scrub(head: RequestHead, body: Uint8Array): { readonly head: RequestHead; readonly body: Uint8Array };
  /** A conversation that is not the twin's: the server's own reflection. */
  findConversation?(head: RequestHead): Conversation | undefined;
  /** One sentence for the operator. */
  onNotice(text: string): void;
}

export interface TwinServer {
  readonly url: string;
  readonly port: number;
  /** Answers begun so far, those that are not over, and those of them that wait for their time. */
  counts(): { readonly answers: number; readonly open: number; readonly waiting: number };
  stop(): Promise<void>;
}

/** A request that the twin is to be asked. */
export interface Admitted {
  /** Whether the first message must be there before `respond`. */
  waitsForMessage(): boolean;
  /** Asks the twin. Never throws: what goes wrong is an answer, too. */
  respond(body: Uint8Array): ResponsePlan;
}

/** What both HTTP versions need to answer a request. */
export interface Answering {
  readonly options: TwinServerOptions;
  readonly scheduler: Scheduler;
  /** Looks at a request's head: a plan is a refusal that needs no body. */
  admit(head: RequestHead): Admitted | ResponsePlan;
  /** Counts an answer as open until the function that it gives is called. */
  begin(): () => void;
}

/** Serves a twin on one port, HTTP/1.1 and h2c (SPEC section 6). Throws PORT_IN_USE, LISTEN_FAILED. */
export async function startTwinServer(options: TwinServerOptions): Promise<TwinServer> {
  const { twin } = options;
  let answers = 0;
  let open = 0;
  const ask = (head: RequestHead, body: Uint8Array, wishes: Wishes): ResponsePlan => {
    try {
      const scrubbed = options.scrub(head, body);
      const { session, take, values } = wishes;
      return twin.respond({ head: scrubbed.head, body: scrubbed.body, session, take, values });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      options.onNotice(`${head.method} ${head.path} could not be answered: ${text}`);
      return ownAnswer(head, 500, error instanceof WraithError ? text : "the twin failed");
    }
  };
  const answering: Answering = {
    options,
    scheduler: createScheduler(),
    admit: (head) => {
      const unsupported = findUnsupported(head);
      if (unsupported !== undefined) return ownAnswer(head, unsupported.status, unsupported.message);
      const taken = takeWishes(head, options.isSession);
      if (typeof taken === "string") return ownAnswer(head, 400, taken);
      return {
        waitsForMessage: () => waits(twin, taken.head),
        respond: (body) => ask(taken.head, body, taken.wishes),
      };
    },
    begin: () => {
      answers++;
      open++;
      let over = false;
      return () => {
        if (!over) open--;
        over = true;
      };
    },
  };
  const listener = await listen({
    host: options.host,
    port: options.port,
    onHttp1: createHttp1Handler(answering),
    onHttp1Connection: createDirectHandler(answering),
    loadHttp2: async () => {
      const [{ serveHttp2 }, { createHttp2Handler }] = await Promise.all([
        import("./h2/connection.ts"),
        import("./twin-http2.ts"),
      ]);
      const onRequest = createHttp2Handler(answering);
      return (socket, first) => serveHttp2(socket, first, onRequest, () => answering.scheduler.nowMs());
    },
  });
  return {
    url: listener.url,
    port: listener.port,
    counts: () => ({ answers, open, waiting: answering.scheduler.waiting }),
    stop: () => listener.close(),
  };
}

function waits(twin: Twin, head: RequestHead): boolean {
  try {
    return twin.waitsForMessage(head);
  } catch {
    // `respond` will fail as well, and say so.
    return true;
  }
}

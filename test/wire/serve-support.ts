import type { HeaderList } from "../../src/base/http.ts";
import type { Format, Formats, Frame, Framer } from "../../src/formats/format.ts";
import { createControl } from "../../src/net/control-server.ts";
import { startTwinServer, type TwinServer, type TwinServerOptions } from "../../src/net/twin-server.ts";
import type { ResponsePlan, Step } from "../../src/twin/plan.ts";
import type { IncomingRequest } from "../../src/twin/twin.ts";

/** A twin in the place of the real one: it says what a test scripts, and keeps what it was asked. */
export interface TestTwin extends TwinServer {
  readonly asked: IncomingRequest[];
  readonly notices: string[];
  readonly resets: (string | undefined)[];
}

export interface TestTwinOptions extends Partial<TwinServerOptions> {
  respond(request: IncomingRequest): ResponsePlan;
  /** Requests whose first message must be there before the twin can answer. Default: all. */
  waits?: (path: string) => boolean;
}

export async function startTestTwin(options: TestTwinOptions): Promise<TestTwin> {
  const asked: IncomingRequest[] = [];
  const notices: string[] = [];
  const resets: (string | undefined)[] = [];
  const server = await startTwinServer({
    port: 0,
    twin: {
      respond: (request) => {
        asked.push(request);
        return options.respond(request);
      },
      waitsForMessage: (head) => options.waits?.(head.path) ?? true,
      reset: (session) => void resets.push(session),
    },
    formats: testFormats,
    control: createControl({
      endpoints: {
        health: { method: "GET", answer: () => ({ status: 200, body: { ok: true } }) },
        reset: {
          method: "POST",
          answer: ({ session }) => ({ status: 200, body: { reset: (resets.push(session), session ?? "all") } }),
        },
      },
    }),
    speed: 1,
    provenanceHeaders: false,
    maxBodyBytes: 1 << 20,
    isSession: (name) => /^[a-z]+$/.test(name),
    scrub: (head, body) => ({ head, body }),
    onNotice: (text) => void notices.push(text),
    ...options,
  });
  return { ...server, asked, notices, resets };
}

const unused = (): never => {
  throw new Error("not for these tests");
};
const plain = {
  unary: true,
  actsOnFirstMessage: false,
  liveHeaders: [],
  eventPath: unused,
  recognises: unused,
  createFramer: unused,
  createCodec: unused,
  requestPayload: unused,
  termination: unused,
  variantKey: unused,
  refusal: unused,
  adapt: () => undefined,
};
/** Finds the messages of gRPC. */
export function lengthPrefixed(): Framer {
  let rest = Buffer.alloc(0);
  return {
    push: (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      const out: Frame[] = [];
      while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
        const length = 5 + rest.readUInt32BE(1);
        out.push({ kind: "message", bytes: rest.subarray(0, length) });
        rest = rest.subarray(length);
      }
      return out;
    },
    end: () => (rest.length > 0 ? [{ kind: "malformed", bytes: rest }] : []),
  };
}

/** Bodies as they are, and length-prefixed messages. */
const body: Format = { ...plain, id: "body" };
const messages: Format = {
  ...plain,
  id: "messages",
  actsOnFirstMessage: true,
  createFramer: lengthPrefixed,
};
const testFormats: Formats = {
  all: [messages, body],
  find: () => body,
  findForRequest: (head) => (head.protocol === "grpc" ? messages : body),
  byId: (id) => (id === "messages" ? messages : body),
  rewriteTexts: () => undefined,
};

/** `atMs text` pieces between a head and an end, as a plan. */
export function planOf(
  pieces: readonly (readonly [atMs: number, text: string | Uint8Array])[],
  more: Partial<Omit<ResponsePlan, "steps">> & {
    status?: number;
    headers?: HeaderList;
    headMs?: number;
    trailers?: HeaderList;
    before?: readonly Step[];
    /** The end; default: clean, with the last piece. */
    end?: Step;
  } = {},
): ResponsePlan {
  const { status = 200, headers = [], headMs = 0, trailers, before = [], end, ...rest } = more;
  const endUs = (pieces.at(-1)?.[0] ?? headMs) * 1000;
  return {
    format: "body",
    provenance: "recorded",
    route: "GET /x",
    exchange: "s/0",
    variant: "200",
    ...rest,
    steps: [
      ...before,
      { kind: "head", atUs: headMs * 1000, status, headers },
      ...pieces.map(
        ([atMs, text]) =>
          ({ kind: "event", atUs: atMs * 1000, bytes: typeof text === "string" ? Buffer.from(text) : text }) as const,
      ),
      ...(trailers === undefined ? [] : [{ kind: "trailers", atUs: endUs, trailers } as const]),
      end ?? { kind: "end", atUs: endUs },
    ],
  };
}

/** A length-prefixed message. */
export function frame(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text as string);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

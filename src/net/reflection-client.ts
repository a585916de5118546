/** Asks an upstream's reflection service for its schemas (v1, then v1alpha). */
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from "node:http2";
import {
  createAnswerFramer,
  decodeAnswer,
  descriptorSetFromFiles,
  encodeQuestion,
  readFileImports,
  REFLECTION_VERSIONS,
  reflectionPath,
  type ReflectionAnswer,
  type ReflectionQuestion,
} from "../formats/grpc/reflection-harvest.ts";
import { describeFailure } from "./forwarding.ts";

export interface HarvestOptions {
  /** `http:` is h2c, `https:` TLS. Its path goes before the service's. */
  readonly baseUrl: string;
  /** PEM certificates to trust, all of them. Default: those of Node. */
  readonly ca?: readonly string[] | undefined;
  /** For all of it (default 5 s). */
  readonly timeoutMs?: number | undefined;
}

/** Schemas as a serialized FileDescriptorSet, or why there are none, in a few words. */
export type Harvest =
  | { readonly kind: "schemas"; readonly descriptorSet: Uint8Array; readonly services: readonly string[] }
  | { readonly kind: "none"; readonly reason: string };

const TIMEOUT_MS = 5000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** More files than this no server has: it would go on for ever. */
const MAX_FILES = 20_000;

/** What ended a call before it was through. */
class Refused extends Error {
  readonly isUnimplemented: boolean;
  constructor(message: string, isUnimplemented: boolean) {
    super(message);
    this.isUnimplemented = isUnimplemented;
  }
}

/** Harvests all services of an upstream. Never rejects; closes what it opened. */
export async function harvestSchemas({ baseUrl, ca, timeoutMs = TIMEOUT_MS }: HarvestOptions): Promise<Harvest> {
  const base = new URL(baseUrl);
  const session = connect(base.origin, ca === undefined ? {} : { ca: [...ca] });
  let failure: string | undefined;
  session.on("error", (error) => (failure ??= describeFailure(error)));
  const timer = setTimeout(() => {
    failure ??= `no answer within ${timeoutMs} ms`;
    session.destroy();
  }, timeoutMs);
  try {
    let reason = "";
    for (const version of REFLECTION_VERSIONS) {
      try {
        return await harvest(session, `${base.pathname.replace(/\/$/, "")}${reflectionPath(version)}`);
      } catch (error) {
        reason = failure ?? (error instanceof Error ? error.message : String(error));
        if (!(error instanceof Refused && error.isUnimplemented)) break;
      }
    }
    return { kind: "none", reason };
  } finally {
    clearTimeout(timer);
    session.destroy();
  }
}

async function harvest(session: ClientHttp2Session, path: string): Promise<Harvest> {
  const call = openCall(session, path);
  try {
    const listed = await call.ask({ listServices: "" });
    if (listed.kind !== "services")
      return { kind: "none", reason: listed.kind === "error" ? listed.message : "the services were not listed" };
    const services = listed.names.filter((name) => !name.startsWith("grpc.reflection."));
    const files = new Map<string, Uint8Array>();
    const missing = new Set<string>();
    const add = (answer: ReflectionAnswer): void => {
      if (answer.kind !== "files") return;
      for (const bytes of answer.files) {
        const file = readFileImports(bytes);
        if (file === undefined || files.has(file.name) || files.size >= MAX_FILES) continue;
        files.set(file.name, bytes);
        for (const name of file.imports) missing.add(name);
      }
    };
    for (const name of services) add(await call.ask({ fileContainingSymbol: name }));
    // The set grows while it is read: what is imported imports, too. Files that the server does not have brought options only.
    for (const name of missing) if (!files.has(name)) add(await call.ask({ fileByFilename: name }));
    if (files.size === 0) return { kind: "none", reason: "the reflection service knows no files" };
    return { kind: "schemas", descriptorSet: descriptorSetFromFiles([...files.values()]), services };
  } finally {
    call.close();
  }
}

interface ReflectionCall {
  /** Rejects with `Refused` once the call is over. */
  ask(question: ReflectionQuestion): Promise<ReflectionAnswer>;
  close(): void;
}

function openCall(session: ClientHttp2Session, path: string): ReflectionCall {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  const framer = createAnswerFramer(MAX_ANSWER_BYTES);
  const waiting: { readonly answer: (value: ReflectionAnswer) => void; readonly refuse: (error: Refused) => void }[] =
    [];
  let over: Refused | undefined;
  const end = (message: string, isUnimplemented = false): void => {
    over ??= new Refused(message, isUnimplemented);
    for (const { refuse } of waiting.splice(0)) refuse(over);
  };
  const readStatus = (headers: IncomingHttpHeaders): void => {
    const status = headers["grpc-status"];
    if (status === undefined) return;
    const text = String(headers["grpc-message"] ?? "");
    // Servers without the service say 12; some that check the caller first say so before they say 12.
    end(`grpc-status ${String(status)}${text === "" ? "" : `: ${text}`}`, status === "12");
  };
  stream.on("response", (headers) => {
    const status = headers[":status"];
    if (status !== 200) end(`HTTP status ${status ?? "missing"}`, status === 404);
    else readStatus(headers);
  });
  stream.on("trailers", readStatus);
  stream.on("data", (chunk: Buffer) => {
    for (const frame of framer.push(chunk)) {
      if (frame.kind === "message") waiting.shift()?.answer(decodeAnswer(frame.bytes));
      else end(`an answer that is ${frame.detail ?? "malformed"}`);
    }
  });
  stream.on("error", (error) => end(describeFailure(error)));
  stream.on("close", () => end("the call was ended"));
  return {
    ask: (question) =>
      new Promise((answer, refuse) => {
        if (over !== undefined) return refuse(over);
        waiting.push({ answer, refuse });
        stream.write(encodeQuestion(question));
      }),
    close: () => {
      if (!stream.destroyed) stream.end();
    },
  };
}

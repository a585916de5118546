import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lineAndColumn, WraithError } from "../base/errors.ts";
import { createWorkspace, type Workspace } from "../store/workspace.ts";
import type { SynthReport } from "../synth/synthesize.ts";
import { checkTwin, type CheckReport } from "./check.ts";
import { post, type Received, type ReceivedEvent } from "./demo-client.ts";
import { startDemoUpstream } from "./demo-upstream.ts";
import { openTwin, type OpenTwin } from "./open-twin.ts";
import { startRecorder } from "./record.ts";
import { startTwin } from "./serve.ts";
import { learnModel } from "./synth.ts";

/** Folder of the demo's workspaces, below the root; what it holds belongs to the demo and is made anew each time. */
export const DEMO_FOLDER = ".wraith-demo";
export const DEMO_TWIN = "my-llm";

const CHAT = "/v1/chat/completions";

/** What the demo's client asks, session by session. The prompts choose among the upstream's answers. */
const TRAFFIC: readonly (readonly object[])[] = [
  [
    chat("demo-1", "hi", { stream: true }),
    chat("demo-1", "Who are you?", { stream: true, stream_options: { include_usage: true } }),
  ],
  [chat("demo-1", "What is a stream?", { stream: true }), chat("demo-2", "Say it in one piece.", { stream: false })],
  [
    chat("demo-2", "And the twin?", { stream: true, stream_options: { include_usage: true } }),
    chat("badmodel", "hi", { stream: true }),
  ],
];

/** A request that was not recorded: another model, another prompt. */
const NEW_REQUEST = chat("demo-9", "Something nobody has asked before", { stream: true });

/** The constant that the demo spoils, and what it makes of it. */
const TAMPERING = { before: '"chat.completion.chunk"', after: '"chat.completion.chonk"' };

/** What has happened, in the order of the demo. */
export type DemoStep =
  | { readonly kind: "upstream"; readonly url: string }
  | {
      readonly kind: "recorded";
      readonly proxyUrl: string;
      readonly sessions: readonly string[];
      readonly exchanges: number;
    }
  | { readonly kind: "learned"; readonly report: SynthReport }
  | { readonly kind: "checked"; readonly report: CheckReport }
  | { readonly kind: "serving"; readonly url: string; readonly request: object }
  | { readonly kind: "event"; readonly event: ReceivedEvent }
  | { readonly kind: "streamed"; readonly answer: Received }
  | {
      readonly kind: "tampered";
      readonly file: string;
      readonly line: number;
      readonly before: string;
      readonly after: string;
    }
  | { readonly kind: "caught"; readonly report: CheckReport };

export interface DemoOptions {
  /** The demo's workspace is `<root>/.wraith-demo/twins/my-llm`; an older one is removed. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Stops everything and rejects with the signal's reason. */
  readonly signal: AbortSignal;
  readonly onStep: (step: DemoStep) => void;
}

/** Runs the whole loop on an embedded upstream; nothing leaves this machine. Gives the workspace that it leaves behind. */
export async function runDemo(options: DemoOptions): Promise<Workspace> {
  const { signal, onStep } = options;
  const root = join(options.root, DEMO_FOLDER);
  // In CI a token may not be made with the workspace's own key; the demo has no secret that is worth more.
  const env = { ...options.env, CI: undefined };
  await rm(join(root, "twins", DEMO_TWIN), { recursive: true, force: true });
  const upstream = await startDemoUpstream();
  try {
    onStep({ kind: "upstream", url: upstream.url });
    await createWorkspace(root, DEMO_TWIN, { baseUrl: upstream.url, force: true });
    const twin = await openTwin(root, DEMO_TWIN);
    await recordTraffic(twin, env, options);
    signal.throwIfAborted();
    onStep({ kind: "learned", report: await learnModel({ ...twin, sessions: [], tags: [], force: true }) });
    onStep({ kind: "checked", report: await checkDemo(twin, env) });
    signal.throwIfAborted();
    await streamOne(twin, env, options);
    await tamper(twin, env, options);
    return twin.workspace;
  } finally {
    await upstream.stop();
  }
}

function chat(model: string, content: string, more: object): object {
  return { model, messages: [{ role: "user", content }], ...more };
}

async function recordTraffic(twin: OpenTwin, env: DemoOptions["env"], { signal, onStep }: DemoOptions): Promise<void> {
  const recorder = await startRecorder({ ...twin, port: 0, tags: ["demo"], env, onNotice: () => undefined });
  let stopped: Awaited<ReturnType<typeof recorder.stop>>;
  try {
    for (const requests of TRAFFIC) {
      await Promise.all(requests.map((body) => post(recorder.url + CHAT, body, { formats: twin.formats, signal })));
      await recorder.newSession();
    }
  } finally {
    stopped = await recorder.stop();
  }
  onStep({ kind: "recorded", proxyUrl: recorder.url, sessions: stopped.sessions, exchanges: stopped.exchanges });
}

async function streamOne(twin: OpenTwin, env: DemoOptions["env"], { signal, onStep }: DemoOptions): Promise<void> {
  const { config } = twin;
  const served = await startTwin({
    ...twin,
    port: 0,
    fidelity: "synth",
    speed: 1,
    seed: config.serve.seed,
    provenanceHeaders: true,
    env,
    onNotice: () => undefined,
  });
  try {
    onStep({ kind: "serving", url: served.url, request: NEW_REQUEST });
    const onEvent = (event: ReceivedEvent): void => onStep({ kind: "event", event });
    onStep({
      kind: "streamed",
      answer: await post(served.url + CHAT, NEW_REQUEST, { formats: twin.formats, signal, onEvent }),
    });
  } finally {
    await served.stop();
  }
}

/** Spoils one constant of the model on disk, lets `check` find it, and puts it right again. */
async function tamper(twin: OpenTwin, env: DemoOptions["env"], { onStep }: DemoOptions): Promise<void> {
  const file = twin.workspace.symbolsFile;
  const text = await readFile(file, "utf8");
  const at = text.indexOf(TAMPERING.before);
  if (at < 0)
    throw new WraithError("INTERNAL", `The demo's model does not have the constant ${TAMPERING.before}.`, { file });
  try {
    await writeFile(file, text.slice(0, at) + TAMPERING.after + text.slice(at + TAMPERING.before.length));
    onStep({ kind: "tampered", file, line: lineAndColumn(text, at).line, ...TAMPERING });
    onStep({ kind: "caught", report: await checkDemo(twin, env) });
  } finally {
    await writeFile(file, text);
  }
}

function checkDemo(twin: OpenTwin, env: DemoOptions["env"]): Promise<CheckReport> {
  return checkTwin({ ...twin, mode: "memory", sessions: [], tags: [], showSuppressed: false, env });
}

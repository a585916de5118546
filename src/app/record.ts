import { randomInt } from "node:crypto";
import { VERSION } from "../base/version.ts";
import { createBodyDecoder } from "../formats/encoding.ts";
import type { Formats } from "../formats/format.ts";
import { createControl } from "../net/control-server.ts";
import { startProxy, type OpenedExchange } from "../net/proxy.ts";
import type { ExchangeTap } from "../net/relay.ts";
import { createTap } from "../net/tap.ts";
import { createUpstream } from "../net/upstream.ts";
import { refuseConfig, type Config } from "../store/config.ts";
import { isName, makeSessionsFolder, type Workspace } from "../store/workspace.ts";
import { readCertificates } from "./certificates.ts";
import { controlTokenFor } from "./control.ts";
import { openScrubber, type ScrubDescription } from "./open-scrubber.ts";
import { createSchemaHarvester } from "./harvest.ts";
import { createLater } from "./later.ts";
import { keepLengths } from "./recorded-lengths.ts";
import { createRecordingSession, type RecordingSession } from "./recording-session.ts";

export interface RecordOptions {
  readonly workspace: Workspace;
  readonly config: Config;
  readonly formats: Formats;
  /** 0 picks a free one. */
  readonly port: number;
  /** Default: loopback. Any other address needs `controlToken`. */
  readonly host?: string | undefined;
  readonly tags: readonly string[];
  readonly controlToken?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One sentence for the operator. */
  readonly onNotice: (text: string) => void;
}

export interface RecorderInfo {
  readonly command: "record";
  readonly twin: string;
  readonly tool: string;
  readonly baseUrl: string;
  /** The session that the next unnamed exchange goes to, or null where it will begin one. */
  readonly session: string | null;
  /** Ids of the sessions that were begun, in order. */
  readonly sessions: readonly string[];
  readonly exchanges: number;
  readonly openExchanges: number;
}

export interface Recorder {
  readonly url: string;
  readonly port: number;
  info(): RecorderInfo;
  /** Ends the session (or the named one) as soon as its open exchanges have ended; later exchanges go to a new one. */
  newSession(name?: string): Promise<{ ended: string | null }>;
  /**
   * Finishes open exchanges as truncated by the recorder, writes the last lines, closes everything. Throws SECRET_KEY_MISSING, with
   * everything closed, where a token would have had to be made without a key.
   */
  stop(): Promise<{ sessions: readonly string[]; exchanges: number }>;
}

/** Starts the recording proxy of a twin. Throws PORT_IN_USE, LISTEN_FAILED, HOST_NEEDS_TOKEN, CONFIG_INVALID, DISK_FAILED. */
export async function startRecorder(options: RecordOptions): Promise<Recorder> {
  const { workspace, config } = options;
  const token = controlTokenFor(options.host, options.controlToken);
  // Each request would come back as another one, until no connection is left.
  if (isOwnAddress(config.baseUrl, options.host, options.port))
    throw await refuseConfig(
      workspace,
      ["base_url"],
      `is ${config.baseUrl}, where this recorder itself would listen: choose another --port, or correct it`,
    );
  await makeSessionsFolder(workspace);
  const scrub = await openScrubber(options);
  const sessions = createSessions(options, scrub.description);
  const later = createLater();
  const harvester = createSchemaHarvester(options);
  const told = new Set<string>();
  /** A wrong base_url would show at the end of the recording only. Each reason is told once. */
  const tellUnanswered = (detail: string): void => {
    if (told.has(detail) || told.size >= MAX_REASONS) return;
    told.add(detail);
    options.onNotice(`The upstream ${config.baseUrl} gave no answer: ${detail}. Clients are told so.`);
  };
  const openTap = (opened: OpenedExchange): ExchangeTap | string => {
    if (opened.session !== undefined && !isName(opened.session))
      return `X-Wraith-Session names a session with 1 to 64 letters, digits, dots, dashes or underscores, not ${JSON.stringify(opened.session)}`;
    if (opened.head.protocol === "grpc") harvester.harvest();
    const sink = sessions.current(opened.session).begin(opened.connection);
    return createTap({
      opened,
      sink: keepLengths(sink, opened.head),
      scrubber: scrub.scrubber.exchange(),
      createDecoder: createBodyDecoder,
      nowMs: () => performance.now(),
      later: later.put,
      onGivenUp: (reason) => {
        if (reason === "overrun")
          options.onNotice(
            `The disk is too slow: ${opened.head.method} ${opened.head.path} goes on, but its recording ends here.`,
          );
      },
      onUnanswered: tellUnanswered,
    });
  };
  const info = (): RecorderInfo => {
    // What a client has got the end of is no longer open.
    later.flush();
    return {
      command: "record",
      twin: workspace.name,
      tool: `wraith ${VERSION}`,
      baseUrl: config.baseUrl,
      ...sessions.summary(),
    };
  };
  const newSession: Recorder["newSession"] = (name) => {
    later.flush();
    return sessions.next(name);
  };
  const ok = (body: unknown) => ({ status: 200, body });
  const proxy = await startProxy({
    host: options.host,
    port: options.port,
    upstream: createUpstream(config.baseUrl, await readCertificates(workspace, config)),
    control: createControl({
      token,
      endpoints: {
        health: { method: "GET", answer: () => ok({ ok: true }) },
        ready: { method: "GET", answer: () => ok({ ready: true }) },
        info: { method: "GET", answer: () => ok(info()) },
        "new-session": { method: "POST", answer: async ({ session }) => ok(await newSession(session)) },
      },
    }),
    openTap,
  });
  return {
    url: proxy.url,
    port: proxy.port,
    info,
    newSession,
    stop: async () => {
      const stopped = proxy.stop();
      later.flush();
      await stopped;
      await sessions.endAll();
      await harvester.settled();
      if (scrub.failure !== undefined) throw scrub.failure;
      const { sessions: ids, exchanges } = sessions.summary();
      return { sessions: ids, exchanges };
    },
  };
}

/** Reasons for which the upstream gave no answer that are told: some of them name something else each time. */
const MAX_REASONS = 5;

/** Whether a URL leads to this address and port. `host` undefined: both addresses of loopback. */
function isOwnAddress(baseUrl: string, host: string | undefined, port: number): boolean {
  const url = new URL(baseUrl);
  const named = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  const name = url.hostname.replace(/^\[|\]$/g, "");
  return named === port && (host === undefined ? ["localhost", "127.0.0.1", "::1"].includes(name) : name === host);
}

interface Sessions {
  /** The session that an exchange goes to, begun where there is none. */
  current(name: string | undefined): RecordingSession;
  readonly next: (name?: string) => Promise<{ ended: string | null }>;
  endAll(): Promise<void>;
  summary(): Pick<RecorderInfo, "session" | "sessions" | "exchanges" | "openExchanges">;
}

/** The sessions of one recorder: one without a name at a time, and one for each name that a client gives. */
function createSessions(options: RecordOptions, scrub: ScrubDescription): Sessions {
  const { workspace, config } = options;
  const running = new Map<string | undefined, RecordingSession>();
  const ending = new Set<Promise<void>>();
  const begun = new Set<string>();
  let finishedExchanges = 0;
  const wallMs = performance.timeOrigin;

  const end = (name: string | undefined): Promise<void> | undefined => {
    const session = running.get(name);
    if (session === undefined) return undefined;
    running.delete(name);
    const ended = session.end().finally(() => {
      ending.delete(ended);
      finishedExchanges += session.exchangeCount;
    });
    ending.add(ended);
    return ended;
  };
  return {
    current: (name) => {
      const known = running.get(name);
      if (known !== undefined) return known;
      const id = name ?? sessionId(wallMs + performance.now());
      let idle: NodeJS.Timeout | undefined;
      const session = createRecordingSession({
        workspace,
        id,
        named: name !== undefined,
        baseUrl: config.baseUrl,
        tags: options.tags,
        scrub,
        nowMs: () => performance.now(),
        wallMs,
        onNotice: options.onNotice,
        onBusy: () => clearTimeout(idle),
        onQuiet: () => {
          idle = setTimeout(
            () => running.get(name) === session && void end(name),
            config.recordings.sessionIdleSeconds * 1000,
          ).unref();
        },
      });
      running.set(name, session);
      begun.add(id);
      return session;
    },
    next: async (name) => {
      const session = running.get(name);
      const ended = end(name);
      // An open stream may go on for hours: its session ends with it, and nobody waits here.
      if (session?.openCount === 0) await ended;
      return { ended: session?.id ?? null };
    },
    endAll: async () => {
      for (const name of running.keys()) void end(name);
      await Promise.all(ending);
    },
    summary: () => {
      const all = [...running.values()];
      return {
        session: running.get(undefined)?.id ?? null,
        sessions: [...begun],
        exchanges: finishedExchanges + all.reduce((n, s) => n + s.exchangeCount, 0),
        openExchanges: all.reduce((n, s) => n + s.openCount, 0),
      };
    },
  };
}

/** `20261122-100000-k3f9`: sorts by start, and two recorders that start together differ. */
function sessionId(wallMs: number): string {
  const time = new Date(wallMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  return `${time}-${randomInt(36 ** 4)
    .toString(36)
    .padStart(4, "0")}`;
}

import { WraithError } from "../base/errors.ts";
import type { RequestHead } from "../base/http.ts";
import { VERSION } from "../base/version.ts";
import type { Formats, SchemaSources } from "../formats/format.ts";
import { createReflection, type Reflection } from "../formats/grpc/reflection.ts";
import { REFLECTION_VERSIONS, reflectionPath } from "../formats/grpc/reflection-schema.ts";
import { createControl } from "../net/control-server.ts";
import { startTwinServer } from "../net/twin-server.ts";
import type { Config } from "../store/config.ts";
import { readModel } from "../store/model-store.ts";
import { readSessions } from "../store/recordings.ts";
import { readSchemaSources } from "../store/schemas.ts";
import { isName, type Workspace } from "../store/workspace.ts";
import type { LoadedModel } from "../model/model.ts";
import type { Session } from "../recording/exchange.ts";
import { createStrictTwin } from "../twin/strict.ts";
import { createTwin, type Twin } from "../twin/twin.ts";
import { controlTokenFor } from "./control.ts";
import { takeIdleSteps } from "./idle-steps.ts";
import { openScrubber } from "./open-scrubber.ts";
import { rehearseAnswers } from "./rehearsal.ts";
import { createRequestScrubber } from "./request-scrubber.ts";

/**
 * Longer requests are refused. A recorded one may be longer than any message that is read (an upload), and finds its answer by its bytes;
 * the bound is what keeps a client from filling the memory.
 */
const MAX_BODY_BYTES = 256 * 1024 * 1024;

export interface ServeTwinOptions {
  readonly workspace: Workspace;
  readonly config: Config;
  readonly formats: Formats;
  /** 0 picks a free one. */
  readonly port: number;
  /** Default: loopback. Any other address needs `controlToken`. */
  readonly host?: string | undefined;
  /** `synth`: from the model; `strict`: recorded chunks, for recorded requests only. */
  readonly fidelity: "synth" | "strict";
  /** 1 is as recorded, Infinity without waiting. */
  readonly speed: number;
  readonly seed: number;
  readonly provenanceHeaders: boolean;
  /** False: reflection calls, too, are answered from what was recorded of them. */
  readonly ownReflection?: boolean;
  readonly controlToken?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One sentence for the operator. */
  readonly onNotice: (text: string) => void;
}

export interface ServedTwin {
  readonly url: string;
  readonly port: number;
  /** Closes every connection. Throws SECRET_KEY_MISSING where requests held secrets and CI has no key to make tokens with. */
  stop(): Promise<void>;
}

/**
 * Serves a twin. Throws MODEL_MISSING, MODEL_INVALID, RECORDING_INVALID, RECORDING_MISSING, CONFIG_INVALID, SCHEMA_INVALID, DISK_FAILED,
 * PORT_IN_USE, LISTEN_FAILED, HOST_NEEDS_TOKEN.
 */
export async function startTwin(options: ServeTwinOptions): Promise<ServedTwin> {
  const { workspace, config, formats, fidelity, speed, seed } = options;
  const token = controlTokenFor(options.host, options.controlToken);
  const [{ twin, loaded }, scrub, schemas] = await Promise.all([
    openServedTwin(options),
    openScrubber(options),
    readSchemaSources(workspace, config),
  ]);
  const ok = (body: unknown) => ({ status: 200, body });
  const info = () => ({
    command: "serve",
    twin: workspace.name,
    tool: `wraith ${VERSION}`,
    fidelity,
    speed: Number.isFinite(speed) ? speed : "max",
    seed,
    ...server.counts(),
  });
  const server = await startTwinServer({
    host: options.host,
    port: options.port,
    twin,
    formats,
    control: createControl({
      token,
      endpoints: {
        health: { method: "GET", answer: () => ok({ ok: true }) },
        ready: { method: "GET", answer: () => ok({ ready: true }) },
        info: { method: "GET", answer: () => ok(info()) },
        reset: {
          method: "POST",
          answer: ({ session }) => {
            twin.reset(session);
            return ok({ reset: session ?? "all" });
          },
        },
      },
    }),
    speed,
    provenanceHeaders: options.provenanceHeaders,
    maxBodyBytes: Math.max(MAX_BODY_BYTES, config.recordings.maxMessageMb * 1024 * 1024),
    isSession: isName,
    scrub: createRequestScrubber(scrub.scrubber),
    findConversation: options.ownReflection === false ? () => undefined : createReflectionFinder(schemas),
    onNotice: options.onNotice,
  });
  const endRehearsal = loaded && takeIdleSteps(rehearseAnswers(loaded, formats), () => server.counts().open > 0);
  return {
    url: server.url,
    port: server.port,
    stop: async () => {
      endRehearsal?.();
      await server.stop();
      if (scrub.failure !== undefined) throw scrub.failure;
    },
  };
}

interface OpenedTwin {
  readonly twin: Twin;
  /** The model that it speaks from. */
  readonly loaded?: LoadedModel;
}

async function openServedTwin({ workspace, formats, fidelity, seed }: ServeTwinOptions): Promise<OpenedTwin> {
  if (fidelity === "synth") {
    const loaded = await readModel(workspace, formats);
    return { twin: createTwin(loaded, formats, { seed }), loaded };
  }
  const sessions: Session[] = [];
  for await (const session of readSessions(workspace, { sessions: [], tags: [] })) sessions.push(session);
  if (sessions.every((s) => s.exchanges.length === 0))
    throw new WraithError("RECORDING_MISSING", `The twin "${workspace.name}" has no recordings to replay.`);
  return { twin: createStrictTwin(sessions, formats) };
}

/** The reflection service of the twin's own schemas. They are compiled for it when a client asks, which most never do. */
function createReflectionFinder(schemas: SchemaSources): (head: RequestHead) => Reflection | undefined {
  const paths = new Set<string>(REFLECTION_VERSIONS.map(reflectionPath));
  let created: { readonly reflection: Reflection | undefined } | undefined;
  return (head) => {
    if (head.protocol !== "grpc" || !paths.has(head.path)) return undefined;
    created ??= { reflection: createReflection(schemas) };
    return created.reflection;
  };
}

import { VERSION } from "../base/version.ts";
import type { Formats } from "../formats/format.ts";
import { createControl } from "../net/control-server.ts";
import { startTwinServer } from "../net/twin-server.ts";
import type { Config } from "../store/config.ts";
import { readModel } from "../store/model-store.ts";
import { isName, type Workspace } from "../store/workspace.ts";
import { createTwin } from "../twin/twin.ts";
import { controlTokenFor } from "./control.ts";

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
  readonly controlToken?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One sentence for the operator. */
  readonly onNotice: (text: string) => void;
}

export interface ServedTwin {
  readonly url: string;
  readonly port: number;
  /** Closes every connection. */
  stop(): Promise<void>;
}

/** Serves a twin. Throws MODEL_MISSING, MODEL_INVALID, RECORDING_INVALID, PORT_IN_USE, LISTEN_FAILED, HOST_NEEDS_TOKEN. */
export async function startTwin(options: ServeTwinOptions): Promise<ServedTwin> {
  const { workspace, config, formats, fidelity, speed, seed } = options;
  const token = controlTokenFor(options.host, options.controlToken);
  const twin = createTwin(await readModel(workspace, formats), formats, { seed });
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
    maxBodyBytes: config.recordings.maxMessageMb * 1024 * 1024,
    isSession: isName,
    scrub: (head, body) => ({ head, body }),
    onNotice: options.onNotice,
  });
  return { url: server.url, port: server.port, stop: () => server.stop() };
}

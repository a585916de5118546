/**
 * wraith as a library: the commands `record`, `synth`, `check` and `serve` as functions, for test runners and scripts. All work on
 * a workspace on disk (`<dir>/twins/<name>`), and reject with `WraithError`, whose `code` is one of the table in docs/errors.md.
 */
import { resolve } from "node:path";
import { checkTwin as check, type CheckReport } from "./app/check.ts";
import { openTwin } from "./app/open-twin.ts";
import { startRecorder, type Recorder } from "./app/record.ts";
import { startTwin } from "./app/serve.ts";
import { learnModel } from "./app/synth.ts";
import { WraithError } from "./base/errors.ts";
import type { CheckMode } from "./check/score.ts";
import { createWorkspace } from "./store/workspace.ts";
import type { SynthReport } from "./synth/synthesize.ts";

export { ERRORS, EXIT, WraithError, type ErrorCode, type Place } from "./base/errors.ts";
export { VERSION } from "./base/version.ts";
export type { CheckReport } from "./app/check.ts";
export type { Recorder, RecorderInfo } from "./app/record.ts";
export type { CheckMode, Conformance, SuppressedDivergence, UnlearnedExchange } from "./check/score.ts";
export type { Divergence, DivergenceCategory, DriftType } from "./check/divergence.ts";
export type { SynthReport } from "./synth/synthesize.ts";

/** Where a twin is. */
export interface TwinPlace {
  /** Name of the twin. */
  readonly name: string;
  /** Folder that holds `twins/`. Default: `WRAITH_DIR`, else the current folder. */
  readonly dir?: string | undefined;
}

/** Which recordings count. Nothing given: all. */
export interface RecordingFilter {
  readonly sessions?: readonly string[] | undefined;
  /** A session needs one of them. */
  readonly tags?: readonly string[] | undefined;
}

/** Where to listen, and who hears about problems. */
export interface ListenOptions {
  /** Default: 0, a free port. */
  readonly port?: number | undefined;
  /** Default: loopback. Any other address needs `controlToken`. */
  readonly host?: string | undefined;
  /** Token for `/__wraith/*`. */
  readonly controlToken?: string | undefined;
  /** One sentence for the operator. Default: dropped. */
  readonly onNotice?: ((text: string) => void) | undefined;
}

export interface RecordToOptions extends TwinPlace, ListenOptions {
  /**
   * The upstream of this recording (a test's own server has another port each time). Makes the workspace, if there is none yet.
   * Default: as in wraith.toml.
   */
  readonly baseUrl?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** Starts the recording proxy: point a client at `url`, then `stop()`. Throws WORKSPACE_MISSING (and no `baseUrl`), PORT_IN_USE, ... */
export async function recordTo(options: RecordToOptions): Promise<Recorder> {
  const root = rootOf(options);
  const { baseUrl } = options;
  if (baseUrl !== undefined) await makeWorkspace(root, options.name, baseUrl);
  const twin = await openTwin(root, options.name);
  const config = baseUrl === undefined ? twin.config : { ...twin.config, baseUrl };
  return startRecorder({ ...twin, config, ...listenOptions(options), tags: options.tags ?? [] });
}

/** Learns the model from the recordings. Throws RECORDING_MISSING; MODEL_EDITED, unless `force`. */
export async function synthesizeTwin(
  options: TwinPlace & RecordingFilter & { readonly force?: boolean | undefined },
): Promise<SynthReport> {
  const twin = await openTwin(rootOf(options), options.name);
  return learnModel({ ...twin, ...filterOf(options), force: options.force === true });
}

export interface CheckTwinOptions extends TwinPlace, RecordingFilter {
  /** Default: `memory`. */
  readonly mode?: CheckMode | undefined;
  readonly showSuppressed?: boolean | undefined;
}

/** Replays every recorded exchange and compares. Divergences are data: look at `ok`. Throws MODEL_MISSING, NOTHING_TO_CHECK, ... */
export async function checkTwin(options: CheckTwinOptions): Promise<CheckReport> {
  const twin = await openTwin(rootOf(options), options.name);
  const { mode = "memory", showSuppressed = false } = options;
  need(["memory", "wire", "upstream"].includes(mode), "mode", "memory, wire or upstream", mode);
  return check({ ...twin, ...filterOf(options), mode, showSuppressed, env: process.env });
}

export interface ServeTwinOptions extends TwinPlace, ListenOptions {
  /** `synth`: from the model; `strict`: recorded chunks for recorded requests only. Default: as in wraith.toml. */
  readonly fidelity?: "synth" | "strict" | undefined;
  /** 1 is as recorded, 10 ten times as fast, `max` without waiting. Default: `max`, for tests. */
  readonly speed?: number | "max" | undefined;
  /** Seed of what is made up for requests that were not recorded. Default: as in wraith.toml. */
  readonly seed?: number | undefined;
  /** `X-Wraith-Provenance`, `-Route`, `-Exchange`. Default: as in wraith.toml. */
  readonly provenanceHeaders?: boolean | undefined;
}

/** A twin that listens. */
export interface ServedTwin {
  readonly url: string;
  readonly port: number;
  /** Ends all streams and closes the port. */
  stop(): Promise<void>;
}

/** Serves the twin until `stop()`. Throws MODEL_MISSING, MODEL_INVALID, PORT_IN_USE, ... */
export async function serveTwin(options: ServeTwinOptions): Promise<ServedTwin> {
  const twin = await openTwin(rootOf(options), options.name);
  const { serve } = twin.config;
  const {
    fidelity = serve.fidelity,
    speed = "max",
    seed = serve.seed,
    provenanceHeaders = serve.provenanceHeaders,
  } = options;
  const factor = speed === "max" ? Number.POSITIVE_INFINITY : speed;
  need(typeof factor === "number" && factor > 0, "speed", 'a number above 0 or "max"', speed);
  need(["synth", "strict"].includes(fidelity), "fidelity", "synth or strict", fidelity);
  need(Number.isSafeInteger(seed) && seed >= 0, "seed", "a whole number from 0", seed);
  return startTwin({ ...twin, ...listenOptions(options), fidelity, speed: factor, seed, provenanceHeaders });
}

/** What the types say, for callers that have none. Throws USAGE. */
function need(isRight: boolean, option: string, wanted: string, value: unknown): void {
  if (!isRight) throw new WraithError("USAGE", `${option} must be ${wanted}, not ${String(value)}.`);
}

function rootOf({ name, dir }: TwinPlace): string {
  need(typeof name === "string", "name", "the name of a twin", name);
  need(dir === undefined || typeof dir === "string", "dir", "the path of a folder", dir);
  return resolve(dir ?? process.env["WRAITH_DIR"] ?? ".");
}

function filterOf({ sessions = [], tags = [] }: RecordingFilter): {
  sessions: readonly string[];
  tags: readonly string[];
} {
  need(Array.isArray(sessions), "sessions", "a list of sessions", sessions);
  need(Array.isArray(tags), "tags", "a list of tags", tags);
  return { sessions, tags };
}

function listenOptions(options: ListenOptions) {
  const { port = 0, host, controlToken, onNotice = () => undefined } = options;
  need(Number.isInteger(port) && port >= 0 && port <= 65535, "port", "a whole number from 0 to 65535", port);
  return { port, host, controlToken, onNotice, env: process.env };
}

async function makeWorkspace(root: string, name: string, baseUrl: string): Promise<void> {
  try {
    await createWorkspace(root, name, { baseUrl, force: false });
  } catch (error) {
    if (!(error instanceof WraithError && error.code === "WORKSPACE_EXISTS")) throw error;
  }
}

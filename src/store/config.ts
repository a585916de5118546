import type { Workspace } from "./workspace.ts";

/** One `[[diff.suppress]]`: globs, all that are given must match. */
export interface Suppression {
  readonly route?: string | undefined;
  readonly path?: string | undefined;
  readonly category?: string | undefined;
  readonly reason: string;
}

/** `wraith.toml`, checked, with defaults filled in. */
export interface Config {
  readonly baseUrl: string;
  readonly upstream: {
    /** PEM file, relative to the twin's folder. */
    readonly ca?: string | undefined;
    /** Headers for `check --upstream`; `${NAME}` in values comes from the environment. */
    readonly headers: Readonly<Record<string, string>>;
    /** Routes (`POST /v1/x`, globs) that `check --upstream` may send beside GET and HEAD. */
    readonly allow: readonly string[];
  };
  readonly recordings: { readonly maxMessageMb: number; readonly sessionIdleSeconds: number };
  /** Serialized FileDescriptorSet, relative to the twin's folder. */
  readonly descriptorSet?: string | undefined;
  readonly serve: { readonly fidelity: "synth" | "strict"; readonly seed: number; readonly provenanceHeaders: boolean };
  readonly diff: {
    readonly requiredScore: number;
    readonly sessionPassRate: number;
    readonly upstreamRequiredScore: number;
    readonly upstreamSessionPassRate: number;
    readonly suppress: readonly Suppression[];
    /** Class of a field by hand: path pattern -> class. */
    readonly fields: Readonly<Record<string, string>>;
  };
}

/** Reads and checks wraith.toml. Throws CONFIG_INVALID with file, line, column and field. */
export async function readConfig(_workspace: Workspace): Promise<Config> {
  throw new Error("not written yet");
}

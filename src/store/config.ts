import { readFile } from "node:fs/promises";
import { WraithError } from "../base/errors.ts";
import { checkFields, type CheckedFields, type Refuse } from "./config-check.ts";
import { CONFIG_FIELDS } from "./config-fields.ts";
import { parseToml, type TomlDocument } from "./toml-file.ts";
import type { FieldPath } from "./toml-places.ts";
import type { Workspace } from "./workspace.ts";

/** One `[[diff.suppress]]`: globs, all that are given must match. */
interface Suppression {
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

/** Reads and checks wraith.toml. Throws CONFIG_INVALID (BASE_URL_INVALID for the URL) with file, line, column and field. */
export async function readConfig(workspace: Workspace): Promise<Config> {
  const document = parseToml(await readConfigText(workspace), workspace.configFile);
  return configFrom(document);
}

/** The error CONFIG_INVALID for a field of a twin's wraith.toml that turned out to be wrong later; `reason` follows the field's name. */
export async function refuseConfig(workspace: Workspace, field: FieldPath, reason: string): Promise<WraithError> {
  return parseToml(await readConfigText(workspace), workspace.configFile).refuse(field, reason);
}

async function readConfigText({ configFile }: Workspace): Promise<string> {
  try {
    return await readFile(configFile, "utf8");
  } catch (error) {
    throw new WraithError(
      "CONFIG_INVALID",
      `The configuration cannot be read: ${(error as Error).message}.`,
      { file: configFile },
      error,
    );
  }
}

function configFrom({ value, refuse }: TomlDocument): Config {
  const fields = checkFields(value, CONFIG_FIELDS, refuse);
  // The table of fields says what each of them holds.
  const text = (path: string): string | undefined => fields.get(path) as string | undefined;
  const number = (path: string): number => fields.get(path) as number;
  const map = (path: string): Readonly<Record<string, string>> => (fields.get(path) ?? {}) as Record<string, string>;
  return {
    baseUrl: text("base_url")!,
    upstream: {
      ca: text("upstream.ca"),
      headers: map("upstream.headers"),
      allow: (fields.get("upstream.allow") ?? []) as string[],
    },
    recordings: {
      maxMessageMb: number("recordings.max_message_mb"),
      sessionIdleSeconds: number("recordings.session_idle_seconds"),
    },
    descriptorSet: text("schemas.descriptor_set"),
    serve: {
      fidelity: text("serve.fidelity") as "synth" | "strict",
      seed: number("serve.seed"),
      provenanceHeaders: fields.get("serve.provenance_headers") as boolean,
    },
    diff: {
      requiredScore: number("diff.required_score"),
      sessionPassRate: number("diff.session_pass_rate"),
      upstreamRequiredScore: number("diff.upstream_required_score"),
      upstreamSessionPassRate: number("diff.upstream_session_pass_rate"),
      suppress: suppressions((fields.get("diff.suppress") ?? []) as CheckedFields[], refuse),
      fields: map("diff.fields"),
    },
  };
}

function suppressions(tables: readonly CheckedFields[], refuse: Refuse): readonly Suppression[] {
  return tables.map((table, i) => {
    const text = (name: string): string | undefined => table.get(name) as string | undefined;
    const [route, path, category] = [text("route"), text("path"), text("category")];
    if (route === undefined && path === undefined && category === undefined)
      throw refuse(["diff", "suppress", i], "needs a route, a path or a category");
    const reason = text("reason")!;
    if (reason.trim() === "") throw refuse(["diff", "suppress", i, "reason"], "is empty");
    return { route, path, category, reason };
  });
}

import { HOLE_CLASSES } from "../model/model.ts";
import { headerFault } from "./header-fault.ts";

/** What a field of wraith.toml may hold. */
export type FieldType =
  | { readonly kind: "text"; readonly choices?: readonly string[] | undefined }
  | { readonly kind: "url" }
  | { readonly kind: "number" | "integer"; readonly least: number; readonly most: number }
  | { readonly kind: "boolean" }
  | { readonly kind: "list" }
  /** Text by freely chosen keys; `choices` of the values. `fault` says what is wrong with an entry, to follow its name. */
  | {
      readonly kind: "map";
      readonly keys: string;
      readonly choices?: readonly string[] | undefined;
      readonly fault?: ((key: string, value: string) => string | undefined) | undefined;
    }
  /** An array of tables. */
  | { readonly kind: "tables"; readonly fields: readonly Field[] };

export interface Field {
  /** Dotted path in the document. */
  readonly path: string;
  readonly type: FieldType;
  readonly required?: boolean | undefined;
  readonly fallback?: string | number | boolean | undefined;
  /** For docs/configuration.md and for comments: what it means, in one sentence without a full stop. */
  readonly meaning: string;
}

const RATE: FieldType = { kind: "number", least: 0, most: 1 };

/** Every field of wraith.toml: the checker, docs/configuration.md and docs/wraith.schema.json are made from this table. */
export const CONFIG_FIELDS: readonly Field[] = [
  {
    path: "base_url",
    type: { kind: "url" },
    required: true,
    meaning: "origin of the real API, `http://` or `https://`, with the path that all requests are appended to",
  },
  {
    path: "upstream.ca",
    type: { kind: "text" },
    meaning: "PEM file with certificates to trust beside those that Node trusts, relative to the twin's folder",
  },
  {
    path: "upstream.headers",
    type: { kind: "map", keys: "header name", fault: headerFault },
    meaning: "headers that `check --upstream` sends; `${NAME}` in a value comes from the environment",
  },
  {
    path: "upstream.allow",
    type: { kind: "list" },
    meaning: "routes (`POST /v1/x`, `*` for anything) that `check --upstream` may send beside GET and HEAD",
  },
  {
    path: "recordings.max_message_mb",
    type: { kind: "integer", least: 1, most: 1024 },
    fallback: 10,
    meaning: "a message or body above this many MiB is relayed and stored, but read as malformed",
  },
  {
    path: "recordings.session_idle_seconds",
    type: { kind: "number", least: 0.1, most: 86_400 },
    fallback: 30,
    meaning: "a session without an open exchange ends after so many seconds",
  },
  {
    path: "schemas.descriptor_set",
    type: { kind: "text" },
    meaning: "serialized FileDescriptorSet, relative to the twin's folder; trusted before everything in `proto/`",
  },
  {
    path: "serve.fidelity",
    type: { kind: "text", choices: ["synth", "strict"] },
    fallback: "synth",
    meaning:
      "`synth` answers from the model, `strict` replays recorded chunks to recorded requests and answers nothing else",
  },
  {
    path: "serve.seed",
    type: { kind: "integer", least: 0, most: Number.MAX_SAFE_INTEGER },
    fallback: 0,
    meaning: "seed of what is made up for requests that were not recorded",
  },
  {
    path: "serve.provenance_headers",
    type: { kind: "boolean" },
    fallback: true,
    meaning: "send X-Wraith-Provenance, X-Wraith-Route and X-Wraith-Exchange with every answer",
  },
  { path: "diff.required_score", type: RATE, fallback: 1, meaning: "share of exchanges that must pass `check`" },
  { path: "diff.session_pass_rate", type: RATE, fallback: 1, meaning: "share of sessions that must pass `check`" },
  {
    path: "diff.upstream_required_score",
    type: RATE,
    fallback: 0.9,
    meaning: "share of exchanges that must pass `check --upstream`",
  },
  {
    path: "diff.upstream_session_pass_rate",
    type: RATE,
    fallback: 0.95,
    meaning: "share of sessions that must pass `check --upstream`",
  },
  {
    path: "diff.fields",
    type: { kind: "map", keys: "path", choices: HOLE_CLASSES },
    meaning:
      'class of a field, set by hand: a path inside an event, array indices left open (`"data.choices[].delta.content" = "text"`), and its class',
  },
  {
    path: "diff.suppress",
    type: {
      kind: "tables",
      fields: [
        { path: "route", type: { kind: "text" }, meaning: "glob of the route (`POST /v1/*`)" },
        { path: "path", type: { kind: "text" }, meaning: "glob of the divergence's path (`headers.x-*`)" },
        { path: "category", type: { kind: "text" }, meaning: "glob of the divergence's category (`header_mismatch`)" },
        { path: "reason", type: { kind: "text" }, required: true, meaning: "why this does not count" },
      ],
    },
    meaning: "divergences to leave out of the score; all globs that are given must match, and one must be given",
  },
];

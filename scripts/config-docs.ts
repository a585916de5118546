// usage: tsx scripts/config-docs.ts
// Writes docs/configuration.md, docs/wraith.schema.json and docs/drift.schema.json from the tables of fields that wraith.toml and drift.toml
// are checked by. A test keeps them equal.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CONFIG_FIELDS, type Field, type FieldType } from "../src/store/config-fields.ts";
import { DRIFT_FIELDS } from "../src/store/drift-config.ts";

const INTRO = `# wraith.toml

<!-- Made by scripts/config-docs.ts. Do not edit. -->

What wraith records, how it serves and how strict it checks; one file a twin, made by \`wraith init\`. Fields that are left out have
their default. A field that does not exist, or a value of the wrong kind, is an error that names file, line, column and field.
\`wraith.schema.json\`, beside this page, is the same as a JSON Schema, for editors that complete and check TOML.
`;

const EXAMPLE = `## Example

    base_url = "https://api.example.com/v1"

    [upstream]
    allow = ["POST /v1/chat/*"]

    [upstream.headers]
    authorization = "Bearer \${API_KEY}"

    [diff]
    session_pass_rate = 0.9

    [diff.fields]
    "data.system_fingerprint" = "text"

    [[diff.suppress]]
    path = "headers.server"
    reason = "the version of the server does not matter"
`;

const DRIFT_INTRO = `# drift.toml

What you know of single drifts, beside \`wraith.toml\`; there need not be such a file. wraith reads it at the beginning of \`check\` and never
writes it. \`drift.schema.json\` is its JSON Schema. What it is for: [conformance.md](conformance.md#accepting-a-difference).
`;

const DRIFT_EXAMPLE = `## Example of drift.toml

    [[drift]]
    id = "5be7cb2d0b6e"
    accept = true
    mode = "upstream"
    reason = "the live API has a new field that no client of ours reads"

    [[drift]]
    id = "0f3a9c27d1e4"
    type = "encoding"
    reason = "they write 1.0 as 1 now; the value is the same"
`;

/** The text of docs/configuration.md. */
export function configurationPage(): string {
  const tables = new Map<string, Field[]>();
  for (const field of CONFIG_FIELDS) {
    const table = field.path.includes(".") ? field.path.slice(0, field.path.lastIndexOf(".")) : "";
    tables.set(table, [...(tables.get(table) ?? []), field]);
  }
  const parts = [INTRO];
  for (const [table, fields] of tables) {
    parts.push(section(table === "" ? "At the top" : `[${table}]`, fields));
    for (const { path, type } of fields) if (type.kind === "tables") parts.push(section(`[[${path}]]`, type.fields));
  }
  parts.push(EXAMPLE, DRIFT_INTRO);
  for (const { path, type } of DRIFT_FIELDS)
    if (type.kind === "tables") parts.push(section(`[[${path}]]`, type.fields));
  parts.push(DRIFT_EXAMPLE);
  return parts.join("\n");
}

function section(title: string, fields: readonly Field[]): string {
  const rows = fields.map((field) => {
    const name = field.path.slice(field.path.lastIndexOf(".") + 1);
    const fallback =
      field.required === true
        ? "required"
        : field.fallback === undefined
          ? ""
          : `\`${JSON.stringify(field.fallback)}\``;
    return `| \`${name}\` | ${describeType(field.type)} | ${fallback} | ${field.meaning.replaceAll("|", "\\|")} |`;
  });
  return [`## ${title}`, "", "| field | value | default | |", "|---|---|---|---|", ...rows, ""].join("\n");
}

function describeType(type: FieldType): string {
  switch (type.kind) {
    case "text":
      return type.choices === undefined ? "text" : type.choices.map((c) => `\`"${c}"\``).join(", ");
    case "url":
      return "URL";
    case "integer":
    case "number": {
      const kind = type.kind === "integer" ? "whole number" : "number";
      return type.most === Number.MAX_SAFE_INTEGER
        ? `${kind} from ${type.least}`
        : `${kind}, ${type.least} to ${type.most}`;
    }
    case "boolean":
      return "`true` or `false`";
    case "list":
      return "list of text";
    case "map":
      return `table: ${type.keys} to ${type.choices === undefined ? "text" : type.choices.map((c) => `\`"${c}"\``).join(", ")}`;
    default:
      return "tables, see below";
  }
}

/** The text of docs/wraith.schema.json. */
export function configurationSchema(): string {
  return schemaOf("wraith.toml", CONFIG_FIELDS);
}

/** The text of docs/drift.schema.json. */
export function driftSchema(): string {
  return schemaOf("drift.toml", DRIFT_FIELDS);
}

function schemaOf(title: string, fields: readonly Field[]): string {
  const schema = { $schema: "https://json-schema.org/draft/2020-12/schema", title, ...objectSchema(fields) };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

type Schema = Readonly<Record<string, unknown>>;

function objectSchema(fields: readonly Field[]): Schema {
  const properties: Record<string, Schema> = {};
  const inner = new Map<string, Field[]>();
  for (const field of fields) {
    const dot = field.path.indexOf(".");
    if (dot < 0) properties[field.path] = fieldSchema(field);
    else
      inner.set(field.path.slice(0, dot), [
        ...(inner.get(field.path.slice(0, dot)) ?? []),
        { ...field, path: field.path.slice(dot + 1) },
      ]);
  }
  for (const [name, list] of inner) properties[name] = objectSchema(list);
  const required = fields.filter((f) => f.required === true).map((f) => f.path);
  return { type: "object", properties, ...(required.length > 0 ? { required } : {}), additionalProperties: false };
}

function fieldSchema({ type, fallback, meaning }: Field): Schema {
  return { description: meaning, ...typeSchema(type), ...(fallback === undefined ? {} : { default: fallback }) };
}

function typeSchema(type: FieldType): Schema {
  switch (type.kind) {
    case "text":
      return textSchema(type.choices);
    case "url":
      return { type: "string", pattern: "^[hH][tT][tT][pP][sS]?://[^\\s?#@\\\\]+$" };
    case "integer":
    case "number":
      return { type: type.kind, minimum: type.least, maximum: type.most };
    case "boolean":
      return { type: "boolean" };
    case "list":
      return { type: "array", items: textSchema(undefined) };
    case "map":
      return { type: "object", additionalProperties: textSchema(type.choices) };
    default:
      return { type: "array", items: objectSchema(type.fields) };
  }
}

function textSchema(choices: readonly string[] | undefined): Schema {
  return choices === undefined ? { type: "string" } : { enum: choices };
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  const docs = join(import.meta.dirname, "..", "docs");
  writeFileSync(join(docs, "configuration.md"), configurationPage());
  writeFileSync(join(docs, "wraith.schema.json"), configurationSchema());
  writeFileSync(join(docs, "drift.schema.json"), driftSchema());
}

// usage: tsx scripts/config-docs.ts
// Writes docs/configuration.md and docs/wraith.schema.json from the table of fields that wraith.toml is checked by. A test keeps them equal.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CONFIG_FIELDS, type Field, type FieldType } from "../src/store/config-fields.ts";

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
  parts.push(EXAMPLE);
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
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "wraith.toml",
    ...objectSchema(CONFIG_FIELDS),
  };
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
}

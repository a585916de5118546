import { parse, TomlError } from "smol-toml";
import { lineAndColumn, WraithError } from "../base/errors.ts";
import { findTomlField, type FieldPath } from "./toml-places.ts";

/** A TOML document, and how to speak of its places. */
export interface TomlDocument {
  readonly value: Readonly<Record<string, unknown>>;
  /** The error CONFIG_INVALID for a field: `reason` follows the field's name ("is missing"). */
  readonly refuse: (field: FieldPath, reason: string) => WraithError;
  /** Line of a field. */
  readonly lineOf: (field: FieldPath) => number;
}

/** Reads TOML. Throws WraithError CONFIG_INVALID with file, line and column where the text is not TOML. */
export function parseToml(text: string, file: string): TomlDocument {
  return {
    value: parseOrThrow(text, file),
    lineOf: (field) => lineAndColumn(text, findTomlField(text, field)).line,
    refuse: (field, reason) => {
      const name = formatField(field);
      const place = { file, ...lineAndColumn(text, findTomlField(text, field)), field: name };
      return new WraithError("CONFIG_INVALID", `${name} ${reason}.`.replace(/\?\.$/, "?"), place);
    },
  };
}

function parseOrThrow(text: string, file: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text.startsWith("\ufeff") ? text.slice(1) : text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const { line, column } = error;
    const reason = error.message.split("\n", 1)[0]!.replace(/^Invalid TOML document: /, "");
    throw new WraithError(
      "CONFIG_INVALID",
      `This is not TOML: ${reason.replace(/\.$/, "")}.`,
      { file, line, column },
      error,
    );
  }
}

/** `diff.suppress[0].reason`, `upstream.headers["x.y"]`. */
function formatField(field: FieldPath): string {
  return field
    .map((key, i) => {
      if (typeof key === "number") return `[${key}]`;
      return /^[\w-]+$/.test(key) ? `${i === 0 ? "" : "."}${key}` : `[${JSON.stringify(key)}]`;
    })
    .join("");
}

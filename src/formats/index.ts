import type { Formats, SchemaSources } from "./format.ts";

/** The formats of a run, in the order in which they are asked. Throws WraithError SCHEMA_INVALID for a malformed schema. */
export function createFormats(_schemas: SchemaSources): Formats {
  throw new Error("not written yet");
}

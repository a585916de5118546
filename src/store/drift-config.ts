import { readFile } from "node:fs/promises";
import { WraithError } from "../base/errors.ts";
import { DRIFT_ID, DRIFT_TYPES, type DriftType } from "../check/divergence.ts";
import type { DriftRule } from "../check/drift.ts";
import { CHECK_MODES, type CheckMode } from "../check/score.ts";
import { checkFields, type CheckedFields } from "./config-check.ts";
import type { Field } from "./config-fields.ts";
import { parseToml, type TomlDocument } from "./toml-file.ts";
import { isMissing, type Workspace } from "./workspace.ts";

/** Every field of drift.toml: the checker, docs/configuration.md and docs/drift.schema.json are made from this table. */
export const DRIFT_FIELDS: readonly Field[] = [
  {
    path: "drift",
    type: {
      kind: "tables",
      fields: [
        {
          path: "id",
          type: { kind: "text" },
          required: true,
          meaning: "`driftId` of the divergences, as `check` prints it; one entry each",
        },
        { path: "reason", type: { kind: "text" }, required: true, meaning: "why this is so" },
        {
          path: "accept",
          type: { kind: "boolean" },
          meaning: "`true`: leave it out of the score, as `[[diff.suppress]]` does; give this or `type`",
        },
        {
          path: "type",
          type: { kind: "text", choices: DRIFT_TYPES },
          meaning: "`driftType` instead of the one that the category tells; it counts all the same",
        },
        {
          path: "mode",
          type: { kind: "text", choices: CHECK_MODES },
          meaning: "the only kind of check in which the entry counts; by default all",
        },
      ],
    },
    meaning: "what you know of a drift",
  },
];

/** Reads and checks drift.toml; without the file there are no entries. Throws CONFIG_INVALID with file, line, column and field. */
export async function readDriftRules({ driftFile }: Workspace): Promise<readonly DriftRule[]> {
  let text: string;
  try {
    text = await readFile(driftFile, "utf8");
  } catch (error) {
    if (isMissing(error)) return [];
    throw new WraithError(
      "CONFIG_INVALID",
      `The drifts cannot be read: ${(error as Error).message}.`,
      { file: driftFile },
      error,
    );
  }
  return parseDriftRules(text, driftFile);
}

/** Checks the text of a drift.toml. Throws CONFIG_INVALID. */
export function parseDriftRules(text: string, file: string): readonly DriftRule[] {
  const document = parseToml(text, file);
  const { value, refuse } = document;
  const tables = (checkFields(value, DRIFT_FIELDS, refuse).get("drift") ?? []) as readonly CheckedFields[];
  const rules: DriftRule[] = [];
  for (const [i, table] of tables.entries()) {
    const rule = ruleFrom(table, i, document);
    const first = rules.find((r) => r.id === rule.id && (r.mode === rule.mode || !r.mode || !rule.mode));
    if (first !== undefined) throw refuse(["drift", i, "id"], `stands in line ${first.line} already`);
    rules.push(rule);
  }
  return rules;
}

function ruleFrom(table: CheckedFields, i: number, { refuse, lineOf }: TomlDocument): DriftRule {
  const at = (name: string, reason: string): WraithError => refuse(["drift", i, name], reason);
  const id = table.get("id") as string;
  if (!DRIFT_ID.test(id)) throw at("id", "must be the whole id of a drift, as check prints it");
  const reason = table.get("reason") as string;
  if (reason.trim() === "") throw at("reason", "is empty");
  const accept = table.get("accept") as boolean | undefined;
  const type = table.get("type") as DriftType | undefined;
  if (accept === false) throw at("accept", "can only be true; remove the entry where the drift is not accepted");
  if (accept !== undefined && type !== undefined) throw at("type", "has no meaning for a drift that is accepted");
  const mode = table.get("mode") as CheckMode | undefined;
  const common = { id, reason, mode, line: lineOf(["drift", i, "id"]) };
  if (accept === true) return { ...common, verdict: "accepted" };
  if (type === undefined) throw at("accept", "or type must be given");
  return { ...common, verdict: "reclassified", type };
}

import { readFile } from "node:fs/promises";
import { WraithError } from "../base/errors.ts";
import { parseFieldPath } from "../recording/scrub-fields.ts";
import {
  compilePattern,
  DEFAULT_SCRUB_RULES,
  type ScrubRule,
  type ScrubRules,
  type ScrubScope,
} from "../recording/scrub-rules.ts";
import type { ScrubAction } from "../recording/scrub-tokens.ts";
import { checkFields, type CheckedFields, type Refuse } from "./config-check.ts";
import type { Field } from "./config-fields.ts";
import { parseToml } from "./toml-file.ts";
import { isMissing, type Workspace } from "./workspace.ts";

/** Every field of scrub.toml. */
const SCRUB_FIELDS: readonly Field[] = [
  { path: "card_numbers", type: { kind: "boolean" }, fallback: true, meaning: "replace card numbers in strings" },
  {
    path: "known_keys",
    type: { kind: "boolean" },
    fallback: true,
    meaning: "replace keys of well-known form (`sk-...`, `ghp_...`, `AKIA...`)",
  },
  {
    path: "rule",
    type: {
      kind: "tables",
      fields: [
        {
          path: "name",
          type: { kind: "text" },
          meaning: "what recordings call the rule; by default its scope and what it matches",
        },
        {
          path: "scope",
          type: { kind: "text", choices: ["header", "query", "json", "proto", "regex"] },
          required: true,
          meaning: "where the secret is",
        },
        {
          path: "match",
          type: { kind: "text" },
          required: true,
          meaning: "name of a header or query parameter (`*` for any characters), path of a field, or expression",
        },
        {
          path: "action",
          type: { kind: "text", choices: ["tokenize", "mask", "redact"] },
          fallback: "tokenize",
          meaning: "a token for each secret, `*` for each letter and digit, or one word for all",
        },
      ],
    },
    meaning: "a rule of one's own",
  },
];

/** Reads and checks scrub.toml; without the file the built-in rules apply. Throws CONFIG_INVALID with file, line, column and field. */
export async function readScrubRules({ scrubFile }: Workspace): Promise<ScrubRules> {
  let text: string;
  try {
    text = await readFile(scrubFile, "utf8");
  } catch (error) {
    if (isMissing(error)) return DEFAULT_SCRUB_RULES;
    throw new WraithError(
      "CONFIG_INVALID",
      `The rules cannot be read: ${(error as Error).message}.`,
      { file: scrubFile },
      error,
    );
  }
  return parseScrubRules(text, scrubFile);
}

/** Checks the text of a scrub.toml. Throws CONFIG_INVALID. */
export function parseScrubRules(text: string, file: string): ScrubRules {
  const { value, refuse } = parseToml(text, file);
  const fields = checkFields(value, SCRUB_FIELDS, refuse);
  const tables = (fields.get("rule") ?? []) as readonly CheckedFields[];
  return {
    cardNumbers: fields.get("card_numbers") as boolean,
    knownKeys: fields.get("known_keys") as boolean,
    rules: tables.map((table, i) => ruleFrom(table, i, refuse)),
  };
}

function ruleFrom(table: CheckedFields, i: number, refuse: Refuse): ScrubRule {
  const scope = table.get("scope") as ScrubScope;
  const match = table.get("match") as string;
  const reason = matchProblem(scope, match);
  if (reason !== undefined) throw refuse(["rule", i, "match"], reason);
  const name = table.get("name") as string | undefined;
  return { name: name ?? `${scope}:${match}`, scope, match, action: table.get("action") as ScrubAction };
}

function matchProblem(scope: ScrubScope, match: string): string | undefined {
  if (match.trim() === "") return "is empty";
  if (scope === "json" || scope === "proto")
    return parseFieldPath(match) === undefined
      ? "must be a path such as user.email, items[].key or **.token"
      : undefined;
  if (scope !== "regex") return undefined;
  try {
    return compilePattern(match).test("") ? "matches the empty text, so it would match everywhere" : undefined;
  } catch (error) {
    return `is not a regular expression: ${(error as Error).message.replace(/^Invalid regular expression: /, "").replace(/\.$/, "")}`;
  }
}
